//! A tag that is at another image than the one that is to get it: one sentence for every command, with both digests and
//! when each was made.
//!
//! It reads the two images, and only for that sentence. A time that cannot be read is said to be that, and is no reason
//! for another status. It must not know what the caller would do to move the tag: the caller adds the option that names
//! it as a hint.

use jiff::Timestamp;

use crate::commands::inspect::{self, Question};
use crate::error::{Error, Kind};
use crate::lookup::Lookup;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::Registry;

/// A write-once tag that is at another digest: the error of a finding, without a hint.
pub(super) async fn taken(
    registry: &Registry,
    repository: &Repository,
    tag: &Tag,
    at: &Digest,
    wanted: &Digest,
) -> Error {
    taken_from(registry, repository, tag, at, repository, wanted).await
}

/// The same where the wanted image is still in another repository.
pub(super) async fn taken_from(
    registry: &Registry,
    repository: &Repository,
    tag: &Tag,
    at: &Digest,
    source: &Repository,
    wanted: &Digest,
) -> Error {
    let there = shown(registry, repository, at).await;
    let wanted = shown(registry, source, wanted).await;
    let reference = repository.tagged(tag);
    Error::new(Kind::Conflict, format!("{reference} is written once: it is at {there}, and not at {wanted}"))
}

/// A tag that was to be put and is elsewhere: the registry refused, or another was first.
pub(super) async fn elsewhere(
    registry: &Registry,
    repository: &Repository,
    tag: &Tag,
    at: &Digest,
    wanted: &Digest,
    refusal: Option<Error>,
) -> Error {
    let there = shown(registry, repository, at).await;
    let wanted = shown(registry, repository, wanted).await;
    let reference = repository.tagged(tag);
    let text = match refusal {
        Some(_) => format!("{reference} is at {there}, and the registry refuses to put it at {wanted}"),
        None => format!("{reference} came to be at {there} while it was to be put at {wanted}"),
    };
    let error = Error::new(Kind::Conflict, text);
    match refusal {
        Some(refusal) => {
            let kept = "an immutable or protected tag stays where it is, whatever option names it: take another tag, or \
                        change the registry's rule";
            error.hint(kept).caused_by(refusal)
        }
        None => error.hint("another pipeline was first: run again"),
    }
}

/// A digest, and when its image was made: `sha256:… (made 2026-01-02T03:04:05Z)`.
async fn shown(registry: &Registry, repository: &Repository, digest: &Digest) -> String {
    let question = Question { created: true, ..Question::default() };
    let made = match inspect::inspect(registry, repository, digest, question).await {
        Lookup::Found(read) => {
            let time = read.details.created.and_then(|seconds| Timestamp::from_second(seconds).ok());
            time.map_or_else(|| "it does not say when it was made".to_owned(), |time| format!("made {time}"))
        }
        Lookup::Missing => format!("not in {repository} any more"),
        Lookup::Unknown(error) => format!("when it was made cannot be read: {error}"),
    };
    format!("{digest} ({made})")
}
