//! The corpus: clones in a folder, and the Dockerfiles of their newest commits.
//!
//! Read as `plan` reads a commit, by imgplan's own edge to git, so a clone may be bare and needs no checkout.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use imgplan::git::{Commit, Git, Store};
use imgplan::tree::{Id, Mode, Objects as _};

use super::file_name;

/// How deep below the folder a clone may be: `OWNER/NAME`.
const DEPTH: usize = 2;

/// A clone.
pub(super) struct Clone {
    /// Its path below the corpus's folder.
    pub(super) name: String,
    /// The commit at `HEAD`.
    pub(super) commit: Commit,
    /// Its objects.
    pub(super) objects: Store,
}

/// What looks like a Dockerfile.
pub(super) struct File {
    /// From the repository's root.
    pub(super) path: String,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
}

/// The clones of a folder, by name.
pub(super) fn find(folder: &Path) -> Result<Vec<Clone>> {
    let mut clones = Vec::new();
    search(folder, folder, DEPTH, &mut clones)?;
    ensure!(!clones.is_empty(), "no clone is in {}, nor in a folder of it", folder.display());
    clones.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(clones)
}

fn search(root: &Path, folder: &Path, depth: usize, found: &mut Vec<Clone>) -> Result<()> {
    let list = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in list {
        let path = entry?.path();
        if is_repository(&path) {
            found.push(open(root, &path)?);
        } else if path.is_dir() && depth > 1 {
            search(root, &path, depth - 1, found)?;
        }
    }
    Ok(())
}

fn is_repository(path: &Path) -> bool {
    path.join(".git").exists() || (path.join("objects").is_dir() && path.join("HEAD").is_file())
}

fn open(root: &Path, path: &Path) -> Result<Clone> {
    // A link to a clone is opened as what it points to: git searches upwards from there.
    let real: PathBuf = path.canonicalize()?;
    let git = Git::open(&real).with_context(|| format!("the clone {}", path.display()))?;
    let commit = git.commit("HEAD").with_context(|| format!("the clone {}", path.display()))?;
    let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
    Ok(Clone { name, commit, objects: git.objects() })
}

impl Clone {
    /// All that look like Dockerfiles, sorted by path. Links are left out: what they point to is in the list itself.
    pub(super) fn dockerfiles(&self) -> Result<Vec<File>> {
        let mut files = Vec::new();
        self.walk(&self.commit.tree, "", &mut files).with_context(|| format!("the clone {}", self.name))?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    fn walk(&self, tree: &Id, prefix: &str, files: &mut Vec<File>) -> Result<()> {
        for entry in self.objects.tree(tree)?.iter() {
            // A path that is not UTF-8 cannot stand in a configuration.
            let Ok(name) = std::str::from_utf8(entry.name) else { continue };
            let path = format!("{prefix}{name}");
            if entry.mode == Mode::Folder {
                self.walk(&entry.id, &format!("{path}/"), files)?;
            } else if entry.mode.is_file() && file_name::dockerfile(name) {
                files.push(File { bytes: self.objects.blob(&entry.id)?.to_vec(), path });
            }
        }
        Ok(())
    }
}
