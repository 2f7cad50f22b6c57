//! Releases as a whole, on a registry that is a map: what each run makes of its tags.

#![allow(clippy::unwrap_used, clippy::panic)]

mod backwards;
mod history;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::config;
use crate::reference::{Digest, Tag};
use crate::release::known::Seen;
use crate::release::moves::{Heads, Judged, Left, Question, Refused, Step, What, judge};
use crate::release::rule::Rule;
use crate::release::{Release, known};

/// Open Data Hub's rule.
const LINES: &str = "[[release]]\ngit-tag = \"cuda-(?<line>[0-9.]+)-v{version}\"\n\
     tags = [\"{line}-v{version}\", \"{line}-v{major}.{minor}\", \"{line}-v{major}\", \"{line}-latest\", \"latest\"]\n[image]\n";

fn rule(text: &str) -> Rule {
    let config = config::parse("imgplan.toml", text, Path::new("/base")).unwrap_or_else(|e| panic!("{e:#?}"));
    config.policy.releases.first().unwrap().clone()
}

/// A registry of one repository, and what git has.
struct World {
    rule: Rule,
    tags: BTreeMap<Tag, Digest>,
    git: Vec<String>,
    /// Made once: there are many runs.
    releases: RefCell<BTreeMap<String, Release>>,
}

impl World {
    fn new(rule: Rule) -> World {
        World { rule, tags: BTreeMap::new(), git: Vec::new(), releases: RefCell::default() }
    }

    fn release(&self, git_tag: &str) -> Release {
        let make = || known::of_git(&self.rule, "app", [git_tag]).pop();
        let mut releases = self.releases.borrow_mut();
        let made = releases.entry(git_tag.to_owned());
        made.or_insert_with(|| make().unwrap_or_else(|| panic!("{git_tag} is no release"))).clone()
    }

    fn steps(&self, git_tag: &str, digest: &Digest, may_move: &[&str]) -> Vec<Step> {
        let own = self.release(git_tag);
        let by_git: Vec<Release> = self.git.iter().map(|git_tag| self.release(git_tag)).collect();
        let listed: BTreeSet<Tag> = self.tags.keys().cloned().collect();
        let others = known::all(
            &self.rule,
            "app",
            &own,
            Seen { by_git: &by_git, listed: &listed, is_commits: &|_| false },
        );
        let may_move = may_move.iter().map(|tag| Tag::new(*tag).unwrap()).collect();
        let mut heads = Heads::new();
        loop {
            let question = Question { release: &own, digest, others: &others, may_move: &may_move };
            match judge(question, &heads) {
                Judged::Steps(steps) => return steps,
                Judged::Ask(tags) => {
                    assert!(tags.iter().all(|tag| !heads.contains_key(tag)), "{tags:?} was answered");
                    heads.extend(tags.into_iter().map(|tag| (tag.clone(), self.tags.get(&tag).cloned())));
                }
            }
        }
    }

    /// Does the first `writes` of the writes of a run.
    fn run(&mut self, git_tag: &str, digest: &Digest, writes: usize) {
        for step in
            self.steps(git_tag, digest, &[]).into_iter().filter(|step| step.what.writes()).take(writes)
        {
            self.tags.insert(step.tag, digest.clone());
        }
    }

    fn what(&self, git_tag: &str, digest: &Digest, tag: &str) -> What {
        let steps = self.steps(git_tag, digest, &[]);
        steps.into_iter().find(|step| step.tag.as_str() == tag).unwrap_or_else(|| panic!("no {tag}")).what
    }

    fn at(&self, tag: &str) -> Option<&Digest> {
        self.tags.get(&Tag::new(tag).unwrap())
    }
}

fn digest(of: &str) -> Digest {
    Digest::of(of.as_bytes())
}

