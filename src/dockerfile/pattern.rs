//! The shell patterns of `${name#pattern}`, `%` and `/` as BuildKit's lexer has them: `*`, `?`, `\` and no
//! brackets (`convertShellPatternToRegex` in `frontend/dockerfile/shell/lex.go`).
//!
//! BuildKit makes a regular expression; here a table gives the same leftmost, first-choice match in
//! polynomial time.

/// Above this product of pattern and value the result counts as unknown.
const LIMIT: usize = 1 << 22;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Char(char),
    /// `?`: any character but a line feed.
    One,
    /// `*`: any number of them.
    Many,
}

/// Why there is no result.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The builder refuses the pattern.
    Invalid(String),
    /// Larger than what is worth computing, or a rule that is not covered.
    Unknown,
}

fn tokens(pattern: &[char]) -> Result<Vec<Token>, Failure> {
    let mut tokens = Vec::with_capacity(pattern.len());
    let mut rest = pattern.iter().copied().peekable();
    while let Some(c) = rest.next() {
        tokens.push(match c {
            '*' => Token::Many,
            '?' => Token::One,
            // The escape of `}` and `/` belongs to `${}`, not to the pattern.
            '\\' if matches!(rest.peek(), Some('}' | '/')) => continue,
            '\\' => match rest.next() {
                Some(c @ ('*' | '?' | '\\')) => Token::Char(c),
                other => {
                    let shown = other.map(String::from).unwrap_or_default();
                    return Err(Failure::Invalid(format!("invalid escape '\\{shown}'")));
                }
            },
            c => Token::Char(c),
        });
    }
    Ok(tokens)
}

/// For each start in `value` the end of the match that a backtracking matcher prefers.
fn ends(pattern: &[char], value: &[char], greedy: bool) -> Result<Vec<Option<usize>>, Failure> {
    let tokens = tokens(pattern)?;
    if tokens.len().saturating_mul(value.len()) > LIMIT {
        return Err(Failure::Unknown);
    }
    let mut after: Vec<Option<usize>> = (0..=value.len()).map(Some).collect();
    for token in tokens.iter().rev() {
        let mut row = vec![None; value.len() + 1];
        for at in (0..=value.len()).rev() {
            let here = value.get(at).copied();
            let next = |ends: &[Option<usize>]| ends.get(at + 1).copied().flatten();
            let end = match token {
                Token::Char(c) if here == Some(*c) => next(&after),
                Token::One if here.is_some_and(|c| c != '\n') => next(&after),
                Token::Char(_) | Token::One => None,
                Token::Many => {
                    let more = if here.is_some_and(|c| c != '\n') { next(&row) } else { None };
                    let done = after.get(at).copied().flatten();
                    if greedy { more.or(done) } else { done.or(more) }
                }
            };
            if let Some(slot) = row.get_mut(at) {
                *slot = end;
            }
        }
        after = row;
    }
    Ok(after)
}

/// `${value#pattern}`; greedy for `##`.
pub(super) fn trim_prefix(pattern: &str, value: &str, greedy: bool) -> Result<String, Failure> {
    let pattern: Vec<char> = pattern.chars().collect();
    let value: Vec<char> = value.chars().collect();
    let cut = ends(&pattern, &value, greedy)?.first().copied().flatten().unwrap_or(0);
    Ok(value.iter().skip(cut).collect())
}

/// `${value%pattern}`; greedy for `%%`. Both are reversed, so that the shortest suffix is a prefix.
pub(super) fn trim_suffix(pattern: &str, value: &str, greedy: bool) -> Result<String, Failure> {
    let trimmed = trim_prefix(
        &reverse_pattern(&pattern.chars().collect::<Vec<_>>()),
        &value.chars().rev().collect::<String>(),
        greedy,
    )?;
    Ok(trimmed.chars().rev().collect())
}

/// Reversed, but with each escape still before what it escapes.
fn reverse_pattern(pattern: &[char]) -> String {
    let mut units: Vec<&[char]> = Vec::new();
    let mut rest = pattern;
    while !rest.is_empty() {
        let width = if rest.first() == Some(&'\\') && rest.len() > 1 { 2 } else { 1 };
        let (unit, behind) = rest.split_at(width);
        units.push(unit);
        rest = behind;
    }
    units.into_iter().rev().flatten().collect()
}

/// `${value/pattern/replacement}`; all for `//`.
pub(super) fn replace(pattern: &str, value: &str, replacement: &str, all: bool) -> Result<String, Failure> {
    // Go's ReplaceAllString expands `$name` in the replacement.
    let grown = value.len().saturating_add(1).saturating_mul(replacement.len());
    if all && (replacement.contains('$') || grown > LIMIT) {
        return Err(Failure::Unknown);
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let value: Vec<char> = value.chars().collect();
    let ends = ends(&pattern, &value, true)?;
    let match_from =
        |from: usize| ends.iter().enumerate().skip(from).find_map(|(start, end)| end.map(|end| (start, end)));
    let mut out = String::new();
    let (mut search, mut copied) = (0, 0);
    while let Some((start, end)) = match_from(search) {
        out.extend(value.iter().take(start).skip(copied));
        // As regexp.replaceAll: an empty match right behind another one does not count.
        if end > copied || start == 0 {
            out.push_str(replacement);
        }
        copied = end;
        if !all {
            break;
        }
        search = end.max(search + 1);
    }
    out.extend(value.iter().skip(copied));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_suffixes_are_cut_short_or_long() {
        let cases = [
            ("*/", "a/b/c", false, "b/c"),
            ("*/", "a/b/c", true, "c"),
            ("?", "abc", false, "bc"),
            ("x", "abc", false, "abc"),
            ("\\*", "*a", false, "a"),
            (".", "abc", false, "abc"),
        ];
        for (pattern, value, greedy, want) in cases {
            assert_eq!(trim_prefix(pattern, value, greedy).as_deref(), Ok(want), "{pattern} {value}");
        }
        let cases = [
            ("/*", "a/b/c", false, "a/b"),
            ("/*", "a/b/c", true, "a"),
            (".tar.*", "x.tar.gz", false, "x"),
            ("\\*", "a*", false, "a"),
        ];
        for (pattern, value, greedy, want) in cases {
            assert_eq!(trim_suffix(pattern, value, greedy).as_deref(), Ok(want), "{pattern} {value}");
        }
        assert!(matches!(trim_prefix("\\a", "a", false), Err(Failure::Invalid(_))));
    }

    #[test]
    fn replacements_follow_go() {
        let cases = [
            ("a", "banana", "o", false, "bonana"),
            ("a", "banana", "o", true, "bonono"),
            ("", "ab", "-", true, "-a-b-"),
            ("*", "ab", "x", true, "x"),
            ("b*", "abcb", "x", false, "ax"),
        ];
        for (pattern, value, replacement, all, want) in cases {
            assert_eq!(replace(pattern, value, replacement, all).as_deref(), Ok(want), "{pattern} {value}");
        }
        assert_eq!(replace("a", "a", "$0", true), Err(Failure::Unknown));
    }
}
