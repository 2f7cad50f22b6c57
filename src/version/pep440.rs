//! The suffixes of PEP 440: prereleases, post-releases and development releases, in every spelling that it reads.

use super::digits;
use super::order::{Dev, Identifier, Number, Place, Stage};

/// What prereleases are called, and what that means in the order. A longer name stands before what it begins with.
const PRE: &[(&str, &str)] = &[
    ("alpha", "a"),
    ("a", "a"),
    ("beta", "b"),
    ("b", "b"),
    ("preview", "rc"),
    ("pre", "rc"),
    ("rc", "rc"),
    ("c", "rc"),
];
const POST: &[(&str, &str)] = &[("post", ""), ("rev", ""), ("r", "")];
const DEV: &[(&str, &str)] = &[("dev", "")];

/// A suffix behind the numbers: the text of the prerelease, if it is one, and the place in the order. `None` where it is
/// no suffix of PEP 440.
pub(super) fn suffix(text: &str) -> Option<(Option<String>, Place)> {
    let mut place = Place::release();
    let mut pre = String::new();
    let mut rest = text;
    if let Some(part) = part(rest, PRE) {
        place.stage =
            Stage::Pre(vec![Identifier::Word(part.means.to_owned()), Identifier::Number(part.number)]);
        pre.push_str(part.text);
        rest = part.rest;
    }
    if let Some(part) = part(rest, POST) {
        place.post = Some(part.number);
        rest = part.rest;
    }
    if let Some(part) = part(rest, DEV) {
        place.dev = Dev::Number(part.number);
        if place.stage == Stage::Release && place.post.is_none() {
            place.stage = Stage::Dev;
        }
        if !pre.is_empty() {
            pre.push('.');
        }
        pre.push_str(part.text);
        rest = part.rest;
    }
    rest.is_empty().then(|| ((!pre.is_empty()).then_some(pre), place))
}

struct Part<'t> {
    /// The name and its number as written.
    text: &'t str,
    means: &'static str,
    /// A missing one is 0.
    number: Number,
    rest: &'t str,
}

/// One part: a separator that may be missing, a name, and a number that may be missing.
fn part<'t>(text: &'t str, names: &[(&str, &'static str)]) -> Option<Part<'t>> {
    let text = text.strip_prefix(['.', '_', '-']).unwrap_or(text);
    let is = |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let (name, means) = names.iter().find(|(name, _)| is(name))?;
    let behind = text.get(name.len()..)?;
    // A separator counts only where a number follows: `1.0rc.dev1` is rc0, and then dev1.
    let numbered = behind.strip_prefix(['.', '_', '-']).and_then(digits).or_else(|| digits(behind));
    let (number, rest) = numbered.unwrap_or(("", behind));
    let text = text.get(..text.len() - rest.len())?;
    Some(Part { text, means, number: Number::of(number), rest })
}
