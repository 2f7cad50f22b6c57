//! What templates are filled with: of a commit and one of its images, read from git as far as a template asks for it.
//!
//! Many commits of one history cost one walk: tags, descriptions and content hashes are remembered. What a shallow clone
//! cannot know is not known, and said. Templates are policy, so those of the present file hold for every commit.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use crate::cli::Common;
use crate::commands::past::Past;
use crate::commands::session::Session;
use crate::error::{Errors, Result};
use crate::git::{Commit, Described, Describer, Follow};
use crate::reference::Tag;
use crate::tags::{self, Facts, Needs};
use crate::tree::Id;

/// Gathers facts, for the templates of the present policy.
pub(super) struct Gatherer<'s> {
    session: &'s Session,
    needs: Needs,
    past: Past<'s>,
    describer: OnceCell<Describer>,
    /// For each image, the last commit that changed an input, of commits that were looked at; `None` where history was
    /// cut off.
    changed: RefCell<HashMap<(Id, String), Option<Id>>>,
}

/// What is known of a commit and one of its images.
#[derive(Debug, Clone)]
pub(super) struct Gathered {
    /// The full id.
    pub(super) sha: String,
    /// The branch that it is planned for; of the session's own commit alone.
    pub(super) branch: Option<String>,
    /// The git tag that it is planned for, the same.
    pub(super) git_tag: Option<String>,
    commit_date: Option<i64>,
    describe: Option<String>,
    input_sha: Option<String>,
    image: String,
    /// 64 hex digits.
    pub(super) content_hash: String,
    pub(super) scope: Option<String>,
    /// What could not be known, in sentences.
    pub(super) notes: Vec<String>,
}

impl Gathered {
    /// As templates take them, without a build's date or number.
    pub(super) fn facts(&self) -> Facts<'_> {
        Facts {
            branch: self.branch.as_deref(),
            git_tag: self.git_tag.as_deref(),
            scope: self.scope.as_deref(),
            commit_date: self.commit_date,
            describe: self.describe.as_deref(),
            image: &self.image,
            input_sha: self.input_sha.as_deref(),
            ..Facts::of(&self.sha, &self.content_hash)
        }
    }
}

impl Gathered {
    /// A commit of which nothing but its id is known, and one of its images.
    pub(super) fn outside(sha: &str, image: &str, scope: Option<&str>) -> Gathered {
        Gathered {
            sha: sha.to_owned(),
            branch: None,
            git_tag: None,
            commit_date: None,
            describe: None,
            input_sha: None,
            image: image.to_owned(),
            content_hash: String::new(),
            scope: scope.map(str::to_owned),
            notes: Vec::new(),
        }
    }

    /// The same in a run without a scope.
    pub(super) fn without_scope(&self) -> Gathered {
        Gathered { scope: None, ..self.clone() }
    }

    /// The same run's facts of a commit that is not here, of which nothing but its id is known.
    pub(super) fn of_absent(&self, sha: String) -> Gathered {
        Gathered { sha, commit_date: None, describe: None, input_sha: None, ..self.clone() }
    }

    /// The same commit, for a run that was started for this branch and git tag.
    pub(super) fn in_run_of(self, other: &Gathered) -> Gathered {
        Gathered { branch: other.branch.clone(), git_tag: other.git_tag.clone(), ..self }
    }
}

impl<'s> Gatherer<'s> {
    /// Nothing is read yet. The images of `common` are those that can be asked for.
    pub(super) fn new(session: &'s Session, common: &'s Common) -> Gatherer<'s> {
        Gatherer {
            session,
            needs: Needs::of(session.policy.templates()),
            past: Past::new(session, common),
            describer: OnceCell::new(),
            changed: RefCell::default(),
        }
    }

    /// Whose facts they are.
    pub(super) fn session(&self) -> &'s Session {
        self.session
    }

    /// The facts of a commit and the image of this name and content hash.
    pub(super) fn of(
        &self,
        commit: &Commit,
        (image, content_hash): (&str, &str),
        scope: Option<&str>,
    ) -> Result<Gathered, Errors> {
        let own = commit.id == self.session.commit.id;
        let mut notes = Vec::new();
        let describe = if self.needs.describe { self.describe(commit, &mut notes)? } else { None };
        let input_sha = if self.needs.input_sha { self.input_sha(commit, image, &mut notes)? } else { None };
        Ok(Gathered {
            sha: commit.id.to_string(),
            branch: self.session.branch.clone().filter(|_| own),
            git_tag: self.session.ci_tag().filter(|_| own).map(str::to_owned),
            commit_date: Some(commit.time),
            describe,
            input_sha,
            image: image.to_owned(),
            content_hash: content_hash.to_owned(),
            scope: scope.map(str::to_owned),
            notes,
        })
    }

    /// The commit's own tag by the template, where it has one of its own: none by a template with a build's date or number.
    pub(super) fn commit_tag(&self, gathered: &Gathered) -> Result<Option<Tag>> {
        match self.session.policy.commit_tag.as_ref().filter(|template| !tags::is_shaped(template)) {
            Some(template) if !self.session.is_worktree() => self.session.render(template, &gathered.facts()),
            _ => Ok(None),
        }
    }

    fn describe(&self, commit: &Commit, notes: &mut Vec<String>) -> Result<Option<String>> {
        let describer = match self.describer.get() {
            Some(describer) => describer,
            None => {
                let describer = self.session.git.describer()?;
                self.describer.get_or_init(|| describer)
            }
        };
        Ok(match describer.describe(&commit.id)? {
            Described::As(text) => Some(text),
            Described::NoTag => None,
            Described::CutOff => {
                notes.push(cut_off("{describe}"));
                None
            }
        })
    }

    /// The last commit that changed an input: the oldest of the unbroken run of first parents with one content hash.
    fn input_sha(
        &self,
        commit: &Commit,
        image: &str,
        notes: &mut Vec<String>,
    ) -> Result<Option<String>, Errors> {
        let found = self.last_change(commit, image)?;
        if found.is_none() {
            notes.push(cut_off("{input_sha}"));
        }
        Ok(found.map(|id| id.to_string()))
    }

    fn last_change(&self, commit: &Commit, image: &str) -> Result<Option<Id>, Errors> {
        let known = |id: &Id| self.changed.borrow().get(&(*id, image.to_owned())).copied();
        if let Some(known) = known(&commit.id) {
            return Ok(known);
        }
        let hash = self.past.hash(commit, image)?;
        let mut run: Vec<Id> = Vec::new();
        let mut found = None;
        for step in self.session.git.walk(&[commit.id], Follow::FirstParent)? {
            let step = step?;
            if self.past.hash(&step.commit, image)? != hash {
                found = run.last().copied();
                break;
            }
            if let Some(known) = known(&step.commit.id) {
                found = known;
                break;
            }
            run.push(step.commit.id);
            // Where nothing is before it, it is the first; where history was cut off, nobody knows.
            found = if step.cut_off { None } else { Some(step.commit.id) };
        }
        let mut changed = self.changed.borrow_mut();
        changed.extend(run.into_iter().map(|id| ((id, image.to_owned()), found)));
        Ok(found)
    }
}

fn cut_off(placeholder: &str) -> String {
    format!("{placeholder} is not known: this clone is shallow (`git fetch --unshallow` gets the rest)")
}
