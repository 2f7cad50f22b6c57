//! `imgplan promote`: reads lists, asks the registries about every entry, judges, and puts the tags that are missing.
//!
//! Everything is asked before anything is written, many at once; what one entry fails at stops no other one. Whatever
//! happened, the report has every entry.

mod act;
mod ask;
mod attached;
mod commits;
mod lists;
mod said;

use self::ask::Asked;
use self::commits::Commits;
use crate::cli::{Common, Format, Promote};
use crate::commands::environment::Environment;
use crate::commands::{Ended, output, wait_for};
use crate::error::{Errors, Result};
use crate::printer::Printer;
use crate::promotion::judge::Call;
use crate::promotion::report::Row;
use crate::promotion::{Entry, Mode, Report, Verdict};
use crate::registry::Registry;
use crate::render;

/// The formats of its report.
pub(super) const FORMATS: &[Format] = &[Format::Text, Format::Json, Format::Markdown];

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Promote, printer: &Printer) -> Result<Ended, Errors> {
    let environment = Environment::read(common.directory.as_deref())?;
    let lists::Listed { entries, twice, calls } = lists::read(common, arguments, &environment)?;
    let mode = match (arguments.check, arguments.dry_run) {
        (true, _) => Mode::Check,
        (_, true) => Mode::DryRun,
        _ => Mode::Promote,
    };
    let commits = commits::read(common, &environment, &entries, printer)?;
    let registry = environment.registry(common.repository.as_deref())?;
    if mode == Mode::Promote {
        entries.iter().for_each(|entry| registry.expect_writes(&entry.to));
    }
    let work = promote(&registry, &entries, &calls, mode, &commits, printer);
    let (verdicts, mut errors) = wait_for(async { Ok(work.await) })?;
    let twice = twice.into_iter().map(lists::finding);
    let judged: Vec<(Entry, Verdict)> = entries.into_iter().zip(verdicts).chain(twice).collect();
    let judged = lists::in_order(judged);
    errors.extend(judged.iter().filter_map(|(entry, verdict)| match verdict {
        Verdict::Finding(finding) => Some(finding.error(entry)),
        _ => None,
    }));
    let rows = judged.iter().map(|(entry, verdict)| Row::of(entry, verdict)).collect();
    let report = Report { version: 1, mode, entries: rows };
    errors.extend(output::write_each(common, printer, |format, colour| write(&report, format, colour)).0);
    Ok(Ended::with(errors))
}

/// A verdict for each entry, and what could not be answered.
async fn promote(
    registry: &Registry,
    entries: &[Entry],
    calls: &[Call],
    mode: Mode,
    commits: &Commits,
    printer: &Printer,
) -> (Vec<Verdict>, Errors) {
    let commits = commits.find(registry).await;
    let Asked { mut verdicts, read, mut errors, .. } =
        ask::all(registry, entries, calls, mode, commits, printer).await;
    if mode == Mode::Promote {
        errors.extend(act::put_all(registry, entries, &mut verdicts, &read, printer).await.0);
    }
    (verdicts, errors)
}

fn write(report: &Report, format: Format, colour: bool) -> Result<Vec<u8>> {
    match format {
        Format::Json => render::json::value(report),
        Format::Markdown => Ok(render::promotion::markdown(report).into_bytes()),
        _ => Ok(render::promotion::text(report, colour).into_bytes()),
    }
}
