//! From a session to a plan: the images assessed, the registry asked, every image decided and written down.

mod image;
mod wanted;

use std::collections::BTreeSet;

use bstr::BString;

use crate::cli::{Common, Plan as Arguments};
use crate::commands::ancestors::Ancestors;
use crate::commands::earlier::History;
use crate::commands::facts::Gatherer;
use crate::commands::force::Forced;
use crate::commands::lists::Lists;
use crate::commands::session::Session;
use crate::commands::subject::Subject;
use crate::commands::survey::{self, Surveyed, Terms};
use crate::commands::{findings, rules};
use crate::decision::{Action, Rules};
use crate::error::{Error, Errors, Kind, Result};
use crate::plan::{self, Plan, Warning};
use crate::printer::{Printer, Verbosity};
use crate::progress::Progress;
use crate::project::{self, Project};
use crate::reference::{Repository, Tag};
use crate::registry::Registry;

pub(super) use image::context;

/// What is known of a commit's images before any registry is asked.
pub(super) struct Prepared {
    /// The images.
    pub project: Project,
    subjects: Vec<Subject>,
    /// For each subject, what a person should know.
    notes: Vec<Vec<Warning>>,
    terms: Terms,
    scope: Option<String>,
    /// How many commits are looked at in search of an image.
    history: usize,
}

impl Prepared {
    /// The repositories that a retag would write to.
    pub(super) fn repositories(&self) -> impl Iterator<Item = &Repository> {
        self.subjects.iter().map(|subject| &subject.repository)
    }

    /// What is wanted for an image.
    pub(super) fn subject(&self, name: &str) -> Option<&Subject> {
        self.subjects.iter().find(|subject| self.project.images[subject.index].defined.name == name)
    }

    /// Those of an image's missing tags that are written once.
    pub(super) fn write_once(&self, image: &plan::Image) -> Vec<Tag> {
        let subject = self.subject(&image.name);
        let floats = |tag: &Tag| subject.is_some_and(|subject| subject.floating.contains(tag));
        image.missing_tags.iter().filter(|tag| !floats(tag)).cloned().collect()
    }
}

/// A plan with what `apply` needs to act on it.
pub(super) struct Planned {
    /// The plan as it is printed.
    pub plan: Plan,
    /// For each of its images, the decision and the manifests that were read on the way.
    pub surveyed: Vec<Surveyed>,
    /// Registries that could not answer, and tags that conflict.
    pub failed: Errors,
}

