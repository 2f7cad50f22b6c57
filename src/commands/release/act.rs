//! Puts the tags of a release: version tags first, then, after another look at what else is out, the floating ones.
//!
//! Two releases may come out at one moment. Each puts its version tag before its floating ones, and looks at the registry's
//! list once more after them: the one whose floating tags were put last sees the other's version tag, and gives back what
//! belongs to that. So the end is the same as if one had come after the other.

use std::collections::{BTreeMap, BTreeSet};

use super::state::{self, Subject};
use crate::commands::inspect::Inspected;
use crate::commands::taken;
use crate::error::{Error, Errors, Kind, Result};
use crate::lookup::Lookup;
use crate::reference::{Digest, Tag};
use crate::registry::{Name, Put, Registry};
use crate::release::moves::{Heads, Left, Refused, Step, What};
use crate::release::report::{Action, Line};

/// Puts what is to be put; what was refused, and what failed, are the errors. `lines` tell how it ended.
pub(super) async fn put(
    registry: &Registry,
    subject: Subject<'_>,
    (listed, steps): (BTreeSet<Tag>, Vec<Step>),
    inspected: &Inspected,
    lines: &mut Vec<Line>,
) -> Errors {
    let errors = Errors::default();
    let (done, overtaken) = (BTreeSet::new(), BTreeMap::new());
    let mut put = Putting { registry, subject, inspected, listed, steps, lines, done, overtaken, errors };
    let ended = put.all().await;
    put.errors.extend(ended.err());
    put.leave();
    let Putting { mut errors, steps, .. } = put;
    errors.extend(refusals(registry, subject, &steps).await.0);
    errors
}

struct Putting<'a> {
    registry: &'a Registry,
    subject: Subject<'a>,
    inspected: &'a Inspected,
    /// The registry's tags as they were listed, with those that this run has put.
    listed: BTreeSet<Tag>,
    steps: Vec<Step>,
    lines: &'a mut Vec<Line>,
    /// The tags that this run has put.
    done: BTreeSet<Tag>,
    /// Floating tags that another run had moved when this one read them back, and where to.
    overtaken: BTreeMap<Tag, Digest>,
    errors: Errors,
}

impl Putting<'_> {
    async fn all(&mut self) -> Result<()> {
        self.each(false).await;
        if !self.errors.0.is_empty() {
            return Ok(());
        }
        let floats = self.steps.iter().any(|step| step.floats && step.what.writes());
        if !self.done.is_empty() && floats {
            let now = state::list(self.registry, self.subject.repository).await?;
            if !now.is_subset(&self.listed) {
                self.steps = state::judge(self.registry, self.subject, &now, Heads::new()).await?.steps;
                // The version tags are told already.
                self.lines.retain(|line| !line.floating);
                self.lines.extend(self.steps.iter().filter(|step| step.floats).map(Line::of));
                self.listed.extend(now);
            }
        }
        self.each(true).await;
        self.give_back().await
    }

    /// Puts the version tags, or the floating ones, in order.
    async fn each(&mut self, floats: bool) {
        for step in self.steps.clone().iter().filter(|step| step.floats == floats && step.what.writes()) {
            let tag = &step.tag;
            let put = self.registry.put(self.subject.repository, tag, &self.inspected.manifest).await;
            match put {
                Ok(Put::Done) => {
                    self.done.insert(tag.clone());
                    self.listed.insert(tag.clone());
                }
                // Whether that was rightly done is judged at the end.
                Ok(Put::Elsewhere { digest, refusal: None }) if floats => {
                    self.overtaken.insert(tag.clone(), digest);
                }
                Ok(Put::Elsewhere { digest, refusal }) => self.elsewhere(tag, &digest, refusal).await,
                Err(error) => self.failed(tag, error),
            }
        }
    }

    async fn elsewhere(&mut self, tag: &Tag, at: &Digest, refusal: Option<Error>) {
        let Subject { repository, digest, .. } = self.subject;
        let error = taken::elsewhere(self.registry, repository, tag, at, digest, refusal).await;
        self.failed(tag, error);
    }

    fn failed(&mut self, tag: &Tag, error: Error) {
        self.say(tag, Action::Failed, error.message().to_owned());
        self.errors.push(error);
    }

    fn say(&mut self, tag: &Tag, action: Action, reason: String) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.tag == *tag) {
            (line.action, line.reason) = (action, reason);
        }
    }

    /// Says of the tags that were not put, since something failed before.
    fn leave(&mut self) {
        for line in
            self.lines.iter_mut().filter(|line| line.action.writes() && !self.done.contains(&line.tag))
        {
            (line.action, line.reason) =
                (Action::Left, "since something failed before it was put".to_owned());
        }
    }

    /// Gives floating tags that this run has put to a higher release that came out since they were judged.
    async fn give_back(&mut self) -> Result<()> {
        let Subject { repository, digest, .. } = self.subject;
        let moved = self.steps.iter().any(|step| step.floats && self.done.contains(&step.tag));
        let mut overtaken = std::mem::take(&mut self.overtaken);
        let now = match moved || !overtaken.is_empty() {
            true => state::list(self.registry, repository).await?,
            false => return Ok(()),
        };
        let steps = match now.is_subset(&self.listed) {
            true => Vec::new(),
            false => state::judge(self.registry, self.subject, &now, Heads::new()).await?.steps,
        };
        for Step { tag, at, what, .. } in steps {
            match what {
                What::Left(Left::Higher(name)) if overtaken.remove(&tag).is_some() => {
                    self.say(&tag, Action::Left, format!("{name} is higher, and came out meanwhile"));
                }
                // Not one that was asked for by its name, nor one that is elsewhere by now.
                What::Left(Left::Behind { name, .. })
                    if self.done.contains(&tag) && at.as_ref() == Some(digest) =>
                {
                    self.give(&tag, name).await?;
                }
                _ => {}
            }
        }
        for (tag, at) in overtaken {
            self.elsewhere(&tag, &at, None).await;
        }
        Ok(())
    }

    /// Puts a tag at the image of the release with this version tag.
    async fn give(&mut self, tag: &Tag, name: String) -> Result<()> {
        let repository = self.subject.repository;
        let manifest = match self.registry.manifest(repository, Name::Tag(&Tag::new(name.clone())?)).await {
            Lookup::Found(manifest) => manifest,
            Lookup::Missing => return Ok(()),
            Lookup::Unknown(error) => return Err(error),
        };
        if self.registry.put(repository, tag, &manifest).await?.is_done() {
            self.say(tag, Action::Left, format!("{name} is higher, and came out meanwhile"));
        }
        Ok(())
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
            Refused::Higher(name) => {
                foreign(subject, step, at, &format!("is that of {name}, which is higher"))
                    .hint("`git fetch --tags` gets git's tags, which may tell more of it")
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
