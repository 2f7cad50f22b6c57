//! What is wanted for an image of a commit: its tags, and where it is looked for. Nothing is asked here.

use crate::commands::session::Session;
use crate::commands::subject::Subject;
use crate::error::Result;
use crate::project::Assessed;
use crate::reference::Repository;
use crate::tags;

/// What is wanted for one image, and notes on floating tags that are not.
pub(super) fn subject(
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
    // Under a scope a tag is nobody else's.
    let proposal = session.proposal.filter(|_| scope.is_none());
    let templates = session.policy.floating_tags.iter().filter(|_| !session.is_worktree());
    for template in templates {
        match (session.render(template, &facts)?, session.branch.as_deref(), proposal) {
            (None, ..) => {
                notes.push(format!("the tag {} is left out: what it names is not known here", template.text))
            }
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
