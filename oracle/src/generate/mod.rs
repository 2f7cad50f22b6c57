//! Projects that nobody wrote, and their mutants: what the oracle asks about.
//!
//! A [`Project`] is a model (instructions, files, patterns), so that a mutation knows what it changes and has a name;
//! what comes out is a [`Snapshot`]. The same seed gives the same projects. Nothing here knows imgplan or BuildKit.

mod config;
pub mod dockerfile;
mod project;
pub mod tree;

pub use project::Project;

use crate::snapshot::Snapshot;

/// Registry of the base images, as Dockerfiles name it.
const REGISTRY: &str = "oracle.test";

/// A changed project, and what was changed.
pub struct Mutant {
    /// The kind of change, by which verdicts are counted: `comment in a Dockerfile`, `file that nothing copies`.
    pub kind: &'static str,
    /// The change itself, for people: path, line, before and after.
    pub detail: String,
    /// The project after it.
    pub snapshot: Snapshot,
}

/// True in so many of a hundred cases.
fn chance(rng: &mut fastrand::Rng, percent: u8) -> bool {
    rng.u8(..100) < percent
}

/// One of several, which must not be none.
fn pick<'a, T>(rng: &mut fastrand::Rng, from: &'a [T]) -> &'a T {
    &from[rng.usize(..from.len())]
}

#[cfg(test)]
mod tests;
