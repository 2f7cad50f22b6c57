//! The arguments of the commands that look at a history or at inputs.

use clap::Args;

use super::{platform, scope};
use crate::reference::Platform;

/// `imgplan log`
#[derive(Debug, Clone, Args)]
pub struct Log {
    /// A commit, with what is before it, or SINCE..COMMIT
    #[arg(value_name = "RANGE", default_value = "HEAD")]
    pub range: String,
    /// Show no more than the last N commits [default: 1000]
    #[arg(short = 'n', long, value_name = "N")]
    pub max_count: Option<usize>,
    /// Draw the graph of merges; without it only first parents are followed
    #[arg(long)]
    pub graph: bool,
    /// Write to stdout at once, without a pager
    #[arg(long)]
    pub no_pager: bool,
    /// Look at tags that begin with NAME- [env: IMGPLAN_SCOPE]
    #[arg(long, value_name = "NAME", value_parser = scope)]
    pub scope: Option<String>,
}

/// `imgplan simulate`
#[derive(Debug, Clone, Args)]
pub struct Simulate {
    /// A commit, with all that is before it, or SINCE..COMMIT
    #[arg(value_name = "RANGE", default_value = "HEAD")]
    pub range: String,
    /// Look at no more than the last N commits
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(usize))]
    pub max_count: Option<usize>,
    /// Follow only the first parent of merges: what a branch was at
    #[arg(long)]
    pub first_parent: bool,
}

/// `imgplan explain`
#[derive(Debug, Clone, Args)]
pub struct Explain {
    /// Anything that git resolves to a commit
    #[arg(value_name = "COMMIT", default_value = "HEAD")]
    pub commit: String,
    /// Show what changed since this commit, and so why a build is needed
    #[arg(long, value_name = "COMMIT")]
    pub against: Option<String>,
    /// Read the working tree in place of a commit, as `git add -A` would see it
    #[arg(long, conflicts_with = "commit")]
    pub worktree: bool,
    /// Show the files of the contexts that are left out, and by what
    #[arg(long, conflicts_with = "against")]
    pub excluded: bool,
    /// Answer for one path from the repository's root: an input or not, and by what
    #[arg(long, value_name = "PATH", conflicts_with_all = ["against", "excluded"])]
    pub why: Option<String>,
    /// Platforms of every image, instead of the configured ones (repeatable, or with commas)
    #[arg(long = "platform", value_name = "OS/ARCH", value_delimiter = ',', value_parser = platform)]
    pub platforms: Vec<Platform>,
}
