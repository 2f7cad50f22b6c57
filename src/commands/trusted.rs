//! In a scoped run, the image that a run without a scope has under the same content: asked for beside the scope's own.
//!
//! What it is worth is for `decision`. A run without a scope never gets here, so it never sees a scope's image.

use std::collections::BTreeMap;

use crate::commands::bases::{self, Base, Used};
use crate::commands::inspect::{self, Inspected, Question};
use crate::commands::subject::Subject;
use crate::decision::Trusted;
use crate::lookup::{Descriptor, Lookup};
use crate::reference::{Digest, Platform};
use crate::registry::{Name, Registry};

/// Whether it is there; missing where the run has no scope.
pub(super) async fn head(registry: &Registry, subject: &Subject) -> Lookup<Descriptor> {
    match &subject.trusted {
        None => Lookup::Missing,
        Some((tag, other)) => {
            registry.head(other.as_ref().unwrap_or(&subject.repository), Name::Tag(tag)).await
        }
    }
}

/// The same with what must be read of it.
pub(super) async fn details(
    registry: &Registry,
    subject: &Subject,
    head: Lookup<Descriptor>,
    question: Question,
    read: &mut BTreeMap<Digest, Inspected>,
) -> Lookup<Trusted> {
    let Some((tag, other)) = &subject.trusted else { return Lookup::Missing };
    let repository = other.as_ref().unwrap_or(&subject.repository);
    inspect::details(registry, repository, head, question, read).await.map(|image| Trusted {
        tag: tag.clone(),
        repository: other.clone(),
        image,
        base_moved: None,
        base_note: None,
    })
}

/// Compares the bases that it was built on with those of now.
pub(super) async fn check_bases(
    registry: &Registry,
    bases: &[Base],
    (subject, platforms): (&Subject, &[Platform]),
    trusted: &mut Lookup<Trusted>,
) {
    let Lookup::Found(found) = trusted else { return };
    let Some(details) = &found.image.details else { return };
    let used = Used {
        repository: found.repository.as_ref().unwrap_or(&subject.repository),
        digest: &found.image.digest,
        recorded: details.bases.as_deref(),
        platforms,
    };
    match bases::moved(registry, bases, used).await {
        Ok((moved, note)) => (found.base_moved, found.base_note) = (moved, note),
        Err(error) => *trusted = Lookup::Unknown(error),
    }
}
