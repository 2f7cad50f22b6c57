//! What imgplan would have saved over a history: how many builds there would have been, which input caused them, and how
//! many would remain if some inputs were left out.
//!
//! Pure: commits with the states of their images come in, figures go out. Nothing is estimated: a build is a content hash
//! that was not there before, and a suggestion's figure counts the hashes as they would have been.

mod advice;
mod ledger;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;

use crate::content_hash::ContentHash;

pub use advice::Advice;
pub use ledger::{Ledger, Part};

/// An image at a commit.
#[derive(Debug, Clone)]
pub struct State<'a> {
    /// Its content hash.
    pub hash: ContentHash,
    /// What it read.
    pub ledger: &'a Ledger,
}

/// A commit of the history.
#[derive(Debug, Clone)]
pub struct Point<'a> {
    /// Full id.
    pub id: String,
    /// Its parents, as places in the list; those before the range are not there.
    pub parents: Vec<usize>,
    /// Whether the clone ends here: it has parents, which are not in it.
    pub cut_off: bool,
    /// Its images; `None` where one has no hash there, because a build would be refused.
    pub images: BTreeMap<&'a str, Option<State<'a>>>,
}

/// What would have been saved.
#[derive(Debug, Clone, Serialize)]
pub struct Simulation {
    /// 1
    pub version: u32,
    /// How many commits were looked at.
    pub commits: usize,
    /// The oldest one; none where there are none.
    pub from: Option<String>,
    /// The newest one.
    pub to: Option<String>,
    /// Whether history goes on before `from`.
    pub more: bool,
    /// Whether the clone has not all of it.
    pub cut_off: bool,
    /// Builds of all images, if each commit built each of its images that can be built.
    pub builds_without: usize,
    /// Builds with imgplan.
    pub builds: usize,
    /// Image by image.
    pub images: Vec<Image>,
}

/// One image.
#[derive(Debug, Clone, Serialize)]
pub struct Image {
    /// Its name.
    pub name: String,
    /// Commits that have it.
    pub commits: usize,
    /// Those of them at which no build is possible: the Dockerfile is not there, or a build refuses it.
    pub refused: usize,
    /// Builds that would have been.
    pub builds: usize,
    /// What caused them, most first.
    pub causes: Vec<Cause>,
    /// What would save more.
    pub advice: Option<Advice>,
    /// The commits that build, oldest first.
    pub built_at: Vec<String>,
    /// For each commit, oldest first: whether it builds; `None` where it does not have the image.
    #[serde(skip)]
    pub timeline: Vec<Option<bool>>,
}

/// What caused builds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The instruction or key that reads it, or what else changed.
    pub why: String,
    /// How many builds it caused. One that several things caused counts for each of them.
    pub builds: usize,
    /// The inputs behind it, most first.
    pub inputs: Vec<Changed>,
}

/// An input that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// From the repository's root; a folder has a slash behind it.
    pub path: String,
    /// In how many of those builds.
    pub builds: usize,
}

/// Simulates. `points` are the oldest first, parents before their children.
pub fn simulate(points: &[Point<'_>], more: bool) -> Simulation {
    let names: BTreeSet<&str> = points.iter().flat_map(|point| point.images.keys().copied()).collect();
    let images: Vec<Image> = names.into_iter().map(|name| image(points, name)).collect();
    Simulation {
        version: 1,
        commits: points.len(),
        from: points.first().map(|point| point.id.clone()),
        to: points.last().map(|point| point.id.clone()),
        more,
        cut_off: points.iter().any(|point| point.cut_off),
        builds_without: images.iter().map(|image| image.commits - image.refused).sum(),
        builds: images.iter().map(|image| image.builds).sum(),
        images,
    }
}

fn image(points: &[Point<'_>], name: &str) -> Image {
    let mut built: HashSet<ContentHash> = HashSet::new();
    let mut causes: BTreeMap<String, (usize, HashMap<String, usize>)> = BTreeMap::new();
    let mut image = Image {
        name: name.to_owned(),
        commits: 0,
        refused: 0,
        builds: 0,
        causes: Vec::new(),
        advice: None,
        built_at: Vec::new(),
        timeline: Vec::with_capacity(points.len()),
    };
    for point in points {
        let Some(state) = point.images.get(name) else {
            image.timeline.push(None);
            continue;
        };
        image.commits += 1;
        let Some(state) = state else {
            image.refused += 1;
            image.timeline.push(Some(false));
            continue;
        };
        let builds = built.insert(state.hash);
        image.timeline.push(Some(builds));
        if !builds {
            continue;
        }
        image.builds += 1;
        image.built_at.push(point.id.clone());
        let before = point.parents.iter().find_map(|parent| points[*parent].images.get(name)?.as_ref());
        for (why, paths) in changed(before, state, point.cut_off) {
            let (count, inputs) = causes.entry(why).or_default();
            *count += 1;
            paths.into_iter().for_each(|path| *inputs.entry(path).or_default() += 1);
        }
    }
    image.causes = most_first(causes);
    image.advice = advice::advise(points, name, image.builds);
    image
}

/// What changed since the parent: by what reads it, the paths.
fn changed(
    before: Option<&State<'_>>,
    after: &State<'_>,
    cut_off: bool,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut causes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let Some(before) = before.map(|state| state.ledger) else {
        let why =
            if cut_off { "the first in this clone, whose history is cut off" } else { "the first build" };
        return BTreeMap::from([(why.to_owned(), BTreeSet::new())]);
    };
    let after = after.ledger;
    let differ = |one: &Ledger, other: &Ledger, causes: &mut BTreeMap<String, BTreeSet<String>>| {
        for (part, _) in one.parts.iter().filter(|(part, sum)| other.parts.get(*part) != Some(*sum)) {
            // The line may only have moved.
            let moved =
                other.parts.iter().any(|(same, sum)| same.path == part.path && *sum == one.parts[part]);
            if !moved {
                causes.entry(part.why.clone()).or_default().insert(part.path.clone());
            }
        }
    };
    differ(after, before, &mut causes);
    if causes.is_empty() {
        differ(before, after, &mut causes);
    }
    if before.definition != after.definition {
        let settings = after.settings_unlike(before);
        // Where the Dockerfile is the same, what else changed follows from these.
        if settings.is_empty() || before.dockerfile != after.dockerfile {
            causes.entry("the Dockerfile's instructions or the configuration".to_owned()).or_default();
        }
        settings.into_iter().for_each(|setting| _ = causes.entry(setting).or_default());
    }
    if causes.is_empty() {
        let parents = after.parents.join(", ");
        causes.entry(format!("a parent: {parents}")).or_default();
    }
    causes
}

fn most_first(causes: BTreeMap<String, (usize, HashMap<String, usize>)>) -> Vec<Cause> {
    let mut causes: Vec<Cause> = causes
        .into_iter()
        .map(|(why, (builds, inputs))| {
            let mut inputs: Vec<Changed> =
                inputs.into_iter().map(|(path, builds)| Changed { path, builds }).collect();
            inputs.sort_by(|a, b| b.builds.cmp(&a.builds).then_with(|| a.path.cmp(&b.path)));
            Cause { why, builds, inputs }
        })
        .collect();
    causes.sort_by(|a, b| b.builds.cmp(&a.builds).then_with(|| a.why.cmp(&b.why)));
    causes
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
