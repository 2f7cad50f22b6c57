//! `imgplan apply`: the plan, then the retags, then with `--build` the builds; what is printed is the plan as it
//! stands afterwards.

use futures_util::StreamExt as _;

use crate::cli::{Apply, Common};
use crate::commands::planning::{self, Planned, Prepared};
use crate::commands::repository::Purpose;
use crate::commands::session::Session;
use crate::commands::survey::{CONCURRENT, Surveyed};
use crate::commands::{Ended, building, gitlab, output, retag, reviewed, wait_for};
use crate::decision::Action;
use crate::error::Errors;
use crate::plan::Plan;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::registry::Registry;

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Apply, printer: &Printer) -> Result<Ended, Errors> {
    if let Some(file) = &arguments.reviewed {
        return reviewed::run(common, arguments, file, printer);
    }
    let plan = &arguments.plan;
    let session = Session::open(common, &plan.commit, &plan.platforms, Purpose::Apply, printer)?;
    let jobs = gitlab::jobs(&session.environment, common, plan)?;
    let (prepared, mut errors) = planning::prepare(&session, common, plan, printer)?;
    let registry = session.registry()?;
    prepared.repositories().for_each(|repository| registry.expect_writes(repository));
    let (plan, failed) = wait_for(act(&session, common, arguments, &prepared, &registry, printer))?;
    errors.extend(failed.0);
    errors.extend(output::write(common, &plan, jobs.as_ref(), printer).0);
    Ok(Ended::of(&plan, errors, arguments.plan.detailed_exitcode))
}

/// Asks, retags and builds; the plan as it stands then, and what failed.
async fn act(
    session: &Session,
    common: &Common,
    arguments: &Apply,
    prepared: &Prepared,
    registry: &Registry,
    printer: &Printer,
) -> Result<(Plan, Errors), Errors> {
    let asked = planning::ask(session, common, prepared, registry, printer).await?;
    Ok(carry_out(session, arguments, prepared, registry, asked, printer).await)
}

/// Retags and builds; the plan as it stands then, and what failed.
pub(super) async fn carry_out(
    session: &Session,
    arguments: &Apply,
    prepared: &Prepared,
    registry: &Registry,
    planned: Planned,
    printer: &Printer,
) -> (Plan, Errors) {
    let Planned { mut plan, surveyed, failed: mut errors } = planned;
    errors.extend(retag_all(session, registry, &mut plan, surveyed, printer).await.0);
    let built = build(session, arguments, prepared, registry, &mut plan, printer).await;
    errors.extend(built.err().into_iter().flat_map(|failed| failed.0));
    (plan, errors)
}

/// With `--build`, builds what is left. A builder is looked for only then: most runs of such a job need none.
async fn build(
    session: &Session,
    arguments: &Apply,
    prepared: &Prepared,
    registry: &Registry,
    plan: &mut Plan,
    printer: &Printer,
) -> Result<(), Errors> {
    if !plan.images.iter().any(|image| image.action == Action::Build) {
        return Ok(());
    }
    let Some(builder) = building::builder(arguments, session).await? else { return Ok(()) };
    building::build_all(session, &prepared.project, registry, &builder, plan, printer).await
}

/// Many at once; one that fails does not stop the others.
async fn retag_all(
    session: &Session,
    registry: &Registry,
    plan: &mut Plan,
    surveyed: Vec<Surveyed>,
    printer: &Printer,
) -> Errors {
    let verify = session.policy.verify;
    let retags = plan.images.iter_mut().zip(surveyed).filter(|(image, _)| image.action == Action::Retag);
    let retags: Vec<_> = retags.collect();
    let progress = Progress::start(printer, "retagging", retags.len() as u64);
    let mut running = futures_util::stream::iter(retags)
        .map(|(image, mut surveyed)| async move {
            retag::retag(registry, image, &mut surveyed.read, verify).await
        })
        .buffer_unordered(CONCURRENT);
    let mut errors = Errors::default();
    let mut done = 0;
    while let Some(retagged) = running.next().await {
        errors.extend(retagged.err());
        done += 1;
        progress.tick(done);
    }
    errors
}
