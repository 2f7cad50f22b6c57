//! `imgplan simulate`: what imgplan would have saved over a history, before anything is adopted. Asks no registry.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::cli::{Common, Format, Simulate};
use crate::commands::past::{self, Many, Seen};
use crate::commands::range::Range;
use crate::commands::repository::Purpose;
use crate::commands::session::Session;
use crate::commands::{Ended, output};
use crate::error::{Errors, Result};
use crate::git::{Follow, Step};
use crate::printer::Printer;
use crate::progress::Progress;
use crate::render;
use crate::simulation::{self, Ledger, Point, Simulation, State};
use crate::timeline::Behind;
use crate::tree::Id;

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Simulate, printer: &Printer) -> Result<Ended, Errors> {
    let range = Range::parse(&arguments.range)?;
    let session = Session::open(common, &range.tip, &[], Purpose::Simulate, printer)?;
    let simulation = simulate(&session, common, arguments, &range, printer)?;
    if simulation.cut_off {
        printer.note(
            "this is a shallow clone, so what came before is not counted: `git fetch --unshallow` gets all of the history",
        );
    }
    let errors = output::write_each(common, printer, |format, colour| match format {
        Format::Json => render::json::value(&simulation),
        Format::Markdown => Ok(render::simulation::markdown(&simulation).into_bytes()),
        Format::Svg => Ok(render::svg::simulation(&simulation).into_bytes()),
        _ => Ok(render::simulation::text(&simulation, colour).into_bytes()),
    });
    Ok(Ended::with(errors))
}

fn simulate(
    session: &Session,
    common: &Common,
    arguments: &Simulate,
    range: &Range,
    printer: &Printer,
) -> Result<Simulation, Errors> {
    let follow = if arguments.first_parent { Follow::FirstParent } else { Follow::All };
    let walk = |found: &mut dyn FnMut(Step)| {
        range.each(&session.git, &session.commit, follow, arguments.max_count, found)
    };
    let progress = Progress::start(printer, "reading history", 0);
    let counter = AtomicU64::new(0);
    let done = || progress.tick(counter.fetch_add(1, Ordering::Relaxed) + 1);
    let (many, behind) = past::over((session, common), Ledger::of, walk, &done)?;
    drop(progress);
    let Many { mut commits, assessed } = many;
    commits.reverse();
    let places: HashMap<Id, usize> =
        commits.iter().enumerate().map(|(place, (step, _))| (step.commit.id, place)).collect();
    let points: Vec<Point<'_>> = commits
        .iter()
        .map(|(step, images)| Point {
            id: step.commit.id.to_string(),
            cut_off: step.cut_off,
            parents: step.parents.iter().filter_map(|parent| places.get(parent).copied()).collect(),
            images: images.iter().map(|seen| (seen.name.as_str(), state(seen))).collect::<BTreeMap<_, _>>(),
        })
        .collect();
    printer.detail(&format!("{assessed} images worked out for {} commits", points.len()));
    Ok(simulation::simulate(&points, behind != Behind::Nothing))
}

fn state(seen: &Seen<Ledger>) -> Option<State<'_>> {
    let (hash, ledger) = (seen.hash.as_ref().ok()?, seen.kept.as_ref()?);
    Some(State { hash: *hash, ledger })
}
