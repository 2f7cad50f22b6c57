//! Logins for another program: what the client's own lookup chose, for a builder that pulls and pushes at the same places.
//!
//! A builder knows neither imgplan's variables nor CI's. What leaves here is bound to the registry (or the repository)
//! that it was found for; who writes it into a file must keep it there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::login::{Found, Helper, Login, helper_key};
use super::{Place, Registry, place};
use crate::error::Result;
use crate::reference::Repository;

/// A login of a registry or, with a path, of one of its repositories alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// `HOST` or `HOST:PORT`.
    pub registry: String,
    /// The repository, where its login is another than the registry's.
    pub path: Option<String>,
    /// Where it was found, for people.
    pub source: String,
    login: Login,
    helper: Option<Helper>,
}

impl Handed {
    fn new(registry: &str, path: Option<String>, Found { login, source, helper }: Found) -> Handed {
        Handed { registry: registry.to_owned(), path, source, login, helper }
    }

    /// The helper of this host alone that said it: what it says may be renewed during a long build, so that a reader
    /// of the file had better ask it.
    pub fn host_helper(&self) -> Option<&str> {
        match &self.helper {
            Some(Helper::Host(program)) => Some(program),
            _ => None,
        }
    }

    /// The helper of all hosts that said it; docker asks it, podman does not.
    pub fn store(&self) -> Option<&str> {
        match &self.helper {
            Some(Helper::Store(program)) => Some(program),
            _ => None,
        }
    }

    /// The key of docker's file, which knows registries only; Docker Hub has a name of its own there.
    pub fn docker_key(&self) -> String {
        helper_key(&self.registry)
    }

    /// The key of podman's file, which may name a repository.
    pub fn podman_key(&self) -> String {
        match &self.path {
            Some(path) => format!("{}/{path}", self.registry),
            None => self.registry.clone(),
        }
    }

    /// An entry of `auths` in either file. It holds the password: for the file alone.
    pub fn entry(&self) -> Value {
        match &self.login {
            Login::Basic { user, password } => {
                json!({ "auth": STANDARD.encode(format!("{user}:{}", password.expose())) })
            }
            // Without a user in `auth` docker takes the file for broken, and podman the entry for empty.
            Login::Identity(token) => {
                json!({ "auth": STANDARD.encode("<token>:"), "identitytoken": token.expose() })
            }
            Login::Bearer(token) => json!({ "registrytoken": token.expose() }),
        }
    }
}

impl Registry {
    /// The logins that requests for this repository would use, the repository's own first. None for a folder, and where
    /// requests are anonymous.
    pub async fn logins(&self, repository: &Repository) -> Result<Vec<Handed>> {
        let Place::Remote(remote) = place(repository) else { return Ok(Vec::new()) };
        let credentials = self.client.credentials();
        let own = credentials.find(&remote.registry, &remote.path).await?;
        let of_all = credentials.find(&remote.registry, "").await?;
        let path = (own != of_all).then(|| remote.path.clone());
        let of_all = path.as_ref().and(of_all).map(|found| Handed::new(&remote.registry, None, found));
        let own = own.map(|found| Handed::new(&remote.registry, path, found));
        Ok(own.into_iter().chain(of_all).collect())
    }

    /// The logins of the registries that variables name, imgplan's own and CI's.
    pub async fn named_logins(&self) -> Result<Vec<Handed>> {
        let credentials = self.client.credentials();
        let mut logins = Vec::new();
        for host in credentials.named_hosts() {
            logins.extend(credentials.find(&host, "").await?.map(|found| Handed::new(&host, None, found)));
        }
        Ok(logins)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::super::Settings;
    use super::*;

    async fn logins(environment: &[(&str, &str)], repository: &str) -> Vec<(String, String)> {
        let environment: BTreeMap<String, String> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let registry = Registry::new(Settings { environment, ..Settings::default() }).unwrap();
        let found = registry.logins(&Repository::parse(repository, Path::new("/")).unwrap()).await.unwrap();
        assert!(!format!("{found:?}").contains("hunter22"));
        found.iter().map(|handed| (handed.podman_key(), handed.entry().to_string())).collect()
    }

    fn basic(key: &str, pair: &str) -> (String, String) {
        (key.to_owned(), json!({ "auth": STANDARD.encode(pair) }).to_string())
    }

    #[tokio::test]
    async fn a_login_stays_with_the_host_that_it_was_named_with() {
        let own = [
            ("IMGPLAN_USERNAME", "ada"),
            ("IMGPLAN_PASSWORD", "hunter22"),
            ("IMGPLAN_REGISTRY", "r.example.org"),
        ];
        assert_eq!(logins(&own, "r.example.org/a").await, [basic("r.example.org", "ada:hunter22")]);
        for other in ["r.example.org.evil.com/a", "evil.com/r.example.org/a", "oci:/r.example.org"] {
            assert_eq!(logins(&own, other).await, [], "{other}");
        }
    }

    #[tokio::test]
    async fn a_repositorys_own_login_is_not_its_registrys() {
        let text = r#"{"auths":{"r.io":{"auth":"Yjpi"},"r.io/team":{"auth":"YTph"}}}"#;
        let found = logins(&[("DOCKER_AUTH_CONFIG", text)], "r.io/team/app").await;
        assert_eq!(found, [basic("r.io/team/app", "a:a"), basic("r.io", "b:b")]);
        let found = logins(&[("DOCKER_AUTH_CONFIG", text)], "r.io/other").await;
        assert_eq!(found, [basic("r.io", "b:b")]);
        let alone = r#"{"auths":{"r.io/team":{"auth":"YTph"}}}"#;
        let found = logins(&[("DOCKER_AUTH_CONFIG", alone)], "r.io/team/app").await;
        assert_eq!(found, [basic("r.io/team/app", "a:a")]);
    }

    #[tokio::test]
    async fn tokens_have_the_form_of_dockers_file() {
        let text = r#"{"auths":{"r.io":{"auth":"dTpw","identitytoken":"hunter22"},"s.io":{"registrytoken":"hunter22"}}}"#;
        let found = logins(&[("DOCKER_AUTH_CONFIG", text)], "r.io/a").await;
        assert_eq!(found[0].1, r#"{"auth":"PHRva2VuPjo=","identitytoken":"hunter22"}"#);
        let found = logins(&[("DOCKER_AUTH_CONFIG", text)], "s.io/a").await;
        assert_eq!(found[0].1, r#"{"registrytoken":"hunter22"}"#);
    }
}
