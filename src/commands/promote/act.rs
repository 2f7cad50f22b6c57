//! Puts the tags: identical bytes, each read back; across repositories what is below the manifest and what is attached to
//! the image first, once for all its tags, so that no tag is ever at an image that is not whole.

use std::collections::BTreeMap;

use super::ask::{Read, at_once};
use super::attached;
use super::said::Image;
use crate::error::{Error, Errors, Result};
use crate::printer::Printer;
use crate::promotion::{Entry, Finding, Verdict};
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Put, Registry};

/// An image and where its tags are to be put.
type Way<'a> = (&'a Repository, &'a Digest, &'a Repository);

/// How one tag ended.
struct Ended {
    /// The entry's index.
    index: usize,
    put: Result<Put, Failed>,
    /// What was brought along for it.
    attached: Vec<Tag>,
}

/// Why a tag was not put; the error itself stands with the first tag of the image.
struct Failed {
    sentence: String,
    error: Option<Error>,
}

/// Puts all tags whose verdict says so, many images at once; the verdicts tell how it ended.
pub(super) async fn put_all(
    registry: &Registry,
    entries: &[Entry],
    verdicts: &mut [Verdict],
    read: &Read,
    printer: &Printer,
) -> Errors {
    let mut ways: BTreeMap<Way<'_>, Vec<usize>> = BTreeMap::new();
    for (index, (entry, verdict)) in entries.iter().zip(verdicts.iter()).enumerate() {
        if let Verdict::Put(put) = verdict {
            ways.entry((&entry.from, &put.digest, &entry.to)).or_default().push(index);
        }
    }
    let work = ways.into_iter().map(|(way, indexes)| {
        let image = read.get(&(way.0.clone(), way.1.clone())).and_then(|image| image.as_ref().ok());
        put_one(registry, entries, way, indexes, image)
    });
    let ended = at_once(work.collect(), "retagging", printer).await;
    let mut errors = Errors::default();
    for ended in ended.into_iter().flatten() {
        let (Some(entry), Some(verdict)) = (entries.get(ended.index), verdicts.get_mut(ended.index)) else {
            continue;
        };
        *verdict = verdict_of(entry, verdict, ended, &mut errors);
    }
    errors
}

fn verdict_of(entry: &Entry, before: &Verdict, ended: Ended, errors: &mut Errors) -> Verdict {
    let Verdict::Put(put) = before else { return before.clone() };
    match ended.put {
        Ok(Put::Done) => Verdict::Done { put: put.clone(), attached: ended.attached },
        Ok(Put::Elsewhere { digest: at, refusal }) => {
            let refusal = refusal.map(|refusal| refusal.to_string());
            Verdict::Finding(Finding::Taken { digest: put.digest.clone(), at, refusal })
        }
        Err(Failed { sentence, error }) => {
            errors.extend(error.map(|error| error.at(entry.place.clone())));
            Verdict::Unknown(sentence)
        }
    }
}

/// Brings one image where its tags are to be, and puts them one after the other.
async fn put_one(
    registry: &Registry,
    entries: &[Entry],
    (from, digest, to): Way<'_>,
    indexes: Vec<usize>,
    image: Option<&Image>,
) -> Vec<Ended> {
    let (image, mut attached) = match bring(registry, (from, digest, to), image).await {
        Ok(brought) => brought,
        Err(error) => {
            let sentence = error.to_string();
            let mut error = Some(error);
            let failed = |index| {
                let failed = Failed { sentence: sentence.clone(), error: error.take() };
                Ended { index, put: Err(failed), attached: Vec::new() }
            };
            return indexes.into_iter().map(failed).collect();
        }
    };
    let mut all = Vec::with_capacity(indexes.len());
    for index in indexes {
        let Some(entry) = entries.get(index) else { continue };
        let put = registry.put(to, &entry.tag, &image.manifest).await;
        let put = put.map_err(|error| Failed { sentence: error.to_string(), error: Some(error) });
        all.push(Ended { index, put, attached: std::mem::take(&mut attached) });
    }
    all
}

/// The image with all that belongs to it, in the target's repository.
async fn bring<'a>(
    registry: &Registry,
    (from, digest, to): Way<'_>,
    image: Option<&'a Image>,
) -> Result<(&'a Image, Vec<Tag>)> {
    let image = image.ok_or_else(|| Error::unavailable(format!("{} was not read", from.at(digest))))?;
    if from == to {
        return Ok((image, Vec::new()));
    }
    registry.copy(from, to, &image.manifest).await?;
    let attached = attached::copy(registry, from, to, digest).await?;
    Ok((image, attached))
}
