//! What every command begins with: the repository, the commit, the configuration, the branch.
//!
//! Definitions of images come from the commit, policy from the present file. Nothing here asks a registry.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bstr::{BString, ByteSlice};

use crate::cli::Common;
use crate::commands::environment::Environment;
use crate::commands::repository::{self, Chosen, Purpose};
use crate::config::{self, Config, Image, Policy, detect};
use crate::error::{Error, Errors, Place, Result};
use crate::git::{self, Commit, Git, Store};
use crate::inputs::locate::Located;
use crate::printer::Printer;
use crate::project::{self, Defined, Project, Snapshot};
use crate::reference::{ImageName, Platform, Repository, Tag};
use crate::registry::{Registry, Settings};
use crate::tags;
use crate::tree::Objects;

const FILE: &str = "imgplan.toml";

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
}

/// A definition with its repository.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    /// For `project`.
    pub defined: Defined,
    /// Where this image lives.
    pub repository: Repository,
}

impl Session {
    /// Opens everything; all problems of the configuration at once.
    pub(super) fn open(
        common: &Common,
        spec: &str,
        platforms: &[Platform],
        purpose: Purpose,
        printer: &Printer,
    ) -> Result<Session, Errors> {
        let environment = Environment::read(common.directory.as_deref())?;
        let git = Git::open(environment.directory())?;
        let commit = git.commit(spec)?;
        let objects = git.objects();
        let platforms: Vec<Platform> =
            platforms.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let present = present(common, &environment, &git)?;
        let named = named_config(common, &environment).is_some();
        let (mut images, present) = definitions(named, &git, &objects, &commit, present, printer)?;
        if !platforms.is_empty() {
            images.iter_mut().for_each(|image| image.platforms.clone_from(&platforms));
        }
        let policy = present.as_ref().map_or_else(config::default_policy, |present| present.policy.clone());
        let configured = policy.repository.as_ref();
        let chosen =
            repository::choose(common.repository.as_deref(), configured, &environment, &git, purpose)?;
        if let Some(guessed) = &chosen.guessed {
            printer.note(guessed);
        }
        let present = present.map(|present| present.images).unwrap_or_default();
        let definitions = locate(images, &present, &chosen, configured, &environment, &git)?;
        check_names(&definitions, &common.images)?;
        let branch = branch(&environment, &git, &commit, spec)?;
        let origin = git.remote_url("origin")?;
        let sha = commit.id.to_string();
        let named = common.repository.clone();
        Ok(Session { environment, named, git, commit, sha, objects, policy, definitions, origin, branch })
    }

    /// The commit's tag by the configured template, with the scope before it.
    pub(super) fn commit_tag(&self, scope: Option<&str>) -> Result<Option<Tag>> {
        let Some(template) = &self.policy.commit_tag else { return Ok(None) };
        tags::render(template, &self.facts("", scope))
    }

    /// What a template is filled with.
    pub(super) fn facts<'a>(&'a self, content_hash: &'a str, scope: Option<&'a str>) -> tags::Facts<'a> {
        tags::Facts {
            sha: &self.sha,
            branch: self.branch.as_deref(),
            git_tag: self.environment.get("CI_COMMIT_TAG"),
            content_hash,
            scope,
        }
    }

    /// Assesses the wanted images and their parents.
    pub(super) fn assess(&self, common: &Common, scope: Option<&str>) -> Result<Project> {
        let template = self.policy.commit_tag.as_ref();
        let is_commit_tag = |tag: &str| template.is_some_and(|template| tags::could_be(template, scope, tag));
        let snapshot =
            Snapshot { objects: &self.objects, tree: self.commit.tree, is_commit_tag: &is_commit_tag };
        let definitions: Vec<Defined> =
            self.definitions.iter().map(|located| located.defined.clone()).collect();
        let wanted = |name: &str| common.images.is_empty() || common.images.iter().any(|image| image == name);
        Ok(project::assess(snapshot, &definitions, &wanted))
    }

    /// Inputs whose file in the working tree differs from the commit, where the commit is checked out.
    pub(super) fn dirty(&self, project: &Project) -> Result<BTreeSet<BString>> {
        let mut files = BTreeMap::new();
        for assessed in &project.images {
            let Located { dockerfile, dockerfile_mode, dockerfile_id, .. } = &assessed.located;
            if let Some(mode) = dockerfile_mode.filter(|mode| mode.is_file()) {
                files.insert(dockerfile.clone(), (mode, *dockerfile_id));
            }
            for (key, input) in &assessed.inputs.files {
                files.insert(assessed.inputs.repository_path(key), (input.mode, input.id));
            }
        }
        let files = files.iter().map(|(path, (mode, id))| (path.as_bstr(), *mode, *id));
        Ok(self.git.dirty(&self.commit, files)?.into_iter().collect())
    }

    /// All registries and layouts; nothing is asked yet.
    pub(super) fn registry(&self) -> Result<Registry> {
        let timeout = match self.environment.get("IMGPLAN_TIMEOUT") {
            Some(text) => {
                let number = text.strip_suffix('s').unwrap_or(text).parse::<u32>();
                let seconds = number.ok().filter(|seconds| *seconds > 0).ok_or_else(|| {
                    Error::invalid(format!("IMGPLAN_TIMEOUT is {text:?}, not a number of seconds from 1"))
                        .hint("write it as 60 or 60s, or unset it")
                })?;
                Some(Duration::from_secs(seconds.into()))
            }
            None => None,
        };
        Registry::new(Settings {
            environment: self.environment.variables().clone(),
            named: self.named.clone(),
            plain_http: self.plain_http(),
            ca_file: self
                .environment
                .get("IMGPLAN_CA_FILE")
                .map(|file| self.environment.directory().join(file)),
            timeout,
        })
    }

    /// Hosts that are spoken to in plain http besides the loopback addresses.
    pub(super) fn plain_http(&self) -> Vec<String> {
        let hosts = self.environment.get("IMGPLAN_PLAIN_HTTP").unwrap_or_default();
        hosts.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::to_owned).collect()
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

    /// Where an image of the plan lives.
    pub(super) fn repository_of(&self, name: &str) -> Option<&Repository> {
        self.definitions
            .iter()
            .find(|located| located.defined.name == name)
            .map(|located| &located.repository)
    }
}

