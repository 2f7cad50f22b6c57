//! Puts the tags of a release: version tags first, then, after another look at what else is out, the floating ones.

use std::collections::BTreeSet;

use super::state::{self, Subject};
use crate::commands::inspect::Inspected;
use crate::commands::taken;
use crate::error::{Error, Errors, Kind, Result};
use crate::reference::{Digest, Tag};
use crate::registry::{Put, Registry};
use crate::release::moves::{Heads, Refused, Step, What};
use crate::release::report::{Action, Line};

/// Puts what is to be put; what was refused, and what failed, are the errors. `lines` tell how it ended.
pub(super) async fn put(
    registry: &Registry,
    subject: Subject<'_>,
    (mut listed, mut steps): (BTreeSet<Tag>, Vec<Step>),
    inspected: &Inspected,
    lines: &mut Vec<Line>,
) -> Result<Errors> {
    let mut put = Putting { registry, subject, inspected, lines, errors: Errors::default() };
    let written: Vec<Tag> = put.each(&steps, false).await;
    if !put.errors.0.is_empty() {
        put.leave();
        return Ok(put.errors);
    }
    if !written.is_empty() && steps.iter().any(|step| step.floats && step.what.writes()) {
        // Another release may have come out meanwhile. Each puts its version tag before it looks, so that of two the later
        // look sees both.
        listed.extend(written);
        let now = state::list(registry, subject.repository).await?;
        if !now.is_subset(&listed) {
            steps = state::judge(registry, subject, &now, Heads::new()).await?.steps;
            let before = std::mem::take(put.lines);
            *put.lines = steps.iter().map(Line::of).collect();
            let was = before.into_iter().filter(|line| !line.floating);
            for (line, was) in put.lines.iter_mut().zip(was) {
                *line = was;
            }
        }
    }
    put.each(&steps, true).await;
    let mut errors = put.errors;
    errors.extend(refusals(registry, subject, &steps).await.0);
    Ok(errors)
}

struct Putting<'a> {
    registry: &'a Registry,
    subject: Subject<'a>,
    inspected: &'a Inspected,
    lines: &'a mut Vec<Line>,
    errors: Errors,
}

impl Putting<'_> {
    /// Puts the version tags, or the floating ones, in order; those that are there then.
    async fn each(&mut self, steps: &[Step], floats: bool) -> Vec<Tag> {
        let mut done = Vec::new();
        for step in steps.iter().filter(|step| step.floats == floats && step.what.writes()) {
            match self.one(&step.tag).await {
                Ok(()) => done.push(step.tag.clone()),
                Err(error) => {
                    if let Some(line) = self.lines.iter_mut().find(|line| line.tag == step.tag) {
                        (line.action, line.reason) = (Action::Failed, error.message().to_owned());
                    }
                    self.errors.push(error);
                }
            }
        }
        done
    }

    async fn one(&self, tag: &Tag) -> Result<()> {
        let Subject { repository, digest, .. } = self.subject;
        match self.registry.put(repository, tag, &self.inspected.manifest).await? {
            Put::Done => Ok(()),
            Put::Elsewhere { digest: at, refusal } => {
                Err(taken::elsewhere(self.registry, repository, tag, &at, digest, refusal).await)
            }
        }
    }

    /// Says of the floating tags that they were not put, since a version tag was not.
    fn leave(&mut self) {
        for line in self.lines.iter_mut().filter(|line| line.floating && line.action.writes()) {
            (line.action, line.reason) = (Action::Left, "since another tag could not be put".to_owned());
        }
    }
}

/// What was refused, as errors that say what to do.
pub(super) async fn refusals(registry: &Registry, subject: Subject<'_>, steps: &[Step]) -> Errors {
    let mut errors = Errors::default();
    for step in steps {
        let (What::Refused(refused), Some(at)) = (&step.what, &step.at) else { continue };
        errors.push(match refused {
            Refused::Taken => {
                let Subject { repository, digest, .. } = subject;
                let tag = &step.tag;
                let hint = format!("release another version, or let this tag move: --move-tag {tag}");
                taken::taken(registry, repository, tag, at, digest).await.hint(hint)
            }
            Refused::Unknown => foreign(subject, step, at, "is no release's that is known"),
            Refused::Stray(name) => {
                foreign(subject, step, at, &format!("is that of {name}, which does not give it"))
            }
        });
    }
    errors
}

fn foreign(subject: Subject<'_>, step: &Step, at: &Digest, what: &str) -> Error {
    let tag = &step.tag;
    let message = format!("{}: {tag} is left at {at}: that image {what}", subject.image);
    Error::new(Kind::Conflict, message)
        .hint(format!("if it is to be the release's from now on: --move-tag {tag}"))
}
