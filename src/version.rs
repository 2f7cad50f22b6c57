//! Versions, as git tags bear them: SemVer, the shorter forms of it, CalVer and PEP 440.
//!
//! Pure: text in, parts and an order out. It must not know which tags a version gives, nor what floats.
//!
//! What is read, after one `v` or `V` that may stand in front:
//! * numbers with points between them: `1.2.3` (SemVer 2.0.0), `1.2`, `2024.04.1` (calver.org; zeros stay in the text);
//! * behind a dash a prerelease by [SemVer 9](https://semver.org/#spec-item-9): `1.2.3-rc.1`. A dash is always SemVer's,
//!   so PEP 440's `1.0-1` (a post-release) is a prerelease here;
//! * without a dash the suffixes of [PEP 440](https://peps.python.org/pep-0440/), as docker/metadata-action's `pep440`
//!   takes them: `1.2rc1`, `1.2.0a1`, `1.2.dev3`, `1.2.post1`. Epochs (`1!2.0`) are not read: no tag can hold a `!`;
//! * behind a plus build metadata, or PEP 440's local version. It has no part in the order (SemVer 10).
//!
//! The order is that of SemVer 11 and of PEP 440, which agree where both read a version. A missing number is 0.

use std::cmp::Ordering;
use std::fmt;

mod order;
mod pep440;
#[cfg(test)]
mod tests;

/// A version. Equal is what has the same place in the order: `1.2`, `v1.2.0` and `1.2.0+x` are.
#[derive(Debug, Clone)]
pub struct Version {
    /// Without the `v`.
    text: String,
    /// The numbers as written, at least one.
    numbers: Vec<String>,
    /// What follows the numbers of a prerelease, without the dash or point in front.
    pre: Option<String>,
    place: order::Place,
}

impl Version {
    /// Reads a version; `None` where the text is none.
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (body, build) = match text.split_once('+') {
            Some((body, build)) => (body, Some(build)),
            None => (text, None),
        };
        if build.is_some_and(|build| !identifiers(build)) {
            return None;
        }
        let (numbers, rest) = numbers(body)?;
        let (pre, place) = match rest.strip_prefix('-') {
            Some(pre) if identifiers(pre) && !pre.split('.').any(has_leading_zero) => {
                (Some(pre.to_owned()), order::Place::semver(pre))
            }
            Some(_) => return None,
            None => pep440::suffix(rest)?,
        };
        Some(Version { text: text.to_owned(), numbers, pre, place })
    }

    /// As written, without the `v`; build metadata is in it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first number, as written.
    pub fn major(&self) -> &str {
        self.numbers.first().map_or("", String::as_str)
    }

    /// The second number, as written (`04` stays `04`).
    pub fn minor(&self) -> Option<&str> {
        self.numbers.get(1).map(String::as_str)
    }

    /// The third number, as written.
    pub fn patch(&self) -> Option<&str> {
        self.numbers.get(2).map(String::as_str)
    }

    /// What makes it a prerelease: `rc.1` of `1.2.3-rc.1`, `rc1` of `1.2rc1`, `dev3` of `1.2.dev3`.
    pub fn pre(&self) -> Option<&str> {
        self.pre.as_deref()
    }

    /// Whether it comes before the release of its numbers. A post-release does not.
    pub fn is_prerelease(&self) -> bool {
        self.pre.is_some()
    }

    /// Whether it is a `0.y.z`, where anything may change (SemVer 4), so that `0` alone promises nothing.
    pub fn is_zero_major(&self) -> bool {
        self.major().bytes().all(|byte| byte == b'0')
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        order::numbers(&self.numbers, &other.numbers).then_with(|| self.place.cmp(&other.place))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

/// The numbers that a text begins with, and what follows. A point that no digit follows is of what follows.
fn numbers(text: &str) -> Option<(Vec<String>, &str)> {
    let (first, mut rest) = digits(text)?;
    let mut numbers = vec![first.to_owned()];
    while let Some((number, behind)) = rest.strip_prefix('.').and_then(digits) {
        numbers.push(number.to_owned());
        rest = behind;
    }
    Some((numbers, rest))
}

/// The digits that a text begins with, at least one.
fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    if end == 0 { None } else { text.split_at_checked(end) }
}

/// SemVer 9 and 10: identifiers of letters, digits and dashes with points between them, none empty.
fn identifiers(text: &str) -> bool {
    text.split('.')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}

fn has_leading_zero(part: &str) -> bool {
    part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit())
}
