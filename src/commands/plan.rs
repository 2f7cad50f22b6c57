//! `imgplan plan`: what would happen to each image; reads only.

use crate::cli::{Common, PlanOnly as Arguments};
use crate::commands::planning::{self, Planned};
use crate::commands::repository::Purpose;
use crate::commands::session::{Session, Subject};
use crate::commands::{Ended, beside, gitlab, output, wait_for};
use crate::error::Errors;
use crate::printer::Printer;

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Arguments, printer: &Printer) -> Result<Ended, Errors> {
    let (subject, arguments) = (Subject::of(arguments.worktree, &arguments.plan.commit), &arguments.plan);
    let session = Session::open_subject(common, subject, &arguments.platforms, Purpose::Plan, printer)?;
    if session.is_worktree() {
        gitlab::needs_a_commit(common)?;
    }
    let jobs = gitlab::jobs(&session.environment, common, arguments)?;
    let (prepared, mut errors) = planning::prepare(&session, common, arguments, printer)?;
    let registry = session.registry()?;
    let asked = wait_for(planning::ask(&session, common, &prepared, &registry, printer))?;
    let Planned { plan, failed, .. } = asked;
    errors.extend(failed.0);
    beside::warn(&session, common, &prepared.project, &plan, printer);
    errors.extend(output::write(common, &session.environment, &plan, jobs.as_ref(), printer).0);
    Ok(Ended::of(&plan, errors, arguments.detailed_exitcode))
}
