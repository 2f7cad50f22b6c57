//! An image that was decided, written down as the plan has it, with what a builder needs.

use std::collections::{BTreeMap, BTreeSet};

use bstr::BString;

use crate::commands::session::Session;
use crate::commands::subject::Subject;
use crate::commands::survey::Surveyed;
use crate::commands::{ages, bases, parents};
use crate::config::NamedContext;
use crate::decision::{Action, Decision};
use crate::details;
use crate::plan::{self, Build, Move, Warning};
use crate::project::Assessed;
use crate::reference::{Digest, Repository, Tag};

/// The image as the plan has it; `planned` are those before it.
pub(super) fn image(
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
        let names = assessed.parents.values();
        let parents = names.filter_map(|name| planned.iter().find(|(image, _)| image.name == *name));
        let known = parents.filter_map(|(image, _)| Some((image.name.as_str(), image.digest.as_ref()?)));
        parents::record([&mut build.labels, &mut build.annotations], known);
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
        tags: surveyed.tags.clone(),
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
    let created = ages::to_tell(session, assessed, decision.rebuild);
    let labels = labels(session, subject, created, decision.rebuild);
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
pub(in crate::commands) fn context(
    repository: &Repository,
    digest: Option<&Digest>,
    content_tag: &Tag,
) -> String {
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

/// Labels and annotations; one that is built again says when (see [`parents`]).
fn labels(session: &Session, subject: &Subject, created: i64, rebuild: bool) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::from([(details::MARK.to_owned(), subject.content_hash.clone())]);
    // What is not committed yet is of no revision.
    if !session.is_worktree() {
        labels.insert(details::REVISION.to_owned(), session.commit.id.to_string());
    }
    if let Ok(time) = jiff::Timestamp::from_second(created) {
        labels.insert(details::CREATED.to_owned(), time.to_string());
        if rebuild {
            labels.insert(details::REBUILT.to_owned(), time.to_string());
        }
    }
    if let Some(source) = session.source() {
        labels.insert(details::SOURCE.to_owned(), source);
    }
    labels
}
