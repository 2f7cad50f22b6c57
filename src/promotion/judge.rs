//! What registries answered, and what follows for an entry. A list's tags are written once: a target at another image
//! is a finding, and moves only where that was asked for by name.

#[cfg(test)]
mod tests;

use super::source_ref::Compared;
use super::{Entry, Mode};
use crate::error::Place;
use crate::reference::{Digest, Tag};
use crate::tags::expiry::Expiry;

/// Where a reference leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To this image.
    Found(Digest),
    /// Nowhere: the registry itself said so.
    Missing,
    /// That is not known; why stands here in a sentence, and whole where it is reported.
    Unknown(String),
}

/// What an image says of itself, as far as a list asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// When it was made, seconds since the epoch.
    pub created: Option<i64>,
    /// The commit that it was built at.
    pub revision: Option<String>,
    /// The address of what it was built from.
    pub source: Option<String>,
    /// `quay.expires-after`: the registry takes every tag of this image away so long after it was put.
    pub expires_after: Option<String>,
}

/// How an entry came to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// It stands in a list. Lists outlive what they are about: a source that is gone is nothing wrong.
    Listed,
    /// It was typed (`--from`): its source is there, or the one who typed it was mistaken.
    Typed,
    /// `--repush` names it: the same, and its tag may move.
    Moves,
}

/// What the first answers tell of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// All there is to know.
    Settled(Verdict),
    /// The tag is at the image already.
    There(Digest),
    /// The tag is to be put, where it is at another image, over that.
    Put(Move),
    /// The tag is at another image.
    Elsewhere {
        /// Where it is.
        at: Digest,
        /// Where it should be.
        wanted: Digest,
    },
}

/// A tag to put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The image.
    pub digest: Digest,
    /// Where the tag is, if it is there.
    pub over: Option<Digest>,
}

/// What follows for an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The tag is at the image already.
    There(Digest),
    /// The tag is there, and its source is not: whether they were the same cannot be told.
    NotVerifiable(Digest),
    /// The tag is to be put.
    Put(Move),
    /// The tag was put.
    Done {
        /// Where.
        put: Move,
        /// Tags of what is attached to the image, which were put with it in another repository.
        attached: Vec<Tag>,
    },
    /// Something is wrong with the entry; nothing is put.
    Finding(Finding),
    /// The registry could not answer.
    Unknown(String),
}

/// An image and when it was made, as far as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The image.
    pub digest: Digest,
    /// Seconds since the epoch.
    pub created: Option<i64>,
}

/// What can be wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The tag is at another image.
    Elsewhere {
        /// Where it is.
        at: Version,
        /// Where the list says it should be.
        wanted: Version,
    },
    /// The source is not there, and the target is not either, or is to be put by name.
    NoSource {
        /// For a commit, what was looked for.
        why: Option<String>,
        /// Where the target is.
        at: Option<Digest>,
    },
    /// The list says that the image was built from another commit than the image says.
    SourceRef {
        /// The image.
        digest: Digest,
        /// The image's word.
        revision: String,
        /// Whether the tag is at that image already.
        there: bool,
    },
    /// The registry would take the tag away again.
    Expires {
        /// The image.
        digest: Digest,
        /// The time as it is written.
        after: String,
    },
    /// Another came first: when the tag was to be put it was at this image.
    Taken {
        /// The image that was to be there.
        digest: Digest,
        /// The other.
        at: Digest,
        /// What the registry said where it refused the write.
        refusal: Option<String>,
    },
    /// Another entry says the same.
    Twice(Place),
}

/// The first look at an entry: where its source and its target lead.
pub fn first(source: &Answer, target: &Answer, call: Call) -> Step {
    use Answer::{Found, Missing, Unknown};
    match (source, target) {
        (Unknown(why), _) | (_, Unknown(why)) => Step::Settled(Verdict::Unknown(why.clone())),
        (Missing, Found(at)) if call == Call::Listed => Step::Settled(Verdict::NotVerifiable(at.clone())),
        (Missing, Found(at)) => Step::Settled(no_source(Some(at.clone()))),
        (Missing, Missing) => Step::Settled(no_source(None)),
        (Found(digest), Missing) => Step::Put(Move { digest: digest.clone(), over: None }),
        (Found(digest), Found(at)) if digest == at => Step::There(at.clone()),
        (Found(digest), Found(at)) if call == Call::Moves => {
            Step::Put(Move { digest: digest.clone(), over: Some(at.clone()) })
        }
        (Found(wanted), Found(at)) => Step::Elsewhere { at: at.clone(), wanted: wanted.clone() },
    }
}

fn no_source(at: Option<Digest>) -> Verdict {
    Verdict::Finding(Finding::NoSource { why: None, at })
}

/// The images that must be read before the verdict: the entry's source, then its target.
pub fn to_read<'a>(entry: &Entry, step: &'a Step, mode: Mode) -> (Option<&'a Digest>, Option<&'a Digest>) {
    match step {
        Step::Settled(_) => (None, None),
        // Of what is there already nothing but a review asks more.
        Step::There(digest) => {
            (Some(digest).filter(|_| mode == Mode::Check && entry.source_ref.is_some()), None)
        }
        Step::Put(put) => (Some(&put.digest), None),
        Step::Elsewhere { at, wanted } => (Some(wanted), Some(at)),
    }
}

/// The verdict, with what the images of [`to_read`] said; `Err` tells why one could not be read.
pub fn second(
    entry: &Entry,
    step: Step,
    source: Option<&Result<Said, String>>,
    target: Option<&Result<Said, String>>,
) -> Verdict {
    let created = |said: Option<&Result<Said, String>>| said?.as_ref().ok()?.created;
    match (step, source) {
        (Step::Settled(verdict), _) => verdict,
        (Step::Elsewhere { at, wanted }, _) => Verdict::Finding(Finding::Elsewhere {
            at: Version { digest: at, created: created(target) },
            wanted: Version { digest: wanted, created: created(source) },
        }),
        (Step::There(_) | Step::Put(_), Some(Err(why))) => Verdict::Unknown(why.clone()),
        (Step::There(digest), None) => Verdict::There(digest),
        (Step::There(digest), Some(Ok(said))) => {
            untrue(entry, &digest, said, true).map_or(Verdict::There(digest), Verdict::Finding)
        }
        (Step::Put(put), None) => Verdict::Unknown(format!("{} was not read", put.digest)),
        (Step::Put(put), Some(Ok(said))) => {
            // A tag that says itself that it will go may go with its image.
            let durable = Expiry::of(entry.tag.as_str()).is_none();
            let expires = said.expires_after.clone().filter(|_| durable);
            let expires = expires.map(|after| Finding::Expires { digest: put.digest.clone(), after });
            expires
                .or_else(|| untrue(entry, &put.digest, said, false))
                .map_or(Verdict::Put(put), Verdict::Finding)
        }
    }
}

/// Whether the list says of the image's source what the image does not.
fn untrue(entry: &Entry, digest: &Digest, said: &Said, there: bool) -> Option<Finding> {
    let revision = said.revision.as_deref();
    let compared = entry.source_ref.as_ref()?.compare(revision, said.source.as_deref());
    let revision = revision.filter(|_| compared == Compared::Different)?.to_owned();
    Some(Finding::SourceRef { digest: digest.clone(), revision, there })
}
