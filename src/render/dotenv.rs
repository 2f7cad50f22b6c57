//! `--format dotenv`: a report that GitLab reads back into the variables of later jobs (`artifacts: reports: dotenv`).
//!
//! It keeps GitLab's limits, which otherwise fail the job with one word: 5 KB, 20 variables, keys of letters, digits and
//! underscores, no quoting, no line breaks. A value that a shell would read otherwise than GitLab is refused, so that the
//! file means the same to both.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::render::outputs::{self, Registry};

/// Variables of one report on a self-managed instance as it comes.
const VARIABLES: usize = 20;
/// Bytes of one report.
const BYTES: usize = 5 * 1024;

/// In the run that retags or builds, `--image` would leave out what the others need.
const LEAVE_OUT: &str = "leave `--output dotenv` out (component: `dotenv: false`), or make the report by a run of its own for the \
                         images that later jobs need: `imgplan plan --image NAME --output dotenv=PATH`";
const ELSE: &str = "--output json=plan.json and --output files=DIR have no such limits";

/// The report: `IMGPLAN_COMMIT`, `IMGPLAN_HAS_BUILDS`, `IMGPLAN_COUNT`, and `IMGPLAN_IMAGE_<NAME>` for each image.
///
/// # Errors
/// What does not fit GitLab's limits, with what to do instead.
pub fn plan(plan: &Plan) -> Result<Vec<u8>> {
    let count = outputs::count(plan);
    let mut report =
        format!("IMGPLAN_COMMIT={}\nIMGPLAN_HAS_BUILDS={}\nIMGPLAN_COUNT={count}\n", plan.commit, count > 0);
    let mut keys: BTreeMap<String, &str> = BTreeMap::new();
    for image in &plan.images {
        let Some(reference) = outputs::reference(image, Registry::Named) else { continue };
        let key = key(&image.name);
        if let Some(other) = keys.insert(key.clone(), &image.name) {
            return Err(Error::invalid(format!(
                "a dotenv report cannot hold both {other} and {}: both are {key}",
                image.name
            ))
            .hint(LEAVE_OUT)
            .hint(ELSE));
        }
        if let Some(odd) = reference.chars().find(|c| !is_plain(*c)) {
            return Err(Error::invalid(format!(
                "a dotenv report cannot hold {reference:?}: nothing in it can be quoted, and {odd:?} needs it"
            ))
            .hint("choose another folder for the images, or take --output json=plan.json"));
        }
        report.push_str(&format!("{key}={reference}\n"));
    }
    let variables = keys.len() + 3;
    if variables > VARIABLES {
        return Err(Error::invalid(format!(
            "a dotenv report has {variables} variables for {} images, and GitLab reads {VARIABLES}",
            keys.len()
        ))
        .hint(LEAVE_OUT)
        .hint(ELSE));
    }
    if report.len() > BYTES {
        let text = format!("a dotenv report of {} bytes, and GitLab reads {BYTES}", report.len());
        return Err(Error::invalid(text).hint(LEAVE_OUT).hint(ELSE));
    }
    Ok(report.into_bytes())
}

/// The variable of an image: capital letters and digits, everything else an underscore.
fn key(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("IMGPLAN_IMAGE_{}", name.chars().map(plain).collect::<String>())
}

/// What means itself to every shell and to GitLab.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-/:@+,%".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_names_of_variables() {
        assert_eq!(key("app"), "IMGPLAN_IMAGE_APP");
        assert_eq!(key("team/my-app.x__y"), "IMGPLAN_IMAGE_TEAM_MY_APP_X__Y");
    }
}
