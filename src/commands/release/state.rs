//! Asks a registry where the tags of a release stand, as far as the judgement needs it.

use futures_util::StreamExt as _;
use std::collections::BTreeSet;

use crate::commands::CONCURRENT;
use crate::error::{Error, Result};
use crate::lookup::Lookup;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Registry};
use crate::release::Release;
use crate::release::known::{self, Known, Seen};
use crate::release::moves::{self, Heads, Judged, Question, Step};
use crate::release::rule::Rule;
use crate::tags::{self, Template, shape};

/// A release of one image, and all that is known of it without asking.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    /// The rule that it is by.
    pub(super) rule: &'a Rule,
    /// The image's name.
    pub(super) image: &'a str,
    /// Where it lives.
    pub(super) repository: &'a Repository,
    /// The release.
    pub(super) own: &'a Release,
    /// All releases of the image that git knows of.
    pub(super) by_git: &'a [Release],
    /// Its digest.
    pub(super) digest: &'a Digest,
    /// Tags that may move.
    pub(super) may_move: &'a BTreeSet<Tag>,
    /// By what commits get their tags.
    pub(super) of_commits: &'a [Template],
}

/// What was made of it.
#[derive(Debug)]
pub(super) struct State {
    /// The other releases.
    pub(super) others: Vec<Known>,
    /// What is to be done.
    pub(super) steps: Vec<Step>,
}

/// All tags of a repository that has an image.
pub(super) async fn list(registry: &Registry, repository: &Repository) -> Result<BTreeSet<Tag>> {
    match registry.tags(repository).await {
        Lookup::Found(tags) => Ok(tags.into_iter().collect()),
        Lookup::Missing => Err(Error::unavailable(format!(
            "{repository} has an image, and the registry lists no tags of it"
        ))),
        Lookup::Unknown(error) => Err(error),
    }
}

/// Whether a tag tells a commit or a day by this template. One that holds a name alone could be anything.
pub(super) fn could_be(template: &Template, tag: &Tag) -> bool {
    let needs = tags::needs(template);
    let exact = needs.sha || needs.input_sha || needs.content_hash || needs.commit_date || needs.build_date;
    exact && shape::matches(template, &tags::Known::default(), tag.as_str()).is_some()
}

/// Judges every tag, asking where those stand that the judgement depends on.
pub(super) async fn judge(
    registry: &Registry,
    subject: Subject<'_>,
    listed: &BTreeSet<Tag>,
    mut heads: Heads,
) -> Result<State> {
    let Subject { rule, image, repository, own, by_git, digest, may_move, of_commits } = subject;
    let is_commits = |tag: &Tag| of_commits.iter().any(|template| could_be(template, tag));
    let seen = Seen { by_git, listed, is_commits: &is_commits };
    let others = known::all(rule, image, own, seen);
    loop {
        let question = Question { release: own, digest, others: &others, may_move };
        match moves::judge(question, &heads) {
            Judged::Steps(steps) => return Ok(State { others, steps }),
            Judged::Ask(tags) => {
                let asked = tags.iter().map(|tag| registry.head(repository, Name::Tag(tag)));
                let answers: Vec<_> = futures_util::stream::iter(asked).buffered(CONCURRENT).collect().await;
                for (tag, answer) in tags.into_iter().zip(answers) {
                    let at = match answer {
                        Lookup::Found(there) => Some(there.digest),
                        Lookup::Missing => None,
                        Lookup::Unknown(error) => return Err(error),
                    };
                    heads.insert(tag, at);
                }
            }
        }
    }
}
