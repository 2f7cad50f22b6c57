//! The files of `imgplan pin` on disk: which may be read and written, and how one is replaced as a whole.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use bstr::ByteSlice as _;

use crate::cli::PinKind;
use crate::error::{Error, Errors, Place, Result};
use crate::pin::{self, Kind, Reading};

/// No file that people keep references in comes near this.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A file that was read.
pub(super) struct File {
    /// As it was named.
    pub(super) shown: String,
    /// From the repository's root, where it is there; else as it was named.
    pub(super) in_repository: String,
    /// What it says.
    pub(super) text: String,
    /// What it was read as.
    pub(super) kind: Kind,
    /// What it names.
    pub(super) reading: Reading,
    /// Where its bytes are, links followed.
    path: PathBuf,
    permissions: Permissions,
}

impl File {
    /// Whether both are one file.
    pub(super) fn is(&self, other: &File) -> bool {
        self.path == other.path
    }
}

/// Where the clone's working tree is, links followed.
pub(super) fn root(folder: &Path) -> Result<PathBuf> {
    fs::canonicalize(folder).map_err(|error| {
        Error::unavailable("the folder of the clone cannot be told from its links")
            .at(Place::file(folder.display().to_string()))
            .caused_by(error)
    })
}

/// Reads a file. `base`: where relative paths start; `root`: the clone's, if it has a working tree.
pub(super) fn read(
    name: &Path,
    base: &Path,
    root: Option<&Path>,
    kind: Option<PinKind>,
) -> Result<File, Errors> {
    let shown = name.display().to_string();
    let unreadable = |error: std::io::Error| {
        Error::invalid("the file cannot be read").at(Place::file(&shown)).caused_by(error)
    };
    let named = base.join(name);
    let path = fs::canonicalize(&named).map_err(unreadable)?;
    let within = root.and_then(|root| path.strip_prefix(root).ok());
    if within.is_none() && leads_out(&named, root) {
        return Err(Error::invalid(format!("this is a link out of the clone, to {}", path.display()))
            .at(Place::file(&shown))
            .hint("name the file itself, if it is the one to be changed")
            .into());
    }
    let metadata = fs::metadata(&path).map_err(unreadable)?;
    let wrong = match (metadata.is_file(), metadata.len() > LARGEST) {
        (false, _) => Some("this is no file".to_owned()),
        (_, true) => Some(format!("the file is larger than {} MiB", LARGEST / 1024 / 1024)),
        _ => None,
    };
    if let Some(wrong) = wrong {
        return Err(Error::invalid(wrong).at(Place::file(&shown)).into());
    }
    let bytes = fs::read(&path).map_err(unreadable)?;
    let text = match bytes.to_str() {
        Ok(text) => text.to_owned(),
        Err(error) => {
            let line = bytes.get(..error.valid_up_to()).unwrap_or_default().find_iter(b"\n").count() + 1;
            return Err(Error::invalid("a byte that is not UTF-8")
                .at(Place::line(&shown, line))
                .hint("save the file as UTF-8")
                .into());
        }
    };
    let in_repository = within.map_or_else(|| shown.clone(), |path| path.display().to_string());
    let kind = kind.map(PinKind::kind).or_else(|| pin::detect(&path.to_string_lossy(), &text));
    let kind = kind.ok_or_else(|| unknown(&shown))?;
    let reading = pin::read(&shown, &text, kind)?;
    Ok(File { shown, in_repository, text, kind, reading, path, permissions: metadata.permissions() })
}

/// Whether a path is in the clone, or is itself a link: what it leads to outside was not named by whoever named it.
fn leads_out(named: &Path, root: Option<&Path>) -> bool {
    let is_link = fs::symlink_metadata(named).is_ok_and(|there| there.is_symlink());
    let mut plain = PathBuf::new();
    for part in named.components() {
        match part {
            Component::ParentDir => _ = plain.pop(),
            part => plain.push(part),
        }
    }
    let inside = root.is_some_and(|root| {
        plain.ancestors().skip(1).any(|folder| fs::canonicalize(folder).is_ok_and(|folder| folder == root))
    });
    is_link || inside
}

