//! What becomes of a build when another pipeline's image of the same commit was there first. The commit tag is written
//! once, so it stays where it is; with an equal mark there, that image is this commit's, too.
//!
//! Only for layouts, where imgplan sets the tags: on a registry the builder has pushed them already.

use crate::commands::inspect::{self, Question};
use crate::commands::publish;
use crate::error::{Error, Kind, Result};
use crate::lookup::{Lookup, Manifest};
use crate::plan::Image;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Registry};

/// Whether the commit tag of a layout is not there yet; to be asked before the build.
pub(super) async fn is_open(registry: &Registry, image: &Image, commit_tag: &Tag) -> Result<bool> {
    match image.repository {
        Repository::Layout { .. } => Ok(at(registry, image, commit_tag).await?.is_none()),
        Repository::Remote { .. } => Ok(false),
    }
}

/// The image that came to be under the commit tag while another was built, if it has the same mark; a conflict if it
/// has not.
pub(super) async fn find(
    registry: &Registry,
    image: &Image,
    commit_tag: &Tag,
    built: &Digest,
) -> Result<Option<Manifest>> {
    let Some(other) = at(registry, image, commit_tag).await?.filter(|other| other != built) else {
        return Ok(None);
    };
    let question = Question { mark: true, ..Question::default() };
    match inspect::inspect(registry, &image.repository, &other, question).await {
        Lookup::Found(read) if read.details.mark.as_ref() == Some(&image.content_hash) => {
            Ok(Some(read.manifest))
        }
        Lookup::Found(_) | Lookup::Missing => {
            let reference = image.repository.tagged(commit_tag);
            let text = format!(
                "{reference} came to be at {other} while {} was built, and that has no mark of the same content",
                image.name
            );
            let error = Error::new(Kind::Conflict, text);
            Err(error.hint(format!("find out who pushed it; --move-tag {commit_tag} overrides it")))
        }
        Lookup::Unknown(error) => Err(error),
    }
}

/// Leaves the commit tag with the other image, and points the build's other tags at it, too.
pub(super) async fn keep(
    registry: &Registry,
    image: &mut Image,
    tags: &[Tag],
    commit_tag: &Tag,
    other: Manifest,
) -> Result<()> {
    for tag in tags.iter().filter(|tag| *tag != commit_tag) {
        publish::put(registry, image, tag, &other).await?;
    }
    publish::content_tag(registry, image, &other, false).await?;
    publish::settle(image, other.digest, tags);
    image.reason = format!("built, but another pipeline's build got {commit_tag} first, and keeps it");
    Ok(())
}

async fn at(registry: &Registry, image: &Image, tag: &Tag) -> Result<Option<Digest>> {
    match registry.head(&image.repository, Name::Tag(tag)).await {
        Lookup::Found(there) => Ok(Some(there.digest)),
        Lookup::Missing => Ok(None),
        Lookup::Unknown(error) => Err(error),
    }
}
