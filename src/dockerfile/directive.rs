//! The comments that are none: `# escape=`, `# syntax=` and `# check=`
//! (`frontend/dockerfile/parser/directives.go`).

use serde_json::Value;

/// Reads directives line by line until the first line that is none.
#[derive(Debug)]
pub(super) struct Directives {
    comment: &'static str,
    seen: Vec<String>,
    done: bool,
}

impl Directives {
    /// Directives behind `#`.
    pub(super) fn new() -> Directives {
        Directives { comment: "#", seen: Vec::new(), done: false }
    }

    /// The directive in a line, in lower case, with its value.
    pub(super) fn line(&mut self, line: &str) -> Result<Option<(String, String)>, String> {
        if self.done {
            return Ok(None);
        }
        let Some((name, value)) = line.strip_prefix(self.comment).and_then(directive) else {
            self.done = true;
            return Ok(None);
        };
        if self.seen.contains(&name) {
            return Err(format!("only one {name} parser directive can be used"));
        }
        self.seen.push(name.clone());
        Ok(Some((name, value)))
    }
}

/// `directiveRegexp` and the known names.
fn directive(text: &str) -> Option<(String, String)> {
    let blank = |c: char| matches!(c, '\t' | '\n' | '\u{c}' | '\r' | ' ');
    let (name, value) = text.trim_start().split_once('=')?;
    let name = name.trim_end_matches(blank).to_ascii_lowercase();
    // The value is at least one character, which may be a blank where there is no other.
    let trimmed = value.trim_matches(blank);
    let value = if trimmed.is_empty() { value.get(..1).filter(|_| !value.is_empty())? } else { trimmed };
    matches!(name.as_str(), "syntax" | "check" | "escape").then(|| (name, value.to_owned()))
}

/// The `syntax` that a file asks for, as written, with its 1-based line: `DetectSyntax`.
pub(super) fn syntax(text: &str) -> Option<(String, usize)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (text, before) = if first.starts_with("#!") { (rest, 1) } else { (text, 0) };
    for comment in ["#", "//"] {
        let mut directives = Directives { comment, seen: Vec::new(), done: false };
        for (index, line) in text.split('\n').enumerate() {
            match directives.line(line.strip_suffix('\r').unwrap_or(line)) {
                Ok(Some((name, value))) if name == "syntax" => return Some((value, before + index + 1)),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => break,
            }
        }
    }
    let json: serde_json::Map<String, Value> = serde_json::from_str(text).ok()?;
    Some((json.get("syntax")?.as_str()?.to_owned(), before + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_syntax_is_found_where_buildkit_finds_it() {
        let cases = [
            ("# syntax=docker/dockerfile:1\nFROM a", Some("docker/dockerfile:1")),
            ("#syntax = a/b:1 # more  \r\nFROM a", Some("a/b:1 # more")),
            ("\u{feff}# SYNTAX=x\n", Some("x")),
            ("#!/usr/bin/env x\n# syntax=y\n", Some("y")),
            ("// syntax=z\n{}", Some("z")),
            ("{\"syntax\": \"j\", \"b\": 1}", Some("j")),
            ("# escape=`\n# syntax=e\n", Some("e")),
            ("# check=skip=all\n# syntax=e\n", Some("e")),
            ("# a comment\n# syntax=no\n", None),
            ("\n# syntax=no\n", None),
            ("# other=1\n# syntax=no\n", None),
            ("FROM a\n# syntax=no\n", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(syntax(text).map(|(syntax, _)| syntax).as_deref(), want, "{text:?}");
        }
    }
}
