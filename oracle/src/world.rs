//! One generated project with its mutants, from the seed to the verdicts.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use anyhow::Result;

use crate::bench::Bench;
use crate::generate::{Mutant, Project};
use crate::judge::{Built, Judge, Mode};
use crate::snapshot::{Context, Image, Snapshot};
use crate::subject::Assessment;
use crate::verdict::{Sight, Verdict, judge};

/// What came of one project.
pub struct World {
    /// Its number in the run; with the run's seed it makes the project again.
    pub number: u64,
    /// Whether BuildKit builds all images of the origin. If not, no mutants were looked at.
    pub origin: Origin,
    /// Whether each build ran each step; else a build's `ran` are the steps that no earlier build of the run had run.
    pub fresh: bool,
    /// The judged mutants.
    pub mutants: Vec<Judged>,
}

/// What became of the unchanged project.
pub enum Origin {
    /// BuildKit builds it and imgplan hashes it.
    Good,
    /// BuildKit fails on an image; the message.
    NotBuilt(String),
}

/// A mutant with the verdicts on its images.
pub struct Judged {
    /// The kind of mutation.
    pub kind: &'static str,
    /// The mutation.
    pub detail: String,
    /// A verdict for each image that both commits have.
    pub images: Vec<JudgedImage>,
    /// Both commits, kept where a verdict asks for a second look.
    pub pair: Option<(Snapshot, Snapshot)>,
}

/// The verdict on one image.
pub struct JudgedImage {
    /// Its name in the first commit.
    pub name: String,
    /// Who was right.
    pub verdict: Verdict,
    /// What both said of the second commit.
    pub after: Sight,
}

impl Judged {
    /// The worst verdict of its images.
    pub fn worst(&self) -> Verdict {
        self.images
            .iter()
            .map(|image| image.verdict)
            .max_by_key(|verdict| severity(*verdict))
            .unwrap_or(Verdict::Hit)
    }
}

fn severity(verdict: Verdict) -> usize {
    Verdict::ALL.iter().position(|one| *one == verdict).unwrap_or_default()
}

/// Every so many projects are built without BuildKit's cache: each step runs, for each mutant. In the others, steps
/// that BuildKit holds for the same are not run again; those show that its cache is as good a judge.
pub const FRESH: u64 = 10;

