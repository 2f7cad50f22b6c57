//! Tags from templates: `{sha:7}`, `{branch}`, `v{version}` and the like, and the content tag.
//!
//! Pure: a template and the facts of one commit give one tag. It must not know where the facts come from, nor
//! which tags are wanted.
//!
//! | module | what lives there |
//! |---|---|
//! | `template`, `placeholders`, `date` | what may stand in a template, checked once |
//! | `facts`, `fill` | what a template is filled with, and the text that it gives |
//! | `shape` | the other way: what a tag tells by a template |
//! | `class` | write-once, floating, expiring |
//! | `expiry` | how long a tag says that it is good for |
//! | `scope` | what may stand in front of all tags of a run |

use crate::error::{Error, Result};
use crate::reference::Tag;

pub mod class;
mod date;
pub mod expiry;
mod facts;
mod fill;
pub mod glob;
mod placeholders;
pub mod readback;
pub mod scope;
pub mod shape;
mod template;
#[cfg(test)]
mod tests;

pub use facts::{Facts, Needs, is_shaped, needs};
pub use fill::Known;
pub use placeholders::{Fault, is_placeholder};
pub use template::Template;

use placeholders::Piece;

/// The longest tag of the distribution specification.
const LONGEST: usize = 128;
/// Hex digits of the content hash in a content tag: 48 characters in all, which fits where 63 is the limit.
const CONTENT_DIGITS: usize = 40;
/// What content tags start with.
const CONTENT_PREFIX: &str = "content-";

/// The tag of a template for a commit; `None` where a fact that it needs is not known, or has no
/// character that a tag can hold.
///
/// Names of git are cleaned as docker/metadata-action does. Branch and git tag are cut so that the whole fits; ids,
/// versions, dates and literal text are never cut, since two commits would then share a tag.
///
/// # Errors
/// The tag is too long, or it looks like a content tag, which a branch's name must not be able to write.
pub fn render(template: &Template, facts: &Facts<'_>) -> Result<Option<Tag>> {
    let at = |error: Error| error.at(template.place.clone());
    let Some(text) = fill::fill(&template.pieces, facts) else { return Ok(None) };
    if is_content_tag(&text) {
        return Err(at(Error::invalid(format!(
            "{text:?} looks like a content tag, which only imgplan writes"
        ))
        .hint("change the template, the scope or the name of the branch")));
    }
    Tag::new(text).map(Some).map_err(at)
}

/// Whether a tag is one that this template could give some commit: a Dockerfile that names an image of its own plan by such
/// a tag means that plan's image. Only for templates with an id in them; `{branch}` alone could be anything.
pub fn could_be(template: &Template, scope: Option<&str>, tag: &str) -> bool {
    let known = Known { scope, ..Known::default() };
    names_commit(template) && shape::matches(template, &known, tag).is_some()
}

/// Whether the tags of a template name their commit: its id is in it.
pub fn names_commit(template: &Template) -> bool {
    template.pieces.iter().any(|piece| matches!(piece, Piece::Sha(_)))
}

/// Whether the tags of a template tell builds apart, so that each can be written once: there is an id, a count, a whole
/// version or git tag, or a date down to the second in it.
pub fn tells_apart(template: &Template) -> bool {
    template.pieces.iter().any(|piece| match piece {
        Piece::Sha(_) | Piece::InputSha(_) | Piece::ContentHash(_) | Piece::Count => true,
        Piece::GitTag | Piece::Describe | Piece::Version => true,
        Piece::CommitDate(format) | Piece::BuildDate(format) => format.has_seconds(),
        _ => false,
    })
}

/// The content tag: `content-` and the first 40 digits of the content hash, behind the scope.
///
/// # Errors
/// The hash has fewer digits, or the scope cannot stand in a tag.
pub fn content_tag(content_hash_hex: &str, scope: Option<&str>) -> Result<Tag> {
    let digits = content_hash_hex.get(..CONTENT_DIGITS).filter(|digits| digits.bytes().all(is_hex));
    let Some(digits) = digits else {
        return Err(Error::invalid(format!("{content_hash_hex:?} is not a content hash")));
    };
    Tag::new(format!("{}{CONTENT_PREFIX}{digits}", prefix(scope)))
}

fn prefix(scope: Option<&str>) -> String {
    scope.map(|scope| format!("{scope}-")).unwrap_or_default()
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

/// Whether a tag could be the content tag of this scope or of any other.
pub fn is_content_tag(tag: &str) -> bool {
    let Some(start) = tag.len().checked_sub(CONTENT_PREFIX.len() + CONTENT_DIGITS) else { return false };
    let before = tag.get(..start);
    let digits = tag.get(start..).and_then(|end| end.strip_prefix(CONTENT_PREFIX));
    before.is_some_and(|before| before.is_empty() || before.ends_with('-'))
        && digits.is_some_and(|digits| digits.bytes().all(is_hex))
}
