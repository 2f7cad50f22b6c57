//! `oracle histories`: the hashes that imgplan remembers over a real history, beside those of each commit alone.
//!
//! Random commits of a repository are asked for one by one, in a process each, and their hash is worked out a third time
//! by the few lines here: the records that `plan -v` prints, with every file's mode and id taken from a fresh checkout on
//! disk. It knows the encoding (`docs/hash.md`) and git's blob ids, and nothing else of imgplan.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// What to compare.
#[derive(Debug, Args)]
pub struct Options {
    /// The program under test.
    #[arg(long, default_value = "target/release/imgplan")]
    imgplan: PathBuf,
    /// The images; without it, what the repository has.
    #[arg(long)]
    config: Option<PathBuf>,
    /// How many commits.
    #[arg(long, default_value_t = 500)]
    commits: usize,
    /// Makes the draw repeatable.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A clone.
    repository: PathBuf,
}

/// Compares; an error at the first difference.
pub fn run(options: &Options) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let bench = Bench { options, scratch: scratch.path() };
    let history = bench.json(&["log", "--graph", "--max-count", "10000000"])?;
    let commits = history["commits"].as_array().context("the log has no commits")?;
    let mut remembered: BTreeMap<&str, &Value> = BTreeMap::new();
    for commit in commits {
        remembered.insert(commit["commit"].as_str().context("a commit has no id")?, &commit["images"]);
    }
    let mut rng = fastrand::Rng::with_seed(options.seed);
    let (mut images, mut files, mut refused) = (0, 0, 0);
    let drawn = rng.choose_multiple(remembered.keys().copied(), options.commits);
    let count = drawn.len();
    for id in drawn {
        let alone = bench.plan(id)?;
        for image in remembered[id].as_array().context("a commit has no images")? {
            let name = image["name"].as_str().context("an image has no name")?;
            let (hash, planned) =
                (image["content_hash"].as_str(), alone.hashes.get(name).map(String::as_str));
            if hash != planned {
                bail!("{id}: {name}: {hash:?} in the log, {planned:?} alone");
            }
            let Some(hash) = hash else {
                refused += 1;
                continue;
            };
            let (computed, read) = bench.hash_on_disk(id, alone.records.get(name).context("no records")?)?;
            if computed != hash {
                bail!("{id}: {name}: {hash} by imgplan, {computed} from the files on disk");
            }
            images += 1;
            files += read;
        }
    }
    println!(
        "{}: {count} of {} commits, {images} hashes of images the same in the history, alone and from {files} files on disk; \
         {refused} refused in both",
        options.repository.display(),
        remembered.len()
    );
    Ok(())
}

struct Bench<'a> {
    options: &'a Options,
    scratch: &'a Path,
}

/// A record of a preimage: its name and its values.
type Record = (String, Vec<Vec<u8>>);

/// A commit by itself.
struct Alone {
    hashes: BTreeMap<String, String>,
    /// By image.
    records: BTreeMap<String, Vec<Record>>,
}

