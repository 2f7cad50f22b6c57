//! Lists of tags to put on images that are there: read, checked, judged. StarlingX keeps such lists in YAML, one entry an
//! image; imgplan's own form is TOML.
//!
//! Pure: files' texts become [`Entry`]s ([`list`]), registries' answers become [`Verdict`]s ([`judge`]), and both become
//! a [`Report`]. It must not know how a registry is asked, nor how a report is printed.

pub mod judge;
pub mod list;
pub mod names;
pub mod report;
mod single;
mod source_ref;
mod target;
mod toml;
mod value;
mod yaml;

use std::fmt;

use serde::Serialize;

use crate::error::Place;
use crate::reference::{Digest, Repository, Tag};

pub use judge::{Finding, Verdict};
pub use report::Report;
pub use single::single;
pub use source_ref::SourceRef;

/// One tag to put: of an image that is there, to a tag that shall be at it. An entry of a file with several tags becomes
/// several of these.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where the target tag is written.
    pub place: Place,
    /// Where the image is.
    pub from: Repository,
    /// Which image of that repository.
    pub source: Source,
    /// Where the tag shall be.
    pub to: Repository,
    /// The tag.
    pub tag: Tag,
    /// What the list says the image was built from.
    pub source_ref: Option<SourceRef>,
}

impl Entry {
    /// The target as a reference: `repository:tag`.
    pub fn target(&self) -> String {
        self.to.tagged(&self.tag)
    }

    /// The source as a reference, or in words where it is a commit.
    pub fn origin(&self) -> String {
        match &self.source {
            Source::Tag(tag) => self.from.tagged(tag),
            Source::Digest(digest) => self.from.at(digest),
            Source::Commit(commit) => format!("{} of commit {commit}", self.from),
        }
    }
}

/// Which image of a repository is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The one under this tag.
    Tag(Tag),
    /// This very one.
    Digest(Digest),
    /// The one of this commit, as `imgplan resolve` finds it; anything that git resolves.
    Commit(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Tag(tag) => tag.fmt(f),
            Source::Digest(digest) => digest.fmt(f),
            Source::Commit(commit) => write!(f, "commit {commit}"),
        }
    }
}

/// What a run does besides reading and judging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Puts the tags.
    Promote,
    /// Shows the tags that would be put.
    DryRun,
    /// The same for a review: what the list says of images that are there already is looked at, too.
    Check,
}
