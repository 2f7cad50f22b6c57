//! moby/patternmatcher: an ordered list of patterns, of which the last that matches a path (or a folder above it)
//! decides.
//!
//! BuildKit uses the same list for ignore files, for `COPY --exclude` and for what `COPY --parents` includes, and
//! always by `MatchesUsingParentResults` while it walks (fsutil's `filter.go` and `copy/copy.go`,
//! `cache/contenthash`). That is not quite `MatchesOrParentMatches`: a pattern that was skipped at a folder, because
//! it could not have changed the answer there, is not matched with that folder again for what is below. With `a/b`
//! and then `!a`, the file `a/b` stays ignored. The walk is what a build sees, so the walk is mirrored.

use bstr::ByteSlice;

use super::regexp::{MOST_ADDED, Regexp};
use crate::filepath;

/// `PatternMatcher`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patterns {
    patterns: Vec<Pattern>,
    exceptions: bool,
    /// How many steps of expressions counts in braces have added.
    added: usize,
}

/// Which patterns matched a folder or something above it; handed down while walking (`MatchInfo`).
#[derive(Debug, Clone, Default)]
pub(crate) struct Trail(Vec<bool>);

#[derive(Debug, Clone)]
struct Pattern {
    /// Begins with `!`: what it matches is no longer matched.
    exception: bool,
    /// Cleaned, without the `!`.
    text: Vec<u8>,
    kind: Kind,
    /// What every path that an expression matches ends with: most paths end otherwise, and need no engine.
    tail: Vec<u8>,
    /// The last byte of every path that it matches, if that is always the same.
    last: Option<u8>,
}

#[derive(Debug, Clone)]
enum Kind {
    /// The path is the text.
    Exact,
    /// The text is `x**`: the path begins with `x`.
    Prefix,
    /// The text is `**x`: the path ends with `x`, or `x` is a slash and the path.
    Suffix,
    /// All the others.
    Regexp(Regexp),
}

impl Patterns {
    /// Adds one pattern as `New` reads it: trimmed and cleaned; whether it counts (an empty one does not).
    /// The error is a sentence.
    pub(crate) fn push(&mut self, pattern: &[u8]) -> Result<bool, String> {
        let pattern = pattern.trim();
        if pattern.is_empty() {
            return Ok(false);
        }
        let cleaned = filepath::clean(pattern);
        let (exception, text) = match cleaned.strip_prefix(b"!") {
            Some(text) => (true, text),
            None => (false, cleaned.as_slice()),
        };
        if text.is_empty() {
            return Err("`!` alone brings nothing back".to_owned());
        }
        if filepath::matches(text, b".").is_err() {
            return Err(format!("`{}` is no valid pattern", text.as_bstr()));
        }
        let pattern = Pattern::new(exception, text)?;
        if let Kind::Regexp(regexp) = &pattern.kind {
            self.added += regexp.added;
        }
        if self.added > MOST_ADDED {
            return Err(format!("`{}` repeats too much, with the patterns before it", text.as_bstr()));
        }
        self.exceptions |= exception;
        self.patterns.push(pattern);
        Ok(true)
    }

