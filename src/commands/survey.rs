//! Asks the registries about every image of a project, many at once, and has each decided.
//!
//! Two HEADs an image where all is well; more is read only where the decision needs it.

mod ask;
mod questions;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;

use self::ask::ask;
use self::questions::use_it;
use crate::commands::bases::Base;
use crate::commands::earlier::{self, History};
use crate::commands::inspect::{Inspected, Question};
use crate::commands::parents::Decided;
use crate::commands::shaped::{self, Asking};
use crate::commands::subject::{Asked, Subject};
use crate::commands::{CONCURRENT, ages, parents, taken};
use crate::decision::{self, Action, Answers, Decision, Earlier, Rules, Taken, Wanted};
use crate::error::Error;
use crate::project::{Assessed, Project};
use crate::reference::{Digest, Tag};
use crate::registry::Registry;
use crate::tags::class::Classes;

/// What the command line and the configuration say about all images.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    /// Trust and policy.
    pub rules: Rules,
    /// Who asked for a new build.
    pub forced: Option<String>,
    /// Write-once tags that may move.
    pub may_move: BTreeSet<String>,
    /// Which tags are to last.
    pub(super) classes: Classes,
    /// Seconds since the epoch.
    pub now: i64,
}

/// What was found out about one image.
#[derive(Debug)]
pub(super) struct Surveyed {
    /// What is to be done.
    pub decision: Decision,
    /// Why the registry's answer is unknown.
    pub error: Option<Error>,
    /// Images that were read on the way, so that a retag need not read them again.
    pub read: BTreeMap<Digest, Inspected>,
    /// Base images at their present digests, where they are checked.
    pub(super) bases: Vec<Base>,
    /// Where the wanted tags and the content tag stand.
    pub(super) heads: BTreeMap<Tag, Digest>,
    /// The wanted tags, the commit's first; of a shape the one that is there or is given.
    pub(super) tags: Vec<Tag>,
    /// Images whose layers a build may reuse.
    pub(super) caches: Vec<String>,
}

/// Asks about all images and decides, parents first; for what nothing is found for, other commits are looked at.
pub(super) async fn survey(
    registry: &Registry,
    project: &Project,
    subjects: &[Subject],
    terms: &Terms,
    history: &History<'_>,
    progress: &dyn Fn(u64),
) -> Vec<Surveyed> {
    let image = |subject: &Subject| &project.images[subject.index];
    let asked = subjects.iter().map(|subject| ask(registry, &history.lists, image(subject), subject, terms));
    let asked = futures_util::stream::iter(asked);
    let mut asked = asked.buffered(CONCURRENT);
    let mut all = Vec::with_capacity(subjects.len());
    while let Some(mut answers) = asked.next().await {
        let assessed = image(&subjects[all.len()]);
        ages::judge(history.own.session(), assessed, &mut answers.answers);
        all.push(answers);
        progress(all.len() as u64);
    }
    let mut decided = Decided::default();
    let mut settled = BTreeMap::new();
    for wave in parents::waves(project, subjects, all) {
        let known = &decided;
        let wave = wave.into_iter().map(|(index, asked)| async move {
            let subject = &subjects[index];
            (index, settle(registry, history, image(subject), subject, asked, (terms, known)).await)
        });
        let wave: Vec<(usize, Surveyed)> =
            futures_util::stream::iter(wave).buffered(CONCURRENT).collect().await;
        for (index, surveyed) in wave {
            let subject = &subjects[index];
            decided.add(&image(subject).defined.name, subject, &surveyed.decision);
            settled.insert(index, surveyed);
        }
    }
    settled.into_values().collect()
}

/// Decides for one image whose parents are decided, and looks at other commits where nothing is found for it.
async fn settle(
    registry: &Registry,
    history: &History<'_>,
    assessed: &Assessed,
    subject: &Subject,
    mut asked: Asked,
    (terms, decided): (&Terms, &Decided),
) -> Surveyed {
    let redecide = |asked: &Asked| decide(assessed, subject, asked, terms, decided);
    decided.check(registry, assessed, subject, &mut asked).await;
    let mut decision = redecide(&asked);
    if decision.nothing_found {
        let settled = |asked: &Asked| !redecide(asked).nothing_found;
        let question = (Question { mark: true, ..use_it(assessed, subject, terms) }, decided);
        earlier::look(registry, history, assessed, subject, &mut asked, question, settled).await;
        decision = redecide(&asked);
    }
    let asking =
        Asking { registry, lists: &history.lists, gatherer: &history.facts, subject, now: terms.now };
    // An image that the tag may not be put on is built anew, and then another tag is given.
    for _ in 0..2 {
        let acts = matches!(decision.action, Action::UpToDate | Action::Retag | Action::Build);
        if subject.shapes.is_empty() || !acts {
            break;
        }
        shaped::answer(&asking, &mut asked, &decision).await;
        let before = std::mem::replace(&mut decision, redecide(&asked));
        if before.digest == decision.digest {
            break;
        }
    }
    if let Some(taken) = decision.taken.clone() {
        decision.reason = refused(registry, subject, &asked.answers, &taken).await;
    }
    surveyed(subject, asked, decision)
}

