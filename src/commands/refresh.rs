//! `apply --refresh`: puts tags again that are where they should be, for registries that delete by the age of the last push.

use std::collections::BTreeMap;

use crate::commands::inspect::Inspected;
use crate::error::{Error, Kind, Result};
use crate::lookup::{Lookup, Manifest};
use crate::plan::{Image, Warning};
use crate::reference::{Digest, Tag};
use crate::registry::{Name, Put, Registry};
use crate::text::list;

/// Puts each of these tags again, with the identical bytes. One that has moved since is another's, and stays where it is.
pub(super) async fn refresh(
    registry: &Registry,
    image: &mut Image,
    tags: BTreeMap<Tag, Digest>,
    mut read: BTreeMap<Digest, Manifest>,
) -> Result<()> {
    let mut done = Vec::new();
    for (tag, digest) in tags {
        match registry.head(&image.repository, Name::Tag(&tag)).await {
            Lookup::Found(there) if there.digest == digest => {}
            Lookup::Found(there) => {
                moved(image, &tag, &there.digest);
                continue;
            }
            Lookup::Missing => {
                let reference = image.repository.tagged(&tag);
                return Err(Error::unavailable(format!("{reference} was there a moment ago, and is gone"))
                    .hint("the registry may be clearing it away: run again"));
            }
            Lookup::Unknown(error) => return Err(error),
        }
        if !read.contains_key(&digest) {
            let name = Name::Digest(&digest);
            match registry.manifest(&image.repository, name).await {
                Lookup::Found(manifest) => drop(read.insert(digest.clone(), manifest)),
                Lookup::Missing => {
                    let reference = image.repository.at(&digest);
                    return Err(Error::unavailable(format!("{reference} is tagged, but not there")));
                }
                Lookup::Unknown(error) => return Err(error),
            }
        }
        let Some(manifest) = read.get(&digest) else { continue };
        match registry.put(&image.repository, &tag, manifest).await? {
            Put::Done => done.push(tag),
            Put::Elsewhere { digest: other, refusal: None } => moved(image, &tag, &other),
            Put::Elsewhere { digest: other, refusal: Some(refusal) } => {
                let text = format!("{} is at {other} now, not at {digest}", image.repository.tagged(&tag));
                return Err(Error::new(Kind::Conflict, text).caused_by(refusal));
            }
        }
    }
    if !done.is_empty() {
        image.reason = format!("{}; {} put again", image.reason, list(&done));
    }
    Ok(())
}

fn moved(image: &mut Image, tag: &Tag, to: &Digest) {
    let text = format!("{tag} came to be at {to} meanwhile, and is left there");
    image.warnings.push(Warning::from(text));
}

/// The manifests that were read on the way.
pub(super) fn manifests(read: &BTreeMap<Digest, Inspected>) -> BTreeMap<Digest, Manifest> {
    read.iter().map(|(digest, inspected)| (digest.clone(), inspected.manifest.clone())).collect()
}
