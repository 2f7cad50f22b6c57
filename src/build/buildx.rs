//! `docker buildx build`.
//!
//! Annotations: BuildKit refuses those of an index where the export turns out to be a single manifest
//! (`exporter/containerimage/writer.go`, "index annotations not supported for single platform export"), and
//! whether one platform becomes an index depends on the builder's attestations. So they go to the index only
//! where several platforms make one for certain, and to the manifests always.

use std::ffi::{OsStr, OsString};

use super::export::Exported;
use super::process::{self, Invocation};
use super::workspace::{Context, Workspace};
use super::{Build, Options, Outcome, pushing};
use crate::error::Result;
use crate::reference::Repository;

/// Builds and pushes; for a layout, builds into a temporary one.
pub(super) async fn run(build: &Build, workspace: &Workspace, options: &Options) -> Result<Outcome> {
    let export = match build.repository {
        Repository::Remote { .. } => None,
        Repository::Layout { .. } => Some(Exported::folder()?),
    };
    let dest = export.as_ref().map(|folder| folder.path().join("layout"));
    let arguments = arguments(build, workspace, dest.as_deref().map(AsRef::as_ref), options);
    let invocation = Invocation::new("docker", arguments, &workspace.root, options);
    process::run(&build.name, invocation).await.map_err(|error| match dest {
        Some(_) => error.hint(
            "if it refused the exporter: buildx fills oci: folders only with a builder that is not docker's own, \
             such as docker buildx create --use makes",
        ),
        None => pushing(error, options),
    })?;
    match (export, dest) {
        (Some(folder), Some(dest)) => Ok(Outcome::Exported(Exported::read(folder, dest)?)),
        _ => Ok(Outcome::Pushed),
    }
}

/// The arguments after `docker`; `dest` is the folder of a temporary layout.
pub(super) fn arguments(
    build: &Build,
    workspace: &Workspace,
    dest: Option<&OsStr>,
    options: &Options,
) -> Vec<OsString> {
    let mut list = Arguments(vec!["buildx".into(), "build".into()]);
    list.option("--file", &workspace.dockerfile);
    if let Some(target) = &build.target {
        list.option("--target", target);
    }
    if !build.platforms.is_empty() {
        let all: Vec<String> = build.platforms.iter().map(ToString::to_string).collect();
        list.option("--platform", all.join(","));
    }
    list.pairs("--build-arg", &build.args);
    for (name, context) in &workspace.contexts {
        list.option("--build-context", named(name, context));
    }
    list.pairs("--label", &build.labels);
    let level = if build.platforms.len() > 1 { "index,manifest" } else { "manifest" };
    for (name, value) in &build.annotations {
        list.option("--annotation", format!("{level}:{name}={value}"));
    }
    if options.fresh {
        list.0.push("--no-cache".into());
    } else {
        // BuildKit takes layers from registries; of a folder it only takes what was exported as a cache.
        let remote = build.cache_from.iter().filter(|image| !image.starts_with("oci:"));
        remote.for_each(|image| list.option("--cache-from", image));
    }
    match (&build.repository, dest) {
        (_, Some(dest)) => list.option("--output", output(&["type=oci", "tar=false"], dest)),
        (Repository::Remote { registry, .. }, None) => {
            for tag in &build.tags {
                list.option("--tag", build.repository.tagged(tag));
            }
            // Loopback needs no word: BuildKit speaks plain http to it by itself.
            if options.plain_http.contains(registry) {
                list.option("--output", "type=image,push=true,registry.insecure=true");
            } else {
                list.0.push("--push".into());
            }
        }
        (Repository::Layout { .. }, None) => {}
    }
    list.0.push(workspace.context.clone().into());
    list.0
}

/// `NAME=VALUE` of a named context.
fn named(name: &str, context: &Context) -> OsString {
    let mut text = OsString::from(format!("{name}="));
    match context {
        Context::Folder(folder) => text.push(folder),
        Context::Image(image) => text.push(format!("docker-image://{image}")),
        Context::Layout(dir, image) => {
            text.push("oci-layout://");
            text.push(dir);
            text.push(image);
        }
        Context::Other(value) => text.push(value),
    }
    text
}

