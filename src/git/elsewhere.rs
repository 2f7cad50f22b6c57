//! One commit of a repository elsewhere, without a clone: fetched by the `git` program into a cache, without its files.
//!
//! `--depth=1 --filter=blob:none` brings the commit and its trees; the few files that are read are then fetched by their
//! ids, in one call as far as their names tell. Only known transports are allowed, whatever an address or the user's
//! configuration rewrites it to; no hook runs, nothing asks for a password, and no password is written to the cache. The
//! user's own credential helpers and ssh are used, as by `git clone`.

mod address;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use bstr::{BStr, ByteSlice as _};
use sha2::{Digest as _, Sha256};

use super::{Git, program};
use crate::config;
use crate::error::{Error, Result};
use crate::tree::{Id, Mode, Objects};

pub use address::without_password;
use address::{TRANSPORTS, check, check_name};

/// Nothing is run but what fetching needs.
const SETTINGS: [&str; 8] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.recurseSubmodules=no",
    "fetch.negotiationAlgorithm=noop",
    "transfer.bundleURI=false",
    "protocol.ext.allow=never",
];
/// Variables that would point git to another repository.
const NOT_OURS: [&str; 6] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
];
/// Another process that fetches from the same repository is waited for so long.
const PATIENCE: Duration = Duration::from_secs(120);
/// Files that are fetched for their names alone.
const AHEAD: usize = 2000;

/// A repository elsewhere and its folder in the cache.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    url: String,
    dir: PathBuf,
}

