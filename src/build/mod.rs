//! The edge to builders: a clean checkout of a commit, and buildx, buildah, podman or the user's command run on it.
//!
//! It must not decide what is built, and it never asks a registry: whether the pushed tag exists, and the
//! content tag, are the caller's. Data on stdout is imgplan's alone, so builders write to stderr.

mod buildah;
mod builder;
mod buildx;
mod checkout;
mod command;
mod export;
mod login;
mod process;
mod workspace;

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::error::{Error, Result};
use crate::reference::{Platform, Repository, Tag};

pub use builder::Builder;
pub use checkout::{Checkout, Source};
pub use export::Exported;
pub use login::AuthFile;

/// One image to build, with everything that the builder is told.
#[derive(Debug, Clone)]
pub struct Build {
    /// The image's name, for messages.
    pub name: String,
    /// The commit's full id.
    pub commit: String,
    /// The context: a folder of the repository, `""` for its root.
    pub context: String,
    /// The Dockerfile's path from the repository's root.
    pub dockerfile: String,
    /// The stage to build; none is the last one.
    pub target: Option<String>,
    /// Build arguments.
    pub args: BTreeMap<String, String>,
    /// What a Dockerfile names and what that must be: `docker-image://…@sha256:…`,
    /// `oci-layout:///absolute/folder@sha256:…` (or `:TAG`), a folder of the repository as `./path`, or a URL.
    pub contexts: BTreeMap<String, String>,
    /// Platforms; none is the builder's own.
    pub platforms: Vec<Platform>,
    /// Where the image goes.
    pub repository: Repository,
    /// The tags to push; at least one.
    pub tags: Vec<Tag>,
    /// Labels of the image's configuration.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the image's manifest.
    pub annotations: BTreeMap<String, String>,
    /// Paths that come from the working tree.
    pub generated: Vec<String>,
    /// Images whose layers BuildKit may reuse. buildah and podman take repositories there, of a cache that
    /// they wrote themselves, and are not told.
    pub cache_from: Vec<String>,
    /// The commit's time, seconds since the epoch.
    pub created: i64,
}

/// What a run needs to know of its surroundings.
#[derive(Debug, Default)]
pub struct Options {
    /// Hosts that are spoken to in plain http besides the loopback addresses.
    pub plain_http: Vec<String>,
    /// Nothing may come from the builder's cache: the build was asked for though the content is the same (forced,
    /// too old), and a cached layer would be the old image again. buildx, buildah and podman heed it; a user's
    /// command sees `IMGPLAN_FRESH`.
    pub fresh: bool,
    /// Further variables of the builder's environment, for example those of an [`AuthFile`].
    pub environment: Vec<(OsString, OsString)>,
    /// Where to look if the registry refuses what was built.
    pub push_hint: Option<String>,
}

/// How a build ended well.
#[derive(Debug)]
pub enum Outcome {
    /// The builder says that it pushed every tag.
    Pushed,
    /// The repository is an `oci:` folder: the image is in a temporary layout, and the caller copies it and
    /// sets the tags. So no builder has to share imgplan's lock on the folder.
    Exported(Exported),
}

/// Builds one image from a checkout of its commit and pushes it.
///
/// Dropping the future ends the builder: it gets SIGTERM, and SIGKILL if that does not help.
pub async fn run(
    builder: &Builder,
    build: &Build,
    checkout: &Checkout,
    options: &Options,
) -> Result<Outcome> {
    if build.tags.is_empty() {
        return Err(Error::invalid(format!("the image {} has no tag to push", build.name)));
    }
    let workspace = workspace::Workspace::new(build, checkout)?;
    match builder {
        Builder::Buildx => buildx::run(build, &workspace, options).await,
        Builder::Buildah => buildah::run("buildah", build, &workspace, options).await,
        Builder::Podman => buildah::run("podman", build, &workspace, options).await,
        Builder::Command(command) => command::run(command, build, &workspace, options).await,
    }
}

/// With the word on the login, for a step that pushes.
fn pushing(error: Error, options: &Options) -> Error {
    match &options.push_hint {
        Some(hint) => error.hint(hint.clone()),
        None => error,
    }
}

/// Whether a registry's host is spoken to in plain http: loopback, or named by the user.
fn plain_http(host: &str, options: &Options) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    name == "localhost"
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        || options.plain_http.iter().any(|known| known == host)
}

#[cfg(all(test, unix))]
mod tests;
