//! Which tags a decision sets besides the content tag.

use super::{Action, Answers, Decision, Wanted};
use crate::reference::{Digest, Tag};

/// A build pushes the content tag and the wanted tags that are not there; a write-once tag that is there is never
/// pushed again, unless it may move.
pub(super) fn build(wanted: &Wanted<'_>, answers: &Answers, reason: String, rebuild: bool) -> Decision {
    let mut decision = Decision::new(Action::Build, reason);
    decision.rebuild = rebuild;
    if let Some(tag) = wanted.commit_tag {
        match answers.commit.found() {
            None => decision.missing.push(tag.clone()),
            Some(_) if wanted.may_move.contains(tag.as_str()) => decision.missing.push(tag.clone()),
            Some(image) => decision.notes.push(format!(
                "{tag} stays at {}: it is written once (--move-tag {tag} lets it move)",
                image.digest
            )),
        }
    }
    decision.missing.extend(answers.floating.iter().map(|(tag, _)| tag.clone()));
    decision
}

/// Floating tags that are not at this digest.
pub(super) fn elsewhere<'a>(answers: &'a Answers, digest: &'a Digest) -> impl Iterator<Item = Tag> + 'a {
    answers.floating.iter().filter(move |(_, at)| at.found() != Some(digest)).map(|(tag, _)| tag.clone())
}
