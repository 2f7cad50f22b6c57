//! What every command begins with: the repository, the commit, the configuration, the branch.
//!
//! Definitions of images come from the commit, policy from the present file. Nothing here asks a registry.

mod opening;

use std::borrow::Cow;
use std::collections::BTreeSet;

use bstr::{BStr, BString, ByteSlice};

use crate::cli::Common;
use crate::commands::definitions::Placed;
use crate::commands::environment::Environment;
use crate::commands::repository::Chosen;
use crate::config::{self, Policy};
use crate::dockerfile::Readings;
use crate::error::{Error, Result};
use crate::git::{self, Commit, Git, Store, WorktreeContents};
use crate::inputs::locate::Located;
use crate::project::{self, Defined, Project, Snapshot};
use crate::reference::{Platform, Repository, Tag};
use crate::registry::Registry;
use crate::tags::{self, Template};
use crate::tree::{self, Id, Mode, Objects};

/// One commit of one repository, with its configuration.
pub(super) struct Session {
    /// The surroundings.
    pub environment: Environment,
    /// The repository on the command line, as it was written.
    pub named: Option<String>,
    /// The repository.
    pub git: Git,
    /// The commit that is planned.
    pub commit: Commit,
    /// Its full id in hex.
    pub sha: String,
    /// Reads its objects.
    pub objects: Store,
    /// Policy of the present file, or the defaults.
    pub policy: Policy,
    /// The images of the commit.
    pub definitions: Vec<Placed>,
    /// The address of the remote `origin`, without credentials.
    pub origin: Option<String>,
    /// The branch that the commit is planned for, as far as it is known.
    pub branch: Option<String>,
    /// The variable of CI's that named it, if one did.
    pub(super) branch_from: Option<&'static str>,
    /// The variable that says that this is a merge or pull request's job, if it is.
    pub(super) proposal: Option<&'static str>,
    /// The git tag that was named in the commit's place.
    named_tag: Option<String>,
    /// The present file, for the definitions of other commits.
    present: Option<(String, config::Config)>,
    /// Whether it was named, and so defines the images of all commits.
    present_for_all: bool,
    /// Where the images live; in a scoped run where they live without the scope.
    chosen: Chosen,
    /// The scope, if there is one.
    scope: Option<String>,
    /// Where the scope's images are written, if that is elsewhere.
    scoped: Option<Repository>,
    /// On the command line, in order.
    platforms: Vec<Platform>,
    /// The working tree, where it is read in the commit's place.
    worktree: Option<WorktreeContents>,
}

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject<'a> {
    /// A commit, by any name.
    Commit(&'a str),
    /// The working tree, on the commit at `HEAD`.
    Worktree,
}

impl<'a> Subject<'a> {
    /// What the arguments of a command that has `--worktree` name.
    pub(super) fn of(worktree: bool, spec: &'a str) -> Subject<'a> {
        if worktree { Subject::Worktree } else { Subject::Commit(spec) }
    }
}

impl Session {
    /// Reads the objects that are assessed.
    pub(super) fn objects(&self) -> &dyn Objects {
        match &self.worktree {
            Some(worktree) => worktree,
            None => &self.objects,
        }
    }

    /// The tree that is assessed.
    pub(super) fn tree(&self) -> Id {
        self.worktree.as_ref().map_or(self.commit.tree, WorktreeContents::root)
    }

    /// Whether that is the working tree's.
    pub(super) fn is_worktree(&self) -> bool {
        self.worktree.is_some()
    }

    /// The tag of a template. One that a run without a scope would write must not look like a configured scope's.
    pub(super) fn render(&self, template: &Template, facts: &tags::Facts<'_>) -> Result<Option<Tag>> {
        let tag = tags::render(template, facts)?;
        if let (Some(tag), None) = (&tag, facts.scope) {
            tags::scope::guard(tag, template, self.policy.scopes.keys())?;
        }
        Ok(tag)
    }

    /// The git tag that this commit is planned for: the one that was named, else the one that CI runs for.
    pub(super) fn git_tag(&self) -> Option<&str> {
        self.named_tag.as_deref().or_else(|| self.ci_tag())
    }

    /// The git tag that CI runs for, if it is this commit's.
    pub(super) fn ci_tag(&self) -> Option<&str> {
        let get = |name| self.environment.get(name);
        let github = || {
            let of_this = get("GITHUB_SHA") == Some(&self.sha) && get("GITHUB_REF_TYPE") == Some("tag");
            get("GITHUB_REF_NAME").filter(|_| of_this)
        };
        let of_this = get("CI_COMMIT_SHA").is_none_or(|sha| sha == self.sha);
        get("CI_COMMIT_TAG").filter(|_| of_this).or_else(github)
    }

