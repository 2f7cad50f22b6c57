//! The arguments of `pin`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::tag;
use crate::pin::Kind;
use crate::reference::Tag;

/// `imgplan pin`
#[derive(Debug, Clone, Args)]
pub struct Pin {
    /// Files that name images of this project
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Pin to the image of this commit, as `imgplan resolve` finds it [default: HEAD]
    #[arg(long, value_name = "COMMIT")]
    pub at: Option<String>,
    /// Pin to the image under this tag of the registry, for example 1.2.3
    #[arg(long, value_name = "TAG", value_parser = tag, conflicts_with = "at")]
    pub release: Option<Tag>,
    /// Write nothing; print what floats or is behind, and exit with 5 if anything does
    #[arg(long)]
    pub check: bool,
    /// Write nothing; print the changes as a unified diff
    #[arg(long, conflicts_with = "check")]
    pub dry_run: bool,
    /// What the files are, where their names do not tell
    #[arg(long = "as", value_name = "KIND", value_enum)]
    pub kind: Option<PinKind>,
}

/// A kind of file by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PinKind {
    /// .renku/renku.ini: `image` of the section interactive
    Renku,
    /// An .ini file whose values are images, as docker-images.ini
    Ini,
    /// Values of a Helm chart: image, or repository with tag and digest
    Helm,
    /// Kubernetes manifests: every image
    Kubernetes,
    /// kustomization.yaml: images
    Kustomize,
    /// A compose file: services.*.image
    Compose,
    /// A Dockerfile: FROM
    Dockerfile,
}

impl PinKind {
    /// The same for `pin`.
    pub fn kind(self) -> Kind {
        match self {
            PinKind::Renku => Kind::Renku,
            PinKind::Ini => Kind::Ini,
            PinKind::Helm => Kind::Helm,
            PinKind::Kubernetes => Kind::Kubernetes,
            PinKind::Kustomize => Kind::Kustomize,
            PinKind::Compose => Kind::Compose,
            PinKind::Dockerfile => Kind::Dockerfile,
        }
    }
}
