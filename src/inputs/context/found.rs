//! What reads of a context found: paths in order, in one piece of memory.
//!
//! A hundred thousand files would otherwise be as many small allocations, which cost more than reading the folders.

use std::ops::Range;

use bstr::{BStr, ByteSlice};

use crate::tree::{Id, Mode};

/// The entries that a read takes, by path relative to the context's root. Files, links and submodules; folders only
/// through what is in them.
///
/// With one exception: a folder of which a build sees no more than that it is there (all in it is ignored by a
/// pattern such as `data/*`, or excluded) is created in the image. It stands here as a folder with an id of zeros.
#[derive(Debug, Clone, Default)]
pub struct Found {
    entries: Vec<Entry>,
    paths: Vec<u8>,
    /// So many entries at the beginning are in order and of different paths.
    settled: usize,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    start: usize,
    len: usize,
    mode: Mode,
    id: Id,
}

impl Entry {
    fn path<'f>(&self, paths: &'f [u8]) -> &'f [u8] {
        paths.get(self.start..self.start + self.len).unwrap_or_default()
    }
}

impl Found {
    /// Adds an entry. It comes in order with [`Found::settle`]; of one path the first entry stays.
    pub(in crate::inputs) fn push(&mut self, path: &[u8], mode: Mode, id: Id) {
        let entry = self.entry(path, mode, id);
        self.entries.push(entry);
    }

    /// Makes room for all of some others.
    pub(super) fn reserve<'f>(&mut self, others: impl Iterator<Item = &'f Found> + Clone) {
        self.entries.reserve(others.clone().map(|other| other.entries.len()).sum());
        self.paths.reserve(others.map(|other| other.paths.len()).sum());
    }

    /// Adds a part of another read, by the places of its entries.
    pub(super) fn append(&mut self, other: &Found, part: Range<usize>) {
        for entry in other.entries.get(part).unwrap_or_default() {
            self.push(entry.path(&other.paths), entry.mode, entry.id);
        }
    }

    /// Puts the entries in order, each path once, and drops folders in which something was found.
    pub(in crate::inputs) fn settle(&mut self) {
        self.sort();
        let Found { entries, paths, settled } = self;
        if entries.iter().any(|entry| entry.mode == Mode::Folder) {
            let mut kept = Vec::with_capacity(entries.len());
            for (index, entry) in entries.iter().enumerate() {
                let rest = entries.get(index + 1..).unwrap_or_default();
                if entry.mode != Mode::Folder || !holds(rest, paths, entry.path(paths)) {
                    kept.push(*entry);
                }
            }
            *entries = kept;
            *settled = entries.len();
        }
    }

    /// The same once there is much that was not put in order yet, so that what is found many times over takes no more
    /// room than what is there.
    pub(in crate::inputs) fn settle_much(&mut self) {
        const MUCH: usize = 1 << 16;
        if self.entries.len() > 2 * self.settled + MUCH {
            self.settle();
        }
    }

    /// Puts the entries in order, each path once.
    pub(in crate::inputs) fn sort(&mut self) {
        let Found { entries, paths, .. } = self;
        // A single walk comes in order, and most reads are one.
        if !entries.is_sorted_by(|a, b| a.path(paths) < b.path(paths)) {
            entries.sort_by(|a, b| a.path(paths).cmp(b.path(paths)));
            let before = entries.len();
            entries.dedup_by(|b, a| a.path(paths) == b.path(paths));
            if entries.len() < before {
                self.compact();
            }
        }
        self.settled = self.entries.len();
    }

    /// Drops the paths that no entry has.
    fn compact(&mut self) {
        let mut paths = Vec::with_capacity(self.entries.iter().map(|entry| entry.len).sum());
        for entry in &mut self.entries {
            let start = paths.len();
            paths.extend_from_slice(entry.path(&self.paths));
            entry.start = start;
        }
        self.paths = paths;
    }

    /// Whether a path, or something below it, was found.
    pub(super) fn has(&self, path: &[u8]) -> bool {
        let (settled, rest) = self.entries.split_at(self.settled.min(self.entries.len()));
        settled.binary_search_by(|entry| entry.path(&self.paths).cmp(path)).is_ok()
            || holds(settled, &self.paths, path)
            || rest.iter().any(|entry| is_or_is_below(entry.path(&self.paths), path))
    }

    /// Where a path is, or where it would be, once all is in order.
    pub(in crate::inputs) fn position(&self, path: &[u8]) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.path(&self.paths).cmp(path))
    }

    /// Adds an entry where [`Found::position`] says.
    pub(in crate::inputs) fn insert(&mut self, at: usize, path: &[u8], mode: Mode, id: Id) {
        let entry = self.entry(path, mode, id);
        self.entries.insert(at, entry);
    }

    fn entry(&mut self, path: &[u8], mode: Mode, id: Id) -> Entry {
        let start = self.paths.len();
        self.paths.extend_from_slice(path);
        Entry { start, len: path.len(), mode, id }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&BStr, Mode, Id)> {
        self.entries.iter().map(|entry| (entry.path(&self.paths).as_bstr(), entry.mode, entry.id))
    }
}

/// Whether something is below a folder, among sorted entries.
fn holds(entries: &[Entry], paths: &[u8], folder: &[u8]) -> bool {
    let at = entries.partition_point(|entry| entry.path(paths).iter().lt(folder.iter().chain(b"/")));
    entries.get(at).is_some_and(|entry| is_or_is_below(entry.path(paths), folder))
}

fn is_or_is_below(path: &[u8], folder: &[u8]) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}
