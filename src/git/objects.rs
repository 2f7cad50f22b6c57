//! Trees and blobs by id, for the pure modules, from many threads.
//!
//! A tree is decoded once and kept: many images of one commit, and many commits of a history, share most of
//! their folders. Blobs are not kept: few are read (Dockerfiles, ignore files, links). What the commit or the
//! path was is not known here, so errors name the id.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use gix::bstr::{BString, ByteSlice};
use gix::objs::Kind;

use super::{Elsewhere, Program, id_from, oid_from, remote_in_hint};
use crate::error::{Error, Result};
use crate::tree::{Gather, Id, Mode, NoTree, Objects, Tree};

/// The objects of a repository.
pub struct Store {
    shared: gix::ThreadSafeRepository,
    program: Arc<Program>,
    elsewhere: Option<Arc<Elsewhere>>,
    /// gix's handles are for one thread at a time; one that is done is used again, with its caches.
    idle: Mutex<Vec<gix::Repository>>,
    trees: RwLock<HashMap<Id, Arc<Tree>>>,
    trees_read: AtomicUsize,
}

impl Store {
    pub(super) fn new(
        shared: gix::ThreadSafeRepository,
        program: Arc<Program>,
        elsewhere: Option<Arc<Elsewhere>>,
    ) -> Self {
        Store {
            shared,
            program,
            elsewhere,
            idle: Mutex::default(),
            trees: RwLock::default(),
            trees_read: AtomicUsize::new(0),
        }
    }

    /// How many trees were decoded so far; one that was known already does not count again.
    pub fn trees_read(&self) -> usize {
        self.trees_read.load(Ordering::Relaxed)
    }

    fn with_repo<T>(&self, work: impl FnOnce(&gix::Repository) -> T) -> T {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let repo = idle.unwrap_or_else(|| self.shared.to_thread_local());
        let result = work(&repo);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(repo);
        result
    }

    /// Reads an object of the given kind. Its bytes are lent, so that gix uses one buffer for them all.
    fn read<T>(&self, id: &Id, expected: Kind, read: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        let oid = oid_from(id)?;
        self.with_repo(|repo| match repo.try_find_object(oid) {
            Ok(Some(object)) if object.kind == expected => read(&object.data),
            Ok(Some(object)) => Err(wrong_kind(id, &object.kind.to_string(), expected)),
            Ok(None) => read(&self.ask_git(repo, id, expected)?),
            Err(error) => Err(broken(id).caused_by(error)),
        })
    }

    /// gix does not know the object: it may lie where only git looks (the quarantine of a push,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`). Nothing is fetched, unless the repository is a cache of imgplan's own.
    fn ask_git(&self, repo: &gix::Repository, id: &Id, expected: Kind) -> Result<Vec<u8>> {
        if let Some(elsewhere) = &self.elsewhere {
            elsewhere.blobs(&[*id])?;
        }
        let answer = self.program.output_with_input(&["cat-file", "--batch"], format!("{id}\n").as_bytes());
        // Without the program, what gix said stands.
        let Ok(output) = answer else { return Err(missing(repo, id, expected)) };
        let Some((header, rest)) = output.stdout.split_once_str("\n") else {
            return Err(missing(repo, id, expected));
        };
        let fields: Vec<&[u8]> = header.split_str(" ").collect();
        let [_, kind, size] = fields.as_slice() else { return Err(missing(repo, id, expected)) };
        if *kind != expected.as_bytes() {
            return Err(wrong_kind(id, &kind.to_str_lossy(), expected));
        }
        // What is no number leads to `broken` below.
        let size = size.to_str().ok().and_then(|size| size.parse::<usize>().ok());
        match size.and_then(|size| rest.get(..size)) {
            Some(content) => Ok(content.to_vec()),
            None => Err(broken(id)),
        }
    }
}

