//! What GitHub Actions reads of a run: outputs for later steps and jobs, and annotations at lines of files.
//!
//! Bytes out; where the files are that GitHub names is for the edge. The summary is [`super::summary`].

mod annotations;
mod command;
mod outputs;

pub use annotations::{of_errors, of_plan};
pub use command::Command;
pub use outputs::{Output, file, outputs};

/// The largest summary of a step; a larger one is dropped whole.
pub const SUMMARY: usize = 1024 * 1024;
