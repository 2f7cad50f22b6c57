//! `imgplan check`: the configuration and the Dockerfiles, offline, as they are in the working tree.
//!
//! The one command that reads what is not committed, since it is what a person runs before they commit; in a bare
//! repository it reads HEAD.

use bstr::ByteSlice;

use crate::cli::{Check, Common, Format};
use crate::commands::definitions::{self, Placed};
use crate::commands::environment::Environment;
use crate::commands::repository::{self, Purpose};
use crate::commands::{Ended, findings, output};
use crate::config::{self, Absent};
use crate::dockerfile::Readings;
use crate::error::{Error, Errors, Kind, Result};
use crate::git::Git;
use crate::inputs;
use crate::plan::Warning;
use crate::printer::Printer;
use crate::project::{self, Assessed, Defined, Snapshot};
use crate::render::check::Checked;
use crate::render::{self, json};
use crate::tags;
use crate::tree::{Id, Objects};

/// What is said where an image has no platforms.
const PLATFORMS: &str = "where no platforms are configured they are not looked at: with runners of two architectures, \
                         name them (platforms = [\"linux/amd64\"])";

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Check, printer: &Printer) -> Result<Ended, Errors> {
    let environment = Environment::read(common.directory.as_deref())?;
    let git = Git::open(environment.directory())?;
    if arguments.retention {
        return retention(common, printer, &environment, &git);
    }
    if git.work_dir().is_some() {
        let files = git.worktree_files()?;
        let root = files.root();
        check(common, printer, &environment, &git, &files, root)
    } else {
        let commit = git.commit("HEAD")?;
        check(common, printer, &environment, &git, &git.objects(), commit.tree)
    }
}

/// Rules for registries, instead of the findings.
fn retention(
    common: &Common,
    printer: &Printer,
    environment: &Environment,
    git: &Git,
) -> Result<Ended, Errors> {
    let present = definitions::present(common, environment, git)?;
    let policy = present.map_or_else(config::default_policy, |(_, config)| config.policy);
    let policies = crate::retention::policies(&policy);
    let written = output::write_each(common, printer, |format, _| match format {
        Format::Json => json::value(&serde_json::json!({ "version": 1, "retention": policies })),
        _ => render::retention::text(&policies).map(String::into_bytes),
    });
    Ok(Ended::with(written))
}

fn check(
    common: &Common,
    printer: &Printer,
    environment: &Environment,
    git: &Git,
    objects: &dyn Objects,
    tree: Id,
) -> Result<Ended, Errors> {
    let present = definitions::present(common, environment, git)?.map(|(_, config)| config);
    let images = definitions::images(objects, &tree, present.as_ref(), Absent::Refused)?;
    let policy = present.as_ref().map_or_else(config::default_policy, |config| config.policy.clone());
    let configured = policy.repository.as_ref();
    let flag = common.repository.as_deref();
    let chosen = repository::choose(flag, configured, environment, Some(git), Purpose::Plan)?;
    let own = present.as_ref().map(|config| config.images.as_slice()).unwrap_or_default();
    let located = definitions::locate(images, own, &chosen, configured, environment, git)?;
    definitions::check_any(&located, objects, &tree)?;
    definitions::check_names(&located, &common.images)?;
    let definitions: Vec<Defined> = located.iter().map(|located| located.defined.clone()).collect();
    let wanted = |name: &str| common.images.is_empty() || common.images.iter().any(|image| image == name);
    let template = policy.commit_tag.as_ref();
    let is_commit_tag = |tag: &str| template.is_some_and(|template| tags::could_be(template, None, tag));
    let snapshot = Snapshot { objects, tree, is_commit_tag: &is_commit_tag, readings: &Readings::default() };
    let mut project = project::assess(snapshot, &definitions, &wanted);
    let mut errors = std::mem::take(&mut project.errors);
    errors.extend(config::overwrite::findings(&policy).0);
    let names: Vec<&str> = definitions.iter().map(|defined| defined.name.as_str()).collect();
    errors.extend(config::strays(&policy.releases, &names).0);
    let mut reports = Vec::new();
    for assessed in &project.images {
        let (mut said, refused) = findings::of(assessed, &policy);
        errors.extend(refused.0);
        match missed(objects, &tree, assessed) {
            Ok(missed) => said.extend(missed),
            Err(failed) => errors.extend(failed.0),
        }
        reports.push((assessed, said));
    }
    let count = errors.0.len();
    let written = output::write_each(common, printer, |format, _| write(format, &reports, &located, count));
    errors.extend(written.0);
    Ok(Ended::with(errors))
}

