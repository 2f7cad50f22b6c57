//! Where nothing has an image's content: what other commits have, asked as far as the decision needs it.
//!
//! Which of it is used is for `decision`; this goes on until one is.

use crate::commands::ages;
use crate::commands::ancestors::{Ancestors, LOOKED_AT, Tagged};
use crate::commands::bases::{self, Used};
use crate::commands::facts::Gatherer;
use crate::commands::inspect::{self, Question};
use crate::commands::lists::Lists;
use crate::commands::parents::Decided;
use crate::commands::subject::{Asked, Subject};
use crate::decision::{Answers, Earlier, Nearest, Sibling};
use crate::error::{Error, Errors, Result};
use crate::git::Commit;
use crate::lookup::Lookup;
use crate::project::Assessed;
use crate::reference::Tag;
use crate::registry::{Name, Registry};

/// The commits that are looked at.
pub(super) struct History<'a> {
    /// By the tags that this run writes.
    pub(super) own: Ancestors<'a>,
    /// In a scoped run, by those of a run without a scope: a pull request is built on trusted commits.
    pub(super) trusted: Option<Ancestors<'a>>,
    /// The tags that there are.
    pub(super) lists: Lists,
    /// What the templates of tags are filled with.
    pub(super) facts: Gatherer<'a>,
}

/// Images that could not be read, after which no further one is tried: each may take as long as a registry is waited for.
const UNREAD: usize = 2;

/// Looks for the images of other commits, until `settled` says that one is used.
pub(super) async fn look(
    registry: &Registry,
    history: &History<'_>,
    assessed: &Assessed,
    subject: &Subject,
    asked: &mut Asked,
    (question, decided): (Question, &Decided),
    settled: impl Fn(&Asked) -> bool,
) {
    let ancestors = &history.own;
    if !ancestors.looks() {
        return;
    }
    let listed = history.lists.of(registry, &subject.repository).await;
    let Tagged { commits, notes } = ancestors.tagged(&listed, &assessed.defined.name);
    let name = &assessed.defined.name;
    asked.answers.earlier = Some(Earlier { notes, unlisted: listed.err(), ..Earlier::default() });
    let mut nearest = None;
    let mut looked_at = 0;
    let mut unread: Vec<Error> = Vec::new();
    for found in &commits {
        let (commit, tag) = found;
        let hash = match ancestors.hash(commit, name) {
            Ok(Some(hash)) => hash,
            Ok(None) => continue,
            Err(errors) => {
                let why = first(&errors);
                let short = commit.short();
                note(asked, format!("whether {short} has the same inputs could not be told: {why}"));
                break;
            }
        };
        nearest = nearest.or(Some(found));
        if hash != assessed.content_hash || looked_at == LOOKED_AT || unread.len() == UNREAD {
            continue;
        }
        looked_at += 1;
        let sibling = sibling(registry, assessed, subject, asked, (question, decided), (commit, tag)).await;
        let judged = sibling.and_then(|mut found| {
            let image = found.as_mut().map(|found| &mut found.image);
            image.map_or(Ok(()), |image| ages::judge_image(ancestors.session(), assessed, image))?;
            Ok(found)
        });
        match judged {
            Ok(found) => edit(asked, |earlier| earlier.same.extend(found)),
            // It may be the one; but the next may be read, and then nothing is missing.
            Err(error) => {
                let short = commit.short();
                note(
                    asked,
                    format!("commit {short} has the same inputs, but its image {tag} could not be read"),
                );
                unread.push(error);
            }
        }
        if settled(asked) {
            return;
        }
    }
    if let Some(error) = unread.into_iter().next() {
        edit(asked, |earlier| earlier.unread = Some(error));
    }
    if let Some(found) = nearest {
        let nearest = describe(ancestors, assessed, asked, found);
        edit(asked, |earlier| earlier.nearest = Some(nearest));
    }
    if let Some(ancestors) = &history.trusted {
        trusted(registry, (ancestors, &history.lists), assessed, subject, asked).await;
    }
}

/// The nearest commit with a trusted image: what a pull request changed, and whose layers its build may reuse.
async fn trusted(
    registry: &Registry,
    (ancestors, lists): (&Ancestors<'_>, &Lists),
    assessed: &Assessed,
    subject: &Subject,
    asked: &mut Asked,
) {
    let Some((_, other)) = &subject.trusted else { return };
    let repository = other.as_ref().unwrap_or(&subject.repository);
    let listed = lists.of(registry, repository).await;
    let Tagged { commits, .. } = ancestors.tagged(&listed, &assessed.defined.name);
    for found in &commits {
        match ancestors.hash(found.0, &assessed.defined.name) {
            Ok(None) => {}
            Ok(Some(_)) => {
                let nearest = describe(ancestors, assessed, asked, found);
                let nearest = (repository.clone(), nearest);
                return edit(asked, |earlier| earlier.trusted = Some(nearest));
            }
            Err(errors) => {
                let (short, why) = (found.0.short(), first(&errors));
                return note(asked, format!("whether {short} has this image could not be told: {why}"));
            }
        }
    }
}

/// A commit with an image, and what changed since.
fn describe(
    ancestors: &Ancestors<'_>,
    assessed: &Assessed,
    asked: &mut Asked,
    (commit, tag): &(&Commit, Tag),
) -> Nearest {
    let changed = match ancestors.changed(commit, assessed) {
        Ok(changed) => changed,
        Err(errors) => {
            let why = first(&errors);
            note(asked, format!("what changed since {} could not be told: {why}", commit.short()));
            None
        }
    };
    Nearest { commit: commit.short(), tag: tag.clone(), changed }
}

/// The image under a commit's tag; `None` where it went away since the list was read.
async fn sibling(
    registry: &Registry,
    assessed: &Assessed,
    subject: &Subject,
    asked: &mut Asked,
    (question, decided): (Question, &Decided),
    (commit, tag): (&Commit, &Tag),
) -> Result<Option<Sibling>> {
    let head = registry.head(&subject.repository, Name::Tag(tag)).await;
    let image = match inspect::details(registry, &subject.repository, head, question, &mut asked.read).await {
        Lookup::Found(image) => image,
        Lookup::Missing => return Ok(None),
        Lookup::Unknown(error) => return Err(error),
    };
    if let Some(reason) = decided.outdated(registry, assessed, subject, &image).await? {
        asked.outdated.insert(image.digest.clone(), reason);
    }
    let recorded = image.details.as_ref().and_then(|details| details.bases.as_deref());
    let platforms = &assessed.defined.image.platforms;
    let used = Used { repository: &subject.repository, digest: &image.digest, recorded, platforms };
    let (base_moved, base_note) = bases::moved(registry, &asked.bases, used).await?;
    Ok(Some(Sibling { commit: commit.short(), tag: tag.clone(), image, base_moved, base_note }))
}

fn first(errors: &Errors) -> String {
    errors.0.first().map(ToString::to_string).unwrap_or_default()
}

fn note(asked: &mut Asked, note: String) {
    edit(asked, |earlier| earlier.notes.push(note));
}

fn edit(asked: &mut Asked, change: impl FnOnce(&mut Earlier)) {
    let Answers { earlier, .. } = &mut asked.answers;
    change(earlier.get_or_insert_default());
}
