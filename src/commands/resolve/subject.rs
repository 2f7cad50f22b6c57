//! One image that is asked for, and by what it is looked for. Values alone.

use crate::commands::shaped::Reading;
use crate::reference::{Digest, Repository, Tag};

/// One image of one commit.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    /// The commit as it was written on the command line.
    pub(super) asked: String,
    /// Its full id.
    pub(super) commit: String,
    /// The image's name.
    pub(super) name: String,
    /// Where it lives.
    pub(super) repository: Repository,
    /// By what it is looked for.
    pub(super) by: By,
    /// What the commit pins its sessions to.
    pub(super) pin: Option<String>,
}

/// By what an image is looked for.
#[derive(Debug, Clone)]
pub(super) enum By {
    /// The tags of a commit and its content.
    Content {
        commit_tag: Option<Tag>,
        /// In a scoped run, the content tag of a run without one and where it is; it goes before the scope's.
        trusted: Option<(Repository, Tag)>,
        content_tag: Tag,
        content_hash: String,
        /// Where tags tell of builds, how they are read.
        reading: Option<Reading>,
    },
    /// The commit tag alone: the commit itself is not here.
    CommitTag(Tag),
    /// The same where the commit tag tells of a build, so that it is looked for among all tags.
    CommitShape(Reading),
    /// A pin with this tag, or with this digest.
    Pin(Result<Tag, Digest>),
}
