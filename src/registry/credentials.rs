//! Which credentials belong to a repository: from the environment, the files of docker and podman, their
//! helpers, and GitLab CI's own variables, in that order.
//!
//! Credentials belong to the host that they were named with. A repository may come from a stranger's pull
//! request, so nothing here is ever handed to another host.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::config_file::ConfigFile;
use super::login::{Found, Helper, Login, helper_key};
use super::secret::Secret;
use super::{Settings, helper};
use crate::error::{Error, Result};

/// The sources; read when a registry asks for credentials for the first time.
#[derive(Debug)]
pub(super) struct Credentials {
    environment: BTreeMap<String, String>,
    /// The repository on the command line.
    named: Option<String>,
    helper_limit: Duration,
    /// What helpers said, by program and key: one run each, and others wait for it.
    asked: tokio::sync::Mutex<HashMap<(String, String), Option<Login>>>,
    files: std::sync::Mutex<Option<Arc<Vec<ConfigFile>>>>,
}

impl Credentials {
    pub(super) fn new(settings: &Settings, helper_limit: Duration) -> Credentials {
        Credentials {
            environment: settings.environment.clone(),
            named: settings.named.clone(),
            helper_limit,
            asked: tokio::sync::Mutex::default(),
            files: std::sync::Mutex::default(),
        }
    }

    /// The credentials for a repository; `None` is anonymous.
    pub(super) async fn find(&self, registry: &str, path: &str) -> Result<Option<Found>> {
        let registry = registry.to_ascii_lowercase();
        if let Some(found) = self.own(&registry)? {
            return Ok(Some(found));
        }
        for file in self.files()?.iter() {
            if let Some((login, helper)) = self.in_file(file, &registry, path).await? {
                return Ok(Some(Found { login, source: file.name.clone(), helper }));
            }
        }
        Ok(self.gitlab(&registry))
    }

    async fn in_file(
        &self,
        file: &ConfigFile,
        registry: &str,
        path: &str,
    ) -> Result<Option<(Login, Option<Helper>)>> {
        if let Some((helper, key)) = file.helper_of(registry)
            && let Some(login) = self.ask(helper, &key, &file.name).await?
        {
            return Ok(Some((login, Some(Helper::Host(helper.to_owned())))));
        }
        if let Some(login) = file.login(registry, path)? {
            return Ok(Some((login, None)));
        }
        let Some(store) = &file.store else { return Ok(None) };
        let login = self.ask(store, &helper_key(registry), &file.name).await?;
        Ok(login.map(|login| (login, Some(Helper::Store(store.clone())))))
    }

    async fn ask(&self, program: &str, key: &str, file: &str) -> Result<Option<Login>> {
        let mut asked = self.asked.lock().await;
        let question = (program.to_owned(), key.to_owned());
        if let Some(login) = asked.get(&question) {
            return Ok(login.clone());
        }
        let login = helper::ask(program, key, &self.environment, self.helper_limit)
            .await
            .map_err(|error| error.hint(format!("{file} names this helper for {key}")))?;
        asked.insert(question, login.clone());
        Ok(login)
    }

    /// `IMGPLAN_USERNAME` and `IMGPLAN_PASSWORD`, for the host of `IMGPLAN_REGISTRY`, else of the repository on the
    /// command line, else of `IMGPLAN_REPOSITORY`, and for no other: imgplan.toml may be a stranger's.
    fn own(&self, registry: &str) -> Result<Option<Found>> {
        let (user, password) = (self.variable("IMGPLAN_USERNAME"), self.variable("IMGPLAN_PASSWORD"));
        let incomplete = |what: &str| {
            Error::unavailable(what.to_owned()).hint(
                "IMGPLAN_USERNAME and IMGPLAN_PASSWORD go together, with the host that they are for in \
                 IMGPLAN_REGISTRY (or the whole repository in IMGPLAN_REPOSITORY or --repository)",
            )
        };
        let (user, password) = match (user, password) {
            (Some(user), Some(password)) => (user, password),
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(incomplete("IMGPLAN_USERNAME is set without IMGPLAN_PASSWORD")),
            (None, Some(_)) => return Err(incomplete("IMGPLAN_PASSWORD is set without IMGPLAN_USERNAME")),
        };
        let Some(host) = self.own_host() else {
            return Err(incomplete("IMGPLAN_PASSWORD is set, but not for which registry"));
        };
        Ok((host == registry).then(|| Found {
            login: Login::new(user.to_owned(), Secret::new(password)),
            source: "IMGPLAN_USERNAME and IMGPLAN_PASSWORD".to_owned(),
            helper: None,
        }))
    }

