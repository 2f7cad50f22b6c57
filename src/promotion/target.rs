//! Which tags an entry may put: any but those that mean something to whoever reads them besides a person. `plan` takes what
//! is at a content tag for the image of that content, and cosign what is at `sha256-HEX.sig` for a signature.

use crate::error::{Error, Result};
use crate::reference::Tag;
use crate::tags;

/// What stands behind `sha256-HEX` in the tags of what is attached to an image; nothing for the list of referrers.
const ATTACHED: [&str; 4] = [".sig", ".att", ".sbom", ""];

/// Reads the tag of a target.
///
/// # Errors
/// It is no tag, or one that is not for images that somebody names.
pub(super) fn tag(text: &str) -> Result<Tag> {
    let tag = Tag::new(text)?;
    if tags::is_content_tag(text) {
        return Err(Error::invalid(format!("{text} is imgplan's own: only a build puts such a tag"))
            .hint("it may be a source; name another tag as the target"));
    }
    if is_attached(text) {
        return Err(Error::invalid(format!("{text} is the tag of what is attached to an image"))
            .hint("it comes along with its image; name another tag as the target"));
    }
    Ok(tag)
}

fn is_attached(tag: &str) -> bool {
    let Some(rest) = tag.strip_prefix("sha256-") else { return false };
    let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    digits == 64 && rest.get(digits..).is_some_and(|ending| ATTACHED.contains(&ending))
}
