//! Asks a registry for one image of one commit, and what that image says of itself.

use crate::commands::inspect::{self, Question};
use crate::commands::lists::Lists;
use crate::commands::resolve::subject::{By, Subject};
use crate::decision::Details;
use crate::error::{Error, Kind};
use crate::lookup::Lookup;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Registry};
use crate::tags::readback::Built;

/// How an image was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Via {
    /// Under the commit's own tag.
    CommitTag,
    /// Under the tag of its content.
    ContentTag,
    /// Under the tag of its content; the tag of its build, which other commits share, is the one that is shown.
    Build,
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
    /// What a tag of a build tells of it, where there are such tags.
    pub(super) built: Option<Built>,
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

/// Looks for one image by its tags: the commit's, then in a scoped run the trusted one of its content, then its own.
pub(super) async fn ask(registry: &Registry, lists: &Lists, subject: &Subject) -> Answer {
    let head = async |place: &Option<(Repository, Tag)>| match place {
        Some((repository, tag)) => registry.head(repository, Name::Tag(tag)).await,
        None => Lookup::Missing,
    };
    let (commit_tag, trusted, content_tag, reading) = match &subject.by {
        By::Pin(pin) => return pinned(registry, subject, pin).await,
        By::CommitTag(tag) => (Some(tag), None, None, None),
        By::CommitShape(reading) => (None, None, None, Some(reading)),
        By::Content { commit_tag, trusted, content_tag, reading, .. } => {
            (commit_tag.as_ref(), trusted.as_ref(), Some(content_tag), reading.as_ref())
        }
    };
    let own = |tag: Option<&Tag>| tag.map(|tag| (subject.repository.clone(), tag.clone()));
    let places = [own(commit_tag), trusted.cloned(), own(content_tag)];
    let [commit, trusted, content] = &places;
    let (commit, trusted, content) = tokio::join!(head(commit), head(trusted), head(content));
    let mut found = Vec::new();
    for (place, answer) in places.iter().zip([commit, trusted, content]) {
        match (place, answer) {
            (_, Lookup::Unknown(error)) => return Answer::Failed(error),
            (Some((repository, tag)), Lookup::Found(there)) => {
                found.push((repository.clone(), tag.clone(), there.digest));
            }
            (_, _) => {}
        }
    }
    let mut named = commit_tag.cloned();
    if let Some(reading) = reading.filter(|reading| reading.is_of_commit()) {
        match reading.commit_tag(registry, lists, &subject.repository).await {
            Ok(Some((tag, digest))) => {
                named = Some(tag.clone());
                found.insert(0, (subject.repository.clone(), tag, digest));
            }
            Ok(None) => {}
            Err(error) => return Answer::Failed(error),
        }
    }
    let Some((repository, tag, digest)) = found.first().cloned() else { return Answer::Missing };
    let via = if Some(&tag) == named.as_ref() { Via::CommitTag } else { Via::ContentTag };
    let other = found.iter().skip(1).find(|(_, _, other)| *other != digest);
    let note = other.map(|(_, other, at)| format!("{tag} is at {digest}, {other} at {at}"));
    let subject = Subject { repository, ..subject.clone() };
    let notes = note.into_iter().collect();
    let found = Found { subject, digest, tag: Some(tag), via, details: None, built: None, notes };
    Answer::Found(Box::new(found))
}

/// What the tags of builds tell of an image, where there are such tags. Where the commit tag is one, the image's is what the
/// plan of this commit wants.
pub(super) async fn read_back(registry: &Registry, lists: &Lists, mut found: Found) -> Found {
    let reading = match &found.subject.by {
        By::CommitShape(reading) => Some(reading),
        By::Content { reading, .. } => reading.as_ref(),
        By::CommitTag(_) | By::Pin(_) => None,
    };
    let Some(reading) = reading else { return found };
    // A trusted image is another run's, and so are its tags.
    let trusted = match (&found.subject.by, &found.tag) {
        (By::Content { trusted: Some((_, tag)), .. }, Some(at)) => tag == at,
        _ => false,
    };
    let reading = if trusted { reading.without_scope() } else { reading.clone() };
    if let Some(built) = found.tag.as_ref().and_then(|tag| reading.told(tag)) {
        found.built = Some(built);
        return found;
    }
    let revision = found.details.as_ref().and_then(|details| details.revision.as_deref());
    let at = (&found.subject.repository, &found.digest);
    match reading.built(registry, lists, at, revision).await {
        Ok(Some(built)) => {
            if reading.is_of_commit() && found.via == Via::ContentTag {
                found.tag = Some(built.tag.clone());
                found.via = Via::Build;
            }
            found.built = Some(built);
        }
        Ok(None) => {}
        Err(error) => found.notes.push(format!("when it was built could not be read from its tags: {error}")),
    }
    found
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
            built: None,
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
