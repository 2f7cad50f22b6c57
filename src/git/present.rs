//! The present form of a file, as opposed to that of the commit: the working tree's, in a bare repository
//! that of `HEAD`.

use std::path::Path;
use std::sync::Arc;

use super::Git;
use super::disk::is_absent;
use crate::error::{Error, Place, Result};
use crate::tree::{Id, Mode, Objects, follow, lookup};

impl Git {
    /// The file at `path` (from the root) as it is now, with the name to show for it; `None` if there is none.
    pub fn show_present(&self, path: &str) -> Result<Option<(String, Vec<u8>)>> {
        let Some(root) = self.work_dir() else { return self.show_at_head(path) };
        let file = root.join(path);
        let unread = |error: std::io::Error| {
            Error::unavailable("the file cannot be read").at(Place::file(path)).caused_by(error)
        };
        match file.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => stays_inside(root, &file, path)?,
            Ok(_) => {}
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(unread(error)),
        }
        // Reading a pipe or a device would never end.
        if !file.metadata().map_err(unread)?.is_file() {
            return Err(no_file(Place::file(path)));
        }
        std::fs::read(file).map(|bytes| Some((path.to_owned(), bytes))).map_err(unread)
    }

    fn show_at_head(&self, path: &str) -> Result<Option<(String, Vec<u8>)>> {
        if self.head_commit_id()?.is_none() {
            return Ok(None);
        }
        let place = format!("{path} at HEAD");
        let (head, objects) = (self.commit("HEAD")?, self.objects());
        let bytes = file_at(&objects, &head.tree, path, &place)?;
        Ok(bytes.map(|bytes| (place, bytes.as_ref().clone())))
    }
}

/// The bytes of a file of a commit, through links that stay in it; `None` if nothing is there. `place` names it.
pub fn file_at(objects: &dyn Objects, tree: &Id, path: &str, place: &str) -> Result<Option<Arc<Vec<u8>>>> {
    let Some(entry) = lookup(objects, tree, path.into())? else { return Ok(None) };
    match follow(objects, tree, path.into())? {
        Some((_, file)) if file.mode.is_file() => objects.blob(&file.id).map(Some),
        None if entry.mode == Mode::Symlink => {
            Err(Error::invalid("a symbolic link to what is not in this commit")
                .at(Place::file(place))
                .hint("commit the file itself, or a link to a file of the repository"))
        }
        _ => Err(no_file(Place::file(place))),
    }
}

/// A link out of the repository would give a stranger's commit what another file of this machine says.
fn stays_inside(root: &Path, file: &Path, shown: &str) -> Result<()> {
    let inside = root.canonicalize().and_then(|root| Ok(file.canonicalize()?.starts_with(root)));
    match inside {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::invalid("a symbolic link that leaves the repository")
            .at(Place::file(shown))
            .hint("--config FILE uses a file from elsewhere")),
        Err(error) => {
            Err(Error::invalid("a symbolic link that leads nowhere").at(Place::file(shown)).caused_by(error))
        }
    }
}

fn no_file(place: Place) -> Error {
    Error::invalid("it is not a file").at(place).hint("remove it, or put a file there")
}