/// A run that broke off after the version tag leaves floating tags behind, never ahead; others then leave them to it.
#[test]
fn what_broke_off_is_finished_by_the_same_release_alone() {
    let mut world = World::new(rule("[image]\n"));
    let (old, new, patch) = (digest("1.2.0"), digest("1.3.0"), digest("1.2.1"));
    world.git = ["v1.2.0", "v1.3.0", "v1.2.1"].map(str::to_owned).to_vec();
    world.run("v1.2.0", &old, usize::MAX);
    world.run("v1.3.0", &new, 1);
    assert_eq!((world.at("1.3.0"), world.at("latest")), (Some(&new), Some(&old)));
    world.run("v1.2.1", &patch, usize::MAX);
    assert_eq!((world.at("1.2"), world.at("latest")), (Some(&patch), Some(&old)), "not by the patch");
    let behind = Left::Behind { name: "1.3.0".to_owned(), git_tag: Some("v1.3.0".to_owned()) };
    assert_eq!(world.what("v1.2.1", &patch, "latest"), What::Left(behind));
    world.run("v1.3.0", &new, usize::MAX);
    assert_eq!((world.at("1"), world.at("latest")), (Some(&new), Some(&new)));
}

#[test]
fn a_patch_of_an_old_line_moves_only_its_line() {
    let mut world = World::new(rule("[image]\n"));
    world.run("v1.1.8", &digest("1.1.8"), usize::MAX);
    world.run("v1.2.0", &digest("1.2.0"), usize::MAX);
    let patch = digest("1.1.9");
    let higher = What::Left(Left::Higher("1.2.0".to_owned()));
    assert_eq!(world.what("v1.1.9", &patch, "1"), higher);
    assert_eq!(world.what("v1.1.9", &patch, "latest"), higher);
    assert_eq!(world.what("v1.1.9", &patch, "1.1"), What::Move(Some("1.1.8".to_owned())));
}

#[test]
fn prereleases_and_zero_versions_move_less() {
    let world = World::new(rule("[image]\n"));
    let image = digest("x");
    for tag in ["2.0", "2", "latest"] {
        assert_eq!(world.what("v2.0.0-rc.1", &image, tag), What::Left(Left::Prerelease), "{tag}");
        assert_eq!(world.what("2.0.0rc1", &image, tag), What::Left(Left::Prerelease), "{tag}");
    }
    assert_eq!(world.what("v0.4.1", &image, "0"), What::Left(Left::Zero));
    assert_eq!(world.what("v0.4.1", &image, "0.4"), What::Put);
    assert_eq!(world.what("v0.4.1", &image, "latest"), What::Put);
}

/// 2026.11.3 is numbers like any other; a tag of two numbers that is a release of its own is written once.
#[test]
fn calendar_versions_are_numbers() {
    let mut world = World::new(rule("[image]\n"));
    let steps = world.steps("v2026.11", &digest("a"), &[]);
    let tags: Vec<&str> = steps.iter().map(|step| step.tag.as_str()).collect();
    assert_eq!(tags, ["2026.11", "2026", "latest"]);
    world.git = vec!["v2026.11".to_owned()];
    world.run("v2026.11", &digest("a"), usize::MAX);
    let written = What::Left(Left::VersionTag("2026.11".to_owned()));
    assert_eq!(world.what("v2026.11.1", &digest("b"), "2026.11"), written);
    assert_eq!(world.what("v2026.11.1", &digest("b"), "2026"), What::Move(Some("2026.11".to_owned())));
    assert_eq!(world.what("v2024.04.1", &digest("c"), "2024.04"), What::Put);
}

#[test]
fn a_version_tag_is_written_once_and_nothing_moves_where_it_conflicts() {
    let mut world = World::new(rule("[image]\n"));
    world.run("v1.0.0", &digest("a"), usize::MAX);
    let steps = world.steps("v1.0.0", &digest("b"), &[]);
    assert_eq!(steps[0].what, What::Refused(Refused::Taken));
    assert!(steps.iter().all(|step| !step.what.writes()), "{steps:?}");
    let steps = world.steps("v1.0.0", &digest("b"), &["1.0.0"]);
    assert_eq!(steps[0].what, What::Move(None));
    assert!(steps.iter().skip(1).all(|step| step.what == What::Move(Some("1.0.0".to_owned()))), "{steps:?}");
}

