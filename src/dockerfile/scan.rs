//! From bytes to logical lines (`Parse` in `frontend/dockerfile/parser/parser.go`): the byte order mark, the
//! `escape` directive, comments, continuations and heredocs.
//!
//! It must not know what an instruction means, only which of them can have heredocs.

use super::directive::Directives;
use super::fault::Fault;
use super::line::{self, Json};
use super::word;

/// The longest line that BuildKit's scanner takes, with its line feed.
const LONGEST: usize = 64 * 1024;

/// An instruction before it is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Logical {
    /// 1-based line of its first line.
    pub(super) line: usize,
    /// 1-based column of its keyword, in characters.
    pub(super) column: usize,
    /// How many characters of the text stand on that line.
    pub(super) first: usize,
    /// Its lines joined, without comments.
    pub(super) text: String,
    /// The heredocs behind it.
    pub(super) heredocs: Vec<Heredoc>,
}

/// A heredoc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heredoc {
    /// The word that ends it.
    pub(super) name: String,
    /// Whether variables in it count (only text, so far).
    pub(super) expand: bool,
    /// `<<-`
    pub(super) chomp: bool,
    /// The body, as it stands.
    pub(super) body: String,
}

/// A scanned file.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    /// The instructions.
    pub(super) lines: Vec<Logical>,
    /// The escape token.
    pub(super) escape: char,
    /// Where scanning failed. After an unterminated heredoc nothing more can be said.
    pub(super) faults: Vec<Fault>,
}

/// Scans a whole file, or the text of an `ONBUILD` trigger.
pub(super) fn scan(text: &str) -> Scanned {
    let mut scanner = Scanner {
        lines: text.split_inclusive('\n').enumerate(),
        directives: Directives::new(),
        scanned: Scanned { escape: '\\', ..Scanned::default() },
    };
    while let Some((index, raw)) = scanner.next() {
        let raw = if index == 0 { raw.strip_prefix('\u{feff}').unwrap_or(raw) } else { raw };
        if scanner.instruction(index + 1, raw).is_none() {
            break;
        }
    }
    scanner.scanned
}

struct Scanner<'a> {
    lines: std::iter::Enumerate<std::str::SplitInclusive<'a, char>>,
    directives: Directives,
    scanned: Scanned,
}

impl<'a> Scanner<'a> {
    fn next(&mut self) -> Option<(usize, &'a str)> {
        let (index, line) = self.lines.next()?;
        if line.len() > LONGEST {
            let message = format!("the line is longer than {} bytes, which BuildKit refuses", LONGEST - 1);
            self.scanned.faults.push(Fault::new(index + 1, 1, message));
        }
        Some((index, line))
    }

    /// One instruction that starts at this line, if the line is no comment and not blank; none to stop.
    fn instruction(&mut self, line: usize, raw: &'a str) -> Option<()> {
        let token = trim_newline(raw).trim_start();
        if let Err(message) = self.directive(token) {
            self.scanned.faults.push(Fault::new(line, 1, message));
        }
        let (first, mut ended) = continued(if is_comment(token) { "" } else { token }, self.scanned.escape);
        if ended && first.is_empty() {
            return Some(());
        }
        let mut text = first.to_owned();
        let first = text.chars().count();
        while !ended {
            let Some((_, raw)) = self.next() else { break };
            let next = trim_newline(raw);
            if is_comment(next) || next.trim_start().is_empty() {
                continue;
            }
            let (part, end) = continued(next, self.scanned.escape);
            text.push_str(part);
            ended = end;
        }
        let column = raw.chars().take_while(|c| c.is_whitespace()).count() + 1;
        let mut logical = Logical { line, column, first, text, heredocs: Vec::new() };
        let found = self.heredocs(&mut logical);
        self.scanned.lines.push(logical);
        found
    }

    fn directive(&mut self, token: &str) -> Result<(), String> {
        match self.directives.line(token)? {
            Some((name, value)) if name == "escape" => match value.as_str() {
                "\\" => self.scanned.escape = '\\',
                "`" => self.scanned.escape = '`',
                _ => return Err(format!("invalid escape token '{value}' does not match ` or \\")),
            },
            _ => {}
        }
        Ok(())
    }

    fn heredocs(&mut self, logical: &mut Logical) -> Option<()> {
        if !logical.text.contains("<<") || !can_have_heredocs(&logical.text, self.scanned.escape) {
            return Some(());
        }
        for word in word::raw_words(&logical.text) {
            let mut heredoc = match heredoc(&word) {
                Ok(Some(heredoc)) => heredoc,
                Ok(None) => continue,
                Err(message) => {
                    self.scanned.faults.push(Fault::new(logical.line, logical.column, message));
                    return None;
                }
            };
            loop {
                let Some((_, raw)) = self.next() else {
                    let message = format!("unterminated heredoc {:?}", heredoc.name);
                    let fault = Fault::new(logical.line, logical.column, message);
                    self.scanned
                        .faults
                        .push(fault.hint(format!("end it with a line that is just {}", heredoc.name)));
                    return None;
                };
                let end = trim_newline(raw);
                let end = if heredoc.chomp { end.trim_start_matches('\t') } else { end };
                if end == heredoc.name {
                    break;
                }
                heredoc.body.push_str(raw);
            }
            logical.heredocs.push(heredoc);
        }
        Some(())
    }
}

