//! The program under test, seen as its users see it: `imgplan plan --format json` on a commit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use tempfile::TempDir;

use crate::judge::scratch;

/// What imgplan says of one image at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessment {
    /// Its content hash, and the plan's warnings.
    Hash {
        /// 64 digits.
        hash: String,
        /// As printed.
        warnings: Vec<String>,
    },
    /// No hash; the message.
    Refused(String),
}

/// An `imgplan`, with an empty registry.
pub struct Subject {
    program: PathBuf,
    registry: TempDir,
}

#[derive(Deserialize)]
struct Plan {
    images: Vec<Image>,
}

#[derive(Deserialize)]
struct Image {
    name: String,
    content_hash: String,
    warnings: Vec<String>,
}

impl Subject {
    /// Takes the program at that path.
    pub fn new(program: &Path) -> Result<Subject> {
        Ok(Subject { program: std::path::absolute(program)?, registry: scratch("registry")? })
    }

    /// What an image's content hash is made of, in lines; empty where it has none.
    pub fn preimage(&self, repository: &Path, commit: &str, image: &str) -> Result<Vec<String>> {
        let output = self.plan(repository, &[commit, "--verbose", "--image", image])?;
        let said = String::from_utf8_lossy(&output.stderr);
        let begin = format!("detail: {image}: ");
        Ok(said.lines().filter_map(|line| line.strip_prefix(&begin)).map(str::to_owned).collect())
    }

    fn plan(&self, repository: &Path, arguments: &[&str]) -> Result<Output> {
        Command::new(&self.program)
            .args(["plan", "--format", "json", "--repository"])
            .arg(format!("oci:{}", self.registry.path().display()))
            .args(arguments)
            .current_dir(repository)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.registry.path())
            .output()
            .with_context(|| format!("{} cannot be run", self.program.display()))
    }

    /// Plans a commit; the answer for each of the images that are asked for.
    pub fn assess(
        &self,
        repository: &Path,
        commit: &str,
        images: &[&str],
    ) -> Result<BTreeMap<String, Assessment>> {
        let output = self.plan(repository, &[commit])?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // 0: all planned; 1: some or all of them refused. Anything else is no answer, and a signal is a crash.
        if !matches!(output.status.code(), Some(0 | 1)) {
            bail!("imgplan plan {commit}: {}: {said}", output.status);
        }
        let planned = if output.stdout.is_empty() {
            Vec::new()
        } else {
            serde_json::from_slice::<Plan>(&output.stdout).context("the plan is no plan")?.images
        };
        let mut assessments: BTreeMap<String, Assessment> =
            images.iter().map(|name| ((*name).to_owned(), Assessment::Refused(said.clone()))).collect();
        for image in planned {
            let assessment = Assessment::Hash { hash: image.content_hash, warnings: image.warnings };
            assessments.insert(image.name, assessment);
        }
        Ok(assessments)
    }
}
