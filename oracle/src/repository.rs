//! Snapshots as commits of a git repository, and their checkouts as a CI job has them.
//!
//! Everything goes through the `git` program: what lies on the disk for a commit (attributes, links, modes) is git's
//! to say, and the program under test reads the repository with other code.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::judge::scratch;
use crate::snapshot::{Node, Snapshot};

/// A bare repository and a place for checkouts.
pub struct Repository {
    folder: TempDir,
    checkouts: u64,
}

/// A commit's files on the disk, without `.git`; gone when dropped.
pub struct Checkout {
    folder: PathBuf,
}

impl Checkout {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        // It lies in the repository's folder, which goes in any case.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Repository {
    /// An empty one.
    pub fn new() -> Result<Repository> {
        let folder = scratch("git")?;
        let repository = Repository { folder, checkouts: 0 };
        run(repository.git().args(["init", "--quiet", "--bare"]))?;
        Ok(repository)
    }

    /// The repository's folder, for the program under test.
    pub fn git_directory(&self) -> PathBuf {
        self.folder.path().join("git")
    }

    /// Commits them, and gives their ids in the same order.
    pub fn commit(&self, snapshots: &[&Snapshot]) -> Result<Vec<String>> {
        let mut stream = Vec::new();
        for (number, snapshot) in snapshots.iter().enumerate() {
            write!(stream, "commit refs/heads/c{number}\nmark :{}\n", number + 1)?;
            stream.extend_from_slice(b"committer o <o@example.org> 1700000000 +0000\ndata 0\n\ndeleteall\n");
            file(&mut stream, "100644", "imgplan.toml", snapshot.configuration()?.as_bytes())?;
            for (path, node) in &snapshot.files {
                match node {
                    Node::File { bytes, executable } => {
                        file(&mut stream, if *executable { "100755" } else { "100644" }, path, bytes)?;
                    }
                    Node::Link(target) => file(&mut stream, "120000", path, target.as_bytes())?,
                    Node::Submodule(files) => {
                        writeln!(stream, "M 160000 {} {}", submodule_id(files), quoted(path))?;
                    }
                }
            }
            stream.push(b'\n');
        }
        let marks = self.folder.path().join("marks");
        let mut import = self.git();
        import.args(["fast-import", "--quiet", "--force", "--date-format=raw"]);
        import.arg(format!("--export-marks={}", marks.display()));
        feed(&mut import, &stream)?;
        let text = std::fs::read_to_string(&marks)?;
        let by_mark: BTreeMap<usize, String> = text
            .lines()
            .filter_map(|line| line.strip_prefix(':')?.split_once(' '))
            .filter_map(|(mark, id)| Some((mark.parse().ok()?, id.to_owned())))
            .collect();
        (1..=snapshots.len())
            .map(|mark| by_mark.get(&mark).cloned().context("git fast-import gave no mark for a commit"))
            .collect()
    }

    /// Writes a commit's files into a fresh folder, as `git checkout` does.
    pub fn checkout(&mut self, commit: &str, snapshot: &Snapshot) -> Result<Checkout> {
        self.checkouts += 1;
        let folder = self.folder.path().join(format!("checkout-{}", self.checkouts));
        std::fs::create_dir(&folder)?;
        let checkout = Checkout { folder };
        let index = self.folder.path().join(format!("index-{}", self.checkouts));
        let mut git = self.git();
        git.env("GIT_INDEX_FILE", &index).env("GIT_WORK_TREE", checkout.path()).current_dir(checkout.path());
        run(git.args(["-c", "core.bare=false", "read-tree", "--reset", "-u", commit]))?;
        std::fs::remove_file(index)?;
        for (path, node) in &snapshot.files {
            if let Node::Submodule(files) = node {
                for (name, bytes) in files {
                    let file = checkout.path().join(path).join(name);
                    if let Some(parent) = file.parent() {
                        std::fs::create_dir_all(parent)?;
                    }
                    std::fs::write(file, bytes)?;
                }
            }
        }
        Ok(checkout)
    }

    /// Git in this repository, without anyone's configuration.
    pub fn git(&self) -> Command {
        let mut git = Command::new("git");
        git.env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("HOME", self.folder.path())
            .env("GIT_DIR", self.git_directory());
        git
    }
}

/// Any commit id will do, as long as other files have another one; nothing looks for the commit.
fn submodule_id(files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for (name, bytes) in files {
        for byte in name.bytes().chain([0]).chain(bytes.iter().copied()).chain([0]) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
    format!("{hash:032x}00000000")
}

fn file(stream: &mut Vec<u8>, mode: &str, path: &str, bytes: &[u8]) -> Result<()> {
    writeln!(stream, "M {mode} inline {}\ndata {}", quoted(path), bytes.len())?;
    stream.extend_from_slice(bytes);
    stream.push(b'\n');
    Ok(())
}

/// A path of fast-import: C-style, in quotes.
fn quoted(path: &str) -> String {
    let mut quoted = String::from("\"");
    for c in path.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn run(command: &mut Command) -> Result<()> {
    feed(command, &[])
}

fn feed(command: &mut Command, input: &[u8]) -> Result<()> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("git")?;
    if let Some(mut stdin) = child.stdin.take() {
        // A git that fails early closes its input; what it says is the better message.
        let _ = stdin.write_all(input);
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("{command:?}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
