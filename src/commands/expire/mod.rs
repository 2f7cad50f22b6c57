//! `imgplan expire`: deletes tags whose time is over. Without `--delete` it only says which.

mod deletion;
mod gather;
mod history;
mod in_use;
mod indexes;
mod probe;

use std::collections::BTreeMap;

use crate::cli::{Common, Expire as Arguments, Format};
use crate::commands::repository::Purpose;
use crate::commands::session::Session;
use crate::commands::{Ended, output, wait_for};
use crate::config::{self, ImageId};
use crate::error::{Error, Errors, Result};
use crate::printer::{Printer, Verbosity};
use crate::progress::Progress;
use crate::reference::{Repository, Tag};
use crate::registry::Registry;
use crate::render;
use crate::retention::{self, Action, Cause, Contents, Entry, Facts, Protection, Report};
use crate::tags;

use gather::Gathered;

/// A repository and the images that live there.
struct Subject<'s> {
    repository: Repository,
    rules: Vec<&'s config::Expire>,
}

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Arguments, printer: &Printer) -> Result<Ended, Errors> {
    let purpose = if arguments.delete { Purpose::Apply } else { Purpose::Resolve };
    let session = Session::open(common, "HEAD", &[], purpose, printer)?;
    let subjects = subjects(&session, common)?;
    let registry = session.registry()?;
    let mut errors = Errors::default();
    let work = async { Ok(work(&session, common, &registry, &subjects, (arguments.delete, printer)).await) };
    let (repositories, failed) = wait_for(work)?;
    errors.extend(failed.0);
    let report = Report { version: 1, dry_run: !arguments.delete, repositories };
    let all = printer.verbosity() == Verbosity::Verbose;
    let written = output::write_each(common, printer, |format, _| match format {
        Format::Json => render::json::value(&report),
        Format::Markdown => Ok(render::expire::markdown(&report).into_bytes()),
        _ => Ok(render::expire::text(&report, all).into_bytes()),
    });
    errors.extend(written.0);
    Ok(Ended::with(errors))
}

/// The repositories of the wanted images, those of scopes besides, each once, with the rules that hold there.
fn subjects<'s>(session: &'s Session, common: &Common) -> Result<Vec<Subject<'s>>, Errors> {
    let rules = &session.policy.expire;
    let defined = session.definitions.iter().map(|placed| &placed.defined);
    let mut errors = Errors::default();
    for (image, place) in rules.iter().flat_map(|rule| &rule.images) {
        if !defined.clone().any(|defined| defined.name == *image) {
            errors.push(Error::invalid(format!("there is no image {image:?}")).at(place.clone()));
        }
    }
    errors.or(())?;
    let mut subjects: BTreeMap<String, Subject<'s>> = BTreeMap::new();
    for placed in &session.definitions {
        let name = &placed.defined.name;
        if !common.images.is_empty() && !common.images.contains(name) {
            continue;
        }
        let mut repositories = vec![placed.repository.clone()];
        for scoped in session.policy.scopes.values() {
            repositories.push(match &placed.defined.image.id {
                ImageId::Own => scoped.clone(),
                ImageId::Named(name) => scoped.join(name)?,
            });
        }
        let holds = |rule: &&config::Expire| {
            rule.images.is_empty() || rule.images.iter().any(|(image, _)| image == name)
        };
        for repository in repositories {
            let subject = subjects
                .entry(repository.to_string())
                .or_insert_with(|| Subject { repository, rules: Vec::new() });
            for rule in rules.iter().filter(holds) {
                if !subject.rules.iter().any(|known| std::ptr::eq(*known, rule)) {
                    subject.rules.push(rule);
                }
            }
        }
    }
    Ok(subjects.into_values().collect())
}

