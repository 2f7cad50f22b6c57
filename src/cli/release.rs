//! The arguments of `imgplan release`.

use clap::Args;

use super::tag;
use crate::reference::Tag;

/// `imgplan release`
#[derive(Debug, Clone, Args)]
pub struct Release {
    /// The git tag; without it the one that CI runs for, else the only one at HEAD that is a release
    #[arg(value_name = "GIT_TAG")]
    pub git_tag: Option<String>,
    /// Show what would be done, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Let this tag move, wherever it is now (repeatable)
    #[arg(long = "move-tag", value_name = "TAG", value_parser = tag)]
    pub move_tags: Vec<Tag>,
    /// Where the commit has no image by its own tags, look at the last N commits for one (0: at none; default 1000, or as
    /// configured)
    #[arg(long, value_name = "N")]
    pub history: Option<usize>,
}
