//! What is attached to an image under tags made of its digest, as cosign keeps signatures, attestations and bills of
//! materials, and as OCI's fallback for referrers does. Such a tag is bound to the digest, which a copy keeps, but it lives
//! in the image's repository: a copy brings it along.

use crate::error::{Error, Result};
use crate::lookup::Lookup;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Registry};

/// What stands behind `sha256-HEX` in such a tag; nothing for the list of referrers.
const ENDINGS: [&str; 4] = [".sig", ".att", ".sbom", ""];

/// Copies what is attached to an image; the tags that were put. One that the target has already is its own, and stays.
pub(super) async fn copy(
    registry: &Registry,
    from: &Repository,
    to: &Repository,
    digest: &Digest,
) -> Result<Vec<Tag>> {
    let mut put = Vec::new();
    for ending in ENDINGS {
        let tag = Tag::new(format!("{}{ending}", digest.as_str().replace(':', "-")))?;
        let attached = match registry.head(from, Name::Tag(&tag)).await {
            Lookup::Found(attached) => attached,
            Lookup::Missing => continue,
            Lookup::Unknown(error) => return Err(error),
        };
        match registry.head(to, Name::Tag(&tag)).await {
            Lookup::Found(_) => continue,
            Lookup::Missing => {}
            Lookup::Unknown(error) => return Err(error),
        }
        let manifest = match registry.manifest(from, Name::Digest(&attached.digest)).await {
            Lookup::Found(manifest) => manifest,
            Lookup::Missing => {
                return Err(Error::unavailable(format!("{} was there, and is not now", from.tagged(&tag)))
                    .hint("something is being attached to the image: run again"));
            }
            Lookup::Unknown(error) => return Err(error),
        };
        registry.copy(from, to, &manifest).await?;
        // Another that came first is as good: it is attached to the same image.
        if registry.put(to, &tag, &manifest).await?.is_done() {
            put.push(tag);
        }
    }
    Ok(put)
}
