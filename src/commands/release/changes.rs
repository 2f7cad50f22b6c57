//! What went into an image since the release before: the commits that changed its inputs.

use std::collections::HashMap;

use crate::cli::Common;
use crate::commands::log;
use crate::commands::past::Past;
use crate::commands::session::Session;
use crate::error::Errors;
use crate::git::{Commit, Follow, Step};
use crate::release::Release;
use crate::release::known;
use crate::release::report::{Change, Changes};
use crate::tree::Id;

/// Commits that are looked at; a release with more behind it is told of by its last ones.
const LOOKED_AT: usize = 5000;

/// The changes of one image. A clone without the history gives a note, not an error.
pub(super) fn since(
    session: &Session,
    common: &Common,
    image: &str,
    own: &Release,
    by_git: &[Release],
) -> Result<Changes, Errors> {
    let Some(before) = known::previous(own, by_git).and_then(|release| release.git_tag.clone()) else {
        let note = match session.git.is_shallow()? {
            true => "no release before it is known here: this clone is shallow",
            false if by_git.len() < 2 => {
                "no release before it is known here (`git fetch --tags` gets git's tags)"
            }
            false => "no release before it is known here",
        };
        return Ok(Changes { complete: true, note: Some(note.to_owned()), ..Changes::default() });
    };
    let spec = format!("refs/tags/{before}");
    let since = match session.git.commit(&spec) {
        Ok(commit) => commit,
        Err(error) if session.git.is_shallow()? => {
            let note =
                format!("what changed since {before} cannot be told, since this clone is shallow: {error}");
            return Ok(Changes { since: Some(before), note: Some(note), ..Changes::default() });
        }
        Err(error) => return Err(error.into()),
    };
    let (steps, more) =
        session.git.commits(&[session.commit.id], &[since.id], Follow::All, Some(LOOKED_AT))?;
    let common = Common { images: vec![image.to_owned()], ..common.clone() };
    let looked = Looked { session, past: Past::new(session, &common), known: known_of(&steps), image };
    let mut commits = Vec::new();
    for step in &steps {
        commits.extend(looked.change(step)?);
    }
    let cut_off = steps.iter().any(|step| step.cut_off);
    let same = looked.past.hash(&since, image)? == looked.past.hash(&session.commit, image)?;
    let note = if cut_off {
        Some(
            "this clone is shallow: earlier commits are not told (`git fetch --unshallow` gets them)"
                .to_owned(),
        )
    } else if more {
        Some(format!("only the last {LOOKED_AT} commits were looked at"))
    } else if same {
        Some(format!("its inputs are those of {before}: the same content"))
    } else {
        None
    };
    Ok(Changes { since: Some(before), commits, complete: !more && !cut_off, note })
}

fn known_of(steps: &[Step]) -> HashMap<Id, Commit> {
    steps.iter().map(|step| (step.commit.id, step.commit.clone())).collect()
}

struct Looked<'a> {
    session: &'a Session,
    past: Past<'a>,
    known: HashMap<Id, Commit>,
    image: &'a str,
}

impl Looked<'_> {
    /// A commit that changed the inputs: those of a merge are told by the commits that it merged, as long as it has the
    /// inputs of one of them.
    fn change(&self, step: &Step) -> Result<Option<Change>, Errors> {
        let own = self.past.hash(&step.commit, self.image)?;
        let mut parents = Vec::with_capacity(step.parents.len());
        for id in &step.parents {
            parents.push(match self.known.get(id) {
                Some(commit) => commit.clone(),
                None => self.session.git.commit(&id.to_string())?,
            });
        }
        for parent in &parents {
            if self.past.hash(parent, self.image)? == own {
                return Ok(None);
            }
        }
        if step.cut_off || own.is_none() {
            return Ok(None);
        }
        let cause = log::cause(&self.past, step, parents.first(), self.image)?.unwrap_or_default();
        let subject = self.session.git.subject(&step.commit.id)?;
        Ok(Some(Change { commit: step.commit.id.to_string(), subject, cause }))
    }
}
