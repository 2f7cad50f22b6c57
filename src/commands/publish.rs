//! What stands in the repository after a build: the pushed tags looked at, the content tag set.
//!
//! A builder's word that it pushed is not taken; what another pipeline wrote first is not overwritten. What then becomes
//! of this run's build is for `rival`.

use crate::commands::taken;
use crate::decision::Action;
use crate::error::{Error, Result};
use crate::lookup::{Lookup, Manifest};
use crate::plan::Image;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Put, Registry};
use crate::text::list;

/// The image under the first of the tags that a builder was given; all of them must be there. `None` where it was given
/// none.
pub(super) async fn pushed(registry: &Registry, image: &Image, tags: &[Tag]) -> Result<Option<Manifest>> {
    let Some((first, rest)) = tags.split_first() else { return Ok(None) };
    let manifest = match registry.manifest(&image.repository, Name::Tag(first)).await {
        Lookup::Found(manifest) => manifest,
        Lookup::Missing => return Err(not_pushed(image, first)),
        Lookup::Unknown(error) => return Err(error),
    };
    for tag in rest {
        match registry.head(&image.repository, Name::Tag(tag)).await {
            Lookup::Found(_) => {}
            Lookup::Missing => return Err(not_pushed(image, tag)),
            Lookup::Unknown(error) => return Err(error),
        }
    }
    Ok(Some(manifest))
}

/// The image that a build is to replace, where one was asked for though the content is the same. It is for a note alone,
/// so a registry that does not answer leaves it open.
pub(super) async fn before(registry: &Registry, image: &Image, rebuild: bool) -> Option<Digest> {
    if !rebuild {
        return None;
    }
    match registry.head(&image.repository, Name::Tag(&image.content_tag)).await {
        Lookup::Found(there) => Some(there.digest),
        Lookup::Missing | Lookup::Unknown(_) => None,
    }
}

fn not_pushed(image: &Image, tag: &Tag) -> Error {
    let reference = image.repository.tagged(tag);
    Error::unavailable(format!("{} was built, but {reference} is not there", image.name))
        .hint("the build must push every tag that it was given (IMGPLAN_TAGS)")
}

/// Sets the content tag, unless another pipeline's image got there first. A build that was asked for although the content
/// is the same moves it; where another such build moves it at that moment, the later of the two has it. The other's
/// digest, where it is that one's.
pub(super) async fn content_tag(
    registry: &Registry,
    image: &Image,
    manifest: &Manifest,
    rebuild: bool,
) -> Result<Option<Rival>> {
    let tag = image.content_tag.clone();
    let other = match registry.head(&image.repository, Name::Tag(&tag)).await {
        Lookup::Found(there) if there.digest == manifest.digest => return Ok(None),
        Lookup::Found(there) if !rebuild => there.digest,
        // Between this look and the write another pipeline may still be first.
        Lookup::Missing if !rebuild => match registry.put(&image.repository, &tag, manifest).await? {
            Put::Done => return Ok(None),
            Put::Elsewhere { digest: other, .. } => other,
        },
        Lookup::Found(_) | Lookup::Missing => match registry.put(&image.repository, &tag, manifest).await? {
            Put::Done => return Ok(None),
            Put::Elsewhere { digest, refusal: None } => {
                return Ok(Some(Rival { digest, how: "came after this one" }));
            }
            Put::Elsewhere { digest: other, refusal } => {
                return Err(elsewhere(registry, image, &tag, &other, manifest, refusal).await);
            }
        },
        Lookup::Unknown(error) => return Err(error),
    };
    Ok(Some(Rival { digest: other, how: FIRST }))
}

/// How a rival came to the content tag that this run saw missing.
pub(super) const FIRST: &str = "got there first";

/// Another build of the same content, which has the content tag.
pub(super) struct Rival {
    /// Where the content tag is.
    pub(super) digest: Digest,
    /// How it came there.
    pub(super) how: &'static str,
}

/// Sets a tag, and takes it for an error where it is elsewhere afterwards.
pub(super) async fn put(registry: &Registry, image: &Image, tag: &Tag, manifest: &Manifest) -> Result<()> {
    match registry.put(&image.repository, tag, manifest).await? {
        Put::Done => Ok(()),
        Put::Elsewhere { digest: other, refusal } => {
            Err(elsewhere(registry, image, tag, &other, manifest, refusal).await)
        }
    }
}

async fn elsewhere(
    registry: &Registry,
    image: &Image,
    tag: &Tag,
    other: &Digest,
    manifest: &Manifest,
    refusal: Option<Error>,
) -> Error {
    taken::elsewhere(registry, &image.repository, tag, other, &manifest.digest, refusal).await
}

/// A manifest that must be there.
pub(super) async fn expect(registry: &Registry, repository: &Repository, name: Name<'_>) -> Result<Manifest> {
    match registry.manifest(repository, name).await {
        Lookup::Found(manifest) => Ok(manifest),
        Lookup::Missing => Err(Error::unavailable(format!("the image is not in {repository}"))),
        Lookup::Unknown(error) => Err(error),
    }
}

/// Writes into the plan that the image is built.
pub(super) fn settle(image: &mut Image, digest: Digest, tags: &[Tag]) {
    image.action = Action::UpToDate;
    image.reason = format!("built and pushed as {}", list(tags));
    image.reference = Some(image.repository.at(&digest));
    image.digest = Some(digest);
    image.missing_tags.clear();
    image.build = None;
}

/// Writes into the plan that another build was asked for and the same image is there.
pub(super) fn say_unchanged(image: &mut Image) {
    let Some(digest) = &image.digest else { return };
    image.reason = format!("the build ended well, and the image is the same as before: {digest}");
    let note = "a new build was wanted, but the digest did not change: either the build gives the same image every time, \
                or it pushed nothing";
    image.warnings.push(note.to_owned().into());
}
