//! `imgplan apply`: the plan, then the retags, then with `--build` the builds; what is printed is the plan as it
//! stands afterwards.

use crate::cli::{Apply, Common};
use crate::commands::planning::{self, Prepared};
use crate::commands::repository::Purpose;
use crate::commands::session::Session;
use crate::commands::{Ended, beside, carry, gitlab, output, reviewed, wait_for};
use crate::error::Errors;
use crate::plan::Plan;
use crate::printer::Printer;
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
    beside::warn(&session, common, &prepared.project, &plan, printer);
    errors.extend(output::write(common, &session.environment, &plan, jobs.as_ref(), printer).0);
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
    Ok(carry::out(session, arguments, prepared, registry, asked, printer).await)
}
