//! Files of the working tree by their path in the repository.

use std::collections::HashMap;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use gix::bstr::{BStr, BString, ByteSlice, ByteVec as _};

use super::open;
use crate::error::{Error, Place, Result};
use crate::tree::Absence;

/// Which folders are real ones: a file behind a link is not the commit's file.
#[derive(Default)]
pub(super) struct Folders(HashMap<BString, bool>);

impl Folders {
    /// Whether every folder on the way to `path` is a folder and no link.
    pub(super) fn reach(&mut self, root: &Path, path: &BStr) -> Result<bool> {
        for end in path.find_iter("/") {
            let folder = path.get(..end).unwrap_or_default().as_bstr();
            let real = match self.0.get(folder) {
                Some(real) => *real,
                None => {
                    let real = match on_disk(root, folder)?.symlink_metadata() {
                        Ok(metadata) => metadata.is_dir(),
                        Err(error) if is_absent(&error) => false,
                        Err(error) => return Err(unreadable(folder, error)),
                    };
                    self.0.insert(folder.to_owned(), real);
                    real
                }
            };
            if !real {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Why a path is not among a working tree's files. What is on disk all the same is what git ignores; what cannot be looked
/// at is not there.
pub(super) fn absence(root: &Path, path: &BStr) -> Absence {
    let there = on_disk(root, path).is_ok_and(|file| file.symlink_metadata().is_ok());
    if there { Absence::Hidden } else { Absence::WorkingTree }
}

/// The commit at a submodule's `HEAD` (inner `None`: no commit yet); `None` if it is not checked out.
pub(super) fn submodule_head(folder: &Path, path: &BStr) -> Result<Option<Option<gix::ObjectId>>> {
    match folder.join(".git").symlink_metadata() {
        Ok(_) => {}
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(unreadable(path, error)),
    }
    let failed = |error: gix::Error| {
        Error::unavailable("the submodule cannot be read").at(place(path)).caused_by(error)
    };
    let repo = open::submodule(folder).map_err(failed)?.to_thread_local();
    let head = repo.head().map_err(failed)?;
    Ok(Some(head.id().map(gix::Id::detach)))
}

/// The file's path on disk.
pub(super) fn on_disk(root: &Path, path: &BStr) -> Result<PathBuf> {
    let relative = path.to_path().map_err(|error| {
        Error::unavailable("the file's name is no path on this system").at(place(path)).caused_by(error)
    })?;
    Ok(root.join(relative))
}

/// A link's target as git stores it.
pub(super) fn link_bytes(target: &Path) -> Vec<u8> {
    Vec::from_path_lossy(target).into_owned()
}

pub(super) fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

pub(super) fn unreadable(path: &BStr, error: std::io::Error) -> Error {
    Error::unavailable("the file cannot be read").at(place(path)).caused_by(error)
}

pub(super) fn place(path: &BStr) -> Place {
    Place::file(path.to_str_lossy())
}

#[cfg(unix)]
pub(super) fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
pub(super) fn is_executable(_: &Metadata) -> bool {
    false
}
