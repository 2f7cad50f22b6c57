//! The entries of one folder, in one piece of memory.
//!
//! A commit of a hundred thousand files is read as thousands of these, and nothing but the walk that reads them costs
//! as much: names and ids stand one behind the other in a single buffer, not in an allocation each. It must not know
//! where the entries come from.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use super::trace::Watch;
use super::{Entry, Id, Mode};

/// The entries of a folder, in the order in which the paths below it sort: a folder stands where its name with a slash
/// behind it would. That is git's own order, so that a walk in depth meets all paths sorted.
#[derive(Clone, Default)]
pub struct Tree {
    listed: Arc<Listed>,
    /// Told of every look at the entries, where a [`super::trace::Traced`] handed the tree out.
    watch: Option<Watch>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Listed {
    slots: Vec<Slot>,
    /// The name and the id of each slot.
    bytes: Vec<u8>,
}

/// Gathers entries for a [`Tree`].
#[derive(Default)]
pub(crate) struct Gather(Listed);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slot {
    start: u32,
    name_len: u32,
    id_len: u8,
    mode: Mode,
}

/// An [`Entry`] that borrows its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryRef<'t> {
    /// The name in its folder, without a slash.
    pub name: &'t BStr,
    /// File, link, folder or submodule.
    pub mode: Mode,
    /// Of the blob, the tree or (submodule) the foreign commit.
    pub id: Id,
}

impl EntryRef<'_> {
    /// The same with a name of its own.
    pub fn to_owned(&self) -> Entry {
        Entry { name: self.name.to_owned(), mode: self.mode, id: self.id }
    }
}

/// Why entries are no folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoTree {
    /// Two entries have this name.
    Twice(BString),
    /// The names have more than 4 GiB.
    TooLarge,
}

impl Gather {
    /// With room for what git writes into so many bytes: an entry is a mode, a name and an id.
    pub(crate) fn with_room(bytes: usize) -> Gather {
        const USUAL: usize = 36;
        Gather(Listed { slots: Vec::with_capacity(bytes / USUAL + 1), bytes: Vec::with_capacity(bytes) })
    }

    /// Adds one entry; [`Gather::sorted`] comes last.
    pub(crate) fn push(&mut self, name: &BStr, mode: Mode, id: &Id) -> Result<(), NoTree> {
        let Listed { slots, bytes } = &mut self.0;
        let small = |len: usize| u32::try_from(len).map_err(|_| NoTree::TooLarge);
        let slot = Slot { start: small(bytes.len())?, name_len: small(name.len())?, id_len: id.len, mode };
        slots.push(slot);
        bytes.extend_from_slice(name);
        bytes.extend_from_slice(id.as_bytes());
        Ok(())
    }

    /// In order, and no name twice.
    pub(crate) fn sorted(mut self) -> Result<Tree, NoTree> {
        let Listed { slots, bytes } = &mut self.0;
        let key = |slot: &Slot| (name(bytes, slot), slot.mode == Mode::Folder);
        if !slots.is_sorted_by(|a, b| order(key(a), key(b)) == Ordering::Less) {
            slots.sort_by(|a, b| order(key(a), key(b)));
            let twice = slots.windows(2).find(|pair| order(key(&pair[0]), key(&pair[1])) == Ordering::Equal);
            if let Some(pair) = twice {
                return Err(NoTree::Twice(name(bytes, &pair[0]).into()));
            }
        }
        // A file and a folder of one name need not be neighbours.
        let listed = &self.0;
        let folders = listed.slots.iter().filter(|slot| slot.mode == Mode::Folder);
        let mut names = folders.map(|slot| name(&listed.bytes, slot).as_bstr());
        match names.find(|name| listed.position(name, false).is_some()).map(BStr::to_owned) {
            Some(name) => Err(NoTree::Twice(name)),
            None => Ok(Tree { listed: Arc::new(self.0), watch: None }),
        }
    }
}

impl Listed {
    fn position(&self, wanted: &BStr, folder: bool) -> Option<usize> {
        let wanted = (wanted.as_bytes(), folder);
        let key = |slot: &Slot| (name(&self.bytes, slot), slot.mode == Mode::Folder);
        self.slots.binary_search_by(|slot| order(key(slot), wanted)).ok()
    }

