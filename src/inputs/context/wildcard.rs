//! Finds what a `COPY` pattern names: fsutil's `ResolveWildcards`.
//!
//! The folders before the first wildcard are followed through links. From there on the names are matched by
//! `filepath.Match` as they stand: a link in between is not entered, a link that matches is followed by the copy.
//! A folder that matches is taken whole, and nothing below it is matched again.

use bstr::{BString, ByteSlice};

use super::links::follow;
use super::place::{Place, join};
use super::walk::Walk;
use super::{Absent, Taken};
use crate::error::Result;
use crate::filepath::{self, BadPattern};
use crate::ignore::patterns::Trail;
use crate::tree::Mode;

/// What a pattern names, links unfollowed. Nothing is no error (`AllowEmptyWildcard`), unless the folders before the
/// wildcard are not there: then fsutil's walk fails.
pub(super) fn find(walk: &mut Walk, pattern: &[u8]) -> Taken<Vec<Place>> {
    let bad = || Absent::BadPattern(pattern.to_str_lossy().into_owned());
    let (start, pattern) = split(pattern);
    if filepath::check(pattern).is_err() {
        return Ok(Err(bad()));
    }
    let base = match follow(walk, start.as_bstr())? {
        Ok(base) => base,
        Err(absent) => return Ok(Err(absent)),
    };
    match base.mode {
        // Anything may be inside.
        Mode::Submodule => Ok(Ok(vec![base])),
        Mode::Folder => match Matches::below(walk, base, pattern)? {
            Ok(found) => Ok(Ok(found)),
            Err(BadPattern) => Ok(Err(bad())),
        },
        // The walk over a file matches nothing.
        _ => Ok(Ok(Vec::new())),
    }
}

/// `splitWildcards`: the folders without a wildcard, and the pattern from the first name with one.
fn split(pattern: &[u8]) -> (&[u8], &[u8]) {
    let mut start = 0;
    for name in pattern.split(|byte| *byte == b'/') {
        if filepath::has_wildcard(name) {
            let (folders, rest) = pattern.split_at(start.min(pattern.len()));
            return (folders.strip_suffix(b"/").unwrap_or(folders), rest);
        }
        start += name.len() + 1;
    }
    (pattern, b"")
}

/// A search below one folder.
struct Matches<'p> {
    pattern: &'p [u8],
    /// The pattern's names, where it can be matched name by name: then folders that cannot match are not read. A
    /// class such as `[^a]` takes a slash too, and `a[^b]c` is `a/c`; then whole paths are matched.
    names: Option<Vec<&'p [u8]>>,
    /// How many folders deep a match can be.
    depth: usize,
    found: Vec<Place>,
}

struct Folder {
    place: Place,
    /// Relative to where the search began.
    relative: BString,
    depth: usize,
    ignore: Trail,
}

impl<'p> Matches<'p> {
    fn below(walk: &mut Walk, base: Place, pattern: &'p [u8]) -> Result<Result<Vec<Place>, BadPattern>> {
        let crosses = filepath::class_crosses(pattern);
        let count = |byte: u8| pattern.iter().filter(|other| **other == byte).count();
        let mut search = Matches {
            pattern,
            names: (!crosses).then(|| pattern.split(|byte| *byte == b'/').collect()),
            depth: count(b'/') + if crosses { count(b'[') } else { 0 },
            found: Vec::new(),
        };
        let ignore = walk.view.ignore.trail(&base.path);
        let mut pending = vec![Folder { place: base, relative: BString::default(), depth: 0, ignore }];
        while let Some(folder) = pending.pop() {
            match search.folder(walk, &folder)? {
                Ok(below) => pending.extend(below),
                Err(bad) => return Ok(Err(bad)),
            }
        }
        Ok(Ok(search.found))
    }

    /// Takes what matches in one folder; gives the folders to look into.
    fn folder(&mut self, walk: &mut Walk, folder: &Folder) -> Result<Result<Vec<Folder>, BadPattern>> {
        let mut below = Vec::new();
        for entry in walk.read(&folder.place.id)?.iter() {
            let place = folder.place.child(&entry);
            let relative = join(folder.relative.as_bstr(), entry.name);
            let (matched, deeper) = match self.matches(&relative, entry.name.as_bytes(), folder.depth) {
                Ok(verdict) => verdict,
                Err(bad) => return Ok(Err(bad)),
            };
            if !matched && !deeper {
                continue;
            }
            let (rule, ignore) = walk.view.ignore.step(&place.path, &folder.ignore);
            let ignored = rule.is_some();
            if ignored && !walk.view.ignore.may_return_below(place.path.as_bstr()) {
                continue;
            }
            match entry.mode {
                Mode::Folder if !matched => {
                    below.push(Folder { place, relative, depth: folder.depth + 1, ignore });
                }
                Mode::Folder if ignored && !walk.sees_below(&place)? => {}
                // What is in a submodule is not known: a pattern that goes on there takes it whole.
                Mode::Folder | Mode::Submodule => self.found.push(place),
                _ if matched && !ignored => self.found.push(place),
                _ => {}
            }
        }
        Ok(Ok(below))
    }

    /// Whether an entry matches, and whether something below it can.
    fn matches(&self, relative: &BString, name: &[u8], depth: usize) -> Result<(bool, bool), BadPattern> {
        let deeper = depth < self.depth;
        let Some(names) = &self.names else {
            return Ok((filepath::matches(self.pattern, relative)?, deeper));
        };
        let matched = match names.get(depth) {
            Some(pattern) => filepath::matches(pattern, name)?,
            None => false,
        };
        Ok((matched && !deeper, matched && deeper))
    }
}
