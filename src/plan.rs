//! The plan, version 1: the shape that others script against.
//!
//! A frozen public shape, not a dump of internals: fields are only ever added in version 1, and their order here
//! is their order in the JSON. Pure; it must not know how it is shown or where its values come from. `read` takes it
//! back.

mod read;

pub use read::read;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::decision::{Action, How};
use crate::error::Place;
use crate::reference::{Digest, Platform, Repository, Tag};

/// What would happen, or has happened, to each image of a commit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// Always 1.
    pub version: u32,
    /// Full commit id.
    pub commit: String,
    /// In dependency order, parents first.
    pub images: Vec<Image>,
}

impl Plan {
    /// The commit's first 7 characters, for people.
    pub fn short(&self) -> &str {
        self.commit.get(..7).unwrap_or(&self.commit)
    }
}

/// One image.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Image {
    /// Its name in the plan.
    pub name: String,
    /// What is to be done.
    #[serde(serialize_with = "action", deserialize_with = "read::action")]
    pub action: Action,
    /// One sentence that a person can act on.
    pub reason: String,
    /// 64 hex digits.
    pub content_hash: String,
    /// `content-` and the first 40 digits.
    pub content_tag: Tag,
    /// Where it lives.
    pub repository: Repository,
    /// The image that the commit has or gets; none if it must be built.
    pub digest: Option<Digest>,
    /// `repository@digest`
    pub reference: Option<String>,
    /// How a retag found its image.
    pub from: Option<From>,
    /// Wanted tags, without the content tag.
    pub tags: Vec<Tag>,
    /// Those that are not there; floating ones that are elsewhere, too.
    pub missing_tags: Vec<Tag>,
    /// Sentences.
    pub warnings: Vec<Warning>,
    /// Names of its parents in the plan's project.
    pub depends_on: Vec<String>,
    /// What a builder needs, where the action is `build`.
    pub build: Option<Build>,
    /// What a retag writes, the content tag included; empty for every other action.
    #[serde(default)]
    pub moves: Vec<Move>,
}

/// A sentence that a person should know, with the line that it is about where there is one. In JSON it is a string.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Warning {
    /// In the Dockerfile or the configuration.
    pub place: Option<Place>,
    /// The sentence.
    pub text: String,
}

impl Warning {
    /// A sentence about a line.
    pub fn at(place: Place, text: impl Into<String>) -> Warning {
        Warning { place: Some(place), text: text.into() }
    }
}

impl std::convert::From<String> for Warning {
    fn from(text: String) -> Warning {
        Warning { place: None, text }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.text)
    }
}

impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One tag that is to be written, and where it stood when the plan was made: whoever carries the plan out later can tell
/// whether it still holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The tag.
    pub tag: Tag,
    /// Where it was; null where it was not there.
    pub from: Option<Digest>,
    /// Where it goes.
    pub to: Digest,
}

/// Where a retag's image was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct From {
    /// `content`, `commit` or `repository`.
    #[serde(serialize_with = "how", deserialize_with = "read::how")]
    pub how: How,
    /// In which repository.
    pub repository: Repository,
    /// Under which tag.
    pub tag: Tag,
}

/// What a builder needs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Build {
    /// Folder from the repository's root, `.` for the root.
    pub context: String,
    /// Path from the repository's root.
    pub dockerfile: String,
    /// Stage to build; the last where null.
    pub target: Option<String>,
    /// Build arguments.
    pub args: BTreeMap<String, String>,
    /// What the Dockerfile names, to what it must be.
    pub contexts: BTreeMap<String, String>,
    /// Empty: the builder's own.
    pub platforms: Vec<Platform>,
    /// Whole references, all to be pushed; the content tag first.
    pub tags: Vec<String>,
    /// Labels to set.
    pub labels: BTreeMap<String, String>,
    /// Annotations to set.
    pub annotations: BTreeMap<String, String>,
    /// Images whose layers a builder may reuse.
    pub cache_from: Vec<String>,
    /// Another build of a content that is there already (forced, too old, its base moved): a builder's cache would give
    /// the same again.
    #[serde(default)]
    pub fresh: bool,
}

fn action<S: Serializer>(action: &Action, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(action.as_str())
}

fn how<S: Serializer>(how: &How, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(how.as_str())
}