/// The cache's folder is this process's until it is dropped.
#[derive(Debug)]
pub struct Held(#[expect(dead_code, reason = "a lock")] File);

impl Elsewhere {
    /// Makes the folder in the cache, and waits until no other process uses it.
    pub fn open(url: &str, cache: &Path) -> Result<(Elsewhere, Held)> {
        check(url)?;
        let bare = without_password(url);
        let key: String = Sha256::digest(bare.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let root = cache.join("git");
        let failed = |error: std::io::Error| {
            Error::unavailable(format!("the cache {} cannot be written", root.display()))
                .caused_by(error)
                .hint("IMGPLAN_CACHE names another folder")
        };
        private(&root).map_err(failed)?;
        let held = hold(&root.join(format!("{key}.lock")))?;
        let dir = root.join(key);
        if !dir.join("HEAD").exists() {
            make(&dir, &bare).map_err(failed)?;
        }
        Ok((Elsewhere { url: url.to_owned(), dir }, held))
    }

    /// The commit of a branch, a tag or a full id, with its trees; the repository's `HEAD` is at it then.
    pub fn commit(&self, name: &str) -> Result<(Git, Id)> {
        check_name(name)?;
        let known = super::is_full_id(name) && !Git::open(&self.dir)?.lacks(name)?;
        let target = if known { name.to_owned() } else { self.fetch(name)? };
        let id = self.output(
            &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{target}^{{commit}}")],
            b"",
        )?;
        let id = id.stdout.trim().to_str_lossy().into_owned();
        if !super::is_full_id(&id) {
            return Err(Error::invalid(format!("{name:?} of {} is no commit", self.shown())));
        }
        fs::write(self.dir.join("HEAD"), format!("{id}\n"))
            .map_err(|error| Error::unavailable("the cache cannot be written").caused_by(error))?;
        let git = Git::open(&self.dir)?.fetching(self.clone());
        let commit = git.commit(&id)?;
        let wanted = ahead(&git.objects(), &commit.tree)?;
        let absent = git.not_here(&wanted)?;
        self.blobs(&absent)?;
        Ok((git, commit.id))
    }

    fn fetch(&self, name: &str) -> Result<String> {
        let key: String =
            Sha256::digest(name.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let target = format!("refs/imgplan/{key}");
        let refspec = format!("+{name}:{target}");
        let args = ["--depth=1", "--filter=blob:none", "fetched", refspec.as_str()];
        self.fetch_with(&args, b"", &format!("{name} of {}", self.shown()))?;
        Ok(target)
    }

    /// Fetches files by their ids, in one call.
    pub(super) fn blobs(&self, ids: &[Id]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let input: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let what = format!("{} files of {}", ids.len(), self.shown());
        self.fetch_with(&["--filter=blob:none", "--stdin", "fetched"], input.as_bytes(), &what)
    }

    fn fetch_with(&self, args: &[&str], input: &[u8], what: &str) -> Result<()> {
        let always = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"];
        let output = self.output(&[&always, args].concat(), input)?;
        if output.status.success() {
            return Ok(());
        }
        Err(program::refused(format!("{what} cannot be fetched"), &output)
            .hint("is it the address of a repository, and may this user read it? `git ls-remote` says what is there")
            .hint("a commit needs its full id; a server may refuse one that no branch or tag has"))
    }

    fn output(&self, args: &[&str], input: &[u8]) -> Result<Output> {
        let mut command = Command::new("git");
        command.arg("--no-pager");
        for setting in SETTINGS {
            command.arg("-c").arg(setting);
        }
        let mut git_dir = std::ffi::OsString::from("--git-dir=");
        git_dir.push(&self.dir);
        command.arg(git_dir).args(args).current_dir(&self.dir);
        NOT_OURS.iter().for_each(|name| _ = command.env_remove(name));
        command
            .env("GIT_ALLOW_PROTOCOL", TRANSPORTS.join(":"))
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C");
        // Nothing is fetched but what is named here.
        command.env("GIT_NO_LAZY_FETCH", "1");
        // Not on the command line, which every user of the machine sees: it may hold a password.
        command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "remote.fetched.url");
        command.env("GIT_CONFIG_VALUE_0", &self.url);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |error| Error::unavailable("the `git` program cannot be run").caused_by(error);
        let mut child = command.spawn().map_err(failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            match stdin.write_all(input) {
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(failed(error)),
                _ => {}
            }
        }
        child.wait_with_output().map_err(failed)
    }

    fn shown(&self) -> String {
        without_password(&self.url)
    }
}

/// A bare repository with two remotes: `origin` says where it is from, `fetched` promises what was left out.
fn make(dir: &Path, url: &str) -> std::io::Result<()> {
    fs::create_dir_all(dir.join("objects"))?;
    fs::create_dir_all(dir.join("refs"))?;
    let url = url.replace('\\', "\\\\").replace('"', "\\\"");
    let config = format!(
        "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tpartialClone = fetched\n\
         [remote \"origin\"]\n\turl = \"{url}\"\n[remote \"fetched\"]\n\tpromisor = true\n\tpartialclonefilter = blob:none\n"
    );
    fs::write(dir.join("config"), config)?;
    // Last: it is what says that the rest is there.
    fs::write(dir.join("HEAD"), "ref: refs/heads/none\n")
}

/// What is in a private repository is nobody else's.
fn private(root: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(root)
}

fn hold(path: &Path) -> Result<Held> {
    let failed = |error: std::io::Error| {
        Error::unavailable(format!("the lock {} cannot be had", path.display())).caused_by(error)
    };
    let file = File::options().create(true).append(true).open(path).map_err(failed)?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Held(file)),
            Err(fs::TryLockError::WouldBlock) if start.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(fs::TryLockError::WouldBlock) => {
                return Err(Error::unavailable(
                    "another process has fetched from this repository for minutes",
                )
                .hint("is it stuck? IMGPLAN_CACHE names another folder"));
            }
            Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
}

/// Files that are likely to be read, by their names; and links, whose targets may be.
fn ahead(objects: &dyn Objects, tree: &Id) -> Result<Vec<Id>> {
    let mut folders = vec![(*tree, false)];
    let mut wanted = Vec::new();
    while let Some((folder, renku)) = folders.pop() {
        let folder = objects.tree(&folder)?;
        for entry in folder.iter() {
            match entry.mode {
                Mode::Folder => folders.push((entry.id, entry.name == ".renku")),
                Mode::Submodule => {}
                Mode::Symlink => wanted.push(entry.id),
                Mode::File | Mode::Executable if is_read(entry.name, renku) => wanted.push(entry.id),
                Mode::File | Mode::Executable => {}
            }
            if wanted.len() == AHEAD {
                return Ok(wanted);
            }
        }
    }
    Ok(wanted)
}

fn is_read(name: &BStr, in_renku: bool) -> bool {
    let known = name == config::FILE || name == ".gitattributes" || (in_renku && name == "renku.ini");
    let lower = name.to_ascii_lowercase();
    known
        || lower.ends_with(b".dockerignore")
        || lower.contains_str("dockerfile")
        || lower.contains_str("containerfile")
}
