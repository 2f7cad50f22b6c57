//! What a registry says of a repository's tags: all of them with their digests, and the age of those that could expire.
//!
//! The list must be whole and every tag known: a tag that is not seen may be the one that an image is needed by. So
//! whatever cannot be read is an error for the whole repository.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;

use super::probe;
use crate::commands::CONCURRENT;
use crate::commands::inspect::{self, Question};
use crate::config::Expire;
use crate::error::{Error, Result};
use crate::lookup::{Descriptor, Lookup, Manifest};
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Registry};
use crate::retention::Cause;

/// 2013-01-01: no image in a registry is older, so an earlier time (Go's zero, 1970, 1980) is a tool's way to say nothing.
const EARLIEST: i64 = 1_356_998_400;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Every tag, where one could expire; else none was asked about.
    pub(super) tags: BTreeMap<Tag, Digest>,
    /// What every digest is.
    pub(super) kinds: BTreeMap<Digest, String>,
    /// When the images of the tags that could expire were made.
    pub(super) created: BTreeMap<Digest, Option<i64>>,
    /// Their manifests, so that one can be put back.
    pub(super) manifests: BTreeMap<Digest, Manifest>,
    /// Tags of this program's own that an interrupted run left.
    pub(super) leftovers: Vec<Tag>,
}

/// Asks about a repository.
pub(super) async fn gather(
    registry: &Registry,
    repository: &Repository,
    rules: &[&Expire],
    now: i64,
) -> Result<Gathered> {
    let listed = match registry.tags(repository).await {
        Lookup::Found(tags) => tags,
        Lookup::Missing => return Ok(Gathered::default()),
        Lookup::Unknown(error) => return Err(error),
    };
    let (own, listed): (Vec<Tag>, Vec<Tag>) = listed.into_iter().partition(probe::is_own);
    let leftovers = own.into_iter().filter(|tag| probe::is_left_over(tag, now)).collect();
    let mut gathered = Gathered { leftovers, ..Gathered::default() };
    if !listed.iter().any(|tag| Cause::of(tag, rules).is_some()) {
        return Ok(gathered);
    }
    let heads =
        listed.iter().map(|tag| async move { (tag, registry.head(repository, Name::Tag(tag)).await) });
    let mut heads = futures_util::stream::iter(heads).buffered(CONCURRENT);
    let mut gone = Vec::new();
    while let Some((tag, head)) = heads.next().await {
        match head {
            Lookup::Found(Descriptor { digest, media_type, .. }) => {
                gathered.kinds.insert(digest.clone(), media_type);
                gathered.tags.insert(tag.clone(), digest);
            }
            Lookup::Missing => gone.push(tag.clone()),
            Lookup::Unknown(error) => return Err(error),
        }
    }
    went(registry, repository, &gone).await?;
    let could = gathered.tags.iter().filter(|(tag, _)| Cause::of(tag, rules).is_some());
    let digests: BTreeSet<Digest> = could.map(|(_, digest)| digest.clone()).collect();
    // The annotation and the configuration: the later of the two counts.
    let question = Question { created: true, made: true, ..Question::default() };
    let ages = digests.into_iter().map(|digest| async move {
        let inspected = inspect::inspect(registry, repository, &digest, question).await;
        (digest, inspected)
    });
    let mut ages = futures_util::stream::iter(ages).buffered(CONCURRENT);
    while let Some((digest, inspected)) = ages.next().await {
        match inspected {
            Lookup::Found(inspected) => {
                let details = inspected.details;
                let latest = details.created.max(details.made).filter(|time| *time >= EARLIEST);
                gathered.created.insert(digest.clone(), latest);
                gathered.manifests.insert(digest, inspected.manifest);
            }
            Lookup::Missing => drop(gathered.created.insert(digest, None)),
            Lookup::Unknown(error) => return Err(error),
        }
    }
    Ok(gathered)
}

/// Whether tags that were listed and then not there went away meanwhile. One that is still listed may be there all the same,
/// and what is at it is not known.
async fn went(registry: &Registry, repository: &Repository, gone: &[Tag]) -> Result<()> {
    if gone.is_empty() {
        return Ok(());
    }
    let listed = now_listed(registry, repository).await?;
    match gone.iter().find(|tag| listed.contains(tag)) {
        None => Ok(()),
        Some(tag) => Err(Error::unavailable(format!(
            "{} is listed, but the registry says that it is not there",
            repository.tagged(tag)
        ))),
    }
}

/// Looks whether tags came since all were asked for: the image under a new one must not go with another.
pub(super) async fn unchanged(
    registry: &Registry,
    repository: &Repository,
    gathered: &Gathered,
) -> Result<()> {
    let listed = now_listed(registry, repository).await?;
    match listed.iter().find(|tag| !probe::is_own(tag) && !gathered.tags.contains_key(*tag)) {
        None => Ok(()),
        Some(tag) => {
            let text = format!("{} was put meanwhile, so nothing is deleted", repository.tagged(tag));
            Err(Error::unavailable(text).hint("run again"))
        }
    }
}

async fn now_listed(registry: &Registry, repository: &Repository) -> Result<BTreeSet<Tag>> {
    match registry.tags(repository).await {
        Lookup::Found(tags) => Ok(tags.into_iter().collect()),
        Lookup::Missing => Ok(BTreeSet::new()),
        Lookup::Unknown(error) => Err(error),
    }
}
