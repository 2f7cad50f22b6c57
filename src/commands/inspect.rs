//! Reads what an image says of itself, with as few requests as the question allows.
//!
//! The manifest first; the configuration only where the manifest does not answer; the children of an index only where
//! platforms are asked for. What each of them means is in `details`.

use std::collections::BTreeMap;

use crate::decision::{Details, Image};
use crate::details::{self, Child, Parsed};
use crate::error::Error;
use crate::lookup::{Descriptor, Lookup, Manifest};
use crate::reference::{Digest, Platform, Repository};
use crate::registry::{Name, Registry};

/// What is asked of an image.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Question {
    /// The mark.
    pub mark: bool,
    /// When it was made.
    pub created: bool,
    /// Which bases it was built on.
    pub(super) bases: bool,
    /// Which parents it was built on.
    pub(super) parents: bool,
    /// Whether it was built although the content was there.
    pub(super) rebuilt: bool,
    /// Its platforms, and that each is there.
    pub platforms: bool,
    /// The commit that it was built at.
    pub(super) revision: bool,
    /// When its configuration says that it was made, whatever the manifest says.
    pub(super) made: bool,
    /// Whether it says that a registry shall delete it.
    pub(super) expires: bool,
}

impl Question {
    /// Whether nothing is asked.
    pub(super) fn is_empty(self) -> bool {
        let record = self.bases || self.parents || self.rebuilt || self.revision || self.expires || self.made;
        !(self.mark || self.created || self.platforms || record)
    }
}

/// A manifest and what was asked of it.
#[derive(Debug, Clone)]
pub(super) struct Inspected {
    /// The bytes, to be put under other tags.
    pub manifest: Manifest,
    /// The answers.
    pub details: Details,
}

/// Reads an image by digest.
pub(super) async fn inspect(
    registry: &Registry,
    repository: &Repository,
    digest: &Digest,
    question: Question,
) -> Lookup<Inspected> {
    match try_inspect(registry, repository, digest, question).await {
        Ok(Some(inspected)) => Lookup::Found(inspected),
        Ok(None) => Lookup::Missing,
        Err(error) => Lookup::Unknown(error),
    }
}

/// What a HEAD found, with what must be read of it. The images that were read are kept in `read`.
pub(super) async fn details(
    registry: &Registry,
    repository: &Repository,
    head: Lookup<Descriptor>,
    question: Question,
    read: &mut BTreeMap<Digest, Inspected>,
) -> Lookup<Image> {
    let descriptor = match head {
        Lookup::Found(descriptor) => descriptor,
        Lookup::Missing => return Lookup::Missing,
        Lookup::Unknown(error) => return Lookup::Unknown(error),
    };
    let digest = descriptor.digest;
    if question.is_empty() {
        return Lookup::Found(Image { digest, details: None });
    }
    match inspect(registry, repository, &digest, question).await {
        Lookup::Found(inspected) => {
            let details = Some(inspected.details.clone());
            read.insert(digest.clone(), inspected);
            Lookup::Found(Image { digest, details })
        }
        Lookup::Missing => Lookup::Unknown(
            Error::unavailable(format!("{} is tagged, but not there", repository.at(&digest)))
                .hint("the registry may be deleting it: run again, or build with --force"),
        ),
        Lookup::Unknown(error) => Lookup::Unknown(error),
    }
}

