//! Whether what a plan says of the registry is still so.

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
        }
        (Action::Retag, Some(digest)) => {
            if let Some(from) = &image.from {
                let there = at(registry.head(&from.repository, Name::Tag(&from.tag)).await)?;
                let from = (&from.repository, &from.tag);
                moved.extend(elsewhere(from, Some(digest), there.as_ref()));
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
