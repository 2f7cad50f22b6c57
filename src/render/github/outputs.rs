//! The outputs of a plan, as the file behind `GITHUB_OUTPUT` holds them.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Errors, Result};
use crate::plan::Plan;
use crate::render::outputs::{self, Registry};
use crate::text::{hex, json_without_commands};

/// GitHub takes 1 MB of outputs from a job, counted as UTF-16: two bytes for most characters.
const BYTES: usize = 1_000_000;

/// One output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// In kebab-case.
    pub name: &'static str,
    /// One line.
    pub value: String,
}

/// All outputs of a plan.
pub fn outputs(plan: &Plan) -> Result<Vec<Output>> {
    let count = outputs::count(plan);
    let json = |registry| {
        outputs::plan(plan, registry)
            .map_err(|error| Error::unavailable("the plan cannot be written as an output").caused_by(error))
    };
    let images = |registry| Value::Object(outputs::images(plan, registry));
    let (named, left_out) = (Registry::Named, Registry::LeftOut);
    let all = [
        ("has-builds", Value::Bool(count > 0)),
        ("count", Value::from(count)),
        ("images", images(named)),
        ("images-without-registry", images(left_out)),
        ("matrix", outputs::matrix(plan, named)),
        ("matrix-without-registry", outputs::matrix(plan, left_out)),
        ("plan", json(named)?),
        ("plan-without-registry", json(left_out)?),
    ];
    // Whoever prints an output in a later step must not run it.
    let inert = |value: Value| json_without_commands(value.to_string().as_bytes()).into_owned();
    let text = |value| String::from_utf8_lossy(&inert(value)).into_owned();
    Ok(all.into_iter().map(|(name, value)| Output { name, value: text(value) }).collect())
}

/// The file, and what does not fit it: an output is there as a whole or not at all.
pub fn file(outputs: &[Output]) -> (Vec<u8>, Errors) {
    let mut text = String::new();
    let mut errors = Errors::default();
    for Output { name, value } in outputs {
        let bytes = 2 * value.encode_utf16().count();
        if bytes > BYTES {
            let message = format!("the output {name} has {bytes} bytes, and GitHub takes {BYTES} from a job");
            errors.push(Error::invalid(message).hint(
                "pass on a file: --format text --output json=plan.json, and actions/upload-artifact; or plan fewer \
                 images at once with --image",
            ));
            continue;
        }
        if value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            text.push_str(&format!("{name}={value}\n"));
            continue;
        }
        // No text holds its own hash, so no line of it can end it.
        let delimiter = format!("imgplan-{}", hex(&Sha256::digest(value.as_bytes())));
        text.push_str(&format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"));
    }
    (text.into_bytes(), errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_an_error_and_not_cut() {
        let small = Output { name: "count", value: "1".to_owned() };
        let fits = Output { name: "plan", value: "ä".repeat(BYTES / 2) };
        let large = Output { name: "matrix", value: "a".repeat(BYTES / 2 + 1) };
        let (text, errors) = file(&[large, small, fits]);
        let text = String::from_utf8_lossy(&text);
        assert!(text.starts_with("count=1\nplan<<imgplan-"), "{text:.80}");
        assert!(!text.contains("matrix"));
        let said: Vec<String> = errors.0.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["the output matrix has 1000002 bytes, and GitHub takes 1000000 from a job"]);
    }

    #[test]
    fn a_value_cannot_end_itself() {
        let value = "x\nimgplan-\nother<<x\n".to_owned();
        let (text, _) = file(&[Output { name: "plan", value: value.clone() }]);
        let text = String::from_utf8_lossy(&text);
        let (head, rest) = text.split_once('\n').unwrap_or_default();
        let delimiter = head.strip_prefix("plan<<").unwrap_or_default();
        assert_eq!(rest, format!("{value}\n{delimiter}\n"));
        assert!(!value.contains(delimiter));
    }
}
