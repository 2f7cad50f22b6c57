//! `imgplan apply --plan FILE`: what a reviewed plan says, nothing else, and only if it still holds.
//!
//! Every tag must stand where it stood when the plan was made, or already be where the plan puts it; else nothing is written
//! at all (`stands`), and nothing outside of what this run was told to write to (`confine`). Retags need no clone: a job that holds the registry's token can carry out the plan of one that does not, and
//! never touches what the commit contains. A build does need the clone, and is done only under the plan's own content hash.

mod build;
mod confine;
mod stands;

use std::path::Path;

use futures_util::StreamExt as _;

use crate::cli::{Apply, Common, Format};
use crate::commands::environment::Environment;
use crate::commands::{CONCURRENT, Ended, output, retag, wait_for};
use crate::config::Verify;
use crate::decision::Action;
use crate::error::{Error, Errors, Kind, Result};
use crate::plan::{self, Image, Plan};
use crate::printer::Printer;
use crate::registry::Registry;
use stands::stands;

/// Runs it.
pub(super) fn run(
    common: &Common,
    arguments: &Apply,
    file: &Path,
    printer: &Printer,
) -> Result<Ended, Errors> {
    let environment = Environment::read(common.directory.as_deref())?;
    check_options(common, arguments)?;
    let mut plan = read(&environment, file)?;
    select(&mut plan, common)?;
    confine::confine(&plan, common, &environment, file)?;
    let registry = environment.registry(common.repository.as_deref())?;
    plan.images.iter().for_each(|image| registry.expect_writes(&image.repository));
    let mut errors = wait_for(async { Ok(retag_all(&registry, &mut plan).await) })?;
    let builds = plan.images.iter().any(|image| image.action == Action::Build);
    if builds && errors.0.is_empty() && has_builder(arguments) {
        errors.extend(build::build(common, arguments, file, &mut plan, printer)?.0);
    }
    errors.extend(output::write(common, &environment, &plan, None, printer).0);
    Ok(Ended::of(&plan, errors, arguments.plan.detailed_exitcode))
}

fn has_builder(arguments: &Apply) -> bool {
    arguments.build.is_some() || arguments.build_command.is_some()
}

/// Options that would do nothing are not passed over.
fn check_options(common: &Common, arguments: &Apply) -> Result<()> {
    if output::formats_of(common).any(|format| format == Format::Gitlab) {
        let text = "a reviewed plan has no child pipeline: its jobs would not know the options that it was made with";
        return Err(Error::new(Kind::Usage, text)
            .hint("write it when the plan is made: imgplan plan --output gitlab=FILE"));
    }
    let options = &arguments.plan;
    let given = [
        ("--force", options.force),
        ("--adopt", options.adopt),
        ("--move-tag", !options.move_tags.is_empty()),
        ("--platform", !options.platforms.is_empty()),
        ("--history", options.history.is_some()),
    ];
    match given.iter().find(|(_, given)| *given && !has_builder(arguments)) {
        Some((name, _)) => {
            Err(Error::new(Kind::Usage, format!("{name} changes nothing of a plan that is made already"))
                .hint("give it to `imgplan plan`; with --plan it is only for --build, which looks again"))
        }
        None => Ok(()),
    }
}

fn read(environment: &Environment, file: &Path) -> Result<Plan, Errors> {
    let bytes = std::fs::read(environment.directory().join(file)).map_err(|error| {
        Error::invalid(format!("the plan {} cannot be read", file.display()))
            .caused_by(error)
            .hint("write one with `imgplan plan --output json=plan.json`")
    })?;
    plan::read(&file.display().to_string(), &bytes, environment.directory())
}

/// Only the images that were named.
fn select(plan: &mut Plan, common: &Common) -> Result<(), Errors> {
    let mut errors = Errors::default();
    for name in common.images.iter().filter(|name| !plan.images.iter().any(|image| image.name == **name)) {
        errors.push(Error::invalid(format!("the plan has no image {name:?}")));
    }
    plan.images.retain(|image| common.images.is_empty() || common.images.contains(&image.name));
    errors.or(())
}

/// Checks all, and writes only if all of them hold.
async fn retag_all(registry: &Registry, plan: &mut Plan) -> Errors {
    let images: Vec<&Image> = plan.images.iter().collect();
    let checks = futures_util::stream::iter(images).map(|image| stands(registry, image)).buffered(CONCURRENT);
    let checks: Vec<Result<Vec<String>>> = checks.collect().await;
    let mut errors = Errors::default();
    for (image, check) in plan.images.iter_mut().zip(checks) {
        match check {
            Ok(moved) if moved.is_empty() => {}
            Ok(moved) => {
                image.action = Action::Conflict;
                image.moves.clear();
                image.from = None;
                image.reason = format!("the plan does not hold any more: {}", moved.join("; "));
                let error = Error::new(Kind::Conflict, format!("{}: {}", image.name, image.reason));
                errors.push(error.hint("nothing was written; make a new plan"));
            }
            Err(error) => errors.push(error),
        }
    }
    if !errors.0.is_empty() {
        return errors;
    }
    let retags = plan.images.iter_mut().filter(|image| image.action == Action::Retag);
    let mut running = futures_util::stream::iter(retags)
        .map(|image| async move {
            // Whether its mark is good enough was decided when the plan was made: a digest is always the same image.
            retag::retag(registry, image, &mut std::collections::BTreeMap::new(), Verify::Mark).await
        })
        .buffer_unordered(CONCURRENT);
    while let Some(retagged) = running.next().await {
        errors.extend(retagged.err());
    }
    errors
}
