//! Tags of builds beside the commits of a log: those that name a commit, and those of the images that others run on.

use std::collections::{HashMap, HashSet};

use crate::commands::shaped;
use crate::config::Policy;
use crate::error::Result;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::Registry;
use crate::tags::readback::{self, Built, ByCommit, Candidate};
use crate::tags::{self, Known, Template};
use crate::timeline::{Entry, Presence, Shown};

/// Images whose tag is looked for though no commit that is shown was built: each may be several requests.
const SEARCHED: usize = 4;
/// Tags that are asked for in search of one image's.
const ASKED: usize = 32;

/// The shapes by which tags are read back.
pub(super) struct Builds<'p> {
    /// The commit tag's, where it is a shape.
    commit: Option<&'p Template>,
    /// All of them, the commit tag's first.
    all: Vec<&'p Template>,
    scope: Option<&'p str>,
}

impl<'p> Builds<'p> {
    /// Those of a policy.
    pub(super) fn new(policy: &'p Policy, scope: Option<&'p str>) -> Builds<'p> {
        let commit = policy.commit_tag.as_ref().filter(|template| tags::is_shaped(template));
        let more = policy.write_once.iter().filter(|template| tags::is_shaped(template));
        Builds { commit, all: commit.into_iter().chain(more).collect(), scope }
    }

    /// Whether there is none, so that no list is needed.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    fn candidates(&self, template: &Template, image: &str, listed: &[Tag]) -> Vec<Candidate> {
        let known = Known { scope: self.scope, image: Some(image), ..Known::default() };
        readback::of_shape(template, &known, listed)
    }

    /// Gives each commit of a repository's images the newest tag that names it. One that two of the commits could have
    /// is nobody's.
    pub(super) fn of_commits(&self, entries: &mut [Entry], repository: &str, listed: &[Tag]) {
        let here = |image: &Shown| image.repository.as_ref().is_some_and(|at| at.to_string() == repository);
        let names = entries.iter().flat_map(|entry| &entry.images).filter(|image| here(image));
        let names: HashSet<String> = names.map(|image| image.name.clone()).collect();
        for (template, name) in
            self.all.iter().flat_map(|template| names.iter().map(move |name| (template, name)))
        {
            let found = self.candidates(template, name, listed);
            let named = ByCommit::of(found.clone());
            let mut owners: HashMap<&Tag, Vec<usize>> = HashMap::new();
            for (index, entry) in entries.iter().enumerate() {
                let newest = named.of_commit(&entry.commit).next();
                newest.into_iter().for_each(|tag| owners.entry(tag).or_default().push(index));
            }
            for one in &found {
                let Some([owner]) = owners.get(&one.tag).map(Vec::as_slice) else { continue };
                let images = entries[*owner].images.iter_mut();
                for image in images.filter(|image| image.name == *name && here(image)) {
                    if self.commit == Some(template) {
                        image.commit_tag = Some(one.tag.clone());
                    }
                    image.built.get_or_insert_with(|| one.clone().into());
                }
            }
        }
    }

    /// Gives the other commits the tag of the image that they run on: that of a commit that is shown and was built, else one
    /// that is looked for.
    pub(super) async fn of_images(
        &self,
        registry: &Registry,
        entries: &mut [Entry],
        known: &HashMap<String, Option<HashSet<Tag>>>,
    ) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let mut built: HashMap<(String, Digest), Option<Built>> = HashMap::new();
        for image in entries.iter().flat_map(|entry| &entry.images) {
            if let (Some(digest), Some(tag)) = (&image.digest, &image.built) {
                built.entry((image.name.clone(), digest.clone())).or_insert_with(|| Some(tag.clone()));
            }
        }
        let mut searched = 0;
        for image in entries.iter_mut().flat_map(|entry| &mut entry.images) {
            let by_content = image.image == Presence::ContentTag && image.built.is_none();
            let (Some(digest), Some(repository), true) = (&image.digest, &image.repository, by_content)
            else {
                continue;
            };
            let key = (image.name.clone(), digest.clone());
            if !built.contains_key(&key) && searched < SEARCHED {
                searched += 1;
                let listed = known.get(&repository.to_string()).and_then(Option::as_ref);
                let found = self.search(registry, repository, (&image.name, digest), listed).await?;
                built.insert(key.clone(), found);
            }
            image.built = built.get(&key).cloned().flatten();
        }
        Ok(())
    }

    async fn search(
        &self,
        registry: &Registry,
        repository: &Repository,
        (image, digest): (&str, &Digest),
        listed: Option<&HashSet<Tag>>,
    ) -> Result<Option<Built>> {
        let listed: Vec<Tag> = listed.into_iter().flatten().cloned().collect();
        for template in &self.all {
            let mut newest = self.candidates(template, image, &listed);
            newest.truncate(ASKED);
            if let Some(found) = shaped::at_image(registry, repository, newest, digest).await? {
                return Ok(Some(found.into()));
            }
        }
        Ok(None)
    }
}
