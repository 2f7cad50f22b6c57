//! Asks the registries about every image of a project, many at once, and has each decided.
//!
//! Two HEADs an image where all is well; more is read only where the decision needs it.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;

use crate::commands::bases::{self, Base, Used};
use crate::commands::earlier::{self, History};
use crate::commands::inspect::{Inspected, Question, details};
use crate::commands::parents::Decided;
use crate::commands::subject::{Asked, Subject};
use crate::commands::{CONCURRENT, ages, parents, trusted};
use crate::config::{BaseImages, Verify};
use crate::decision::{self, Answers, Decision, Earlier, Image, Rules, Wanted};
use crate::error::{Error, Result};
use crate::lookup::{Descriptor, Lookup};
use crate::project::{Assessed, Project};
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Registry};
use crate::tags::expiry::Expiry;

/// What the command line and the configuration say about all images.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    /// Trust and policy.
    pub rules: Rules,
    /// Who asked for a new build.
    pub forced: Option<String>,
    /// Write-once tags that may move.
    pub may_move: BTreeSet<String>,
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
    let asked = subjects.iter().map(|subject| ask(registry, image(subject), subject, terms));
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
    surveyed(subject, asked, decision)
}

fn surveyed(subject: &Subject, asked: Asked, mut decision: Decision) -> Surveyed {
    let Asked { answers, read, bases, moved, .. } = asked;
    let note = moved.1.filter(|note| !decision.notes.contains(note));
    decision.notes.extend(note);
    let heads = heads(subject, &answers);
    let earlier = answers.earlier.as_ref();
    let caches = earlier.map(|earlier| earlier.caches(&subject.repository)).unwrap_or_default();
    let unknown = decision.action == decision::Action::Unknown;
    let error = unknown.then(|| first_unknown(answers)).flatten();
    Surveyed { error, decision, read, bases, caches, heads }
}

/// Where each tag of a subject stands, of those that are there.
fn heads(subject: &Subject, answers: &Answers) -> BTreeMap<Tag, Digest> {
    let content = answers.content.found().map(|image| (&subject.content_tag, &image.digest));
    let commit = subject.commit_tag.as_ref().zip(answers.commit.found().map(|image| &image.digest));
    let floating = answers.floating.iter().filter_map(|(tag, at)| Some((tag, at.found()?)));
    let all = content.into_iter().chain(commit).chain(floating);
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
        // `--image app --force` is one build, not one for each of its parents, too.
        forced: terms.forced.as_deref().filter(|_| subject.wanted),
        by_commit: subject.forced.as_ref().map(|(commit, why)| (commit.as_str(), why.as_str())),
        parent_rebuilt: decided.rebuilt(assessed),
        base_moved: asked.moved.0.as_deref(),
        outdated: &asked.outdated,
    };
    decision::decide(&wanted, &asked.answers, terms.rules)
}

async fn ask(registry: &Registry, assessed: &Assessed, subject: &Subject, terms: &Terms) -> Asked {
    let answers = Answers {
        content: Lookup::Missing,
        trusted: Lookup::Missing,
        commit: Lookup::Missing,
        once: Vec::new(),
        own: Lookup::Missing,
        floating: Vec::new(),
        elsewhere: Lookup::Missing,
        earlier: None,
    };
    let (read, outdated) = (BTreeMap::new(), BTreeMap::new());
    let mut asked = Asked { answers, read, bases: Vec::new(), moved: (None, None), outdated };
    if subject.skip.is_some() {
        return asked;
    }
    let Asked { answers, read, .. } = &mut asked;
    let head = |tag| registry.head(&subject.repository, Name::Tag(tag));
    let commit = async {
        match &subject.commit_tag {
            Some(tag) => head(tag).await,
            None => Lookup::Missing,
        }
    };
    let floating = futures_util::future::join_all(subject.floating.iter().map(head));
    let (content, commit, floating, trusted) =
        tokio::join!(head(&subject.content_tag), commit, floating, trusted::head(registry, subject));
    let heads = floating.into_iter().map(|at| at.map(|at| at.digest));
    answers.floating = subject.floating.iter().cloned().zip(heads).collect();
    let tags = (&commit, answers.floating.as_slice());
    let (content_asks, commit_asks) = questions(assessed, subject, terms, (&content, &trusted), tags);
    let nowhere =
        matches!((&content, &commit, &trusted), (Lookup::Missing, Lookup::Missing, Lookup::Missing));
    answers.content = details(registry, &subject.repository, content, content_asks, read).await;
    answers.trusted = trusted::details(registry, subject, trusted, content_asks, read).await;
    answers.commit = details(registry, &subject.repository, commit, commit_asks, read).await;
    if nowhere {
        answers.elsewhere = elsewhere(registry, subject, content_asks, read).await;
    }
    match check_bases(registry, assessed, subject, &asked.answers).await {
        Ok((bases, moved)) => (asked.bases, asked.moved) = (bases, moved),
        Err(error) => asked.answers.content = Lookup::Unknown(error),
    }
    let platforms = &assessed.defined.image.platforms;
    trusted::check_bases(registry, &asked.bases, (subject, platforms), &mut asked.answers.trusted).await;
    asked
}

