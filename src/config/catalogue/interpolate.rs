//! Variables in a compose file: `$NAME`, `${NAME:-default}` and the like, as far as the file itself answers.
//!
//! Compose fills them from the environment and from `.env`. A content hash must be the same for everybody, so here no
//! variable is ever set: a default is taken where there is one, and where there is none that is an error.

use std::collections::BTreeSet;

/// How deep defaults inside defaults are followed.
const DEEPEST: usize = 16;

/// The text with every variable replaced, or why that cannot be.
pub(super) fn unset(text: &str) -> Result<String, String> {
    fill(text, 0)
}

fn fill(text: &str, depth: usize) -> Result<String, String> {
    if depth > DEEPEST {
        return Err("defaults inside defaults, too deep to follow".to_owned());
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(inside) = after.strip_prefix('{') {
            let end = closing(inside).ok_or_else(|| "`${` is never closed".to_owned())?;
            out.push_str(&braced(inside.get(..end).unwrap_or(""), depth)?);
            rest = inside.get(end + 1..).unwrap_or("");
        } else {
            let name = name(after);
            if name.is_empty() {
                return Err("a single `$`: write `$$` for the character itself".to_owned());
            }
            return Err(no_value(name));
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// What stands between the braces.
fn braced(inside: &str, depth: usize) -> Result<String, String> {
    let name = name(inside);
    let rest = inside.get(name.len()..).unwrap_or("");
    if name.is_empty() {
        return Err("`${}` without a name".to_owned());
    }
    let operator = rest.strip_prefix(':').unwrap_or(rest);
    match operator.chars().next() {
        Some('-') => fill(operator.get(1..).unwrap_or(""), depth + 1),
        // What it would be if the variable were set, which it never is.
        Some('+') => Ok(String::new()),
        Some('?') | None => Err(no_value(name)),
        Some(_) => Err(format!("`${{{}}}` is no variable", inside.escape_debug())),
    }
}

fn no_value(name: &str) -> String {
    format!("the variable `{name}` has no default here")
}

fn name(text: &str) -> &str {
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    if first { text.get(..end).unwrap_or("") } else { "" }
}

/// The brace that closes the one before this text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, char) in text.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The first of these variables that a text of compose's uses.
pub(super) fn used<'v>(text: &str, variables: &'v BTreeSet<String>) -> Option<&'v str> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('$') {
        if let Some(escaped) = after.strip_prefix('$') {
            rest = escaped;
            continue;
        }
        let name = after.strip_prefix('{').unwrap_or(after);
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        if let Some(found) = name.get(..end).and_then(|name| variables.get(name)) {
            return Some(found);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::unset;

    #[test]
    fn defaults_are_taken_and_nothing_is_guessed() {
        for (text, expected) in [
            ("plain", Ok("plain")),
            ("a-${TAG:-1.2}-b", Ok("a-1.2-b")),
            ("${TAG-1}", Ok("1")),
            ("${A:-${B:-x}}y", Ok("xy")),
            ("${A:+set}", Ok("")),
            ("$$HOME", Ok("$HOME")),
            ("$${A}", Ok("${A}")),
            ("${TAG:-}", Ok("")),
        ] {
            assert_eq!(unset(text).as_deref(), expected, "{text}");
        }
        for text in ["$TAG", "${TAG}", "${TAG:?needed}", "${TAG?}", "${TAG", "a$", "${}", "${A:-$B}"] {
            assert!(unset(text).is_err(), "{text}");
        }
    }
}