    fn own_host(&self) -> Option<String> {
        let repositories = [self.named.as_deref(), self.variable("IMGPLAN_REPOSITORY")];
        let repository = repositories.into_iter().flatten().find(|name| !name.starts_with("oci:"));
        self.variable("IMGPLAN_REGISTRY").or(repository).map(host_of)
    }

    /// The hosts for which variables hold a login.
    pub(super) fn named_hosts(&self) -> Vec<String> {
        let set = |name: &str| self.variable(name).is_some();
        let own = self.own_host().filter(|_| set("IMGPLAN_PASSWORD"));
        let ci = self.variable("CI_REGISTRY").map(host_of).filter(|_| set("CI_REGISTRY_PASSWORD"));
        own.into_iter().chain(ci).collect()
    }

    fn gitlab(&self, registry: &str) -> Option<Found> {
        let host = host_of(self.variable("CI_REGISTRY")?);
        let (user, password) = (self.variable("CI_REGISTRY_USER")?, self.variable("CI_REGISTRY_PASSWORD")?);
        (host == registry).then(|| Found {
            login: Login::new(user.to_owned(), Secret::new(password)),
            source: "CI_REGISTRY_USER and CI_REGISTRY_PASSWORD".to_owned(),
            helper: None,
        })
    }

    /// The files in order, parsed once. One that is not there is none; one that cannot be read is an error.
    fn files(&self) -> Result<Arc<Vec<ConfigFile>>> {
        let mut files = self.files.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(files) = &*files {
            return Ok(Arc::clone(files));
        }
        let mut read = Vec::new();
        if let Some(text) = self.variable("DOCKER_AUTH_CONFIG") {
            read.push(ConfigFile::parse("DOCKER_AUTH_CONFIG", text.as_bytes())?);
        }
        for path in self.paths() {
            match std::fs::read(&path) {
                Ok(bytes) => read.push(ConfigFile::parse(&path.display().to_string(), &bytes)?),
                Err(error) if is_absent(&error) => {}
                Err(error) => {
                    return Err(Error::unavailable(format!("{} cannot be read", path.display()))
                        .hint("it may hold the credentials for this registry")
                        .caused_by(error));
                }
            }
        }
        Ok(Arc::clone(files.insert(Arc::new(read))))
    }

    fn paths(&self) -> Vec<PathBuf> {
        let folder = |name: &str| self.variable(name).map(PathBuf::from);
        let home = folder("HOME").or_else(|| folder("USERPROFILE"));
        let below_home = |name: &str| home.as_ref().map(|home| home.join(name));
        [
            folder("REGISTRY_AUTH_FILE"),
            folder("DOCKER_CONFIG").or_else(|| below_home(".docker")).map(|dir| dir.join("config.json")),
            folder("XDG_RUNTIME_DIR").map(|dir| dir.join("containers/auth.json")),
            folder("XDG_CONFIG_HOME")
                .or_else(|| below_home(".config"))
                .map(|dir| dir.join("containers/auth.json")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// A variable that is set and not empty.
    fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// The registry's host (and port) of a host, an address or a repository, as `Repository` writes it.
fn host_of(text: &str) -> String {
    let text = text.trim_start_matches("https://").trim_start_matches("http://").to_ascii_lowercase();
    let (host, path) = text.split_once('/').map_or((text.as_str(), None), |(host, path)| (host, Some(path)));
    let names_host = host.contains(['.', ':']) || host == "localhost";
    match host {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        // `library/debian` names no host, so it is Docker Hub's.
        _ if path.is_some() && !names_host => "docker.io".to_owned(),
        host => host.to_owned(),
    }
}

#[cfg(test)]
#[path = "credentials_tests.rs"]
mod tests;