impl Bench<'_> {
    fn imgplan(&self, arguments: &[&str]) -> Result<std::process::Output> {
        let mut command = Command::new(std::path::absolute(&self.options.imgplan)?);
        command.args(arguments).args(["--format", "json", "--repository"]);
        command.arg(format!("oci:{}", self.scratch.join("images").display()));
        if let Some(config) = &self.options.config {
            command.arg("--config").arg(std::path::absolute(config)?);
        }
        let output = command.current_dir(&self.options.repository).output()?;
        if !matches!(output.status.code(), Some(0 | 1)) {
            bail!("imgplan {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(output)
    }

    fn json(&self, arguments: &[&str]) -> Result<Value> {
        Ok(serde_json::from_slice(&self.imgplan(arguments)?.stdout)?)
    }

    fn plan(&self, id: &str) -> Result<Alone> {
        let output = self.imgplan(&["plan", id, "--verbose"])?;
        let mut alone = Alone { hashes: BTreeMap::new(), records: BTreeMap::new() };
        if !output.stdout.is_empty() {
            let plan: Value = serde_json::from_slice(&output.stdout)?;
            for image in plan["images"].as_array().into_iter().flatten() {
                let text = |key: &str| image[key].as_str().unwrap_or_default().to_owned();
                alone.hashes.insert(text("name"), text("content_hash"));
            }
        }
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            let Some((image, rest)) = line.strip_prefix("detail: ").and_then(|line| line.split_once(": "))
            else {
                continue;
            };
            let Some((name, values)) = rest.split_once(':') else { continue };
            alone.records.entry(image.to_owned()).or_default().push((name.to_owned(), values_of(values)?));
        }
        Ok(alone)
    }

    /// The hash over the records, with modes and ids of files as they are in a checkout; and how many those are.
    fn hash_on_disk(&self, id: &str, records: &[Record]) -> Result<(String, usize)> {
        let checkout = self.checkout(id)?;
        let (mut sum, mut read) = (Sha256::new(), 0);
        for (name, values) in records {
            let mut values = values.clone();
            if name == "file" && values[0] == b"main" && values[3] != b"160000" {
                let path = checkout.path().join(self.context()).join(String::from_utf8(values[2].clone())?);
                let found = entry(&path).with_context(|| path.display().to_string())?;
                // Where attributes apply, the bytes on disk need not be the blob's.
                if values[5].is_empty() || found.1 == values[4] {
                    (values[3], values[4]) = found;
                    read += 1;
                }
            }
            sum.update(format!("{}:{name}{}:", name.len(), values.len()));
            for value in &values {
                sum.update(format!("{}:", value.len()));
                sum.update(value);
            }
            sum.update("\n");
        }
        Ok((hex(&sum.finalize()), read))
    }

    /// All images of one configuration have one context here.
    fn context(&self) -> String {
        let config = self.options.config.as_ref().and_then(|config| std::fs::read_to_string(config).ok());
        let line =
            config.as_deref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("context = ")));
        line.map(|line| line.trim_matches('"').to_owned()).unwrap_or_else(|| ".".to_owned())
    }

    fn checkout(&self, id: &str) -> Result<tempfile::TempDir> {
        let folder = tempfile::tempdir_in(self.scratch)?;
        let git = |arguments: &[&str]| -> Result<()> {
            let status = Command::new("git")
                .current_dir(&self.options.repository)
                .env("GIT_INDEX_FILE", self.scratch.join("index"))
                .args(["-c", "core.bare=false", "--work-tree"])
                .arg(folder.path())
                .args(arguments)
                .status()?;
            if status.success() { Ok(()) } else { bail!("git {}", arguments.join(" ")) }
        };
        git(&["read-tree", id])?;
        let context = self.context();
        git(&["checkout", id, "--", &context])?;
        Ok(folder)
    }
}

/// Mode and blob id of a file on disk, as git has them.
fn entry(path: &Path) -> Result<(Vec<u8>, Vec<u8>)> {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = path.symlink_metadata()?;
    let (mode, bytes) = if metadata.is_symlink() {
        ("120000", std::fs::read_link(path)?.as_os_str().as_bytes().to_vec())
    } else if metadata.permissions().mode() & 0o100 != 0 {
        ("100755", std::fs::read(path)?)
    } else {
        ("100644", std::fs::read(path)?)
    };
    let mut sum = sha1::Sha1::new();
    sum.update(format!("blob {}\0", bytes.len()));
    sum.update(&bytes);
    Ok((mode.into(), hex(&sum.finalize()).into_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// ` "a" "b\n"`, escaped as by `u8::escape_ascii`.
fn values_of(text: &str) -> Result<Vec<Vec<u8>>> {
    let mut values = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'"' {
            continue;
        }
        let mut value = Vec::new();
        loop {
            match rest.next().context("a value without an end")? {
                b'"' => break,
                b'\\' => value.push(match rest.next().context("an escape without an end")? {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'x' => {
                        let digits = [rest.next(), rest.next()].into_iter().flatten().collect::<Vec<u8>>();
                        u8::from_str_radix(std::str::from_utf8(&digits)?, 16)?
                    }
                    other => other,
                }),
                other => value.push(other),
            }
        }
        values.push(value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_were_written() {
        let written: Vec<Vec<u8>> = vec![b"a \"b\" \\".to_vec(), b"\n\t\x00\xff'".to_vec(), Vec::new()];
        let text: String = written.iter().map(|value| format!(" \"{}\"", value.escape_ascii())).collect();
        assert_eq!(values_of(&text).ok(), Some(written));
    }
}