/// `canContainHeredoc`
fn can_have_heredocs(text: &str, escape: char) -> bool {
    let mut split = line::split(text, escape);
    if split.keyword.eq_ignore_ascii_case("onbuild") && !split.rest.is_empty() {
        split = line::split(&split.rest.clone(), escape);
    }
    let keyword = split.keyword.to_ascii_lowercase();
    matches!(keyword.as_str(), "add" | "copy" | "run")
        && !matches!(line::json(&split.rest), Json::List(_) | Json::Doubt)
}

/// `ParseHeredoc`: the heredoc that a word starts, without its body.
pub(super) fn heredoc(word: &str) -> Result<Option<Heredoc>, String> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let Some(rest) = rest.strip_prefix("<<") else { return Ok(None) };
    let (chomp, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']);
    if rest.is_empty() || rest.contains('<') {
        return Ok(None);
    }
    let words = word::heredoc_words(rest, false)?;
    let [name] = words.as_slice() else { return Ok(None) };
    let raw = word::heredoc_words(rest, true)?;
    let [raw] = raw.as_slice() else {
        return Err(format!("the word of the heredoc {rest:?} is read in two ways"));
    };
    let quotes = |text: &str| text.chars().filter(|c| matches!(c, '\'' | '"')).count();
    Ok(Some(Heredoc { name: name.clone(), expand: quotes(name) == quotes(raw), chomp, body: String::new() }))
}

fn trim_newline(line: &str) -> &str {
    line.trim_end_matches(['\r', '\n'])
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// `trimContinuationCharacter`: the line without an escape token that ends it, and whether the instruction ends.
/// Two escape tokens are none.
fn continued(line: &str, escape: char) -> (&str, bool) {
    match line.trim_end_matches([' ', '\t']).strip_suffix(escape) {
        Some(before) if !before.ends_with(escape) => (before, false),
        _ => (line, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(file: &str) -> Vec<(usize, String)> {
        scan(file).lines.into_iter().map(|logical| (logical.line, logical.text)).collect()
    }

    #[test]
    fn lines_are_joined_as_in_buildkit() {
        let cases: &[(&str, &[(usize, &str)])] = &[
            ("\u{feff}FROM a\r\nRUN b\r\n", &[(1, "FROM a"), (2, "RUN b")]),
            ("RUN a \\\n  b\n", &[(1, "RUN a   b")]),
            ("RUN a \\  \t\n# comment\n\n   # another\n  b\nRUN c", &[(1, "RUN a   b"), (6, "RUN c")]),
            ("RUN a \\\\\nRUN b", &[(1, "RUN a \\\\"), (2, "RUN b")]),
            ("RUN a \\", &[(1, "RUN a ")]),
            ("  RUN a # b", &[(1, "RUN a # b")]),
            ("# escape=`\nRUN a `\nb\\\nRUN c", &[(2, "RUN a b\\"), (4, "RUN c")]),
            ("FROM a\n# escape=`\nRUN b `\nRUN c", &[(1, "FROM a"), (3, "RUN b `"), (4, "RUN c")]),
            ("\n\n# x\n", &[]),
        ];
        for (file, want) in cases {
            let want: Vec<_> = want.iter().map(|(line, text)| (*line, (*text).to_owned())).collect();
            assert_eq!(texts(file), want, "{file:?}");
        }
    }

    #[test]
    fn heredocs_are_taken_in_order() {
        let scanned =
            scan("RUN cat <<A <<-'B'\n# not a comment\nA\n\tx\n\tB\nCOPY <<\"C D\" /x\ny\nC D\nRUN z");
        assert_eq!(scanned.faults, []);
        let found: Vec<_> = scanned
            .lines
            .iter()
            .flat_map(|line| &line.heredocs)
            .map(|h| (h.name.as_str(), h.expand, h.chomp, h.body.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("A", true, false, "# not a comment\n"),
                ("B", false, true, "\tx\n"),
                ("C D", false, false, "y\n")
            ]
        );
        assert_eq!(scanned.lines.last().map(|line| line.line), Some(9));
    }

    #[test]
    fn what_is_no_heredoc_takes_no_lines() {
        for file in [
            "RUN [\"a\", \"<<B\"]\nRUN c",
            "RUN cat <<<B\nRUN c",
            "ENV A=<<B\nRUN c",
            "RUN it's <<B\nRUN c",
            "RUN a <<\nRUN c",
        ] {
            assert_eq!(scan(file).lines.len(), 2, "{file:?}");
        }
        assert_eq!(scan("ONBUILD RUN <<A\nb\nA\nRUN c").lines.len(), 2);
    }

    #[test]
    fn unterminated_heredocs_and_bad_directives_are_faults() {
        for (file, line) in
            [("FROM a\nRUN <<A\nb\n", 2), ("# escape=x\nFROM a", 1), ("# syntax=a\n# syntax=b\nFROM a", 2)]
        {
            let faults = scan(file).faults;
            assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [line], "{file:?}");
        }
    }
}