/// `--output` is one line of CSV: a folder's name may hold a comma or a quote.
fn output(fields: &[&str], dest: &OsStr) -> OsString {
    let dest = dest.to_string_lossy().replace('"', "\"\"");
    format!("{},\"dest={dest}\"", fields.join(",")).into()
}

/// A growing list of arguments.
#[derive(Debug)]
pub(super) struct Arguments(pub(super) Vec<OsString>);

impl Arguments {
    /// `--name=value` in one word, so that no value is ever read as an option.
    pub(super) fn option(&mut self, name: &str, value: impl AsRef<OsStr>) {
        let mut word = OsString::from(name);
        word.push("=");
        word.push(value);
        self.0.push(word);
    }

    /// `--name=KEY=VALUE` for each pair.
    pub(super) fn pairs<'a>(
        &mut self,
        name: &str,
        pairs: impl IntoIterator<Item = (&'a String, &'a String)>,
    ) {
        for (key, value) in pairs {
            self.option(name, format!("{key}={value}"));
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::tests::{build, texts, workspace};
    use super::*;
    use crate::reference::Platform;

    #[test]
    fn everything_is_one_word_and_the_image_is_pushed() {
        let arguments = arguments(&build(), &workspace(), None, &Options::default());
        assert_eq!(
            texts(arguments),
            [
                "buildx",
                "build",
                "--file=/tree/app/Dockerfile",
                "--target=runtime",
                "--platform=linux/amd64",
                "--build-arg=NOTE=two\nlines",
                "--build-arg=PYTHON=3.12",
                "--build-context=assets=/tree/assets",
                "--build-context=base=docker-image://127.0.0.1:5000/base@sha256:11",
                "--build-context=kept=oci-layout:///images/kept@sha256:22",
                "--label=l=a b",
                "--annotation=manifest:dev.imgplan.content-hash=ff",
                "--cache-from=ghcr.io/acme/app:cache",
                "--tag=127.0.0.1:5000/app:abc1234",
                "--tag=127.0.0.1:5000/app:main",
                "--push",
                "/tree/app",
            ]
        );
    }

    #[test]
    fn a_fresh_build_takes_nothing_from_a_cache() {
        let options = Options { fresh: true, ..Options::default() };
        let arguments = texts(arguments(&build(), &workspace(), None, &options));
        assert!(arguments.contains(&"--no-cache".to_owned()));
        assert!(!arguments.iter().any(|word| word.starts_with("--cache-from")));
    }

    #[test]
    fn several_platforms_make_an_index_that_is_annotated_too() {
        let mut build = build();
        build.platforms.push(Platform::parse("linux/arm64").unwrap());
        let arguments = texts(arguments(&build, &workspace(), None, &Options::default()));
        assert!(arguments.contains(&"--platform=linux/amd64,linux/arm64".to_owned()));
        assert!(arguments.contains(&"--annotation=index,manifest:dev.imgplan.content-hash=ff".to_owned()));
    }

    #[test]
    fn a_layout_is_exported_without_a_tag() {
        let arguments = texts(arguments(
            &build(),
            &workspace(),
            Some("/tmp/a,\"b\"/layout".as_ref()),
            &Options::default(),
        ));
        assert!(arguments.contains(&r#"--output=type=oci,tar=false,"dest=/tmp/a,""b""/layout""#.to_owned()));
        assert!(!arguments.iter().any(|word| word.starts_with("--tag") || word == "--push"));
    }

    #[test]
    fn a_plain_http_registry_that_the_user_named_is_said() {
        let mut build = build();
        build.repository = Repository::parse("registry.lan:5000/app", "/".as_ref()).unwrap();
        let options = Options { plain_http: vec!["registry.lan:5000".into()], ..Options::default() };
        let arguments = texts(arguments(&build, &workspace(), None, &options));
        assert!(arguments.contains(&"--output=type=image,push=true,registry.insecure=true".to_owned()));
        assert!(!arguments.contains(&"--push".to_owned()));
    }
}
