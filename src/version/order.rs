//! The order of versions: SemVer 11, and PEP 440's for its suffixes.
//!
//! Numbers are compared as text, so that none is too large.

use std::cmp::Ordering;

/// Where a version stands among those of the same numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) stage: Stage,
    pub(super) post: Option<Number>,
    pub(super) dev: Dev,
}

/// The order of the variants is that of the versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// `1.0.dev1`: before all others of 1.0.
    Dev,
    /// `1.0-rc.1`, `1.0rc1`
    Pre(Vec<Identifier>),
    /// `1.0` and `1.0.post1`
    Release,
}

/// A development release comes before what it leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dev {
    Number(Number),
    None,
}

/// An identifier of a prerelease: numbers come before words (SemVer 11.4.3); more identifiers come after fewer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identifier {
    Number(Number),
    Word(String),
}

/// Decimal digits without zeros in front: the longer is the greater.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number(String);

impl Number {
    pub(super) fn of(digits: &str) -> Number {
        Number(digits.trim_start_matches('0').to_owned())
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Place {
    /// A release.
    pub(super) fn release() -> Place {
        Place { stage: Stage::Release, post: None, dev: Dev::None }
    }

    /// A prerelease by its text behind the dash.
    pub(super) fn semver(pre: &str) -> Place {
        let identifiers = pre.split('.').map(|part| match part.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Identifier::Number(Number::of(part)),
            false => Identifier::Word(part.to_owned()),
        });
        Place { stage: Stage::Pre(identifiers.collect()), ..Place::release() }
    }
}

/// Compares the numbers in front; a missing one is 0.
pub(super) fn numbers(left: &[String], right: &[String]) -> Ordering {
    let number = |numbers: &[String], index: usize| Number::of(numbers.get(index).map_or("", String::as_str));
    (0..left.len().max(right.len()))
        .map(|index| number(left, index).cmp(&number(right, index)))
        .find(|ordering| ordering.is_ne())
        .unwrap_or(Ordering::Equal)
}
