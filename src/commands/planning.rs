//! From a session to a plan: the images assessed, the registry asked, every image decided and written down.

use std::collections::{BTreeMap, BTreeSet};

use bstr::BString;

use crate::cli::{Common, Plan as Arguments};
use crate::commands::ancestors::Ancestors;
use crate::commands::earlier::History;
use crate::commands::force::Forced;
use crate::commands::session::Session;
use crate::commands::survey::{self, Subject, Surveyed, Terms};
use crate::commands::{bases, findings, rules};
use crate::config::NamedContext;
use crate::decision::{Action, Decision, Rules};
use crate::details;
use crate::error::{Error, Errors, Kind, Result};
use crate::plan::{self, Build, Move, Plan, Warning};
use crate::printer::{Printer, Verbosity};
use crate::progress::Progress;
use crate::project::{self, Assessed, Project};
use crate::reference::{Digest, Repository, Tag};
use crate::registry::Registry;
use crate::tags;

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
        let (mut subject, floating_notes) =
            subject(session, (index, assessed), repository, scope, skip.clone())?;
        subject.forced = forced.reason(&assessed.defined.name).map(|why| (session.sha.clone(), why));
        subject.wanted = common.images.is_empty() || common.images.contains(&assessed.defined.name);
        subjects.push(subject);
        notes.push(said.into_iter().chain(floating_notes.into_iter().map(Warning::from)).collect());
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
    let history = History { own: ancestors(scope), trusted: scope.map(|_| ancestors(None)) };
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
    let by = if session.environment.get("IMGPLAN_FORCE").is_some() { "IMGPLAN_FORCE" } else { "--force" };
    let forced = arguments.force.then(|| by.to_owned());
    Terms { rules, forced, may_move, now: session.environment.now }
}

/// What is wanted for one image, and notes on floating tags that are not.
fn subject(
    session: &Session,
    (index, assessed): (usize, &Assessed),
    repository: &Repository,
    scope: Option<&str>,
    skip: Option<String>,
) -> Result<(Subject, Vec<String>)> {
    let content_hash = assessed.content_hash.to_string();
    let facts = session.facts(&content_hash, scope);
    let mut floating = Vec::new();
    let mut notes = Vec::new();
    let templates = session.policy.floating_tags.iter().filter(|_| !session.is_worktree());
    for template in templates {
        match (session.render(template, &facts)?, session.branch.as_deref()) {
            (None, _) => {
                notes.push(format!("the tag {} is left out: what it names is not known here", template.text))
            }
            (Some(tag), Some(branch)) if !session.git.is_branch_tip(branch, &session.commit.id)? => {
                notes.push(format!(
                    "the tag {tag} is left where it is: this commit is not the tip of {branch}"
                ));
            }
            (Some(tag), None) if facts.git_tag.is_none() => {
                notes.push(format!(
                    "the tag {tag} is left where it is: no branch is known of which this is the tip"
                ));
            }
            (Some(tag), _) => floating.push(tag),
        }
    }
    floating.sort();
    floating.dedup();
    let content_tag = tags::content_tag(&content_hash, scope)?;
    let trusted = match session.trusted_of(&assessed.defined.name) {
        None => None,
        Some(there) => {
            let other = Some(there).filter(|there| *there != repository).cloned();
            Some((tags::content_tag(&content_hash, None)?, other))
        }
    };
    let commit_tag = session.commit_tag(scope)?;
    let repository = repository.clone();
    let look_in = session.look_in(&assessed.defined.image.id)?;
    let forced = None;
    let subject = Subject {
        forced,
        index,
        repository,
        look_in,
        content_hash,
        content_tag,
        trusted,
        commit_tag,
        floating,
        skip,
        wanted: true,
    };
    Ok((subject, notes))
}

