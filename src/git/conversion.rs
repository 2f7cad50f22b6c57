//! What git does to a file between repository and disk, as far as it can be undone without running a program.
//!
//! The rules are those of the commit's own `.gitattributes`.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use gix::bstr::{BStr, BString, ByteSlice};
use sha2::{Digest as _, Sha256};

use super::Store;
use crate::attributes::Attributes;
use crate::error::Result;
use crate::tree::{Id, Objects as _, lookup};

/// What stands between a blob and the file on disk, as far as it can be undone.
pub(super) enum Conversion {
    None,
    LineEndings,
    Lfs,
}

/// The attributes of the commit, read only for files that differ.
pub(super) struct Conversions {
    pub(super) objects: Store,
    tree: Id,
    attributes: Attributes,
    read: HashSet<BString>,
}

impl Conversions {
    pub(super) fn new(objects: Store, tree: Id) -> Self {
        Conversions { objects, tree, attributes: Attributes::new(), read: HashSet::new() }
    }

    pub(super) fn of(&mut self, path: &BStr, autocrlf: bool) -> Result<Conversion> {
        let folders = path.find_iter("/").filter_map(|end| path.get(..end));
        for folder in std::iter::once(&b""[..]).chain(folders).map(ByteSlice::as_bstr) {
            if !self.read.insert(folder.to_owned()) {
                continue;
            }
            let mut file = folder.to_owned();
            file.extend_from_slice(if folder.is_empty() { b".gitattributes" } else { b"/.gitattributes" });
            if let Some(entry) = lookup(&self.objects, &self.tree, file.as_bstr())?
                && entry.mode.is_file()
            {
                self.attributes.add(folder, &self.objects.blob(&entry.id)?)?;
            }
        }
        let rules = self.attributes.effective(path);
        let rules: Vec<&str> = rules.split(' ').filter(|rule| !rule.is_empty()).collect();
        if rules.contains(&"filter=lfs") {
            return Ok(Conversion::Lfs);
        }
        let is_text = |rule: &&str| {
            *rule == "text"
                || *rule == "crlf"
                || ["text=", "eol=", "crlf="].iter().any(|name| rule.starts_with(name))
        };
        let is_binary = rules.contains(&"-text");
        let is_text = rules.iter().any(is_text) || autocrlf && !rules.contains(&"-crlf");
        Ok(if is_text && !is_binary { Conversion::LineEndings } else { Conversion::None })
    }
}

/// The SHA-256 that an LFS pointer names.
pub(super) fn lfs_oid(pointer: &[u8]) -> Option<String> {
    let text = pointer.get(..pointer.len().min(1024))?.to_str().ok()?;
    text.starts_with("version https://git-lfs.github.com/spec/")
        .then(|| text.lines().find_map(|line| line.strip_prefix("oid sha256:")))
        .flatten()
        .map(str::to_owned)
}

pub(super) fn sha256(file: &Path) -> std::io::Result<String> {
    let (mut file, mut hash) = (File::open(file)?, Sha256::new());
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            length => hash.update(buffer.get(..length).unwrap_or_default()),
        }
    }
}
