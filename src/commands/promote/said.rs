//! Reads what an image says of itself as far as a list asks, and keeps its manifest: the bytes that are put.

use crate::commands::inspect::{self, Question};
use crate::error::{Error, Result};
use crate::lookup::{Lookup, Manifest};
use crate::promotion::judge::Said;
use crate::reference::{Digest, Repository};
use crate::registry::Registry;

/// An image that was read.
#[derive(Debug, Clone)]
pub(super) struct Image {
    pub(super) manifest: Manifest,
    pub(super) said: Said,
}

/// Reads an image by digest.
pub(super) async fn read(registry: &Registry, repository: &Repository, digest: &Digest) -> Result<Image> {
    let question =
        Question { created: true, revision: true, source: true, expires: true, ..Question::default() };
    let read = match inspect::inspect(registry, repository, digest, question).await {
        Lookup::Found(read) => read,
        Lookup::Missing => {
            return Err(Error::unavailable(format!("{} was there, and is not now", repository.at(digest)))
                .hint("the registry may be deleting it: run again"));
        }
        Lookup::Unknown(error) => return Err(error),
    };
    let details = read.details;
    let said = Said {
        created: details.created,
        revision: details.revision,
        source: details.source,
        expires_after: details.expires_after,
    };
    Ok(Image { manifest: read.manifest, said })
}