    /// All of `patterns`, as for `--exclude`; the error names the first that is no pattern.
    pub(crate) fn new<'p>(patterns: impl IntoIterator<Item = &'p [u8]>) -> Result<Patterns, String> {
        let mut list = Patterns::default();
        for pattern in patterns {
            list.push(pattern)?;
        }
        Ok(list)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether there is a pattern with `!`.
    pub(crate) fn has_exceptions(&self) -> bool {
        self.exceptions
    }

    /// `MatchesUsingParentResults`: the index of the pattern by which `path` is matched, if it is, and the trail
    /// for what is below it. `parent` is the trail of the folder that holds it, empty at the root.
    pub(crate) fn step(&self, path: &[u8], parent: &Trail) -> (Option<usize>, Trail) {
        let mut decided = None;
        let mut trail = Vec::with_capacity(self.patterns.len());
        for (index, pattern) in self.patterns.iter().enumerate() {
            let matched = parent.0.get(index).copied().unwrap_or(false)
                || (pattern.exception == decided.is_some() && pattern.matches(path));
            trail.push(matched);
            if matched {
                decided = (!pattern.exception).then_some(index);
            }
        }
        (decided, Trail(trail))
    }

    /// The same for what has nothing below it, and so needs no trail: whether `path` is matched.
    pub(crate) fn matches(&self, path: &[u8], parent: &Trail) -> bool {
        self.patterns.iter().enumerate().fold(false, |decided, (index, pattern)| {
            let matched = parent.0.get(index).copied().unwrap_or(false)
                || (pattern.exception == decided && pattern.matches(path));
            if matched { !pattern.exception } else { decided }
        })
    }

    /// Whether a pattern with (or without) `!` may itself match a path below `folder`. Never no wrongly.
    pub(crate) fn may_match_below(&self, folder: &[u8], exception: bool) -> bool {
        self.patterns.iter().any(|pattern| pattern.exception == exception && pattern.may_match_below(folder))
    }

    /// Whether fsutil's walk (`filter.go`, `onlyPrefixExcludeExceptions`) leaves a matched folder out without a look
    /// below: where no exception has a wildcard but at its end, and none is the folder or below it. It cuts
    /// `x/*/**` to `x`, so that `!x/*/**` does not bring back what is below an ignored `x/y`.
    pub(crate) fn walk_skips(&self, folder: &[u8]) -> bool {
        self.patterns.iter().filter(|pattern| pattern.exception).all(|pattern| {
            let text = pattern.without_trailing_glob();
            !text.iter().any(|byte| SPECIAL.contains(byte)) && !is_or_is_below(text, folder)
        })
    }
}

/// What fsutil takes for a wildcard.
const SPECIAL: &[u8] = b"*[]?^\\";

impl Pattern {
    fn new(exception: bool, text: &[u8]) -> Result<Pattern, String> {
        let kind =
            compile(text).map_err(|fault| format!("`{}` is no valid pattern: {fault}", text.as_bstr()))?;
        let tail = literal_end(text).to_vec();
        let last = match &kind {
            Kind::Exact => text.last(),
            Kind::Suffix => text.strip_prefix(b"**").and_then(<[u8]>::last),
            Kind::Prefix => None,
            Kind::Regexp(_) => tail.last(),
        };
        Ok(Pattern { exception, text: text.to_vec(), kind, last: last.copied(), tail })
    }

    fn matches(&self, path: &[u8]) -> bool {
        // Every path of a context is asked about with every pattern, and most of them end here.
        if self.last.is_some() && self.last != path.last().copied() {
            return false;
        }
        match &self.kind {
            Kind::Exact => path == self.text,
            Kind::Prefix => path.starts_with(self.text.strip_suffix(b"**").unwrap_or(&self.text)),
            Kind::Suffix => {
                let suffix = self.text.strip_prefix(b"**").unwrap_or(&self.text);
                path.ends_with(suffix) || suffix.strip_prefix(b"/") == Some(path)
            }
            Kind::Regexp(regexp) => path.ends_with(&self.tail) && regexp.is_match(path),
        }
    }

    fn may_match_below(&self, folder: &[u8]) -> bool {
        match &self.kind {
            Kind::Exact => is_or_is_below(&self.text, folder) && self.text != folder,
            Kind::Suffix => true,
            Kind::Prefix | Kind::Regexp(_) => {
                let start = self.literal_start();
                let below = [folder, b"/"].concat();
                below.starts_with(start) || start.starts_with(&below)
            }
        }
    }

    /// The bytes that every matching path begins with. A byte order mark is dropped by the translation, and
    /// U+FFFD takes any byte that is no UTF-8.
    fn literal_start(&self) -> &[u8] {
        if self.text.starts_with(BOM) {
            return b"";
        }
        let mut end = self.text.find_byteset(SPECIAL).unwrap_or(self.text.len());
        end = end.min(self.text.find(REPLACEMENT).unwrap_or(end));
        if let Kind::Regexp(_) = self.kind {
            if self.text.contains(&b'|') {
                return b"";
            }
            // What stands before a brace may be counted, and be there not even once.
            if let Some(brace) = self.text.find_byte(b'{') {
                end = end.min(last_char(self.text.get(..brace).unwrap_or_default()));
            }
        }
        self.text.get(..end).unwrap_or_default()
    }

