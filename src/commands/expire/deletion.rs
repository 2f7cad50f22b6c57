//! Deletes tags, and nothing that hangs on their images.
//!
//! Only tags are deleted, never digests. Where other tags or a kept index need an image, it is found out first what the
//! registry does with it ([`probe`]). Each tag is looked at once more before it goes (it may have been pushed anew), and
//! what stays is looked at afterwards: a registry that did otherwise than it was seen to gets the image back, and no
//! further tag of it is touched.

use std::collections::{BTreeMap, BTreeSet};

use super::gather::{self, Gathered};
use super::indexes::{is_index, listed};
use super::probe::{self, Way};
use crate::error::{Error, Errors, Kind, Result};
use crate::lookup::Lookup;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Deleted, Name, Put, Registry};
use crate::retention::{Judged, Verdict};
use crate::text::list;

/// What was done.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Each tag that was over: `None` where it is gone, else why it was left.
    pub(super) tags: BTreeMap<Tag, Option<String>>,
    /// What a person should know.
    pub(super) notes: Vec<String>,
    /// What failed.
    pub(super) errors: Errors,
}

/// Whether to go on.
enum Next {
    On,
    Stop,
}

/// Deletes what is over.
pub(super) async fn delete(
    registry: &Registry,
    repository: &Repository,
    gathered: &Gathered,
    judged: &[Judged],
    now: i64,
) -> Done {
    let mut done = Done::default();
    let over: Vec<&Judged> = judged.iter().filter(|judged| judged.verdict == Verdict::Over).collect();
    for judged in &over {
        done.tags.insert(judged.tag.clone(), Some("not reached".to_owned()));
    }
    let safe = async {
        let needed = needed(registry, repository, gathered, &over, now).await?;
        if !over.is_empty() {
            gather::unchanged(registry, repository, gathered).await?;
        }
        Ok::<Needed, Error>(needed)
    };
    let needed = match safe.await {
        Ok(needed) => needed,
        Err(error) => {
            over.iter().for_each(|judged| done.leave(&judged.tag, error.message()));
            done.errors.push(error);
            return done;
        }
    };
    let (left, free): (Vec<&Judged>, Vec<&Judged>) =
        over.iter().partition(|judged| needed.digests.contains(&judged.digest));
    done.left(repository, &left, &needed);
    done.notes.extend(needed.left_over.clone());
    for judged in free {
        if let Next::Stop = done.one(registry, repository, (gathered, &needed.listed), judged).await {
            break;
        }
    }
    for tag in &gathered.leftovers {
        match registry.delete_tag(repository, tag).await {
            Ok(Deleted::Done) => done.notes.push(format!("{tag} is gone, which an interrupted run had left")),
            Ok(Deleted::Refused(_)) => {}
            Err(error) => done.errors.push(error),
        }
    }
    done
}

/// Images that must not go with a tag, and why a tag of theirs is left.
#[derive(Default)]
struct Needed {
    digests: BTreeSet<Digest>,
    /// What kept indexes list.
    listed: BTreeSet<Digest>,
    why: String,
    cause: Option<Error>,
    /// What the probe left, for a person.
    left_over: Option<String>,
}

/// Where a registry deletes tags alone, nothing is in danger; where it does not, or nobody knows, what stays needs its
/// image, and so does a kept index its children.
async fn needed(
    registry: &Registry,
    repository: &Repository,
    gathered: &Gathered,
    over: &[&Judged],
    now: i64,
) -> Result<Needed> {
    let gone: BTreeSet<&Tag> = over.iter().map(|judged| &judged.tag).collect();
    let kept = gathered.tags.iter().filter(|(tag, _)| !gone.contains(tag)).map(|(_, digest)| digest);
    let of_indexes = |digest: &&Digest| gathered.kinds.get(*digest).is_some_and(|kind| is_index(kind));
    let indexes: BTreeSet<&Digest> = kept.filter(of_indexes).collect();
    let mut shared: BTreeSet<Digest> =
        over.iter().filter(|judged| !judged.beside.is_empty()).map(|judged| judged.digest.clone()).collect();
    let in_danger = !shared.is_empty() || !indexes.is_empty();
    if over.is_empty() || !in_danger || matches!(repository, Repository::Layout { .. }) {
        return Ok(Needed::default());
    }
    let listed = listed(registry, repository, &indexes).await?;
    let (way, left) = probe::probe(registry, repository, now).await;
    let left_over = match left.is_empty() {
        true => None,
        false => Some(format!(
            "{} could not be deleted again, with which it was tried what a DELETE does",
            list(&left)
        )),
    };
    let (why, cause) = match way {
        Way::TagAlone => return Ok(Needed { left_over, listed, ..Needed::default() }),
        Way::Refused(error) => return Err(error),
        Way::WithLastTag => {
            shared.clear();
            ("the registry deletes an image with its last tag".to_owned(), None)
        }
        Way::WithImage => ("the registry deletes a tag only with its image".to_owned(), None),
        Way::NotKnown(error) => (
            "whether the registry deletes a tag without its image could not be found out".to_owned(),
            Some(error),
        ),
    };
    let digests = shared.union(&listed).cloned().collect();
    Ok(Needed { digests, listed, why, cause, left_over })
}

impl Done {
    fn leave(&mut self, tag: &Tag, why: impl Into<String>) {
        self.tags.insert(tag.clone(), Some(why.into()));
    }

