//! From facts to a tag's text: what each placeholder gives, how names are cleaned, and what may be cut.

use super::placeholders::Piece;
use super::{Facts, LONGEST, prefix};
use crate::version::Version;

/// What is known when a piece is filled or matched; everything may be unknown.
///
/// For `matches`, a known value must stand in the tag, and an unknown one is read from it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The full commit id in hex.
    pub sha: Option<&'a str>,
    /// The branch.
    pub branch: Option<&'a str>,
    /// The git tag.
    pub git_tag: Option<&'a str>,
    /// The content hash, 64 hex digits.
    pub content_hash: Option<&'a str>,
    /// `--scope`. This is never read from a tag: without one, no scope's tag matches but by chance.
    pub scope: Option<&'a str>,
    /// The commit's time, seconds since the epoch.
    pub commit_date: Option<i64>,
    /// The build's time, seconds since the epoch.
    pub build_date: Option<i64>,
    /// `git describe --tags`
    pub describe: Option<&'a str>,
    /// The version.
    pub version: Option<&'a Version>,
    /// The image's name.
    pub image: Option<&'a str>,
    /// The number of `{count}`.
    pub count: Option<u64>,
    /// The full id of the last commit that changed an input.
    pub input_sha: Option<&'a str>,
    /// What named groups hold.
    pub names: &'a [(&'a str, &'a str)],
}

impl<'a> From<&Facts<'a>> for Known<'a> {
    /// Everything that the facts tell. The version is known only where the facts have it apart from the git tag.
    fn from(facts: &Facts<'a>) -> Self {
        let told = |text: &'a str| (!text.is_empty()).then_some(text);
        Known {
            sha: told(facts.sha),
            branch: facts.branch,
            git_tag: facts.git_tag,
            content_hash: told(facts.content_hash),
            scope: facts.scope,
            commit_date: facts.commit_date,
            build_date: facts.build_date,
            describe: facts.describe,
            version: facts.version,
            image: told(facts.image),
            count: facts.count,
            input_sha: facts.input_sha,
            names: facts.names,
        }
    }
}

/// What a piece gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given {
    /// Exactly this text.
    Text(String),
    /// A name, which may be cut where the tag would be too long.
    Name(String),
    /// It is not known.
    Unknown,
    /// It is known that there is none: a version without a third number, a name of which no character fits.
    Nothing,
}

/// What a piece gives by what is known.
pub(super) fn given(piece: &Piece, known: &Known<'_>) -> Given {
    let id = |id: Option<&str>, digits: usize| {
        id.map_or(Given::Unknown, |id| Given::Text(id.get(..digits).unwrap_or(id).to_owned()))
    };
    let date = |format: &super::date::Format, seconds: Option<i64>| match seconds {
        Some(seconds) => format.render(seconds).map_or(Given::Nothing, Given::Text),
        None => Given::Unknown,
    };
    let whole = |text: Option<&str>| match text {
        Some(text) => cleaned(text).map_or(Given::Nothing, Given::Text),
        None => Given::Unknown,
    };
    let name = |text: Option<&str>| match whole(text) {
        Given::Text(text) => Given::Name(text),
        other => other,
    };
    let part = |part: fn(&Version) -> Option<&str>| match known.version {
        Some(version) => part(version).and_then(cleaned).map_or(Given::Nothing, Given::Text),
        None => Given::Unknown,
    };
    match piece {
        Piece::Literal(text) => Given::Text(text.clone()),
        Piece::Any => Given::Unknown,
        Piece::Sha(digits) => id(known.sha, *digits),
        Piece::InputSha(digits) => id(known.input_sha, *digits),
        Piece::ContentHash(digits) => id(known.content_hash, *digits),
        Piece::Branch => name(known.branch),
        Piece::GitTag => name(known.git_tag),
        Piece::CommitDate(format) => date(format, known.commit_date),
        Piece::BuildDate(format) => date(format, known.build_date),
        // The id at its end, a version and an image's name are never cut: what is left would be another's.
        Piece::Describe => whole(known.describe),
        Piece::Version => match known.version {
            Some(version) => Given::Text(in_tag(version)),
            None => Given::Unknown,
        },
        Piece::Major => part(|version| Some(version.major())),
        Piece::Minor => part(Version::minor),
        Piece::Patch => part(Version::patch),
        Piece::Pre => part(Version::pre),
        Piece::Image => whole(known.image),
        Piece::Count => known.count.map_or(Given::Unknown, |count| Given::Text(count.to_string())),
        Piece::Name(name) => {
            whole(known.names.iter().find(|(known, _)| known == name).map(|(_, text)| *text))
        }
    }
}

/// The tag's text, not yet checked; `None` where a fact is missing.
pub(super) fn fill(pieces: &[Piece], facts: &Facts<'_>) -> Option<String> {
    let of_tag = facts.git_tag.and_then(Version::parse);
    let mut known = Known::from(facts);
    known.version = known.version.or(of_tag.as_ref());
    let mut texts = Vec::with_capacity(pieces.len());
    let mut fixed = 0usize;
    for piece in pieces {
        let (text, cut) = match given(piece, &known) {
            Given::Text(text) => (text, false),
            Given::Name(text) => (text, true),
            Given::Unknown | Given::Nothing => return None,
        };
        if !cut {
            fixed = fixed.saturating_add(text.len());
        }
        texts.push((text, cut));
    }
    let prefix = prefix(facts.scope);
    let mut room = LONGEST.saturating_sub(prefix.len()).saturating_sub(fixed);
    let mut tag = prefix;
    for (text, cut) in texts {
        if cut {
            // Cleaned text is ASCII, so every byte is a character. At least one stays: a tag without
            // the name would be another branch's, too, and a tag that is too long is refused.
            let part = text.get(..room.max(1)).unwrap_or(&text);
            room = room.saturating_sub(part.len());
            tag.push_str(part);
        } else {
            tag.push_str(&text);
        }
    }
    Some(tag)
}

/// What stands in a tag for the plus of a version, which no tag can hold. No version has a `_`, so it is read back as the
/// plus that it was; a dash would make a prerelease of a release.
const PLUS: &str = "_";

/// A version as it stands in a tag.
fn in_tag(version: &Version) -> String {
    version.text().replace('+', PLUS)
}

/// A version as it stands in a tag, read back.
pub(super) fn version_of(text: &str) -> Option<Version> {
    // A plus cannot come from a tag.
    Version::parse(&text.replacen(PLUS, "+", 1))
}

/// A name of git as a part of a tag, as docker/metadata-action's `sanitizeTag` does: what a tag cannot
/// hold becomes one dash. What no tag may start with is dropped at the front.
pub(super) fn cleaned(name: &str) -> Option<String> {
    let mut text = String::with_capacity(name.len());
    let mut dash = false;
    for c in name.chars() {
        let fits = c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if fits {
            text.push(c);
        } else if !dash {
            text.push('-');
        }
        dash = !fits;
    }
    let text = text.trim_start_matches(['.', '-']);
    (!text.is_empty()).then(|| text.to_owned())
}
