//! Texts that HCL reads back as they are.
//!
//! Measured with buildx 0.37: `$${` and `%%{` stand for themselves wherever they are, backslashes and line ends are
//! nothing special, a byte order mark at the start is dropped, and every text comes back in the composed form (NFC).

use super::Refused;

const MARK: char = '\u{feff}';

/// The text as a template.
pub(super) fn escape(text: &str) -> Result<String, Refused> {
    if !unicode_normalization::is_nfc(text) {
        // Shown with its escapes: the two forms look the same.
        let shown: String = text.chars().flat_map(escaped).collect();
        return Err(format!("it would read \"{shown}\" in Unicode's composed form, which is another text"));
    }
    let escaped = text.replace("${", "$${").replace("%{", "%%{");
    // Behind an empty expression the mark is no longer at the start.
    Ok(if text.starts_with(MARK) { format!("${{\"\"}}{escaped}") } else { escaped })
}

fn escaped(c: char) -> Vec<char> {
    if c.is_ascii() { c.escape_default().collect() } else { c.escape_unicode().collect() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn templates_stand_for_themselves() {
        for (text, template) in [
            ("${HOME}", "$${HOME}"),
            ("%{ if }", "%%{ if }"),
            ("$${x}", "$$${x}"),
            ("%${", "%$${"),
            ("$%{", "$%%{"),
            ("$HOME $(id) `id` \\ \" ' \r\n", "$HOME $(id) `id` \\ \" ' \r\n"),
            ("\u{feff}x", "${\"\"}\u{feff}x"),
            ("", ""),
        ] {
            assert_eq!(escape(text).unwrap(), template);
        }
    }

    #[test]
    fn a_text_that_would_come_back_as_another_is_refused() {
        assert_eq!(escape("caf\u{e9}").unwrap(), "caf\u{e9}");
        let why = escape("cafe\u{301}").unwrap_err();
        assert!(why.contains("cafe\\u{301}"), "{why}");
    }
}
