//! The arguments of the commands that make files: for a project, and for a shell.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `imgplan init`
#[derive(Debug, Clone, Args)]
pub struct Init {
    /// The CI system to write a file for [default: the one that is found]
    #[arg(long, value_name = "CI", value_enum)]
    pub ci: Option<Ci>,
    /// Print what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Replace files that are there
    #[arg(long)]
    pub overwrite: bool,
}

/// A CI system by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ci {
    /// GitLab CI
    Gitlab,
    /// GitHub Actions
    Github,
    /// No CI file
    None,
}

/// `imgplan generate`
#[derive(Debug, Clone, Args)]
pub struct Generate {
    /// What to generate.
    #[command(subcommand)]
    pub what: Generated,
}

/// What can be generated.
#[derive(Debug, Clone, Subcommand)]
pub enum Generated {
    /// Print completions for a shell
    Completions {
        /// The shell
        #[arg(value_name = "SHELL", value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the main man page, or write a page for each command into DIR
    Man {
        /// Where to write them; it is made if it is not there
        #[arg(value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Print the JSON Schema of imgplan.toml
    Schema,
}
