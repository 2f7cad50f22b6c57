//! Reads the context and gathers what is taken: single places, and folders with all that a build sees below them.
//!
//! How a folder is taken is `descent`'s matter.

use std::sync::Arc;

use bstr::ByteSlice;

use super::descent::{Descent, Filter};
use super::place::Place;
use super::reader::Reader;
use super::{Found, View};
use crate::error::Result;
use crate::tree::{Id, Mode, Tree};

/// What the sources of one read found so far.
pub(super) struct Walk<'w> {
    pub(super) view: &'w View<'w>,
    pub(super) found: Found,
    /// Whether a link was met that BuildKit's own parts follow differently.
    pub(super) doubtful: bool,
    reader: Reader<'w>,
}

impl<'w> Walk<'w> {
    pub(super) fn new(view: &'w View<'w>) -> Walk<'w> {
        let reader = Reader::new(view.objects);
        Walk { view, found: Found::default(), doubtful: false, reader }
    }

    /// What was found, in order.
    pub(super) fn settled(mut self) -> Found {
        self.found.settle();
        self.found
    }

    /// What was found; all of the context besides where a link was in doubt, so that nothing read is left out.
    pub(super) fn finish(self) -> Result<Found> {
        let (view, doubtful) = (self.view, self.doubtful);
        let mut found = self.settled();
        if doubtful {
            let whole = view.whole()?;
            found.append(&whole, 0..whole.len());
            found.sort();
        }
        Ok(found)
    }

    /// Counts a file, a link or a submodule.
    pub(super) fn insert(&mut self, place: &Place) {
        self.found.push(&place.path, place.mode, place.id);
    }

    /// The entries of a folder.
    pub(super) fn read(&self, id: &Id) -> Result<Arc<Tree>> {
        self.reader.tree(id)
    }

    /// Takes a folder that is seen, with what the filter leaves of it.
    pub(super) fn folder(&mut self, place: &Place, filter: &Filter) -> Result<()> {
        let descent = Descent::new(&self.reader, self.view.ignore, filter, place);
        descent.take(place, &mut self.found)
    }

    /// Whether a build sees something below an ignored folder: files, links, or a folder brought back.
    pub(super) fn sees_below(&mut self, folder: &Place) -> Result<bool> {
        let mut pending = vec![(folder.clone(), self.view.ignore.trail(&folder.path))];
        while let Some((folder, trail)) = pending.pop() {
            if !self.view.ignore.may_return_below(folder.path.as_bstr()) {
                continue;
            }
            for entry in self.read(&folder.id)?.iter() {
                let place = folder.child(&entry);
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
