//! Git tree entries as values: ids, modes, entries, and the one window through which pure code reads
//! them.
//!
//! The content hash reads folders of a commit on demand (a narrow `COPY` must not cost a walk of the whole
//! repository), so the pure modules take an [`Objects`], which answers by object id: the same id always
//! gives the same bytes. It must not know gix; `git` implements it, [`Memory`] does for tests.

mod listing;
pub mod trace;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::text::{hex, hex_pair};

pub(crate) use listing::Gather;
pub use listing::{EntryRef, NoTree, Tree};

/// A git object id: SHA-1 (20 bytes) or SHA-256 (32 bytes).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    len: u8,
    bytes: [u8; 32],
}

impl Id {
    /// From the raw bytes; `None` unless there are 20 or 32 of them.
    pub fn new(raw: &[u8]) -> Option<Id> {
        if raw.len() != 20 && raw.len() != 32 {
            return None;
        }
        Some(Id::known(raw))
    }

    /// From the bytes of another id.
    fn known(raw: &[u8]) -> Id {
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Id { len: raw.len() as u8, bytes }
    }

    /// The id of nothing, as long as this one.
    pub fn zeros(&self) -> Id {
        Id { len: self.len, bytes: [0; 32] }
    }

    /// The raw bytes, 20 or 32.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The hex digits, in a buffer of the caller: for whoever writes very many of them.
    pub fn hex<'b>(&self, buffer: &'b mut [u8; 64]) -> &'b [u8] {
        for (pair, byte) in buffer.chunks_exact_mut(2).zip(self.as_bytes()) {
            pair.copy_from_slice(&hex_pair(*byte));
        }
        &buffer[..2 * usize::from(self.len)]
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(self.as_bytes()))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The five modes that git writes into a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// 100644 (and the 100664 of old repositories, which git checks out alike)
    File,
    /// 100755
    Executable,
    /// 120000; the blob holds the target
    Symlink,
    /// 040000
    Folder,
    /// 160000; the id is a commit of another repository
    Submodule,
}

impl Mode {
    /// As git prints it, six octal digits.
    pub fn octal(self) -> &'static str {
        match self {
            Mode::File => "100644",
            Mode::Executable => "100755",
            Mode::Symlink => "120000",
            Mode::Folder => "040000",
            Mode::Submodule => "160000",
        }
    }

    /// A regular file, executable or not.
    pub fn is_file(self) -> bool {
        matches!(self, Mode::File | Mode::Executable)
    }
}

/// One name in one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name in its folder, without a slash.
    pub name: BString,
    /// File, link, folder or submodule.
    pub mode: Mode,
    /// Of the blob, the tree or (submodule) the foreign commit.
    pub id: Id,
}

/// Reads git objects by id. A read that fails is an error that names the id, never an empty answer.
pub trait Objects: Sync {
    /// The entries of a folder.
    fn tree(&self, id: &Id) -> Result<Arc<Tree>>;
    /// The bytes of a file, or of a link's target.
    fn blob(&self, id: &Id) -> Result<Arc<Vec<u8>>>;
    /// Why a path from the root is not among these files.
    fn absence(&self, _path: &BStr) -> Absence {
        Absence::Commit
    }
    /// What stands under a few names of a folder. For one that is looked at once and never again it may cost less than
    /// [`Objects::tree`].
    fn glance(&self, id: &Id, names: &[BString]) -> Result<Vec<Option<(Mode, Id)>>> {
        let tree = self.tree(id)?;
        Ok(names.iter().map(|name| tree.find(name.as_bstr()).map(|entry| (entry.mode, entry.id))).collect())
    }
}

/// Why a path is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// The commit does not have it.
    Commit,
    /// The working tree does not have it.
    WorkingTree,
    /// It is in the working tree, and git does not see it.
    Hidden,
}

