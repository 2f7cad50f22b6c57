//! `imgplan simulate`: what imgplan would have saved over a history, before anything is adopted. Asks no registry.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::cli::{Common, Format, Simulate};
use crate::commands::past::{self, Seen};
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
use crate::tree::Id;

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Simulate, printer: &Printer) -> Result<Ended, Errors> {
    let range = Range::parse(&arguments.range)?;
    let session = Session::open(common, &range.tip, &[], Purpose::Simulate, printer)?;
    let follow = if arguments.first_parent { Follow::FirstParent } else { Follow::All };
    let (steps, more) = range.commits(&session.git, &session.commit, follow, arguments.max_count)?;
    let simulation = simulate(&session, common, steps, more, printer)?;
    let errors = output::write_each(common, printer, |format, colour| match format {
        Format::Json => render::json::value(&simulation),
        Format::Markdown => Ok(render::simulation::markdown(&simulation).into_bytes()),
        Format::Svg => Ok(render::svg::simulation(&simulation).into_bytes()),
        Format::Text => Ok(render::simulation::text(&simulation, colour).into_bytes()),
    });
    Ok(Ended::with(errors))
}

fn simulate(
    session: &Session,
    common: &Common,
    mut steps: Vec<Step>,
    more: bool,
    printer: &Printer,
) -> Result<Simulation, Errors> {
    steps.reverse();
    let progress = Progress::start(printer, "reading history", steps.len() as u64);
    let counter = AtomicU64::new(0);
    let done = || progress.tick(counter.fetch_add(1, Ordering::Relaxed) + 1);
    let (states, assessed) = past::over(session, common, None, Ledger::of, &steps, &done)?;
    drop(progress);
    let places: HashMap<Id, usize> =
        steps.iter().enumerate().map(|(place, step)| (step.commit.id, place)).collect();
    let points: Vec<Point<'_>> = steps
        .iter()
        .zip(&states)
        .map(|(step, images)| Point {
            id: step.commit.id.to_string(),
            parents: step.parents.iter().filter_map(|parent| places.get(parent).copied()).collect(),
            images: images.iter().map(|seen| (seen.name.as_str(), state(seen))).collect::<BTreeMap<_, _>>(),
        })
        .collect();
    printer.detail(&format!("{assessed} images worked out for {} commits", points.len()));
    Ok(simulation::simulate(&points, more))
}

fn state(seen: &Seen<Ledger>) -> Option<State<'_>> {
    let (hash, ledger) = (seen.hash.as_ref().ok()?, seen.kept.as_ref()?);
    Some(State { hash: *hash, ledger })
}
