//! The questions to the registry about one image: where its tags are, and what must be read of what is there.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::Terms;
use super::questions::{Heads, Questions, questions};
use crate::commands::bases::{self, Base, Used};
use crate::commands::inspect::{Inspected, Question, details};
use crate::commands::lists::Lists;
use crate::commands::subject::{Asked, Subject};
use crate::commands::{shaped, trusted};
use crate::decision::{Answers, Image, Once};
use crate::error::Result;
use crate::lookup::{Descriptor, Lookup};
use crate::project::Assessed;
use crate::reference::{Digest, Repository};
use crate::registry::{Name, Registry};

/// Asks all that one image needs before anything is decided.
pub(super) async fn ask(
    registry: &Registry,
    lists: &Lists,
    assessed: &Assessed,
    subject: &Subject,
    terms: &Terms,
) -> Asked {
    let mut asked = Asked::nothing();
    if subject.skip.is_some() {
        return asked;
    }
    let heads = heads(registry, subject).await;
    let nowhere = heads.nowhere();
    let asks = questions(assessed, subject, terms, &heads);
    let content_asks = asks.content;
    fill(registry, lists, subject, heads, asks, &mut asked).await;
    let Asked { answers, read, .. } = &mut asked;
    if nowhere && matches!(answers.own, Lookup::Missing) {
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

async fn heads(registry: &Registry, subject: &Subject) -> Heads {
    let head = |tag| registry.head(&subject.repository, Name::Tag(tag));
    let commit = async {
        match &subject.commit_tag {
            Some(tag) => head(tag).await,
            None => Lookup::Missing,
        }
    };
    let once = join_all(subject.once.iter().map(|once| head(&once.tag)));
    let floating = join_all(subject.floating.iter().map(head));
    let trusted = trusted::head(registry, subject);
    let (content, commit, once, floating, trusted) =
        tokio::join!(head(&subject.content_tag), commit, once, floating, trusted);
    let floating = floating.into_iter().map(|at| at.map(|at| at.digest));
    let floating = subject.floating.iter().cloned().zip(floating).collect();
    Heads { content, trusted, commit, once, floating }
}

/// Reads what must be read of what is there.
async fn fill(
    registry: &Registry,
    lists: &Lists,
    subject: &Subject,
    heads: Heads,
    asks: Questions,
    asked: &mut Asked,
) {
    let Asked { answers, read, .. } = asked;
    let nowhere = heads.nowhere();
    answers.floating = heads.floating;
    let at = heads.content.found().map(|content| content.digest.clone());
    answers.content = details(registry, &subject.repository, heads.content, asks.content, read).await;
    answers.trusted = trusted::details(registry, subject, heads.trusted, asks.content, read).await;
    answers.commit = details(registry, &subject.repository, heads.commit, asks.commit, read).await;
    for (once, head) in subject.once.iter().zip(heads.once) {
        let is_content = at.is_some() && head.found().map(|head| &head.digest) == at.as_ref();
        let question = match (nowhere && once.names_commit, is_content) {
            (true, _) => asks.own,
            (false, true) => Question::default(),
            (false, false) => Question { mark: true, ..Question::default() },
        };
        let at = details(registry, &subject.repository, head, question, read).await;
        let (tag, names_commit) = (once.tag.clone(), once.names_commit);
        answers.once.push(Once { tag, at, instead: None, names_commit });
    }
    let forced = subject.forced.is_some() && matches!(answers.commit, Lookup::Missing);
    if nowhere || forced {
        answers.own = own(registry, lists, subject, asks.own, answers, read).await;
    }
}

/// The image under a write-once tag that names this commit: one that is wanted as it is, or one of a shape.
async fn own(
    registry: &Registry,
    lists: &Lists,
    subject: &Subject,
    question: Question,
    answers: &Answers,
    read: &mut BTreeMap<Digest, Inspected>,
) -> Lookup<(crate::reference::Tag, Image)> {
    let fixed = answers.once.iter().filter(|once| once.names_commit);
    let fixed = fixed.filter_map(|once| Some((once.tag.clone(), once.at.found()?.clone()))).next();
    match fixed {
        Some(found) => Lookup::Found(found),
        None => shaped::own(registry, lists, subject, question, read).await,
    }
}

/// The bases as they are now, and whether the image that would be used was built on others.
async fn check_bases(
    registry: &Registry,
    assessed: &Assessed,
    subject: &Subject,
    answers: &Answers,
) -> Result<(Vec<Base>, (Option<String>, Option<String>))> {
    let bases = bases::present(registry, assessed).await?;
    let own =
        answers.content.found().or(answers.commit.found()).or(answers.own.found().map(|(_, image)| image));
    let own = own.map(|image| (&subject.repository, image));
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

/// The first other repository that has the content.
async fn elsewhere(
    registry: &Registry,
    subject: &Subject,
    question: Question,
    read: &mut BTreeMap<Digest, Inspected>,
) -> Lookup<(Repository, Image)> {
    for repository in &subject.look_in {
        let head: Lookup<Descriptor> = registry.head(repository, Name::Tag(subject.unscoped_tag())).await;
        match details(registry, repository, head, question, read).await {
            Lookup::Missing => {}
            answer => return answer.map(|image| (repository.clone(), image)),
        }
    }
    Lookup::Missing
}
