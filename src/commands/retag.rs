//! Retags: the identical manifest under the tags that are missing.

use std::collections::BTreeMap;

use crate::commands::inspect::{self, Inspected, Question};
use crate::commands::taken;
use crate::config::Verify;
use crate::decision::Action;
use crate::error::{Error, Kind, Result};
use crate::lookup::Lookup;
use crate::plan::{Image, Move, Warning};
use crate::reference::{Digest, Tag};
use crate::registry::{Put, Registry};
use crate::text::list;

/// Puts an image under the tags that its plan moves, copied first where it is in another repository. Where it fails, `image`
/// tells what stands: a tag that another got first is a conflict.
pub(super) async fn retag(
    registry: &Registry,
    image: &mut Image,
    read: &mut BTreeMap<Digest, Inspected>,
    verify: Verify,
) -> Result<()> {
    let Some(digest) = image.digest.clone() else { return Ok(()) };
    let inspected = match read.remove(&digest).filter(|inspected| inspected.details.mark_read) {
        Some(inspected) => inspected,
        None => {
            let inspected = inspect(registry, image, &digest).await?;
            image.warnings.extend(judge(image, &inspected, verify)?.map(Warning::from));
            inspected
        }
    };
    let from = image.from.as_ref().map(|from| &from.repository);
    if let Some(other) = from.filter(|other| **other != image.repository) {
        registry.copy(other, &image.repository, &inspected.manifest).await?;
    }
    let mut done = Vec::new();
    for Move { tag, .. } in image.moves.clone() {
        match registry.put(&image.repository, &tag, &inspected.manifest).await? {
            Put::Done => done.push(tag),
            Put::Elsewhere { digest: other, refusal } => {
                conflict(image, &tag, &digest, &other);
                let error =
                    taken::elsewhere(registry, &image.repository, &tag, &other, &digest, refusal).await;
                return Err(error);
            }
        }
        image.missing_tags.retain(|missing| done.last() != Some(missing));
    }
    let own = image.repository.clone();
    let from = image.from.take().map(|from| match from.repository == own {
        true => from.tag.to_string(),
        false => from.repository.tagged(&from.tag),
    });
    let from = from.unwrap_or_default();
    image.action = Action::UpToDate;
    image.moves.clear();
    let point = if done.len() == 1 { "points" } else { "point" };
    image.reason = format!("retagged from {from}: {} now {point} at it", list(&done));
    Ok(())
}

async fn inspect(registry: &Registry, image: &Image, digest: &Digest) -> Result<Inspected> {
    let question = Question { mark: true, ..Question::default() };
    let repository = image.from.as_ref().map_or(&image.repository, |from| &from.repository);
    match inspect::inspect(registry, repository, digest, question).await {
        Lookup::Found(inspected) => Ok(inspected),
        Lookup::Missing => Err(Error::unavailable(format!(
            "{} was there when the plan was made, and is not now",
            repository.at(digest)
        ))
        .hint("run again")),
        Lookup::Unknown(error) => Err(error),
    }
}

/// What the mark says: an error where it must be equal, else a note.
fn judge(image: &Image, inspected: &Inspected, verify: Verify) -> Result<Option<String>> {
    let reference = image.reference.as_deref().unwrap_or_default();
    let text = match inspected.details.mark.as_deref() {
        Some(mark) if mark == image.content_hash => return Ok(None),
        Some(mark) => format!("{reference} is marked with other content ({mark})"),
        None => format!("{reference} has no mark: that it was built from these inputs is its tag's word"),
    };
    match verify {
        Verify::Mark => Ok(Some(text)),
        Verify::Required => Err(Error::new(Kind::Conflict, text)
            .hint("verify = \"required\" refuses it; --force builds it again")),
    }
}

/// Writes into the plan that another got the tag first.
fn conflict(image: &mut Image, tag: &Tag, wanted: &Digest, other: &Digest) {
    image.action = Action::Conflict;
    image.from = None;
    image.moves.clear();
    image.reason = format!("{tag} came to be at {other} while it was to be put at {wanted}");
}

/// With what the registry said when it refused, if it did.
pub(super) fn caused_by(error: Error, refusal: Option<Error>) -> Error {
    match refusal {
        Some(refusal) => error.caused_by(refusal),
        None => error,
    }
}
