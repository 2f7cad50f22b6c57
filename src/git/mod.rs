//! The edge to git: a commit by any name, its objects, its branch, and what is dirty.
//!
//! Over gix, with the `git` program (`program`) where gix cannot read: a reftable repository, a name that
//! only git understands, an object outside the stores that gix knows. Nothing that a repository's own
//! configuration names is ever executed, and nothing is ever fetched, but for what `elsewhere` is asked for. Every read that fails is an error with
//! the object's id: in a hash, a swallowed read is a wrong hash.
//!
//! As git does by default, `refs/replace` is honoured (and `GIT_NO_REPLACE_OBJECTS` switches it off). The old
//! `info/grafts` is not: it only changes who a commit's parents are, so it can only matter to names such as
//! `HEAD~2`. It knows nothing of images, Dockerfiles or configuration.

mod branch;
mod clean;
mod commit;
mod contents;
mod conversion;
mod describe;
mod dirty;
mod disk;
mod elsewhere;
mod forge;
mod history;
mod objects;
mod open;
mod present;
mod program;
mod refs;
mod tags;
mod trailers;
mod worktree;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::tree::Id;

pub use commit::is_full_id;
pub use contents::{WorktreeContents, in_doubt};
pub use describe::{Described, Describer};
pub use elsewhere::{Elsewhere, Held, without_password as shown};
pub use forge::{Forge, forge, forge_repository, owner};
pub use history::{Follow, Step, Walk};
pub use objects::Store;
pub use present::file_at;
pub use refs::Ref;
pub use worktree::WorktreeFiles;

use program::Program;

/// An opened repository.
pub struct Git {
    /// Opened once; each thread works on a copy of its own.
    shared: gix::ThreadSafeRepository,
    /// How to ask the `git` program about this repository.
    program: Arc<Program>,
    /// References are in a reftable, which gix cannot read: `program` answers for it.
    reftable: bool,
    /// Where files that were left out are fetched from; only for repositories that imgplan fetched itself.
    elsewhere: Option<Arc<Elsewhere>>,
}

/// A commit.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Full id.
    pub id: Id,
    /// Its tree.
    pub tree: Id,
    /// Committer time, seconds since the epoch, UTC; 0 (as in git) if the commit's own line is malformed.
    pub time: i64,
}

impl Commit {
    /// The first 7 hex digits, for people.
    pub fn short(&self) -> String {
        self.id.to_string().chars().take(7).collect()
    }
}

impl Git {
    /// The working tree's root; `None` in a bare repository.
    pub fn work_dir(&self) -> Option<&Path> {
        self.shared.work_tree.as_deref()
    }

    /// The common git directory (that of the main worktree).
    pub fn common_dir(&self) -> PathBuf {
        let repo = self.repo();
        // Of a linked worktree it is `…/.git/worktrees/x/../..`.
        let dir = repo.common_dir();
        dir.canonicalize().unwrap_or_else(|_| dir.to_owned())
    }

    /// Whether there is no working tree.
    pub fn is_bare(&self) -> bool {
        self.work_dir().is_none()
    }

    /// Whether history was cut off (`git clone --depth`).
    pub fn is_shallow(&self) -> Result<bool> {
        self.repo().is_shallow().map_err(|error| {
            Error::unavailable("cannot tell whether this is a shallow clone").caused_by(error)
        })
    }

    /// The objects of this repository, for the pure modules. Trees are read once for each `Store`.
    pub fn objects(&self) -> Store {
        Store::new(self.shared.clone(), Arc::clone(&self.program), self.elsewhere.clone())
    }

    /// The same, fetching from there what is not here.
    fn fetching(mut self, elsewhere: Elsewhere) -> Git {
        self.elsewhere = Some(Arc::new(elsewhere));
        self
    }

    /// Those of the objects that are not here.
    fn not_here(&self, ids: &[Id]) -> Result<Vec<Id>> {
        let repo = self.repo();
        let mut absent = Vec::new();
        for id in ids {
            if !repo.has_object(oid_from(id)?) {
                absent.push(*id);
            }
        }
        absent.sort();
        absent.dedup();
        Ok(absent)
    }

    fn repo(&self) -> gix::Repository {
        self.shared.to_thread_local()
    }
}

impl std::fmt::Debug for Git {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the configuration: it may hold credentials.
        f.debug_struct("Git").field("dir", &self.shared.refs.git_dir()).finish_non_exhaustive()
    }
}

/// The name of a remote for a command that a person may copy: configuration can hold any text there, an
/// address with a password among them.
fn remote_in_hint(name: Option<impl ToString>) -> String {
    let plain = |name: &String| {
        !name.starts_with('-') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b))
    };
    name.map(|name| name.to_string()).filter(plain).unwrap_or_else(|| "origin".to_owned())
}

/// gix's object id as ours.
fn id_from(oid: &gix::oid) -> Result<Id> {
    Id::new(oid.as_bytes())
        .ok_or_else(|| Error::unavailable(format!("object id {oid} is neither SHA-1 nor SHA-256")))
}

/// Our object id as gix's.
fn oid_from(id: &Id) -> Result<gix::ObjectId> {
    gix::ObjectId::try_from(id.as_bytes())
        .map_err(|error| Error::unavailable(format!("object id {id} cannot be used")).caused_by(error))
}