/// What the project of that number and its mutants are drawn with.
pub fn draws(seed: u64, number: u64) -> fastrand::Rng {
    fastrand::Rng::with_seed(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Makes the project of that number, and judges `mutants` changes of it.
pub fn explore(bench: &mut Bench<'_>, seed: u64, number: u64, mutants: usize) -> Result<World> {
    let mut rng = draws(seed, number);
    let project = Project::generate(&mut rng);
    let origin = project.snapshot();
    let fresh = number.is_multiple_of(FRESH);
    let mode = if fresh { Mode::Fresh } else { Mode::Cached };
    let _session = bench.judge.map(Judge::session).transpose()?;
    let before = bench.see(&[&origin], mode)?.remove(0);
    if let Some(error) = before.iter().find_map(|sight| sight.built.error.clone()) {
        return Ok(World { number, origin: Origin::NotBuilt(error), fresh, mutants: Vec::new() });
    }
    let mutated: Vec<Mutant> = (0..mutants).map(|_| project.mutant(&mut rng)).collect();
    let snapshots: Vec<&Snapshot> = mutated.iter().map(|mutant| &mutant.snapshot).collect();
    let after = bench.see(&snapshots, mode)?;
    let mut judged = Vec::new();
    let mut known = Known::new();
    for (mutant, after) in mutated.into_iter().zip(after) {
        let Mutant { kind, detail, snapshot } = mutant;
        let mut images = judge_images(&origin, &before, &snapshot, &after);
        if !fresh && images.iter().any(|image| is_broken(image.verdict)) {
            // A mount of a path that is not there fails, but a cached step answers it; such a verdict wants all steps run.
            let seen = bench.see(&[&origin, &snapshot], Mode::Fresh)?;
            images = judge_images(&origin, &seen[0], &snapshot, &seen[1]);
        }
        let mut pair = (origin.clone(), snapshot.clone());
        for image in &mut images {
            if let Some(other) = compare(&mut known, image, &snapshot)
                && differ(bench, &image.name, &other, &snapshot)?
            {
                image.verdict = Verdict::FalseHit;
                pair.0 = other;
            }
        }
        let wrong =
            images.iter().any(|image| is_broken(image.verdict) || image.verdict == Verdict::FalseMiss);
        judged.push(Judged { kind, detail, images, pair: wrong.then_some(pair) });
    }
    Ok(World { number, origin: Origin::Good, fresh, mutants: judged })
}

/// What BuildKit made of the first mutant with a hash, by image and hash.
type Known = HashMap<(String, String), (Built, Snapshot)>;

/// Compares a mutant with an earlier one of the same hash; the other commit, where its image is another one.
///
/// Where they are alike, the cache answers the second from the first, so what ran is that of the first.
fn compare(known: &mut Known, image: &mut JudgedImage, snapshot: &Snapshot) -> Option<Snapshot> {
    let Assessment::Hash { hash, .. } = &image.after.assessment else { return None };
    let built = &mut image.after.built;
    match known.entry((image.name.clone(), hash.clone())) {
        Entry::Vacant(free) => {
            free.insert((built.clone(), snapshot.clone()));
            None
        }
        Entry::Occupied(first) => {
            let (first, other) = first.get();
            if built.ran.is_empty() {
                built.ran.clone_from(&first.ran);
            }
            (first.digest != built.digest).then(|| other.clone())
        }
    }
}

/// Whether the images differ where all steps are run.
fn differ(bench: &mut Bench<'_>, name: &str, one: &Snapshot, other: &Snapshot) -> Result<bool> {
    let seen = bench.see(&[one, other], Mode::Fresh)?;
    let digest = |snapshot: &Snapshot, sights: &[Sight]| {
        let place = snapshot.images.iter().position(|image| image.name == name)?;
        sights.get(place)?.built.digest.clone()
    };
    Ok(digest(one, &seen[0]) != digest(other, &seen[1]))
}

/// What must never be.
fn is_broken(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::FalseHit | Verdict::WronglyRefused)
}

/// Images of the same name; where the mutation gave one another name, those in the same place.
fn judge_images(origin: &Snapshot, before: &[Sight], mutant: &Snapshot, all: &[Sight]) -> Vec<JudgedImage> {
    let mut judged = Vec::new();
    for (place, (image, before)) in origin.images.iter().zip(before).enumerate() {
        let same_name = mutant.images.iter().position(|other| other.name == image.name);
        let renamed = (mutant.images.len() == origin.images.len()).then_some(place);
        if let Some(after) = same_name.or(renamed).and_then(|place| all.get(place)) {
            let mut verdict = judge(before, after);
            if verdict == Verdict::WronglyRefused && parent_fails(image, mutant, all) {
                verdict = Verdict::BothRefuse;
            }
            judged.push(JudgedImage { name: image.name.clone(), verdict, after: after.clone() });
        }
    }
    judged
}

/// Whether a parent, or a parent's parent, cannot be built. imgplan plans no child then, also one that does not ask for
/// that parent.
fn parent_fails(image: &Image, mutant: &Snapshot, all: &[Sight]) -> bool {
    image.contexts.values().any(|context| match context {
        Context::Parent(parent) => {
            let place = mutant.images.iter().position(|other| other.name == *parent);
            place.is_none_or(|place| {
                all[place].built.digest.is_none() || parent_fails(&mutant.images[place], mutant, all)
            })
        }
        Context::Folder(_) | Context::External(_) => false,
    })
}
