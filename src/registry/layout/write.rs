//! Writing to a layout: blobs first, then the tag in `index.json`, each file complete or not there.
//!
//! A process that is killed leaves at most a temporary file, which the next write removes.

use std::fs::File;
use std::io::Read;

use serde_json::json;

use super::disk;
use super::index::{Index, needed_by};
use super::receive::receive;
use super::{BLOBS, INDEX_FILE, LAYOUT_FILE, Layout, VERSION};
use crate::error::{Error, Result};
use crate::lookup::{Lookup, Manifest};
use crate::reference::{Digest, Tag};
use crate::registry::{Name, Put};

impl Layout {
    /// Points a tag at a manifest, whose blobs must be here already. The tag moves if it is elsewhere; what it was
    /// at stays findable by its digest.
    pub fn put(&self, tag: &Tag, manifest: &Manifest) -> Result<Put> {
        check_digest(manifest)?;
        let at_once = self.is_at(tag, manifest)? && self.has_intact(manifest)?;
        if !at_once {
            self.check_needed(manifest)?;
            let lock = self.begin()?;
            self.store(manifest)?;
            self.point(&lock, tag, manifest)?;
        }
        match self.head(Name::Tag(tag)) {
            Lookup::Found(found) if found.digest == manifest.digest => Ok(Put::Done),
            Lookup::Found(found) => Ok(Put::Elsewhere { digest: found.digest, refusal: None }),
            Lookup::Missing => {
                Err(disk::fault(&self.dir.join(INDEX_FILE), format!("the tag {tag} was written and is gone"))
                    .hint("another program wrote the file at the same time: run it again"))
            }
            Lookup::Unknown(error) => Err(error),
        }
    }

    /// Takes a tag out of `index.json`. What it was at stays listed as long as another tag is at it; else nothing lists
    /// it any more, and whatever sweeps unlisted blobs away may take it.
    pub fn delete_tag(&self, tag: &Tag) -> Result<()> {
        if self.index()?.is_none_or(|index| !index.tags().any(|listed| listed == *tag)) {
            return Ok(());
        }
        let lock = self.begin()?;
        let mut index = self.index()?.unwrap_or_else(Index::empty);
        index.unset(tag);
        self.save(&lock, &index)
    }

    /// Stores a manifest without a tag: the child of an index, or an image that is tagged afterwards.
    pub fn put_manifest(&self, manifest: &Manifest) -> Result<()> {
        check_digest(manifest)?;
        self.check_needed(manifest)?;
        if !self.has_intact(manifest)? {
            let _lock = self.begin()?;
            self.store(manifest)?;
        }
        Ok(())
    }

    /// Stores a blob: streamed to a temporary file, checked, then given its name. One that is here is not read
    /// again, unless its size is wrong.
    pub fn write_blob(&self, digest: &Digest, size: Option<u64>, reader: &mut dyn Read) -> Result<()> {
        let path = self.blob_path(digest);
        if self.index()?.is_none() {
            self.begin()?;
        }
        let there = disk::file_size(&path)?;
        if there.is_some_and(|there| size.is_none_or(|size| size == there)) {
            return Ok(());
        }
        // Without the lock: a blob's name is its content, and large ones would keep others waiting.
        let temp = receive(&self.dir, digest, size, reader)?;
        disk::create_dir(&disk::parent(&path))?;
        disk::persist(temp, &path)
    }

    /// Takes the lock, sweeps up and makes the folder a layout. `oci-layout` comes first and the blobs last, so
    /// that an interruption leaves what reads as an empty layout.
    fn begin(&self) -> Result<File> {
        // First, since nothing may be created in a folder that is something else.
        self.index()?;
        disk::create_dir(&self.dir)?;
        let lock = disk::lock(&self.dir, self.wait)?;
        disk::sweep(&self.dir);
        if self.index()?.is_none() {
            let header = json!({ "imageLayoutVersion": VERSION }).to_string();
            disk::replace(&self.dir, &self.dir.join(LAYOUT_FILE), header.as_bytes())?;
            self.save(&lock, &Index::empty())?;
            disk::create_dir(&self.dir.join(BLOBS).join("sha256"))?;
        }
        Ok(lock)
    }

    fn is_at(&self, tag: &Tag, manifest: &Manifest) -> Result<bool> {
        let Some(index) = self.index()? else { return Ok(false) };
        Ok(self.named(&index, tag)?.is_some_and(|named| named.digest == manifest.digest))
    }

    fn has_intact(&self, manifest: &Manifest) -> Result<bool> {
        let path = self.blob_path(&manifest.digest);
        let same_size = disk::file_size(&path)? == Some(manifest.bytes.len() as u64);
        Ok(same_size && disk::read_if_there(&path)?.as_ref() == Some(&manifest.bytes))
    }

    /// Writes the manifest's blob unless it is there; damaged bytes are replaced.
    fn store(&self, manifest: &Manifest) -> Result<()> {
        if self.has_intact(manifest)? {
            return Ok(());
        }
        let path = self.blob_path(&manifest.digest);
        disk::create_dir(&disk::parent(&path))?;
        disk::replace(&self.dir, &path, &manifest.bytes)
    }

    /// The change itself, on what the file says under the lock.
    fn point(&self, lock: &File, tag: &Tag, manifest: &Manifest) -> Result<()> {
        let mut index = self.index()?.unwrap_or_else(Index::empty);
        let now = self.named(&index, tag)?;
        if now.is_none_or(|now| now.digest != manifest.digest) {
            index.set(tag, manifest);
            self.save(lock, &index)?;
        }
        Ok(())
    }

    /// The file is only ever written under the lock.
    fn save(&self, _lock: &File, index: &Index) -> Result<()> {
        let path = self.dir.join(INDEX_FILE);
        let bytes = index.to_bytes().map_err(|error| disk::fault(&path, "no JSON").caused_by(error))?;
        disk::replace(&self.dir, &path, &bytes)
    }

    fn check_needed(&self, manifest: &Manifest) -> Result<()> {
        self.index()?;
        for digest in needed_by(manifest).map_err(Error::unavailable)? {
            if disk::file_size(&self.blob_path(&digest))?.is_none() {
                return Err(disk::fault(
                    &self.blob_path(&digest),
                    format!("the image {} needs this blob, which is not in the layout", manifest.digest),
                )
                .hint("copy the whole image first, with all its platforms (`skopeo copy --all`)"));
            }
        }
        Ok(())
    }
}

fn check_digest(manifest: &Manifest) -> Result<()> {
    if manifest.digest.matches(&manifest.bytes) {
        return Ok(());
    }
    Err(Error::unavailable(format!(
        "the bytes of the manifest {} are not those of its digest",
        manifest.digest
    )))
}
