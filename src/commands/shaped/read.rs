//! Tags of builds read back: which one is a commit's, which one an image has, and what it tells.

use crate::commands::facts::Gathered;
use crate::commands::lists::Lists;
use crate::commands::shaped::{any, at_image};
use crate::config::Policy;
use crate::error::Result;
use crate::lookup::Lookup;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Registry};
use crate::tags::readback::{self, Built, Candidate};
use crate::tags::{self, Known, Template};

/// Tags that are asked for before the search for one that only tells more is given up.
const ASKED: usize = 32;

/// The shapes by which the tags of an image are read back, and what is known of it.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Reading {
    /// The commit tag's, where it is a shape.
    commit: Option<Template>,
    /// All of them, the commit tag's first.
    all: Vec<Template>,
    facts: Gathered,
}

impl Reading {
    /// By the templates of a policy; `None` where none of them is a shape.
    pub(in crate::commands) fn new(policy: &Policy, facts: Gathered) -> Option<Reading> {
        let commit = policy.commit_tag.clone().filter(tags::is_shaped);
        let more = policy.write_once.iter().filter(|template| tags::is_shaped(template)).cloned();
        let all: Vec<Template> = commit.iter().cloned().chain(more).collect();
        (!all.is_empty()).then_some(Reading { commit, all, facts })
    }

    /// The same image in a run without a scope.
    pub(in crate::commands) fn without_scope(&self) -> Reading {
        Reading { facts: self.facts.without_scope(), ..self.clone() }
    }

    /// Whether the commit tag is a shape, so that without the list nobody knows whether the commit has one.
    pub(in crate::commands) fn is_of_commit(&self) -> bool {
        self.commit.is_some()
    }

    /// What the commit tag looks like, for people.
    pub(in crate::commands) fn shown(&self) -> &str {
        self.commit.as_ref().map_or("", |template| template.text.as_str())
    }

    /// The commit's own tag: the newest of its shape that names it and is there.
    pub(in crate::commands) async fn commit_tag(
        &self,
        registry: &Registry,
        lists: &Lists,
        repository: &Repository,
    ) -> Result<Option<(Tag, Digest)>> {
        let Some(template) = self.commit.as_ref().filter(|template| tags::names_commit(template)) else {
            return Ok(None);
        };
        let listed = lists.of(registry, repository).await?;
        let known = Known { sha: Some(&self.facts.sha), ..any(&self.facts.facts()) };
        for Candidate { tag, .. } in readback::of_shape(template, &known, &listed) {
            match registry.head(repository, Name::Tag(&tag)).await {
                Lookup::Found(there) => return Ok(Some((tag, there.digest))),
                Lookup::Missing => {}
                Lookup::Unknown(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// What a tag tells, if it is of one of the shapes.
    pub(in crate::commands) fn told(&self, tag: &Tag) -> Option<Built> {
        let tags = [tag.clone()];
        let known = any(&self.facts.facts());
        let found = |template| readback::of_shape(template, &known, &tags).into_iter().next();
        self.all.iter().find_map(found).map(Built::from)
    }

    /// The tag of a build that is at an image; `revision` is the commit that the image says it was built at. There may be
    /// one among many that is not found: it only tells more.
    pub(in crate::commands) async fn built(
        &self,
        registry: &Registry,
        lists: &Lists,
        (repository, digest): (&Repository, &Digest),
        revision: Option<&str>,
    ) -> Result<Option<Built>> {
        let listed = lists.of(registry, repository).await?;
        let commits: Vec<&str> = [self.facts.sha.as_str()].into_iter().chain(revision).collect();
        for template in &self.all {
            let all = readback::of_shape(template, &any(&self.facts.facts()), &listed);
            let mut likeliest = readback::likeliest(all, &commits);
            likeliest.truncate(ASKED);
            if let Some(found) = at_image(registry, repository, likeliest, digest).await? {
                return Ok(Some(found.into()));
            }
        }
        Ok(None)
    }
}
