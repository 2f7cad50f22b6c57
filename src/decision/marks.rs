//! What images say of their content: a claim, which is compared with what is wanted.

use super::{Image, Wanted};
use crate::reference::Tag;

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
