//! Which builder: named, or the first that works on this machine.

use std::ffi::OsString;
use std::time::Duration;

use super::process;
use crate::error::{Error, Result};

/// How long a builder may take to say that it works. An engine that does not answer must not hold up the
/// report of it for longer than a refused connection may (15 seconds), and three are asked in turn.
const PATIENCE: Duration = Duration::from_secs(4);

/// What builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Builder {
    /// `docker buildx build`
    Buildx,
    /// `buildah build`
    Buildah,
    /// `podman build`
    Podman,
    /// The user's own command, for `sh -c`.
    Command(String),
}

impl Builder {
    /// The first of buildx, buildah and podman that works. `docker` alone proves nothing: the client may lack
    /// the plugin or the engine.
    pub async fn find(environment: &[(OsString, OsString)]) -> Result<Builder> {
        let mut tried = Vec::new();
        for builder in [Builder::Buildx, Builder::Buildah, Builder::Podman] {
            match builder.usable(environment).await {
                Ok(()) => return Ok(builder),
                Err(why) => tried.push(format!("{builder}: {}", why.message())),
            }
        }
        let error = Error::unavailable(format!("no builder works here ({})", tried.join("; ")));
        Err(error.hint("install one of them, or give the command that builds: --build-command CMD"))
    }

    /// Whether the program is there at all, for a builder that was named; whether its engine answers shows when it
    /// builds.
    pub async fn installed(&self, environment: &[(OsString, OsString)]) -> Result<()> {
        let (command, missing): (&[&str], &str) = match self {
            Builder::Buildx => (&["docker", "buildx", "version"], "docker has no buildx plugin here"),
            Builder::Buildah => (&["buildah", "--version"], "buildah does not run here"),
            Builder::Podman => (&["podman", "--version"], "podman does not run here"),
            Builder::Command(_) => return Ok(()),
        };
        let why = match process::ask(command, environment, PATIENCE).await {
            Err(why) if !process::is_silence(&why) => why,
            _ => return Ok(()),
        };
        let error = match why.message() {
            process::ABSENT => {
                Error::unavailable(format!("{} is not installed: {}", command[0], why.message()))
            }
            said => Error::unavailable(format!("{missing} ({}: {said})", command.join(" "))),
        };
        Err(error.hint(
            "install it, or take what is there: --build finds a builder, --build-command CMD is your own",
        ))
    }

    /// Whether this builder answers within a few seconds.
    pub async fn usable(&self, environment: &[(OsString, OsString)]) -> Result<()> {
        let command: &[&str] = match self {
            // Leaves with 0 though no engine answers; the failure is a line of its output.
            Builder::Buildx => &["docker", "buildx", "inspect"],
            Builder::Buildah => &["buildah", "info"],
            Builder::Podman => &["podman", "info"],
            Builder::Command(_) => return Ok(()),
        };
        let said = process::ask(command, environment, PATIENCE).await?;
        match said.lines().find_map(|line| line.strip_prefix("Error:")) {
            Some(why) if *self == Builder::Buildx => Err(Error::unavailable(why.trim())),
            _ => Ok(()),
        }
    }
}

impl std::str::FromStr for Builder {
    type Err = Error;

    /// `buildx`, `buildah` or `podman`.
    fn from_str(text: &str) -> Result<Builder> {
        match text {
            "buildx" => Ok(Builder::Buildx),
            "buildah" => Ok(Builder::Buildah),
            "podman" => Ok(Builder::Podman),
            _ => Err(Error::new(crate::error::Kind::Usage, format!("{text:?} is no builder"))
                .hint("buildx, buildah and podman are; another is --build-command CMD")),
        }
    }
}

impl std::fmt::Display for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Builder::Buildx => "buildx",
            Builder::Buildah => "buildah",
            Builder::Podman => "podman",
            Builder::Command(_) => "the build command",
        })
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What is found where these programs are all there is, each a shell script.
    async fn found(programs: &[(&str, &str)]) -> Result<Builder> {
        let temp = tempfile::tempdir().unwrap();
        for (name, script) in programs {
            let path = temp.path().join(name);
            // Not by this process: a test beside it may fork while the file is open, and then it cannot be run.
            let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" >\"$2\" && chmod 755 \"$2\"";
            let mut shell = std::process::Command::new("sh");
            assert!(shell.args(["-c", write, "sh", script]).arg(&path).status().unwrap().success());
        }
        Builder::find(&[("PATH".into(), temp.path().into())]).await
    }

    #[tokio::test]
    async fn a_docker_client_without_the_plugin_is_told_from_none() {
        let temp = tempfile::tempdir().unwrap();
        let path = [("PATH".into(), temp.path().into())];
        let error = Builder::Buildx.installed(&path).await.unwrap_err();
        assert_eq!(error.message(), "docker is not installed: not found on PATH");
        let script = "#!/bin/sh\nprintf '%s\\n' 'docker: unknown command: docker buildx' '' \"Run 'docker --help'\" >&2\nexit 1\n";
        // Not by this process: a test beside it may fork while the file is open, and then it cannot be run.
        let write = "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\"";
        let mut shell = std::process::Command::new("sh");
        let docker = temp.path().join("docker");
        assert!(shell.args(["-c", write, "sh", script]).arg(&docker).status().unwrap().success());
        let error = Builder::Buildx.installed(&path).await.unwrap_err();
        assert_eq!(
            error.message(),
            "docker has no buildx plugin here (docker buildx version: docker: unknown command: docker buildx)"
        );
    }

    #[tokio::test]
    async fn a_docker_client_without_an_engine_is_no_builder() {
        let answers = "echo 'Name: default'; echo 'Driver: docker'";
        let refuses = format!("{answers}; echo 'Error:  Cannot connect to the Docker daemon'");
        let lacks = "echo 'docker: unknown command: docker buildx' >&2; exit 1";
        assert_eq!(found(&[("docker", answers)]).await.unwrap(), Builder::Buildx);
        assert_eq!(found(&[("docker", &refuses), ("buildah", "")]).await.unwrap(), Builder::Buildah);
        assert_eq!(found(&[("docker", lacks), ("podman", "")]).await.unwrap(), Builder::Podman);
        let error = found(&[("docker", lacks)]).await.unwrap_err();
        assert_eq!(
            error.message(),
            "no builder works here (buildx: docker: unknown command: docker buildx; \
             buildah: not found on PATH; podman: not found on PATH)"
        );
    }
}
