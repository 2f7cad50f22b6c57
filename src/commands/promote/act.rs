//! Puts the tags: identical bytes, each read back; across repositories what is below the manifest and what is attached to
//! the image first, once for all its tags, so that no tag is ever at an image that is not whole.

use std::collections::BTreeMap;

use super::ask::{Read, at_once};
use super::attached;
use super::said::Image;
use crate::error::{Error, Errors, Result};
use crate::lookup::Lookup;
use crate::printer::Printer;
use crate::promotion::judge::Move;
use crate::promotion::{Entry, Finding, Verdict};
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Put, Registry};

/// An image and where its tags are to be put.
type Way<'a> = (&'a Repository, &'a Digest, &'a Repository);

/// A tag that is to be put.
struct Due {
    /// The entry's index.
    index: usize,
    /// Where the tag was when it was judged.
    over: Option<Digest>,
}

/// How one tag ended.
struct Ended {
    /// The entry's index.
    index: usize,
    how: Result<How, Failed>,
    /// What was brought along for it.
    attached: Vec<Tag>,
}

/// What became of a tag.
enum How {
    /// It was put, over this.
    Done(Option<Digest>),
    /// Another run had put it at the same image.
    There,
    /// It is at another image.
    Elsewhere { at: Digest, refusal: Option<Error> },
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
    let mut ways: BTreeMap<Way<'_>, Vec<Due>> = BTreeMap::new();
    for (index, (entry, verdict)) in entries.iter().zip(verdicts.iter()).enumerate() {
        if let Verdict::Put(put) = verdict {
            let due = Due { index, over: put.over.clone() };
            ways.entry((&entry.from, &put.digest, &entry.to)).or_default().push(due);
        }
    }
    let work = ways.into_iter().map(|(way, due)| {
        let image = read.get(&(way.0.clone(), way.1.clone())).and_then(|image| image.as_ref().ok());
        put_one(registry, entries, way, due, image)
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
    match ended.how {
        Ok(How::Done(over)) => {
            let put = Move { digest: put.digest.clone(), over };
            Verdict::Done { put, attached: ended.attached }
        }
        Ok(How::There) => Verdict::There(put.digest.clone()),
        Ok(How::Elsewhere { at, refusal }) => {
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
    due: Vec<Due>,
    image: Option<&Image>,
) -> Vec<Ended> {
    let (image, mut attached) = match bring(registry, (from, digest, to), image).await {
        Ok(brought) => brought,
        Err(error) => {
            let sentence = error.to_string();
            let mut error = Some(error);
            let failed = |due: Due| {
                let failed = Failed { sentence: sentence.clone(), error: error.take() };
                Ended { index: due.index, how: Err(failed), attached: Vec::new() }
            };
            return due.into_iter().map(failed).collect();
        }
    };
    let mut all = Vec::with_capacity(due.len());
    for Due { index, over } in due {
        let Some(entry) = entries.get(index) else { continue };
        let how = put_tag(registry, (to, &entry.tag), over, image).await;
        let how = how.map_err(|error| Failed { sentence: error.to_string(), error: Some(error) });
        let told = if matches!(how, Ok(How::Done(_))) { std::mem::take(&mut attached) } else { Vec::new() };
        all.push(Ended { index, how, attached: told });
    }
    all
}

/// Puts one tag, if it is where it was when it was judged: reading and copying take long, and what another run has put
/// meanwhile was judged by nobody. A tag that is not there any more is no image lost.
async fn put_tag(
    registry: &Registry,
    (to, tag): (&Repository, &Tag),
    over: Option<Digest>,
    image: &Image,
) -> Result<How> {
    let now = match registry.head(to, Name::Tag(tag)).await {
        Lookup::Found(now) => Some(now.digest),
        Lookup::Missing => None,
        Lookup::Unknown(error) => return Err(error),
    };
    match now {
        Some(at) if at == image.manifest.digest => return Ok(How::There),
        Some(at) if over.as_ref() != Some(&at) => return Ok(How::Elsewhere { at, refusal: None }),
        _ => {}
    }
    Ok(match registry.put(to, tag, &image.manifest).await? {
        Put::Done => How::Done(now),
        Put::Elsewhere { digest: at, refusal } => How::Elsewhere { at, refusal },
    })
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