/// The entry at `path` (slashes between names, no leading one), without following links.
/// `None` if there is none; the empty path is the root itself, a folder.
pub fn lookup(objects: &dyn Objects, root: &Id, path: &BStr) -> Result<Option<Entry>> {
    let mut found = Entry { name: BString::default(), mode: Mode::Folder, id: *root };
    for name in path.split_str("/").filter(|name| !name.is_empty()) {
        if found.mode != Mode::Folder {
            return Ok(None);
        }
        match objects.tree(&found.id)?.find(name.as_bstr()) {
            Some(entry) => found = entry.to_owned(),
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// How many links a path may go through, as `filepath-securejoin` (and so BuildKit) allows.
const MAX_LINKS: usize = 255;

/// The entry at `path` with every link on the way followed inside `root` as in a chroot (absolute targets and `..`
/// clamp to the root), and its real path. `None` if nothing is there or the links go round.
pub fn follow(objects: &dyn Objects, root: &Id, path: &BStr) -> Result<Option<(BString, Entry)>> {
    let mut pending: Vec<BString> = path.rsplit_str("/").map(BString::from).collect();
    let mut real: Vec<Entry> = Vec::new();
    let mut links = 0;
    while let Some(name) = pending.pop() {
        match name.as_slice() {
            b"" | b"." => continue,
            b".." => {
                real.pop();
                continue;
            }
            _ => {}
        }
        let folder = match real.last() {
            None => *root,
            Some(Entry { mode: Mode::Folder, id, .. }) => *id,
            Some(_) => return Ok(None),
        };
        let entries = objects.tree(&folder)?;
        let Some(entry) = entries.find(name.as_bstr()) else { return Ok(None) };
        if entry.mode != Mode::Symlink {
            real.push(entry.to_owned());
            continue;
        }
        links += 1;
        if links > MAX_LINKS {
            return Ok(None);
        }
        let target = objects.blob(&entry.id)?;
        if target.first() == Some(&b'/') {
            real.clear();
        }
        pending.extend(target.rsplit_str("/").map(BString::from));
    }
    let names: Vec<&BStr> = real.iter().map(|entry| entry.name.as_bstr()).collect();
    let path = BString::from(bstr::join("/", names));
    let root = Entry { name: BString::default(), mode: Mode::Folder, id: *root };
    Ok(Some((path, real.pop().unwrap_or(root))))
}

/// A tree held in memory, for tests and benchmarks of the pure modules.
#[derive(Debug, Default)]
pub struct Memory {
    trees: BTreeMap<Id, Arc<Tree>>,
    blobs: BTreeMap<Id, Arc<Vec<u8>>>,
}

impl Memory {
    /// Objects for the given files, and the id of the root. A path that ends in `*` is executable, in `@` a
    /// symlink, in `^` a submodule; the mark is not part of the name.
    pub fn new<P: AsRef<[u8]>, C: AsRef<[u8]>>(files: impl IntoIterator<Item = (P, C)>) -> (Memory, Id) {
        let mut memory = Memory::default();
        let mut root = Folder::default();
        for (path, content) in files {
            let (path, mode) = match path.as_ref() {
                [path @ .., b'*'] => (path, Mode::Executable),
                [path @ .., b'@'] => (path, Mode::Symlink),
                [path @ .., b'^'] => (path, Mode::Submodule),
                path => (path, Mode::File),
            };
            let id = memory.store(b"blob", content.as_ref());
            memory.blobs.insert(id, Arc::new(content.as_ref().to_vec()));
            root.insert(path, mode, id);
        }
        let id = memory.folder(&root);
        (memory, id)
    }

    fn store(&self, kind: &[u8], content: &[u8]) -> Id {
        let digest = Sha256::new().chain_update(kind).chain_update(content).finalize();
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&digest);
        Id { len: 32, bytes }
    }

    fn folder(&mut self, folder: &Folder) -> Id {
        let files = folder.files.iter().map(|(name, (mode, id))| (name.as_bstr(), *mode, *id));
        let mut entries: Vec<_> = files.collect();
        for (name, below) in &folder.folders {
            entries.push((name.as_bstr(), Mode::Folder, self.folder(below)));
        }
        entries.sort();
        let id = self.store(b"tree", format!("{entries:?}").as_bytes());
        let entries = entries.into_iter().map(|(name, mode, id)| EntryRef { name, mode, id });
        // Where a file and a folder have one name there is no such folder, and whoever reads it is told.
        if let Ok(tree) = Tree::new(entries) {
            self.trees.insert(id, Arc::new(tree));
        }
        id
    }
}

#[derive(Default)]
struct Folder {
    files: BTreeMap<BString, (Mode, Id)>,
    folders: BTreeMap<BString, Folder>,
}

impl Folder {
    fn insert(&mut self, path: &[u8], mode: Mode, id: Id) {
        match path.split_once_str("/") {
            Some((name, rest)) => self.folders.entry(name.into()).or_default().insert(rest, mode, id),
            None => {
                self.files.insert(path.into(), (mode, id));
            }
        }
    }
}

impl Objects for Memory {
    fn tree(&self, id: &Id) -> Result<Arc<Tree>> {
        self.trees.get(id).cloned().ok_or_else(|| Error::unavailable(format!("no tree {id}")))
    }

    fn blob(&self, id: &Id) -> Result<Arc<Vec<u8>>> {
        self.blobs.get(id).cloned().ok_or_else(|| Error::unavailable(format!("no blob {id}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_by_path() {
        let (objects, root) = Memory::new([("a/b*", "1"), ("a-c", "2"), ("l@", "a")]);
        let at = |path: &str| lookup(&objects, &root, path.into()).map(|found| found.map(|entry| entry.mode));
        assert_eq!(at("a/b").ok(), Some(Some(Mode::Executable)));
        assert_eq!(at("a").ok(), Some(Some(Mode::Folder)));
        assert_eq!(at("l/b").ok(), Some(None), "links are not followed here");
        assert_eq!(at("").ok(), Some(Some(Mode::Folder)));
    }

    #[test]
    fn links_are_followed_inside_the_root() {
        let (objects, root) = Memory::new([
            ("a/b", "1"),
            ("l@", "/a"),
            ("a/up@", "../../../a/b"),
            ("round@", "round"),
            ("gone@", "x"),
        ]);
        let real = |path: &str| {
            follow(&objects, &root, path.into())
                .map(|found| found.map(|(path, _)| path.to_string()))
                .ok()
                .flatten()
        };
        assert_eq!(real("l/b").as_deref(), Some("a/b"));
        assert_eq!(real("l/up").as_deref(), Some("a/b"));
        assert_eq!(real("../a/./b").as_deref(), Some("a/b"));
        assert_eq!(real("").as_deref(), Some(""));
        assert_eq!(real("round"), None);
        assert_eq!(real("gone"), None);
        assert_eq!(real("a/b/c"), None);
    }
}
