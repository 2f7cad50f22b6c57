//! The Go program: builds it, asks it, reads its answers.

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::Answer;
use super::cases::{Case, Kind};

/// The program at work; it ends when its input does.
pub(super) struct Go {
    child: Child,
    input: Option<BufWriter<ChildStdin>>,
    output: BufReader<ChildStdout>,
}

#[derive(Serialize)]
struct Question {
    kind: &'static str,
    text: String,
    names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    refused: Option<String>,
    #[serde(rename = "match")]
    filepath: Option<bool>,
    path: Option<bool>,
    clean: Option<String>,
    #[serde(default)]
    seen: Vec<String>,
}

impl Go {
    /// Builds the program and starts it.
    pub(super) fn start() -> Result<Go> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("judge");
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/oracle/matcher");
        let mut build = Command::new("go");
        build.args(["build", "-o"]).arg(&program).arg("./matcher").current_dir(&folder);
        let status = build.status().context("cannot run `go`: install Go 1.26 or newer")?;
        if !status.success() {
            bail!("`go build ./matcher` failed in {}", folder.display());
        }
        // Go's scanner complains of odd characters on stderr; what matters is in the answers.
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let input = child.stdin.take().map(BufWriter::new);
        let output = BufReader::new(child.stdout.take().context("the program has no output")?);
        Ok(Go { child, input, output })
    }

    /// An answer for each case.
    pub(super) fn ask(&mut self, cases: &[Case]) -> Result<Vec<Answer>> {
        let input = self.input.as_mut().context("the program has no input")?;
        let output = &mut self.output;
        std::thread::scope(|scope| {
            let writer = scope.spawn(move || -> Result<()> {
                for case in cases {
                    serde_json::to_writer(&mut *input, &question(case))?;
                    input.write_all(b"\n")?;
                }
                // The empty line asks for what is still held back.
                input.write_all(b"\n")?;
                Ok(input.flush()?)
            });
            let mut answers = Vec::with_capacity(cases.len());
            for case in cases {
                let mut line = String::new();
                output.read_line(&mut line)?;
                answers
                    .push(answer(case, &line).with_context(|| format!("Go's answer to {case}: {line:?}"))?);
            }
            match writer.join() {
                Ok(written) => written.map(|()| answers),
                Err(_) => bail!("the thread that asks has panicked"),
            }
        })
    }
}

impl Drop for Go {
    fn drop(&mut self) {
        drop(self.input.take());
        // It has ended or ends now; its status says nothing that the answers did not.
        let _ = self.child.wait();
    }
}

fn question(case: &Case) -> Question {
    let kind = match case.kind {
        Kind::Match => "match",
        Kind::Clean => "clean",
        Kind::Ignore => "ignore",
    };
    let names = case.names.iter().map(|name| BASE64.encode(name)).collect();
    Question { kind, text: BASE64.encode(&case.text), names }
}

fn answer(case: &Case, line: &str) -> Result<Answer> {
    let given: Given = serde_json::from_str(line)?;
    Ok(match case.kind {
        Kind::Match => Answer::Match { filepath: given.filepath, path: given.path },
        Kind::Clean => Answer::Clean(BASE64.decode(given.clean.context("no path")?)?),
        Kind::Ignore if given.refused.is_some() => Answer::Refused,
        Kind::Ignore => {
            let paths = given.seen.iter().map(|path| Ok(BASE64.decode(path)?));
            Answer::Seen(paths.collect::<Result<_>>()?)
        }
    })
}
