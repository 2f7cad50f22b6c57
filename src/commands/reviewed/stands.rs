//! Whether what a plan says of the registry is still so.

use crate::commands::inspect::{self, Question};
use crate::decision::Action;
use crate::error::Result;
use crate::lookup::{Descriptor, Lookup};
use crate::plan::Image;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Registry};

/// What is not as it was when the plan was made; empty where all of it is.
pub(super) async fn stands(registry: &Registry, image: &Image) -> Result<Vec<String>> {
    let mut moved = Vec::new();
    match (image.action, &image.digest) {
        (Action::UpToDate, Some(digest)) => {
            let there = registry.head(&image.repository, Name::Digest(digest)).await;
            if at(there)?.is_none() {
                moved.push(format!("{} is not there any more", image.repository.at(digest)));
            }
            for tag in &image.tags {
                if at(registry.head(&image.repository, Name::Tag(tag)).await)?.is_none() {
                    moved.push(format!("{} is not there any more", image.repository.tagged(tag)));
                }
            }
        }
        (Action::Retag, Some(digest)) => {
            if let Some(from) = &image.from {
                let there = at(registry.head(&from.repository, Name::Tag(&from.tag)).await)?;
                moved.extend(elsewhere((&from.repository, &from.tag), Some(digest), there.as_ref()));
                if moved.is_empty() && image.moves.iter().any(|step| step.tag == image.content_tag) {
                    moved.extend(other_mark(registry, &from.repository, image, digest).await?);
                }
            }
            for step in &image.moves {
                let there = at(registry.head(&image.repository, Name::Tag(&step.tag)).await)?;
                if there.as_ref() != Some(&step.to) {
                    let tag = (&image.repository, &step.tag);
                    moved.extend(elsewhere(tag, step.from.as_ref(), there.as_ref()));
                }
            }
        }
        _ => {}
    }
    Ok(moved)
}

fn at(there: Lookup<Descriptor>) -> Result<Option<Digest>> {
    match there {
        Lookup::Found(there) => Ok(Some(there.digest)),
        Lookup::Missing => Ok(None),
        Lookup::Unknown(error) => Err(error),
    }
}

/// A mark of other content: under a content tag, whoever finds it would run the wrong image.
async fn other_mark(
    registry: &Registry,
    repository: &Repository,
    image: &Image,
    digest: &Digest,
) -> Result<Option<String>> {
    let question = Question { mark: true, ..Question::default() };
    match inspect::inspect(registry, repository, digest, question).await {
        Lookup::Found(read) => {
            let other = read.details.mark.filter(|mark| *mark != image.content_hash);
            Ok(other.map(|mark| format!("{} is marked with other content ({mark})", repository.at(digest))))
        }
        Lookup::Missing => Ok(Some(format!("{} is not there any more", repository.at(digest)))),
        Lookup::Unknown(error) => Err(error),
    }
}

/// A tag that does not stand where it stood.
fn elsewhere(
    (repository, tag): (&Repository, &Tag),
    then: Option<&Digest>,
    now: Option<&Digest>,
) -> Option<String> {
    let state =
        |at: Option<&Digest>| at.map_or_else(|| "not there".to_owned(), |digest| format!("at {digest}"));
    let tag = repository.tagged(tag);
    (then != now).then(|| format!("{tag} was {}, and is {} now", state(then), state(now)))
}
