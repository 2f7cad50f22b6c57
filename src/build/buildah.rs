//! `buildah build` and `podman build`, which take the same options.
//!
//! What was measured on buildah 1.28, and shapes this file:
//! - it caches layers by history alone, so with `--layers` a `FROM scratch` for arm64 is answered by the one for
//!   amd64: where platforms are given, there is no cache, and each platform has a build of its own;
//! - annotations are not part of what it looks up there, labels are: both carry the marks;
//! - `--tls-verify=false` holds for every registry of a command: images of a plain http registry are pulled
//!   before, so that the build itself verifies all others;
//! - a named context knows neither `oci-layout://` nor a digest in an `oci:` folder: such a parent is pulled from
//!   a view that holds nothing else, and named by its id.
//!
//! Storage and isolation come from the environment: `STORAGE_DRIVER`, `BUILDAH_ISOLATION`,
//! `CONTAINERS_STORAGE_CONF`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use tempfile::TempDir;

use super::buildx::Arguments;
use super::export::{self, Exported};
use super::process::{self, Invocation};
use super::workspace::{Context, Workspace};
use super::{Build, Options, Outcome, plain_http, pushing};
use crate::error::{Error, Place, Result};
use crate::reference::{Digest, Platform, Repository};

/// Builds and pushes; for a layout, pushes into a temporary one.
pub(super) async fn run(
    program: &str,
    build: &Build,
    workspace: &Workspace,
    options: &Options,
) -> Result<Outcome> {
    let scratch = Exported::folder()?;
    let run = Run { program, build, workspace, options, scratch: &scratch };
    let built = if build.platforms.len() > 1 {
        let list = list_name(&scratch);
        let built = run.list(&list).await;
        if built.is_err() {
            run.forget(&list).await;
        }
        built.map(|()| Built::List(list))?
    } else {
        Built::Image(run.image(build.platforms.first()).await?)
    };
    let pushed = run.push(&built).await;
    if let Built::List(list) = &built {
        run.forget(list).await;
    }
    pushed?;
    match build.repository {
        Repository::Remote { .. } => Ok(Outcome::Pushed),
        Repository::Layout { .. } => {
            let dir = run.layout();
            Ok(Outcome::Exported(Exported::read(scratch, dir)?))
        }
    }
}

/// What stands in the local storage.
enum Built {
    /// An image's id.
    Image(String),
    /// A manifest list's name.
    List(String),
}

struct Run<'a> {
    program: &'a str,
    build: &'a Build,
    workspace: &'a Workspace,
    options: &'a Options,
    scratch: &'a TempDir,
}

