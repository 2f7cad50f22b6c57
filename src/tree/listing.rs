//! The entries of one folder, in one piece of memory.
//!
//! A commit of a hundred thousand files is read as thousands of these, and nothing but the walk that reads them costs
//! as much: names and ids stand one behind the other in a single buffer, not in an allocation each. It must not know
//! where the entries come from.

use std::cmp::Ordering;

use bstr::{BStr, BString, ByteSlice};

use super::{Entry, Id, Mode};

/// The entries of a folder, in the order in which the paths below it sort: a folder stands where its name with a slash
/// behind it would. That is git's own order, so that a walk in depth meets all paths sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    slots: Vec<Slot>,
    /// The name and the id of each slot.
    bytes: Vec<u8>,
}

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

impl Tree {
    /// Gathers entries that come in any order; in git's they need not be sorted.
    pub fn new<'e>(entries: impl IntoIterator<Item = EntryRef<'e>>) -> Result<Tree, NoTree> {
        let mut tree = Tree::default();
        for EntryRef { name, mode, id } in entries {
            tree.push(name, mode, &id)?;
        }
        tree.sorted()
    }

    /// With room for what git writes into so many bytes: an entry is a mode, a name and an id.
    pub(crate) fn with_room(bytes: usize) -> Tree {
        const USUAL: usize = 36;
        Tree { slots: Vec::with_capacity(bytes / USUAL + 1), bytes: Vec::with_capacity(bytes) }
    }

    /// Adds one entry; [`Tree::sorted`] comes last.
    pub(crate) fn push(&mut self, name: &BStr, mode: Mode, id: &Id) -> Result<(), NoTree> {
        let small = |len: usize| u32::try_from(len).map_err(|_| NoTree::TooLarge);
        let slot =
            Slot { start: small(self.bytes.len())?, name_len: small(name.len())?, id_len: id.len, mode };
        self.slots.push(slot);
        self.bytes.extend_from_slice(name);
        self.bytes.extend_from_slice(id.as_bytes());
        Ok(())
    }

    /// In order, and no name twice.
    pub(crate) fn sorted(mut self) -> Result<Tree, NoTree> {
        let Tree { slots, bytes } = &mut self;
        let key = |slot: &Slot| (name(bytes, slot), slot.mode == Mode::Folder);
        if !slots.is_sorted_by(|a, b| order(key(a), key(b)) == Ordering::Less) {
            slots.sort_by(|a, b| order(key(a), key(b)));
            let twice = slots.windows(2).find(|pair| order(key(&pair[0]), key(&pair[1])) == Ordering::Equal);
            if let Some(pair) = twice {
                return Err(NoTree::Twice(name(bytes, &pair[0]).into()));
            }
        }
        // A file and a folder of one name need not be neighbours.
        let both =
            |entry: &EntryRef<'_>| entry.mode == Mode::Folder && self.position(entry.name, false).is_some();
        let twice = self.iter().find(both).map(|entry| entry.name.to_owned());
        match twice {
            Some(name) => Err(NoTree::Twice(name)),
            None => Ok(self),
        }
    }

    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = EntryRef<'_>> {
        self.slots.iter().map(|slot| self.entry(slot))
    }

    /// The entry at a place in the order.
    pub fn get(&self, index: usize) -> Option<EntryRef<'_>> {
        self.slots.get(index).map(|slot| self.entry(slot))
    }

    /// The entry of that name.
    pub fn find(&self, name: &BStr) -> Option<EntryRef<'_>> {
        let index = self.position(name, false).or_else(|| self.position(name, true))?;
        self.get(index)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none, which git never writes but for the root.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

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
