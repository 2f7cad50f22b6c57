//! `oci:DIR`: an OCI image layout on disk, which skopeo, buildah and buildx read and write.
//!
//! OCI image specification, `image-layout.md`. Reading creates nothing and takes no lock; writing (`write.rs`)
//! is locked and replaces every file atomically. `index.rs` is what `index.json` says, `disk.rs` the files.
//! A layout answers as a registry does: no such tag is [`Lookup::Missing`], and whatever is damaged, ambiguous or
//! not readable is [`Lookup::Unknown`]. It must not know other registries, plans or policy.

mod disk;
mod index;
mod receive;
#[cfg(test)]
mod tests;
mod write;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};

use self::index::{Index, Named};
use super::Name;
use crate::error::{Error, Result};
use crate::lookup::{Descriptor, Lookup, Manifest};
use crate::reference::{Digest, Tag};

/// The file that makes a folder a layout.
const LAYOUT_FILE: &str = "oci-layout";
/// The list of what is in a layout.
const INDEX_FILE: &str = "index.json";
/// The folder of the blobs.
const BLOBS: &str = "blobs";
/// The version that `image-layout.md` fixes.
const VERSION: &str = "1.0.0";
/// How deep below a folder the layouts of a project's images are looked for.
const DEPTH: usize = 8;

/// One folder as an image layout. Nothing is read or created before a method is called.
#[derive(Debug, Clone)]
pub struct Layout {
    dir: PathBuf,
    /// How long a write waits for another one.
    wait: Duration,
}

impl Layout {
    /// The layout in `dir`, which may be missing, empty or hold layouts below it: then this one is empty.
    pub fn open(dir: &Path) -> Layout {
        Layout { dir: dir.to_owned(), wait: Duration::from_secs(30) }
    }

    /// Digest, media type and size of a manifest. Its bytes are checked, too: a damaged image is never found.
    pub fn head(&self, name: Name<'_>) -> Lookup<Descriptor> {
        self.manifest(name).map(|manifest| Descriptor {
            size: manifest.bytes.len() as u64,
            digest: manifest.digest,
            media_type: manifest.media_type,
        })
    }

    /// A manifest's bytes, checked against its digest. By digest every manifest among the blobs is found, as a
    /// registry finds untagged ones.
    pub fn manifest(&self, name: Name<'_>) -> Lookup<Manifest> {
        lookup(self.find(name))
    }

    /// A small blob, checked against its digest.
    pub fn blob(&self, digest: &Digest) -> Lookup<Vec<u8>> {
        lookup(self.index().and_then(|_| disk::read_checked(&self.blob_path(digest), digest)))
    }

    /// Whether a blob is there; its content is not read.
    pub fn has_blob(&self, digest: &Digest) -> Result<bool> {
        self.index()?;
        Ok(disk::file_size(&self.blob_path(digest))?.is_some())
    }

    /// A blob for streaming. Whoever reads it checks the digest.
    pub fn read_blob(&self, digest: &Digest) -> Result<File> {
        let path = self.blob_path(digest);
        self.index()?;
        match disk::file_size(&path)? {
            Some(_) => File::open(&path).map_err(|error| disk::failed("read", &path, error)),
            None => Err(self.lost(digest)),
        }
    }

    /// All tags in the order of `index.json`. Names that are no tag are left out: nobody can ask for them.
    pub fn tags(&self) -> Result<Vec<(Tag, Digest)>> {
        let Some(index) = self.index()? else { return Ok(Vec::new()) };
        let mut tags: Vec<(Tag, Digest)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for tag in index.tags() {
            if let Some(Named { digest, .. }) = self.named(&index, &tag)?
                && seen.insert(tag.clone())
            {
                tags.push((tag, digest));
            }
        }
        Ok(tags)
    }

    fn find(&self, name: Name<'_>) -> Result<Option<Manifest>> {
        let Some(index) = self.index()? else { return Ok(None) };
        let (digest, listed) = match name {
            Name::Tag(tag) => match self.named(&index, tag)? {
                Some(named) => (named.digest.clone(), Some(named)),
                None => return Ok(None),
            },
            Name::Digest(digest) => (digest.clone(), index.by_digest(digest)),
        };
        let path = self.blob_path(&digest);
        let Some(bytes) = disk::read_checked(&path, &digest)? else {
            return if listed.is_some() { Err(self.lost(&digest)) } else { Ok(None) };
        };
        match (media_type(&bytes, listed.and_then(|named| named.media_type)), name) {
            (Some(media_type), _) => Ok(Some(Manifest { digest, media_type, bytes })),
            // A registry, too, answers "manifest unknown" to the digest of a layer.
            (None, Name::Digest(_)) => Ok(None),
            (None, Name::Tag(tag)) => {
                Err(disk::fault(&path, format!("what the tag {tag} is at is no image manifest")))
            }
        }
    }

