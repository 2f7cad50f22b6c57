//! The builds of a reviewed plan: of its commit, under its content hashes, on the parents that were reviewed.

use std::path::Path;

use crate::cli::{Apply, Common};
use crate::commands::planning::{self, Planned, Prepared};
use crate::commands::repository::Purpose;
use crate::commands::session::Session;
use crate::commands::{carry, shaped, wait_for};
use crate::decision::Action;
use crate::details;
use crate::error::{Error, Errors, Kind, Place, Result};
use crate::lookup::Lookup;
use crate::plan::{Image, Plan};
use crate::printer::Printer;
use crate::reference::Tag;
use crate::registry::{Name, Registry};
use crate::tags;

/// Builds what the plan says is to be built; the rest of the plan is done by then.
pub(super) fn build(
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
    let mut asked = planning::ask(session, common, prepared, registry, printer).await?;
    let mut errors = Errors::default();
    for fresh in asked.plan.images.iter_mut().filter(|image| image.action == Action::Build) {
        if let Some(planned) = plan.images.iter().find(|image| image.name == fresh.name) {
            errors.extend(keep_tags(registry, prepared, planned, fresh).await.err());
        }
    }
    for fresh in &asked.plan.images {
        let planned =
            plan.images.iter().find(|image| image.name == fresh.name && image.action == Action::Build);
        let fault = fault(planned, fresh);
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

/// Gives the build the tags with a time or a number in them that were reviewed, in place of those of this moment; one that
/// is there by now is left, and the plan does not hold.
async fn keep_tags(
    registry: &Registry,
    prepared: &Prepared,
    planned: &Image,
    fresh: &mut Image,
) -> Result<()> {
    let Some(subject) = prepared.subject(&fresh.name) else { return Ok(()) };
    let known = shaped::any(&subject.facts.facts());
    for shape in &subject.shapes {
        let fits = |tag: &&Tag| tags::shape::matches(&shape.template, &known, tag.as_str()).is_some();
        let reviewed = planned.missing_tags.iter().find(fits);
        let (Some(reviewed), Some(now)) = (reviewed, fresh.missing_tags.iter().find(fits).cloned()) else {
            continue;
        };
        match registry.head(&fresh.repository, Name::Tag(reviewed)).await {
            Lookup::Missing => {}
            Lookup::Found(_) => continue,
            Lookup::Unknown(error) => return Err(error),
        }
        let all = fresh.tags.iter_mut().chain(&mut fresh.missing_tags);
        all.filter(|tag| **tag == now).for_each(|tag| tag.clone_from(reviewed));
        let (old, new) = (fresh.repository.tagged(&now), fresh.repository.tagged(reviewed));
        let pushed = fresh.build.iter_mut().flat_map(|build| &mut build.tags);
        pushed.filter(|tag| **tag == old).for_each(|tag| tag.clone_from(&new));
    }
    Ok(())
}

/// Why what is now is not what was reviewed, if so.
fn fault(planned: Option<&Image>, fresh: &Image) -> Option<&'static str> {
    let Some(planned) = planned else {
        let needed = fresh.action == Action::Build;
        return needed.then_some("it must be built now, which the plan does not say");
    };
    if planned.content_tag != fresh.content_tag {
        return Some("its content hash or its scope is another here");
    }
    if planned.repository != fresh.repository {
        return Some("its repository is another here");
    }
    if fresh.tags.iter().any(|tag| !planned.tags.contains(tag)) {
        return Some("its tags are others here");
    }
    let (Some(planned), Some(fresh)) = (&planned.build, &fresh.build) else { return None };
    // A parent that was still to be built is named by its tag, and may be there by now.
    let mut parents = planned.contexts.iter().filter(|(_, at)| at.contains("@sha"));
    if parents.any(|(name, at)| fresh.contexts.get(name) != Some(at)) {
        return Some("a parent is another image now");
    }
    let base = details::BASE_DIGEST;
    (planned.labels.get(base) != fresh.labels.get(base)).then_some("its base image is another now")
}
