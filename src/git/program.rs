//! Asking the `git` program, safely: no hooks, no fsmonitor, no pager, no prompt, no fetching.
//!
//! What is asked (`rev-parse`, `cat-file`, `ls-files`) runs nothing else once these are off, so a repository
//! that another user owns is asked, too (`safe.directory`). It must not know what the answers mean.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::error::{Error, Result};

/// The `git` program and the repository it is asked about.
#[derive(Debug)]
pub(super) struct Program {
    executable: PathBuf,
    git_dir: PathBuf,
    work_dir: Option<PathBuf>,
    /// Without the user's and the system's configuration.
    isolated: bool,
}

/// Settings that could make git run or fetch something. `safe.directory` is honoured from the command line
/// since git 2.38; older ones refuse, and their message is shown.
const SETTINGS: [&str; 4] =
    ["safe.directory=*", "core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never"];

/// `GIT_NO_LAZY_FETCH` is git 2.44. An empty `GIT_ALLOW_PROTOCOL` stops older ones even where the
/// repository's configuration says `protocol.ext.allow=always`, which `protocol.allow` would not.
const ENVIRONMENT: [(&str, &str); 6] = [
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", ""),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_PAGER", "cat"),
    ("LC_ALL", "C"),
];

impl Program {
    pub(super) fn new(git_dir: PathBuf, work_dir: Option<PathBuf>, isolated: bool) -> Self {
        Program { executable: PathBuf::from("git"), git_dir, work_dir, isolated }
    }

    /// With another executable; for tests.
    #[cfg(test)]
    pub(super) fn with_executable(mut self, executable: PathBuf) -> Self {
        self.executable = executable;
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command.arg("--no-pager").arg("--literal-pathspecs");
        for setting in SETTINGS {
            command.arg("-c").arg(setting);
        }
        let mut git_dir = std::ffi::OsString::from("--git-dir=");
        git_dir.push(&self.git_dir);
        command.arg(git_dir);
        if let Some(work_dir) = &self.work_dir {
            let mut option = std::ffi::OsString::from("--work-tree=");
            option.push(work_dir);
            command.arg(option).current_dir(work_dir);
        }
        command.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").envs(ENVIRONMENT);
        if self.isolated {
            command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
            command.env_remove("GIT_INDEX_FILE").env_remove("GIT_OBJECT_DIRECTORY");
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs to the end; the caller looks at the status.
    pub(super) fn output<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Output> {
        self.command().args(args).output().map_err(not_run)
    }

    /// The same with a file on stdin, of any length.
    pub(super) fn output_with_file<S: AsRef<OsStr>>(
        &self,
        args: &[S],
        input: std::fs::File,
    ) -> Result<Output> {
        self.command().args(args).stdin(input).output().map_err(not_run)
    }

    /// The same with something on stdin, which must fit a pipe's buffer (a few ids).
    pub(super) fn output_with_input<S: AsRef<OsStr>>(&self, args: &[S], input: &[u8]) -> Result<Output> {
        let mut child = self.command().args(args).stdin(Stdio::piped()).spawn().map_err(not_run)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that ended early closes the pipe; its status and message say more than that.
            match stdin.write_all(input) {
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(not_run(error)),
                _ => {}
            }
        }
        child.wait_with_output().map_err(not_run)
    }
}

fn not_run(error: std::io::Error) -> Error {
    Error::unavailable("the `git` program cannot be run").caused_by(error)
}

/// An error with what git said, without its `fatal: `.
pub(super) fn refused(message: String, output: &Output) -> Error {
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    let said = said.strip_prefix("fatal: ").unwrap_or(said);
    Error::unavailable(message).caused_by(format!("git: {said}"))
}