    /// Assesses the wanted images and their parents. No scope plays a part: what a pull request's pipeline hashes must be
    /// what the trusted one hashed.
    pub(super) fn assess(&self, common: &Common) -> Result<Project> {
        let template = self.policy.commit_tag.as_ref();
        let is_commit_tag = |tag: &str| template.is_some_and(|template| tags::could_be(template, None, tag));
        let snapshot = Snapshot {
            objects: self.objects(),
            tree: self.tree(),
            is_commit_tag: &is_commit_tag,
            readings: &Readings::default(),
        };
        let definitions: Vec<Defined> =
            self.definitions.iter().map(|located| located.defined.clone()).collect();
        let wanted = |name: &str| common.images.is_empty() || common.images.iter().any(|image| image == name);
        let mut project = project::assess(snapshot, &definitions, &wanted);
        if let Some(worktree) = &self.worktree {
            drop_doubtful(&mut project, worktree);
        }
        Ok(project)
    }

    /// Inputs whose file in the working tree differs from the commit, where the commit is checked out.
    pub(super) fn dirty(&self, project: &Project) -> Result<BTreeSet<BString>> {
        if self.git.is_bare() || self.is_worktree() {
            return Ok(BTreeSet::new());
        }
        let mut files = Vec::new();
        for assessed in &project.images {
            let Located { dockerfile, dockerfile_mode, dockerfile_id, .. } = &assessed.located;
            if let Some(mode) = dockerfile_mode.filter(|mode| mode.is_file()) {
                files.push((Cow::Borrowed(dockerfile.as_bstr()), mode, *dockerfile_id));
            }
            files.extend(self.defining(&assessed.defined)?);
            let inputs = assessed.inputs.files.iter();
            files.extend(inputs.map(|file| (assessed.inputs.repository_path(&file), file.mode, file.id)));
        }
        files.sort();
        files.dedup();
        let files = files.iter().map(|(path, mode, id)| (path.as_ref(), *mode, *id));
        Ok(self.git.dirty(&self.commit, files)?.into_iter().collect())
    }

    /// Files besides `imgplan.toml` that an image is defined by: arguments, bake and compose files.
    fn defining(&self, defined: &Defined) -> Result<Vec<(Cow<'static, BStr>, Mode, Id)>> {
        let places = defined.image.places.values().chain([&defined.image.place]);
        let named: BTreeSet<&str> = places.map(|place| place.file.as_str()).collect();
        let mut files = Vec::new();
        for path in named.into_iter().filter(|path| *path != crate::config::FILE) {
            // It may have been reached through a link, whose target is what was read.
            let entry = tree::follow(&self.objects, &self.commit.tree, path.into())?;
            let entry = entry.filter(|(_, entry)| entry.mode.is_file());
            files.extend(entry.map(|(path, entry)| (Cow::Owned(path), entry.mode, entry.id)));
        }
        Ok(files)
    }

    /// All registries and layouts; nothing is asked yet.
    pub(super) fn registry(&self) -> Result<Registry> {
        self.environment.registry(self.named.as_deref())
    }

    /// Hosts that are spoken to in plain http besides the loopback addresses.
    pub(super) fn plain_http(&self) -> Vec<String> {
        self.environment.plain_http()
    }

    /// Other repositories in which an image is looked for.
    pub(super) fn look_in(&self, id: &config::ImageId) -> Result<Vec<Repository>> {
        let below = |base: &Repository| match id {
            config::ImageId::Own => Ok(base.clone()),
            config::ImageId::Named(name) => base.join(name),
        };
        self.policy.look_in.iter().map(below).collect()
    }

    /// Where the source is, as far as CI or the remote `origin` says; without credentials.
    pub(super) fn source(&self) -> Option<String> {
        let get = |name| self.environment.get(name).map(str::to_owned);
        let github = || Some(format!("{}/{}", get("GITHUB_SERVER_URL")?, get("GITHUB_REPOSITORY")?));
        get("CI_PROJECT_URL").or_else(github).or_else(|| self.origin.clone())
    }

    /// In a scoped run, where the trusted images of the same name are.
    pub(super) fn trusted_of(&self, name: &str) -> Option<&Repository> {
        let placed = self.definitions.iter().find(|located| located.defined.name == name)?;
        placed.trusted.as_ref()
    }

    /// Where an image of the plan lives.
    pub(super) fn repository_of(&self, name: &str) -> Option<&Repository> {
        self.definitions
            .iter()
            .find(|located| located.defined.name == name)
            .map(|located| &located.repository)
    }
}

/// An image whose inputs are not known for certain has no hash, and neither have those that are built on it.
fn drop_doubtful(project: &mut Project, worktree: &WorktreeContents) {
    let mut dropped: BTreeSet<String> = BTreeSet::new();
    for assessed in std::mem::take(&mut project.images) {
        let dockerfile = std::iter::once(assessed.located.dockerfile_id);
        let ids = assessed.inputs.files.iter().map(|file| file.id).chain(dockerfile);
        let doubts: BTreeSet<_> = ids.filter_map(|id| worktree.doubt(&id)).collect();
        let errors: Vec<Error> = doubts.into_iter().map(|(path, why)| git::in_doubt(path, why)).collect();
        let parent = assessed.parents.values().find(|parent| dropped.contains(*parent));
        let errors = match parent {
            Some(parent) if errors.is_empty() => vec![project::without_parent(&assessed.defined, parent)],
            _ => errors,
        };
        if errors.is_empty() {
            project.images.push(assessed);
        } else {
            dropped.insert(assessed.defined.name);
            project.errors.extend(errors);
        }
    }
}
