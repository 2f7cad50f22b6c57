//! What is wanted for an image of a commit: its tags, and where it is looked for. Nothing is asked here.

use crate::commands::facts::{Gathered, Gatherer};
use crate::commands::session::Session;
use crate::commands::shaped::Shape;
use crate::commands::subject::{Subject, WriteOnce};
use crate::error::{Errors, Result};
use crate::project::Assessed;
use crate::reference::{Repository, Tag};
use crate::tags::{self, Template};

/// What is wanted for one image, and notes on tags that are not.
pub(super) fn subject(
    gatherer: &Gatherer<'_>,
    (index, assessed): (usize, &Assessed),
    repository: &Repository,
    scope: Option<&str>,
    skip: Option<String>,
) -> Result<(Subject, Vec<String>), Errors> {
    let session = gatherer.session();
    let name = assessed.defined.name.as_str();
    let content_hash = assessed.content_hash.to_string();
    let mut facts = gatherer.of(&session.commit, (name, &content_hash), scope)?;
    let mut notes = std::mem::take(&mut facts.notes);
    let floating = floating(session, &facts, &mut notes)?;
    let commit_tag = gatherer.commit_tag(&facts)?;
    let Lasting { once, shapes } = lasting(session, &facts, commit_tag.as_ref(), &mut notes)?;
    let content_tag = tags::content_tag(&content_hash, scope)?;
    let trusted = match session.trusted_of(name) {
        None => None,
        Some(there) => {
            let other = Some(there).filter(|there| *there != repository).cloned();
            Some((tags::content_tag(&content_hash, None)?, other))
        }
    };
    let subject = Subject {
        forced: None,
        index,
        repository: repository.clone(),
        look_in: session.look_in(&assessed.defined.image.id)?,
        content_hash,
        content_tag,
        trusted,
        facts,
        commit_tag,
        once,
        shapes,
        floating,
        skip,
        wanted: true,
    };
    Ok((subject, notes))
}

/// Write-once tags besides the commit's own.
#[derive(Default)]
struct Lasting {
    once: Vec<WriteOnce>,
    shapes: Vec<Shape>,
}

fn lasting(
    session: &Session,
    facts: &Gathered,
    commit_tag: Option<&Tag>,
    notes: &mut Vec<String>,
) -> Result<Lasting> {
    let mut lasting = Lasting::default();
    if session.is_worktree() {
        return Ok(lasting);
    }
    let shaped = |template: &&Template| tags::is_shaped(template);
    let commit = session.policy.commit_tag.as_ref().filter(shaped).map(|template| (0, template));
    let more = session.policy.write_once.iter().enumerate().map(|(index, template)| (index + 1, template));
    for (order, template) in commit.into_iter().chain(more) {
        // Whoever proposes a change names its branch. Under a scope a tag is nobody else's.
        let proposal = session.proposal.filter(|_| order > 0 && facts.scope.is_none());
        if let Some(variable) = proposal.filter(|_| tags::needs(template).branch) {
            notes.push(format!(
                "the tag {} is left out: {variable} says that this is a proposed change, whose branch may have any name",
                template.text
            ));
        } else if tags::is_shaped(template) {
            lasting.shapes.push(Shape { template: template.clone(), order });
        } else if let Some(tag) = session.render(template, &facts.facts())? {
            let known = commit_tag == Some(&tag) || lasting.once.iter().any(|once| once.tag == tag);
            let names_commit = tags::names_commit(template);
            lasting.once.extend((!known).then_some(WriteOnce { tag, names_commit, order }));
        } else {
            notes.push(left_out(template));
        }
    }
    Ok(lasting)
}

fn floating(session: &Session, facts: &Gathered, notes: &mut Vec<String>) -> Result<Vec<Tag>> {
    let mut floating = Vec::new();
    // Under a scope a tag is nobody else's.
    let proposal = session.proposal.filter(|_| facts.scope.is_none());
    let templates = session.policy.floating_tags.iter().filter(|_| !session.is_worktree());
    for template in templates {
        match (session.render(template, &facts.facts())?, session.branch.as_deref(), proposal) {
            (None, ..) => notes.push(left_out(template)),
            (Some(tag), ..) if is_of_release(session, template, &tag, facts)? => notes.push(format!(
                "the tag {tag} is left out: it could be that of a release, which `imgplan release` alone writes, and {} would \
                 move it",
                template.text
            )),
            (Some(tag), _, Some(variable)) => notes.push(format!(
                "the tag {tag} is left where it is: {variable} says that this is a proposed change, whose branch may have \
                 any name"
            )),
            (Some(tag), Some(branch), None) if !session.git.is_branch_tip(branch, &session.commit.id)? => {
                notes.push(format!(
                    "the tag {tag} is left where it is: this commit is not the tip of {branch}"
                ));
            }
            (Some(tag), None, None) if facts.git_tag.is_none() => {
                notes.push(format!(
                    "the tag {tag} is left where it is: no branch is known of which this is the tip"
                ));
            }
            (Some(tag), _, None) => floating.push(tag),
        }
    }
    floating.sort();
    floating.dedup();
    Ok(floating)
}

/// Whether a tag that follows a branch would take one of a release of the image: a branch may be called `1.0`. Without a
/// `[[release]]` only a name that has the form of a version would, and what the configuration names itself is meant.
fn is_of_release(session: &Session, template: &Template, tag: &Tag, facts: &Gathered) -> Result<bool> {
    // Under a scope a tag is nobody else's.
    if facts.scope.is_some() {
        return Ok(false);
    }
    let image = facts.facts().image.to_owned();
    for rule in &session.policy.releases {
        let configured = rule.place.file != "default";
        if !configured && !template.text.contains('{') {
            continue;
        }
        let git_tags = if configured { session.git.tag_names()? } else { Vec::new() };
        if rule.could_give(tag, &image, configured, git_tags.iter().map(String::as_str)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn left_out(template: &Template) -> String {
    format!("the tag {} is left out: what it names is not known here", template.text)
}