/// Files that the Dockerfile copies and explicit inputs leave out: a false hit waiting to happen.
fn missed(objects: &dyn Objects, tree: &Id, assessed: &Assessed) -> Result<Vec<Warning>, Errors> {
    let image = &assessed.defined.image;
    if image.inputs.is_none() {
        return Ok(Vec::new());
    }
    let derived = config::Image { inputs: None, ..image.clone() };
    let derived = match inputs::collect(objects, tree, &derived, &assessed.located, &assessed.reading) {
        Ok(derived) => derived,
        // The inputs stand in the Dockerfile's place: what it reads need not be there.
        Err(errors) if errors.kind() == Some(Kind::Invalid) => {
            let said = errors.0.iter().map(|error| {
                Warning::from(format!("what the build reads cannot be compared with the inputs: {error}"))
            });
            return Ok(said.collect());
        }
        Err(errors) => return Err(errors),
    };
    let listed: std::collections::BTreeSet<_> =
        assessed.inputs.files.iter().map(|file| assessed.inputs.repository_path(&file)).collect();
    let place = image.places.get("inputs").unwrap_or(&image.place);
    let mut missed = Vec::new();
    for file in derived.files.iter() {
        let path = derived.repository_path(&file);
        if !listed.contains(&path) {
            let why = file.whys.first().map(|why| format!("{}: {}", why.place, why.text)).unwrap_or_default();
            let text = format!(
                "{} is not among the inputs, but the build reads it ({why}); \
                 a change of it would not be built",
                path.to_str_lossy()
            );
            missed.push(Warning::at(place.clone(), text));
        }
    }
    Ok(missed)
}

fn write(
    format: Format,
    reports: &[(&Assessed, Vec<Warning>)],
    located: &[Placed],
    errors: usize,
) -> Result<Vec<u8>> {
    if format == Format::Json {
        let images: Vec<_> = reports
            .iter()
            .map(|(assessed, said)| {
                serde_json::json!({
                    "name": assessed.defined.name,
                    "dockerfile": assessed.located.dockerfile_shown,
                    "inputs": assessed.inputs.files.len(),
                    "warnings": said,
                })
            })
            .collect();
        let mut bytes = serde_json::to_vec_pretty(&serde_json::json!({ "version": 1, "images": images }))
            .map_err(|error| Error::unavailable("the findings cannot be written as JSON").caused_by(error))?;
        bytes.push(b'\n');
        return Ok(bytes);
    }
    let sentences: Vec<Vec<String>> =
        reports.iter().map(|(_, said)| said.iter().map(ToString::to_string).collect()).collect();
    let checked: Vec<Checked<'_>> = reports
        .iter()
        .zip(&sentences)
        .map(|((assessed, _), notes)| Checked {
            name: &assessed.defined.name,
            dockerfile: &assessed.located.dockerfile_shown,
            files: assessed.inputs.files.len(),
            notes,
        })
        .collect();
    let anywhere = reports.iter().any(|(assessed, _)| assessed.defined.image.platforms.is_empty());
    Ok(crate::render::check::text(&checked, located.len(), errors, anywhere.then_some(PLATFORMS))
        .into_bytes())
}
