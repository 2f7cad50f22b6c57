//! A clean checkout of a commit: what `git clone` would put on disk, without `.git`.
//!
//! The files are git's own work (`read-tree`, `checkout-index`), so attributes apply: `eol`, `ident`,
//! `working-tree-encoding`, filters. It runs over an empty git directory of its own that borrows the clone's
//! objects, so
//! - nothing that the clone's configuration names is run (hooks, fsmonitor, filters), and neither its
//!   `info/attributes` nor its sparse patterns change a byte. A filter runs only where the user's or the system's
//!   git configuration defines it, which is where `git lfs install` writes it;
//! - line endings are those of the commit on every system (`core.eol`, `core.autocrlf` are fixed), since the
//!   content hash is, too;
//! - nothing is fetched: an object that a partial clone lacks is an error that says how to get it.
//!
//! Modes are 0644 and 0755 whatever the umask, and every time is the commit's, since buildah writes both into
//! layers. A link's own time stays.

mod files;
mod git;
mod submodules;

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::{Error, Place, Result};

pub(super) use files::join_inside;

/// What a checkout is made from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The common git directory.
    pub common_dir: &'a Path,
    /// The working tree's root, where there is one: generated paths and submodules may be there.
    pub work_dir: Option<&'a Path>,
    /// The commit's full id.
    pub commit: &'a str,
    /// The commit's time, seconds since the epoch.
    pub time: i64,
}

/// A commit's files in a temporary folder, which goes away with this value.
#[derive(Debug)]
pub struct Checkout {
    root: PathBuf,
    missing: Vec<Missing>,
    _folder: TempDir,
}

/// A submodule whose commit is in no local repository. It is an error only for a build that could read it.
#[derive(Debug)]
struct Missing {
    path: String,
    commit: String,
}

impl Checkout {
    /// Checks a commit out, and copies the generated paths from the working tree into it.
    pub async fn create(source: Source<'_>, generated: &[String]) -> Result<Checkout> {
        let folder = tempfile::Builder::new()
            .prefix("imgplan-")
            .tempdir()
            .map_err(|error| Error::unavailable("cannot make a temporary folder").caused_by(error))?;
        let root = folder.path().join("tree");
        std::fs::create_dir(&root).map_err(|error| files::failed("cannot make", &root, error))?;
        let missing = submodules::check_out_all(source, folder.path(), &root).await?;
        for path in generated {
            let Some(work_dir) = source.work_dir else {
                return Err(Error::invalid("a generated path, and no working tree to take it from")
                    .at(Place::file(path.as_str())));
            };
            files::copy_generated(work_dir, &root, path)?;
        }
        files::settle(&root, source.time)?;
        Ok(Checkout { root, missing, _folder: folder })
    }

    /// The folder that stands for the repository's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Fails if a submodule at, under or above this folder of the repository could not be checked out.
    pub(super) fn require(&self, folder: &str) -> Result<()> {
        let wanted = Path::new(folder);
        let overlaps = |missing: &&Missing| {
            let path = Path::new(&missing.path);
            path.starts_with(wanted) || wanted.starts_with(path)
        };
        match self.missing.iter().find(overlaps) {
            None => Ok(()),
            Some(missing) => Err(Error::unavailable(format!(
                "the submodule's commit {} is in no local repository",
                missing.commit
            ))
            .at(Place::file(missing.path.as_str()))
            .hint("git submodule update --init --recursive")),
        }
    }
}

#[cfg(all(test, unix))]
mod tests;
