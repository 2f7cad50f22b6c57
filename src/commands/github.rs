//! `--format github`: the files that GitHub names for a step get outputs and summary, the runner gets annotations.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::cli::{Common, Format};
use crate::commands::environment::Environment;
use crate::error::{Error, Errors, Kind, Result};
use crate::plan::Plan;
use crate::printer::Printer;
use crate::render::{github, summary};

/// The file for outputs, which the runner reads after the step.
const OUTPUT: &str = "GITHUB_OUTPUT";
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Refuses the format where nobody would read the outputs, before anything is done.
pub(super) fn expected(common: &Common) -> Result<()> {
    if common.format != Format::Github || named(&Environment::read(None)?, OUTPUT).is_some() {
        return Ok(());
    }
    Err(Error::new(Kind::Usage, format!("--format github writes to the file in {OUTPUT}, which is not set"))
        .hint("it is set in every step of GitHub Actions; elsewhere --output github=PATH writes the outputs to a file"))
}

/// The outputs of a plan; what does not fit joins the errors.
pub(super) fn outputs(plan: &Plan, errors: &mut Errors) -> Result<Vec<u8>> {
    let (bytes, too_large) = github::file(&github::outputs(plan)?);
    errors.extend(too_large.0);
    Ok(bytes)
}

/// Outputs, summary and annotations. One that cannot be written does not stop the others.
pub(super) fn write(environment: &Environment, plan: &Plan, printer: &Printer) -> Errors {
    let mut errors = Errors::default();
    let written = outputs(plan, &mut errors).and_then(|bytes| match named(environment, OUTPUT) {
        Some(path) => append(&path, &bytes),
        None => Ok(()),
    });
    errors.extend(written.err());
    errors.extend(summarise(environment, plan, printer).err());
    github::of_plan(plan).iter().for_each(|command| printer.command(command));
    errors
}

/// Shows errors where they are.
pub(super) fn annotate(errors: &Errors, printer: &Printer) {
    github::of_errors(errors).iter().for_each(|command| printer.command(command));
}

fn summarise(environment: &Environment, plan: &Plan, printer: &Printer) -> Result<()> {
    let Some(path) = named(environment, SUMMARY) else {
        printer.note(&format!("no summary is written: {SUMMARY} is not set"));
        return Ok(());
    };
    // The same step may have written to it before.
    let there = match std::fs::metadata(&path) {
        Ok(there) => there.len(),
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(refused(&path, error)),
    };
    let left = github::SUMMARY.saturating_sub(usize::try_from(there).unwrap_or(usize::MAX));
    append(&path, summary::plan(plan, left).as_bytes())
}

fn named(environment: &Environment, variable: &str) -> Option<PathBuf> {
    environment.get(variable).map(PathBuf::from)
}

fn append(path: &Path, bytes: &[u8]) -> Result<()> {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.and_then(|mut file| file.write_all(bytes)).map_err(|error| refused(path, error))
}

fn refused(path: &Path, error: std::io::Error) -> Error {
    Error::unavailable(format!("{} cannot be written", path.display()))
        .caused_by(error)
        .hint("GitHub's runner names this file for the step: may this user write there?")
}