/// The bases as they are now, and whether the image that would be used was built on others.
async fn check_bases(
    registry: &Registry,
    assessed: &Assessed,
    subject: &Subject,
    answers: &Answers,
) -> Result<(Vec<Base>, (Option<String>, Option<String>))> {
    let bases = bases::present(registry, assessed).await?;
    let own = answers.content.found().or(answers.commit.found()).map(|image| (&subject.repository, image));
    let used = own.or(answers.elsewhere.found().map(|(repository, image)| (repository, image)));
    let moved = match used.and_then(|(at, image)| Some((at, &image.digest, image.details.as_ref()?))) {
        Some((repository, digest, details)) => {
            let platforms = &assessed.defined.image.platforms;
            let used = Used { repository, digest, recorded: details.bases.as_deref(), platforms };
            bases::moved(registry, &bases, used).await?
        }
        None => (None, None),
    };
    Ok((bases, moved))
}

/// What must be read of the image under the content tag, and of that under the commit tag.
fn questions(
    assessed: &Assessed,
    subject: &Subject,
    terms: &Terms,
    (content, trusted): (&Lookup<Descriptor>, &Lookup<Descriptor>),
    (commit, floating): (&Lookup<Descriptor>, &[(Tag, Lookup<Digest>)]),
) -> (Question, Question) {
    let use_it = use_it(assessed, subject, terms);
    // A commit that asked for a build has its own, whatever the content tag came to be at since.
    let compare = if subject.forced.is_some() { use_it } else { Question::default() };
    let compare = Question { mark: true, ..compare };
    let content = match (trusted, content) {
        // Which of the two is used is not known yet, so the commit's image may have to be compared.
        (Lookup::Found(trusted), Lookup::Found(content)) if trusted.digest != content.digest => {
            return (use_it, compare);
        }
        // Where the trusted image turns out to be of no use, the commit's own is looked at as without it.
        (Lookup::Found(_), Lookup::Missing) => return (use_it, Question { mark: true, ..use_it }),
        _ => content,
    };
    // Where no tag that is to last is missing, none is written, and whether the image itself lasts need not be known.
    let use_it = match content {
        Lookup::Found(at) => {
            Question { expires: writes(subject, terms, &at.digest, (commit, floating)), ..use_it }
        }
        _ => use_it,
    };
    match (content, commit) {
        (Lookup::Found(content), Lookup::Found(commit)) if content.digest != commit.digest => {
            (use_it, compare)
        }
        (Lookup::Found(_), _) => (use_it, Question::default()),
        _ => (use_it, Question { mark: true, ..use_it }),
    }
}

/// Whether a tag that is to last would be put on this image: the commit's own, or a floating one.
fn writes(
    subject: &Subject,
    terms: &Terms,
    digest: &Digest,
    (commit, floating): (&Lookup<Descriptor>, &[(Tag, Lookup<Digest>)]),
) -> bool {
    let own = subject.commit_tag.as_ref().filter(|tag| match commit {
        Lookup::Found(there) => there.digest != *digest && terms.may_move.contains(tag.as_str()),
        Lookup::Missing | Lookup::Unknown(_) => true,
    });
    let elsewhere = floating.iter().filter(|(_, at)| at.found() != Some(digest)).map(|(tag, _)| tag);
    own.into_iter().chain(elsewhere).any(|tag| Expiry::of(tag.as_str()).is_none())
}

/// What must be read of an image that would be used.
fn use_it(assessed: &Assessed, subject: &Subject, terms: &Terms) -> Question {
    let image = &assessed.defined.image;
    Question {
        // On disk a mark costs no request, so it is always read there.
        mark: terms.rules.verify == Verify::Required
            || !assessed.parents.is_empty()
            || subject.forced.is_some()
            || matches!(subject.repository, Repository::Layout { .. }),
        created: image.max_age.is_some(),
        made: false,
        bases: image.base_images == BaseImages::Check,
        platforms: !image.platforms.is_empty(),
        // How old an image can be at most is told by the commit that it was built at.
        revision: subject.forced.is_some() || image.max_age.is_some(),
        parents: !assessed.parents.is_empty(),
        rebuilt: false,
        // It would get tags that are to last.
        expires: true,
    }
}

/// The first other repository that has the content.
async fn elsewhere(
    registry: &Registry,
    subject: &Subject,
    question: Question,
    read: &mut BTreeMap<Digest, Inspected>,
) -> Lookup<(Repository, Image)> {
    for repository in &subject.look_in {
        let head = registry.head(repository, Name::Tag(subject.unscoped_tag())).await;
        match details(registry, repository, head, question, read).await {
            Lookup::Missing => {}
            answer => return answer.map(|image| (repository.clone(), image)),
        }
    }
    Lookup::Missing
}

fn first_unknown(answers: Answers) -> Option<Error> {
    let floating = answers.floating.into_iter().find_map(|(_, lookup)| lookup.into_error());
    let content = answers.trusted.into_error().or_else(|| answers.content.into_error());
    let content = content.or_else(|| answers.commit.into_error());
    let earlier = answers.earlier.and_then(Earlier::into_error);
    content.or(floating).or_else(|| answers.elsewhere.into_error()).or(earlier)
}
