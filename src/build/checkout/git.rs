//! The `git` program over an empty git directory that borrows another repository's objects.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::process::Command;

use super::files::failed;
use crate::error::{Error, Result};

/// One repository's objects and an index of our own.
pub(super) struct Git {
    dir: PathBuf,
    objects: PathBuf,
    tree: PathBuf,
}

/// What would point git elsewhere than it is told here.
const REMOVED: [&str; 12] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_ATTR_SOURCE",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_QUARANTINE_PATH",
    "GIT_EXTERNAL_DIFF",
];

/// Settings that the user's or the system's configuration must not change.
const FIXED: [&str; 9] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.autocrlf=false",
    "core.eol=lf",
    "core.symlinks=true",
    "core.sparseCheckout=false",
    "core.splitIndex=false",
    "core.bare=false",
];

impl Git {
    /// An empty git directory at `dir` with the objects of the repository `common_dir`, for files below `tree`.
    pub(super) fn new(dir: PathBuf, common_dir: &Path, tree: &Path, id: &str) -> Result<Git> {
        // As long as an id is SHA-256's, the repository's format has to be said.
        let config = if id.len() == 64 {
            "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n"
        } else {
            "[core]\n\trepositoryformatversion = 0\n"
        };
        let write = || {
            std::fs::create_dir_all(dir.join("refs"))?;
            std::fs::create_dir_all(dir.join("objects"))?;
            std::fs::write(dir.join("HEAD"), "ref: refs/heads/none\n")?;
            std::fs::write(dir.join("config"), config)
        };
        write().map_err(|error| failed("cannot write", &dir, error))?;
        let objects = std::path::absolute(common_dir.join("objects"))
            .map_err(|error| failed("no absolute path for", common_dir, error))?;
        Ok(Git { dir, objects, tree: tree.to_owned() })
    }

    /// Whether the repository has this commit with its tree.
    pub(super) async fn has(&self, commit: &str) -> Result<bool> {
        let object = format!("{commit}^{{tree}}");
        Ok(self.output(&["cat-file", "-e", &object]).await?.status.success())
    }

    /// Fills the index and the folder.
    pub(super) async fn check_out(&self, commit: &str) -> Result<()> {
        for arguments in [&["read-tree", commit][..], &["checkout-index", "--all", "--force", "--quiet"]] {
            let output = self.output(arguments).await?;
            if !output.status.success() {
                return Err(self.explained(commit, &output));
            }
        }
        Ok(())
    }

    /// What a subcommand prints, or nothing where it fails with `empty`.
    pub(super) async fn ask(&self, arguments: &[&str], empty: Option<i32>) -> Result<Vec<u8>> {
        let output = self.output(arguments).await?;
        if output.status.success() {
            Ok(output.stdout)
        } else if empty.is_some() && output.status.code() == empty {
            Ok(Vec::new())
        } else {
            let what = arguments.first().unwrap_or(&"");
            Err(Error::unavailable(format!("git {what} failed")).caused_by(said(&output)))
        }
    }

    async fn output(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new("git");
        for setting in FIXED {
            command.args(["-c", setting]);
        }
        // git-lfs keeps its objects beside git's, and would look for them in our empty directory.
        let mut storage = OsString::from("lfs.storage=");
        storage.push(self.objects.parent().unwrap_or(&self.objects).join("lfs"));
        command.args([OsStr::new("-c"), &storage]);
        command.args(arguments).current_dir(&self.tree).stdin(Stdio::null()).kill_on_drop(true);
        REMOVED.iter().for_each(|name| _ = command.env_remove(name));
        command
            .env("GIT_DIR", &self.dir)
            .env("GIT_WORK_TREE", &self.tree)
            .env("GIT_INDEX_FILE", self.dir.join("index"))
            .env("GIT_OBJECT_DIRECTORY", &self.objects)
            .envs([("GIT_ATTR_NOSYSTEM", "1"), ("GIT_NO_REPLACE_OBJECTS", "1"), ("GIT_NO_LAZY_FETCH", "1")])
            .envs([("GIT_OPTIONAL_LOCKS", "0"), ("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")]);
        command.output().await.map_err(|error| {
            Error::unavailable("the git program cannot be run")
                .caused_by(error)
                .hint("install git: the checkout that is built comes from it")
        })
    }

    fn explained(&self, commit: &str, output: &Output) -> Error {
        let said = said(output);
        let error = Error::unavailable(format!("git could not check out the commit {commit}"));
        let error = if said.contains("smudge filter") {
            error.hint("where the filter is git-lfs: git lfs fetch")
        } else if ["unable to read", "missing", "not a tree", "bad object"]
            .iter()
            .any(|word| said.contains(word))
        {
            error.hint(format!(
                "a partial clone lacks files; this fetches those of the commit: git archive {commit} >/dev/null"
            ))
        } else {
            error
        };
        error.caused_by(said)
    }
}

/// What git said on stderr; a commit's checkout may complain of a thousand files.
fn said(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().collect();
    match lines.get(..5) {
        Some(first) if lines.len() > 5 => {
            format!("{} … and {} lines more", first.join("; "), lines.len() - 5)
        }
        _ if lines.is_empty() => format!("git ended with {}", output.status),
        _ => lines.join("; "),
    }
}
