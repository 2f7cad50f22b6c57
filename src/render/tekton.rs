//! `--format tekton`: what Konflux' task `apply-tags` takes (konflux-ci/build-definitions, `task/apply-tags` 0.2 and 0.3): the
//! parameters `IMAGE_URL`, `IMAGE_DIGEST` and `ADDITIONAL_TAGS`.
//!
//! As parameters for a TaskRun, or with `--output tekton=DIR` as a task's results, one file each. Tekton passes results on in
//! a container's termination message, of which Kubernetes keeps 4096 bytes; what is beyond is lost with all the rest.

use serde_json::{Value, json};

use crate::error::{Error, Kind, Result};
use crate::release::report::{Entry, Report};
use crate::render::json;

/// Bytes of a termination message (Kubernetes' `terminationMessagePath`, Tekton's "Emitting results").
const LIMIT: usize = 4096;

/// What Tekton itself writes there: when each step began, and its exit code.
const RESERVED: usize = 256;

/// The parameters as JSON, as `spec.params` of a TaskRun takes them.
pub fn parameters(report: &Report) -> Result<Vec<u8>> {
    let (url, digest, tags) = values(report)?;
    let param = |name: &str, value: Value| json!({ "name": name, "value": value });
    let params = [
        param("IMAGE_URL", url.into()),
        param("IMAGE_DIGEST", digest.into()),
        param("ADDITIONAL_TAGS", tags.into()),
    ];
    json::value(&json!({ "params": params }))
}

/// The results: a file's name and its bytes, without a newline at the end. An array is one of JSON.
pub fn results(report: &Report) -> Result<Vec<(String, Vec<u8>)>> {
    let (url, digest, tags) = values(report)?;
    let files =
        [("IMAGE_URL", url), ("IMAGE_DIGEST", digest), ("ADDITIONAL_TAGS", Value::from(tags).to_string())];
    // As Tekton's entrypoint writes it: `[{"key":…,"value":…,"type":1},…]`.
    let message: Vec<Value> =
        files.iter().map(|(key, value)| json!({ "key": key, "value": value, "type": 1 })).collect();
    let size = Value::from(message).to_string().len() + RESERVED;
    if size > LIMIT {
        let text = format!("the results would have {size} bytes, and Tekton passes on {LIMIT} at most");
        return Err(
            Error::new(Kind::Invalid, text).hint("give a release fewer tags: release.tags in imgplan.toml")
        );
    }
    Ok(files.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())).collect())
}

/// The image by a tag that it has, its digest, and the tags that are still to be put.
fn values(report: &Report) -> Result<(String, String, Vec<String>)> {
    let [Entry { repository, digest: Some(digest), found: Some(found), tags, .. }] =
        report.releases.as_slice()
    else {
        return Err(Error::new(Kind::Usage, "the format tekton is for one image that is there"));
    };
    // The task cuts off what is behind the last colon, so without a tag it would cut off a port.
    let url = repository.tagged(found);
    let tags = tags.iter().filter(|line| line.action.writes()).map(|line| line.tag.to_string()).collect();
    Ok((url, digest.to_string(), tags))
}