/// Gathers, judges and, where that was asked for, deletes; one repository that fails does not stop the others.
async fn work(
    session: &Session,
    common: &Common,
    registry: &Registry,
    subjects: &[Subject<'_>],
    (delete, printer): (bool, &Printer),
) -> (Vec<retention::Repository>, Errors) {
    let mut errors = Errors::default();
    let progress = Progress::start(printer, "asking the registry", subjects.len() as u64);
    let mut gathered = Vec::new();
    for subject in subjects {
        if delete {
            registry.expect_writes(&subject.repository);
        }
        match gather::gather(registry, &subject.repository, &subject.rules, session.environment.now).await {
            Ok(found) => gathered.push((subject, found)),
            Err(error) => errors.push(error.hint(format!(
                "what cannot be read may be in use: nothing of {} is deleted",
                subject.repository
            ))),
        }
        progress.tick(gathered.len() as u64);
    }
    drop(progress);
    let protection = match protection(session, common, &gathered) {
        Ok(protection) => protection,
        Err(failed) => {
            errors.extend(failed.0);
            return (Vec::new(), errors);
        }
    };
    let mut repositories = Vec::new();
    for (subject, gathered) in &gathered {
        let (repository, failed) = one(session, registry, subject, gathered, (&protection, delete)).await;
        repositories.push(repository);
        errors.extend(failed.0);
    }
    (repositories, errors)
}

type Known = (Protection, history::Known);

/// What git says; asked only where a tag could expire.
fn protection(
    session: &Session,
    common: &Common,
    gathered: &[(&Subject<'_>, Gathered)],
) -> Result<Known, Errors> {
    if gathered.iter().all(|(_, gathered)| gathered.created.is_empty()) {
        return Ok((Protection::default(), history::Known::default()));
    }
    let asks = |(subject, gathered): &(&Subject<'_>, Gathered)| {
        let mut content = gathered.tags.keys().filter(|tag| tags::is_content_tag(tag.as_str()));
        content.any(|tag| Cause::of(tag, &subject.rules).is_some())
    };
    let known = history::read(session)?;
    let ruled = |(subject, gathered): &(&Subject<'_>, Gathered)| {
        let by_rule = |tag: &&Tag| matches!(Cause::of(tag, &subject.rules), Some(Cause::Rule(_)));
        gathered.tags.keys().filter(by_rule).cloned().collect()
    };
    let there: Vec<Vec<Tag>> = gathered.iter().map(ruled).collect();
    let mut protection = in_use::protection(&known, session, common, &there)?;
    if gathered.iter().any(asks) {
        (protection.contents, protection.note) = known.contents(session, common);
    }
    Ok((protection, known))
}

async fn one(
    session: &Session,
    registry: &Registry,
    subject: &Subject<'_>,
    gathered: &Gathered,
    ((protection, known), delete): (&Known, bool),
) -> (retention::Repository, Errors) {
    let now = session.environment.now;
    let judged = retention::judge(&Facts {
        tags: &gathered.tags,
        created: &gathered.created,
        named: &known.named(gathered.tags.keys()),
        rules: &subject.rules,
        limits: &session.policy.expiry_limits,
        protection,
        now,
    });
    let mut entries: Vec<Entry> = judged.iter().map(|judged| Entry::of(judged, now)).collect();
    let mut notes = Vec::new();
    if let Contents::Unknown(why) = &protection.contents {
        notes.push(format!("every content tag stays: {why}"));
    }
    notes.extend(protection.note.clone());
    let mut errors = Errors::default();
    if delete {
        let done = deletion::delete(registry, &subject.repository, gathered, &judged, now).await;
        for entry in &mut entries {
            match done.tags.get(&entry.tag) {
                None => {}
                Some(None) => entry.action = Action::Deleted,
                Some(Some(why)) => {
                    entry.action = Action::Left;
                    entry.reason.clone_from(why);
                }
            }
        }
        notes.extend(done.notes);
        errors.extend(done.errors.0);
    }
    (retention::Repository { repository: subject.repository.to_string(), tags: entries, notes }, errors)
}
