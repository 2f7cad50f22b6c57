//! What a computation looked at in a tree, and whether another tree would have shown it the same.
//!
//! [`Traced`] hands out objects and writes down every look: which names were asked for in which folder (also those
//! that are not there), or that a folder was seen as a whole. [`Trace::holds`] asks the same of another root. Where every
//! answer is the same, a computation that reads through [`Objects`] alone, and whose result does not name the ids of
//! folders, has the same result: so a commit that changed nothing of what was read costs a few lookups. This is how build
//! systems remember work (verifying traces); nobody has to foresee what is read. It must not know what is computed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BStr, BString, ByteSlice};

use super::{Absence, Id, Mode, Objects, Tree};
use crate::error::Result;

/// What was seen of one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    /// These names, with what was there.
    Names(BTreeMap<BString, Option<(Mode, Id)>>),
    /// All of it.
    Whole,
}

type Log = Arc<Mutex<HashMap<Id, Seen>>>;

/// Tells the log of looks at one folder.
#[derive(Clone)]
pub struct Watch {
    folder: Id,
    log: Log,
}

impl Watch {
    pub(super) fn looked_up(&self, name: &BStr, found: Option<(Mode, Id)>) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if let Seen::Names(names) = log.entry(self.folder).or_insert_with(|| Seen::Names(BTreeMap::new())) {
            names.insert(name.to_owned(), found);
        }
    }

    pub(super) fn seen_whole(&self) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).insert(self.folder, Seen::Whole);
    }
}

/// Objects that write down what is looked at.
pub struct Traced<'a> {
    objects: &'a dyn Objects,
    log: Log,
}

impl<'a> Traced<'a> {
    /// Nothing was looked at yet.
    pub fn new(objects: &'a dyn Objects) -> Traced<'a> {
        Traced { objects, log: Log::default() }
    }

    /// What was looked at, from this root on.
    pub fn finish(self, root: &Id) -> Trace {
        let seen = std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner));
        // What lies below a folder that was seen as a whole is never asked for again.
        let mut folders = HashMap::new();
        let mut left = vec![*root];
        while let Some(id) = left.pop() {
            let Some(looks) = seen.get(&id) else { continue };
            if let Seen::Names(names) = looks {
                let below = names.values().flatten().filter(|(mode, _)| *mode == Mode::Folder);
                left.extend(below.map(|(_, id)| *id).filter(|id| !folders.contains_key(id)));
            }
            folders.insert(id, looks.clone());
        }
        // Whoever looked at nothing minds nothing.
        folders.entry(*root).or_insert_with(|| Seen::Names(BTreeMap::new()));
        Trace { root: *root, folders }
    }
}

impl Objects for Traced<'_> {
    fn tree(&self, id: &Id) -> Result<Arc<Tree>> {
        let watch = Watch { folder: *id, log: Arc::clone(&self.log) };
        Ok(Arc::new(self.objects.tree(id)?.watched(watch)))
    }

    fn blob(&self, id: &Id) -> Result<Arc<Vec<u8>>> {
        self.objects.blob(id)
    }

    fn absence(&self, path: &BStr) -> Absence {
        self.objects.absence(path)
    }
}

/// What a computation looked at, from one root on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    root: Id,
    folders: HashMap<Id, Seen>,
}

impl Trace {
    /// Whether every look would have had the same answer with another root. Reads the folders that differ.
    pub fn holds(&self, objects: &dyn Objects, root: &Id) -> Result<bool> {
        self.same(objects, &self.root, root)
    }

    /// The names that were looked up at the root; none where it was seen as a whole.
    pub fn at_root(&self) -> Option<impl Iterator<Item = &BString>> {
        match self.folders.get(&self.root) {
            Some(Seen::Names(names)) => Some(names.keys()),
            Some(Seen::Whole) | None => None,
        }
    }

    fn same(&self, objects: &dyn Objects, was: &Id, is: &Id) -> Result<bool> {
        if was == is {
            return Ok(true);
        }
        let names = match self.folders.get(was) {
            Some(Seen::Names(names)) => names,
            // Seen as a whole, or only its id was: whether that matters is not known.
            Some(Seen::Whole) | None => return Ok(false),
        };
        let tree = objects.tree(is)?;
        for (name, before) in names {
            let after = tree.find(name.as_bstr()).map(|entry| (entry.mode, entry.id));
            match (before, after) {
                (None, None) => {}
                (Some((before, was)), Some((after, is))) if *before == after => {
                    let same = *was == is || (after == Mode::Folder && self.same(objects, was, &is)?);
                    if !same {
                        return Ok(false);
                    }
                }
                _ => return Ok(false),
            }
        }
        Ok(true)
    }
}

