//! Reads what an image says of itself, and keeps its manifest: the bytes that are put.

use crate::details::{self, Config};
use crate::error::{Error, Result};
use crate::lookup::{Lookup, Manifest};
use crate::promotion::judge::Said;
use crate::reference::{Digest, Repository};
use crate::registry::{Name, Registry};

/// An image that was read.
#[derive(Debug, Clone)]
pub(super) struct Image {
    pub(super) manifest: Manifest,
    pub(super) said: Said,
}

/// Reads an image by digest, of an index every image that is there: one that expires is enough.
pub(super) async fn read(registry: &Registry, repository: &Repository, digest: &Digest) -> Result<Image> {
    let manifest = match registry.manifest(repository, Name::Digest(digest)).await {
        Lookup::Found(manifest) => manifest,
        Lookup::Missing => {
            return Err(Error::unavailable(format!("{} was there, and is not now", repository.at(digest)))
                .hint("the registry may be deleting it: run again"));
        }
        Lookup::Unknown(error) => return Err(error),
    };
    let parsed = parsed(repository, digest, &manifest)?;
    let mut configs = Vec::new();
    match &parsed.config {
        Some(config) => configs.push(configuration(registry, repository, config).await?),
        None => {
            for child in &parsed.children {
                configs.extend(child_configuration(registry, repository, &child.digest).await?);
            }
        }
    }
    let own = |key: &str| parsed.annotations.get(key).cloned();
    let label = |key: &str| configs.iter().find_map(|config: &Config| config.labels.get(key).cloned());
    let claim = |key: &str| own(key).or_else(|| label(key));
    let created = claim(details::CREATED).and_then(|time| details::timestamp(&time));
    let said = Said {
        created: created.or_else(|| configs.iter().find_map(|config| config.created)),
        revision: claim(details::REVISION),
        source: claim(details::SOURCE),
        // An empty one takes back what a base image says.
        expires_after: claim(details::EXPIRES_AFTER).filter(|after| !after.trim().is_empty()),
    };
    Ok(Image { manifest, said })
}

/// The configuration of one image of an index; none where that image is not there, as in an index that lists more than
/// was copied.
async fn child_configuration(
    registry: &Registry,
    repository: &Repository,
    digest: &Digest,
) -> Result<Option<Config>> {
    let manifest = match registry.manifest(repository, Name::Digest(digest)).await {
        Lookup::Found(manifest) => manifest,
        Lookup::Missing => return Ok(None),
        Lookup::Unknown(error) => return Err(error),
    };
    match parsed(repository, digest, &manifest)?.config {
        Some(config) => configuration(registry, repository, &config).await.map(Some),
        None => Ok(None),
    }
}

async fn configuration(registry: &Registry, repository: &Repository, digest: &Digest) -> Result<Config> {
    match registry.blob(repository, digest).await {
        Lookup::Found(bytes) => details::config(&bytes).map_err(|error| within(error, repository, digest)),
        Lookup::Missing => {
            Err(Error::unavailable(format!("{} is not there, though its image is", repository.at(digest)))
                .hint("the image is damaged: build it again"))
        }
        Lookup::Unknown(error) => Err(error),
    }
}

fn parsed(repository: &Repository, digest: &Digest, manifest: &Manifest) -> Result<details::Parsed> {
    details::manifest(&manifest.bytes).map_err(|error| within(error, repository, digest))
}

fn within(error: Error, repository: &Repository, digest: &Digest) -> Error {
    Error::unavailable(format!("{} cannot be read", repository.at(digest))).caused_by(error)
}