    /// Tags whose image something else needs.
    fn left(&mut self, repository: &Repository, left: &[&Judged], needed: &Needed) {
        for judged in left {
            let by = match judged.beside.is_empty() {
                true => "an index that stays".to_owned(),
                false => list(&judged.beside),
            };
            self.leave(&judged.tag, format!("{}, and {by} needs that", needed.why));
        }
        if !left.is_empty() {
            let tags: Vec<&Tag> = left.iter().map(|judged| &judged.tag).collect();
            let text = format!("{repository}: {} left, since {}", count(&tags), needed.why);
            let error = Error::new(Kind::Conflict, text).hint(
                "they go with the last tag of their image, or by the registry's own ways (docs/expire.md)",
            );
            self.errors.push(match &needed.cause {
                Some(cause) => error.caused_by(cause.to_string()),
                None => error,
            });
        }
    }

    /// Deletes one tag.
    async fn one(
        &mut self,
        registry: &Registry,
        repository: &Repository,
        there: (&Gathered, &BTreeSet<Digest>),
        judged: &Judged,
    ) -> Next {
        let tag = &judged.tag;
        match registry.head(repository, Name::Tag(tag)).await {
            Lookup::Found(there) if there.digest == judged.digest => {}
            Lookup::Found(there) => {
                self.leave(tag, format!("it was put at {} meanwhile", there.digest));
                return Next::On;
            }
            Lookup::Missing => {
                self.tags.insert(tag.clone(), None);
                return Next::On;
            }
            Lookup::Unknown(error) => return self.failed(tag, error),
        }
        match registry.delete_tag(repository, tag).await {
            Ok(Deleted::Done) => {}
            Ok(Deleted::Refused(error)) | Err(error) => return self.failed(tag, error),
        }
        match registry.head(repository, Name::Tag(tag)).await {
            Lookup::Missing => drop(self.tags.insert(tag.clone(), None)),
            Lookup::Found(_) => {
                let reference = repository.tagged(tag);
                let text = format!("{reference} was deleted, and the registry says that it is there");
                return self.failed(tag, Error::unavailable(text));
            }
            Lookup::Unknown(error) => return self.failed(tag, error),
        }
        match kept(registry, repository, there, judged).await {
            Ok(()) => Next::On,
            Err(error) => {
                self.errors.push(error);
                Next::Stop
            }
        }
    }

    fn failed(&mut self, tag: &Tag, error: Error) -> Next {
        self.leave(tag, error.message());
        let reached = self.tags.values_mut().flatten().filter(|why| *why == "not reached");
        reached.for_each(|why| error.message().clone_into(why));
        self.errors.push(error);
        Next::Stop
    }
}

fn count(tags: &[&Tag]) -> String {
    match tags {
        [tag] => format!("{tag} is"),
        tags => format!("{} tags are", tags.len()),
    }
}

/// Looks whether what stays is there: every tag of the same image, and the image itself where a kept index lists it. What
/// went with the tag is put back, as long as the registry has not cleared its layers away.
async fn kept(
    registry: &Registry,
    repository: &Repository,
    (gathered, listed): (&Gathered, &BTreeSet<Digest>),
    judged: &Judged,
) -> Result<()> {
    let text =
        format!("{} went with {}, against what the registry was seen to do", judged.digest, judged.tag);
    let lost = |text: String| Error::new(Kind::Conflict, text);
    let mut gone: Vec<&Tag> = Vec::new();
    let mut unknown: Option<Error> = None;
    for tag in &judged.beside {
        match registry.head(repository, Name::Tag(tag)).await {
            Lookup::Found(_) => {}
            Lookup::Missing => gone.push(tag),
            Lookup::Unknown(error) => unknown = unknown.or(Some(error)),
        }
    }
    if gone.is_empty() && unknown.is_none() && listed.contains(&judged.digest) {
        match registry.head(repository, Name::Digest(&judged.digest)).await {
            Lookup::Found(_) => {}
            // An image is put by a tag, and this one was its own.
            Lookup::Missing => gone.push(&judged.tag),
            Lookup::Unknown(error) => unknown = Some(error),
        }
    }
    if gone.is_empty() {
        return unknown.map_or(Ok(()), Err);
    }
    let Some(manifest) = gathered.manifests.get(&judged.digest) else { return Err(lost(text)) };
    let mut back: Vec<&Tag> = Vec::new();
    for tag in &gone {
        match registry.put(repository, tag, manifest).await {
            Ok(Put::Done) => back.push(tag),
            // Somebody else put it meanwhile.
            Ok(Put::Elsewhere { .. }) => {}
            Err(error) => {
                let text = format!("{text}, and {} could not be put back", list(&remaining(&gone, &back)));
                return Err(lost(text).caused_by(error));
            }
        }
    }
    let text = match back.is_empty() {
        true => format!("{text}; nothing more is deleted"),
        false => format!("{text}; {} put back, and nothing more is deleted", list(&back)),
    };
    Err(match unknown {
        Some(error) => {
            lost(format!("{text}; some of its other tags could not be asked for")).caused_by(error)
        }
        None => lost(text),
    })
}

fn remaining<'t>(gone: &[&'t Tag], back: &[&Tag]) -> Vec<&'t Tag> {
    gone.iter().filter(|tag| !back.contains(tag)).copied().collect()
}
