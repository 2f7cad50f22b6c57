//! `.dockerignore`: which paths of a context a build cannot see.
//!
//! The file is read as moby/patternmatcher's `ignorefile.ReadAll` does, and applied as the walk of fsutil does that
//! sends a context to BuildKit (`filter.go`): see `patterns` for where that differs from
//! `MatchesOrParentMatches`. BuildKit's `frontend/dockerui/context.go` decides which file applies. Pure; it must not
//! know git or the Dockerfile.

pub(crate) mod patterns;
mod regexp;
#[cfg(test)]
mod tests;

use bstr::{BStr, ByteSlice};

use crate::error::{Error, Errors, Place};
use crate::filepath;
use patterns::{Patterns, Trail, lossy};

/// Go's `bufio.Scanner` gives up on longer lines, and BuildKit with it.
const LONGEST_LINE: usize = 64 * 1024;

/// The patterns of one ignore file, in order.
#[derive(Debug, Clone, Default)]
pub struct Ignore {
    /// One for each of `patterns`.
    rules: Vec<Rule>,
    patterns: Patterns,
}

/// One pattern of an ignore file.
#[derive(Debug, Clone)]
pub struct Rule {
    /// 1-based line in the file.
    pub line: usize,
    /// As written, trimmed.
    pub pattern: String,
}

impl Ignore {
    /// Parses an ignore file; every bad pattern is an error with its line.
    ///
    /// # Errors
    /// What BuildKit refuses, all of it at once. A pattern that BuildKit refuses only once it matches a path with it
    /// (`a\q`) is refused at once.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Ignore, Errors> {
        let mut ignore = Ignore::default();
        let mut errors = Errors::default();
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if let Err(fault) = ignore.add(index + 1, line) {
                let error = Error::invalid(fault).at(Place::line(file, index + 1));
                errors.push(error.hint("a build with this ignore file fails: correct or remove the line"));
            }
        }
        errors.or(ignore)
    }

    fn add(&mut self, line: usize, text: &[u8]) -> Result<(), String> {
        if text.len() >= LONGEST_LINE {
            return Err("the line is longer than BuildKit reads (64 KiB)".to_owned());
        }
        let trimmed = text.trim();
        if text.starts_with(b"#") || trimmed.is_empty() {
            return Ok(());
        }
        let pattern = read_pattern(trimmed);
        // The frontend checks the bytes as they are; the client that walks gets them as JSON, where what is no
        // UTF-8 has become U+FFFD.
        let sent = lossy(&pattern);
        let sound = sent.as_bytes() == pattern || Patterns::default().push(&pattern)?;
        if sound && self.patterns.push(sent.as_bytes())? {
            self.rules.push(Rule { line, pattern: lossy(trimmed) });
        }
        Ok(())
    }

    /// Whether nothing is ignored.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The patterns, in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule that leaves `path` (relative to the context, no leading slash) out, if one does.
    ///
    /// A folder may be left out and hold a file that is not: see [`Ignore::may_return_below`].
    pub fn ignored_by(&self, path: &BStr) -> Option<&Rule> {
        let mut trail = Trail::default();
        for end in path.find_iter("/") {
            let folder = path.get(..end).unwrap_or_default();
            let (rule, below) = self.step(folder, &trail);
            if rule.is_some() && !self.may_return_below(folder.as_bstr()) {
                return rule;
            }
            trail = below;
        }
        self.step(path, &trail).0
    }

    /// Whether a later `!` pattern may bring back something below this ignored folder. May say yes too often,
    /// never no wrongly.
    pub fn may_return_below(&self, folder: &BStr) -> bool {
        self.patterns.may_match_below(folder, true) && !self.patterns.walk_skips(folder)
    }

    /// The rule for `path` alone, given the trail of its folder, and the trail for what is below: for a walk that
    /// goes down from the root and asks [`Ignore::may_return_below`] at each ignored folder.
    pub(crate) fn step(&self, path: &[u8], parent: &Trail) -> (Option<&Rule>, Trail) {
        let (index, trail) = self.patterns.step(path, parent);
        (index.and_then(|index| self.rules.get(index)), trail)
    }

    /// The same for what has nothing below it: whether a rule leaves it out.
    pub(crate) fn matches(&self, path: &[u8], parent: &Trail) -> bool {
        self.patterns.matches(path, parent)
    }

    /// The trail of a folder, for a walk that starts there.
    pub(crate) fn trail(&self, folder: &[u8]) -> Trail {
        let ends = folder.find_iter("/").chain((!folder.is_empty()).then_some(folder.len()));
        ends.fold(Trail::default(), |trail, end| self.step(folder.get(..end).unwrap_or_default(), &trail).1)
    }
}

/// What `ReadAll` makes of a trimmed line: cleaned, without a leading slash, the space behind `!` gone.
fn read_pattern(line: &[u8]) -> Vec<u8> {
    let (mark, pattern): (&[u8], _) = match line.strip_prefix(b"!") {
        Some(pattern) => (b"!", pattern.trim()),
        None => (b"", line),
    };
    if pattern.is_empty() {
        return mark.to_vec();
    }
    let cleaned = filepath::clean(pattern);
    let relative = match cleaned.as_slice() {
        [b'/', relative @ ..] if !relative.is_empty() => relative,
        whole => whole,
    };
    [mark, relative].concat()
}
