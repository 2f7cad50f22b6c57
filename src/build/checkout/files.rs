//! The checkout's files once git has written them: generated paths, modes, times.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::error::{Error, Place, Result};

/// What the disk refused.
pub(super) fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    Error::unavailable(what).at(Place::file(path.display().to_string())).caused_by(error)
}

/// A path of the repository below a folder; one that would leave it is refused.
pub(in crate::build) fn join_inside(root: &Path, path: &str) -> Result<PathBuf> {
    let mut full = root.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) if name.eq_ignore_ascii_case(".git") => {
                return Err(Error::invalid("a path in .git, which no build sees").at(Place::file(path)));
            }
            Component::Normal(name) => full.push(name),
            Component::CurDir => {}
            _ => {
                return Err(Error::invalid("a path that leaves the repository").at(Place::file(path)));
            }
        }
    }
    Ok(full)
}

/// Copies a file or folder of the working tree to the same place in the checkout, over what the commit has there.
pub(super) fn copy_generated(work_dir: &Path, root: &Path, path: &str) -> Result<()> {
    let from = join_inside(work_dir, path)?;
    let to = join_inside(root, path)?;
    if let Err(error) = fs::symlink_metadata(&from) {
        return Err(Error::invalid("a generated path that is not in the working tree")
            .at(Place::file(path))
            .caused_by(error)
            .hint("make it before the build, in the same job"));
    }
    // A folder of the commit that is a link to `/etc` would bring the machine's files into the build.
    let real = |path: &Path| path.canonicalize().map_err(|error| failed("cannot read", path, error));
    if !real(from.parent().unwrap_or(work_dir))?.starts_with(real(work_dir)?) {
        return Err(Error::invalid("a generated path behind a link that leads out of the repository")
            .at(Place::file(path)));
    }
    make_parents(root, &to)?;
    let mut left = vec![(from, to)];
    while let Some((from, to)) = left.pop() {
        let kind =
            fs::symlink_metadata(&from).map_err(|error| failed("cannot read", &from, error))?.file_type();
        if kind.is_dir() {
            make_folder(&to)?;
            for entry in entries(&from)? {
                if let Some(name) = entry.file_name()
                    && !name.eq_ignore_ascii_case(".git")
                {
                    left.push((entry.clone(), to.join(name)));
                }
            }
            continue;
        }
        clear(&to)?;
        if kind.is_symlink() {
            let target = fs::read_link(&from).map_err(|error| failed("cannot read", &from, error))?;
            link(&target, &to).map_err(|error| failed("cannot write", &to, error))?;
        } else if kind.is_file() {
            fs::copy(&from, &to).map_err(|error| failed("cannot copy", &from, error))?;
        } else {
            return Err(Error::invalid("a generated path that is neither a file, a folder nor a link")
                .at(Place::file(from.display().to_string())));
        }
    }
    Ok(())
}

/// Makes the folders above a path. A link of the commit in the way is replaced: through it, the copy would land
/// outside of the checkout.
fn make_parents(root: &Path, path: &Path) -> Result<()> {
    let below = path.parent().and_then(|parent| parent.strip_prefix(root).ok()).unwrap_or(Path::new(""));
    let mut folder = root.to_owned();
    for part in below.components() {
        folder.push(part);
        make_folder(&folder)?;
    }
    Ok(())
}

fn make_folder(folder: &Path) -> Result<()> {
    match fs::symlink_metadata(folder) {
        Ok(found) if found.is_dir() => return Ok(()),
        Ok(_) => clear(folder)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed("cannot read", folder, error)),
    }
    fs::create_dir(folder).map_err(|error| failed("cannot make", folder, error))
}

/// Takes away what stands at a path.
fn clear(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    };
    removed.map_err(|error| failed("cannot remove", path, error))
}

/// Gives every file and folder its mode and the commit's time.
pub(super) fn settle(root: &Path, time: i64) -> Result<()> {
    let time = u64::try_from(time)
        .ok()
        .and_then(|time| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(time)));
    // A commit from before 1970 is somebody's joke; builders could not carry its time either.
    let time = time.unwrap_or(SystemTime::UNIX_EPOCH);
    let mut left = vec![root.to_owned()];
    // Folders last, innermost first: a write in one changes its time.
    let mut folders = Vec::new();
    while let Some(path) = left.pop() {
        let kind = fs::symlink_metadata(&path).map_err(|error| failed("cannot read", &path, error))?;
        if kind.is_dir() {
            left.extend(entries(&path)?);
            folders.push(path);
        } else if kind.is_file() {
            stamp(&path, time, executable(&kind))?;
        }
    }
    folders.iter().rev().try_for_each(|folder| stamp(folder, time, true))
}

fn stamp(path: &Path, time: SystemTime, executable: bool) -> Result<()> {
    let wrong = |error| failed("cannot set the mode and time of", path, error);
    set_mode(path, executable).map_err(wrong)?;
    match File::open(path).and_then(|file| file.set_modified(time)) {
        // Only the owner may, and a file system need not; no build depends on it.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        other => other.map_err(wrong),
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = || fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
    list().map_err(|error| failed("cannot list", folder, error))
}

#[cfg(unix)]
fn executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(unix)]
fn set_mode(path: &Path, executable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 }))
}

#[cfg(unix)]
fn link(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn executable(_: &fs::Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: bool) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn link(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, link)
}