/// The present configuration: the named file, else the working tree's, in a bare repository that of HEAD.
pub(super) fn present(
    common: &Common,
    environment: &Environment,
    git: &Git,
) -> Result<Option<(String, Config)>, Errors> {
    if let Some(file) = named_config(common, environment) {
        let path = environment.directory().join(&file);
        let bytes = read(&path)?;
        let base = path.parent().unwrap_or(Path::new("")).to_path_buf();
        return parse(&file.display().to_string(), &bytes, &base).map(Some);
    }
    let Some((place, bytes)) = git.show_present(FILE)? else { return Ok(None) };
    let base = git.work_dir().map_or_else(|| git.common_dir(), Path::to_path_buf);
    parse(&place, &bytes, &base).map(Some)
}

/// The configuration named by `--config` or `IMGPLAN_CONFIG`.
fn named_config(common: &Common, environment: &Environment) -> Option<PathBuf> {
    common.config.clone().or_else(|| environment.get("IMGPLAN_CONFIG").map(PathBuf::from))
}

fn read(path: &PathBuf) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        Error::invalid(format!("the configuration {} cannot be read", path.display())).caused_by(error).hint(
            "--config FILE or IMGPLAN_CONFIG names it; without either, imgplan.toml at the root is read",
        )
    })
}

fn parse(place: &str, bytes: &[u8], base: &Path) -> Result<(String, Config), Errors> {
    let text = bytes.to_str().map_err(|error| {
        let before = String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default());
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Error::invalid("a byte that is not UTF-8")
            .at(Place::line(place, line).column(column))
            .hint("TOML is UTF-8: save the file as UTF-8")
    })?;
    Ok((text.to_owned(), config::parse(place, text, base)?))
}

/// The image tables of the commit's own file; from before it was there, those of the present one; without either,
/// what is found.
fn definitions(
    named: bool,
    git: &Git,
    objects: &Store,
    commit: &Commit,
    present: Option<(String, Config)>,
    printer: &Printer,
) -> Result<(Vec<Image>, Option<Config>), Errors> {
    let detected = || -> Result<Vec<Image>, Errors> { Ok(detect::images(&objects.tree(&commit.tree)?)) };
    let or_detected = |images: Vec<Image>| if images.is_empty() { detected() } else { Ok(images) };
    if named {
        let present = present.map(|(_, config)| config);
        let images = present.as_ref().map(|config| config.images.clone()).unwrap_or_default();
        return Ok((or_detected(images)?, present));
    }
    let place = format!("{FILE} at {}", commit.short());
    let own = git::file_at(objects, &commit.tree, FILE, &place)?;
    match (own, present) {
        (Some(own), Some((text, config))) if *own == text.as_bytes() => {
            Ok((or_detected(config.images.clone())?, Some(config)))
        }
        (Some(own), present) => {
            let base = git.work_dir().map_or_else(|| git.common_dir(), Path::to_path_buf);
            let (_, config) = parse(&place, &own, &base)?;
            Ok((or_detected(config.images)?, present.map(|(_, config)| config)))
        }
        (None, Some((_, config))) => {
            if !config.images.is_empty() {
                printer.note(&format!(
                    "{} has no {FILE}: its images are read as the present file defines them",
                    commit.short()
                ));
            }
            Ok((or_detected(config.images.clone())?, Some(config)))
        }
        (None, None) => Ok((detected()?, None)),
    }
}

