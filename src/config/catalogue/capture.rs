//! What each wildcard of a pattern matched in a path: `{1}` is the first one's part.
//!
//! [`Pattern`] says whether a path matches, and is the judge of what a pattern means; this module only takes the path
//! apart. Wildcards are `*`, `**`, `?`, a class and a group in braces. The first wildcard takes as much as it can.

use std::collections::HashSet;

use crate::config::pattern::Pattern;

/// A pattern, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Captures {
    tokens: Vec<Token>,
}

/// More wildcards than anybody numbers; each is a step down the stack.
const MOST: usize = 64;

#[derive(Debug, Clone)]
enum Token {
    /// What stands as it is.
    Plain(String),
    /// `?`
    One,
    /// `*`
    Many,
    /// `**/`: folders, or none.
    Folders,
    /// `**` at the end: whatever is left.
    Rest,
    /// `[…]`: whether it is negated, and its ranges.
    Class(bool, Vec<(char, char)>),
    /// `{…}`
    Choice(Vec<String>),
}

impl Captures {
    /// Takes a sound pattern apart. The error is a sentence and the offset of a character.
    pub(super) fn new(text: &str) -> Result<Captures, (String, usize)> {
        let chars: Vec<char> = text.chars().collect();
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(char) = chars.get(at) {
            let until =
                |end: char| chars[at..].iter().position(|c| *c == end).map_or(chars.len(), |n| at + n);
            match char {
                '*' if chars.get(at + 1) == Some(&'*') => {
                    let folders = chars.get(at + 2).is_some();
                    tokens.push(if folders { Token::Folders } else { Token::Rest });
                    at += 2;
                }
                '*' => tokens.push(Token::Many),
                '?' => tokens.push(Token::One),
                '[' => {
                    let end = until(']');
                    tokens.push(class(chars.get(at + 1..end).unwrap_or_default()));
                    at = end;
                }
                '{' => {
                    let end = until('}');
                    let inside = chars.get(at + 1..end).unwrap_or_default();
                    if inside.iter().any(|c| matches!(c, '{' | '*' | '?' | '[')) {
                        return Err(("braces hold plain words here".to_owned(), at));
                    }
                    let words: String = inside.iter().collect();
                    tokens.push(Token::Choice(words.split(',').map(str::to_owned).collect()));
                    at = end;
                }
                other => match tokens.last_mut() {
                    Some(Token::Plain(text)) => text.push(*other),
                    _ => tokens.push(Token::Plain(other.to_string())),
                },
            }
            at += 1;
        }
        let captures = Captures { tokens };
        match captures.count() > MOST {
            true => Err((format!("a pattern with more than {MOST} wildcards"), 0)),
            false => Ok(captures),
        }
    }

    /// How many wildcards there are.
    pub(super) fn count(&self) -> usize {
        self.tokens.iter().filter(|token| !matches!(token, Token::Plain(_))).count()
    }

    /// What each wildcard matched; none where the path does not match.
    pub(super) fn of(&self, path: &str) -> Option<Vec<String>> {
        let mut found = Vec::new();
        let mut failed = HashSet::new();
        self.step(path, 0, 0, &mut found, &mut failed).then_some(found)
    }

    /// Whether the tokens from `token` on match the path from byte `at` on. What failed once is not tried again, so the
    /// work is bounded by the pattern's length times the square of the path's.
    fn step(
        &self,
        path: &str,
        token: usize,
        at: usize,
        found: &mut Vec<String>,
        failed: &mut HashSet<(usize, usize)>,
    ) -> bool {
        let rest = path.get(at..).unwrap_or("");
        let Some(kind) = self.tokens.get(token) else { return rest.is_empty() };
        if failed.contains(&(token, at)) {
            return false;
        }
        // Ends of what this token can take, in bytes, and what is captured of it.
        let mut ends: Vec<(usize, Option<&str>)> = Vec::new();
        let first = rest.chars().next();
        match kind {
            Token::Plain(text) => {
                if rest.starts_with(text.as_str()) {
                    ends.push((text.len(), None));
                }
            }
            Token::One => {
                let one = first.filter(|first| *first != '/').map(char::len_utf8);
                ends.extend(one.map(|end| (end, rest.get(..end))));
            }
            Token::Class(negated, ranges) => {
                let within = |c: &char| ranges.iter().any(|(low, high)| low <= c && c <= high);
                let one = first.filter(|c| *c != '/' && within(c) != *negated).map(char::len_utf8);
                ends.extend(one.map(|end| (end, rest.get(..end))));
            }
            Token::Many => {
                let most = rest.find('/').unwrap_or(rest.len());
                let steps = (0..=most).rev().filter(|end| rest.is_char_boundary(*end));
                ends.extend(steps.map(|end| (end, rest.get(..end))));
            }
            Token::Folders => {
                let mut slashes: Vec<usize> = rest.match_indices('/').map(|(at, _)| at).collect();
                slashes.reverse();
                ends.extend(slashes.into_iter().map(|slash| (slash + 1, rest.get(..slash))));
                ends.push((0, Some("")));
            }
            Token::Rest => ends.push((rest.len(), Some(rest))),
            Token::Choice(words) => {
                let fits = words.iter().filter(|word| rest.starts_with(word.as_str()));
                ends.extend(fits.map(|word| (word.len(), Some(word.as_str()))));
            }
        }
        for (end, capture) in ends {
            let before = found.len();
            found.extend(capture.map(str::to_owned));
            if self.step(path, token + 1, at + end, found, failed) {
                return true;
            }
            found.truncate(before);
        }
        failed.insert((token, at));
        false
    }
}

