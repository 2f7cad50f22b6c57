//! `--format json`: the plan and other answers as they are, version 1.

use serde::Serialize;

use crate::error::{Error, Result};

/// One JSON document, indented, with a newline at the end.
pub fn value(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| Error::unavailable("the answer cannot be written as JSON").caused_by(error))?;
    bytes.push(b'\n');
    Ok(bytes)
}