/// Reads a commit's images; those that cannot be read are among the errors, and do not stop the others.
pub(super) fn prepare(
    session: &Session,
    common: &Common,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<(Prepared, Errors), Errors> {
    let scope = common.scope.as_deref();
    let mut project = session.assess(common)?;
    let mut errors = std::mem::take(&mut project.errors);
    dirty(session, &project, printer)?;
    let skip = rules::skip(session);
    rules::say_who_named_the_branch(session, skip.is_some(), printer);
    let forced = Forced::of(session, printer)?;
    let terms = terms(session, arguments);
    // Parents that were not asked for, too.
    let all_images = Common { images: Vec::new(), ..common.clone() };
    let gatherer = Gatherer::new(session, &all_images);
    let mut left_out: BTreeSet<&str> = BTreeSet::new();
    let mut subjects = Vec::new();
    let mut notes = Vec::new();
    for (index, assessed) in project.images.iter().enumerate() {
        let Some(repository) = session.repository_of(&assessed.defined.name) else { continue };
        if printer.verbosity() == Verbosity::Verbose {
            let name = &assessed.defined.name;
            assessed.preimage.records().for_each(|record| printer.detail(&format!("{name}: {record}")));
        }
        let (said, refused) = findings::of(assessed, &session.policy);
        if !refused.0.is_empty() {
            left_out.insert(&assessed.defined.name);
            errors.extend(refused.0);
        }
        if let Some(parent) = assessed.parents.values().find(|parent| left_out.contains(parent.as_str())) {
            left_out.insert(&assessed.defined.name);
            errors.push(project::without_parent(&assessed.defined, parent));
        }
        if left_out.contains(assessed.defined.name.as_str()) {
            continue;
        }
        let (mut subject, tag_notes) =
            wanted::subject(&gatherer, (index, assessed), repository, scope, skip.clone())?;
        subject.forced = forced.reason(&assessed.defined.name).map(|why| (session.sha.clone(), why));
        subject.wanted = common.images.is_empty() || common.images.contains(&assessed.defined.name);
        subjects.push(subject);
        notes.push(said.into_iter().chain(tag_notes.into_iter().map(Warning::from)).collect());
    }
    let history = arguments.history.unwrap_or(session.policy.history);
    let scope = common.scope.clone();
    Ok((Prepared { project, subjects, notes, terms, scope, history }, errors))
}

/// Says which inputs are not as they are in the commit; more than a few are counted.
fn dirty(session: &Session, project: &Project, printer: &Printer) -> Result<()> {
    const SHOWN: usize = 10;
    // Nobody would see it, and it costs a look at every input on disk.
    if printer.verbosity() == Verbosity::Quiet {
        return Ok(());
    }
    let dirty = session.dirty(project)?;
    if !dirty.is_empty() {
        let mut names: Vec<String> = dirty.iter().take(SHOWN).map(BString::to_string).collect();
        if dirty.len() > SHOWN {
            names.push(format!("{} more", dirty.len() - SHOWN));
        }
        printer.warn(&format!(
            "changed in the working tree but not committed, so not in this plan: {}",
            names.join(", ")
        ));
    }
    Ok(())
}

/// Asks the registry about them, and decides.
pub(super) async fn ask(
    session: &Session,
    common: &Common,
    prepared: &Prepared,
    registry: &Registry,
    printer: &Printer,
) -> Result<Planned, Errors> {
    let Prepared { project, subjects, terms, .. } = prepared;
    let progress = Progress::start(printer, "asking the registry", subjects.len() as u64);
    // Parents that were not asked for, too.
    let all_images = Common { images: Vec::new(), ..common.clone() };
    let ancestors = |scope| Ancestors::new(session, &all_images, scope, prepared.history);
    let scope = prepared.scope.as_deref();
    let (lists, facts) = (Lists::default(), Gatherer::new(session, &all_images));
    let history = History { own: ancestors(scope), trusted: scope.map(|_| ancestors(None)), lists, facts };
    let tick = |done| progress.tick(done);
    let surveyed = survey::survey(registry, project, subjects, terms, &history, &tick).await;
    drop(progress);
    Ok(write(session, common, prepared, surveyed))
}

fn terms(session: &Session, arguments: &Arguments) -> Terms {
    let may_move = arguments.move_tags.iter().map(Tag::to_string).collect();
    let rules = Rules {
        on_unknown: session.policy.on_unknown,
        verify: session.policy.verify,
        adopt: session.policy.adopt || arguments.adopt,
    };
    // The words with which the variable says no, as the command line reads them.
    const NO: [&str; 6] = ["0", "n", "no", "f", "false", "off"];
    let variable = session.environment.get("IMGPLAN_FORCE").map(str::to_ascii_lowercase);
    let says_yes = variable.is_some_and(|value| !NO.contains(&value.as_str()));
    let by = if says_yes { "IMGPLAN_FORCE" } else { "--force" };
    let forced = arguments.force.then(|| by.to_owned());
    let classes = session.policy.classes.clone();
    Terms { rules, forced, may_move, classes, now: session.environment.now }
}

fn write(session: &Session, common: &Common, prepared: &Prepared, surveyed: Vec<Surveyed>) -> Planned {
    let mut failed = Errors::default();
    let mut all: Vec<(plan::Image, Surveyed)> = Vec::new();
    for ((subject, mut surveyed), notes) in prepared.subjects.iter().zip(surveyed).zip(&prepared.notes) {
        failed.extend(surveyed.error.take());
        let decided = surveyed.decision.notes.iter().cloned().map(Warning::from);
        let notes = notes.iter().cloned().chain(decided).collect();
        let assessed = &prepared.project.images[subject.index];
        let image = image::image(session, assessed, subject, &surveyed, notes, &all);
        if image.action == Action::Conflict {
            failed.push(Error::new(Kind::Conflict, format!("{}: {}", image.name, image.reason)));
        }
        all.push((image, surveyed));
    }
    // Parents that were not asked for stand in the plan only if they must be built.
    let named = |image: &plan::Image| common.images.is_empty() || common.images.contains(&image.name);
    all.retain(|(image, _)| named(image) || image.action == Action::Build);
    let (images, surveyed) = all.into_iter().unzip();
    let plan = Plan { version: 1, commit: session.commit.id.to_string(), images };
    Planned { plan, surveyed, failed }
}
