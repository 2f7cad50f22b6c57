//! What each wildcard of a pattern matched in a path: `{1}` is the first one's part.
//!
//! [`Pattern`] says whether a path matches, and is the judge of what a pattern means; this module only takes the path
//! apart. Wildcards are `*`, `**`, `?`, a class and a group in braces. The first wildcard takes as much as it can. As for
//! [`Pattern`] a path is bytes, so a wildcard may take a part of a character.

use std::collections::HashSet;

use bstr::{BStr, BString, ByteSlice};

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
    Class(bool, Vec<(u8, u8)>),
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
    pub(super) fn of(&self, path: &BStr) -> Option<Vec<BString>> {
        let mut found = Vec::new();
        let mut failed = HashSet::new();
        self.step(path, 0, 0, &mut found, &mut failed).then_some(found)
    }

    /// Whether the tokens from `token` on match the path from byte `at` on. What failed once is not tried again, so the
    /// work is bounded by the pattern's length times the square of the path's.
    fn step(
        &self,
        path: &[u8],
        token: usize,
        at: usize,
        found: &mut Vec<BString>,
        failed: &mut HashSet<(usize, usize)>,
    ) -> bool {
        let rest = path.get(at..).unwrap_or_default();
        let Some(kind) = self.tokens.get(token) else { return rest.is_empty() };
        if failed.contains(&(token, at)) {
            return false;
        }
        for (end, capture) in kind.ends(rest) {
            let before = found.len();
            found.extend(capture.map(BString::from));
            if self.step(path, token + 1, at + end, found, failed) {
                return true;
            }
            found.truncate(before);
        }
        failed.insert((token, at));
        false
    }
}

impl Token {
    /// Where this token can end, in bytes, and what is captured of it; first what is tried first.
    fn ends<'p>(&'p self, rest: &'p [u8]) -> Vec<(usize, Option<&'p [u8]>)> {
        let one = |fits: &dyn Fn(u8) -> bool| match rest.first() {
            Some(first) if *first != b'/' && fits(*first) => vec![(1, rest.get(..1))],
            _ => Vec::new(),
        };
        match self {
            Token::Plain(text) if rest.starts_with(text.as_bytes()) => vec![(text.len(), None)],
            Token::Plain(_) => Vec::new(),
            Token::One => one(&|_| true),
            Token::Class(negated, ranges) => {
                one(&|byte| ranges.iter().any(|(low, high)| *low <= byte && byte <= *high) != *negated)
            }
            Token::Many => {
                let most = rest.find_byte(b'/').unwrap_or(rest.len());
                (0..=most).rev().map(|end| (end, rest.get(..end))).collect()
            }
            Token::Folders => {
                let slashes: Vec<usize> = rest.find_iter("/").collect();
                let folders = slashes.into_iter().rev().map(|slash| (slash + 1, rest.get(..slash)));
                folders.chain([(0, Some(&[][..]))]).collect()
            }
            Token::Rest => vec![(rest.len(), Some(rest))],
            Token::Choice(words) => {
                let fits = words.iter().filter(|word| rest.starts_with(word.as_bytes()));
                fits.map(|word| (word.len(), Some(word.as_bytes()))).collect()
            }
        }
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
        // Only ASCII stands in a class, as the pattern's own check has it.
        ranges.extend(u8::try_from(*low).ok().zip(u8::try_from(*high).ok()));
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
    // Only spares folders from being looked at: from a part that is no pattern on, all are.
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
            ("?", "ä", None),
        ] {
            let captures = Captures::new(pattern).unwrap();
            let found = captures.of(path.into());
            let expected: Option<Vec<BString>> =
                expected.map(|parts| parts.into_iter().map(BString::from).collect());
            assert_eq!(found, expected, "{pattern} {path}");
            let matches = Pattern::new(pattern).unwrap().matches(path.into());
            assert_eq!(matches, found.is_some(), "both read {pattern} alike");
        }
    }

    /// `?` is a byte to [`Pattern`], whatever the byte is a part of.
    #[test]
    fn a_wildcard_may_take_a_part_of_a_character() {
        for (pattern, parts) in [("images/??/f", 2), ("images/[!a][!a]/f", 2), ("images/*?/f", 2)] {
            let path = "images/ä/f".into();
            assert!(Pattern::new(pattern).unwrap().matches(path), "{pattern}");
            let found = Captures::new(pattern).unwrap().of(path).unwrap();
            assert_eq!((found.len(), found.concat()), (parts, "ä".into()), "{pattern}");
        }
    }

    #[test]
    fn many_stars_end_soon() {
        let captures = Captures::new(&"*a".repeat(60)).unwrap();
        assert_eq!(captures.of("a".repeat(59).as_str().into()), None);
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
