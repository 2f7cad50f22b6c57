//! One image of a release: what was found of it is looked at, its tags are judged and put, and what went into it is told.

use std::collections::BTreeSet;

use super::state::{self, State, Subject};
use super::subject::Target;
use super::{Run, act, changes, refused};
use crate::commands::inspect::{self, Inspected, Question};
use crate::commands::resolve::images::{Found, Image};
use crate::config::Verify;
use crate::details::EXPIRES_AFTER;
use crate::error::{Error, Errors, Kind, Result};
use crate::lookup::Lookup;
use crate::reference::Tag;
use crate::release::Release;
use crate::release::known;
use crate::release::moves::Heads;
use crate::release::report::{Entry, Line};

/// What is known of a release before anything is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) target: Target<'a>,
    pub(super) own: &'a Release,
    pub(super) by_git: &'a [Release],
    pub(super) may_move: &'a BTreeSet<Tag>,
}

impl Run<'_> {
    /// One image; what it fails with is the second value.
    pub(super) async fn one(&self, about: About<'_>, image: Image) -> Result<(Entry, Errors), Errors> {
        let Image { name, repository, content_hash, found } = image;
        let mut entry = Entry {
            image: name,
            repository,
            version: about.own.version.text().to_owned(),
            prerelease: about.own.version.is_prerelease(),
            content_hash,
            digest: None,
            reference: None,
            found: None,
            unknown: None,
            tags: Vec::new(),
            notes: Vec::new(),
            changes: None,
        };
        let mut errors = Errors::default();
        match self.look(&mut entry, found).await {
            Ok(inspected) => {
                errors.extend(self.tags(&mut entry, about, &inspected).await.0);
                let changes =
                    changes::since(self.session, self.common, &entry.image, about.own, about.by_git);
                match changes {
                    Ok(changes) => entry.changes = Some(changes),
                    Err(failed) => errors.extend(failed.0),
                }
            }
            Err(error) => errors.push(unanswered(&mut entry, error)),
        }
        Ok((entry, errors))
    }

    /// Reads the image that was found, and refuses one that is not known to be of this content.
    async fn look(&self, entry: &mut Entry, found: Result<Found>) -> Result<Inspected> {
        let found = found.map_err(|error| missing(entry, error))?;
        let question = Question { mark: true, expires: true, ..Question::default() };
        let inspected =
            match inspect::inspect(self.registry, &entry.repository, &found.digest, question).await {
                Lookup::Found(inspected) => inspected,
                Lookup::Missing => {
                    let reference = entry.repository.at(&found.digest);
                    return Err(Error::unavailable(format!(
                        "{reference} was there a moment ago, and is not now"
                    ))
                    .hint("run again"));
                }
                Lookup::Unknown(error) => return Err(error),
            };
        let reference = entry.repository.at(&found.digest);
        let policy = &self.session.policy;
        let refused = |text: String| Error::new(Kind::Conflict, format!("{}: {text}", entry.image));
        match inspected.details.mark.as_deref() {
            Some(mark) if mark == entry.content_hash => {}
            Some(mark) => {
                let text = format!("{reference} is marked with other content ({mark}), and is not released");
                return Err(refused(text));
            }
            None if policy.verify == Verify::Required => {
                let text = format!("{reference} has no mark, which verify = \"required\" asks for");
                return Err(refused(text));
            }
            None if found.other.is_some() && !policy.adopt => {
                let text = format!(
                    "{reference} is the image of another commit with the same content, and has no mark that says so"
                );
                return Err(refused(text)
                    .hint("`imgplan apply --adopt GIT_TAG` takes it for this commit's, too; then release"));
            }
            None => entry.notes.push(format!(
                "{reference} has no mark: that it was built from these inputs is its tag's word"
            )),
        }
        if let Some(after) = inspected.details.expires_after.as_deref() {
            let text = format!(
                "{reference} would be deleted: its label {EXPIRES_AFTER}={after} travels with it, and a release is to last"
            );
            return Err(refused(text).hint(
                "build the commit without the label, then release: imgplan apply --build --force GIT_TAG",
            ));
        }
        entry.notes.extend(found.notes);
        entry.found = found.tag;
        entry.reference = Some(reference);
        entry.digest = Some(found.digest);
        Ok(inspected)
    }

    /// Judges and puts the tags.
    async fn tags(&self, entry: &mut Entry, about: About<'_>, inspected: &Inspected) -> Errors {
        match self.try_tags(entry, about, inspected).await {
            Ok(errors) => errors,
            Err(error) => unanswered(entry, error).into(),
        }
    }

    async fn try_tags(&self, entry: &mut Entry, about: About<'_>, inspected: &Inspected) -> Result<Errors> {
        let repository = entry.repository.clone();
        let of_commits: Vec<_> = self.session.policy.templates().cloned().collect();
        let subject = Subject {
            rule: about.target.rule,
            image: about.target.image,
            repository: &repository,
            own: about.own,
            by_git: about.by_git,
            digest: &inspected.manifest.digest,
            may_move: about.may_move,
            of_commits: &of_commits,
        };
        let listed = state::list(self.registry, &repository).await?;
        let State { others, steps } = state::judge(self.registry, subject, &listed, Heads::new()).await?;
        entry.notes.extend(known::disagreements(about.own, &others));
        entry.tags = steps.iter().map(Line::of).collect();
        if !self.writes {
            return Ok(refused::errors(self.registry, subject, &listed, &steps).await);
        }
        Ok(act::put(self.registry, subject, (listed, steps), inspected, &mut entry.tags).await)
    }
}

/// Keeps with the entry that something is not known: nobody may take that for a no.
fn unanswered(entry: &mut Entry, error: Error) -> Error {
    if error.kind() == Kind::Unavailable {
        entry.unknown = Some(error.to_string());
    }
    error
}

/// An image that does not exist: the hash, and the build that is needed.
fn missing(entry: &Entry, error: Error) -> Error {
    if error.kind() != Kind::NotFound {
        return error;
    }
    let told = Error::new(Kind::Conflict, format!("{}, so there is nothing to release", error.message()));
    let hints = error.hints().iter().fold(told, |told, hint| told.hint(hint.clone()));
    hints.hint(format!("its content hash is {}", entry.content_hash))
}
