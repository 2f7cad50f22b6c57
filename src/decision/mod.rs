//! From answers to an action with a reason: the one place where it is decided.
//!
//! A pure function over values: what is wanted, what the registry said, what the policy is. It must not know
//! how answers were got, what time it is, or how a decision is shown. The values are here, the rules in `rules`.

mod earlier;
mod marks;
mod outcome;
mod rules;
mod tagging;
mod trusted;
mod worth;

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{OnUnknown, Verify};
use crate::error::Error;
use crate::lookup::Lookup;
use crate::reference::{Digest, Platform, Repository, Tag};
use crate::tags::class::Classes;

pub use earlier::{Earlier, Nearest, Sibling};
pub use rules::decide;
pub use tagging::{Once, Taken};
pub use trusted::Trusted;

/// What the plan wants for one image.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// The content hash, 64 hex digits, which is the mark.
    pub content_hash: &'a str,
    /// The content tag.
    pub content_tag: &'a Tag,
    /// The content tag of a run without a scope, under which other repositories have it.
    pub unscoped_tag: &'a Tag,
    /// The commit's own tag, if there are commit tags.
    pub commit_tag: Option<&'a Tag>,
    /// Platforms that the image must have; empty: not looked at.
    pub platforms: &'a [Platform],
    /// Oldest `created` that is still good, seconds since the epoch.
    pub not_before: Option<i64>,
    /// Write-once tags that may move this once.
    pub may_move: &'a BTreeSet<String>,
    /// Which tags expire; all others are to last.
    pub classes: &'a Classes,
    /// A rebuild was asked for: by whom, for the reason.
    pub forced: Option<&'a str>,
    /// The commit, where its own message asks for a build of it, and what the reason says then.
    pub by_commit: Option<(&'a str, &'a str)>,
    /// A parent that is built again for a reason that no hash shows.
    pub parent_rebuilt: Option<&'a str>,
    /// Why the base image counts as moved, if it does.
    pub base_moved: Option<&'a str>,
    /// Images that stand on a parent which was built again since, each with what the reason says then.
    pub outdated: &'a BTreeMap<Digest, String>,
}

/// How much trust and which rules.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// `on-unknown`
    pub on_unknown: OnUnknown,
    /// `verify`
    pub verify: Verify,
    /// `adopt`
    pub adopt: bool,
}

/// One image that a tag points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The manifest's digest.
    pub digest: Digest,
    /// What was read of it; `None` where nothing had to be.
    pub details: Option<Details>,
}

/// What an image says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// `dev.imgplan.content-hash`, of the annotation, else of the label.
    pub mark: Option<String>,
    /// Whether the label was looked at, too, so that no mark means that there is none.
    pub mark_read: bool,
    /// `org.opencontainers.image.created`, seconds since the epoch; else the configuration's `created`.
    pub created: Option<i64>,
    /// The configuration's own `created`, seconds since the epoch, if it was read: when the image was made, whatever its
    /// annotation says of the commit.
    pub made: Option<i64>,
    /// Platforms that are listed and there.
    pub platforms: Vec<Platform>,
    /// The base images that it says it was built on, as recorded.
    pub bases: Option<String>,
    /// The parents that it says it was built on, as recorded.
    pub parents: Option<String>,
    /// Whether it says that it was built although the content was there.
    pub rebuilt: bool,
    /// `org.opencontainers.image.revision`: the commit that it says it was built at.
    pub revision: Option<String>,
    /// The address of what it was built from, where it was asked for.
    pub source: Option<String>,
    /// `quay.expires-after`, where it was asked for: how long the registry keeps what is tagged with this image.
    pub expires_after: Option<String>,
}

/// What the registry said.
#[derive(Debug)]
pub struct Answers {
    /// Under the content tag.
    pub content: Lookup<Image>,
    /// Under the content tag of a run without a scope; `Missing` where this run has none.
    pub trusted: Lookup<Trusted>,
    /// Under the commit tag; `Missing` where there are no commit tags.
    pub commit: Lookup<Image>,
    /// Under each write-once tag that is wanted besides.
    pub once: Vec<Once>,
    /// The image under a write-once tag that names this commit, other than the commit tag; asked only where neither the
    /// content nor the commit has one by its own.
    pub own: Lookup<(Tag, Image)>,
    /// Under each floating tag.
    pub floating: Vec<(Tag, Lookup<Digest>)>,
    /// Under the content tag in another configured repository; asked only where the others are missing.
    pub elsewhere: Lookup<(Repository, Image)>,
    /// Images of other commits; looked for only where none of the others gives one.
    pub earlier: Option<Earlier>,
    /// Why it is not known which tags of a wanted shape there are, where that was so.
    pub unlisted: Option<Error>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Every wanted tag is there.
    UpToDate,
    /// The image is there, tags are missing.
    Retag,
    /// No usable image is there.
    Build,
    /// A rule excludes the ref.
    Skip,
    /// A write-once tag is elsewhere.
    Conflict,
    /// The registry could not answer.
    Unknown,
}