/// Why a write-once tag is not moved, with both digests and when each was made, and what would move it.
async fn refused(registry: &Registry, subject: &Subject, answers: &Answers, taken: &Taken) -> String {
    let Taken { tag, at, wanted } = taken;
    let elsewhere = answers.elsewhere.found().filter(|(_, image)| image.digest == *wanted);
    let trusted = answers.trusted.found().filter(|trusted| trusted.image.digest == *wanted);
    let other = elsewhere.map(|(repository, _)| repository);
    let other = other.or(trusted.and_then(|trusted| trusted.repository.as_ref()));
    let repository = &subject.repository;
    let source = other.unwrap_or(repository);
    let error = taken::taken_from(registry, repository, tag, at, source, wanted).await;
    format!("{}; --move-tag {tag} moves it", error.message())
}

fn surveyed(subject: &Subject, asked: Asked, mut decision: Decision) -> Surveyed {
    let Asked { answers, read, bases, moved, given, left_out, .. } = asked;
    let note = moved.1.filter(|note| !decision.notes.contains(note));
    decision.notes.extend(note.into_iter().chain(left_out));
    let heads = heads(subject, &answers);
    let tags = subject.tags(given);
    let earlier = answers.earlier.as_ref();
    let caches = earlier.map(|earlier| earlier.caches(&subject.repository)).unwrap_or_default();
    let unknown = decision.action == decision::Action::Unknown;
    let error = unknown.then(|| first_unknown(answers)).flatten();
    Surveyed { error, decision, read, bases, caches, heads, tags }
}

/// Where each tag of a subject stands, of those that are there.
fn heads(subject: &Subject, answers: &Answers) -> BTreeMap<Tag, Digest> {
    let content = answers.content.found().map(|image| (&subject.content_tag, &image.digest));
    let commit = subject.commit_tag.as_ref().zip(answers.commit.found().map(|image| &image.digest));
    let floating = answers.floating.iter().filter_map(|(tag, at)| Some((tag, at.found()?)));
    let once = answers.once.iter().filter_map(|once| Some((&once.tag, &once.at.found()?.digest)));
    let all = content.into_iter().chain(commit).chain(once).chain(floating);
    all.map(|(tag, digest)| (tag.clone(), digest.clone())).collect()
}

fn decide(
    assessed: &Assessed,
    subject: &Subject,
    asked: &Asked,
    terms: &Terms,
    decided: &Decided,
) -> Decision {
    if let Some(reason) = &subject.skip {
        return Decision::skip(reason);
    }
    let image = &assessed.defined.image;
    let wanted = Wanted {
        content_hash: &subject.content_hash,
        content_tag: &subject.content_tag,
        unscoped_tag: subject.unscoped_tag(),
        commit_tag: subject.commit_tag.as_ref(),
        platforms: &image.platforms,
        not_before: image.max_age.map(|age| terms.now.saturating_sub_unsigned(age.as_secs())),
        may_move: &terms.may_move,
        classes: &terms.classes,
        // `--image app --force` is one build, not one for each of its parents, too.
        forced: terms.forced.as_deref().filter(|_| subject.wanted),
        by_commit: subject.forced.as_ref().map(|(commit, why)| (commit.as_str(), why.as_str())),
        parent_rebuilt: decided.rebuilt(assessed),
        base_moved: asked.moved.0.as_deref(),
        outdated: &asked.outdated,
    };
    decision::decide(&wanted, &asked.answers, terms.rules)
}

fn first_unknown(answers: Answers) -> Option<Error> {
    let floating = answers.floating.into_iter().find_map(|(_, lookup)| lookup.into_error());
    let once = answers.once.into_iter().find_map(|once| once.at.into_error());
    let content = answers.trusted.into_error().or_else(|| answers.content.into_error());
    let content =
        content.or_else(|| answers.commit.into_error()).or(once).or_else(|| answers.own.into_error());
    let earlier = answers.earlier.and_then(Earlier::into_error);
    let asked = content.or(floating).or_else(|| answers.elsewhere.into_error());
    asked.or(answers.unlisted).or(earlier)
}