fn unknown(shown: &str) -> Error {
    Error::invalid("what kind of file this is cannot be told")
        .at(Place::file(shown))
        .hint(
            "known by name: .renku/renku.ini, docker-images.ini, values.yaml, kustomization.yaml, compose.yaml, Dockerfile; \
             by content: Kubernetes manifests and compose files",
        )
        .hint("--as renku|ini|helm|kubernetes|kustomize|compose|dockerfile names it")
}

/// A file that is ready to take another's place.
pub(super) struct Prepared<'f> {
    file: &'f File,
    temporary: tempfile::NamedTempFile,
}

/// Writes a file's new text beside it.
pub(super) fn prepare<'f>(file: &'f File, text: &str) -> Result<Prepared<'f>> {
    let folder = file.path.parent().unwrap_or(Path::new("/"));
    let prepare = || {
        let mut temporary = tempfile::Builder::new().prefix(".imgplan-").tempfile_in(folder)?;
        temporary.write_all(text.as_bytes())?;
        fs::set_permissions(temporary.path(), file.permissions.clone())?;
        temporary.as_file().sync_all()?;
        Ok(temporary)
    };
    let temporary = prepare().map_err(|error: std::io::Error| unwritable(file, error))?;
    Ok(Prepared { file, temporary })
}

impl Prepared<'_> {
    /// Refuses to replace what somebody else changed meanwhile.
    pub(super) fn check(&self) -> Result<()> {
        match fs::read(&self.file.path) {
            Ok(bytes) if bytes == self.file.text.as_bytes() => Ok(()),
            Ok(_) => Err(Error::unavailable("the file was changed while its images were looked up")
                .at(Place::file(&self.file.shown))
                .hint("run it again")),
            Err(error) => Err(unwritable(self.file, error)),
        }
    }

    /// Puts it in its place.
    pub(super) fn replace(self) -> Result<()> {
        let written = self.temporary.persist(&self.file.path);
        written.map(drop).map_err(|error| unwritable(self.file, error.error))
    }
}

/// Replaces all that are ready, each with its number; the numbers of those that were, and why the others could not be.
pub(super) fn replace_all(ready: Vec<(usize, Prepared<'_>)>) -> (Vec<usize>, Errors) {
    let (mut written, mut errors) = (Vec::new(), Errors::default());
    for (number, prepared) in ready {
        match prepared.replace() {
            Ok(()) => written.push(number),
            Err(error) => errors.push(error),
        }
    }
    (written, errors)
}

fn unwritable(file: &File, error: std::io::Error) -> Error {
    // The text may name the temporary file that is made first, which means nothing to anybody.
    let error = if error.get_ref().is_some() { error.kind().into() } else { error };
    Error::unavailable("the file cannot be written").at(Place::file(&file.shown)).caused_by(error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The report has what was replaced, so nothing of it may be lost where another file fails.
    #[test]
    fn a_file_that_cannot_be_replaced_stops_no_other_and_hides_none() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        for name in ["a", "b", "c"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            let path = folder.path().join(name).join("Dockerfile");
            fs::write(&path, "FROM debian:12\n").unwrap();
            files.push(read(&path, folder.path(), None, None).unwrap());
        }
        let ready = files.iter().enumerate();
        let ready =
            ready.map(|(number, file)| (number, prepare(file, "FROM debian:13\n").unwrap())).collect();
        fs::remove_dir_all(folder.path().join("b")).unwrap();
        let (written, errors) = replace_all(ready);
        assert_eq!((written, errors.0.len()), (vec![0, 2], 1));
        assert_eq!(fs::read(folder.path().join("c/Dockerfile")).unwrap(), b"FROM debian:13\n");
    }

    #[test]
    fn a_folder_that_cannot_be_found_is_an_error_and_no_missing_check() {
        let folder = tempfile::tempdir().unwrap();
        assert!(root(&folder.path().join("none")).is_err());
    }
}
