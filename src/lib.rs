//! imgplan decides, for a commit, whether its container images have to be built or only retagged.
//!
//! It hashes what a build would read, asks the registry for an image under that hash, and either points the commit's
//! tag at it or hands the build to whatever builds. The registry is the only state.
//!
//! # The shape
//!
//! Data flows one way:
//!
//! ```text
//! config ─┐
//! git ────┴→ project ─→ inputs → content_hash → (registry: HEAD) → decision → plan → render
//!               ↑                                                        └→ registry: retag, copy
//!        dockerfile, ignore                                              └→ build
//! ```
//!
//! * **Values:** [`error`], [`mod@reference`], [`tree`], [`lookup`], [`plan`].
//! * **Pure:** [`config`] (the file to valid values; what a commit's folders and other files define becomes tables of that
//!   file before they are checked, so that an image is the same however it is written), [`dockerfile`] (bytes to what a
//!   build reads), [`ignore`], [`filepath`], [`attributes`], [`inputs`] (all of them to the files that count, each with its why),
//!   [`content_hash`], [`project`] (the images of a commit, parents first), [`parts`] (what counts besides files),
//!   [`difference`] (what one commit's image has that another's has not), [`details`] (what an image says of itself),
//!   [`decision`] (answers to actions), [`explanation`], [`timeline`] (commits beside their images), [`simulation`] (what a
//!   history would have cost), [`draft`] (what `init` writes), [`promotion`] (lists of tags to verdicts), [`release`] (git tags to
//!   the tags of their versions, and which of them may move), [`retention`] (which tags' time is over, and what a registry's own
//!   cleanup must keep), [`pin`] (references in files, and what they should be), [`tags`], [`version`], [`render`], [`shell`],
//!   [`text`].
//!   They take values and give values: no clock, no environment, no network, no disk. A commit is read on demand
//!   through [`tree::Objects`], the one trait between a pure module and an edge: the same id always gives the same bytes.
//!   Over a history, results are remembered with what was read for them ([`tree::trace`]): a commit that shows all of it
//!   the same has the same hash.
//! * **Edges:** [`git`], [`registry`], [`build`], [`printer`], [`progress`], [`interrupt`].
//! * **Wiring:** [`commands`] alone sees everything; [`cli`] is what clap parses.
//!
//! # What must always hold
//!
//! Never a false hit: what is not understood widens the inputs or is an error. Never a wrong "missing": what could not be
//! answered is [`lookup::Lookup::Unknown`]. A read that fails is an error, never an empty answer. A run without a scope never
//! reads a tag of one, and no scope enters a hash. Nothing that a repository or a registry says is obeyed where it is
//! printed, by a terminal ([`text::sanitise`]) or by a CI runner ([`text::without_commands`]).

pub mod attributes;
pub mod build;
pub mod cli;
pub mod commands;
pub mod config;
pub mod content_hash;
pub mod decision;
pub mod details;
pub mod difference;
pub mod dockerfile;
pub mod draft;
pub mod error;
pub mod explanation;
pub mod filepath;
pub mod git;
pub mod ignore;
pub mod image_name;
pub mod inputs;
pub mod interrupt;
pub mod lookup;
pub mod parts;
pub mod pin;
pub mod plan;
pub mod printer;
pub mod progress;
pub mod project;
pub mod promotion;
pub mod reference;
pub mod registry;
pub mod release;
pub mod render;
pub mod renku;
pub mod retention;
pub mod shell;
pub mod simulation;
pub mod tags;
pub mod text;
pub mod timeline;
pub mod tree;
pub mod version;

use std::process::ExitCode;

use clap::Parser as _;

/// The program: parses, runs, reports.
pub fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    ExitCode::from(commands::main(&cli))
}
