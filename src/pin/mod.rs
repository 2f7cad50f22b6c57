//! References to images in files that others read (values of Helm, manifests, compose files, `.ini` files, Dockerfiles):
//! where they stand, what they should be, and how the file looks afterwards.
//!
//! Pure: text in, places and edits out. A file is never written anew: only the bytes of a reference are replaced, and
//! [`proof`] reads the result again, and refuses it unless exactly the wanted values differ. It must not know which image
//! is right, nor who is asked.

mod dockerfile;
mod edit;
mod events;
mod ini;
mod judge;
mod kind;
pub mod patch;
pub mod proof;
pub mod report;
mod sharing;
mod walk;
mod yaml;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;

use std::ops::Range;

use crate::error::{Errors, Place};
use crate::reference::{Digest, ImageName, Tag};

pub use self::edit::{Edit, apply, edits};
pub use self::judge::{Finding, Presence, asks_for_tag, judge};
pub use self::kind::{Kind, detect};

/// How a value is written, and so how another is written in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As it is; never quoted (`.ini`, Dockerfile).
    Bare,
    /// YAML without quotes.
    Plain,
    /// YAML in `'`.
    Single,
    /// YAML in `"`.
    Double,
    /// YAML where nothing stands behind the colon: the range is empty.
    Nothing,
    /// It cannot be replaced; why.
    Fixed(&'static str),
}

/// A value where it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its bytes, quotes included.
    pub range: Range<usize>,
    /// What it says.
    pub value: String,
    /// How it is written.
    pub style: Style,
    /// The number of the parser's event (YAML), or of the entry (`.ini`, Dockerfile).
    pub(crate) event: usize,
}

/// The fields that a reference is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fields {
    /// `repository:tag@digest` in one value.
    Whole(Field),
    /// A repository with a tag, a digest or both beside it. Without a digest of its own, the tag holds it:
    /// `tag@digest`, which whoever joins them with a colon reads as it is meant.
    Apart {
        /// `tag`, `newTag`
        tag: Option<Field>,
        /// `digest`
        digest: Option<Field>,
    },
}

/// One reference to an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// 1-based line of what would change first.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// The keys that lead to it, for people: `spec.containers[0].image`.
    pub key: String,
    /// The repository as it is written, with its registry where one is.
    pub repository: String,
    /// The repository, completed.
    pub name: ImageName,
    /// The tag, as far as one is written.
    pub tag: Option<String>,
    /// The digest, as far as one is written.
    pub digest: Option<String>,
    /// What it is made of.
    pub fields: Fields,
}

impl Site {
    /// The reference in one piece, as it is written: `repository:tag@digest`.
    pub fn written(&self) -> String {
        joined(&self.repository, self.tag.as_deref(), self.digest.as_deref())
    }

    /// The same with another tag and digest, as it will be written.
    pub fn pinned(&self, wanted: &Wanted) -> String {
        let tag = match &self.fields {
            Fields::Apart { tag: None, .. } => None,
            _ => Some(wanted.tag.as_str()),
        };
        joined(&self.repository, tag, Some(wanted.digest.as_str()))
    }

    /// Where it stands.
    pub fn place(&self, file: &str) -> Place {
        let place = Place::line(file, self.line).column(self.column);
        if self.key.is_empty() { place } else { place.key(self.key.clone()) }
    }
}

fn joined(repository: &str, tag: Option<&str>, digest: Option<&str>) -> String {
    let mut text = repository.to_owned();
    tag.iter().for_each(|tag| text.extend([":", tag]));
    digest.iter().for_each(|digest| text.extend(["@", digest]));
    text
}

/// What a reference should say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// A tag of the image, for people.
    pub tag: Tag,
    /// The image.
    pub digest: Digest,
}

/// A place that names an image in a way that is not understood, and is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// Why, as a sentence; it may hold what the file holds.
    pub reason: String,
}

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// References, in the order of the file.
    pub sites: Vec<Site>,
    /// What is left as it is.
    pub left: Vec<Left>,
}

/// The byte order mark, which a file keeps.
const MARK: char = '\u{feff}';

/// Reads a file of a kind. Errors have the file's name, line and column.
pub fn read(file: &str, text: &str, kind: Kind) -> Result<Reading, Errors> {
    match kind {
        Kind::Renku | Kind::Ini => Ok(ini::read(text, kind)),
        Kind::Dockerfile => dockerfile::read(file, text),
        Kind::Helm | Kind::Kubernetes | Kind::Kustomize | Kind::Compose => walk::read(file, text, kind),
    }
}

/// `repository`, tag and digest of a reference as written; nothing is completed. `None` if it is no image's name.
fn split(text: &str) -> Option<(String, ImageName, Option<String>, Option<String>)> {
    let name = ImageName::parse_without_default(text)?;
    let mut repository = text;
    if let Some(digest) = &name.digest {
        repository = repository.strip_suffix(digest.as_str())?.strip_suffix('@')?;
    }
    if let Some(tag) = &name.tag {
        repository = repository.strip_suffix(tag.as_str())?.strip_suffix(':')?;
    }
    let (tag, digest) = (name.tag.clone(), name.digest.clone());
    Some((repository.to_owned(), ImageName { tag: None, digest: None, ..name }, tag, digest))
}

/// Lines and columns of byte offsets.
struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn of(text: &str) -> Lines {
        let behind = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Lines { starts: std::iter::once(0).chain(behind).collect() }
    }

    /// 1-based; the column in characters, the byte order mark not counted.
    fn place(&self, text: &str, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.wrapping_sub(1)).copied().unwrap_or_default();
        let before = text.get(start..offset).unwrap_or_default();
        (line, before.chars().filter(|c| *c != MARK).count() + 1)
    }
}
