//! Parents that were built again: whether an image stands on its parents as they are now.
//!
//! A new build of the same content (forced, too old, its base moved) changes no hash, so a child that was not built after
//! it, because its build failed or was never asked for, would be used on the old parent for good. Therefore a build
//! records the digests of its parents, and a build that was asked for though the content is there says so. A child on
//! another digest than its parent's present one counts only where that one says so: two pipelines at once leave two
//! images of the same content, and a child on either is as good.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::OnceCell;

use crate::commands::inspect::{self, Question};
use crate::commands::subject::{Asked, Subject};
use crate::decision::{Action, Decision, Image};
use crate::details;
use crate::error::{Error, Result};
use crate::lookup::Lookup;
use crate::project::{Assessed, Project};
use crate::reference::{Digest, Repository};
use crate::registry::Registry;

/// What was decided for the images so far, as far as it concerns their children.
#[derive(Debug, Default)]
pub(super) struct Decided(BTreeMap<String, Parent>);

#[derive(Debug)]
struct Parent {
    /// Where its image is.
    repository: Repository,
    /// Its image in this plan; none while it is to be built.
    digest: Option<Digest>,
    /// It is built again in this very plan.
    rebuild: bool,
    /// The registry did not say what it has.
    unknown: bool,
    /// Whether that image says that it was built again; read once, and only where a child was built on another.
    again: OnceCell<bool>,
}

impl Decided {
    /// Notes what was decided for one image.
    pub(super) fn add(&mut self, name: &str, subject: &Subject, decision: &Decision) {
        let other = decision.from.as_ref().and_then(|from| from.repository.clone());
        let parent = Parent {
            repository: other.unwrap_or_else(|| subject.repository.clone()),
            digest: decision.digest.clone(),
            rebuild: decision.rebuild,
            unknown: decision.action == Action::Unknown,
            again: OnceCell::new(),
        };
        self.0.insert(name.to_owned(), parent);
    }

    /// A parent that is built again in this plan.
    pub(super) fn rebuilt<'a>(&self, assessed: &'a Assessed) -> Option<&'a str> {
        let rebuilt = |name: &&String| self.0.get(*name).is_some_and(|parent| parent.rebuild);
        assessed.parents.values().find(rebuilt).map(String::as_str)
    }

    /// Looks at every image that may be used. What could not be read is unknown.
    pub(super) async fn check(
        &self,
        registry: &Registry,
        assessed: &Assessed,
        subject: &Subject,
        asked: &mut Asked,
    ) {
        // Where one is built again in this plan, no image of the child is used anyway.
        if self.rebuilt(assessed).is_some() {
            return;
        }
        let answers = &asked.answers;
        // The commit's own image is used only where the content tag has none.
        let own = answers.content.found().or(answers.commit.found());
        let trusted = answers.trusted.found().map(|trusted| &trusted.image);
        let elsewhere = answers.elsewhere.found().map(|(_, image)| image);
        let mut failed = None;
        for image in [own, trusted, elsewhere].into_iter().flatten() {
            match self.outdated(registry, assessed, subject, image).await {
                Ok(None) => {}
                Ok(Some(reason)) => drop(asked.outdated.insert(image.digest.clone(), reason)),
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            asked.answers.content = Lookup::Unknown(error);
        }
    }

    /// Why an image stands on a parent that is not the present one, if it does. Without a record nothing can be told.
    pub(super) async fn outdated(
        &self,
        registry: &Registry,
        assessed: &Assessed,
        subject: &Subject,
        image: &Image,
    ) -> Result<Option<String>> {
        let Some(details) = &image.details else { return Ok(None) };
        // Builders pass labels on from a base image: a record beside another mark is that image's.
        let own = details.mark.as_ref() == Some(&subject.content_hash);
        let Some(recorded) = details.parents.as_deref().filter(|_| own) else { return Ok(None) };
        // A record that cannot be read names no digest that could be the present one.
        let recorded: Option<BTreeMap<String, String>> = serde_json::from_str(recorded).ok();
        for name in assessed.parents.values().collect::<BTreeSet<_>>() {
            let Some(parent) = self.0.get(name) else { continue };
            let then = match &recorded {
                Some(recorded) => match recorded.get(name) {
                    Some(then) => Some(then.as_str()),
                    None => continue,
                },
                None => None,
            };
            if parent.unknown {
                return Err(Error::unavailable(format!(
                    "whether its parent {name} was built again since cannot be told, because the registry did not say what {name} has"
                )));
            }
            let Some(now) = &parent.digest else { continue };
            if then != Some(now.as_str()) && parent.built_again(registry, now).await? {
                return Ok(Some(format!("its parent {name} was built again since ({now})")));
            }
        }
        Ok(None)
    }
}

impl Parent {
    async fn built_again(&self, registry: &Registry, digest: &Digest) -> Result<bool> {
        let read = async {
            let question = Question { rebuilt: true, ..Question::default() };
            match inspect::inspect(registry, &self.repository, digest, question).await {
                Lookup::Found(inspected) => Ok(inspected.details.rebuilt),
                Lookup::Missing => Err(Error::unavailable(format!(
                    "{} is tagged, but not there",
                    self.repository.at(digest)
                ))),
                Lookup::Unknown(error) => Err(error),
            }
        };
        self.again.get_or_try_init(|| read).await.copied()
    }
}

/// What was asked about each subject, by its index: first those without parents, then those whose parents are before them.
pub(super) fn waves(project: &Project, subjects: &[Subject], all: Vec<Asked>) -> Vec<Vec<(usize, Asked)>> {
    let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
    let mut waves: Vec<Vec<(usize, Asked)>> = Vec::new();
    for (index, (subject, asked)) in subjects.iter().zip(all).enumerate() {
        let assessed = &project.images[subject.index];
        let parents = assessed.parents.values().filter_map(|parent| depths.get(parent.as_str()));
        let depth = parents.max().map_or(0, |deepest| deepest + 1);
        depths.insert(&assessed.defined.name, depth);
        if waves.len() <= depth {
            waves.resize_with(depth + 1, Vec::new);
        }
        waves[depth].push((index, asked));
    }
    waves
}

/// Writes into the labels and annotations of a build which parents it is built on; those that are there already stay
/// where nothing newer is known.
pub(super) fn record<'a>(
    marks: [&mut BTreeMap<String, String>; 2],
    parents: impl Iterator<Item = (&'a str, &'a Digest)>,
) {
    let [labels, annotations] = marks;
    // Only what `record` itself wrote into this build can stand there.
    let before = labels.get(details::PARENTS).and_then(|before| serde_json::from_str(before).ok());
    let mut recorded: BTreeMap<String, String> = before.unwrap_or_default();
    recorded.extend(parents.map(|(name, digest)| (name.to_owned(), digest.to_string())));
    if !recorded.is_empty() {
        let recorded = serde_json::json!(recorded).to_string();
        labels.insert(details::PARENTS.to_owned(), recorded.clone());
        annotations.insert(details::PARENTS.to_owned(), recorded);
    }
}