    fn entry(&self, slot: &Slot) -> EntryRef<'_> {
        let end = slot.start as usize + slot.name_len as usize;
        let id = self.bytes.get(end..end + usize::from(slot.id_len)).unwrap_or_default();
        EntryRef { name: name(&self.bytes, slot).as_bstr(), mode: slot.mode, id: Id::known(id) }
    }

    fn find(&self, name: &BStr) -> Option<EntryRef<'_>> {
        let index = self.position(name, false).or_else(|| self.position(name, true))?;
        self.slots.get(index).map(|slot| self.entry(slot))
    }
}

impl Tree {
    /// Gathers entries that come in any order; in git's they need not be sorted.
    pub fn new<'e>(entries: impl IntoIterator<Item = EntryRef<'e>>) -> Result<Tree, NoTree> {
        let mut gather = Gather::default();
        for EntryRef { name, mode, id } in entries {
            gather.push(name, mode, &id)?;
        }
        gather.sorted()
    }

    /// The same entries, with somebody who is told of every look at them.
    pub(super) fn watched(&self, watch: Watch) -> Tree {
        Tree { listed: Arc::clone(&self.listed), watch: Some(watch) }
    }

    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = EntryRef<'_>> {
        self.seen_whole();
        self.listed.slots.iter().map(|slot| self.listed.entry(slot))
    }

    /// The entry at a place in the order.
    pub fn get(&self, index: usize) -> Option<EntryRef<'_>> {
        self.seen_whole();
        self.listed.slots.get(index).map(|slot| self.listed.entry(slot))
    }

    /// The entry of that name.
    pub fn find(&self, name: &BStr) -> Option<EntryRef<'_>> {
        let found = self.listed.find(name);
        if let Some(watch) = &self.watch {
            watch.looked_up(name, found.map(|entry| (entry.mode, entry.id)));
        }
        found
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.seen_whole();
        self.listed.slots.len()
    }

    /// Whether there are none, which git never writes but for the root.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn seen_whole(&self) {
        if let Some(watch) = &self.watch {
            watch.seen_whole();
        }
    }
}

impl PartialEq for Tree {
    fn eq(&self, other: &Tree) -> bool {
        self.seen_whole();
        other.seen_whole();
        self.listed == other.listed
    }
}

impl Eq for Tree {}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

fn name<'t>(bytes: &'t [u8], slot: &Slot) -> &'t [u8] {
    let start = slot.start as usize;
    bytes.get(start..start + slot.name_len as usize).unwrap_or_default()
}

/// By name, a folder as if there were a slash behind its name.
fn order((a, a_folder): (&[u8], bool), (b, b_folder): (&[u8], bool)) -> Ordering {
    let common = a.len().min(b.len());
    let next = |name: &[u8], folder: bool| name.get(common).copied().or(folder.then_some(b'/'));
    let start = a.get(..common).cmp(&b.get(..common));
    start.then_with(|| next(a, a_folder).cmp(&next(b, b_folder))).then_with(|| a.len().cmp(&b.len()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn tree(names: &[&str]) -> Result<Tree, NoTree> {
        let id = Id::new(&[7; 20]).unwrap();
        Tree::new(names.iter().map(|name| match name.strip_suffix('/') {
            Some(name) => EntryRef { name: name.into(), mode: Mode::Folder, id },
            None => EntryRef { name: (*name).into(), mode: Mode::File, id },
        }))
    }

    #[test]
    fn entries_stand_where_the_paths_below_them_sort() {
        for given in [["a/", "a-b", "a.b", "a0", "ab/"], ["ab/", "a0", "a.b", "a-b", "a/"]] {
            let tree = tree(&given).unwrap();
            let names: Vec<_> = tree.iter().map(|entry| entry.name.to_string()).collect();
            assert_eq!(names, ["a-b", "a.b", "a", "a0", "ab"]);
            for entry in tree.iter() {
                assert_eq!(tree.find(entry.name), Some(entry));
                assert_eq!(entry.id.as_bytes(), [7; 20]);
            }
            assert_eq!(tree.find("a/".into()), None);
            assert_eq!(tree.find("".into()), None);
        }
    }

    #[test]
    fn a_name_stands_once() {
        for twice in [&["a", "a"][..], &["a/", "a/"], &["a", "a-", "a/"], &["a/", "a.", "a"]] {
            assert_eq!(tree(twice), Err(NoTree::Twice("a".into())), "{twice:?}");
        }
    }
}
