//! `imgplan simulate`: what imgplan would have saved over a history, before anything is adopted. Asks no registry.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::cli::{Common, Format, Simulate};
use crate::commands::past::{Past, Seen};
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
    let session = Session::open(common, &range.tip, &[], Purpose::Offline, printer)?;
    let follow = if arguments.first_parent { Follow::FirstParent } else { Follow::All };
    let (steps, more) = range.commits(&session.git, &session.commit, follow, arguments.max_count)?;
    let past = Past::keeping(&session, common, None, Ledger::of);
    let simulation = simulate(&past, steps, more, printer)?;
    let errors = output::write_each(common, printer, |format, colour| match format {
        Format::Json => render::json::value(&simulation),
        Format::Markdown => Ok(render::simulation::markdown(&simulation).into_bytes()),
        Format::Svg => Ok(render::svg::simulation(&simulation).into_bytes()),
        Format::Text => Ok(render::simulation::text(&simulation, colour).into_bytes()),
    });
    Ok(Ended::with(errors))
}

fn simulate(
    past: &Past<'_, Ledger>,
    mut steps: Vec<Step>,
    more: bool,
    printer: &Printer,
) -> Result<Simulation, Errors> {
    steps.reverse();
    let progress = Progress::start(printer, "reading history", steps.len() as u64);
    let mut states: Vec<Arc<Vec<Arc<Seen<Ledger>>>>> = Vec::with_capacity(steps.len());
    for step in &steps {
        states.push(past.at(&step.commit)?);
        progress.tick(states.len() as u64);
    }
    drop(progress);
    let places: HashMap<Id, usize> =
        steps.iter().enumerate().map(|(place, step)| (step.commit.id, place)).collect();
    let points: Vec<Point<'_>> = steps
        .iter()
        .zip(&states)
        .map(|(step, images)| Point {
            id: step.commit.id.to_string(),
            parents: step.parents.iter().filter_map(|parent| places.get(parent).copied()).collect(),
            images: images.iter().map(|seen| (seen.name.clone(), state(seen))).collect::<BTreeMap<_, _>>(),
        })
        .collect();
    printer.detail(&format!("{} images worked out for {} commits", past.assessed(), points.len()));
    Ok(simulation::simulate(&points, more))
}

fn state(seen: &Seen<Ledger>) -> Option<State<'_>> {
    let (hash, ledger) = (seen.hash.as_ref().ok()?, seen.kept.as_ref()?);
    Some(State { hash: hash.to_string(), ledger })
}
