//! The arguments of `imgplan expire`.

use clap::Args;

/// `imgplan expire`
#[derive(Debug, Clone, Args)]
pub struct Expire {
    /// Show what would be deleted; this is the default
    #[arg(long, conflicts_with = "delete")]
    pub dry_run: bool,
    /// Delete the tags
    #[arg(long)]
    pub delete: bool,
}