    /// What a tag is at. One tag at two digests (BuildKit lists images of different names under one tag) has no
    /// answer: skopeo takes the first, but which one was meant nobody knows.
    fn named(&self, index: &Index, tag: &Tag) -> Result<Option<Named>> {
        index.named(tag).map_err(|wrong| {
            disk::fault(&self.dir.join(INDEX_FILE), wrong)
                .hint("remove the entry that is not wanted from the file, or name another folder as oci:DIR")
        })
    }

    /// `index.json`, or `None` for an empty layout.
    fn index(&self) -> Result<Option<Index>> {
        let Some(entries) = disk::list(&self.dir)? else { return Ok(None) };
        let path = self.dir.join(INDEX_FILE);
        let Some(header) = disk::read_if_there(&self.dir.join(LAYOUT_FILE))? else {
            return self.check_no_layout(&entries).map(|()| None);
        };
        self.check_version(&header)?;
        // Others write the file in place, so a reader may see half of it for a moment.
        for pause in [5, 20, 50] {
            if let Some(Ok(index)) = disk::read_if_there(&path)?.map(|bytes| Index::parse(&bytes)) {
                return Ok(Some(index));
            }
            std::thread::sleep(Duration::from_millis(pause));
        }
        match disk::read_if_there(&path)? {
            Some(bytes) => Index::parse(&bytes).map(Some).map_err(|wrong| {
                disk::fault(&path, wrong).hint("the layout is damaged: restore the file or remove the folder")
            }),
            // The first write was interrupted before there was anything to list.
            None if disk::is_free_of_files(&self.dir.join(BLOBS), DEPTH)? => Ok(None),
            None => Err(disk::fault(&path, "the layout has blobs but no list of its images")
                .hint("the layout is damaged: restore the file or remove the folder")),
        }
    }

    /// Whether a folder without `oci-layout` may count as an empty layout: with nothing in it, with the layouts of
    /// other images below it, or with the blobs of a first write by another program that did not get further.
    fn check_no_layout(&self, entries: &[String]) -> Result<()> {
        for entry in entries {
            let path = self.dir.join(entry);
            if entry == INDEX_FILE {
                return Err(disk::fault(&path, "there is a list of images but no file oci-layout beside it")
                    .hint(
                        "if it is an image layout, restore oci-layout: {\"imageLayoutVersion\":\"1.0.0\"}",
                    ));
            }
            let expected =
                matches!(entry.as_str(), BLOBS | "ingest") || disk::holds_layouts_only(&path, DEPTH)?;
            if !expected {
                return Err(disk::fault(&self.dir, format!("not an image layout: it holds {entry:?}"))
                    .hint("name an empty or a new folder as oci:DIR"));
            }
        }
        Ok(())
    }

    fn check_version(&self, header: &[u8]) -> Result<()> {
        let path = self.dir.join(LAYOUT_FILE);
        let value: Value = serde_json::from_slice(header)
            .map_err(|error| disk::fault(&path, "not the JSON of an image layout").caused_by(error))?;
        match value.get("imageLayoutVersion").and_then(Value::as_str) {
            Some(VERSION) => Ok(()),
            Some(other) => Err(disk::fault(&path, format!("the image layout has the version {other:?}"))
                .hint(format!("this imgplan knows version {VERSION}"))),
            None => Err(disk::fault(&path, "the field imageLayoutVersion is missing")),
        }
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        let (algorithm, digits) = digest.parts();
        self.dir.join(BLOBS).join(algorithm).join(digits)
    }

    fn lost(&self, digest: &Digest) -> Error {
        disk::fault(&self.blob_path(digest), "the layout is damaged: this blob is missing")
            .hint("copy or build the image again")
    }
}

fn lookup<T>(answer: Result<Option<T>>) -> Lookup<T> {
    match answer {
        Ok(Some(value)) => Lookup::Found(value),
        Ok(None) => Lookup::Missing,
        Err(error) => Lookup::Unknown(error),
    }
}

/// The media type of a manifest: as it is listed, else as it says itself. OCI's two may leave the field out and are
/// told apart by what they list (image specification, `manifest.md` and `image-index.md`). `None` for what is no
/// manifest.
fn media_type(bytes: &[u8], listed: Option<String>) -> Option<String> {
    let value: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
    if listed.is_some() {
        return listed;
    }
    if value.get("schemaVersion").and_then(Value::as_u64) != Some(2) {
        return None;
    }
    if let Some(written) = value.get("mediaType").and_then(Value::as_str) {
        return Some(written.to_owned());
    }
    let lists = |key| value.get(key).is_some_and(Value::is_array);
    if lists("manifests") {
        Some(index::INDEX_TYPE.to_owned())
    } else if lists("layers") && value.get("config").is_some_and(Value::is_object) {
        Some("application/vnd.oci.image.manifest.v1+json".to_owned())
    } else {
        None
    }
}
