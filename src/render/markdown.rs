//! Text from a repository in a Markdown document: as code or as plain words, it stays in its place (a cell of a table, an
//! item of a list) and means itself.
//!
//! What Markdown would read as its own is written as a character reference (`&#124;`): those are never syntax, in no
//! dialect, while a backslash before `|` ends a cell where another backslash stands before it.

use std::fmt::Write as _;

use crate::text::sanitise;

/// As code.
pub(super) fn code(text: &str) -> String {
    let text = sanitise(text);
    // Code between backticks takes no references, so what would need one stands between tags.
    if text.is_empty() || text.contains(['`', '|', '\\', '<']) || text.trim() != text {
        return format!("<code>{}</code>", escaped(&text));
    }
    format!("`{text}`")
}

/// As plain words.
pub(super) fn words(text: &str) -> String {
    escaped(&sanitise(text))
}

/// With references for all that begins something: emphasis, code, links, addresses, HTML, formulas, mentions, headings,
/// cells.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let begins = match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '$'
            | '@' | '!' => true,
            ':' => rest.peek() == Some(&'/'),
            _ => false,
        };
        if begins {
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stays_in_its_cell() {
        assert_eq!(code("app/x-1.2"), "`app/x-1.2`");
        assert_eq!(code("a|b"), "<code>a&#124;b</code>");
        assert_eq!(code("a\\|b"), "<code>a&#92;&#124;b</code>");
        assert_eq!(code("`x`"), "<code>&#96;x&#96;</code>");
        assert_eq!(code("a\nb"), "<code>a&#92;nb</code>");
        assert_eq!(code("</code><img src=x>"), "<code>&#60;/code&#62;&#60;img src=x&#62;</code>");
        assert_eq!(code(""), "<code></code>");
    }

    #[test]
    fn words_are_only_words() {
        assert_eq!(words("plain, with (all) that's harmless."), "plain, with (all) that's harmless.");
        assert_eq!(words("[x](https://a.b) | *y*"), "&#91;x&#93;(https&#58;//a.b) &#124; &#42;y&#42;");
    }
}