async fn try_inspect(
    registry: &Registry,
    repository: &Repository,
    digest: &Digest,
    question: Question,
) -> Result<Option<Inspected>, Error> {
    let Some(manifest) = known(registry.manifest(repository, Name::Digest(digest)).await)? else {
        return Ok(None);
    };
    let parsed = details::manifest(&manifest.bytes).map_err(|error| within(error, repository, digest))?;
    let mut details = Details {
        mark: parsed.annotations.get(details::MARK).cloned(),
        mark_read: question.mark,
        created: parsed.annotations.get(details::CREATED).and_then(|time| details::timestamp(time)),
        made: None,
        platforms: Vec::new(),
        bases: parsed.annotations.get(details::BASES).cloned(),
        parents: parsed.annotations.get(details::PARENTS).cloned(),
        rebuilt: parsed.annotations.contains_key(details::REBUILT),
        revision: parsed.annotations.get(details::REVISION).cloned(),
        expires_after: parsed.annotations.get(details::EXPIRES_AFTER).cloned(),
    };
    if question.platforms {
        details.platforms = listed_platforms(registry, repository, &parsed.children).await?;
    }
    let wants_config = (question.mark && details.mark.is_none())
        || (question.created && details.created.is_none())
        || (question.bases && details.bases.is_none())
        || (question.parents && details.parents.is_none())
        || (question.rebuilt && !details.rebuilt)
        || (question.revision && details.revision.is_none())
        || question.made
        || (question.expires && details.expires_after.is_none())
        || (question.platforms && parsed.config.is_some());
    details.mark_read |= wants_config || details.mark.is_some();
    if wants_config && let Some(config) = configuration(registry, repository, &parsed).await? {
        if details.mark.is_none() {
            details.mark = config.labels.get(details::MARK).cloned();
        }
        if details.revision.is_none() {
            details.revision = config.labels.get(details::REVISION).cloned();
        }
        if details.bases.is_none() {
            details.bases = config.labels.get(details::BASES).cloned();
        }
        if details.parents.is_none() {
            details.parents = config.labels.get(details::PARENTS).cloned();
        }
        if details.expires_after.is_none() {
            details.expires_after = config.labels.get(details::EXPIRES_AFTER).cloned();
        }
        details.made = config.created.filter(|made| !details::NO_TIMES.contains(made));
        details.rebuilt |= config.labels.contains_key(details::REBUILT);
        if details.created.is_none() {
            let label = config.labels.get(details::CREATED).and_then(|time| details::timestamp(time));
            details.created = label.or(config.created);
        }
        if parsed.config.is_some() {
            details.platforms.extend(config.platform);
        }
    }
    Ok(Some(Inspected { manifest, details }))
}

/// The platforms of an index whose manifests are there.
async fn listed_platforms(
    registry: &Registry,
    repository: &Repository,
    children: &[Child],
) -> Result<Vec<Platform>, Error> {
    let mut platforms = Vec::new();
    for child in children {
        let Some(platform) = &child.platform else { continue };
        if known(registry.head(repository, Name::Digest(&child.digest)).await)?.is_some() {
            platforms.push(platform.clone());
        }
    }
    Ok(platforms)
}

/// The configuration of a manifest, or of the first image of an index that is there.
async fn configuration(
    registry: &Registry,
    repository: &Repository,
    parsed: &Parsed,
) -> Result<Option<details::Config>, Error> {
    let config = match &parsed.config {
        Some(config) => Some(config.clone()),
        None => listed_configuration(registry, repository, &parsed.children).await?,
    };
    let Some(digest) = config else { return Ok(None) };
    match known(registry.blob(repository, &digest).await)? {
        Some(bytes) => details::config(&bytes).map(Some).map_err(|error| within(error, repository, &digest)),
        None => {
            Err(Error::unavailable(format!("{} is not there, though its image is", repository.at(&digest)))
                .hint("the image is damaged: build it again with --force"))
        }
    }
}

async fn listed_configuration(
    registry: &Registry,
    repository: &Repository,
    children: &[Child],
) -> Result<Option<Digest>, Error> {
    for Child { digest, .. } in children {
        if let Some(manifest) = known(registry.manifest(repository, Name::Digest(digest)).await)? {
            let parsed =
                details::manifest(&manifest.bytes).map_err(|error| within(error, repository, digest))?;
            return Ok(parsed.config);
        }
    }
    Ok(None)
}

fn known<T>(lookup: Lookup<T>) -> Result<Option<T>, Error> {
    match lookup {
        Lookup::Found(value) => Ok(Some(value)),
        Lookup::Missing => Ok(None),
        Lookup::Unknown(error) => Err(error),
    }
}

fn within(error: Error, repository: &Repository, digest: &Digest) -> Error {
    Error::unavailable(format!("{} cannot be read", repository.at(digest))).caused_by(error)
}
