//! The arguments of `imgplan expire`, and of `imgplan check`.

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

/// `imgplan check`
#[derive(Debug, Clone, Args)]
pub struct Check {
    /// Print rules for registries that clear tags away by themselves: GitLab, Harbor, Quay, Amazon ECR
    #[arg(long)]
    pub retention: bool,
}
