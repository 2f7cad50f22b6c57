//! Wanted tags with a build's date or number in them: any tag of that shape on the image will do, so the repository's tags
//! are listed, and those of the shape are asked for until one is at the image. Only where such a tag is wanted.
//!
//! Whether it is enough is for `decision`. An image that has none gets one that tells when it was made and up to which
//! commit, as far as it says so itself; a new build tells now and this commit.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;

use crate::commands::CONCURRENT;
use crate::commands::inspect::{self, Inspected, Question};
use crate::commands::lists::Lists;
use crate::commands::subject::Subject;
use crate::decision::Image;
use crate::error::{Error, Result};
use crate::lookup::Lookup;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Registry};
use crate::tags::readback::{self, Candidate};
use crate::tags::{self, Known, Template};

mod given;
mod read;

pub(super) use given::{Asking, answer};
pub(super) use read::Reading;

/// A wanted tag of which only the shape is known.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// Its template.
    pub(super) template: Template,
    /// Its place among the wanted tags.
    pub(super) order: usize,
}

/// What is known of a tag of a shape that any commit and any time will do for.
pub(super) fn any<'a>(facts: &tags::Facts<'a>) -> Known<'a> {
    let Known { branch, git_tag, content_hash, scope, image, .. } = Known::from(facts);
    Known { branch, git_tag, content_hash, scope, image, ..Known::default() }
}

/// The first of the candidates that is at this image. One that could not be asked may be it, unless another is.
pub(super) async fn at_image(
    registry: &Registry,
    repository: &Repository,
    candidates: Vec<Candidate>,
    digest: &Digest,
) -> Result<Option<Candidate>> {
    let head = |one: Candidate| async move {
        let at = registry.head(repository, Name::Tag(&one.tag)).await;
        (one, at)
    };
    let mut unknown: Option<Error> = None;
    let mut candidates = candidates.into_iter();
    // The likeliest is mostly it: the others are asked only then.
    let first = futures_util::stream::iter(candidates.next().map(head)).buffered(1);
    let rest = futures_util::stream::iter(candidates.map(head)).buffered(CONCURRENT);
    let mut answers = std::pin::pin!(first.chain(rest));
    while let Some((candidate, at)) = answers.next().await {
        match at {
            Lookup::Found(there) if there.digest == *digest => return Ok(Some(candidate)),
            Lookup::Found(_) | Lookup::Missing => {}
            Lookup::Unknown(error) => unknown = unknown.or(Some(error)),
        }
    }
    match unknown {
        Some(error) => Err(error),
        None => Ok(None),
    }
}

/// The image under the newest tag of a wanted shape that names this commit: a builder that was killed left it.
pub(super) async fn own(
    registry: &Registry,
    lists: &Lists,
    subject: &Subject,
    question: Question,
    read: &mut BTreeMap<Digest, Inspected>,
) -> Lookup<(Tag, Image)> {
    let naming: Vec<&Shape> =
        subject.shapes.iter().filter(|shape| tags::names_commit(&shape.template)).collect();
    if naming.is_empty() {
        return Lookup::Missing;
    }
    let listed = match lists.of(registry, &subject.repository).await {
        Ok(listed) => listed,
        Err(error) => return Lookup::Unknown(error),
    };
    for shape in naming {
        let known = Known { sha: Some(&subject.facts.sha), ..any(&subject.facts.facts()) };
        for Candidate { tag, .. } in readback::of_shape(&shape.template, &known, &listed) {
            let head = registry.head(&subject.repository, Name::Tag(&tag)).await;
            match inspect::details(registry, &subject.repository, head, question, read).await {
                Lookup::Missing => {}
                answer => return answer.map(|image| (tag, image)),
            }
        }
    }
    Lookup::Missing
}
