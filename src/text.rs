//! Text from outside, made safe for a terminal. Pure.
//!
//! Paths, commit messages, registries' answers and configuration can hold escape sequences that recolour, move the
//! cursor or hide what follows, and line breaks that forge a line of imgplan's own (or a CI system's `::command`).

use std::borrow::Cow;
use std::fmt::Write;

/// The text with everything that is not plainly visible written as an escape: control characters, line breaks
/// and tabs included, and what changes the direction of the text or is drawn as nothing.
pub fn sanitise(text: &str) -> Cow<'_, str> {
    if !text.chars().any(unsafe_char) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            c if unsafe_char(c) && c.is_ascii() => _ = write!(safe, "\\x{:02x}", u32::from(c)),
            c if unsafe_char(c) => _ = write!(safe, "\\u{{{:x}}}", u32::from(c)),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

fn unsafe_char(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Directions and isolates: Unicode's Bidi_Control.
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Line and paragraph separators.
            | '\u{2028}' | '\u{2029}'
            // Drawn as nothing. The joiners 200c and 200d are not here: scripts and emoji need them.
            | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Output without a command for GitHub's runner, which obeys lines that begin with `::` (behind blanks) and `##[` anywhere
/// in a line. Both are shown, with an escape in them.
pub fn without_commands(data: &[u8]) -> Cow<'_, [u8]> {
    defused(data, br"\x3a", br"\x5b")
}

/// The same for JSON, whose values stay what they are: in it, `##[` can only stand in a string.
pub fn json_without_commands(json: &[u8]) -> Cow<'_, [u8]> {
    defused(json, br"\u003a", br"\u005b")
}

/// The runner compares as a language does: what has no width or weight there does not count. So a zero-width space would
/// part nothing, and every byte that is not plainly visible is passed over here, too.
fn defused<'a>(data: &'a [u8], colon: &[u8], bracket: &[u8]) -> Cow<'a, [u8]> {
    let mut out: Option<Vec<u8>> = None;
    let (mut seen, mut before) = (0_usize, [0_u8; 2]);
    for (index, &byte) in data.iter().enumerate() {
        let escape = match (byte, before) {
            (b':', [_, b':']) if seen == 1 => Some(colon),
            (b'[', [b'#', b'#']) => Some(bracket),
            _ => None,
        };
        match (escape, &mut out) {
            (Some(escape), out) => {
                out.get_or_insert_with(|| data.get(..index).unwrap_or_default().to_vec()).extend(escape);
            }
            (None, Some(out)) => out.push(byte),
            (None, None) => {}
        }
        match byte {
            b'\n' | b'\r' => (seen, before) = (0, [0; 2]),
            b' ' if seen == 0 => {}
            b' '..=b'~' => (seen, before) = (seen + 1, [before[1], byte]),
            _ => {}
        }
    }
    out.map_or(Cow::Borrowed(data), Cow::Owned)
}

/// Lower-case hex digits of bytes.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(bytes.iter().flat_map(|byte| hex_pair(*byte)).map(char::from));
    text
}

/// The two digits of a byte.
pub fn hex_pair(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

/// Several things in one phrase: `a, b and c`.
pub fn list<T: std::fmt::Display>(things: &[T]) -> String {
    let names: Vec<String> = things.iter().map(T::to_string).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_a_command() {
        let inert = |text: &str| String::from_utf8_lossy(&without_commands(text.as_bytes())).into_owned();
        for text in ["", "a::b\n", "a ::error::b", ":", ": :a", "# #[x]", "#[group]", "[##]", "ä\n"] {
            assert!(matches!(without_commands(text.as_bytes()), Cow::Borrowed(_)), "{text}");
        }
        assert_eq!(inert("::error::x\n  ::a::\r\t::b"), ":\\x3aerror::x\n  :\\x3aa::\r\t:\\x3ab");
        assert_eq!(inert("a ##[error]b ##[c"), "a ##\\x5berror]b ##\\x5bc");
        // Nothing to a comparison that follows a language.
        assert_eq!(inert("\u{200d}:\u{ad}:x::"), "\u{200d}:\u{ad}\\x3ax::");
        assert_eq!(inert("#\u{200b}#\u{1b}[1m"), "#\u{200b}#\u{1b}\\x5b1m");
        assert_eq!(inert("\u{a0}::x::"), "\u{a0}:\\x3ax::");
        assert_eq!(inert("###[x]"), "###\\x5bx]");
    }

    #[test]
    fn json_stays_what_it_is() -> serde_json::Result<()> {
        let value = serde_json::json!({ "a##": ["##[error]x", "::error::y", [[]]] });
        let text = serde_json::to_vec_pretty(&value)?;
        let inert = json_without_commands(&text);
        assert!(!String::from_utf8_lossy(&inert).contains("##["));
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&inert)?, value);
        Ok(())
    }

    #[test]
    fn plain_text_is_left_alone() {
        for text in ["", "a b/c.txt", "Grüße, 世界 👩\u{200d}💻", r"C:\dir"] {
            assert!(matches!(sanitise(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        assert_eq!(sanitise("a\u{1b}[31mred"), r"a\x1b[31mred");
        assert_eq!(sanitise("a\n::error::b\r\tc\0\u{7f}"), r"a\n::error::b\r\tc\x00\x7f");
        assert_eq!(sanitise("\u{9b}31m"), r"\u{9b}31m");
        assert_eq!(sanitise("user\u{202e}txt.exe\u{2066}"), r"user\u{202e}txt.exe\u{2066}");
        assert_eq!(sanitise("a\u{2028}b\u{feff}\u{e0041}"), r"a\u{2028}b\u{feff}\u{e0041}");
    }
}
