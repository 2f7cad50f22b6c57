//! The edge against real repositories, which the `git` program builds in temporary folders.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

mod attributes;
mod branches;
mod clones;
mod commits;
mod describe;
mod dirty;
mod history;
mod objects;
mod open;
mod worktree;

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::Git;
use crate::error::Error;
use crate::tree::Id;

/// A temporary folder with repositories in it, and a `git` that knows nothing of this machine's users.
struct Sandbox {
    dir: TempDir,
}

impl Sandbox {
    fn new() -> Self {
        Sandbox { dir: TempDir::new().unwrap() }
    }

    /// With a repository `repo` in it, of one commit with `a.txt` and `d/b.txt`.
    fn with_repo() -> Self {
        let sandbox = Sandbox::new();
        sandbox.git(".", &["init", "--quiet", "--initial-branch=main", "repo"]);
        sandbox.git("repo", &["config", "uploadpack.allowFilter", "true"]);
        sandbox.write("repo/a.txt", "a\n");
        sandbox.write("repo/d/b.txt", "b\n");
        sandbox.commit("repo", "one");
        sandbox
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn url(&self, path: &str) -> String {
        format!("file://{}", self.path(path).display())
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn command(&self, dir: &str) -> Command {
        let mut command = Command::new("git");
        command.current_dir(self.path(dir)).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.path("home"));
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("LC_ALL", "C");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Someone");
            command.env(format!("GIT_{role}_EMAIL"), "someone@example.org");
            command.env(format!("GIT_{role}_DATE"), "1700000000 +0000");
        }
        command.args(["-c", "protocol.file.allow=always", "-c", "gc.auto=0"]);
        command
    }

    /// Runs git and gives what it wrote, without the last line's end.
    fn git(&self, dir: &str, args: &[&str]) -> String {
        let output = self.command(dir).args(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {args:?}: {said}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Runs a command line as a hint shows it.
    fn follow(&self, dir: &str, hint: &str) {
        let command = hint.split('`').nth(1).unwrap();
        let args: Vec<&str> = command.strip_prefix("git ").unwrap().split(' ').collect();
        self.git(dir, &args);
    }

    /// Commits all that is in the working tree; the new commit's id.
    fn commit(&self, dir: &str, message: &str) -> String {
        self.git(dir, &["add", "--all"]);
        self.git(dir, &["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(dir, &["rev-parse", "HEAD"])
    }

    fn open(&self, dir: &str) -> Git {
        open(&self.path(dir)).unwrap()
    }
}

fn open(dir: &Path) -> Result<Git, Error> {
    Git::open_with(dir, None, gix::open::Permissions::isolated())
}

fn id(hex: &str) -> Id {
    Id::new(gix::ObjectId::from_hex(hex.as_bytes()).unwrap().as_bytes()).unwrap()
}

/// Message, causes and hints in one text, as a person sees them.
fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text.push_str(&format!("\n{source}"));
        cause = source.source();
    }
    for hint in error.hints() {
        text.push_str(&format!("\nhint: {hint}"));
    }
    text
}
