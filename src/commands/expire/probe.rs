//! Finds out what a registry does with a DELETE of a tag: whether the image and its other tags go with it.
//!
//! No answer tells, and no list of registries is ever whole, so it is tried: an index without images, which nobody needs,
//! is put under two tags of its own, one is deleted, and the other is asked for; then that one is deleted, too, and the
//! index is asked for by its digest. Names and bytes are this run's alone, so
//! that two runs at once cannot mislead each other. What an interrupted run left is cleared away by a later one. Nothing is
//! put where a DELETE of a tag that is not there is refused already: it could not be cleared away again.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use serde_json::json;

use crate::error::{Error, Result};
use crate::lookup::{Lookup, Manifest};
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Deleted, Name, Put, Registry};

const PREFIX: &str = "imgplan-probe-";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Seconds after which a probe's tag belongs to no run any more.
const STALE: i64 = 60 * 60;

/// What a DELETE of a tag does.
#[derive(Debug)]
pub(super) enum Way {
    /// The tag goes alone, and the image stays, also after its last tag.
    TagAlone,
    /// The tag goes alone, and the image with its last one (Amazon ECR).
    WithLastTag,
    /// The image goes, and all its tags.
    WithImage,
    /// It is refused.
    Refused(Error),
    /// It could not be found out.
    NotKnown(Error),
}

/// Whether a tag is one that only a probe puts.
pub(super) fn is_own(tag: &Tag) -> bool {
    time_of(tag).is_some()
}

/// Whether the run that put it has ended, as far as its age tells.
pub(super) fn is_left_over(tag: &Tag, now: i64) -> bool {
    time_of(tag).is_some_and(|time| time.saturating_add(STALE) < now)
}

/// When the probe was made: `imgplan-probe-<seconds>-<16 hex digits>-first` or `-second`.
fn time_of(tag: &Tag) -> Option<i64> {
    let mut parts = tag.as_str().strip_prefix(PREFIX)?.split('-');
    let (time, nonce, end) = (parts.next()?, parts.next()?, parts.next()?);
    let is_nonce = nonce.len() == 16 && nonce.bytes().all(|b| b.is_ascii_hexdigit());
    let whole = is_nonce && matches!(end, "first" | "second") && parts.next().is_none();
    time.parse().ok().filter(|_| whole)
}

/// Tries it. The second value are the probe's own tags that could not be deleted.
pub(super) async fn probe(registry: &Registry, repository: &Repository, now: i64) -> (Way, Vec<Tag>) {
    let name = format!("{PREFIX}{now}-{:016x}", RandomState::new().build_hasher().finish());
    let (Ok(first), Ok(second)) = (Tag::new(format!("{name}-first")), Tag::new(format!("{name}-second")))
    else {
        return (Way::NotKnown(Error::unavailable("the probe has no name")), Vec::new());
    };
    match registry.delete_tag(repository, &first).await {
        Ok(Deleted::Done) => {}
        Ok(Deleted::Refused(error)) => return (Way::Refused(error), Vec::new()),
        Err(error) => return (Way::NotKnown(error), Vec::new()),
    }
    let tried = try_it(registry, repository, [&first, &second], &name).await;
    let mut left = Vec::new();
    for tag in [first, second] {
        match registry.delete_tag(repository, &tag).await {
            Ok(Deleted::Done) => {}
            // What is not deleted here, a later run may delete.
            Ok(Deleted::Refused(_)) | Err(_) => left.push(tag),
        }
    }
    (tried.unwrap_or_else(Way::NotKnown), left)
}

async fn try_it(
    registry: &Registry,
    repository: &Repository,
    [first, second]: [&Tag; 2],
    name: &str,
) -> Result<Way> {
    let index = json!({
        "schemaVersion": 2, "mediaType": INDEX, "manifests": [], "annotations": { "dev.imgplan.probe": name },
    });
    let bytes = index.to_string().into_bytes();
    let manifest = Manifest { digest: Digest::of(&bytes), media_type: INDEX.to_owned(), bytes };
    for tag in [first, second] {
        if let Put::Elsewhere { digest, .. } = registry.put(repository, tag, &manifest).await? {
            return Err(Error::unavailable(format!("{} came to be at {digest}", repository.tagged(tag))));
        }
    }
    if let Deleted::Refused(error) = registry.delete_tag(repository, first).await? {
        return Ok(Way::Refused(error));
    }
    match registry.head(repository, Name::Tag(second)).await {
        Lookup::Found(_) => {}
        Lookup::Missing => return Ok(Way::WithImage),
        Lookup::Unknown(error) => return Err(error),
    }
    if let Deleted::Refused(error) = registry.delete_tag(repository, second).await? {
        return Err(error);
    }
    match registry.head(repository, Name::Digest(&manifest.digest)).await {
        Lookup::Found(_) => Ok(Way::TagAlone),
        Lookup::Missing => Ok(Way::WithLastTag),
        Lookup::Unknown(error) => Err(error),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_a_probes_own_tags_are_its_own() {
        let own = |text: &str| is_own(&Tag::new(text).unwrap());
        assert!(own("imgplan-probe-1704067200-00000000000000ff-first"));
        for other in [
            "imgplan-probe-1704067200-00000000000000ff-a",
            "imgplan-probe-1704067200-ff-first",
            "imgplan-probe-x-00000000000000ff-first",
            "imgplan-probe-1704067200-00000000000000ff-first-2days",
            "imgplan-probe",
        ] {
            assert!(!own(other), "{other}");
        }
        let tag = Tag::new("imgplan-probe-1704067200-00000000000000ff-second").unwrap();
        assert!(is_left_over(&tag, 1_704_067_200 + STALE + 1) && !is_left_over(&tag, 1_704_067_200 + STALE));
    }
}