/// Somebody's `latest` that no release explains is left alone, until it is asked for by its name.
#[test]
fn a_floating_tag_at_a_strange_image_is_a_finding() {
    let mut world = World::new(rule("[image]\n"));
    world.tags.insert(Tag::new("latest").unwrap(), digest("by hand"));
    assert_eq!(world.what("v1.0.0", &digest("a"), "latest"), What::Refused(Refused::Unknown));
    assert_eq!(world.what("v1.0.0", &digest("a"), "1"), What::Put, "the others are not in doubt");
    let steps = world.steps("v1.0.0", &digest("a"), &["latest"]);
    assert!(steps.iter().any(|step| step.tag.as_str() == "latest" && step.what == What::Move(None)));
    world.run("v2.0.0", &digest("c"), usize::MAX);
    world.tags.insert(Tag::new("1.0").unwrap(), digest("c"));
    let stray = What::Refused(Refused::Stray("2.0.0".to_owned()));
    assert_eq!(world.what("v1.0.0", &digest("a"), "1.0"), stray);
}

/// Two versions of one content are one image with two version tags.
#[test]
fn a_patch_without_a_change_is_the_same_image() {
    let mut world = World::new(rule("[image]\n"));
    let image = digest("same");
    world.run("v1.2.3", &image, usize::MAX);
    world.run("v1.2.4", &image, usize::MAX);
    for tag in ["1.2.3", "1.2.4", "1.2", "1", "latest"] {
        assert_eq!(world.at(tag), Some(&image), "{tag}");
    }
}

#[test]
fn git_and_the_registry_may_disagree() {
    let mut world = World::new(rule("[image]\n"));
    world.run("v2.0.0", &digest("2"), usize::MAX);
    world.git = vec!["v1.0.0".to_owned(), "v3.0.0".to_owned()];
    let own = world.release("v1.0.0");
    let by_git = known::of_git(&world.rule, "app", world.git.iter().map(String::as_str));
    let listed = world.tags.keys().cloned().collect();
    let others = known::all(
        &world.rule,
        "app",
        &own,
        Seen { by_git: &by_git, listed: &listed, is_commits: &|_| false },
    );
    let told = known::disagreements(&own, &others);
    assert!(told[0].starts_with("2.0.0 is in the registry, and git here has no tag for it"), "{told:?}");
    assert!(told.iter().any(|note| note.contains("v3.0.0") && note.contains("latest moves on")), "{told:?}");
    assert_eq!(world.what("v1.0.0", &digest("1"), "latest"), What::Left(Left::Higher("2.0.0".to_owned())));
}

#[test]
fn open_data_hubs_tags_can_be_written() {
    let tags = |rule: &Rule, git_tag: &str| {
        let release = rule.release(git_tag, "app").unwrap().unwrap();
        let floating = release.floating.iter().map(|floating| floating.tag.to_string());
        release.written.iter().map(ToString::to_string).chain(floating).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(tags(&rule(LINES), "cuda-12.8-v1.2.3"), "12.8-v1.2.3 12.8-v1.2 12.8-v1 12.8-latest latest");
    let python = rule(
        "[[release]]\ngit-tag = '''python-(?<x>\\d+)\\.(?<y>\\d+)-v{version}'''\n\
         tags = [\"py{x}{y}-v{version}\", \"py{x}{y}-v{major}.{minor}\", \"py{x}{y}-v{major}\", \"py{x}{y}-latest\"]\n[image]\n",
    );
    assert_eq!(tags(&python, "python-3.12-v2.1.0"), "py312-v2.1.0 py312-v2.1 py312-v2 py312-latest");
    assert_eq!(tags(&rule("[image]\n"), "v1.2.3"), "1.2.3 1.2 1 latest");
}

/// The release before, for what changed since.
#[test]
fn the_release_before_is_of_the_same_line_and_no_prerelease() {
    let rule = rule(LINES);
    let all =
        ["12.8-v1.0.0", "12.8-v1.1.0-rc.1", "12.8-v1.10.0", "12.9-v1.0.9"].map(|tag| format!("cuda-{tag}"));
    let by_git = known::of_git(&rule, "app", all.iter().map(String::as_str));
    let before = |git_tag: &str| {
        let own = rule.release(git_tag, "app").unwrap().unwrap();
        known::previous(&own, &by_git).and_then(|release| release.git_tag.clone())
    };
    assert_eq!(before("cuda-12.8-v1.1.0").as_deref(), Some("cuda-12.8-v1.0.0"));
    assert_eq!(before("cuda-12.8-v1.1.0-rc.2").as_deref(), Some("cuda-12.8-v1.1.0-rc.1"));
    assert_eq!(before("cuda-12.8-v1.0.0"), None);
}
