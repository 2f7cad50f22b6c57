//! `oracle run`: many projects, many mutants, a few at a time; then a second look at what was not right.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::bench::Bench;
use crate::case_file::Case;
use crate::judge::{Judge, Mode};
use crate::report::{Miss, Report};
use crate::shrink::{Pair, shrink};
use crate::snapshot::Snapshot;
use crate::subject::{Assessment, Subject};
use crate::verdict::{Sight, Verdict, judge};
use crate::world::{Judged, JudgedImage, World, explore};

/// What to run.
pub struct Options<'a> {
    /// Makes the run repeatable.
    pub seed: u64,
    /// How many mutants are judged, at least.
    pub mutations: usize,
    /// Mutants of one project.
    pub mutants: usize,
    /// Projects looked at side by side.
    pub workers: usize,
    /// Where failing cases are written.
    pub failures: &'a Path,
}

/// Failing cases that are shrunk and written; with more, something is broken as a whole.
const KEPT: usize = 20;

/// Explores, looks again at what is wrong, and writes failing cases.
pub fn run(judge: &Judge, subject: &Subject, options: &Options<'_>) -> Result<Report> {
    let started = Instant::now();
    let mut worlds = projects(
        (judge, subject),
        (options.mutations, options.workers),
        |world: &World| world.mutants.len(),
        |bench, number| {
            explore(bench, options.seed, number, options.mutants)
                .with_context(|| format!("seed {}", options.seed))
        },
    )?;
    let mut report = Report::new(options.seed, &worlds);
    eprintln!(
        "all judged after {} s: {} false hits, {} wrongly refused, {} false misses; now a second look at them",
        started.elapsed().as_secs(),
        report.count(Verdict::FalseHit),
        report.count(Verdict::WronglyRefused),
        report.count(Verdict::FalseMiss)
    );
    let mut bench = Bench::new(Some(judge), subject)?;
    // Misses of the projects that were built without the cache are built with one now, which must not know them.
    judge.renew()?;
    for world in &mut worlds {
        for mutant in &mut world.mutants {
            let Some(pair) = mutant.pair.take() else { continue };
            second_look(&mut bench, options, &mut report, (world.number, world.fresh), mutant, pair)?;
        }
    }
    report.seconds = started.elapsed().as_secs();
    Ok(report)
}

/// Projects in the order of their numbers, until enough mutants are judged: the same set whatever the number of workers.
/// `one` looks at the project of a number, and `mutants` counts what it judged.
pub fn projects<T: Send>(
    (judge, subject): (&Judge, &Subject),
    (enough, workers): (usize, usize),
    mutants: impl Fn(&T) -> usize + Sync,
    one: impl Fn(&mut Bench<'_>, u64) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let next = AtomicU64::new(0);
    let found: Mutex<BTreeMap<u64, T>> = Mutex::default();
    let last = |found: &BTreeMap<u64, T>| {
        let mut judged = 0;
        for (expected, (number, world)) in found.iter().enumerate() {
            // A gap is a project that another worker is still at.
            if *number != expected as u64 {
                return None;
            }
            judged += mutants(world);
            if judged >= enough {
                return Some(*number);
            }
        }
        None
    };
    let work = || -> Result<()> {
        let mut bench = Bench::new(Some(judge), subject)?;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let world = one(&mut bench, number).with_context(|| format!("project {number}"))?;
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.insert(number, world);
            if number.is_multiple_of(50) {
                eprintln!("project {number}: {} mutants judged", found.values().map(&mutants).sum::<usize>());
            }
            if last(&found).is_some() {
                return Ok(());
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(_) => bail!("a worker panicked"),
        })
    })?;
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(last) = last(&found) {
        found.retain(|number, _| *number <= last);
    }
    Ok(found.into_values().collect())
}

