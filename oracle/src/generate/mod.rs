//! Projects that nobody wrote, and their mutants: what the oracle asks about.
//!
//! A [`Project`] is a model (instructions, files, patterns), so that a mutation knows what it changes and has a name;
//! what comes out is a [`Snapshot`]. The same seed gives the same projects. Nothing here knows imgplan or BuildKit.

pub mod tree;

use crate::snapshot::Snapshot;

/// A changed project, and what was changed.
pub struct Mutant {
    /// The kind of change, by which verdicts are counted: `comment in a Dockerfile`, `file that nothing copies`.
    pub kind: &'static str,
    /// The change itself, for people: path, line, before and after.
    pub detail: String,
    /// The project after it.
    pub snapshot: Snapshot,
}
