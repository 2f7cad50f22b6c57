//! Asks a registry for one image of one commit, and what that image says of itself.

use crate::commands::inspect::{self, Question};
use crate::commands::resolve::subjects::{By, Subject};
use crate::decision::Details;
use crate::error::{Error, Kind};
use crate::lookup::Lookup;
use crate::reference::{Digest, Tag};
use crate::registry::{Name, Registry};

/// How an image was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Via {
    /// Under the commit's own tag.
    CommitTag,
    /// Under the tag of its content.
    ContentTag,
    /// Under the tag of this other commit, whose content hash is the same.
    Other(String),
    /// By the pin.
    Pin,
}

/// An image of a commit.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// What was asked for.
    pub(super) subject: Subject,
    /// The image.
    pub(super) digest: Digest,
    /// Under which tag it was found; none for a pinned digest.
    pub(super) tag: Option<Tag>,
    /// How.
    pub(super) via: Via,
    /// What it says of itself, if that was asked.
    pub(super) details: Option<Details>,
    /// Sentences besides.
    pub(super) notes: Vec<String>,
}

/// One answer.
pub(super) enum Answer {
    /// It is there.
    Found(Box<Found>),
    /// None of its tags is.
    Missing,
    /// It could not be answered, or the pin leads nowhere.
    Failed(Error),
}

/// Looks for one image by its tags.
pub(super) async fn ask(registry: &Registry, subject: &Subject) -> Answer {
    let head = async |tag: Option<&Tag>| match tag {
        Some(tag) => registry.head(&subject.repository, Name::Tag(tag)).await,
        None => Lookup::Missing,
    };
    let (commit_tag, content_tag) = match &subject.by {
        By::Pin(pin) => return pinned(registry, subject, pin).await,
        By::CommitTag(tag) => (Some(tag), None),
        By::Content { commit_tag, content_tag, .. } => (commit_tag.as_ref(), Some(content_tag)),
    };
    let (commit, content) = tokio::join!(head(commit_tag), head(content_tag));
    let (digest, tag, via, note) = match (commit, content) {
        (Lookup::Unknown(error), _) | (_, Lookup::Unknown(error)) => return Answer::Failed(error),
        (Lookup::Found(commit), content) => {
            let other = content.found().filter(|content| content.digest != commit.digest);
            let shown = |tag: Option<&Tag>| tag.map(Tag::to_string).unwrap_or_default();
            let note = other.map(|content| {
                let (commit_tag, content_tag) = (shown(commit_tag), shown(content_tag));
                format!("{commit_tag} is at {}, {content_tag} at {}", commit.digest, content.digest)
            });
            (commit.digest, commit_tag, Via::CommitTag, note)
        }
        (_, Lookup::Found(content)) => (content.digest, content_tag, Via::ContentTag, None),
        (_, _) => return Answer::Missing,
    };
    let notes = note.into_iter().collect();
    let (subject, tag) = (subject.clone(), tag.cloned());
    Answer::Found(Box::new(Found { subject, digest, tag, via, details: None, notes }))
}

async fn pinned(registry: &Registry, subject: &Subject, pin: &Result<Tag, Digest>) -> Answer {
    let name = match pin {
        Ok(tag) => Name::Tag(tag),
        Err(digest) => Name::Digest(digest),
    };
    match registry.head(&subject.repository, name).await {
        Lookup::Unknown(error) => Answer::Failed(error),
        Lookup::Missing => {
            let pin = subject.pin.as_deref().unwrap_or_default();
            let error = Error::new(
                Kind::NotFound,
                format!("{} is pinned to {pin}, which is not there", subject.asked),
            );
            Answer::Failed(error.hint("without --pin the commit's own image is resolved"))
        }
        Lookup::Found(there) => Answer::Found(Box::new(Found {
            subject: subject.clone(),
            digest: there.digest,
            tag: pin.as_ref().ok().cloned(),
            via: Via::Pin,
            details: None,
            notes: Vec::new(),
        })),
    }
}

/// Reads what an image says of itself. That it cannot be read is said, and changes nothing.
pub(super) async fn explain(registry: &Registry, mut found: Found) -> Found {
    if found.details.is_some() {
        return found;
    }
    let question = Question { mark: true, created: true, revision: true, ..Question::default() };
    match inspect::inspect(registry, &found.subject.repository, &found.digest, question).await {
        Lookup::Found(inspected) => found.details = Some(inspected.details),
        Lookup::Missing => found.notes.push("its manifest is not there any more".to_owned()),
        Lookup::Unknown(error) => {
            found.notes.push(format!("what it says of itself could not be read: {error}"));
        }
    }
    found
}
