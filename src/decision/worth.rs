//! What an image that was found is worth: its mark, and whether it can be used.

use super::{Answers, Image, Wanted};
use crate::reference::{Platform, Tag};

/// Why a found image cannot be used, if so.
pub(super) fn unusable(wanted: &Wanted<'_>, answers: &Answers, image: &Image) -> Option<String> {
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
        && !built_at(wanted, answers, image, commit)
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

/// Whether an image was built at this very commit. Its revision says so where its mark is that of the content (builders
/// pass both on from a base image); one without such a mark is this commit's if it has the commit's own tag, since no
/// run would have retagged another for a commit that asks for a build.
fn built_at(wanted: &Wanted<'_>, answers: &Answers, image: &Image, commit: &str) -> bool {
    match (mark(wanted, image), image.details.as_ref().and_then(|details| details.revision.as_deref())) {
        (Mark::Equal, Some(revision)) => revision == commit,
        _ => answers.commit.found().is_some_and(|own| own.digest == image.digest),
    }
}

fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

/// What an image says of its content.
pub(super) enum Mark {
    Equal,
    Missing,
    Different,
}

/// What this one says.
pub(super) fn mark(wanted: &Wanted<'_>, image: &Image) -> Mark {
    match image.details.as_ref().and_then(|details| details.mark.as_deref()) {
        Some(mark) if mark == wanted.content_hash => Mark::Equal,
        Some(_) => Mark::Different,
        None => Mark::Missing,
    }
}

/// What an image's mark says where it is not the expected one, if its mark was read.
pub(super) fn mark_note(wanted: &Wanted<'_>, tag: &Tag, image: &Image) -> Option<String> {
    let details = image.details.as_ref()?;
    match mark(wanted, image) {
        Mark::Equal => None,
        Mark::Different => Some(format!("the image under {tag} is marked with other content")),
        Mark::Missing if !details.mark_read => None,
        Mark::Missing => Some(format!(
            "the image under {tag} has no mark: that it was built from these inputs is its tag's word"
        )),
    }
}

/// An image that does not say when it was made is used, and that is said.
pub(super) fn age_note(wanted: &Wanted<'_>, image: &Image) -> Option<String> {
    let unknown = image.details.as_ref().is_some_and(|details| details.created.is_none());
    (wanted.not_before.is_some() && unknown)
        .then(|| "the image does not say when it was made, so max-age cannot be checked".to_owned())
}
