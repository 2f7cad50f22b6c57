//! The arguments of `imgplan promote`.

use std::path::PathBuf;

use clap::Args;

/// `imgplan promote`
#[derive(Debug, Clone, Args)]
pub struct Promote {
    /// Lists of images and tags: YAML as StarlingX keeps it, or TOML
    #[arg(value_name = "FILE", required_unless_present = "from", conflicts_with_all = ["from", "to"])]
    pub files: Vec<PathBuf>,
    /// One image instead of a list: HOST/PATH:TAG, HOST/PATH@DIGEST, oci:DIR:TAG
    #[arg(long, value_name = "IMAGE", requires = "to")]
    pub from: Option<String>,
    /// Where to put it: HOST/PATH:TAG, or without the tag the same one (repeatable)
    #[arg(long, value_name = "IMAGE", requires = "from")]
    pub to: Vec<String>,
    /// Write nothing; look at grammar, duplicates, sources, targets and source-ref of every entry
    #[arg(long)]
    pub check: bool,
    /// Write nothing; show the tags that would be put
    #[arg(long, conflicts_with = "check")]
    pub dry_run: bool,
    /// Let the tag of this image move although it is at another image: the last part of its name, its name, or NAME:TAG
    /// (repeatable, or with commas)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub repush: Vec<String>,
}
