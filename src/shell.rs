//! Words for a POSIX shell: each is read back as exactly what it was, whatever is in it.
//!
//! It must not know which command the words make.

/// One line that a shell splits into these words again.
pub fn line<T: AsRef<str>>(words: &[T]) -> String {
    words.iter().map(|word| quoted(word.as_ref())).collect::<Vec<_>>().join(" ")
}

/// A word as a shell must be given it: as it is where nothing in it means anything, else in single quotes, within which
/// only their end means something.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@+,%=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_they_have_to_be() {
        assert_eq!(
            line(&["imgplan", "--scope=a-b", "host:5000/a_b@c", ""]),
            "imgplan --scope=a-b host:5000/a_b@c ''"
        );
        assert_eq!(
            line(&["a b", "$(x)", "it's", "~", "*", "a\nb"]),
            "'a b' '$(x)' 'it'\\''s' '~' '*' 'a\nb'"
        );
    }
}
