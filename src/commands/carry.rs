//! Carries a plan out: the retags, many at once, then with a builder the builds, parents first.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;

use crate::cli::Apply;
use crate::commands::planning::{Planned, Prepared};
use crate::commands::session::Session;
use crate::commands::survey::Surveyed;
use crate::commands::{CONCURRENT, building, refresh, retag};
use crate::decision::Action;
use crate::error::Errors;
use crate::plan::Plan;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::reference::Tag;
use crate::registry::Registry;

/// Retags and builds; the plan as it stands then, and what failed.
pub(super) async fn out(
    session: &Session,
    arguments: &Apply,
    prepared: &Prepared,
    registry: &Registry,
    planned: Planned,
    printer: &Printer,
) -> (Plan, Errors) {
    let Planned { mut plan, surveyed, failed: mut errors } = planned;
    let retagged = retag_all(session, registry, &mut plan, surveyed, (arguments.refresh, printer)).await;
    errors.extend(retagged.0);
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
    let Some(builder) = building::builder(arguments).await? else { return Ok(()) };
    building::build_all(session, prepared, registry, &builder, plan, printer).await
}

/// Many at once; one that fails does not stop the others.
async fn retag_all(
    session: &Session,
    registry: &Registry,
    plan: &mut Plan,
    surveyed: Vec<Surveyed>,
    (again, printer): (bool, &Printer),
) -> Errors {
    let verify = session.policy.verify;
    let acts = |action| action == Action::Retag || again && action == Action::UpToDate;
    let retags = plan.images.iter_mut().zip(surveyed).filter(|(image, _)| acts(image.action));
    let retags: Vec<_> = retags.collect();
    let progress = Progress::start(printer, "retagging", retags.len() as u64);
    let mut running = futures_util::stream::iter(retags)
        .map(|(image, mut surveyed)| async move {
            let manifests = if again { refresh::manifests(&surveyed.read) } else { BTreeMap::new() };
            let written: BTreeSet<Tag> = image.moves.iter().map(|one| one.tag.clone()).collect();
            if image.action == Action::Retag {
                retag::retag(registry, image, &mut surveyed.read, verify).await?;
            }
            if !again {
                return Ok(());
            }
            let mut tags = surveyed.heads;
            tags.retain(|tag, _| !written.contains(tag));
            refresh::refresh(registry, image, tags, manifests).await
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
