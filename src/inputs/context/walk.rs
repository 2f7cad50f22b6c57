//! Takes a folder of the context with all that a build sees below it.
//!
//! What is ignored follows fsutil's `filter.go`, what is included and excluded its `copy/copy.go`: each folder hands
//! the trail of its matches down. No recursion, since a commit decides how deep its folders are.

use bstr::{BString, ByteSlice};

use super::place::{Place, join};
use super::{Found, View};
use crate::error::{Error, Result};
use crate::ignore::patterns::{Patterns, Trail};
use crate::tree::{Entry, Id, Mode};

/// More entries than any checkout has. Folders that hold one another many times over can make a small repository
/// unfold into more than a machine could list, and no build could read that either.
const MOST_ENTRIES: usize = 20_000_000;

/// What a copy takes of a folder, by path relative to that folder.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    /// `COPY --parents`: no more than what these match.
    pub(super) include: Option<Patterns>,
    /// `--exclude`.
    pub(super) exclude: Patterns,
}

/// Reads the context and gathers what is taken.
pub(super) struct Walk<'w> {
    pub(super) view: &'w View<'w>,
    pub(super) found: Found,
    /// Whether a link was met that BuildKit's own parts follow differently.
    pub(super) doubtful: bool,
    entries: usize,
}

/// A folder that is still to be read.
struct Folder {
    place: Place,
    /// Its path relative to where the walk began.
    relative: BString,
    ignore: Trail,
    include: Trail,
    exclude: Trail,
}

impl<'w> Walk<'w> {
    pub(super) fn new(view: &'w View<'w>) -> Walk<'w> {
        Walk { view, found: Found::new(), doubtful: false, entries: 0 }
    }

    /// What was found; all of the context besides where a link was in doubt, so that nothing read is left out.
    pub(super) fn finish(self) -> Result<Found> {
        let mut found = self.found;
        if self.doubtful {
            found.extend(self.view.whole()?);
        }
        Ok(found)
    }

    /// Counts a file, a link, a submodule, or a folder as far as it is seen to be there.
    pub(super) fn insert(&mut self, place: &Place) {
        for end in place.path.find_iter("/") {
            let folder = place.path.get(..end).unwrap_or_default().as_bstr();
            if self.found.get(folder).is_some_and(|(mode, _)| *mode == Mode::Folder) {
                self.found.remove(folder);
            }
        }
        self.found.insert(place.path.clone(), (place.mode, place.id));
    }

    /// Whether a path, or something below it, is counted.
    pub(super) fn has(&self, path: &BString) -> bool {
        let below = join(path.as_bstr(), b"".as_bstr());
        let next = self.found.range(below.clone()..).next();
        self.found.contains_key(path) || next.is_some_and(|(other, _)| other.starts_with(&below))
    }

    /// Counts a folder, until something in it is.
    fn insert_folder(&mut self, place: &Place) {
        let zeros = Id::new(&vec![0; self.view.root.as_bytes().len()]);
        if let Some(id) = zeros
            && !place.path.is_empty()
            && !self.has(&place.path)
        {
            self.insert(&Place { id, ..place.clone() });
        }
    }

    /// The entries of a folder.
    pub(super) fn read(&mut self, id: &Id) -> Result<std::sync::Arc<Vec<Entry>>> {
        let entries = self.view.objects.tree(id)?;
        self.entries += entries.len();
        if self.entries > MOST_ENTRIES {
            return Err(Error::invalid(format!("the context holds more than {MOST_ENTRIES} entries"))
                .hint("name a smaller context, or ignore the folder that holds itself many times over"));
        }
        Ok(entries)
    }

    /// Takes a folder that is seen, with what the filter leaves of it.
    pub(super) fn folder(&mut self, place: &Place, filter: &Filter) -> Result<()> {
        self.insert_folder(place);
        let mut pending = vec![Folder {
            place: place.clone(),
            relative: BString::default(),
            ignore: self.view.ignore.trail(&place.path),
            include: Trail::default(),
            exclude: Trail::default(),
        }];
        while let Some(folder) = pending.pop() {
            for entry in self.read(&folder.place.id)?.iter() {
                pending.extend(self.entry(&folder, entry, filter));
            }
        }
        Ok(())
    }

    /// Takes one entry, or gives the folder to read next.
    fn entry(&mut self, folder: &Folder, entry: &Entry, filter: &Filter) -> Option<Folder> {
        let place = folder.place.child(entry);
        let relative = join(folder.relative.as_bstr(), entry.name.as_bstr());
        let (rule, ignore) = self.view.ignore.step(&place.path, &folder.ignore);
        let (included, include) = match &filter.include {
            Some(patterns) => {
                let (index, trail) = patterns.step(&relative, &folder.include);
                (index.is_some(), trail)
            }
            None => (true, Trail::default()),
        };
        let (excluded, exclude) = filter.exclude.step(&relative, &folder.exclude);
        let taken = rule.is_none() && included && excluded.is_none();
        if !matches!(entry.mode, Mode::Folder | Mode::Submodule) {
            if taken {
                self.insert(&place);
            }
            return None;
        }
        // Whether something below may be taken although this is not.
        let below = (rule.is_none() || self.view.ignore.may_return_below(place.path.as_bstr()))
            && (included || filter.may_include_below(&relative))
            && (excluded.is_none() || filter.exclude.has_exceptions());
        match entry.mode {
            Mode::Submodule if taken || below => self.insert(&place),
            Mode::Folder if taken => self.insert_folder(&place),
            _ => {}
        }
        (below && entry.mode == Mode::Folder).then_some(Folder { place, relative, ignore, include, exclude })
    }

    /// Whether a build sees something below an ignored folder: files, links, or a folder brought back.
    pub(super) fn sees_below(&mut self, folder: &Place) -> Result<bool> {
        let mut pending = vec![(folder.clone(), self.view.ignore.trail(&folder.path))];
        while let Some((folder, trail)) = pending.pop() {
            if !self.view.ignore.may_return_below(folder.path.as_bstr()) {
                continue;
            }
            for entry in self.read(&folder.id)?.iter() {
                let place = folder.child(entry);
                let (rule, below) = self.view.ignore.step(&place.path, &trail);
                let returns = || self.view.ignore.may_return_below(place.path.as_bstr());
                match entry.mode {
                    _ if rule.is_none() => return Ok(true),
                    Mode::Submodule if returns() => return Ok(true),
                    Mode::Folder => pending.push((place, below)),
                    _ => {}
                }
            }
        }
        Ok(false)
    }
}

impl Filter {
    fn may_include_below(&self, folder: &BString) -> bool {
        self.include.as_ref().is_none_or(|patterns| patterns.may_match_below(folder, false))
    }
}
