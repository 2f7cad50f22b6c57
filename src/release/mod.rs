//! Releases: which git tag gives which tags of an image, and where each of those may go.
//!
//! Pure: names of git tags, a registry's list of tags and where some of them stand are values that come in; what is to be
//! done is a value that goes out. It must not know git, registries or plans.
//!
//! * [`pattern`]: a git tag's name to a version and groups.
//! * [`rule`]: one `[[release]]`, which makes a [`Release`] of them.
//! * [`known`]: all releases that git's tags and the registry's tell of.
//! * [`moves`]: what becomes of each tag. **A floating tag never moves backwards.**

pub mod known;
pub mod moves;
pub mod pattern;
pub mod report;
pub mod rule;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::reference::Tag;
use crate::version::Version;

/// One release of one image.
#[derive(Debug, Clone)]
pub struct Release {
    /// The name of the git tag; none where only the registry knows of it.
    pub git_tag: Option<String>,
    /// Its version.
    pub version: Version,
    /// The named groups of the pattern: the line that it belongs to.
    pub groups: BTreeMap<String, String>,
    /// Tags that are written once, in the order of the rule.
    pub written: Vec<Tag>,
    /// Tags that float, in the order of the rule.
    pub floating: Vec<Floating>,
}

/// A floating tag that a release could have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Floating {
    /// The tag.
    pub tag: Tag,
    /// Whether `0` is all that it says of a version `0.y.z`, where every `y` may break what was before (SemVer 4).
    pub zero: bool,
}

impl Release {
    /// Whether it gives this floating tag by its version: prereleases give none, and `0` alone is not given for `0.y.z`.
    pub fn gives(&self, tag: &Tag) -> bool {
        !self.version.is_prerelease() && self.floating.iter().any(|own| own.tag == *tag && !own.zero)
    }

    /// Whether it would give it if it were no prerelease and no `0.y.z`.
    pub fn could_give(&self, tag: &Tag) -> bool {
        self.floating.iter().any(|own| own.tag == *tag)
    }

    /// The order of versions. Those that SemVer holds for equal (`1.2.3+a`, `1.2.3+b`) are ordered by their text, and one
    /// version of two lines by its tags, so that it is not the later run that decides.
    pub fn order(&self, other: &Release) -> Ordering {
        let by_version = self.version.cmp(&other.version);
        by_version
            .then_with(|| self.version.text().cmp(other.version.text()))
            .then_with(|| self.name().cmp(other.name()))
    }

    /// What a person calls it: its version tag, which tells its line, too.
    pub fn name(&self) -> &str {
        self.written.first().map_or_else(|| self.version.text(), Tag::as_str)
    }
}
