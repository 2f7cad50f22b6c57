//! What is known of the project before its files are read: where its images are, who owns it, which CI it has.

use crate::cli::Common;
use crate::commands::environment::Environment;
use crate::commands::init::files::Root;
use crate::commands::repository::{self, Purpose};
use crate::draft::Facts;
use crate::draft::ci::{Platform, Signs};
use crate::error::Result;
use crate::git::{self, Forge, Git};
use crate::reference::Repository;

/// Where the images are, as `plan` would find it; and who owns the project.
pub(super) fn of(common: &Common, environment: &Environment, git: &Git, root: &Root) -> Result<Facts> {
    let chosen = repository::choose(None, None, environment, Some(git), Purpose::Plan)?;
    let mut homes = repository::home(None, environment, git)?;
    let given = common.repository.as_deref();
    let given = given.map(|text| Repository::parse(text, environment.directory())).transpose()?;
    homes.extend(given.clone());
    let mut found = None;
    if !chosen.embedded {
        let variable = ["IMGPLAN_REPOSITORY", "CI_REGISTRY_IMAGE", "GITHUB_REPOSITORY"];
        let by = match &chosen.guessed {
            Some(_) => "`plan` takes it from the remote origin, CI from its own variables".to_owned(),
            None => {
                let name = variable.into_iter().find(|name| environment.get(name).is_some());
                format!("{} says it", name.unwrap_or("CI"))
            }
        };
        found = Some((chosen.repository.to_string(), by));
        homes.push(chosen.repository);
    }
    let owner = git.remote_url("origin")?.and_then(|url| git::owner(&url));
    let repository = given.map(|repository| match repository {
        // In the file a folder is below the file's own.
        Repository::Layout { dir, .. } => format!("oci:{}", root.relative(&dir).display()),
        remote => remote.to_string(),
    });
    Ok(Facts { repository, found, homes, owner })
}

/// What hints at a CI system.
pub(super) fn signs(git: &Git, root: &Root) -> Result<Signs> {
    let origin = git.remote_url("origin")?.and_then(|url| git::forge(&url));
    let origin = origin.map(|forge| match forge {
        Forge::GitHub => Platform::GitHub,
        Forge::GitLab => Platform::GitLab,
    });
    let gitlab = [".gitlab-ci.yml", ".gitlab", ".renku"].iter().any(|path| root.has(path));
    Ok(Signs { gitlab, github: root.has(".github"), origin })
}
