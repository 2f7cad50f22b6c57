//! The files that a build reads, each with its why: sorted, and without an allocation for each.
//!
//! It must not know how they are found, nor how they are hashed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bstr::BStr;

use crate::inputs::context::Found;
use crate::inputs::{Root, Why};
use crate::tree::{Id, Mode};

/// What was read below each root, read by read.
pub(super) type Reads = BTreeMap<Root, Vec<(Found, Arc<Why>)>>;

/// The files that a build reads, sorted by root and path.
#[derive(Debug, Clone, Default)]
pub struct Files {
    lists: BTreeMap<Root, List>,
    /// What [`List::attributes`] counts.
    attributes: Vec<String>,
    /// What [`List::whys`] counts.
    whys: Vec<Vec<Arc<Why>>>,
}

#[derive(Debug, Clone, Default)]
struct List {
    found: Found,
    whys: Vec<u32>,
    /// Empty where no file has any.
    attributes: Vec<u32>,
}

/// A tree entry that a build reads.
#[derive(Debug, Clone, Copy)]
pub struct File<'f> {
    /// What the path is relative to.
    pub root: &'f Root,
    /// Slashes between names, no leading one.
    pub path: &'f BStr,
    /// File, link or submodule.
    pub mode: Mode,
    /// Object id.
    pub id: Id,
    /// Effective git attributes that change the bytes on disk, in canonical form; empty where there are none.
    pub attributes: &'f str,
    /// What makes it an input.
    pub whys: &'f [Arc<Why>],
}

impl Files {
    /// The files of all reads. What several of them read has the whys of all, in their order.
    pub(super) fn merge(reads: Reads) -> Files {
        let mut files = Files::default();
        for (root, reads) in reads {
            let (reads, whys): (Vec<Found>, Vec<Arc<Why>>) = reads.into_iter().unzip();
            let list = match <[Found; 1]>::try_from(reads) {
                Ok([found]) => List { whys: vec![files.number(whys); found.len()], found, ..List::default() },
                Err(reads) => files.merge_below(&reads, &whys),
            };
            if !list.found.is_empty() {
                files.lists.insert(root, list);
            }
        }
        files
    }

    fn merge_below(&mut self, reads: &[Found], whys: &[Arc<Why>]) -> List {
        let mut all: Vec<_> = reads
            .iter()
            .enumerate()
            .flat_map(|(read, found)| found.iter().map(move |entry| (entry, read)))
            .collect();
        // The reads are in order themselves, and the sort takes runs as they are.
        all.sort_by_key(|((path, ..), _)| *path);
        let mut list = List::default();
        let mut known: HashMap<Vec<usize>, u32> = HashMap::new();
        for same in all.chunk_by(|((a, ..), _), ((b, ..), _)| a == b) {
            let Some(((path, mode, id), _)) = same.first() else { continue };
            let readers: Vec<usize> = same.iter().map(|(_, read)| *read).collect();
            let number = known.get(&readers).copied().unwrap_or_else(|| {
                let whys = readers.iter().filter_map(|read| whys.get(*read)).cloned().collect();
                let number = self.number(whys);
                known.insert(readers, number);
                number
            });
            list.found.push(path, *mode, *id);
            list.whys.push(number);
        }
        list
    }

    fn number(&mut self, whys: Vec<Arc<Why>>) -> u32 {
        push(&mut self.whys, whys)
    }

    /// Adds one file, unless its path is there.
    pub(super) fn add(&mut self, root: Root, path: &BStr, (mode, id): (Mode, Id), whys: Vec<Arc<Why>>) {
        let number = self.number(whys);
        let list = self.lists.entry(root).or_default();
        let Err(at) = list.found.position(path) else { return };
        list.found.insert(at, path, mode, id);
        list.whys.insert(at, number);
    }

    /// Sets the attributes of every file that has some.
    pub(super) fn set_attributes(&mut self, mut of: impl FnMut(&File<'_>) -> String) {
        let mut known = HashMap::from([(String::new(), 0)]);
        let mut texts = vec![String::new()];
        let numbers: Vec<u32> = self
            .iter()
            .map(|file| {
                let text = of(&file);
                known.get(&text).copied().unwrap_or_else(|| {
                    let number = push(&mut texts, text.clone());
                    known.insert(text, number);
                    number
                })
            })
            .collect();
        let mut numbers = numbers.into_iter();
        for list in self.lists.values_mut() {
            list.attributes = numbers.by_ref().take(list.found.len()).collect();
        }
        self.attributes = texts;
    }

    /// The files, by root and path.
    pub fn iter(&self) -> impl Iterator<Item = File<'_>> {
        self.lists.iter().flat_map(move |(root, list)| {
            list.found.iter().zip(&list.whys).enumerate().map(move |(index, ((path, mode, id), whys))| File {
                root,
                path,
                mode,
                id,
                attributes: list.attributes.get(index).map_or("", |number| at(&self.attributes, *number)),
                whys: at(&self.whys, *whys),
            })
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lists.values().map(|list| list.found.len()).sum()
    }

    /// Whether the build reads none.
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }
}

/// The index of what was added. There are as many reads and attributes as someone wrote lines, far fewer than 2³².
fn push<T>(table: &mut Vec<T>, value: T) -> u32 {
    table.push(value);
    (table.len() - 1) as u32
}

fn at<T: std::ops::Deref<Target = S>, S: ?Sized>(table: &[T], number: u32) -> &S {
    &table[number as usize]
}
