//! The client of `judge/reads`, the Go program in which BuildKit's own frontend answers what it reads.
//!
//! It builds that program and asks one question at a time. What an answer means for imgplan is not its business.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize};
use tempfile::TempDir;

/// One build of one Dockerfile.
pub(super) struct Question<'a> {
    pub(super) dockerfile: &'a [u8],
    pub(super) target: Option<&'a str>,
    pub(super) args: &'a BTreeMap<String, String>,
    pub(super) platform: &'a str,
    /// The environment that every base image has, each as `NAME=VALUE`.
    pub(super) env: &'a [String],
}

#[derive(Serialize)]
struct Request<'a> {
    dockerfile: String,
    target: &'a str,
    args: &'a BTreeMap<String, String>,
    platform: &'a str,
    env: &'a [String],
}

/// What BuildKit makes of a Dockerfile.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Answer {
    /// Why it refuses.
    pub(super) error: Option<String>,
    /// The names that a target can have.
    #[serde(deserialize_with = "or_empty")]
    pub(super) stages: Vec<String>,
    /// Global arguments without a default.
    #[serde(deserialize_with = "or_empty")]
    pub(super) open: Vec<String>,
    /// What it reads of the context.
    #[serde(deserialize_with = "or_empty")]
    pub(super) reads: Vec<Read>,
}

/// One read of the context.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Read {
    pub(super) kind: Kind,
    /// From the context's root, with a leading slash; of a copy, it may be a pattern.
    pub(super) source: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) include: Vec<String>,
    #[serde(deserialize_with = "or_empty")]
    pub(super) exclude: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// `COPY` or `ADD`.
    #[default]
    Copy,
    /// A bind mount of `RUN`.
    Mount,
    /// An attestation of the whole context.
    Scan,
}

/// A Dockerfile that stands as a string in a test of Go.
#[derive(Debug, Deserialize)]
pub(super) struct Literal {
    /// The Go file, from the folder that was searched.
    pub(super) file: String,
    /// 1-based.
    pub(super) line: usize,
    text: String,
}

impl Literal {
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        STANDARD.decode(&self.text).context("a literal is no base64")
    }
}

/// Go writes an empty list as `null`.
fn or_empty<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    Option::<Vec<T>>::deserialize(from).map(Option::unwrap_or_default)
}

/// The running program. Its input's end is its own.
pub(super) struct Frontend {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Frontend {
    /// Builds and starts it.
    pub(super) fn start() -> Result<Frontend> {
        let folder = tempfile::tempdir()?;
        let program = build(folder.path())?;
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("BuildKit's frontend cannot be started")?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("BuildKit's frontend has no output")?;
        Ok(Frontend { child, input, output: BufReader::new(output), _folder: folder })
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask(&mut self, question: &Question<'_>) -> Result<Answer> {
        let request = Request {
            dockerfile: STANDARD.encode(question.dockerfile),
            target: question.target.unwrap_or_default(),
            args: question.args,
            platform: question.platform,
            env: question.env,
        };
        let mut line = serde_json::to_string(&request)?;
        line.push('\n');
        let input = self.input.as_mut().context("BuildKit's frontend has no input")?;
        input.write_all(line.as_bytes()).context("BuildKit's frontend is gone; its messages are above")?;
        line.clear();
        self.output.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("BuildKit's frontend answered {line:?}"))
    }
}

impl Drop for Frontend {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// The Dockerfiles in the tests below a folder.
pub(super) fn literals(folder: &Path) -> Result<Vec<Literal>> {
    let tools = tempfile::tempdir()?;
    let output =
        Command::new(build(tools.path())?).arg("literals").arg(folder).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the tests below {} cannot be read", folder.display());
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).context("a literal is no JSON")).collect()
}

/// Go's own cache makes the second time cheap.
fn build(folder: &Path) -> Result<std::path::PathBuf> {
    let program = folder.join("reads");
    let status = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg("./reads")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("judge"))
        .status()
        .context("`go` cannot be started: the comparison needs Go, as judge/go.mod says")?;
    ensure!(status.success(), "judge/reads does not build; Go's messages are above");
    Ok(program)
}