/// Says what BuildKit's cache thinks of a miss; shrinks and keeps what must not be.
fn second_look(
    bench: &mut Bench<'_>,
    options: &Options<'_>,
    report: &mut Report,
    (world, fresh): (u64, bool),
    mutant: &Judged,
    pair: Pair,
) -> Result<()> {
    let missed = mutant.images.iter().any(|image| image.verdict == Verdict::FalseMiss);
    let cached = if fresh && missed { Some(bench.see(&[&pair.0, &pair.1], Mode::Cached)?) } else { None };
    for image in &mutant.images {
        match image.verdict {
            Verdict::FalseMiss => {
                let ran = match &cached {
                    None => image.after.built.ran.clone(),
                    Some(seen) => seen_of(&pair.1, &seen[1], &image.name)
                        .map_or_else(Vec::new, |sight| sight.built.ran.clone()),
                };
                let warnings = match &image.after.assessment {
                    Assessment::Hash { warnings, .. } => warnings.clone(),
                    Assessment::Refused(_) => Vec::new(),
                };
                let differing = bench.differing((&pair.0, &pair.1), &image.name)?;
                report.misses.push(Miss {
                    world,
                    image: image.name.clone(),
                    differing,
                    kind: mutant.kind,
                    detail: mutant.detail.clone(),
                    ran,
                    warnings,
                });
            }
            Verdict::FalseHit | Verdict::WronglyRefused if report.kept < KEPT => {
                report.kept += 1;
                let title = format!("{}: {}: {}", image.verdict.name(), mutant.kind, mutant.detail);
                keep(bench, options, (world, image), &title, pair.clone())?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// What was seen of the image of that name.
fn seen_of<'a>(snapshot: &Snapshot, sights: &'a [Sight], image: &str) -> Option<&'a Sight> {
    let place = snapshot.images.iter().position(|other| other.name == image)?;
    sights.get(place)
}

/// Writes a failing pair, first as it is, then as small as it gets: whoever interrupts the shrinking has something.
fn keep(
    bench: &mut Bench<'_>,
    options: &Options<'_>,
    (world, image): (u64, &JudgedImage),
    title: &str,
    pair: Pair,
) -> Result<()> {
    let verdict = image.verdict;
    let kind = verdict.name().replace(' ', "-");
    let path = options.failures.join(format!("{kind}-{}-{world}-{}.txt", options.seed, image.name));
    std::fs::create_dir_all(options.failures)?;
    let mut case = Case {
        title: title.to_owned(),
        image: image.name.clone(),
        same_image: None,
        same_hash: None,
        before: pair.0.clone(),
        after: pair.1.clone(),
    };
    std::fs::write(&path, case.to_text()?)?;
    eprintln!("{}: {}", verdict.name(), path.display());
    case = Case { title: title.to_owned(), ..reduce(bench, &image.name, verdict, pair)? };
    std::fs::write(&path, case.to_text()?)?;
    Ok(())
}

/// Builds that shrinking one case may cost.
const SHRINKING: usize = 60;

/// The smallest pair with the same verdict on the image.
pub fn reduce(bench: &mut Bench<'_>, image: &str, verdict: Verdict, pair: Pair) -> Result<Case> {
    let look = |bench: &mut Bench<'_>, pair: &Pair| -> Result<Option<(Sight, Sight)>> {
        let seen = bench.see(&[&pair.0, &pair.1], Mode::Fresh)?;
        let one = |snapshot, sights| seen_of(snapshot, sights, image).cloned();
        Ok(one(&pair.0, &seen[0]).zip(one(&pair.1, &seen[1])))
    };
    let mut left = SHRINKING;
    let small = shrink(pair, image, &mut |pair| {
        if left == 0 || !possible(bench, image, verdict, pair)? {
            return Ok(false);
        }
        left -= 1;
        Ok(look(bench, pair)?.is_some_and(|(before, after)| {
            before.built.digest.is_some() && judge(&before, &after) == verdict
        }))
    })?;
    let seen = look(bench, &small)?;
    let hash = |sight: &Sight| match &sight.assessment {
        Assessment::Hash { hash, .. } => Some(hash.clone()),
        Assessment::Refused(_) => None,
    };
    let (same_image, same_hash) = match &seen {
        Some((before, after)) => (
            after.built.digest.as_ref().map(|digest| before.built.digest.as_ref() == Some(digest)),
            hash(after).map(|after| hash(before) == Some(after)),
        ),
        None => (None, None),
    };
    Ok(Case {
        title: String::new(),
        image: image.to_owned(),
        same_image,
        same_hash,
        before: small.0,
        after: small.1,
    })
}

/// Whether imgplan alone says what the verdict needs: asking it costs a tenth of two builds.
fn possible(bench: &mut Bench<'_>, image: &str, verdict: Verdict, pair: &Pair) -> Result<bool> {
    let assessed = bench.assess(&[&pair.0, &pair.1])?;
    let one = |snapshot: &Snapshot, assessments: &[Assessment]| {
        let place = snapshot.images.iter().position(|other| other.name == image)?;
        assessments.get(place).cloned()
    };
    let (Some(before), Some(after)) = (one(&pair.0, &assessed[0]), one(&pair.1, &assessed[1])) else {
        return Ok(false);
    };
    Ok(match (verdict, before, after) {
        (Verdict::FalseHit, Assessment::Hash { hash, .. }, Assessment::Hash { hash: other, .. }) => {
            hash == other
        }
        (Verdict::FalseHit, ..) => false,
        (_, _, after) => matches!(after, Assessment::Refused(_)),
    })
}