impl Answers {
    /// Nothing is there.
    pub fn nothing() -> Answers {
        Answers {
            content: Lookup::Missing,
            trusted: Lookup::Missing,
            commit: Lookup::Missing,
            once: Vec::new(),
            own: Lookup::Missing,
            floating: Vec::new(),
            elsewhere: Lookup::Missing,
            earlier: None,
            unlisted: None,
        }
    }

    /// Every image that may be the one that is used.
    pub fn images_mut(&mut self) -> impl Iterator<Item = &mut Image> {
        let Answers { content, trusted, commit, own, elsewhere, earlier, .. } = self;
        let same = earlier.iter_mut().flat_map(|earlier| &mut earlier.same).map(|sibling| &mut sibling.image);
        let named = own.found_mut().map(|(_, image)| image);
        let other = elsewhere.found_mut().map(|(_, image)| image);
        let trusted = trusted.found_mut().map(|trusted| &mut trusted.image);
        let all = [content.found_mut(), commit.found_mut(), trusted, named, other];
        all.into_iter().flatten().chain(same)
    }

    /// The image under the commit's own tag, else under another that names this commit.
    fn of_commit(&self) -> Option<&Image> {
        self.commit.found().or(self.own.found().map(|(_, image)| image))
    }
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 6] =
        [Action::UpToDate, Action::Retag, Action::Build, Action::Skip, Action::Conflict, Action::Unknown];

    /// The word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::UpToDate => "up-to-date",
            Action::Retag => "retag",
            Action::Build => "build",
            Action::Skip => "skip",
            Action::Conflict => "conflict",
            Action::Unknown => "unknown",
        }
    }
}

/// How the image was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Under its content tag.
    Content,
    /// Under a commit tag.
    Commit,
    /// In another configured repository.
    Repository,
}

impl How {
    /// Every way.
    pub const ALL: [How; 3] = [How::Content, How::Commit, How::Repository];

    /// The word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            How::Content => "content",
            How::Commit => "commit",
            How::Repository => "repository",
        }
    }
}

/// Where a retag's image was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct From {
    /// How.
    pub how: How,
    /// The other repository, from which it must be copied; `None` for the image's own.
    pub repository: Option<Repository>,
    /// Under which tag.
    pub tag: Tag,
}

/// An action with everything that follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What is to be done.
    pub action: Action,
    /// One sentence that a person can act on.
    pub reason: String,
    /// The image that the commit has or gets.
    pub digest: Option<Digest>,
    /// For a retag: how, in which other repository and under which tag the image was found.
    pub from: Option<From>,
    /// Wanted tags that are not there, floating ones that are elsewhere included; never the content tag.
    pub missing: Vec<Tag>,
    /// Whether the content tag is to be set with them.
    pub set_content_tag: bool,
    /// Whether a rebuild is wanted for a reason that no hash shows, so that children follow.
    pub rebuild: bool,
    /// Nothing was found under this content, so that another commit's image is worth a look.
    pub nothing_found: bool,
    /// For a conflict: the tag that is elsewhere, where it is about one.
    pub taken: Option<Taken>,
    /// Sentences besides the reason.
    pub notes: Vec<String>,
}

impl Decision {
    fn new(action: Action, reason: impl Into<String>) -> Decision {
        Decision {
            action,
            reason: reason.into(),
            digest: None,
            from: None,
            missing: Vec::new(),
            set_content_tag: false,
            rebuild: false,
            nothing_found: false,
            taken: None,
            notes: Vec::new(),
        }
    }

    /// A write-once tag is at another image than this one, which it should be at.
    fn taken(taken: Taken) -> Decision {
        let Taken { tag, at, wanted } = &taken;
        let reason = format!(
            "{tag} is at {at} already, the image with these inputs is {wanted}; --move-tag {tag} moves it"
        );
        Decision {
            digest: Some(wanted.clone()),
            taken: Some(taken),
            ..Decision::new(Action::Conflict, reason)
        }
    }

    /// A rule excludes this ref.
    pub fn skip(reason: impl Into<String>) -> Decision {
        Decision::new(Action::Skip, reason)
    }
}

#[cfg(test)]
mod tests;
