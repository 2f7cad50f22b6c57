//! Strict globs for paths: `*` stays inside a folder, `**` crosses, no `..`, no backslash.
//!
//! For configuration only; Dockerfiles and ignore files have Go's rules, which live with them. What a person could
//! read in two ways (`a**b`, `//`, a class that takes a slash) is refused rather than given a meaning. Paths are
//! bytes, so `?` is one byte, and the members of a class are ASCII.

use std::fmt;
use std::hash::{Hash, Hasher};

use bstr::{BStr, ByteSlice};
use globset::{Candidate, GlobBuilder, GlobMatcher};

/// More braces inside braces than anyone writes; the glob library goes down once for each.
const DEEPEST_BRACES: usize = 8;

/// Linux opens no longer path. The glob library panics over an expression that grows too large, which no shorter
/// pattern becomes.
const LONGEST: usize = 4096;

/// A checked glob over `/`-separated paths from the repository's root.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
    /// The length of [`Pattern::literal_prefix`].
    prefix: usize,
    /// Whether it has no wildcard.
    literal: bool,
}

/// The text says all; the compiled form would print a regular expression's insides.
impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// All else is made of the text.
impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// A sentence and the 0-based character offset of what it is about.
type Fault = (String, usize);

impl Pattern {
    /// Checks and compiles. The error is a sentence and the 0-based character offset in the pattern.
    pub fn new(text: &str) -> Result<Pattern, (String, usize)> {
        let glob = Check::run(text)?;
        let compiled = GlobBuilder::new(&glob)
            .literal_separator(true)
            .build()
            .map_err(|error| (format!("this is no pattern: {}", error.kind()), 0))?;
        let wildcard = text.find(['*', '?', '[', '{']);
        let named = text.strip_suffix('/').unwrap_or(text);
        let literal = wildcard.unwrap_or(named.len());
        let prefix = named.get(..literal).and_then(|start| start.rfind('/')).unwrap_or(0);
        let matcher = compiled.compile_matcher();
        Ok(Pattern { text: text.to_owned(), matcher, prefix, literal: wildcard.is_none() })
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The longest leading folder without a wildcard, so that a walk can start there; empty for the root. The last
    /// name is never part of it.
    pub fn literal_prefix(&self) -> &str {
        self.text.get(..self.prefix).unwrap_or_default()
    }

    /// The one path that the pattern names, a file or a folder, if it has no wildcard.
    pub fn literal(&self) -> Option<&str> {
        self.literal.then(|| self.text.strip_suffix('/').unwrap_or(&self.text))
    }

    /// Whether a path matches. A trailing slash of the pattern is not looked at.
    pub fn matches(&self, path: &BStr) -> bool {
        self.matcher.is_match_candidate(&Candidate::from_bytes(path.as_bytes()))
    }

    /// Whether a path matches, or is below a folder that the pattern names: so `src`, `src/` and `lib-*/` mean all
    /// that is in these folders. A pattern with a wildcard needs the slash for that, since `src/*` is said to stay in
    /// its folder.
    pub fn matches_or_is_parent_of(&self, path: &BStr) -> bool {
        if self.matches(path) {
            return true;
        }
        let folders = path.find_iter("/").filter_map(|end| path.get(..end));
        (self.literal || self.text.ends_with('/'))
            && folders.map(BStr::new).any(|folder| self.matches(folder))
    }
}

/// One pass over a pattern.
struct Check {
    chars: Vec<char>,
    at: usize,
    /// Offsets of the braces that are open.
    braces: Vec<usize>,
    /// The pattern as the glob library gets it.
    glob: String,
}

impl Check {
    /// The text for the glob library.
    fn run(text: &str) -> Result<String, Fault> {
        let chars: Vec<char> = text.chars().collect();
        if text.len() > LONGEST {
            return fault(
                format!("a pattern has at most {LONGEST} bytes, and this one has {}", text.len()),
                0,
            );
        }
        names(&chars)?;
        let mut check = Check { chars, at: 0, braces: Vec::new(), glob: String::new() };
        while let Some(char) = check.peek(0) {
            check.char(char)?;
        }
        if let Some(open) = check.braces.first() {
            return fault("`{` is never closed", *open);
        }
        if check.glob.ends_with('/') {
            check.glob.pop();
        }
        Ok(check.glob)
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn before(&self) -> Option<char> {
        self.chars.get(self.at.checked_sub(1)?).copied()
    }

    fn take(&mut self, char: char) {
        self.glob.push(char);
        self.at += 1;
    }

    fn char(&mut self, char: char) -> Result<(), Fault> {
        match char {
            '\\' => {
                return fault("a backslash is no part of a path here: write `/` between folders", self.at);
            }
            '\0' => return fault("a path has no NUL byte", self.at),
            '[' => return self.class(),
            ']' => return fault("`]` closes no `[`", self.at),
            '*' if self.peek(1) == Some('*') => return self.stars(),
            '{' => {
                if self.braces.len() >= DEEPEST_BRACES {
                    return fault("there are too many braces inside one another", self.at);
                }
                self.braces.push(self.at);
            }
            '}' if self.braces.pop().is_none() => return fault("`}` closes no `{`", self.at),
            _ => {}
        }
        let in_braces = !self.braces.is_empty() || char == '}';
        let open = matches!(self.before(), Some('{' | ','));
        if in_braces && open && matches!(char, ',' | '}') {
            return fault("an alternative between braces is empty", self.at);
        }
        self.take(char);
        Ok(())
    }

    /// `**`, which is a whole name.
    fn stars(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let alone = matches!(self.before(), None | Some('/')) && matches!(self.peek(2), None | Some('/'));
        if !alone {
            return fault("`**` stands alone between slashes; inside a name write `*`", start);
        }
        self.take('*');
        self.take('*');
        Ok(())
    }

    /// A class. Only plain members and ranges: what takes a slash, or begins with `]` or `-`, is refused.
    fn class(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.take('[');
        if matches!(self.peek(0), Some('!' | '^')) {
            self.take('!');
            // The library lets a negated class take a slash.
            self.glob.push('/');
        }
        let mut empty = true;
        loop {
            let Some(low) = self.peek(0) else { return fault("`[` is never closed", start) };
            match low {
                ']' if !empty => break,
                ']' => return fault("a class between brackets is empty", start),
                '-' => return fault("`-` stands between two characters of a class", self.at),
                '[' | '\\' | '/' => return fault(format!("`{low}` cannot stand in a class"), self.at),
                _ if !low.is_ascii() => return fault("only ASCII characters can stand in a class", self.at),
                _ => self.take(low),
            }
            empty = false;
            if self.peek(0) != Some('-') {
                continue;
            }
            match self.peek(1) {
                Some(high) if high < low => {
                    return fault(format!("the range `{low}-{high}` runs backwards"), self.at);
                }
                Some(high) if low <= '/' && '/' <= high => {
                    return fault(format!("the range `{low}-{high}` takes a slash"), self.at);
                }
                Some(high) if high.is_ascii() && !matches!(high, '[' | ']' | '\\') => {
                    self.take('-');
                    self.take(high);
                }
                _ => return fault("`-` stands between two characters of a class", self.at),
            }
        }
        self.take(']');
        Ok(())
    }
}

/// Checks the names between the slashes.
fn names(chars: &[char]) -> Result<(), Fault> {
    if chars.is_empty() {
        return fault("a pattern cannot be empty", 0);
    }
    let mut start = 0;
    for name in chars.split(|char| *char == '/') {
        let end = start + name.len();
        match name {
            [] if start == 0 => return fault("a pattern begins at the repository's root, without a `/`", 0),
            // A slash at the end says that a folder is meant.
            [] if end < chars.len() => return fault("there is a second `/`", start),
            ['.'] => return fault("`.` says nothing: leave it out", start),
            ['.', '.'] => {
                return fault(
                    "`..` would leave the folder: write the path from the repository's root",
                    start,
                );
            }
            _ => {}
        }
        start = end + 1;
    }
    Ok(())
}

fn fault<T>(sentence: impl Into<String>, offset: usize) -> Result<T, Fault> {
    Err((sentence.into(), offset))
}

#[cfg(test)]
mod tests;
