//! Which tags git says are in use: those of the tips of branches and git tags by the templates, and floating ones.
//!
//! A tag is worked out as a plan does it, with all facts of the tip and each of its images. Where a fact is not known, or
//! the template has a build's date or number, a tag is told by its shape; one with an id in it by the commit that it names.
//! In doubt a tag is in use.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{Known, Tip};
use crate::cli::Common;
use crate::commands::facts::Gatherer;
use crate::commands::past::Past;
use crate::commands::session::Session;
use crate::error::{Errors, Result};
use crate::reference::Tag;
use crate::release::known;
use crate::retention::Protection;
use crate::tags::class::{Beside, Class};
use crate::tags::{self, Facts, Known as Told, Needs, Template, readback, shape};
use crate::version::Version;

/// What every git tag is called.
const GIT_TAG: &str = "{tag}";
/// Digits of an id that every `{sha:N}` has.
const FEWEST: usize = 4;
/// Digits of the id in `git describe --tags`.
const DESCRIBED: usize = 7;

/// The tags that are in use, among those of each repository that a rule is about.
pub(super) fn protection(
    git: &Known,
    session: &Session,
    common: &Common,
    there: &[Vec<Tag>],
) -> Result<Protection, Errors> {
    let tips = git.tips(session);
    let mut found = Found { there, ..Found::default() };
    // Tags of the content are in use where the content is, which is asked of all images.
    let all_images = Common { images: Vec::new(), ..common.clone() };
    let gatherer = Gatherer::new(session, &all_images);
    let past = Past::new(session, &all_images);
    let needs = Needs::of(session.policy.templates());
    let git_tag = Template::constant(GIT_TAG);
    for tip in &tips {
        let sha = tip.commit.id.to_string();
        let named = tip.git_tag.map(|name| Facts { git_tag: Some(name), ..Facts::of(&sha, "") });
        found.git_tags.extend(named.and_then(|facts| given(&git_tag, &facts)));
        for (image, hash) in images(&past, tip, needs)? {
            let hash = hash.as_deref();
            let gathered = gatherer.of(tip.commit, (&image, hash.unwrap_or_default()), None)?;
            let facts = Facts { branch: tip.branch, git_tag: tip.git_tag, ..gathered.facts() };
            let missing = Missing {
                describe: facts.describe.is_none() && !gathered.notes.is_empty(),
                input_sha: facts.input_sha.is_none(),
                content_hash: hash.is_none(),
            };
            for template in session.policy.templates() {
                found.by_facts(template, &facts, missing, &tip.whose);
            }
            found.input_shas.extend(facts.input_sha.map(|id| (id.to_owned(), tip.whose.clone())));
        }
    }
    for template in session.policy.templates() {
        found.by_id(template, &tips);
    }
    found.releases(session, &tips);
    let branches: BTreeSet<&str> = tips.iter().filter_map(|tip| tip.branch).collect();
    let branches: Vec<&str> = branches.into_iter().collect();
    let beside = Beside { scope: None, branches: &branches };
    let floats = |tag: &&Tag| session.policy.classes.of(tag.as_str(), &beside) == Class::Floating;
    let floating = there.iter().flatten().filter(floats).map(Tag::to_string).collect();
    let (git_tags, tips) = (found.git_tags.into_iter().collect(), found.tips);
    Ok(Protection { git_tags, tips, floating, ..Protection::default() })
}

/// The images of a tip with their content hashes; one without a name where no template tells images apart.
fn images(past: &Past<'_>, tip: &Tip<'_>, needs: Needs) -> Result<Vec<(String, Option<String>)>, Errors> {
    if !(needs.image || needs.input_sha || needs.content_hash) {
        return Ok(vec![(String::new(), None)]);
    }
    let seen = past.at(tip.commit)?;
    // A refused image has no hash, and its tags are told by their shape.
    Ok(seen
        .iter()
        .map(|seen| (seen.name.clone(), seen.hash.as_ref().ok().map(ToString::to_string)))
        .collect())
}

/// The tag's text; what such a name would give is no tag, so no tag is in use by it.
fn given(template: &Template, facts: &Facts<'_>) -> Option<String> {
    tags::render(template, facts).unwrap_or_default().map(|tag| tag.to_string())
}

