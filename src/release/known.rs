//! All releases of one image that git's tags and the registry's tags tell of, and where the two disagree.
//!
//! A release counts as *out* where its version tag is in the registry: that is the state, and it wins. What only git knows
//! is not out yet; what only the registry knows is out all the same.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::reference::Tag;
use crate::release::rule::Rule;
use crate::release::{Floating, Release};
use crate::version::Version;

/// A release that is known besides the one that is at hand.
#[derive(Debug, Clone)]
pub struct Known {
    /// The release.
    pub release: Release,
    /// Whether its version tag is in the registry.
    pub released: bool,
    /// Whether it is made of a tag that has another number of numbers than the release at hand, so that it may be a floating
    /// tag as well (`2.0` beside `1.8.8`). It never counts as out; but what is at its image does not move to a lower one.
    pub may_float: bool,
}

/// What is seen of an image's releases.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// All that git knows of.
    pub by_git: &'a [Release],
    /// All tags of the registry.
    pub listed: &'a BTreeSet<Tag>,
    /// Whether a tag is one that imgplan gives commits, which may look like a version (`2026.11.21`) and is none.
    pub is_commits: &'a dyn Fn(&Tag) -> bool,
}

/// The releases of an image that git tags are by a rule.
pub fn of_git<'t>(rule: &Rule, image: &str, git_tags: impl IntoIterator<Item = &'t str>) -> Vec<Release> {
    let mut releases = Vec::new();
    for git_tag in git_tags {
        if rule.image_name(git_tag).is_some_and(|name| name != image) {
            continue;
        }
        // One of which the rule makes no valid tag never had an image by it.
        if let Ok(Some(release)) = rule.release(git_tag, image) {
            releases.push(release);
        }
    }
    releases
}

/// All releases but the one at hand, from git's tags and the registry's.
///
/// A tag that git does not know is read back as a version tag with the groups of a release that git does know, else with
/// any. It counts as out only where its version has as many numbers as the one at hand: `1.2` beside `1.2.3` floats. One
/// number alone tells nothing: no git tag is such a release, and builds are numbered so.
pub fn all(rule: &Rule, image: &str, own: &Release, seen: Seen<'_>) -> Vec<Known> {
    let Seen { by_git, listed, is_commits } = seen;
    let mut groups: BTreeSet<&BTreeMap<String, String>> =
        by_git.iter().map(|release| &release.groups).collect();
    groups.insert(&own.groups);
    let mut taken: BTreeSet<&Tag> = own.written.iter().chain(floating(own)).collect();
    by_git.iter().for_each(|release| taken.extend(&release.written));
    let floats: BTreeSet<&Tag> = by_git.iter().flat_map(floating).collect();
    let count = numbers(&own.version);
    let mut by_registry = Vec::new();
    for tag in listed.iter().filter(|tag| !taken.contains(*tag) && !is_commits(tag)) {
        let Some(release) = rule.read_back(tag, &groups, image) else { continue };
        let numbers = numbers(&release.version);
        let may_float = numbers != count || floats.contains(tag);
        if !may_float || numbers > 1 {
            by_registry.push(Known { release, released: !may_float, may_float });
        }
    }
    let is_other = |release: &Release| release.written != own.written;
    let by_git = by_git.iter().filter(|release| is_other(release)).map(|release| {
        let released = release.written.first().is_some_and(|tag| listed.contains(tag));
        Known { release: release.clone(), released, may_float: false }
    });
    by_git.chain(by_registry).collect()
}

/// How many numbers a version is written with.
fn numbers(version: &Version) -> usize {
    let text = version.text();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text.get(..end).unwrap_or_default().split('.').filter(|number| !number.is_empty()).count()
}

fn floating(release: &Release) -> impl Iterator<Item = &Tag> {
    release.floating.iter().map(|floating| &floating.tag)
}

/// The release before one, by git: the next lower version of the same line. What is no prerelease looks past those.
pub fn previous<'r>(own: &Release, by_git: &'r [Release]) -> Option<&'r Release> {
    by_git
        .iter()
        .filter(|other| other.groups == own.groups && other.order(own) == Ordering::Less)
        .filter(|other| own.version.is_prerelease() || !other.version.is_prerelease())
        .max_by(|a, b| a.order(b))
}

/// Where git and the registry disagree, in sentences.
pub fn disagreements(own: &Release, others: &[Known]) -> Vec<String> {
    let mut all = Vec::new();
    let others: Vec<&Known> = others.iter().filter(|other| !other.may_float).collect();
    let mut unknown: Vec<&Release> =
        others.iter().filter(|other| other.release.git_tag.is_none()).map(|other| &other.release).collect();
    unknown.sort_by(|a, b| a.order(b));
    match unknown.as_slice() {
        [] => {}
        [one] => all.push(format!(
            "{} is in the registry, and git here has no tag for it: it counts (`git fetch --tags` gets git's tags)",
            one.name()
        )),
        [first, .., last] => all.push(format!(
            "{} versions are in the registry ({} to {}) for which git here has no tag: they count (`git fetch --tags` gets \
             git's tags)",
            unknown.len(),
            first.name(),
            last.name()
        )),
    }
    // By the release that they wait for.
    let mut waiting: BTreeMap<&str, Vec<&Tag>> = BTreeMap::new();
    for Floating { tag, .. } in own.floating.iter().filter(|floating| own.gives(&floating.tag)) {
        let higher = others.iter().filter(|other| {
            !other.released && other.release.gives(tag) && other.release.order(own) == Ordering::Greater
        });
        if let Some(next) = higher.map(|other| &other.release).max_by(|a, b| a.order(b)) {
            waiting.entry(next.git_tag.as_deref().unwrap_or_default()).or_default().push(tag);
        }
    }
    for (git_tag, tags) in waiting {
        let moves = if tags.len() == 1 { "moves" } else { "move" };
        let tags = crate::text::list(&tags);
        all.push(format!(
            "git has {git_tag}, which is higher and not in the registry: {tags} {moves} on when that is released"
        ));
    }
    all
}