fn class(inside: &[char]) -> Token {
    let negated = matches!(inside.first(), Some('!' | '^'));
    let mut ranges = Vec::new();
    let mut members = inside.get(usize::from(negated)..).unwrap_or_default().iter().peekable();
    while let Some(low) = members.next() {
        let high = match members.next_if(|next| **next == '-') {
            Some(_) => members.next().unwrap_or(low),
            None => low,
        };
        ranges.push((*low, *high));
    }
    Token::Class(negated, ranges)
}

/// The patterns of the names of a path as far as no `**` comes, so that a walk enters only folders that can hold a match.
pub(super) fn names(text: &str) -> Vec<Pattern> {
    // A slash inside braces divides no names; then the walk only knows the beginning.
    let plain = text.split('{').next().unwrap_or("");
    let whole = plain.len() == text.len();
    let mut names: Vec<&str> = plain.split('/').collect();
    if !whole {
        names.pop();
        // The name with the braces, where they hold no slash.
        let rest = text.get(names.iter().map(|name| name.len() + 1).sum::<usize>()..).unwrap_or("");
        if !braces_hold_a_slash(rest) {
            names = text.split('/').collect();
        }
    }
    names.into_iter().take_while(|name| *name != "**").map_while(|name| Pattern::new(name).ok()).collect()
}

fn braces_hold_a_slash(text: &str) -> bool {
    let mut depth = 0usize;
    text.chars().any(|char| {
        match char {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        char == '/' && depth > 0
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn wildcards_are_captured_in_order() {
        for (pattern, path, expected) in [
            ("images/*/Dockerfile", "images/base/Dockerfile", Some(vec!["base"])),
            ("images/*/Dockerfile", "images/a/b/Dockerfile", None),
            ("*/*/Dockerfile.*", "jupyter/minimal/Dockerfile.cuda", Some(vec!["jupyter", "minimal", "cuda"])),
            ("a/**/*.d", "a/x/y/z.d", Some(vec!["x/y", "z"])),
            ("a/**/*.d", "a/z.d", Some(vec!["", "z"])),
            ("a/**", "a/b/c", Some(vec!["b/c"])),
            ("{x,y}/?[0-9]/f", "y/v1/f", Some(vec!["y", "v", "1"])),
            ("[!a]", "b", Some(vec!["b"])),
            ("ä*", "äö", Some(vec!["ö"])),
        ] {
            let captures = Captures::new(pattern).unwrap();
            let found = captures.of(path);
            let expected: Option<Vec<String>> =
                expected.map(|parts| parts.into_iter().map(str::to_owned).collect());
            assert_eq!(found, expected, "{pattern} {path}");
            let matches = Pattern::new(pattern).unwrap().matches(path.into());
            assert_eq!(matches, found.is_some(), "both read {pattern} alike");
        }
    }

    #[test]
    fn many_stars_end_soon() {
        let captures = Captures::new(&"*a".repeat(60)).unwrap();
        assert_eq!(captures.of(&"a".repeat(59)), None);
    }

    #[test]
    fn a_walk_knows_the_names_up_to_two_stars() {
        let count = |text: &str| names(text).len();
        assert_eq!(count("images/*/Dockerfile"), 3);
        assert_eq!(count("a/**/Dockerfile"), 1);
        assert_eq!(count("{a,b}/c"), 2);
        assert_eq!(count("x/{a/b,c}/d"), 1);
    }
}
