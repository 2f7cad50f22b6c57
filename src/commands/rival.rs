//! What becomes of a build when another pipeline's image was there first.
//!
//! Of the same commit: the commit tag is written once, so it stays where it is; with an equal mark there, that image is this
//! commit's, too. That is only for layouts, where imgplan sets the tags: on a registry the builder has pushed them already.
//!
//! Of the same content: what the content tag is at stays, and the commit keeps its own image if that has the same mark.
//! Without one no later run could tell that the two are of the same content, so the commit takes the other image.

use crate::commands::inspect::{self, Question};
use crate::commands::publish::{self, Rival};
use crate::commands::retag;
use crate::error::{Error, Kind, Result};
use crate::lookup::{Lookup, Manifest};
use crate::plan::Image;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Put, Registry};
use crate::text::list;

/// The write-once tags of a layout that are not there yet; to be asked before the build. On a registry the builder sets
/// them.
pub(super) async fn open(registry: &Registry, image: &Image, write_once: Vec<Tag>) -> Result<Vec<Tag>> {
    let mut open = Vec::new();
    if let Repository::Layout { .. } = image.repository {
        for tag in write_once {
            if at(registry, image, &tag).await?.is_none() {
                open.push(tag);
            }
        }
    }
    Ok(open)
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
    // It has the mark.
    if let Some(rival) = publish::content_tag(registry, image, &other, false).await? {
        stays(image, &rival);
    }
    publish::settle(image, other.digest, tags);
    image.reason = format!("built, but another pipeline's build got {commit_tag} first, and keeps it");
    Ok(())
}

/// Leaves the content tag with the image that it is at. The one that this commit has then: its own, or that one.
pub(super) async fn yield_to(
    registry: &Registry,
    image: &mut Image,
    tags: &[Tag],
    rival: Rival,
    built: Manifest,
) -> Result<Digest> {
    if mark(registry, image, &built.digest).await?.0.as_ref() == Some(&image.content_hash) {
        stays(image, &rival);
        return Ok(built.digest);
    }
    let (other, manifest) = mark(registry, image, &rival.digest).await?;
    if other.is_some_and(|other| other != image.content_hash) {
        return Err(stuck(image, tags, &rival, "that is marked with other content", None));
    }
    for tag in tags {
        if let Put::Elsewhere { refusal, .. } = registry.put(&image.repository, tag, &manifest).await? {
            return Err(stuck(image, tags, &rival, &format!("{tag} could not be put there, too"), refusal));
        }
    }
    let (tag, Rival { digest, how }) = (&image.content_tag, rival);
    let note = format!(
        "{tag} is at {digest}: another build of the same content {how}, and is used for this commit, too, since the image \
         built here has no mark that says that it is of the same content"
    );
    image.warnings.push(note.into());
    Ok(digest)
}

fn stays(image: &mut Image, Rival { digest, how }: &Rival) {
    let end = if *how == publish::FIRST { ", and stays" } else { "" };
    let note = format!("{} is at {digest}: another build of the same content {how}{end}", image.content_tag);
    image.warnings.push(note.into());
}

fn stuck(image: &Image, tags: &[Tag], rival: &Rival, why: &str, refusal: Option<Error>) -> Error {
    let Rival { digest, how } = rival;
    let text = format!(
        "{}: {} is at {digest}: another build of the same content {how}; the image built here has no mark of it, and {why}",
        image.name, image.content_tag
    );
    let flags: Vec<String> = tags.iter().map(|tag| format!("--move-tag {tag}")).collect();
    let error = Error::new(Kind::Conflict, text)
        .hint(format!("once {} can be moved: imgplan apply {}", list(tags), flags.join(" ")))
        .hint("a builder that writes imgplan's labels (IMGPLAN_LABELS) is never in this place");
    retag::caused_by(error, refusal)
}

/// What an image that must be there says of its content, and the image.
async fn mark(registry: &Registry, image: &Image, digest: &Digest) -> Result<(Option<String>, Manifest)> {
    let question = Question { mark: true, ..Question::default() };
    match inspect::inspect(registry, &image.repository, digest, question).await {
        Lookup::Found(read) => Ok((read.details.mark, read.manifest)),
        Lookup::Missing => {
            Err(Error::unavailable(format!("{} is tagged, but not there", image.repository.at(digest)))
                .hint("run again"))
        }
        Lookup::Unknown(error) => Err(error),
    }
}

async fn at(registry: &Registry, image: &Image, tag: &Tag) -> Result<Option<Digest>> {
    match registry.head(&image.repository, Name::Tag(tag)).await {
        Lookup::Found(there) => Ok(Some(there.digest)),
        Lookup::Missing => Ok(None),
        Lookup::Unknown(error) => Err(error),
    }
}