/// Results by what they were made of, those used last first.
#[derive(Debug)]
pub struct Memo<T> {
    known: Vec<(Trace, T)>,
    most: usize,
}

impl<T: Clone> Memo<T> {
    /// Forgets the results beyond the last `most`.
    pub fn new(most: usize) -> Memo<T> {
        Memo { known: Vec::new(), most }
    }

    /// What a computation with this root gives, if one like it was made.
    pub fn get(&mut self, objects: &dyn Objects, root: &Id) -> Result<Option<T>> {
        for index in 0..self.known.len() {
            if self.known[index].0.holds(objects, root)? {
                self.known[..=index].rotate_right(1);
                return Ok(self.known.first().map(|(_, result)| result.clone()));
            }
        }
        Ok(None)
    }

    /// The trace of the result that was found or put last.
    pub fn last(&self) -> Option<&Trace> {
        self.known.first().map(|(trace, _)| trace)
    }

    /// Remembers a result.
    pub fn put(&mut self, trace: Trace, result: T) {
        self.known.insert(0, (trace, result));
        self.known.truncate(self.most);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::tree::{Memory, follow, lookup};

    const FILES: [(&str, &str); 5] =
        [("a/b/c", "1"), ("a/x", "1"), ("l@", "a/b"), ("README", "1"), ("z/y", "1")];

    /// Whether the trace of `read` over the files holds for the same ones with a change.
    fn holds(read: impl Fn(&dyn Objects, &Id), path: &str, content: Option<&str>) -> bool {
        let (objects, root) = Memory::new(FILES);
        let traced = Traced::new(&objects);
        read(&traced, &root);
        let trace = traced.finish(&root);
        let mut files: Vec<(&str, &str)> = FILES.iter().copied().filter(|(name, _)| *name != path).collect();
        files.extend(content.map(|content| (path, content)));
        let (objects, root) = Memory::new(files);
        trace.holds(&objects, &root).unwrap()
    }

    #[test]
    fn what_was_not_looked_at_may_change() {
        let file = |objects: &dyn Objects, root: &Id| {
            lookup(objects, root, "a/b/c".into()).unwrap();
        };
        for (path, content, same) in [
            ("README", Some("2"), true),
            ("a/x", Some("2"), true),
            ("a/b/d", Some("2"), true),
            ("z/y", None, true),
            ("a/b/c", Some("2"), false),
            ("a/b/c", None, false),
        ] {
            assert_eq!(holds(file, path, content), same, "{path} {content:?}");
        }
    }

    #[test]
    fn what_is_not_there_was_looked_at_too() {
        let absent = |objects: &dyn Objects, root: &Id| {
            assert!(lookup(objects, root, "a/new/x".into()).unwrap().is_none());
        };
        assert!(holds(absent, "a/newer", Some("1")));
        assert!(!holds(absent, "a/new", Some("1")));
        assert!(!holds(absent, "a/new/y", Some("1")), "the folder is one now");
    }

    #[test]
    fn a_folder_seen_as_a_whole_may_not_change_anywhere_below() {
        let whole = |objects: &dyn Objects, root: &Id| {
            let a = lookup(objects, root, "a".into()).unwrap().unwrap();
            assert_eq!(objects.tree(&a.id).unwrap().iter().count(), 2);
        };
        assert!(holds(whole, "z/y", Some("2")));
        assert!(!holds(whole, "a/b/c", Some("2")));
        assert!(!holds(whole, "a/n", Some("2")));
    }

    #[test]
    fn who_looked_at_nothing_minds_nothing() {
        assert!(holds(|_, _| {}, "a/x", Some("2")));
    }

    #[test]
    fn links_are_read_again() {
        let linked = |objects: &dyn Objects, root: &Id| {
            follow(objects, root, "l/c".into()).unwrap();
        };
        assert!(holds(linked, "README", None));
        assert!(!holds(linked, "l@", Some("a")));
        assert!(!holds(linked, "a/b/c", Some("2")));
    }

    #[test]
    fn a_memo_finds_what_was_before_the_last() {
        let mut memo = Memo::new(2);
        let roots: Vec<(Memory, Id)> =
            ["1", "2", "3"].map(|content| Memory::new([("a", content), ("b", "1")])).into();
        for (index, (objects, root)) in roots.iter().enumerate() {
            let traced = Traced::new(objects);
            lookup(&traced, root, "a".into()).unwrap();
            memo.put(traced.finish(root), index);
        }
        let mut get = |index: usize| {
            let (objects, root): &(Memory, Id) = &roots[index];
            memo.get(objects, root).unwrap()
        };
        assert_eq!([get(0), get(1), get(2), get(1)], [None, Some(1), Some(2), Some(1)]);
    }
}
