//! The files of a layout: reading without mistaking a failure for an absence, temporary files, the lock.
//!
//! Every failure names the path and what to do. It must not know what the files mean.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use super::{BLOBS, INDEX_FILE, LAYOUT_FILE};
use crate::error::{Error, Place, Result};
use crate::reference::Digest;

/// BuildKit's lock (`client/ociindex`): with the same file, buildx and imgplan keep out of each other's way.
pub(super) const LOCK_FILE: &str = "index.json.lock";
const TEMP_PREFIX: &str = ".imgplan-";
const TEMP_SUFFIX: &str = ".tmp";
/// More than any manifest or configuration: registries take manifests of 4 MiB.
const SMALL: u64 = 32 << 20;

/// Something is wrong with what a path holds.
pub(super) fn fault(path: &Path, message: impl Into<String>) -> Error {
    Error::unavailable(message).at(Place::file(path.display().to_string()))
}

/// The disk refused.
pub(super) fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    let hint = match error.kind() {
        ErrorKind::PermissionDenied => Some("check who owns the folder and who may write to it"),
        ErrorKind::ReadOnlyFilesystem => {
            Some("the disk is mounted read-only: name a folder elsewhere as oci:DIR")
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            Some("the disk is full: free some space")
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            Some("a file is where a folder is needed: name a folder as oci:DIR")
        }
        _ => None,
    };
    let fault = fault(path, format!("could not {what} it")).caused_by(error);
    match hint {
        Some(hint) => fault.hint(hint),
        None => fault,
    }
}

/// Only an absence is `None`.
fn absent<T>(what: &str, path: &Path, result: io::Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(what, path, error)),
    }
}

/// The names in a folder but for imgplan's own temporary files and the lock; `None` if there is no folder.
pub(super) fn list(dir: &Path) -> Result<Option<Vec<String>>> {
    let Some(entries) = absent("read", dir, fs::read_dir(dir))? else {
        // A link to a volume that is not mounted is no empty layout.
        return match absent("read", dir, fs::symlink_metadata(dir))? {
            Some(metadata) if metadata.is_symlink() => {
                Err(fault(dir, "the link leads nowhere").hint("mount or create what it points to"))
            }
            // A builder made it just now.
            Some(_) => list(dir),
            None => Ok(None),
        };
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|error| failed("read", dir, error))?.file_name();
        let name = name.to_string_lossy().into_owned();
        if name != LOCK_FILE && !is_temp(&name) {
            names.push(name);
        }
    }
    names.sort();
    Ok(Some(names))
}

fn is_temp(name: &str) -> bool {
    name.starts_with(TEMP_PREFIX) && name.ends_with(TEMP_SUFFIX)
}

