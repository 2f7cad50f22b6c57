//! Deletes tags, and nothing that hangs on their images.
//!
//! Only tags are deleted, never digests. Where other tags or a kept index need an image, it is found out first what the
//! registry does with it ([`probe`]). Each tag is looked at once more before it goes (it may have been pushed anew), and
//! what stays is looked at afterwards: a registry that did otherwise than it was seen to gets the image back, and no
//! further tag of it is touched.

use std::collections::{BTreeMap, BTreeSet};

use super::gather::Gathered;
use super::probe::{self, Way};
use crate::details;
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
    let needed = match needed(registry, repository, gathered, &over, now).await {
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
    for judged in free {
        if let Next::Stop = done.one(registry, repository, gathered, judged).await {
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
    why: String,
    cause: Option<Error>,
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
    let is_index = |digest: &&Digest| {
        gathered
            .kinds
            .get(*digest)
            .is_some_and(|kind| kind.contains("index") || kind.contains("manifest.list"))
    };
    let indexes: BTreeSet<&Digest> = kept.filter(is_index).collect();
    let shared: BTreeSet<Digest> =
        over.iter().filter(|judged| !judged.beside.is_empty()).map(|judged| judged.digest.clone()).collect();
    let in_danger = !shared.is_empty() || !indexes.is_empty();
    if over.is_empty() || !in_danger || matches!(repository, Repository::Layout { .. }) {
        return Ok(Needed::default());
    }
    let (why, cause) = match probe::probe(registry, repository, now).await {
        Way::TagAlone => return Ok(Needed::default()),
        Way::Refused(error) => return Err(error),
        Way::WithImage => ("the registry deletes a tag only with its image".to_owned(), None),
        Way::NotKnown(error) => (
            "whether the registry deletes a tag without its image could not be found out".to_owned(),
            Some(error),
        ),
    };
    let mut digests = shared;
    for index in indexes {
        match registry.manifest(repository, Name::Digest(index)).await {
            Lookup::Found(manifest) => {
                digests.extend(
                    details::manifest(&manifest.bytes)?.children.into_iter().map(|child| child.digest),
                );
            }
            Lookup::Missing => {}
            Lookup::Unknown(error) => return Err(error),
        }
    }
    Ok(Needed { digests, why, cause })
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
        gathered: &Gathered,
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
        match kept(registry, repository, gathered, judged).await {
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

/// Looks whether the tags that stay are there. An image that went with the tag is put back, as long as the registry has
/// not cleared its layers away.
async fn kept(
    registry: &Registry,
    repository: &Repository,
    gathered: &Gathered,
    judged: &Judged,
) -> Result<()> {
    let Some(first) = judged.beside.first() else { return Ok(()) };
    match registry.head(repository, Name::Tag(first)).await {
        Lookup::Found(_) => return Ok(()),
        Lookup::Missing => {}
        Lookup::Unknown(error) => return Err(error),
    }
    let text =
        format!("{} went with {}, against what the registry was seen to do", judged.digest, judged.tag);
    let lost = |text: String| Error::new(Kind::Conflict, text);
    let Some(manifest) = gathered.manifests.get(&judged.digest) else { return Err(lost(text)) };
    for tag in &judged.beside {
        match registry.head(repository, Name::Tag(tag)).await {
            Lookup::Missing => {}
            Lookup::Found(_) => continue,
            Lookup::Unknown(error) => return Err(lost(format!("{text}; {tag} may be gone")).caused_by(error)),
        }
        match registry.put(repository, tag, manifest).await {
            Ok(Put::Done | Put::Elsewhere { .. }) => {}
            Err(error) => {
                return Err(lost(format!("{text}, and {tag} could not be put back")).caused_by(error));
            }
        }
    }
    Err(lost(format!("{text}; {} put back, and nothing more is deleted", list(&judged.beside))))
}
