//! One image that is asked about: what is wanted for it, and what was answered.
//!
//! Values alone. Who asks is `survey`, and for what it does not find `trusted` and `earlier`.

use std::collections::{BTreeMap, BTreeSet};

use crate::commands::bases::Base;
use crate::commands::inspect::Inspected;
use crate::decision::Answers;
use crate::lookup::{Descriptor, Lookup};
use crate::reference::{Digest, Repository, Tag};
use crate::tags::expiry::Expiry;

/// One image with all that is wanted for it.
#[derive(Debug)]
pub(super) struct Subject {
    /// Which image of the project.
    pub index: usize,
    /// Where it lives.
    pub repository: Repository,
    /// Where it is looked for, too.
    pub(super) look_in: Vec<Repository>,
    /// 64 hex digits.
    pub content_hash: String,
    /// Its content tag.
    pub content_tag: Tag,
    /// In a scoped run, the trusted content tag, and the repository that it is in if not this one.
    pub trusted: Option<(Tag, Option<Repository>)>,
    /// Its commit tag.
    pub commit_tag: Option<Tag>,
    /// Its floating tags.
    pub floating: Vec<Tag>,
    /// The commit, where its own message asks for a build of it, and what the reason says then.
    pub forced: Option<(String, String)>,
    /// Why nothing is to be done at all.
    pub skip: Option<String>,
    /// Whether it was asked for, and is not only looked up as the parent of one that was.
    pub wanted: bool,
}

impl Subject {
    /// Whether a tag that is to last would be put on this image: the commit's own, or a floating one.
    pub(super) fn writes_lasting(
        &self,
        may_move: &BTreeSet<String>,
        digest: &Digest,
        (commit, floating): (&Lookup<Descriptor>, &[(Tag, Lookup<Digest>)]),
    ) -> bool {
        let own = self.commit_tag.as_ref().filter(|tag| match commit {
            Lookup::Found(there) => there.digest != *digest && may_move.contains(tag.as_str()),
            Lookup::Missing | Lookup::Unknown(_) => true,
        });
        let elsewhere = floating.iter().filter(|(_, at)| at.found() != Some(digest)).map(|(tag, _)| tag);
        own.into_iter().chain(elsewhere).any(|tag| Expiry::of(tag.as_str()).is_none())
    }

    /// The content tag of a run without a scope.
    pub(super) fn unscoped_tag(&self) -> &Tag {
        self.trusted.as_ref().map_or(&self.content_tag, |(tag, _)| tag)
    }
}

/// What was asked about one image.
pub(super) struct Asked {
    pub(super) answers: Answers,
    pub(super) read: BTreeMap<Digest, Inspected>,
    pub(super) bases: Vec<Base>,
    /// Why the base counts as moved, and a note where that cannot be told.
    pub(super) moved: (Option<String>, Option<String>),
    /// Images that stand on a parent which was built again since, and what the reason says then.
    pub(super) outdated: BTreeMap<Digest, String>,
}