    fn without_trailing_glob(&self) -> &[u8] {
        let text = self.text.strip_suffix(b"/**").unwrap_or(&self.text);
        text.strip_suffix(b"/*").unwrap_or(text)
    }
}

/// The bytes behind the last wildcard, which the translation takes as they are. Without a slash at their beginning, which
/// `**/` swallows; none where a rune may stand for other bytes, or where a backslash, a `|` or a count in braces gives
/// characters another meaning.
fn literal_end(pattern: &[u8]) -> &[u8] {
    if pattern.find_byteset(b"\\|{").is_some() {
        return b"";
    }
    let behind = pattern.iter().rposition(|byte| SPECIAL.contains(byte)).map_or(0, |last| last + 1);
    let end = pattern.get(behind..).unwrap_or_default();
    let end = end.strip_prefix(b"/").unwrap_or(end);
    if end.is_ascii() { end } else { b"" }
}

/// Where the last character of a text begins.
fn last_char(text: &[u8]) -> usize {
    text.char_indices().next_back().map_or(0, |(start, ..)| start)
}

const BOM: &[u8] = "\u{feff}".as_bytes();
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

fn is_or_is_below(path: &[u8], folder: &[u8]) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// `Pattern.compile`: the kind of a pattern, and for the last kind the text of its expression. Kept in the order
/// of the original, since its quirks are in that order.
fn compile(pattern: &[u8]) -> Result<Kind, String> {
    let text = lossy(pattern);
    let mut chars = text.strip_prefix('\u{feff}').unwrap_or(&text).chars().peekable();
    let mut expression = String::from("^");
    let mut kind = Shape::Exact;
    let mut first = true;
    while let Some(char) = chars.next() {
        match char {
            '*' if chars.next_if_eq(&'*').is_some() => {
                // `**/` is `**`.
                chars.next_if_eq(&'/');
                kind = match (chars.peek(), kind) {
                    (None, Shape::Exact) => Shape::Prefix,
                    (None, _) => {
                        expression.push_str(".*");
                        Shape::Regexp
                    }
                    (Some(_), _) => {
                        expression.push_str("(.*/)?");
                        Shape::Regexp
                    }
                };
                if first {
                    kind = Shape::Suffix;
                }
            }
            '*' | '?' => {
                expression.push_str(if char == '*' { "[^/]*" } else { "[^/]" });
                kind = Shape::Regexp;
            }
            // `shouldEscape` also names `|`, `{` and `}`, but its table of eight bytes has no bit for characters from
            // `@` on: they reach the expression as they are.
            '.' | '+' | '(' | ')' | '$' => expression.extend(['\\', char]),
            '\\' => {
                expression.push('\\');
                if let Some(next) = chars.next() {
                    expression.push(next);
                    kind = Shape::Regexp;
                }
            }
            '[' | ']' => {
                expression.push(char);
                kind = Shape::Regexp;
            }
            _ => expression.push(char),
        }
        first = false;
    }
    Ok(match kind {
        Shape::Exact => Kind::Exact,
        Shape::Prefix => Kind::Prefix,
        Shape::Suffix => Kind::Suffix,
        Shape::Regexp => Kind::Regexp(Regexp::new(&(expression + "$"))?),
    })
}

#[derive(Clone, Copy)]
enum Shape {
    Exact,
    Prefix,
    Suffix,
    Regexp,
}

/// Text as Go reads bytes rune by rune: every byte that is no UTF-8 is one U+FFFD.
pub(super) fn lossy(mut bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    while !bytes.is_empty() {
        let (char, rest) = filepath::decode(bytes);
        text.push(char);
        bytes = rest;
    }
    text
}
