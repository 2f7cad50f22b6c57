//! Credential helpers: `docker-credential-NAME get`, the key on stdin, JSON on stdout.
//!
//! Protocol: docker/docker-credential-helpers. "Credentials not found" means anonymous; every other failure is an
//! error, since a helper that was configured was meant to be used.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::failure::sanitised;
use super::login::Login;
use super::secret::Secret;
use crate::error::{Error, Result};

/// How long a helper may take; some ask a cloud's API.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// Runs the helper; `None` if it has no credentials for this key.
pub(super) async fn ask(
    name: &str,
    key: &str,
    environment: &BTreeMap<String, String>,
    limit: Duration,
) -> Result<Option<Login>> {
    let program = format!("docker-credential-{name}");
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        return Err(Error::unavailable(format!("{name:?} is not the name of a credential helper")));
    }
    let output = match tokio::time::timeout(limit, run(&program, key, environment)).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => {
            return Err(Error::unavailable(format!("the credential helper {program} could not be run"))
                .hint("is it installed, and in PATH?")
                .caused_by(error));
        }
        // Dropping the future has killed the process.
        Err(_) => {
            return Err(Error::unavailable(format!(
                "the credential helper {program} gave no answer within {} s",
                limit.as_secs_f32()
            )));
        }
    };
    let said = |bytes: &[u8]| sanitised(&String::from_utf8_lossy(bytes));
    if !output.status.success() {
        let (stdout, stderr) = (said(&output.stdout), said(&output.stderr));
        if format!("{stdout} {stderr}").to_lowercase().contains("credentials not found") {
            return Ok(None);
        }
        let words = if stderr.is_empty() { stdout } else { stderr };
        let status = output.status;
        return Err(Error::unavailable(format!(
            "the credential helper {program} failed ({status}): {words}"
        )));
    }
    // Not serde's own message: it could quote the secret.
    let answer: Answer = serde_json::from_slice(&output.stdout).map_err(|_| {
        Error::unavailable(format!("the credential helper {program} did not answer in the helpers' form"))
    })?;
    if answer.secret.is_empty() {
        return Ok(None);
    }
    Ok(Some(Login::new(answer.username, Secret::new(answer.secret))))
}

async fn run(
    program: &str,
    key: &str,
    environment: &BTreeMap<String, String>,
) -> std::io::Result<std::process::Output> {
    let mut child = Command::new(program)
        .arg("get")
        .envs(environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(key.as_bytes()).await {
            // A helper that needs no key may have closed its input.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    child.wait_with_output().await
}
