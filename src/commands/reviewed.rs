//! `imgplan apply --plan FILE`: what a reviewed plan says, nothing else, and only if it still holds.
//!
//! Every tag must stand where it stood when the plan was made, or already be where the plan puts it; else nothing is written
//! at all. Retags need no clone: a job that holds the registry's token can carry out the plan of one that does not, and
//! never touches what the commit contains. A build does need the clone, and is done only under the plan's own content hash.

use std::path::Path;

use futures_util::StreamExt as _;

use crate::cli::{Apply, Common};
use crate::commands::environment::Environment;
use crate::commands::planning::{self, Planned, Prepared};
use crate::commands::repository::Purpose;
use crate::commands::session::Session;
use crate::commands::{CONCURRENT, Ended, carry, gitlab, output, retag, wait_for};
use crate::config::Verify;
use crate::decision::Action;
use crate::error::{Error, Errors, Kind, Place, Result};
use crate::lookup::Lookup;
use crate::plan::{self, Image, Plan};
use crate::printer::Printer;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::{Name, Registry};

/// Runs it.
pub(super) fn run(
    common: &Common,
    arguments: &Apply,
    file: &Path,
    printer: &Printer,
) -> Result<Ended, Errors> {
    let environment = Environment::read(common.directory.as_deref())?;
    let jobs = gitlab::jobs(&environment, common, &arguments.plan)?;
    let mut plan = read(&environment, file)?;
    select(&mut plan, common)?;
    confine(&plan, common, &environment, file)?;
    let registry = environment.registry(common.repository.as_deref())?;
    plan.images.iter().for_each(|image| registry.expect_writes(&image.repository));
    let mut errors = wait_for(async { Ok(retag_all(&registry, &mut plan).await) })?;
    let builds = plan.images.iter().any(|image| image.action == Action::Build);
    if builds && errors.0.is_empty() && (arguments.build.is_some() || arguments.build_command.is_some()) {
        errors.extend(build(common, arguments, file, &mut plan, printer)?.0);
    }
    errors.extend(output::write(common, &plan, jobs.as_ref(), printer).0);
    Ok(Ended::of(&plan, errors, arguments.plan.detailed_exitcode))
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

/// A plan may come from a stranger's job: where a repository is named, nothing is written outside of it.
fn confine(plan: &Plan, common: &Common, environment: &Environment, file: &Path) -> Result<(), Errors> {
    let named = common.repository.as_deref().or_else(|| environment.get("IMGPLAN_REPOSITORY"));
    let Some(named) = named else { return Ok(()) };
    let named = Repository::parse(named, environment.directory())?;
    let outside = plan.images.iter().filter(|image| !image.repository.is_within(&named));
    let errors = outside.map(|image| {
        Error::invalid(format!("{}: {} is not in {named}", image.name, image.repository))
            .at(Place::file(file.display().to_string()))
            .hint("--repository says where this plan may write: leave it out, or make the plan for it")
    });
    Errors(errors.collect()).or(())
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

/// What is not as it was when the plan was made; empty where all of it is.
async fn stands(registry: &Registry, image: &Image) -> Result<Vec<String>> {
    let mut moved = Vec::new();
    match (image.action, &image.digest) {
        (Action::UpToDate, Some(digest)) => {
            let there = registry.head(&image.repository, Name::Digest(digest)).await;
            if at(there)?.is_none() {
                moved.push(format!("{} is not there any more", image.repository.at(digest)));
            }
        }
        (Action::Retag, Some(digest)) => {
            if let Some(from) = &image.from {
                let there = at(registry.head(&from.repository, Name::Tag(&from.tag)).await)?;
                let from = (&from.repository, &from.tag);
                moved.extend(elsewhere(from, Some(digest), there.as_ref()));
            }
            for step in &image.moves {
                let there = at(registry.head(&image.repository, Name::Tag(&step.tag)).await)?;
                if there.as_ref() != Some(&step.to) {
                    let tag = (&image.repository, &step.tag);
                    moved.extend(elsewhere(tag, step.from.as_ref(), there.as_ref()));
                }
            }
        }
        _ => {}
    }
    Ok(moved)
}

fn at(there: Lookup<crate::lookup::Descriptor>) -> Result<Option<Digest>> {
    match there {
        Lookup::Found(there) => Ok(Some(there.digest)),
        Lookup::Missing => Ok(None),
        Lookup::Unknown(error) => Err(error),
    }
}

/// A tag that does not stand where it stood.
fn elsewhere(
    (repository, tag): (&Repository, &Tag),
    then: Option<&Digest>,
    now: Option<&Digest>,
) -> Option<String> {
    let state =
        |at: Option<&Digest>| at.map_or_else(|| "not there".to_owned(), |digest| format!("at {digest}"));
    let tag = repository.tagged(tag);
    (then != now).then(|| format!("{tag} was {}, and is {} now", state(then), state(now)))
}

/// Builds what the plan says is to be built; the rest of the plan is done by then.
fn build(
    common: &Common,
    arguments: &Apply,
    file: &Path,
    plan: &mut Plan,
    printer: &Printer,
) -> Result<Errors, Errors> {
    let names: Vec<String> = plan
        .images
        .iter()
        .filter(|image| image.action == Action::Build)
        .map(|image| image.name.clone())
        .collect();
    let common = Common { images: names, ..common.clone() };
    let options = &arguments.plan;
    let session = Session::open(&common, &plan.commit, &options.platforms, Purpose::Apply, printer)?;
    let (prepared, mut errors) = planning::prepare(&session, &common, options, printer)?;
    let registry = session.registry()?;
    let (built, failed) =
        wait_for(build_planned(&session, &common, arguments, &prepared, &registry, (file, plan), printer))?;
    errors.extend(failed.0);
    for image in built.images {
        if let Some(planned) = plan.images.iter_mut().find(|planned| planned.name == image.name) {
            *planned = image;
        }
    }
    Ok(errors)
}

async fn build_planned(
    session: &Session,
    common: &Common,
    arguments: &Apply,
    prepared: &Prepared,
    registry: &Registry,
    (file, plan): (&Path, &Plan),
    printer: &Printer,
) -> Result<(Plan, Errors), Errors> {
    let asked = planning::ask(session, common, prepared, registry, printer).await?;
    let mut errors = Errors::default();
    for fresh in &asked.plan.images {
        let planned =
            plan.images.iter().find(|image| image.name == fresh.name && image.action == Action::Build);
        let fault = match planned {
            None if fresh.action == Action::Build => {
                Some("it must be built now, which the plan does not say")
            }
            Some(planned) if planned.content_tag != fresh.content_tag => {
                Some("its content hash or its scope is another here")
            }
            Some(planned) if planned.repository != fresh.repository => Some("its repository is another here"),
            Some(planned) if fresh.tags.iter().any(|tag| !planned.tags.contains(tag)) => {
                Some("its tags are others here")
            }
            _ => None,
        };
        errors.extend(fault.map(|fault| {
            Error::new(Kind::Conflict, format!("{}: the plan does not hold: {fault}", fresh.name))
                .at(Place::file(file.display().to_string()))
                .hint("give the options that the plan was made with, or make a new plan")
        }));
    }
    let Planned { plan: fresh, surveyed, failed } = asked;
    errors.extend(failed.0);
    if !errors.0.is_empty() {
        return Ok((Plan { images: Vec::new(), ..fresh }, errors));
    }
    let asked = Planned { plan: fresh, surveyed, failed: errors };
    Ok(carry::out(session, arguments, prepared, registry, asked, printer).await)
}
