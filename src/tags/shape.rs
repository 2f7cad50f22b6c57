//! Tags read back: whether a template could have given a tag, and what the tag then tells.
//!
//! Exact: an id has its number of hex digits, a date is one of its format, a count has no zero in front, and what is
//! known of the commit must stand there. A name can be anything that a cleaned name can be, so a template with a name in
//! it matches more than its own tags.

use std::collections::{BTreeMap, HashSet};

use super::date::Format;
use super::fill::{Given, given, version_of};
use super::placeholders::Piece;
use super::{Facts, Known, LONGEST, Template, is_hex, prefix};
use crate::version::Version;

#[cfg(test)]
mod tests;

/// What a tag tells by the template that it could be of. What the template does not have is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captures {
    /// The beginning of the commit's id.
    pub sha: Option<String>,
    /// The beginning of the id of the last commit that changed an input.
    pub input_sha: Option<String>,
    /// The beginning of the content hash.
    pub content_hash: Option<String>,
    /// The commit's date.
    pub commit_date: Option<Date>,
    /// When it was built.
    pub build_date: Option<Date>,
    /// The number.
    pub count: Option<u64>,
    /// The version, with the plus for which `_` stands in a tag.
    pub version: Option<String>,
    /// The branch, cleaned and maybe cut.
    pub branch: Option<String>,
    /// The git tag, cleaned and maybe cut.
    pub git_tag: Option<String>,
    /// `git describe --tags`, cleaned.
    pub describe: Option<String>,
    /// The image's name, cleaned.
    pub image: Option<String>,
    /// Named groups, and `major`, `minor`, `patch` and `pre`, by name.
    pub names: BTreeMap<String, String>,
}

/// A date of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Date {
    /// As it stands in the tag.
    pub text: String,
    /// Seconds since the epoch, where the format tells the day. A missing time of day is midnight, UTC.
    pub seconds: Option<i64>,
}

/// Whether this template could have given this tag where this much is known, and what the tag tells then.
pub fn matches(template: &Template, known: &Known<'_>, tag: &str) -> Option<Captures> {
    let text = tag.strip_prefix(&prefix(known.scope))?;
    let mut reading = Reading {
        text,
        known,
        // Only a tag of the greatest length can have lost the end of a name.
        may_be_cut: tag.len() == LONGEST,
        dead: HashSet::new(),
        ends: Vec::with_capacity(template.pieces.len()),
    };
    if !reading.descend(&template.pieces, 0) {
        return None;
    }
    captured(template, text, &reading.ends)
}

/// The number of the next `{count}` tag: 1 more than the greatest among the tags that equal this template's in
/// everything else, and 1 for the first. The facts' own count plays no part.
pub fn next_count<'t>(
    template: &Template,
    facts: &Facts<'_>,
    existing: impl IntoIterator<Item = &'t str>,
) -> u64 {
    let of_tag = facts.git_tag.and_then(Version::parse);
    let mut known = Known { count: None, ..Known::from(facts) };
    known.version = known.version.or(of_tag.as_ref());
    let counts = existing.into_iter().filter_map(|tag| matches(template, &known, tag)?.count);
    counts.max().map_or(1, |count| count.saturating_add(1))
}

/// A regular expression (RE2's syntax, not anchored) that matches every tag this template could give in this scope. It
/// is a little wider than [`matches()`]: a day that no calendar has fits it, too.
pub fn regex(template: &Template, scope: Option<&str>) -> String {
    let literal = |text: &str| text.replace('.', r"\.");
    let mut regex = literal(&prefix(scope));
    for piece in &template.pieces {
        let id = |digits: usize| match digits {
            ..=40 => format!("[0-9a-f]{{{digits}}}"),
            _ => format!("(?:[0-9a-f]{{40}}|[0-9a-f]{{{digits}}})"),
        };
        regex.push_str(&match piece {
            Piece::Literal(text) => literal(text),
            Piece::Any => "[A-Za-z0-9_.-]*".to_owned(),
            Piece::Sha(digits) | Piece::InputSha(digits) => id(*digits),
            Piece::ContentHash(digits) => format!("[0-9a-f]{{{digits}}}"),
            Piece::CommitDate(format) | Piece::BuildDate(format) => format.regex(),
            Piece::Major | Piece::Minor | Piece::Patch => "[0-9]+".to_owned(),
            Piece::Version => "[0-9][A-Za-z0-9_.-]*".to_owned(),
            Piece::Count => "[1-9][0-9]*".to_owned(),
            Piece::Branch | Piece::GitTag | Piece::Describe | Piece::Pre | Piece::Image | Piece::Name(_) => {
                "[A-Za-z0-9_][A-Za-z0-9_.-]*".to_owned()
            }
        });
    }
    regex
}

