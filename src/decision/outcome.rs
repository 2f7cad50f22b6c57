//! What several rules end with: a build, an answer that is not known, and the tags that go with them.

use super::{Action, Answers, Decision, Rules, Wanted};
use crate::config::OnUnknown;
use crate::error::Error;
use crate::lookup::Lookup;
use crate::reference::{Digest, Tag};

/// A build pushes the content tag and the wanted tags that are not there; a write-once tag that is there is never
/// pushed again, unless it may move.
pub(super) fn build(wanted: &Wanted<'_>, answers: &Answers, reason: String, rebuild: bool) -> Decision {
    let mut decision = Decision::new(Action::Build, reason);
    decision.rebuild = rebuild;
    if let Some(tag) = wanted.commit_tag {
        match &answers.commit {
            Lookup::Missing => decision.missing.push(tag.clone()),
            _ if wanted.may_move.contains(tag.as_str()) => decision.missing.push(tag.clone()),
            Lookup::Found(image) => decision.notes.push(format!(
                "{tag} stays at {}: it is written once (--move-tag {tag} lets it move)",
                image.digest
            )),
            // It may be there, at another image.
            Lookup::Unknown(_) => decision.notes.push(format!(
                "{tag} is left to the next run: it is written once, and whether it is there is not known"
            )),
        }
    }
    decision.missing.extend(answers.floating.iter().map(|(tag, _)| tag.clone()));
    decision
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

/// Floating tags that are not at this digest.
pub(super) fn elsewhere<'a>(answers: &'a Answers, digest: &'a Digest) -> impl Iterator<Item = Tag> + 'a {
    answers.floating.iter().filter(move |(_, at)| at.found() != Some(digest)).map(|(tag, _)| tag.clone())
}
