//! `oracle matchers`: imgplan's ignore matcher and its `filepath` beside the originals, on generated patterns.
//!
//! The originals are Go's standard library, moby/patternmatcher and fsutil, in `oracle/judge/matcher`. Every case goes
//! to both sides; where they differ, the case is shrunk and shown. Here is the run and the comparison; how cases
//! come to be and how they shrink is `cases`, imgplan's side `ours`, the other program `theirs`.

mod cases;
mod ours;
mod theirs;

use std::collections::BTreeSet;
use std::io::Write as _;

use anyhow::{Result, bail};
use cases::{Case, Kind};
use theirs::Go;

/// Cases that are asked at once.
const BATCH: u64 = 2_000;

/// Differences that are shrunk and shown; more are only counted.
const MOST_SHOWN: usize = 25;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Seed of the generated cases
    #[arg(long, default_value_t = 20_261_121)]
    seed: u64,
    /// How many cases
    #[arg(long, default_value_t = 100_000)]
    cases: u64,
}

/// What one side makes of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    /// The ignore file is an error.
    Refused,
    /// The paths that a build sees, folders included.
    Seen(BTreeSet<Vec<u8>>),
    /// `filepath.Match` and `path.Match`; `None` for a bad pattern.
    Match { filepath: Option<bool>, path: Option<bool> },
    /// `filepath.Clean`
    Clean(Vec<u8>),
}

/// Counts that show whether the cases were worth asking.
#[derive(Debug, Default)]
struct Tally {
    matches: u64,
    matched: u64,
    cleans: u64,
    ignores: u64,
    /// Ignore files that hide some of the paths and not all.
    partly: u64,
    refused: u64,
    /// Cases that imgplan refuses on purpose.
    judged: u64,
    differences: u64,
}

/// Runs the command.
///
/// # Errors
/// The Go program cannot be built or run, or there is a difference.
pub fn run(options: &Options) -> Result<()> {
    let mut go = Go::start()?;
    let mut random = fastrand::Rng::with_seed(options.seed);
    let mut tally = Tally::default();
    let mut shown: BTreeSet<Case> = BTreeSet::new();
    let mut out = std::io::stdout().lock();
    let mut left = options.cases;
    while left > 0 {
        let batch: Vec<Case> = (0..left.min(BATCH)).map(|_| Case::generate(&mut random)).collect();
        left -= left.min(BATCH);
        for (case, theirs) in batch.iter().zip(go.ask(&batch)?) {
            let ours = ours::answer(case);
            tally.count(case, &theirs);
            if ours == theirs {
                continue;
            }
            if is_judged(case, &ours) {
                tally.judged += 1;
                continue;
            }
            tally.differences += 1;
            if shown.len() < MOST_SHOWN {
                let small = shrink(case.clone(), &mut go)?;
                let theirs = go.ask(std::slice::from_ref(&small))?;
                if shown.insert(small.clone()) {
                    writeln!(out, "{small}\n  imgplan: {}\n  Go:      {}", ours::answer(&small), theirs[0])?;
                }
            }
        }
    }
    writeln!(out, "seed {}, {} cases: {tally}", options.seed, options.cases)?;
    match tally.differences {
        0 => Ok(()),
        differences => bail!("imgplan and Go differ in {differences} of {} cases", options.cases),
    }
}

/// imgplan refuses classes of Unicode categories (`\pL`): no ignore file has them, and the tables are large. The
/// build would run, so the refusal is loud, and never a wrong hash.
fn is_judged(case: &Case, ours: &Answer) -> bool {
    let category = case.text.windows(2).any(|pair| matches!(pair, b"\\p" | b"\\P"));
    case.kind == Kind::Ignore && category && *ours == Answer::Refused
}

/// The smallest case that still differs.
fn shrink(mut case: Case, go: &mut Go) -> Result<Case> {
    loop {
        let smaller = case.smaller();
        let answers = go.ask(&smaller)?;
        let differs = |(case, theirs): &(Case, Answer)| {
            let ours = ours::answer(case);
            ours != *theirs && !is_judged(case, &ours)
        };
        match smaller.into_iter().zip(answers).find(differs) {
            Some((smaller, _)) => case = smaller,
            None => return Ok(case),
        }
    }
}

impl Tally {
    fn count(&mut self, case: &Case, theirs: &Answer) {
        match theirs {
            Answer::Refused => {
                self.ignores += 1;
                self.refused += 1;
            }
            Answer::Seen(seen) => {
                self.ignores += 1;
                let files = case.names.iter().filter(|name| seen.contains(*name)).count();
                self.partly += u64::from(files > 0 && files < case.names.len());
            }
            Answer::Match { filepath, .. } => {
                self.matches += 1;
                self.matched += u64::from(*filepath == Some(true));
            }
            Answer::Clean(_) => self.cleans += 1,
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Tally { matches, matched, cleans, ignores, partly, refused, judged, differences } = self;
        write!(
            f,
            "{ignores} ignore files ({partly} hide some of their paths, {refused} are refused), {matches} matches \
             ({matched} true), {cleans} cleanings; {judged} refused on purpose, {differences} differences"
        )
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |bytes: &Vec<u8>| format!("\"{}\"", bytes.escape_ascii());
        match self {
            Answer::Refused => f.write_str("an error"),
            Answer::Seen(seen) => {
                write!(f, "sees [{}]", seen.iter().map(text).collect::<Vec<_>>().join(", "))
            }
            Answer::Match { filepath, path } => write!(f, "filepath.Match {filepath:?}, path.Match {path:?}"),
            Answer::Clean(path) => f.write_str(&text(path)),
        }
    }
}
