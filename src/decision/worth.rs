//! What an image that was found is worth: whether it can be used.

use super::marks::{Mark, mark};
use super::{Answers, Image, Wanted, tagging};
use crate::details::EXPIRES_AFTER;
use crate::lookup::Lookup;
use crate::reference::{Platform, Tag};

/// Why a found image cannot be used, if so.
pub(super) fn unusable(wanted: &Wanted<'_>, answers: &Answers, image: &Image) -> Option<String> {
    unfit(wanted, answers, image).or_else(|| {
        let label = expiring(image)?;
        let tag = lasting(wanted, answers, image)?;
        Some(format!("the image with these inputs cannot have {tag}, since {}", travels(label)))
    })
}

/// The time after which a registry deletes every tag of the image, where the image says so.
pub(super) fn expiring(image: &Image) -> Option<&str> {
    image.details.as_ref().and_then(|details| details.expires_after.as_deref())
}

/// What such a label does, for a reason.
pub(super) fn travels(label: &str) -> String {
    // The label's value is any text.
    let label: String = label.chars().take(32).collect();
    format!("it would be deleted: its label {EXPIRES_AFTER}={label} travels with it")
}

/// A tag that is to last and that would be put on this image: a write-once one, a floating one, or the content tag.
fn lasting(wanted: &Wanted<'_>, answers: &Answers, image: &Image) -> Option<Tag> {
    // Where a tag conflicts, none of the image's is written.
    let missing = tagging::lacking(wanted, answers, &image.digest)
        .map_or_else(|_| Vec::new(), |lacking| lacking.missing);
    let content = matches!(answers.content, Lookup::Missing).then(|| wanted.content_tag.clone());
    missing.into_iter().chain(content).find(|tag| !wanted.classes.expires(tag.as_str()))
}

/// The same, as far as it has nothing to do with how long the image lasts: for an image that the commit has already.
pub(super) fn unfit(wanted: &Wanted<'_>, answers: &Answers, image: &Image) -> Option<String> {
    let details = image.details.as_ref();
    let lacking: Vec<String> = wanted
        .platforms
        .iter()
        .filter(|platform| !details.is_some_and(|details| details.platforms.contains(platform)))
        .map(Platform::to_string)
        .collect();
    if !lacking.is_empty() {
        return Some(format!("the image with these inputs lacks {}", lacking.join(", ")));
    }
    if let (Some(not_before), Some(created)) =
        (wanted.not_before, details.and_then(|details| details.created))
        && created < not_before
    {
        return Some(format!("the image with these inputs is older than max-age (made {})", date(created)));
    }
    if let Some((commit, why)) = wanted.by_commit
        && !satisfied(wanted, answers, image, commit)
    {
        return Some(why.to_owned());
    }
    if let Some(moved) = wanted.base_moved {
        return Some(moved.to_owned());
    }
    if let Some(parent) = wanted.parent_rebuilt {
        return Some(format!("its parent {parent} is built again"));
    }
    wanted.outdated.get(&image.digest).cloned()
}

/// Whether the build that a commit's message asks for was made: this image is it, or the one under the commit's own tag,
/// after which another build of the same content came. One that does not say at which commit it was built is this commit's
/// if it has the commit's own tag, since no run would have retagged another for a commit that asks for a build.
fn satisfied(wanted: &Wanted<'_>, answers: &Answers, image: &Image, commit: &str) -> bool {
    let says = built_at(wanted, image, commit);
    if says == Some(true) {
        return true;
    }
    match answers.of_commit() {
        Some(own) if own.digest == image.digest => says.unwrap_or(true),
        Some(own) => built_at(wanted, own, commit).unwrap_or(true),
        // Without commit tags nothing could ever show it: better one build too few than one with each run.
        None => wanted.commit_tag.is_none() && says.is_none(),
    }
}

/// Whether an image says that it was built at this very commit: its revision does where its mark is that of the content
/// (builders pass both on from a base image). `None` where it does not say at which.
fn built_at(wanted: &Wanted<'_>, image: &Image, commit: &str) -> Option<bool> {
    let revision = image.details.as_ref().and_then(|details| details.revision.as_deref());
    match (mark(wanted, image), revision) {
        (Mark::Equal, Some(revision)) => Some(revision == commit),
        _ => None,
    }
}

/// The build that the commit's message asked for, under the commit's own tag, where it can be used.
pub(super) fn asked_for<'a>(wanted: &Wanted<'_>, answers: &'a Answers) -> Option<&'a Image> {
    let (commit, _) = wanted.by_commit?;
    let own = answers.of_commit()?;
    let is_it = built_at(wanted, own, commit) == Some(true) && unfit(wanted, answers, own).is_none();
    is_it.then_some(own)
}

/// That nothing tells whether the build was made that the commit's message asks for, where that is so.
pub(super) fn asked_note(wanted: &Wanted<'_>, image: &Image) -> Option<String> {
    let (commit, why) = wanted.by_commit?;
    let nothing_tells = wanted.commit_tag.is_none() && built_at(wanted, image, commit).is_none();
    nothing_tells.then(|| {
        format!(
            "{why}; whether it was made cannot be told, since there are no commit tags and the image does not say at which \
             commit it was built, so it is taken for made (--force builds it)"
        )
    })
}

fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

/// An image that does not say when it was made is used, and that is said.
pub(super) fn age_note(wanted: &Wanted<'_>, image: &Image) -> Option<String> {
    let unknown = image.details.as_ref().is_some_and(|details| details.created.is_none());
    (wanted.not_before.is_some() && unknown)
        .then(|| "the image does not say when it was made, so max-age cannot be checked".to_owned())
}
