//! Reads what an image says of itself, with as few requests as the question allows.
//!
//! The manifest first; the configuration only where the manifest does not answer; of an index the first image's speaks for
//! all, but each is read where one that expires would be enough, and each is asked for where platforms are asked for. What
//! each of them means is in `details`.

use std::collections::BTreeMap;

use crate::decision::{Details, Image};
use crate::details::{self, Child, Config, Parsed};
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
    /// The address of what it was built from.
    pub(super) source: bool,
    /// When its configuration says that it was made, whatever the manifest says.
    pub(super) made: bool,
    /// Whether it says that a registry shall delete it; of an index, whether any of its images says so.
    pub(super) expires: bool,
}

impl Question {
    /// Whether nothing is asked.
    pub(super) fn is_empty(self) -> bool {
        let record = self.bases || self.parents || self.rebuilt || self.revision || self.source;
        !(self.mark || self.created || self.made || self.expires || self.platforms || record)
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
        source: parsed.annotations.get(details::SOURCE).cloned(),
        expires_after: details::expires_after(&parsed.annotations),
    };
    if question.platforms {
        details.platforms = listed_platforms(registry, repository, &parsed.children).await?;
    }
    let wants_all = question.expires && details.expires_after.is_none();
    let wants_config = (question.mark && details.mark.is_none())
        || (question.created && details.created.is_none())
        || (question.bases && details.bases.is_none())
        || (question.parents && details.parents.is_none())
        || (question.rebuilt && !details.rebuilt)
        || (question.revision && details.revision.is_none())
        || (question.source && details.source.is_none())
        || question.made
        || wants_all
        || (question.platforms && parsed.config.is_some());
    details.mark_read |= wants_config || details.mark.is_some();
    if wants_config {
        let configs = configurations(registry, repository, &parsed, wants_all).await?;
        if let Some(first) = configs.first() {
            fill(&mut details, first, parsed.config.is_some());
        }
        let expiries = || configs.iter().find_map(|config| details::expires_after(&config.labels));
        details.expires_after = details.expires_after.or_else(expiries);
    }
    Ok(Some(Inspected { manifest, details }))
}

/// Takes from a configuration what the manifest does not say. `single`: whether it is that of an image for one platform.
fn fill(details: &mut Details, config: &Config, single: bool) {
    let label = |key: &str| config.labels.get(key).cloned();
    details.mark = details.mark.take().or_else(|| label(details::MARK));
    details.revision = details.revision.take().or_else(|| label(details::REVISION));
    details.source = details.source.take().or_else(|| label(details::SOURCE));
    details.bases = details.bases.take().or_else(|| label(details::BASES));
    details.parents = details.parents.take().or_else(|| label(details::PARENTS));
    details.made = config.created.filter(|made| !details::NO_TIMES.contains(made));
    details.rebuilt |= config.labels.contains_key(details::REBUILT);
    if details.created.is_none() {
        details.created =
            label(details::CREATED).and_then(|time| details::timestamp(&time)).or(config.created);
    }
    if single {
        details.platforms.extend(config.platform.clone());
    }
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

/// The configuration of a manifest, or of the images of an index that are there: of the first alone, or with `all` of each.
async fn configurations(
    registry: &Registry,
    repository: &Repository,
    parsed: &Parsed,
    all: bool,
) -> Result<Vec<Config>, Error> {
    if let Some(config) = &parsed.config {
        return Ok(vec![configuration(registry, repository, config).await?]);
    }
    let mut configs = Vec::new();
    for Child { digest, .. } in &parsed.children {
        let Some(manifest) = known(registry.manifest(repository, Name::Digest(digest)).await)? else {
            continue;
        };
        let child = details::manifest(&manifest.bytes).map_err(|error| within(error, repository, digest))?;
        if let Some(config) = child.config {
            configs.push(configuration(registry, repository, &config).await?);
        }
        if !all {
            break;
        }
    }
    Ok(configs)
}

async fn configuration(
    registry: &Registry,
    repository: &Repository,
    digest: &Digest,
) -> Result<Config, Error> {
    match known(registry.blob(repository, digest).await)? {
        Some(bytes) => details::config(&bytes).map_err(|error| within(error, repository, digest)),
        None => {
            Err(Error::unavailable(format!("{} is not there, though its image is", repository.at(digest)))
                .hint("the image is damaged: build it again with --force"))
        }
    }
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