/// Gives every image its name and its repository.
pub(super) fn locate(
    images: Vec<Image>,
    present: &[Image],
    chosen: &Chosen,
    configured: Option<&Repository>,
    environment: &Environment,
    git: &Git,
) -> Result<Vec<Placed>, Errors> {
    let mut errors = Errors::default();
    let mut located = Vec::new();
    for image in images {
        let own =
            present.iter().find(|other| other.id == image.id).and_then(|other| other.repository.clone());
        match place(image, own, chosen, configured, environment, git) {
            Ok(image) => located.push(image),
            Err(error) => errors.push(error),
        }
    }
    for (index, image) in located.iter().enumerate() {
        if let Some(other) = located[..index].iter().find(|other| other.repository == image.repository) {
            errors.push(
                Error::invalid(format!(
                    "the images {} and {} have the same repository {}, and so the same tags",
                    other.defined.name, image.defined.name, image.repository
                ))
                .at(image.defined.image.place.clone())
                .hint("give one of them another: repository = \"…\""),
            );
        }
    }
    errors.or(located)
}

fn place(
    image: Image,
    own: Option<Repository>,
    chosen: &Chosen,
    configured: Option<&Repository>,
    environment: &Environment,
    git: &Git,
) -> Result<Placed> {
    let below = |base: &Repository| match &image.id {
        config::ImageId::Own => Ok(base.clone()),
        config::ImageId::Named(name) => base.join(name),
    };
    let name = match &image.id {
        config::ImageId::Named(name) => name.clone(),
        config::ImageId::Own => project_name(chosen, environment, git),
    };
    let repository = match own {
        Some(repository) => repository,
        None => below(&chosen.repository)?,
    };
    // A FROM is matched against where the image is and against where it belongs, so that another repository for one
    // run (a test, `oci:`) changes no hash.
    let home = repository::home(configured, environment, git)?;
    let home = home.iter().map(&below).collect::<Result<Vec<_>>>()?;
    let known_as = std::iter::once(&repository)
        .chain(&home)
        .filter_map(|repository| match repository {
            Repository::Remote { .. } => ImageName::parse(&repository.to_string()),
            Repository::Layout { .. } => None,
        })
        .collect();
    Ok(Placed { defined: Defined { image, name, known_as }, repository })
}

/// The project's own image is named after the repository's last part; for the embedded folder, after the project's.
fn project_name(chosen: &Chosen, environment: &Environment, git: &Git) -> String {
    let last = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = match &chosen.repository {
        Repository::Remote { path, .. } => path.rsplit('/').next().map(str::to_owned),
        Repository::Layout { dir, .. } if !chosen.embedded => last(dir),
        Repository::Layout { .. } => {
            git.work_dir().and_then(|dir| last(&environment.directory().join(dir))).or_else(|| {
                let name = last(&git.common_dir())?;
                Some(name.strip_suffix(".git").unwrap_or(&name).to_owned())
            })
        }
    };
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "image".to_owned())
}

pub(super) fn check_names(definitions: &[Placed], wanted: &[String]) -> Result<(), Errors> {
    let mut errors = Errors::default();
    let names: Vec<&str> = definitions.iter().map(|located| located.defined.name.as_str()).collect();
    if names.is_empty() {
        errors.push(
            Error::invalid(
                "no image is defined: there is no Dockerfile at the root, and no imgplan.toml that names one",
            )
            .hint("commit a Dockerfile at the root, or name the images in imgplan.toml: [images.app] with context = \"app\""),
        );
    }
    for name in wanted.iter().filter(|name| !names.is_empty() && !names.contains(&name.as_str())) {
        errors.push(
            Error::invalid(format!("there is no image {name:?} in this commit"))
                .hint(format!("its images: {}", names.join(", "))),
        );
    }
    errors.or(())
}

/// The branch that the commit is planned for: what CI says if it is CI's commit, else the branch that was named or that
/// is checked out at it.
fn branch(environment: &Environment, git: &Git, commit: &Commit, spec: &str) -> Result<Option<String>> {
    let get = |name| environment.get(name).map(str::to_owned);
    let is = |name| environment.get(name).is_some_and(|id| id == commit.id.to_string());
    if is("CI_COMMIT_SHA") && get("CI_COMMIT_TAG").is_none() {
        return Ok(get("CI_COMMIT_BRANCH").or_else(|| get("CI_COMMIT_REF_NAME")));
    }
    if is("GITHUB_SHA") {
        let branch = get("GITHUB_REF_NAME").filter(|_| environment.get("GITHUB_REF_TYPE") == Some("branch"));
        return Ok(get("GITHUB_HEAD_REF").or(branch));
    }
    if let Some(branch) = git.named_branch(spec)? {
        return Ok(Some(branch));
    }
    let at_head = git.head_commit_id()?.is_some_and(|head| head == commit.id);
    if at_head { git.branch() } else { Ok(None) }
}
