//! The user's own command: `sh -c CMD` in the checkout's root, told everything by its environment.
//!
//! `SOURCE_DATE_EPOCH` is not set: it would change what builders build.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::process::{self, Invocation};
use super::workspace::{Context, Workspace, absolute};
use super::{Build, Options, Outcome, pushing};
use crate::error::{Error, Result};
use crate::reference::Repository;

/// Runs the command, which builds and pushes every tag.
pub(super) async fn run(
    command: &str,
    build: &Build,
    workspace: &Workspace,
    options: &Options,
) -> Result<Outcome> {
    let variables = variables(build, workspace)?;
    let arguments = vec!["-c".into(), command.into()];
    let invocation = Invocation::new("sh", arguments, &workspace.root, options);
    let fresh = if options.fresh { "1" } else { "" };
    let invocation = invocation.variables(variables).variables([("IMGPLAN_FRESH".into(), fresh.into())]);
    process::run(&build.name, invocation).await.map_err(|error| {
        let hint =
            "it ran in a checkout of the commit: a program or file elsewhere is named by its whole path";
        pushing(error.hint(hint), options)
    })?;
    Ok(Outcome::Pushed)
}

/// The command's environment. Each variable is always there, so that one of an outer run never shows through.
fn variables(build: &Build, workspace: &Workspace) -> Result<Vec<(OsString, OsString)>> {
    // The command runs elsewhere: a folder that was named relative to imgplan's own has to be absolute.
    let repository = match &build.repository {
        Repository::Remote { .. } => build.repository.clone(),
        Repository::Layout { dir, .. } => {
            let dir = absolute(dir)?;
            Repository::Layout { shown: dir.display().to_string(), dir }
        }
    };
    let tags: Vec<String> = build.tags.iter().map(|tag| repository.tagged(tag)).collect();
    let platforms: Vec<String> = build.platforms.iter().map(ToString::to_string).collect();
    let created = jiff::Timestamp::from_second(build.created)
        .map_err(|error| Error::invalid("the commit's time is out of range").caused_by(error))?;
    let pairs: [(&str, OsString); 14] = [
        ("IMGPLAN_NAME", build.name.clone().into()),
        ("IMGPLAN_COMMIT", build.commit.clone().into()),
        ("IMGPLAN_CONTEXT", workspace.context.clone().into()),
        ("IMGPLAN_DOCKERFILE", workspace.dockerfile.clone().into()),
        ("IMGPLAN_TARGET", build.target.clone().unwrap_or_default().into()),
        ("IMGPLAN_PLATFORMS", platforms.join(",").into()),
        ("IMGPLAN_REPOSITORY", repository.to_string().into()),
        ("IMGPLAN_TAGS", tags.join("\n").into()),
        ("IMGPLAN_BUILD_ARGS", lines("build argument", &build.args)?),
        ("IMGPLAN_CONTEXTS", lines("named context", &contexts(workspace))?),
        ("IMGPLAN_LABELS", lines("label", &build.labels)?),
        ("IMGPLAN_ANNOTATIONS", lines("annotation", &build.annotations)?),
        ("IMGPLAN_CACHE_FROM", build.cache_from.join("\n").into()),
        ("IMGPLAN_CREATED", created.to_string().into()),
    ];
    Ok(pairs.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

/// Named contexts as buildx and buildah take them, folders absolute.
fn contexts(workspace: &Workspace) -> BTreeMap<String, String> {
    let value = |context: &Context| match context {
        Context::Folder(folder) => folder.display().to_string(),
        Context::Image(image) => format!("docker-image://{image}"),
        Context::Layout(dir, image) => format!("oci-layout://{}{image}", dir.display()),
        Context::Other(value) => value.clone(),
    };
    workspace.contexts.iter().map(|(name, context)| (name.clone(), value(context))).collect()
}

/// `NAME=VALUE` lines. A value with a line break would read as two, so it is refused.
fn lines(what: &str, pairs: &BTreeMap<String, String>) -> Result<OsString> {
    let lines = pairs.iter().map(|(name, value)| {
        let line = format!("{name}={value}");
        if line.contains(['\n', '\r']) {
            return Err(Error::invalid(format!(
                "the {what} {name} holds a line break, which a build command cannot be told"
            ))
            .hint("take the line break out, or build with --build=buildx, buildah or podman"));
        }
        Ok(line)
    });
    Ok(lines.collect::<Result<Vec<_>>>()?.join("\n").into())
}

#[cfg(all(test, unix))]
#[path = "command_tests.rs"]
mod tests;