/// One walk over a tag.
struct Reading<'r> {
    text: &'r str,
    known: &'r Known<'r>,
    may_be_cut: bool,
    /// Pieces left, and places, from which nothing fits: a template of many names stays quick.
    dead: HashSet<(usize, usize)>,
    /// Where each piece ends.
    ends: Vec<usize>,
}

impl Reading<'_> {
    fn descend(&mut self, pieces: &[Piece], at: usize) -> bool {
        let Some((piece, rest)) = pieces.split_first() else { return at == self.text.len() };
        if self.dead.contains(&(pieces.len(), at)) {
            return false;
        }
        for length in self.lengths(piece, at) {
            self.ends.push(at + length);
            if self.descend(rest, at + length) {
                return true;
            }
            self.ends.pop();
        }
        self.dead.insert((pieces.len(), at));
        false
    }

    /// The lengths that a piece can have from here on.
    fn lengths(&self, piece: &Piece, at: usize) -> Vec<usize> {
        let text = self.text.get(at..).unwrap_or_default();
        match given(piece, self.known) {
            Given::Nothing => Vec::new(),
            Given::Text(known) => text.starts_with(&known).then_some(known.len()).into_iter().collect(),
            Given::Name(known) => match self.may_be_cut {
                false => text.starts_with(&known).then_some(known.len()).into_iter().collect(),
                true => {
                    let alike = known.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
                    (1..=alike).rev().collect()
                }
            },
            Given::Unknown => unknown(piece, text),
        }
    }
}

/// The lengths of what a piece could be, of which nothing is known.
fn unknown(piece: &Piece, text: &str) -> Vec<usize> {
    let while_all = |is: fn(u8) -> bool| text.bytes().take_while(|byte| is(*byte)).count();
    let hex = |digits: usize| {
        let fits = text.get(..digits).is_some_and(|id| id.bytes().all(is_hex));
        fits.then_some(digits)
    };
    let id =
        |digits: usize| hex(digits).into_iter().chain((digits > 40).then(|| hex(40)).flatten()).collect();
    let name = || match text.starts_with(['.', '-']) {
        true => Vec::new(),
        false => (1..=while_all(in_tag)).collect(),
    };
    match piece {
        Piece::Literal(_) => Vec::new(),
        Piece::Any => (0..=while_all(in_tag)).collect(),
        Piece::Sha(digits) | Piece::InputSha(digits) => id(*digits),
        Piece::ContentHash(digits) => hex(*digits).into_iter().collect(),
        Piece::CommitDate(format) | Piece::BuildDate(format) => format.ends(text),
        Piece::Major | Piece::Minor | Piece::Patch => (1..=while_all(|b| b.is_ascii_digit())).collect(),
        Piece::Count => {
            let count = |end: &usize| {
                text.get(..*end).is_some_and(|n| !n.starts_with('0') && n.parse::<u64>().is_ok())
            };
            (1..=while_all(|b| b.is_ascii_digit())).filter(count).collect()
        }
        Piece::Version if !text.starts_with(|c: char| c.is_ascii_digit()) => Vec::new(),
        Piece::Version => {
            let version = |end: &usize| text.get(..*end).is_some_and(|text| version_of(text).is_some());
            (1..=while_all(in_tag)).filter(version).collect()
        }
        Piece::Branch | Piece::GitTag | Piece::Describe | Piece::Pre | Piece::Image | Piece::Name(_) => {
            name()
        }
    }
}

fn in_tag(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// What the pieces of a tag tell.
fn captured(template: &Template, text: &str, ends: &[usize]) -> Option<Captures> {
    let mut captures = Captures::default();
    let mut start = 0;
    for (piece, end) in template.pieces.iter().zip(ends) {
        let part = text.get(start..*end)?;
        start = *end;
        let date = |format: &Format| Some(Date { text: part.to_owned(), seconds: format.seconds(part) });
        let own = || Some(part.to_owned());
        match piece {
            Piece::Literal(_) | Piece::Any => {}
            Piece::Sha(_) => captures.sha = own(),
            Piece::InputSha(_) => captures.input_sha = own(),
            Piece::ContentHash(_) => captures.content_hash = own(),
            Piece::CommitDate(format) => captures.commit_date = date(format),
            Piece::BuildDate(format) => captures.build_date = date(format),
            Piece::Count => captures.count = Some(part.parse().ok()?),
            Piece::Version => captures.version = Some(version_of(part)?.text().to_owned()),
            Piece::Branch => captures.branch = own(),
            Piece::GitTag => captures.git_tag = own(),
            Piece::Describe => captures.describe = own(),
            Piece::Image => captures.image = own(),
            Piece::Major => captures.name("major", part),
            Piece::Minor => captures.name("minor", part),
            Piece::Patch => captures.name("patch", part),
            Piece::Pre => captures.name("pre", part),
            Piece::Name(name) => captures.name(name, part),
        }
    }
    Some(captures)
}

impl Captures {
    fn name(&mut self, name: &str, text: &str) {
        self.names.insert(name.to_owned(), text.to_owned());
    }
}
