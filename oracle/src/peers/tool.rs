//! The tools, and how each is asked for its key of one image of one commit.
//!
//! Each gets all that its options can take, as its documentation says; what it makes of that is its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result};

use super::Skaffold;
use crate::repository::Repository;
use crate::snapshot::Image;

/// A key, or the message of a tool that gives none.
pub type Key = std::result::Result<String, String>;

/// What a tool is shown.
pub struct View<'a> {
    /// The repository with the commit.
    pub repository: &'a Repository,
    /// The commit's id.
    pub commit: &'a str,
    /// Its checkout.
    pub root: &'a Path,
    /// The image.
    pub image: &'a Image,
    /// Address of the registry with the base images.
    pub registry: &'a str,
}

/// Someone who gives keys.
pub enum Tool {
    /// The id of the context's folder in git.
    Tree,
    /// The ids of the Dockerfile and of three files that the maintainers of Renku proposed to look at.
    FourFiles,
    /// The crate `docker-source-checksum`.
    SourceChecksum(PathBuf),
    /// skaffold's tag policy `inputDigest`.
    Skaffold(Skaffold),
}

impl Tool {
    /// As in the table.
    pub fn name(&self) -> &'static str {
        match self {
            Tool::Tree => "tree id of the context",
            Tool::FourFiles => "four files",
            Tool::SourceChecksum(_) => "docker-source-checksum",
            Tool::Skaffold(_) => "skaffold inputDigest",
        }
    }

    /// Its key.
    pub fn key(&self, view: &View<'_>) -> Result<Key> {
        match self {
            Tool::Tree => tree(view),
            Tool::FourFiles => four_files(view),
            Tool::SourceChecksum(program) => source_checksum(program, view),
            Tool::Skaffold(skaffold) => skaffold.key(view),
        }
    }
}

fn tree(view: &View<'_>) -> Result<Key> {
    let folder = if view.image.context == "." { "" } else { &view.image.context };
    said(view.repository.git().args(["rev-parse", "--verify", &format!("{}:{folder}", view.commit)]))
}

/// The list is of files in the root. Here the Dockerfile is the image's own, wherever it lies.
fn four_files(view: &View<'_>) -> Result<Key> {
    let mut git = view.repository.git();
    git.args(["ls-tree", "--full-tree", view.commit, "--", &view.image.dockerfile]);
    said(git.args(["requirements.txt", "environment.yml", "install.R"]))
}

fn source_checksum(program: &Path, view: &View<'_>) -> Result<Key> {
    let image = view.image;
    let mut options: Vec<String> = Vec::new();
    options.extend(image.target.iter().map(|target| format!("target={target}")));
    options.extend(image.args.iter().map(|(name, value)| format!("build-arg={name}={value}")));
    options.extend(image.platforms.iter().map(|platform| format!("platform={platform}")));
    options.extend(image.contexts.iter().map(|(name, context)| format!("build-context={name}={context}")));
    let mut command = Command::new(program);
    command.env_clear().current_dir(view.root).arg("--hex").arg("--file").arg(&image.dockerfile);
    for option in options {
        command.arg(format!("--extra-string={option}"));
    }
    said(command.arg(&image.context))
}

/// What a program that succeeds prints; else what it complains of.
fn said(command: &mut Command) -> Result<Key> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    Ok(answer(&output).map(|text| text.trim().to_owned()))
}

/// Standard output of a success, standard error of a failure.
pub(super) fn answer(output: &Output) -> Key {
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
