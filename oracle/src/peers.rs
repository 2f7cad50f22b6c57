//! `oracle peers`: the generated projects of a run, judged by BuildKit, and asked of other tools too.
//!
//! A tool gives an image of a commit a key, and whoever uses it skips a build where a key is known. So each is judged
//! by one question: do the keys of two commits differ where their images do? It must not know how a tool gets its key.

mod skaffold;
mod table;
mod tool;

use anyhow::{Context as _, Result};

use crate::bench::Bench;
use crate::generate::{Mutant, Project};
use crate::judge::{Judge, Mode};
use crate::run::projects;
use crate::snapshot::Snapshot;
use crate::subject::{Assessment, Subject};
use crate::verdict::Sight;
use crate::world::draws;

pub use skaffold::Skaffold;
pub use table::Table;
pub use tool::{Key, Tool};

/// What to run. Projects and mutants are those of `oracle run` with the same figures.
pub struct Options<'a> {
    /// Makes the run repeatable.
    pub seed: u64,
    /// How many mutants are judged, at least.
    pub mutations: usize,
    /// Mutants of one project.
    pub mutants: usize,
    /// Projects looked at side by side.
    pub workers: usize,
    /// What is asked beside imgplan.
    pub tools: &'a [Tool],
}

/// What BuildKit makes of the second commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Image {
    /// The first commit's image, bit by bit.
    Same,
    /// Another one.
    Other,
    /// None: the build fails.
    Fails,
}

/// One mutant.
pub struct Case {
    /// The project's number.
    pub project: u64,
    /// The kind of mutation.
    pub kind: &'static str,
    /// The mutation.
    pub detail: String,
    /// The truth.
    pub image: Image,
    /// The keys of both commits: imgplan's, then those of [`Options::tools`], in that order.
    pub keys: Vec<(Key, Key)>,
}

/// Asks everyone about as many mutants as are wanted.
pub fn run(judge: &Judge, subject: &Subject, options: &Options<'_>) -> Result<Table> {
    let cases =
        projects((judge, subject), (options.mutations, options.workers), Vec::len, |bench, number| {
            cases(bench, options, number)
        })?;
    let names = ["imgplan"].into_iter().chain(options.tools.iter().map(Tool::name));
    Ok(Table { seed: options.seed, names: names.collect(), cases: cases.into_iter().flatten().collect() })
}

/// The cases of one project: its first image, since most tools know one image and no parents.
fn cases(bench: &mut Bench<'_>, options: &Options<'_>, number: u64) -> Result<Vec<Case>> {
    let mut rng = draws(options.seed, number);
    let project = Project::generate(&mut rng);
    let origin = project.snapshot();
    let before = bench.see(&[&origin], Mode::Cached)?.remove(0);
    let Some(name) = origin.images.first().map(|image| image.name.clone()) else { return Ok(Vec::new()) };
    // As in a run: a project that has an image without a build is not looked at.
    if before.iter().any(|sight| sight.built.error.is_some()) {
        return Ok(Vec::new());
    }
    let mutated: Vec<Mutant> = (0..options.mutants).map(|_| project.mutant(&mut rng)).collect();
    let old = keys(bench, options.tools, &origin, 0, &before[0])?;
    let mut cases = Vec::new();
    for mutant in mutated {
        let Some(place) = place(&name, &origin, &mutant.snapshot) else { continue };
        let after = bench.see(&[&mutant.snapshot], Mode::Cached)?.remove(0).swap_remove(place);
        let new = keys(bench, options.tools, &mutant.snapshot, place, &after)?;
        let image = match after.built.digest {
            None => Image::Fails,
            digest if digest == before[0].built.digest => Image::Same,
            Some(_) => Image::Other,
        };
        cases.push(Case {
            project: number,
            kind: mutant.kind,
            detail: mutant.detail,
            image,
            keys: old.iter().cloned().zip(new).collect(),
        });
    }
    Ok(cases)
}

/// The image of that name; where the mutation gave it another name, the one in its place.
fn place(name: &str, origin: &Snapshot, mutant: &Snapshot) -> Option<usize> {
    let named = mutant.images.iter().position(|image| image.name == name);
    named.or_else(|| (mutant.images.len() == origin.images.len()).then_some(0))
}

/// Everyone's key of one image of one commit.
fn keys(
    bench: &mut Bench<'_>,
    tools: &[Tool],
    snapshot: &Snapshot,
    place: usize,
    sight: &Sight,
) -> Result<Vec<Key>> {
    let commit = bench.repository.commit(&[snapshot])?.remove(0);
    let root = bench.repository.checkout(&commit, snapshot)?;
    let judge = bench.judge.context("BuildKit is not at this bench")?;
    let view = tool::View {
        repository: &bench.repository,
        commit: &commit,
        root: root.path(),
        image: &snapshot.images[place],
        registry: &judge.registry()?,
    };
    let imgplan = match &sight.assessment {
        Assessment::Hash { hash, .. } => Ok(hash.clone()),
        Assessment::Refused(message) => Err(message.clone()),
    };
    let mut keys = vec![imgplan];
    for tool in tools {
        keys.push(tool.key(&view).with_context(|| tool.name())?);
    }
    Ok(keys)
}
