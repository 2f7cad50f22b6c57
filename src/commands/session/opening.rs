//! Opening a session: the repository, the configuration, the definitions, in that order.
//!
//! All problems of the configuration come out at once. Nothing here asks a registry.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Session, Subject};
use crate::cli::Common;
use crate::commands::branch::{self, Ref};
use crate::commands::definitions::{self, Placed};
use crate::commands::environment::Environment;
use crate::commands::repository::{self, Purpose};
use crate::config::{self, Absent, detect};
use crate::error::{Errors, Result};
use crate::git::{Commit, Git};
use crate::printer::Printer;
use crate::reference::Platform;
use crate::tags;
use crate::tree::Objects;

impl Session {
    /// Opens everything; all problems of the configuration at once.
    pub(in crate::commands) fn open(
        common: &Common,
        spec: &str,
        platforms: &[Platform],
        purpose: Purpose,
        printer: &Printer,
    ) -> Result<Session, Errors> {
        Session::open_subject(common, Subject::Commit(spec), platforms, purpose, printer)
    }

    /// The same for what may be the working tree.
    pub(in crate::commands) fn open_subject(
        common: &Common,
        subject: Subject<'_>,
        platforms: &[Platform],
        purpose: Purpose,
        printer: &Printer,
    ) -> Result<Session, Errors> {
        let environment = Environment::read(common.directory.as_deref())?;
        let git = Git::open(environment.directory())?;
        Session::open_in(environment, git, common, subject, platforms, purpose, printer)
    }

    /// The same in a repository that is open.
    pub(in crate::commands) fn open_in(
        environment: Environment,
        git: Git,
        common: &Common,
        subject: Subject<'_>,
        platforms: &[Platform],
        purpose: Purpose,
        printer: &Printer,
    ) -> Result<Session, Errors> {
        let spec = match subject {
            Subject::Commit(spec) => spec,
            Subject::Worktree => "HEAD",
        };
        let commit = git.commit(spec)?;
        let objects = git.objects();
        let platforms: Vec<Platform> =
            platforms.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let present = definitions::present(common, &environment, &git)?;
        let worktree = match subject {
            Subject::Commit(_) => None,
            Subject::Worktree => Some(git.worktree_contents()?),
        };
        let policy =
            present.as_ref().map_or_else(config::default_policy, |(_, present)| present.policy.clone());
        let configured = policy.repository.as_ref();
        let chosen =
            repository::choose(common.repository.as_deref(), configured, &environment, Some(&git), purpose)?;
        let scope = common.scope.clone();
        if let Some(scope) = &scope {
            tags::scope::apart(scope, policy.templates())?;
        }
        let scoped = repository::scoped(common, &policy, &chosen, &environment);
        let offline = matches!(purpose, Purpose::Explain | Purpose::Simulate);
        if let Some(guessed) = chosen.guessed.as_ref().filter(|_| !offline) {
            printer.note(guessed);
        }
        let Ref { branch, branch_from, named_tag, proposal } = branch::of(&environment, &git, &commit, spec)?;
        let origin = git.remote_url("origin")?;
        let sha = commit.id.to_string();
        let named = common.repository.clone();
        let mut session = Session {
            environment,
            named,
            git,
            commit,
            sha,
            objects,
            policy,
            definitions: Vec::new(),
            origin,
            branch,
            branch_from,
            proposal,
            named_tag,
            present,
            present_for_all: false,
            chosen,
            scope,
            scoped,
            platforms,
            worktree,
        };
        session.present_for_all = definitions::named_config(common, &session.environment).is_some();
        // Whoever is about to build wants to know of a pattern that matches nothing; whoever looks at what was, does not.
        let absent = match purpose {
            Purpose::Plan | Purpose::Apply => Absent::Refused,
            Purpose::Explain | Purpose::Simulate | Purpose::Resolve => Absent::Passed,
        };
        let (mut definitions, mut note) = match &session.worktree {
            None => session.defined(&session.objects, &session.commit, absent)?,
            Some(worktree) => {
                let short = session.commit.short();
                let present = session.present.as_ref().map(|(_, present)| present);
                let images = definitions::images(worktree, &worktree.root(), present, absent)?;
                let note = format!("this is the working tree on {short}, with what is not committed");
                (session.place(images)?, Some(note))
            }
        };
        if definitions.is_empty() && purpose == Purpose::Simulate && session.present.is_none() {
            note = session.assume()?;
            definitions = session.definitions_at(&session.objects, &session.commit)?;
        }
        if let Some(note) = note {
            printer.note(&note);
        }
        match &session.worktree {
            None => definitions::check_any(&definitions, &session.objects, &session.commit.tree)?,
            Some(worktree) => definitions::check_any(&definitions, worktree, &worktree.root())?,
        }
        definitions::check_names(&definitions, &common.images)?;
        if let (Some(scope), Some(_)) = (&session.scope, &session.scoped)
            && !repository::is_named(common, &session.environment)
        {
            definitions::check_scope(&definitions, scope)?;
        }
        session.definitions = definitions;
        Ok(session)
    }

    /// Takes every Dockerfile for an image, where nothing is configured and the root has none; says so.
    fn assume(&mut self) -> Result<Option<String>, Errors> {
        let found = detect::everywhere(&self.objects, &self.commit.tree)?;
        if found.is_empty() {
            return Ok(None);
        }
        let text = detect::configuration(&found);
        let base = self.git.work_dir().map_or_else(|| self.git.common_dir(), Path::to_path_buf);
        let assumed = config::parse("what was found", &text, &base)?;
        self.present = Some((text, assumed));
        self.present_for_all = true;
        Ok(Some(format!(
            "there is no imgplan.toml: each of {} Dockerfiles is taken for an image, with its own folder as the context",
            found.len()
        )))
    }

    /// The images of another commit, read through `objects`.
    pub(in crate::commands) fn definitions_at(
        &self,
        objects: &dyn Objects,
        commit: &Commit,
    ) -> Result<Vec<Placed>, Errors> {
        Ok(self.defined(objects, commit, Absent::Passed)?.0)
    }

    /// The images of a commit, and what a person should be told of where they come from.
    fn defined(
        &self,
        objects: &dyn Objects,
        commit: &Commit,
        absent: Absent,
    ) -> Result<(Vec<Placed>, Option<String>), Errors> {
        let present = self.present.as_ref();
        let (images, note) =
            definitions::definitions(self.present_for_all, &self.git, objects, commit, present, absent)?;
        Ok((self.place(images)?, note))
    }

    /// Gives images their names, repositories and the platforms of the command line.
    fn place(&self, mut images: Vec<config::Image>) -> Result<Vec<Placed>, Errors> {
        if !self.platforms.is_empty() {
            images.iter_mut().for_each(|image| image.platforms.clone_from(&self.platforms));
        }
        let own = self.present.as_ref().map(|(_, present)| present.images.as_slice()).unwrap_or_default();
        let configured = self.policy.repository.as_ref();
        let (environment, git) = (&self.environment, &self.git);
        let mut placed = definitions::locate(images, own, &self.chosen, configured, environment, git)?;
        if self.scope.is_some() {
            definitions::in_scope(&mut placed, self.scoped.as_ref())?;
        }
        Ok(placed)
    }
}
