//! The logins that a builder is given: what imgplan's own requests would use at the places that the builds touch.
//!
//! A builder reads docker's or podman's files at best. imgplan knows more (its own variables, CI's, the other tool's
//! files), and a build whose image was looked up with a login must not be pushed without it.

use std::path::Path;

use crate::build::{AuthFile, Builder};
use crate::commands::session::Session;
use crate::decision::Action;
use crate::error::Result;
use crate::plan::{self, Plan};
use crate::printer::Printer;
use crate::reference::Repository;
use crate::registry::{Handed, Registry};

/// What the builder is given; the files go with this value.
pub(super) struct Logins {
    /// None where the builder knows by itself what there is.
    pub(super) file: Option<AuthFile>,
    known: Vec<Handed>,
}

impl Logins {
    /// Looks up the logins for all builds of the plan, and writes them down.
    pub(super) async fn find(
        session: &Session,
        registry: &Registry,
        builder: &Builder,
        plan: &Plan,
        printer: &Printer,
    ) -> Result<Logins> {
        let builds = || plan.images.iter().filter(|image| image.action == Action::Build);
        let mut known: Vec<Handed> = Vec::new();
        let mut add = |more: Vec<Handed>| {
            // The first one stays: docker knows one login for a registry, and that is the one that pushes.
            let new = |login: &Handed| !known.iter().any(|old| old.podman_key() == login.podman_key());
            let more: Vec<Handed> = more.into_iter().filter(new).collect();
            known.extend(more);
        };
        for image in builds() {
            add(registry.logins(&image.repository).await?);
        }
        for place in builds().flat_map(|image| image.build.iter()).flat_map(read_from) {
            match registry.logins(&place).await {
                Ok(logins) => add(logins),
                // What the build only reads may be open to all; if it is not, the builder says so.
                Err(error) => printer.note(&format!("the builder is given no login for {place}: {error}")),
            }
        }
        // A base image may be there.
        add(registry.named_logins().await?);
        let environment = session.environment.variables();
        let by_variable = session.environment.get("DOCKER_AUTH_CONFIG").is_some();
        let needed = by_variable || known.iter().any(|login| !reads(session, builder, login));
        let file = needed.then(|| AuthFile::write(&known, environment)).transpose()?;
        Ok(Logins { file, known })
    }

    /// Where to look if the registry refused what was built.
    pub(super) fn hint(&self, repository: &Repository) -> Option<String> {
        let Repository::Remote { registry, path } = repository else { return None };
        let of = |with_path: bool| {
            self.known
                .iter()
                .find(|login| login.registry == *registry && login.path.as_ref() == with_path.then_some(path))
        };
        Some(match of(true).or_else(|| of(false)) {
            Some(login) => format!(
                "if the registry refused the push (401, 403): the login for {registry} is that of {}; may it push to {repository}?",
                login.source
            ),
            None => format!(
                "if the registry refused the push (401, 403): imgplan knows no login for {registry} either; \
                 `docker login {registry}`, or IMGPLAN_USERNAME and IMGPLAN_PASSWORD with IMGPLAN_REGISTRY={registry}"
            ),
        })
    }
}

/// Whether the builder finds this login by itself. Of docker that is known: its own file, which has no logins for parts
/// of a registry. podman reads more files, but not all that is in them.
fn reads(session: &Session, builder: &Builder, login: &Handed) -> bool {
    let get = |name| session.environment.get(name);
    let home = || get("HOME").or_else(|| get("USERPROFILE")).map(|home| Path::new(home).join(".docker"));
    let folder = get("DOCKER_CONFIG").map(Into::into).or_else(home);
    let file = folder.map(|folder| folder.join("config.json").display().to_string());
    *builder == Builder::Buildx && login.path.is_none() && file.is_some_and(|file| file == login.source)
}

/// The registries' images that a build reads: its parents, its other named contexts, its caches.
fn read_from(build: &plan::Build) -> Vec<Repository> {
    let contexts = build.contexts.values().filter_map(|context| context.strip_prefix("docker-image://"));
    contexts.chain(build.cache_from.iter().map(String::as_str)).filter_map(repository).collect()
}

/// The repository of a reference; folders need no login.
fn repository(reference: &str) -> Option<Repository> {
    if reference.starts_with("oci:") {
        return None;
    }
    let name = reference.split('@').next().unwrap_or(reference);
    let tag = name.rfind(':').filter(|colon| !name[*colon..].contains('/'));
    let name = tag.map_or(name, |colon| &name[..colon]);
    // Named contexts may be addresses of other kinds; what is no repository of a registry has no login.
    Repository::parse(name, Path::new("")).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_for_its_repository() {
        for reference in ["r:5000/a/b", "r:5000/a/b:1", "r:5000/a/b@sha256:11", "r:5000/a/b:1@sha256:11"] {
            assert_eq!(repository(reference).unwrap().to_string(), "r:5000/a/b", "{reference}");
        }
        assert_eq!(repository("oci:images:1"), None);
    }
}
