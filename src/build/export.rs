//! Temporary OCI image layouts: one that a builder fills, and one that shows a single image of another.
//!
//! OCI image specification, `image-layout.md`. Nothing here writes to a user's `oci:` folder.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::{Error, Place, Result};
use crate::reference::{Digest, Repository};

/// A built image in a temporary layout, which goes away with this value.
#[derive(Debug)]
pub struct Exported {
    dir: PathBuf,
    digest: Digest,
    _folder: TempDir,
}

impl Exported {
    /// The layout as a repository to copy from.
    pub fn repository(&self) -> Repository {
        Repository::Layout { dir: self.dir.clone(), shown: self.dir.display().to_string() }
    }

    /// The image's digest.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// A fresh folder for a layout.
    pub(super) fn folder() -> Result<TempDir> {
        tempfile::Builder::new()
            .prefix("imgplan-")
            .tempdir()
            .map_err(|error| Error::unavailable("cannot make a temporary folder").caused_by(error))
    }

    /// Takes over a layout that a builder filled with one image.
    pub(super) fn read(folder: TempDir, dir: PathBuf) -> Result<Exported> {
        let entries = Index::read(&dir)?.manifests;
        let [entry] = entries.as_slice() else {
            let count = entries.len();
            return Err(Error::unavailable(format!("the builder exported {count} images instead of one"))
                .at(Place::file(dir.join("index.json").display().to_string())));
        };
        let digest = Digest::new(entry_text(entry, "digest").unwrap_or(""))?;
        Ok(Exported { dir, digest, _folder: folder })
    }
}

/// The tag under which [`single`] shows its image.
pub(super) const SINGLE: &str = "image";

/// A layout below `folder` whose only image is the one that `name` (`@sha256:…` or `:TAG`) names in `dir`; its
/// folder's name. buildah's `oci:` knows no digests, and would have to guess among several.
///
/// buildah makes a name in its storage from the folder's, so that is in lower case and says which image it is
/// and for what (`suffix`): the same again finds the same, and builds side by side do not meet.
pub(super) fn single(dir: &Path, name: &str, folder: &Path, suffix: &str) -> Result<String> {
    let wanted = |entry: &serde_json::Value| match name.strip_prefix('@') {
        Some(digest) => entry_text(entry, "digest") == Some(digest),
        None => entry
            .pointer("/annotations/org.opencontainers.image.ref.name")
            .and_then(serde_json::Value::as_str)
            .is_some_and(|tag| Some(tag) == name.strip_prefix(':')),
    };
    let found = Index::read(dir)?.manifests.into_iter().find(wanted);
    let Some(mut entry) = found else {
        return Err(Error::unavailable("the parent image is not there")
            .at(Place::file(format!("oci:{}{name}", dir.display()))));
    };
    let digest = Digest::new(entry_text(&entry, "digest").unwrap_or(""))?;
    let view_name = format!("imgplan-parent-{}{suffix}", digest.short());
    let view = folder.join(&view_name);
    if view.exists() {
        return Ok(view_name);
    }
    if let Some(entry) = entry.as_object_mut() {
        let names = serde_json::json!({ "org.opencontainers.image.ref.name": SINGLE });
        entry.insert("annotations".to_owned(), names);
    }
    let index = serde_json::json!({ "schemaVersion": 2, "manifests": [entry] });
    let write = || {
        std::fs::create_dir(&view)?;
        std::fs::write(view.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
        std::fs::write(view.join("index.json"), index.to_string())?;
        link(&dir.join("blobs"), &view.join("blobs"))
    };
    write().map(|()| view_name).map_err(|error| {
        Error::unavailable("cannot write a temporary layout")
            .at(Place::file(view.display().to_string()))
            .caused_by(error)
    })
}

#[cfg(unix)]
fn link(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn link(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(target, link)
}

/// `index.json`, its entries kept as they stand.
#[derive(serde::Deserialize)]
struct Index {
    manifests: Vec<serde_json::Value>,
}

impl Index {
    fn read(dir: &Path) -> Result<Index> {
        let path = dir.join("index.json");
        let wrong = |error: Box<dyn std::error::Error + Send + Sync>| {
            Error::unavailable("not an OCI image layout")
                .at(Place::file(path.display().to_string()))
                .caused_by(error)
        };
        let bytes = std::fs::read(&path).map_err(|error| wrong(error.into()))?;
        serde_json::from_slice(&bytes).map_err(|error| wrong(error.into()))
    }
}

fn entry_text<'a>(entry: &'a serde_json::Value, field: &str) -> Option<&'a str> {
    entry.get(field).and_then(serde_json::Value::as_str)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ONE: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

    fn layout(dir: &Path, index: &str) {
        std::fs::create_dir_all(dir.join("blobs/sha256")).unwrap();
        std::fs::write(dir.join("index.json"), index).unwrap();
    }

    #[test]
    fn a_view_shows_one_image_by_digest_or_tag() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("images");
        let two = ONE.replace('1', "2");
        layout(
            &dir,
            &format!(
                r#"{{"manifests":[{{"digest":"{two}","size":7}},
                {{"digest":"{ONE}","size":9,"annotations":{{"org.opencontainers.image.ref.name":"v1"}}}}]}}"#
            ),
        );
        for (name, digest) in [(":v1", ONE), (format!("@{two}").as_str(), two.as_str())] {
            let view = temp.path().join(single(&dir, name, temp.path(), "").unwrap());
            let index = std::fs::read_to_string(view.join("index.json")).unwrap();
            assert!(index.contains(digest) && index.contains(r#""image""#), "{index}");
            assert_eq!(Index::read(&view).unwrap().manifests.len(), 1);
            assert!(view.join("blobs/sha256").is_dir());
            assert!(single(&dir, name, temp.path(), "").is_ok(), "a second look fails");
        }
        assert!(single(&dir, ":v2", temp.path(), "").is_err());
    }

    #[test]
    fn an_export_holds_exactly_one_image() {
        let read = |index: &str| {
            let folder = Exported::folder().unwrap();
            let dir = folder.path().join("layout");
            layout(&dir, index);
            Exported::read(folder, dir).map(|exported| exported.digest().to_string()).ok()
        };
        assert_eq!(read(&format!(r#"{{"manifests":[{{"digest":"{ONE}"}}]}}"#)).as_deref(), Some(ONE));
        assert_eq!(read(r#"{"manifests":[]}"#), None);
        assert_eq!(read(&format!(r#"{{"manifests":[{{"digest":"{ONE}"}},{{"digest":"{ONE}"}}]}}"#)), None);
    }
}
