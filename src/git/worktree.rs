//! The working tree as `git add -A` would see it, for `check`, which looks at what is not committed yet.
//!
//! The `git` program lists it (ignore rules are git's own); contents are read when asked for. The ids name
//! places, not contents: they must never enter a content hash.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix::bstr::{BStr, BString, ByteSlice};
use sha2::{Digest as _, Sha256};

use super::disk::{self, Folders, on_disk, place, submodule_head};
use super::{Git, Store, id_from, program};
use crate::error::{Error, Place, Result};
use crate::tree::{Absence, EntryRef, Id, Mode, Objects, Tree};

/// The files of a working tree.
pub struct WorktreeFiles {
    root: Id,
    trees: HashMap<Id, Arc<Tree>>,
    files: HashMap<Id, (Mode, PathBuf)>,
    /// Where it is.
    dir: PathBuf,
    /// For files that a sparse checkout left out: those stay as the index has them.
    store: Store,
}

impl WorktreeFiles {
    /// The root folder.
    pub fn root(&self) -> Id {
        self.root
    }
}

impl std::fmt::Debug for WorktreeFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorktreeFiles").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

impl Git {
    /// The working tree as `git add -A` would see it: tracked files that are there, and untracked ones that are
    /// not ignored. An error in a bare repository.
    pub fn worktree_files(&self) -> Result<WorktreeFiles> {
        let found = self.worktree_listing()?;
        let mut files = HashMap::new();
        let mut entries = BTreeMap::new();
        for (path, (mode, content)) in found {
            let id = match content {
                Content::Object(id) => id,
                Content::Disk(file) => {
                    let id = place_id("file", path.as_bstr())?;
                    files.insert(id, (mode, file));
                    id
                }
            };
            entries.insert(path, (mode, id));
        }
        let (root, trees) = folders(entries, &|path| place_id("folder", path))?;
        let dir = self.work_dir().map(Path::to_path_buf).unwrap_or_default();
        Ok(WorktreeFiles { root, trees, files, dir, store: self.objects() })
    }

    /// What `git add -A` would see, by path.
    pub(super) fn worktree_listing(&self) -> Result<BTreeMap<BString, (Mode, Content)>> {
        let Some(root) = self.work_dir() else {
            return Err(Error::invalid("a bare repository has no working tree"));
        };
        let repo = self.repo();
        let flag = |name: &str| repo.config_snapshot().boolean(name).unwrap_or(true);
        let mut listing = Listing {
            root,
            file_mode: cfg!(unix) && flag("core.fileMode"),
            symlinks: flag("core.symlinks"),
            folders: Folders::default(),
            found: BTreeMap::new(),
        };
        for record in self.list(&["ls-files", "-z", "--full-name", "--cached", "--stage", "-t"])? {
            listing.tracked(record.as_bstr())?;
        }
        for record in self.list(&["ls-files", "-z", "--full-name", "--others", "--exclude-standard"])? {
            listing.untracked(record.as_bstr())?;
        }
        Ok(listing.found)
    }

    fn list(&self, args: &[&str]) -> Result<Vec<BString>> {
        let output = self.program.output(args)?;
        if !output.status.success() {
            let message = "git cannot list the working tree".to_owned();
            return Err(self.refused(program::refused(message, &output)));
        }
        let records = output.stdout.split_str("\0").filter(|record| !record.is_empty());
        Ok(records.map(BString::from).collect())
    }
}

/// Where an entry's content is.
pub(super) enum Content {
    Disk(PathBuf),
    Object(Id),
}

struct Listing<'a> {
    root: &'a Path,
    /// `core.fileMode`: whether the executable bit on disk means anything.
    file_mode: bool,
    /// `core.symlinks`: whether links are links on disk.
    symlinks: bool,
    folders: Folders,
    found: BTreeMap<BString, (Mode, Content)>,
}

