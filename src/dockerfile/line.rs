//! One logical line taken apart: keyword, flags and the rest, and the rest as words or JSON
//! (`frontend/dockerfile/parser/{split_command,line_parsers}.go`).

/// `reWhitespace` of the parser.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// A line after `splitCommand`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    /// As written.
    pub(super) keyword: String,
    /// The `--…` words, without quotes and escapes.
    pub(super) flags: Vec<String>,
    /// What follows, trimmed.
    pub(super) rest: String,
    /// Whether the flags have a character outside ASCII, which BuildKit reads byte by byte.
    pub(super) odd_flags: bool,
}

/// Takes a line apart.
pub(super) fn split(line: &str, escape: char) -> Split {
    let line = line.trim();
    let Some((keyword, rest)) = split_blank(line) else {
        return Split { keyword: line.to_owned(), flags: Vec::new(), rest: String::new(), odd_flags: false };
    };
    let (flags, rest) = flags(rest.as_bytes(), escape);
    Split {
        keyword: keyword.to_owned(),
        odd_flags: flags.iter().any(|flag| !flag.is_ascii()),
        rest: String::from_utf8_lossy(rest).trim().to_owned(),
        flags,
    }
}

/// Splits at the first run of blanks.
pub(super) fn split_blank(text: &str) -> Option<(&str, &str)> {
    let (first, rest) = text.split_once(is_blank)?;
    Some((first, rest.trim_start_matches(is_blank)))
}

/// `extractBuilderFlags`, which reads bytes as characters, as here.
fn flags(line: &[u8], escape: char) -> (Vec<String>, &[u8]) {
    let mut flags = Vec::new();
    let mut at = 0;
    loop {
        while line.get(at).is_some_and(|b| char::from(*b).is_whitespace()) {
            at += 1;
        }
        let rest = line.get(at..).unwrap_or_default();
        if !rest.starts_with(b"--") {
            return (flags, rest);
        }
        let (word, blank_ok, length) = flag(rest, escape);
        at += length;
        if word == "--" {
            return (flags, line.get(at..).unwrap_or_default());
        }
        if blank_ok || !word.is_empty() {
            flags.push(word);
        }
    }
}

/// One word: its characters, whether it was quoted, its length in bytes.
fn flag(line: &[u8], escape: char) -> (String, bool, usize) {
    let mut word = String::new();
    let mut quote = None;
    let mut quoted = false;
    let mut bytes = line.iter().copied().map(char::from).enumerate();
    while let Some((at, c)) = bytes.next() {
        match quote {
            None if c.is_whitespace() => return (word, quoted, at),
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                quoted = true;
            }
            Some(end) if c == end => quote = None,
            _ if c == escape => word.extend(bytes.next().map(|(_, c)| c)),
            _ => word.push(c),
        }
    }
    (word, quoted, line.len())
}

/// `parseStringsWhitespaceDelimited`
pub(super) fn blank_words(rest: &str) -> Vec<String> {
    if rest.is_empty() {
        return Vec::new();
    }
    let mut words = Vec::new();
    let mut left = rest;
    while let Some((word, behind)) = split_blank(left) {
        words.push(word.to_owned());
        left = behind;
    }
    words.push(left.to_owned());
    words
}

/// `parseWords`: words with their quotes, for `ARG`, `ENV` and `LABEL`.
pub(super) fn quoted_words(rest: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote: Option<char> = None;
    let mut quoted = false;
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        if quote.is_none() && c.is_whitespace() {
            if quoted || !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            quoted = false;
            continue;
        }
        match quote {
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                quoted = true;
            }
            Some(end) if c == end => quote = None,
            _ => {}
        }
        if c != escape || quote == Some('\'') {
            word.push(c);
        } else if let Some(next) = chars.next() {
            // The escape stays for the expansion; one at the very end is dropped.
            word.push(c);
            word.push(next);
        }
    }
    if quoted || !word.is_empty() {
        words.push(word);
    }
    words
}

/// What looks like a JSON array.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Json {
    /// It is none.
    None,
    /// Strings.
    List(Vec<String>),
    /// An array with something else in it, which is an error.
    NotStrings,
    /// Go's decoder may take it and this one does not (half of a surrogate pair).
    Doubt,
}

/// `parseJSON`
pub(super) fn json(rest: &str) -> Json {
    let text = rest.trim_start();
    if !text.starts_with('[') {
        return Json::None;
    }
    match serde_json::from_str::<Vec<serde_json::Value>>(text) {
        Ok(values) => {
            let strings: Option<Vec<String>> =
                values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
            strings.map_or(Json::NotStrings, Json::List)
        }
        Err(_) if text.contains("\\u") => Json::Doubt,
        Err(_) => Json::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_end_at_the_first_word_that_is_none() {
        let cases = [
            ("COPY --from=a  --link b c", vec!["--from=a", "--link"], "b c"),
            ("COPY --x='a b' c", vec!["--x=a b"], "c"),
            ("COPY --x=a\\ b c", vec!["--x=a b"], "c"),
            ("RUN -- --x", vec![], "--x"),
            ("RUN a --x", vec![], "a --x"),
            ("RUN --a=\"b", vec!["--a=b"], ""),
            ("RUN", vec![], ""),
            ("RUN --", vec![], ""),
        ];
        for (line, flags, rest) in cases {
            let split = split(line, '\\');
            assert_eq!(
                (split.flags, split.rest.as_str()),
                (flags.iter().map(|f| (*f).to_owned()).collect(), rest),
                "{line}"
            );
        }
    }

    #[test]
    fn words_keep_their_quotes() {
        let cases = [
            ("a=b c=\"d e\"", vec!["a=b", "c=\"d e\""]),
            ("a=b\\ c", vec!["a=b\\ c"]),
            ("a='b\\' c", vec!["a='b\\'", "c"]),
            ("a=\"b\\\" c\"", vec!["a=\"b\\\" c\""]),
            ("a=b\\", vec!["a=b"]),
            ("  ", vec![]),
            ("a=\"b c", vec!["a=\"b c"]),
        ];
        for (text, want) in cases {
            assert_eq!(quoted_words(text, '\\'), want, "{text}");
        }
        assert_eq!(blank_words("a \t b"), ["a", "b"]);
    }

    #[test]
    fn only_arrays_of_strings_are_json() {
        assert_eq!(json(r#"["a", "b"]"#), Json::List(vec!["a".into(), "b".into()]));
        assert_eq!(json("[ -f x ]"), Json::None);
        assert_eq!(json("a"), Json::None);
        assert_eq!(json("[1]"), Json::NotStrings);
        assert_eq!(json(r#"["\ud800"]"#), Json::Doubt);
    }
}