impl Run<'_> {
    fn invocation(&self, arguments: Vec<OsString>) -> Invocation {
        Invocation::new(self.program, arguments, &self.workspace.root, self.options)
    }

    fn layout(&self) -> std::path::PathBuf {
        self.scratch.path().join("layout")
    }

    /// One build; the image's id.
    async fn image(&self, platform: Option<&Platform>) -> Result<String> {
        let file = self.scratch.path().join("id");
        self.build_one(platform, &To::File(&file)).await?;
        let id = std::fs::read_to_string(&file).map_err(|error| {
            Error::unavailable(format!("{} left no image id", self.program))
                .at(Place::file(file.display().to_string()))
                .caused_by(error)
        })?;
        Ok(id.trim().to_owned())
    }

    /// A build for each platform, into one list.
    async fn list(&self, name: &str) -> Result<()> {
        for platform in &self.build.platforms {
            self.build_one(Some(platform), &To::List(name)).await?;
        }
        Ok(())
    }

    async fn build_one(&self, platform: Option<&Platform>, into: &To<'_>) -> Result<()> {
        let contexts = self.contexts(platform).await?;
        let ignore = match self.workspace.ignore_file() {
            Some(file) => file,
            None => {
                let empty = self.scratch.path().join("no-ignore-file");
                let written = std::fs::write(&empty, "");
                written.map_err(|error| {
                    Error::unavailable("cannot write a temporary file")
                        .at(Place::file(empty.display().to_string()))
                        .caused_by(error)
                })?;
                empty
            }
        };
        let mut arguments = build_arguments(self.build, self.workspace, &contexts, platform, &ignore, into);
        if self.options.fresh {
            arguments.insert(1, "--no-cache".into());
        }
        process::run(&self.build.name, self.invocation(arguments)).await
    }

    /// The values of the named contexts for one platform, after a pull where the build could not.
    async fn contexts(&self, platform: Option<&Platform>) -> Result<BTreeMap<String, OsString>> {
        let mut values = BTreeMap::new();
        for (name, context) in &self.workspace.contexts {
            let value = match context {
                Context::Folder(folder) => folder.clone().into_os_string(),
                Context::Other(value) => value.into(),
                Context::Image(image) if !self.plain(image) => format!("docker-image://{image}").into(),
                Context::Image(image) => self.pull(format!("docker://{image}"), platform).await?,
                Context::Layout(dir, image) => {
                    let suffix = platform.map(|platform| format!("-{platform}").replace('/', "-"));
                    let suffix = suffix.unwrap_or_default();
                    let view = export::single(dir, image, self.scratch.path(), &suffix)?;
                    self.pull(format!("oci:{view}:{}", export::SINGLE), platform).await?
                }
            };
            values.insert(name.clone(), value);
        }
        Ok(values)
    }

    fn plain(&self, image: &str) -> bool {
        image.split('/').next().is_some_and(|host| plain_http(host, self.options))
    }

    /// Pulls an image, or that of a layout in the scratch folder; what a named context says for it.
    async fn pull(&self, source: String, platform: Option<&Platform>) -> Result<OsString> {
        let arguments = pull_arguments(&source, platform);
        let invocation = Invocation::new(self.program, arguments, self.scratch.path(), self.options);
        let said = process::output(&self.build.name, invocation).await?;
        match said.lines().map(str::trim).rfind(|line| !line.is_empty()) {
            Some(id) => Ok(format!("docker-image://{id}").into()),
            None => Err(Error::unavailable(format!("{} named no image that it pulled", self.program))),
        }
    }

    async fn push(&self, built: &Built) -> Result<()> {
        let (destinations, plain) = match &self.build.repository {
            Repository::Remote { registry, .. } => {
                let all = self
                    .build
                    .tags
                    .iter()
                    .map(|tag| OsString::from(format!("docker://{}", self.build.repository.tagged(tag))));
                (all.collect(), plain_http(registry, self.options))
            }
            Repository::Layout { .. } => {
                let mut layout = OsString::from("oci:");
                layout.push(self.layout());
                layout.push(format!(":{}", export::SINGLE));
                (vec![layout], false)
            }
        };
        for destination in destinations {
            let arguments = push_arguments(built, destination, plain);
            let pushed = process::run(&self.build.name, self.invocation(arguments)).await;
            pushed.map_err(|error| pushing(error, self.options))?;
        }
        Ok(())
    }

    /// Removes a list from the local storage. One that stays behind does no harm, so a failure says nothing.
    async fn forget(&self, list: &str) {
        let arguments = ["manifest", "rm", list].map(OsString::from).to_vec();
        let _ = process::output(&self.build.name, self.invocation(arguments)).await;
    }
}

/// A name that no other build on this machine has: from the temporary folder's, whose capital letters an image's
/// name cannot hold.
fn list_name(scratch: &TempDir) -> String {
    format!("localhost/imgplan-{}", Digest::of(scratch.path().as_os_str().as_encoded_bytes()).short())
}

/// Where a build leaves its result.
enum To<'a> {
    /// The image's id goes to this file.
    File(&'a Path),
    /// The image joins this list.
    List(&'a str),
}

fn build_arguments(
    build: &Build,
    workspace: &Workspace,
    contexts: &BTreeMap<String, OsString>,
    platform: Option<&Platform>,
    ignore_file: &Path,
    into: &To<'_>,
) -> Vec<OsString> {
    let mut list = Arguments(vec!["build".into()]);
    list.option("--layers", if platform.is_none() { "true" } else { "false" });
    list.option("--file", &workspace.dockerfile);
    list.option("--ignorefile", ignore_file);
    if let Some(target) = &build.target {
        list.option("--target", target);
    }
    if let Some(platform) = platform {
        list.option("--platform", platform.to_string());
    }
    list.pairs("--build-arg", &build.args);
    for (name, value) in contexts {
        let mut pair = OsString::from(format!("{name}="));
        pair.push(value);
        list.option("--build-context", pair);
    }
    list.pairs("--label", &build.labels);
    list.pairs("--annotation", &build.annotations);
    match into {
        To::File(file) => list.option("--iidfile", file),
        To::List(name) => list.option("--manifest", name),
    }
    list.0.push(workspace.context.clone().into());
    list.0
}

/// Only for images of plain http registries and of layouts.
fn pull_arguments(source: &str, platform: Option<&Platform>) -> Vec<OsString> {
    let mut list = Arguments(vec!["pull".into(), "--quiet".into(), "--tls-verify=false".into()]);
    if let Some(platform) = platform {
        list.option("--platform", platform.to_string());
    }
    list.0.push(source.into());
    list.0
}

fn push_arguments(built: &Built, destination: OsString, plain: bool) -> Vec<OsString> {
    let mut list: Vec<OsString> = match built {
        Built::Image(_) => vec!["push".into()],
        Built::List(_) => vec!["manifest".into(), "push".into(), "--all".into()],
    };
    if plain {
        list.push("--tls-verify=false".into());
    }
    let (Built::Image(name) | Built::List(name)) = built;
    list.extend([name.into(), destination]);
    list
}

#[cfg(all(test, unix))]
#[path = "buildah_tests.rs"]
mod tests;
