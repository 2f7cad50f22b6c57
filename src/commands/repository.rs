//! Which repository the images live in.
//!
//! In order: the flag, `IMGPLAN_REPOSITORY`, `imgplan.toml`, what CI's own variables say, for reading the remote
//! `origin`, and then the embedded `oci:` folder in the git directory.

use crate::cli::Common;
use crate::commands::environment::Environment;
use crate::config::Policy;
use crate::error::{Error, Result};
use crate::git::{self, Git};
use crate::reference::Repository;

/// What the repository is for; it decides what may be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// `plan`: reads, and may fall back to the embedded folder.
    Plan,
    /// `apply`: writes, so nothing is guessed from the remote.
    Apply,
    /// `explain`: asks no registry; the place only says which `FROM` means an image of the project.
    Explain,
    /// `simulate`: the same, also for a project that defines no images yet.
    Simulate,
    /// `resolve`: reads, and has nothing to say about an embedded folder that does not exist.
    Resolve,
}

/// The repository, with what a person should be told about where it came from.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    /// Where the images live.
    pub repository: Repository,
    /// Where that was found, if it was guessed.
    pub guessed: Option<String>,
    /// Whether it is the embedded default.
    pub embedded: bool,
}

/// Chooses the repository; outside of a clone there is no `git`.
pub(super) fn choose(
    flag: Option<&str>,
    configured: Option<&Repository>,
    environment: &Environment,
    git: Option<&Git>,
    purpose: Purpose,
) -> Result<Chosen> {
    let parse = |text: &str| Repository::parse(text, environment.directory());
    let chosen = |repository| Chosen { repository, guessed: None, embedded: false };
    if let Some(text) = flag {
        return parse(text).map(chosen);
    }
    if let Some(text) = environment.get("IMGPLAN_REPOSITORY") {
        return parse(text).map(chosen);
    }
    if let Some(repository) = configured {
        return Ok(chosen(show_from_here(repository.clone(), environment)));
    }
    let by = |repository: Repository, variable: &str| Chosen {
        guessed: Some(format!("repository {repository}, after {variable}")),
        ..chosen(repository)
    };
    if let Some(text) = environment.get("CI_REGISTRY_IMAGE") {
        return Ok(by(parse(text)?, "CI_REGISTRY_IMAGE"));
    }
    if let (Some(_), Some(name)) = (environment.get("GITHUB_ACTIONS"), environment.get("GITHUB_REPOSITORY")) {
        return Ok(by(parse(&format!("ghcr.io/{}", name.to_lowercase()))?, "GITHUB_REPOSITORY"));
    }
    let Some(git) = git else {
        return Err(Error::invalid("outside of a clone nothing says where the images are")
            .hint("name it: --repository HOST/PATH, or IMGPLAN_REPOSITORY"));
    };
    if purpose != Purpose::Apply
        && let Some(url) = git.remote_url("origin")?
        && let Some(text) = git::forge_repository(&url)
    {
        let guessed = Some(format!("repository {text}, after the remote origin"));
        return Ok(Chosen { repository: parse(&text)?, guessed, embedded: false });
    }
    embedded(environment, git, purpose)
}

/// Where a run's scope has its images, if the present file gives it a repository of its own. One that is named on the
/// command line or by `IMGPLAN_REPOSITORY` goes before it, and before what an image's own table says.
pub(super) fn scoped(
    common: &Common,
    policy: &Policy,
    chosen: &Chosen,
    environment: &Environment,
) -> Option<Repository> {
    let configured = policy.repository_of_scope(common.scope.as_deref()?)?;
    Some(match is_named(common, environment) {
        true => chosen.repository.clone(),
        false => show_from_here(configured.clone(), environment),
    })
}

/// Whether the repository is named for this run, by the command line or the environment.
pub(super) fn is_named(common: &Common, environment: &Environment) -> bool {
    common.repository.is_some() || environment.get("IMGPLAN_REPOSITORY").is_some()
}

/// Where the project's images belong, whichever repository this run uses: what is configured, else all that CI's own
/// variables and the remote `origin` say.
pub(super) fn home(
    configured: Option<&Repository>,
    environment: &Environment,
    git: &Git,
) -> Result<Vec<Repository>> {
    if let Some(configured) = configured {
        return Ok(vec![configured.clone()]);
    }
    let gitlab = environment.get("CI_REGISTRY_IMAGE").map(str::to_owned);
    let github = environment.get("GITHUB_ACTIONS").and_then(|_| environment.get("GITHUB_REPOSITORY"));
    let github = github.map(|name| format!("ghcr.io/{}", name.to_lowercase()));
    let origin = git.remote_url("origin")?.and_then(|url| git::forge_repository(&url));
    let named = [gitlab, github, origin].into_iter().flatten();
    // What is no repository is refused where it is chosen; here it is no one's name.
    Ok(named.filter_map(|text| Repository::parse(&text, environment.directory()).ok()).collect())
}

fn embedded(environment: &Environment, git: &Git, purpose: Purpose) -> Result<Chosen> {
    let dir = git.common_dir().join("imgplan").join("oci");
    if purpose == Purpose::Resolve && !dir.exists() {
        return Err(Error::invalid("no repository is configured, and there are no images beside this clone")
            .hint("name one: --repository HOST/PATH, or repository = \"…\" in imgplan.toml")
            .hint("or make images here first: `imgplan apply --build` keeps them beside this clone"));
    }
    let shown = environment.show(&dir);
    let repository = Repository::Layout { dir, shown: shown.clone() };
    let guessed = Some(format!("no repository is configured: images are kept in oci:{shown}"));
    Ok(Chosen { repository, guessed, embedded: true })
}

/// A configured folder is relative to the configuration; output is read where the command was started.
fn show_from_here(repository: Repository, environment: &Environment) -> Repository {
    match repository {
        Repository::Layout { dir, .. } => {
            let shown = environment.show(&dir);
            Repository::Layout { dir, shown }
        }
        remote => remote,
    }
}