/// Whether a path is a folder with layouts in it, directly or some folders down, and nothing else.
pub(super) fn holds_layouts_only(path: &Path, depth: usize) -> Result<bool> {
    let meta = fs::metadata(path).map_err(|error| failed("read", path, error))?;
    let Some(names) = (if meta.is_dir() { list(path)? } else { None }) else { return Ok(false) };
    if names.iter().any(|name| matches!(name.as_str(), LAYOUT_FILE | INDEX_FILE | BLOBS)) {
        return Ok(true);
    }
    for name in names {
        if depth == 0 || !holds_layouts_only(&path.join(name), depth - 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a folder is missing or has only folders in it.
pub(super) fn is_free_of_files(dir: &Path, depth: usize) -> Result<bool> {
    for name in list(dir)?.unwrap_or_default() {
        let path = dir.join(name);
        let meta = fs::metadata(&path).map_err(|error| failed("read", &path, error))?;
        if depth == 0 || !meta.is_dir() || !is_free_of_files(&path, depth - 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The size of a regular file, `None` if there is none.
pub(super) fn file_size(path: &Path) -> Result<Option<u64>> {
    match absent("read", path, fs::metadata(path))? {
        // Also keeps a pipe from being opened, which would wait for ever.
        Some(meta) if !meta.is_file() => Err(fault(path, "a file is needed here, but this is none")),
        meta => Ok(meta.map(|meta| meta.len())),
    }
}

/// A small file, `None` if there is none.
pub(super) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match file_size(path)? {
        Some(size) if size > SMALL => {
            Err(fault(path, format!("it is larger than {} MiB, which is too much to read", SMALL >> 20)))
        }
        Some(_) => absent("read", path, fs::read(path)),
        None => Ok(None),
    }
}

/// A small blob whose bytes have their digest, `None` if there is none.
pub(super) fn read_checked(path: &Path, digest: &Digest) -> Result<Option<Vec<u8>>> {
    match read_if_there(path)? {
        Some(bytes) if !digest.matches(&bytes) => {
            Err(fault(path, "the layout is damaged: the blob's bytes are not those of its digest")
                .hint("remove the file, then copy or build the image again"))
        }
        bytes => Ok(bytes),
    }
}

/// A temporary file in the layout's folder. It is locked while it is written, so that [`sweep`] can tell it from
/// one that a killed process left.
pub(super) fn temp(dir: &Path) -> Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMP_PREFIX).suffix(TEMP_SUFFIX);
    #[cfg(unix)]
    {
        // As other files: what the umask leaves. The default would keep other users out of the layout.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    loop {
        let temp = builder.tempfile_in(dir).map_err(|error| failed("write to", dir, error))?;
        temp.as_file().lock().map_err(|error| failed("lock", temp.path(), error))?;
        // Between its creation and its lock a sweep may have taken it.
        if file_size(temp.path())?.is_some() {
            return Ok(temp);
        }
    }
}

/// Gives a temporary file its name, complete and on the disk.
pub(super) fn persist(temp: NamedTempFile, to: &Path) -> Result<()> {
    let written = temp.as_file().sync_all();
    written.map_err(|error| failed("write", to, error))?;
    temp.persist(to).map_err(|error| failed("write", to, error.error))?;
    // The folder, too; some file systems cannot, and then the rename is still complete for every reader.
    if let Some(Ok(dir)) = to.parent().map(File::open) {
        let _ = dir.sync_all();
    }
    Ok(())
}

/// Writes a whole file atomically.
pub(super) fn replace(dir: &Path, to: &Path, bytes: &[u8]) -> Result<()> {
    let mut temp = temp(dir)?;
    temp.write_all(bytes).map_err(|error| failed("write", to, error))?;
    persist(temp, to)
}

/// Removes temporary files whose writer is gone. Not being able to is no failure of the write at hand.
pub(super) fn sweep(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten().filter(|entry| is_temp(&entry.file_name().to_string_lossy())) {
        if let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Waits for the layout's lock, which is held until the file is dropped.
pub(super) fn lock(dir: &Path, wait: Duration) -> Result<File> {
    let path = dir.join(LOCK_FILE);
    let start = Instant::now();
    loop {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|error| failed("create", &path, error))?;
        match file.try_lock() {
            Ok(()) if is_at(&file, &path)? => return Ok(file),
            // BuildKit removes the file when it is done: lock the new one.
            Ok(()) => {}
            Err(TryLockError::WouldBlock) if start.elapsed() >= wait => {
                return Err(fault(
                    &path,
                    format!("another program has held the lock for {} s", wait.as_secs()),
                )
                .hint("wait for the other imgplan or buildx to finish, or end it"));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::Error(error)) => return Err(failed("lock", &path, error)),
        }
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let ours = file.metadata().map_err(|error| failed("read", path, error))?;
    let there = absent("read", path, fs::metadata(path))?;
    Ok(there.is_some_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino())))
}

/// Elsewhere a file that is open cannot be replaced.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> Result<bool> {
    Ok(true)
}

/// Creates a folder and those above it.
pub(super) fn create_dir(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).map_err(|error| failed("create", dir, error))
}

/// The folder of a path that has one.
pub(super) fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}
