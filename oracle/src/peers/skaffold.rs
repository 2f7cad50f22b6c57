//! skaffold's `inputDigest`, the way that needs no cluster and no Docker: `skaffold build --dry-run`.
//!
//! It asks the base images' registry for what they `ONBUILD`. Their names lead nowhere, so that registry stands as the
//! proxy of all that skaffold asks without TLS. With TLS it gets nowhere, and so it asks nobody else.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::json;

use super::tool::{Key, View, answer};

/// The program.
pub struct Skaffold {
    program: PathBuf,
}

#[derive(Deserialize)]
struct Builds {
    builds: Vec<Build>,
}

#[derive(Deserialize)]
struct Build {
    tag: String,
}

impl Skaffold {
    /// At that path.
    pub fn new(program: PathBuf) -> Skaffold {
        Skaffold { program }
    }

    /// The tag that it would give the image.
    pub(super) fn key(&self, view: &View<'_>) -> Result<Key> {
        // Outside of the checkout, or `COPY .` would take it for an input.
        let home = tempfile::tempdir()?;
        let configuration = home.path().join("skaffold.yaml");
        let settings = home.path().join("settings.yaml");
        // JSON is YAML.
        std::fs::write(&configuration, project(view).to_string())?;
        std::fs::write(&settings, quiet().to_string())?;
        let output = Command::new(&self.program)
            .args(["build", "--quiet", "--dry-run", "--verbosity=debug"])
            .args(["--update-check=false", "--interactive=false"])
            .arg("--filename")
            .arg(&configuration)
            .arg("--config")
            .arg(&settings)
            .current_dir(view.root)
            .env_clear()
            .env("HOME", home.path())
            // None: or it looks for the program docker.
            .env("DOCKER_HOST", "unix:///nonexistent")
            .env("HTTP_PROXY", format!("http://{}", view.registry))
            .env("HTTPS_PROXY", "http://127.0.0.1:1")
            .output()
            .with_context(|| format!("{} cannot be run", self.program.display()))?;
        let printed = match answer(&output) {
            Ok(printed) => printed,
            Err(log) => return Ok(Err(reason(&log))),
        };
        let mut builds: Builds =
            serde_json::from_str(&printed).context("skaffold prints no list of builds")?;
        let tag = builds.builds.pop().context("skaffold names no build")?.tag;
        // It succeeds without a digest, too; any two of those tags are the same.
        if tag.ends_with(":latest") {
            return Ok(Err(reason(&String::from_utf8_lossy(&output.stderr))));
        }
        Ok(Ok(tag))
    }
}

/// Why there is no digest, from the midst of a log; where it gives up, the last line says so.
fn reason(log: &str) -> String {
    let tagging = log.lines().find_map(|line| Some(line.split_once("generating tag: ")?.1));
    let line = tagging.or(log.lines().last()).unwrap_or_default();
    line.split("\" subtask=").next().unwrap_or_default().replace('\\', "")
}

/// The `skaffold.yaml`.
fn project(view: &View<'_>) -> serde_json::Value {
    let image = view.image;
    // It looks in the context first, then in the folder that it is called in.
    let below = Path::new(&image.dockerfile).strip_prefix(&image.context).ok();
    let dockerfile = below.and_then(Path::to_str).unwrap_or(&image.dockerfile);
    let mut docker = json!({ "dockerfile": dockerfile, "buildArgs": image.args });
    if let Some(target) = &image.target {
        docker["target"] = json!(target);
    }
    let contexts: Vec<String> =
        image.contexts.iter().map(|(name, context)| format!("--build-context={name}={context}")).collect();
    docker["cliFlags"] = json!(contexts);
    json!({
        "apiVersion": "skaffold/v4beta13",
        "kind": "Config",
        "build": {
            "tagPolicy": { "inputDigest": {} },
            "local": { "push": false, "useBuildkit": true },
            "artifacts": [{
                "image": "image",
                "context": image.context,
                "platforms": image.platforms,
                "docker": docker,
            }],
        },
    })
}

/// Settings of its user: tell nobody, and take what the registry says without TLS.
fn quiet() -> serde_json::Value {
    json!({
        "global": {
            "collect-metrics": false,
            "update-check": false,
            "survey": { "disable-prompt": true },
            "insecure-registries": ["oracle.test", "index.docker.io"],
        },
        "kubeContexts": [],
    })
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn the_reason_is_found_in_a_log() {
        let log = "level=debug msg=\"generating tag: no \\\"a\\\"\" subtask=image\nlevel=debug msg=\"more\"";
        assert_eq!(reason(log), "no \"a\"");
        assert_eq!(
            reason("level=debug msg=\"more\"\nparsing skaffold config: no"),
            "parsing skaffold config: no"
        );
    }
}
