//! Files of the working tree that `init` writes: all are looked at before one is written, and each is written whole.
//!
//! Never through a link: a repository may be a stranger's, and a folder of it may lead anywhere.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::commands::output;
use crate::error::{Error, Errors, Result};

/// A file to be written.
pub(super) struct File {
    /// From the repository's root.
    pub(super) path: &'static str,
    /// All of it.
    pub(super) contents: String,
}

/// The working tree's root.
pub(super) struct Root(PathBuf);

impl Root {
    pub(super) fn new(folder: &Path) -> Root {
        Root(folder.to_owned())
    }

    /// Where a file of it is.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    /// The same the other way round, where it is below.
    pub(super) fn relative<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.0).unwrap_or(path)
    }

    /// Whether anything stands there, a link that leads nowhere, too.
    pub(super) fn has(&self, path: &str) -> bool {
        !matches!(self.path(path).symlink_metadata(), Err(error) if error.kind() == ErrorKind::NotFound)
    }

    /// A file's text.
    pub(super) fn read(&self, path: &str) -> Result<String> {
        let at = self.path(path);
        let unreadable = |error| Error::unavailable(format!("{path} cannot be read")).caused_by(error);
        // Reading a pipe would wait for ever.
        if !at.metadata().map_err(unreadable)?.is_file() {
            return Err(Error::invalid(format!("{path} is not a file")));
        }
        std::fs::read(&at).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(unreadable)
    }

    /// The files of a folder, by their paths and in order; none where there is no such folder.
    pub(super) fn list(&self, folder: &str) -> Result<Vec<String>> {
        let unreadable = |error| Error::unavailable(format!("{folder} cannot be read")).caused_by(error);
        let entries = match std::fs::read_dir(self.path(folder)) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(unreadable(error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let entry = entry.map_err(unreadable)?;
            if entry.file_type().map_err(unreadable)?.is_file()
                && let Ok(name) = entry.file_name().into_string()
            {
                paths.push(format!("{folder}/{name}"));
            }
        }
        paths.sort();
        Ok(paths)
    }

    /// Whether all of them may be written: nothing is in the way, or it may be replaced.
    pub(super) fn may_write(&self, files: &[File], overwrite: bool) -> Result<(), Errors> {
        let mut errors = Errors::default();
        for File { path, .. } in files {
            if self.has(path) && !overwrite {
                let hint = match *path {
                    super::CONFIGURATION => "`imgplan check` reads it; --overwrite writes it anew",
                    _ => "--overwrite replaces it; --ci none leaves it and writes only the configuration",
                };
                errors
                    .push(Error::invalid(format!("{path} is there already; nothing was written")).hint(hint));
            } else if self.path(path).is_dir() {
                errors.push(Error::invalid(format!("{path} is a folder; nothing was written")));
            }
            for (at, _) in path.match_indices('/') {
                let folder = path.get(..at).unwrap_or_default();
                let there = self.path(folder).symlink_metadata();
                if there.is_ok_and(|there| !there.is_dir()) {
                    let message = format!("{folder} is no folder of this repository; nothing was written");
                    errors.push(Error::invalid(message).hint("init does not write through links"));
                }
            }
        }
        errors.or(())
    }

    /// Writes them. All are on the disk before the first takes its name.
    pub(super) fn write(&self, files: &[File], overwrite: bool) -> Result<()> {
        let mut ready = Vec::new();
        for File { path, contents } in files {
            let target = self.path(path);
            let folder = target.parent().unwrap_or(&self.0);
            std::fs::create_dir_all(folder).map_err(|error| unwritable(path, error))?;
            let mut file: NamedTempFile = tempfile::Builder::new()
                .prefix(".imgplan-")
                .tempfile_in(folder)
                .map_err(|error| unwritable(path, error))?;
            file.write_all(contents.as_bytes()).map_err(|error| unwritable(path, error))?;
            output::readable(&file).map_err(|error| unwritable(path, error))?;
            ready.push((file, target, path));
        }
        for (file, target, path) in ready {
            // What came there in the meantime is not replaced either.
            let named = if overwrite { file.persist(target) } else { file.persist_noclobber(target) };
            named.map_err(|error| unwritable(path, error.error))?;
        }
        Ok(())
    }
}

/// The text of the cause may name a temporary file, which means nothing to anybody.
fn unwritable(path: &str, error: std::io::Error) -> Error {
    let cause = std::io::Error::from(error.kind());
    Error::unavailable(format!("{path} cannot be written"))
        .caused_by(cause)
        .hint("may this user write there?")
}
