//! The present form of a file, as opposed to that of the commit: the working tree's, in a bare repository
//! that of `HEAD`.

use std::io::ErrorKind;

use super::Git;
use crate::error::{Error, Place, Result};
use crate::tree::{Mode, Objects as _, lookup};

impl Git {
    /// The file at `path` (from the root) as it is now, with the name to show for it; `None` if there is none.
    pub fn show_present(&self, path: &str) -> Result<Option<(String, Vec<u8>)>> {
        let Some(root) = self.work_dir() else { return self.show_at_head(path) };
        match std::fs::read(root.join(path)) {
            Ok(bytes) => Ok(Some((path.to_owned(), bytes))),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => {
                Err(Error::unavailable("the file cannot be read").at(Place::file(path)).caused_by(error))
            }
        }
    }

    fn show_at_head(&self, path: &str) -> Result<Option<(String, Vec<u8>)>> {
        if self.head_commit_id()?.is_none() {
            return Ok(None);
        }
        let place = format!("{path} at HEAD");
        let (head, objects) = (self.commit("HEAD")?, self.objects());
        match lookup(&objects, &head.tree, path.into())? {
            None => Ok(None),
            Some(entry) if entry.mode.is_file() => {
                Ok(Some((place, objects.blob(&entry.id)?.as_ref().clone())))
            }
            Some(entry) => {
                let what = if entry.mode == Mode::Symlink { "a symbolic link" } else { "not a file" };
                Err(Error::invalid(format!("it is {what}; in a bare repository it has to be a file"))
                    .at(Place::file(place)))
            }
        }
    }
}