fn write(session: &Session, common: &Common, prepared: &Prepared, surveyed: Vec<Surveyed>) -> Planned {
    let mut failed = Errors::default();
    let mut all: Vec<(plan::Image, Surveyed)> = Vec::new();
    for ((subject, mut surveyed), notes) in prepared.subjects.iter().zip(surveyed).zip(&prepared.notes) {
        failed.extend(surveyed.error.take());
        let decided = surveyed.decision.notes.iter().cloned().map(Warning::from);
        let notes = notes.iter().cloned().chain(decided).collect();
        let assessed = &prepared.project.images[subject.index];
        let image = image(session, assessed, subject, &surveyed, notes, &all);
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

fn image(
    session: &Session,
    assessed: &Assessed,
    subject: &Subject,
    surveyed: &Surveyed,
    warnings: Vec<Warning>,
    planned: &[(plan::Image, Surveyed)],
) -> plan::Image {
    let decision = &surveyed.decision;
    let repository = subject.repository.clone();
    let from = decision.from.as_ref().map(|from| plan::From {
        how: from.how,
        repository: from.repository.clone().unwrap_or_else(|| repository.clone()),
        tag: from.tag.clone(),
    });
    let build = (decision.action == Action::Build).then(|| {
        let mut build = build(session, assessed, subject, decision, planned);
        build.cache_from.clone_from(&surveyed.caches);
        bases::record(&mut build, assessed, &surveyed.bases);
        build
    });
    plan::Image {
        name: assessed.defined.name.clone(),
        action: decision.action,
        reason: decision.reason.clone(),
        content_hash: subject.content_hash.clone(),
        content_tag: subject.content_tag.clone(),
        reference: decision.digest.as_ref().map(|digest| repository.at(digest)),
        digest: decision.digest.clone(),
        repository,
        from,
        tags: subject.commit_tag.iter().chain(&subject.floating).cloned().collect(),
        missing_tags: decision.missing.clone(),
        warnings,
        depends_on: depends_on(assessed),
        build,
        moves: moves(subject, surveyed),
    }
}

/// What a retag writes, in the order in which it does.
fn moves(subject: &Subject, surveyed: &Surveyed) -> Vec<Move> {
    let decision = &surveyed.decision;
    let Some(to) = decision.digest.as_ref().filter(|_| decision.action == Action::Retag) else {
        return Vec::new();
    };
    let content = decision.set_content_tag.then_some(&subject.content_tag);
    let tags = decision.missing.iter().chain(content);
    tags.map(|tag| Move { tag: tag.clone(), from: surveyed.heads.get(tag).cloned(), to: to.clone() })
        .collect()
}

fn depends_on(assessed: &Assessed) -> Vec<String> {
    assessed.parents.values().cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

fn build(
    session: &Session,
    assessed: &Assessed,
    subject: &Subject,
    decision: &Decision,
    planned: &[(plan::Image, Surveyed)],
) -> Build {
    let image = &assessed.defined.image;
    let root = |path: &BString| if path.is_empty() { ".".to_owned() } else { path.to_string() };
    let mut contexts = BTreeMap::new();
    for (name, context) in &image.contexts {
        let value = match context {
            NamedContext::Image(_) => continue,
            NamedContext::Folder(path) if path.is_empty() => ".".to_owned(),
            NamedContext::Folder(path) => path.clone(),
            NamedContext::DockerImage(image) => format!("docker-image://{image}"),
            NamedContext::Remote(address) => address.clone(),
        };
        contexts.insert(name.clone(), value);
    }
    for (written, parent) in &assessed.parents {
        if let Some((parent, _)) = planned.iter().find(|(image, _)| image.name == *parent) {
            contexts.insert(
                written.clone(),
                context(&parent.repository, parent.digest.as_ref(), &parent.content_tag),
            );
        }
    }
    let labels = labels(session, subject, decision.rebuild);
    Build {
        context: root(&assessed.located.context),
        dockerfile: assessed.located.dockerfile.to_string(),
        target: image.target.clone(),
        args: image.build_args.clone(),
        contexts,
        platforms: image.platforms.clone(),
        tags: std::iter::once(&subject.content_tag)
            .chain(&decision.missing)
            .map(|tag| subject.repository.tagged(tag))
            .collect(),
        annotations: labels.clone(),
        labels,
        cache_from: Vec::new(),
        fresh: decision.rebuild,
    }
}

/// What a builder must use for a parent: its digest, or its content tag while it is still to be built.
pub(super) fn context(repository: &Repository, digest: Option<&Digest>, content_tag: &Tag) -> String {
    let scheme = match repository {
        Repository::Remote { .. } => "docker-image://",
        Repository::Layout { .. } => "oci-layout://",
    };
    let reference = match digest {
        Some(digest) => repository.at(digest),
        None => repository.tagged(content_tag),
    };
    format!("{scheme}{}", reference.strip_prefix("oci:").unwrap_or(&reference))
}

/// Labels and annotations. `created` is the commit's time; where a new build of the same content is wanted it is now,
/// since an image that is too old would else be too old for ever.
fn labels(session: &Session, subject: &Subject, rebuild: bool) -> BTreeMap<String, String> {
    let created = if rebuild { session.environment.now } else { session.commit.time };
    let mut labels = BTreeMap::from([(details::MARK.to_owned(), subject.content_hash.clone())]);
    // What is not committed yet is of no revision.
    if !session.is_worktree() {
        labels.insert(details::REVISION.to_owned(), session.commit.id.to_string());
    }
    if let Ok(time) = jiff::Timestamp::from_second(created) {
        labels.insert(details::CREATED.to_owned(), time.to_string());
    }
    if let Some(source) = session.source() {
        labels.insert(details::SOURCE.to_owned(), source);
    }
    labels
}