/// Facts that a commit has, but that could not be found out.
#[derive(Clone, Copy)]
struct Missing {
    describe: bool,
    input_sha: bool,
    content_hash: bool,
}

#[derive(Default)]
struct Found<'t> {
    there: &'t [Vec<Tag>],
    git_tags: Vec<String>,
    /// Tags, and whose they are.
    tips: BTreeMap<String, String>,
    /// The last commits that changed inputs of tips, and whose.
    input_shas: BTreeMap<String, String>,
}

impl<'t> Found<'t> {
    fn add(&mut self, tag: impl Into<String>, whose: &str) {
        self.tips.entry(tag.into()).or_insert_with(|| whose.to_owned());
    }

    /// What `[[release]]` gives for the git tags.
    fn releases(&mut self, session: &Session, tips: &[Tip<'_>]) {
        let git_tags: BTreeSet<&str> = tips.iter().filter_map(|tip| tip.git_tag).collect();
        for rule in &session.policy.releases {
            for placed in &session.definitions {
                for release in known::of_git(rule, &placed.defined.name, git_tags.iter().copied()) {
                    let whose = format!("the release {}", release.version);
                    let floating = release.floating.iter().map(|floating| &floating.tag);
                    release.written.iter().chain(floating).for_each(|tag| self.add(tag.as_str(), &whose));
                }
            }
        }
    }

    /// The tag of a tip, or all that could be it.
    fn by_facts(&mut self, template: &Template, facts: &Facts<'_>, missing: Missing, whose: &str) {
        let needs = tags::needs(template);
        let has_none = needs.branch && facts.branch.is_none() || needs.git_tag && facts.git_tag.is_none();
        if has_none {
            return;
        }
        if let Some(tag) = given(template, facts) {
            return self.add(tag, whose);
        }
        let unknown = needs.describe && missing.describe
            || needs.input_sha && missing.input_sha
            || needs.content_hash && missing.content_hash;
        let is_shaped = tags::is_shaped(template);
        if !unknown && !is_shaped {
            return;
        }
        let version = facts.git_tag.and_then(Version::parse);
        let known = Told { version: version.as_ref(), ..Told::from(facts) };
        // Of builds that no id tells apart the newest is in use: all others are what such a rule is for.
        let newest_alone = !(unknown || needs.sha || needs.input_sha);
        let there = self.there;
        for tags in there {
            let could_be = readback::of_shape(template, &known, tags);
            let count = if newest_alone { 1 } else { could_be.len() };
            could_be.iter().take(count).for_each(|one| self.add(one.tag.as_str(), whose));
        }
    }

    /// Tags that name a tip by an id, whatever else is in them: an image may have another name by now.
    fn by_id(&mut self, template: &Template, tips: &[Tip<'_>]) {
        let needs = tags::needs(template);
        if !(needs.sha || needs.input_sha || needs.describe) {
            return;
        }
        let there: &'t [Vec<Tag>] = self.there;
        let fits = |known: Told<'_>, tag: &Tag| shape::matches(template, &known, tag.as_str()).is_some();
        let begins = |id: &str, tag: &Tag| id.get(..FEWEST).is_some_and(|id| tag.as_str().contains(id));
        for tag in there.iter().flatten().filter(|tag| fits(Told::default(), tag)) {
            for tip in tips {
                let sha = tip.commit.id.to_string();
                let described = sha.get(..DESCRIBED).map(|id| format!("-g{id}"));
                let by_sha = || fits(Told { sha: Some(&sha), ..Told::default() }, tag);
                let names = needs.sha && begins(&sha, tag) && by_sha()
                    || needs.describe && described.is_some_and(|id| tag.as_str().contains(&id));
                if names {
                    self.add(tag.as_str(), &tip.whose);
                }
            }
            if needs.input_sha {
                let of =
                    |id: &str| begins(id, tag) && fits(Told { input_sha: Some(id), ..Told::default() }, tag);
                let whose = self.input_shas.iter().find(|(id, _)| of(id)).map(|(_, whose)| whose.clone());
                whose.into_iter().for_each(|whose| self.add(tag.as_str(), &whose));
            }
        }
    }
}
