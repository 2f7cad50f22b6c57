//! `--format json`: a document as it is, version 1.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::plan::Plan;

/// The plan as one JSON document, indented, with a newline at the end.
pub fn plan(plan: &Plan) -> Result<Vec<u8>> {
    document(plan)
}

/// Any other document in the same way.
pub fn document(document: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(document)
        .map_err(|error| Error::unavailable("the answer cannot be written as JSON").caused_by(error))?;
    bytes.push(b'\n');
    Ok(bytes)
}
