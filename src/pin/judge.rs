//! Whether a reference says what it should.

use super::{Site, Wanted};
use crate::reference::Digest;

/// What a registry has under a tag that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// This image.
    At(Digest),
    /// Nothing: the registry itself said so.
    Gone,
}

/// What is wrong with a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It has no digest: what it names can change without the file.
    Floats,
    /// Its digest is another image than the one that is wanted.
    Behind,
    /// Its digest is right, its tag is at this other one.
    Disagrees(Digest),
    /// Its digest is right, its tag is not in the registry.
    Gone,
}

impl Finding {
    /// One word for programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Finding::Floats => "floats",
            Finding::Behind => "behind",
            Finding::Disagrees(_) => "disagrees",
            Finding::Gone => "gone",
        }
    }
}

/// Whether what the registry has under the written tag matters for the judgement: where the digest is right, and the
/// tag is not the one under which the image was found.
pub fn asks_for_tag(site: &Site, wanted: &Wanted) -> bool {
    site.digest.as_deref() == Some(wanted.digest.as_str())
        && site.tag.as_deref().is_some_and(|tag| tag != wanted.tag.as_str())
}

/// Judges a reference; `None` where it is right. A pin of the right image stays right whatever commit's tag it bears: the
/// commit that holds the pin is a later one than the pin names.
pub fn judge(site: &Site, wanted: &Wanted, tag: Option<&Presence>) -> Option<Finding> {
    match site.digest.as_deref() {
        None => Some(Finding::Floats),
        Some(digest) if digest != wanted.digest.as_str() => Some(Finding::Behind),
        Some(_) => match tag.filter(|_| asks_for_tag(site, wanted)) {
            Some(Presence::At(other)) if *other != wanted.digest => Some(Finding::Disagrees(other.clone())),
            Some(Presence::Gone) => Some(Finding::Gone),
            _ => None,
        },
    }
}
