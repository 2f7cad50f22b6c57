//! What several rules end with: a build, an answer that is not known, and the tags that go with them.

use super::tagging::{self, Lacking};
use super::{Action, Answers, Decision, Rules, Wanted};
use crate::config::OnUnknown;
use crate::error::Error;

/// Why there is a build where nothing was found.
pub(super) const NOTHING: &str = "no image has these inputs yet";

/// A build pushes the content tag and the wanted tags that are not there.
pub(super) fn build(wanted: &Wanted<'_>, answers: &Answers, reason: String, rebuild: bool) -> Decision {
    let Lacking { missing, notes } = tagging::pushed(wanted, answers);
    Decision { rebuild, missing, notes, ..Decision::new(Action::Build, reason) }
}

/// What policy makes of a registry that could not answer.
pub(super) fn unknown(wanted: &Wanted<'_>, answers: &Answers, rules: Rules, error: &Error) -> Decision {
    match rules.on_unknown {
        OnUnknown::Fail => Decision::new(Action::Unknown, format!("the registry could not answer: {error}")),
        OnUnknown::Build => build(
            wanted,
            answers,
            format!("the registry could not answer, and on-unknown = \"build\": {error}"),
            false,
        ),
    }
}
