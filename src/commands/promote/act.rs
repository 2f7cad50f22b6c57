//! Puts the tags: identical bytes, each read back; across repositories what is below the manifest first, once for all tags
//! of one image.

use std::collections::BTreeMap;

use super::ask::{Read, at_once};
use crate::error::{Error, Errors, Result};
use crate::printer::Printer;
use crate::promotion::{Entry, Finding, Verdict};
use crate::reference::{Digest, Repository};
use crate::registry::{Put, Registry};

use super::said::Image;

/// An image and where its tags are to be put.
type Way<'a> = (&'a Repository, &'a Digest, &'a Repository);

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
    for (index, ended) in ended.into_iter().flatten() {
        let (Some(entry), Some(verdict)) = (entries.get(index), verdicts.get_mut(index)) else { continue };
        let Verdict::Put(put) = &*verdict else { continue };
        *verdict = match ended {
            Ok(Put::Done) => Verdict::Done(put.clone()),
            Ok(Put::Elsewhere { digest: at, refusal }) => {
                // What the registry said when it refused is told besides, not instead.
                errors.extend(refusal.map(|refusal| refusal.at(entry.place.clone())));
                Verdict::Finding(Finding::Taken { digest: put.digest.clone(), at })
            }
            Err(why) => {
                let sentence = why.sentence;
                errors.extend(why.error.map(|error| error.at(entry.place.clone())));
                Verdict::Unknown(sentence)
            }
        };
    }
    errors
}

/// Why a tag was not put; the error itself stands with the first tag of the image.
struct Failed {
    sentence: String,
    error: Option<Error>,
}

/// Brings one image where its tags are to be, and puts them one after the other.
async fn put_one(
    registry: &Registry,
    entries: &[Entry],
    (from, digest, to): Way<'_>,
    indexes: Vec<usize>,
    image: Option<&Image>,
) -> Vec<(usize, Result<Put, Failed>)> {
    let brought = match image {
        Some(image) => registry.copy(from, to, &image.manifest).await.map(|()| &image.manifest),
        None => Err(Error::unavailable(format!("{} was not read", from.at(digest)))),
    };
    let mut ended = Vec::with_capacity(indexes.len());
    match brought {
        Err(error) => {
            let sentence = error.to_string();
            let mut error = Some(error);
            for index in indexes {
                ended.push((index, Err(Failed { sentence: sentence.clone(), error: error.take() })));
            }
        }
        Ok(manifest) => {
            for index in indexes {
                let Some(entry) = entries.get(index) else { continue };
                let put = registry.put(to, &entry.tag, manifest).await;
                let put = put.map_err(|error| Failed { sentence: error.to_string(), error: Some(error) });
                ended.push((index, put));
            }
        }
    }
    ended
}