impl Objects for Store {
    fn tree(&self, id: &Id) -> Result<Arc<Tree>> {
        if let Some(known) = self.trees.read().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Ok(Arc::clone(known));
        }
        let entries = Arc::new(self.read(id, Kind::Tree, |data| decode(id, data))?);
        let mut trees = self.trees.write().unwrap_or_else(PoisonError::into_inner);
        let kept = trees.entry(*id).or_insert_with(|| {
            self.trees_read.fetch_add(1, Ordering::Relaxed);
            entries
        });
        Ok(Arc::clone(kept))
    }

    fn blob(&self, id: &Id) -> Result<Arc<Vec<u8>>> {
        self.read(id, Kind::Blob, |data| Ok(Arc::new(data.to_vec())))
    }

    /// Without gathering the entries, and without keeping them: a history has a root folder for every commit.
    fn glance(&self, id: &Id, names: &[BString]) -> Result<Vec<Option<(Mode, Id)>>> {
        self.read(id, Kind::Tree, |data| {
            let mut found = vec![None; names.len()];
            for entry in gix::objs::TreeRefIter::from_bytes(data, oid_from(id)?.kind()) {
                let entry = entry.map_err(|error| broken(id).caused_by(error))?;
                for (name, place) in names.iter().zip(&mut found) {
                    if name == entry.filename {
                        let mode = mode(entry.mode.value()).ok_or_else(|| broken(id))?;
                        if place.replace((mode, id_from(entry.oid)?)).is_some() {
                            return Err(no_tree(id, &NoTree::Twice(name.clone())));
                        }
                    }
                }
            }
            Ok(found)
        })
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("trees_read", &self.trees_read).finish_non_exhaustive()
    }
}

fn decode(id: &Id, data: &[u8]) -> Result<Tree> {
    let mut tree = Gather::with_room(data.len());
    for entry in gix::objs::TreeRefIter::from_bytes(data, oid_from(id)?.kind()) {
        let entry = entry.map_err(|error| broken(id).caused_by(error))?;
        let mode = mode(entry.mode.value()).ok_or_else(|| {
            let name = entry.filename.to_str_lossy().escape_debug().to_string();
            Error::unavailable(format!(
                "tree {id} has an entry of unknown mode {:o}: {name}",
                entry.mode.value()
            ))
        })?;
        if entry.filename.is_empty() || entry.filename.contains(&b'/') {
            return Err(broken(id).hint("it has an entry whose name is empty or has a slash"));
        }
        tree.push(entry.filename, mode, &id_from(entry.oid)?).map_err(|fault| no_tree(id, &fault))?;
    }
    tree.sorted().map_err(|fault| no_tree(id, &fault))
}

fn no_tree(id: &Id, fault: &NoTree) -> Error {
    match fault {
        NoTree::Twice(name) => {
            let name = name.to_str_lossy().escape_debug().to_string();
            broken(id).hint(format!("it has two entries of the name {name}"))
        }
        NoTree::TooLarge => broken(id).hint("its names have more than 4 GiB"),
    }
}

/// The modes that git writes, and 100664 of its first years, which it checks out as 100644.
fn mode(value: u16) -> Option<Mode> {
    Some(match value {
        0o100644 | 0o100664 => Mode::File,
        0o100755 => Mode::Executable,
        0o120000 => Mode::Symlink,
        0o040000 => Mode::Folder,
        0o160000 => Mode::Submodule,
        _ => return None,
    })
}

fn wrong_kind(id: &Id, found: &str, expected: Kind) -> Error {
    Error::unavailable(format!("object {id} is a {found}, not a {expected}"))
}

/// An object that is there and cannot be read.
pub(super) fn broken(id: &Id) -> Error {
    Error::unavailable(format!("object {id} cannot be read"))
        .hint("`git fsck` says whether it is damaged; a fresh clone repairs that")
}

/// An object that is not there. In a partial clone that is to be expected, and the hint says what fetches it:
/// of the ways there are, `--refetch` is the one that works for left-out blobs and trees alike, in shallow
/// clones, too (fetching a blob by its id does not, there).
pub(super) fn missing(repo: &gix::Repository, id: &Id, expected: Kind) -> Error {
    let error = |rest: &str| Error::unavailable(format!("{expected} {id} is not in this clone{rest}"));
    let Some(remote) = promisor(repo) else {
        return error("").hint("`git fsck` says what else is missing; a fresh clone repairs it");
    };
    let shallow = matches!(repo.is_shallow(), Ok(true));
    // For a hint alone: without a HEAD it names the remote.
    let head = repo.head_id().ok().filter(|_| shallow).map(|head| format!(" --depth=1 {remote} {head}"));
    let rest = head.unwrap_or_else(|| format!(" {remote}"));
    error(", which is a partial one")
        .hint(format!("`git fetch --refetch --no-filter{rest}` fetches what was left out"))
        .hint(format!("`git cat-file -e {id}` fetches this object alone"))
}

/// The remote that promised the objects which a partial clone left out.
fn promisor(repo: &gix::Repository) -> Option<String> {
    let config = repo.config_snapshot();
    let promised = repo
        .remote_names()
        .into_iter()
        .find(|name| config.boolean(format!("remote.{name}.promisor").as_str()).unwrap_or(false));
    promised.or_else(|| config.string("extensions.partialClone")).map(|name| remote_in_hint(Some(name)))
}
