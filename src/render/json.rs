//! `--format json`: the plan and other answers as they are, version 1.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::text::json_without_commands;

/// One JSON document, indented, with a newline at the end.
pub fn value(value: &impl Serialize) -> Result<Vec<u8>> {
    let bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| Error::unavailable("the answer cannot be written as JSON").caused_by(error))?;
    // A log may show it, where a CI system looks for commands.
    let mut bytes = json_without_commands(&bytes).into_owned();
    bytes.push(b'\n');
    Ok(bytes)
}