impl Listing<'_> {
    /// `H 100644 <id> 0<TAB>path`; `S` stands for a file that a sparse checkout left out.
    fn tracked(&mut self, record: &BStr) -> Result<()> {
        let unexpected =
            || Error::unavailable(format!("`git ls-files` wrote what is not understood: {record}"));
        let (head, path) = record.split_once_str("\t").ok_or_else(unexpected)?;
        let fields: Vec<&[u8]> = head.split_str(" ").collect();
        let [tag, mode, id, _stage] = fields.as_slice() else { return Err(unexpected()) };
        let mode = match *mode {
            b"100755" => Mode::Executable,
            b"120000" => Mode::Symlink,
            b"160000" => Mode::Submodule,
            _ => Mode::File,
        };
        let id = gix::ObjectId::from_hex(id).map_err(|error| unexpected().caused_by(error))?;
        let (path, id) = (path.as_bstr(), id_from(&id)?);
        if tag.eq_ignore_ascii_case(b"S") {
            self.found.insert(path.to_owned(), (mode, Content::Object(id)));
            return Ok(());
        }
        if mode == Mode::Submodule {
            return self.submodule(path, Some(id));
        }
        self.file(path, Some(mode))
    }

    /// A path; one that ends in a slash is a repository of its own.
    fn untracked(&mut self, path: &BStr) -> Result<()> {
        match path.strip_suffix(b"/") {
            Some(folder) => self.submodule(folder.as_bstr(), None),
            None => self.file(path, None),
        }
    }

    fn submodule(&mut self, path: &BStr, known: Option<Id>) -> Result<()> {
        let head = submodule_head(&on_disk(self.root, path)?, path)?;
        let head = head.flatten().map(|id| id_from(&id)).transpose()?;
        let id = head.or(known).ok_or_else(|| {
            Error::invalid("a repository of its own stands here, without a commit")
                .at(place(path))
                .hint("commit in it, or ignore it")
        })?;
        self.found.insert(path.to_owned(), (Mode::Submodule, Content::Object(id)));
        Ok(())
    }

    fn file(&mut self, path: &BStr, known: Option<Mode>) -> Result<()> {
        if !self.folders.reach(self.root, path)? {
            return Ok(());
        }
        let file = on_disk(self.root, path)?;
        let metadata = match file.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if disk::is_absent(&error) => return Ok(()),
            Err(error) => return Err(disk::unreadable(path, error)),
        };
        let mode = match known {
            _ if metadata.is_symlink() => Mode::Symlink,
            // A folder took its place (its files are listed themselves), or a socket that git does not see.
            _ if !metadata.is_file() => return Ok(()),
            Some(Mode::Symlink) if !self.symlinks => Mode::Symlink,
            Some(known) if !self.file_mode && known.is_file() => known,
            _ if self.file_mode && disk::is_executable(&metadata) => Mode::Executable,
            _ => Mode::File,
        };
        self.found.insert(path.to_owned(), (mode, Content::Disk(file)));
        Ok(())
    }
}

/// The folders above all entries, by ids that name their places, and the root's.
pub(super) fn folders(
    found: BTreeMap<BString, (Mode, Id)>,
    place_id: &dyn Fn(&BStr) -> Result<Id>,
) -> Result<(Id, HashMap<Id, Arc<Tree>>)> {
    let mut folders: BTreeMap<BString, BTreeMap<BString, (Mode, Id)>> = BTreeMap::new();
    folders.insert(BString::default(), BTreeMap::new());
    for (path, mut entry) in found {
        let (mut below, mut name) = split(path.as_bstr());
        // Up to the root, until a folder is known already.
        loop {
            let parent = below;
            let known = folders.contains_key(&parent);
            folders.entry(parent.clone()).or_default().insert(name, entry);
            if known {
                break;
            }
            entry = (Mode::Folder, place_id(parent.as_bstr())?);
            (below, name) = split(parent.as_bstr());
        }
    }
    let mut trees = HashMap::new();
    for (folder, entries) in folders {
        let entries = entries.iter();
        let entries =
            entries.map(|(name, (mode, id))| EntryRef { name: name.as_bstr(), mode: *mode, id: *id });
        let tree = Tree::new(entries).map_err(|_| {
            Error::unavailable("the folder holds too much to be listed").at(place(folder.as_bstr()))
        })?;
        trees.insert(place_id(folder.as_bstr())?, Arc::new(tree));
    }
    Ok((place_id(BStr::new(""))?, trees))
}

/// The folder of a path, and the name in it.
fn split(path: &BStr) -> (BString, BString) {
    let (folder, name) = path.rsplit_once_str("/").unwrap_or((b"", path));
    (folder.into(), name.into())
}

/// An id for a place in the working tree.
fn place_id(kind: &str, path: &BStr) -> Result<Id> {
    let digest = Sha256::new().chain_update(kind).chain_update([0]).chain_update(path).finalize();
    Id::new(&digest).ok_or_else(|| Error::unavailable("a digest has the wrong length"))
}

impl Objects for WorktreeFiles {
    fn absence(&self, path: &BStr) -> Absence {
        disk::absence(&self.dir, path)
    }

    fn tree(&self, id: &Id) -> Result<Arc<Tree>> {
        match self.trees.get(id) {
            Some(entries) => Ok(Arc::clone(entries)),
            None => self.store.tree(id),
        }
    }

    fn blob(&self, id: &Id) -> Result<Arc<Vec<u8>>> {
        let Some((mode, file)) = self.files.get(id) else { return self.store.blob(id) };
        let read = match mode {
            // Where links are none on disk, the file holds the target.
            Mode::Symlink if file.is_symlink() => file.read_link().map(|target| disk::link_bytes(&target)),
            _ => std::fs::read(file),
        };
        read.map(Arc::new).map_err(|error| {
            Error::unavailable("the file cannot be read")
                .at(Place::file(file.to_string_lossy()))
                .caused_by(error)
        })
    }
}
