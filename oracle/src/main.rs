//! Proves imgplan's content hash against BuildKit, and measures it beside other tools.
//!
//! A tool of the project, not a part of imgplan: it may run programs, write folders and be slow. The program
//! under test is judged from outside, by what `imgplan plan` prints; only `corpus` uses the library.

mod matchers;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "oracle", about = "Proves imgplan's content hash against BuildKit")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compares the ignore matcher and `filepath` with Go's
    Matchers(matchers::Options),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Matchers(options) => matchers::run(&options),
    }
}
