//! What became of every entry, in words and in the shape that scripts read.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Entry, Finding, Mode, Verdict};
use crate::details::EXPIRES_AFTER;
use crate::error::{Error, Kind};
use crate::promotion::judge::{Move, Version};
use crate::reference::{Digest, Repository, Tag};
use crate::text::list;

/// All entries, version 1 of its JSON.
#[derive(Debug, Serialize)]
pub struct Report {
    /// 1
    pub version: u32,
    /// What the run did besides reading.
    pub mode: Mode,
    /// In the lists' order.
    pub entries: Vec<Row>,
}

/// One entry.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Where it is written: `FILE:LINE:COLUMN: KEY`.
    pub place: String,
    /// The source's repository.
    pub from: Repository,
    /// The source's tag, digest or commit, as it is written.
    pub source: String,
    /// The target's repository.
    pub repository: Repository,
    /// The target tag.
    pub tag: Tag,
    /// What became of it.
    pub action: Action,
    /// A sentence.
    pub reason: String,
    /// Which finding it is.
    pub finding: Option<&'static str>,
    /// The image that the source is, as far as it is known.
    pub digest: Option<Digest>,
    /// When that was made, RFC 3339; only where a finding tells it.
    pub created: Option<String>,
    /// Where the target tag was before.
    pub before: Option<Digest>,
    /// When that was made, the same.
    pub before_created: Option<String>,
    /// Tags of signatures and the like that were put with it.
    pub attached: Vec<Tag>,
    /// What the list says of the image's source.
    pub source_ref: Option<String>,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// The tag was put where there was none.
    Retagged,
    /// The tag was moved, as it was asked for.
    Moved,
    /// The tag would be put.
    Retag,
    /// The tag would be moved.
    Move,
    /// It was there.
    AlreadyThere,
    /// It was there, and the source is not.
    NotVerifiable,
    /// Something is wrong.
    Finding,
    /// It could not be told.
    Unknown,
}

impl Action {
    /// All of them, in the order of the summary, with their words there: one, several.
    const ALL: [(Action, &'static str, &'static str); 8] = [
        (Action::Retagged, "retagged", "retagged"),
        (Action::Moved, "moved", "moved"),
        (Action::Retag, "to retag", "to retag"),
        (Action::Move, "to move", "to move"),
        (Action::AlreadyThere, "already there", "already there"),
        (Action::NotVerifiable, "not verifiable", "not verifiable"),
        (Action::Finding, "finding", "findings"),
        (Action::Unknown, "unknown", "unknown"),
    ];

    /// As it stands in a line.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Retagged => "retagged",
            Action::Moved => "moved",
            Action::Retag => "retag",
            Action::Move => "move",
            Action::AlreadyThere => "already there",
            Action::NotVerifiable => "not verifiable",
            Action::Finding => "finding",
            Action::Unknown => "unknown",
        }
    }
}

impl Report {
    /// `50 entries: 48 retagged, 2 already there`
    pub fn summary(&self) -> String {
        let mut line = match self.entries.len() {
            1 => "1 entry".to_owned(),
            all => format!("{all} entries"),
        };
        let mut sign = ": ";
        for (action, one, several) in Action::ALL {
            match self.entries.iter().filter(|row| row.action == action).count() {
                0 => continue,
                1 => _ = write!(line, "{sign}1 {one}"),
                count => _ = write!(line, "{sign}{count} {several}"),
            }
            sign = ", ";
        }
        line
    }
}

impl Row {
    /// The row of an entry.
    pub fn of(entry: &Entry, verdict: &Verdict) -> Row {
        let (action, digest, before) = match verdict {
            Verdict::There(digest) => (Action::AlreadyThere, Some(digest), Some(digest)),
            Verdict::NotVerifiable(at) => (Action::NotVerifiable, None, Some(at)),
            Verdict::Put(put) if put.over.is_some() => (Action::Move, Some(&put.digest), put.over.as_ref()),
            Verdict::Put(put) => (Action::Retag, Some(&put.digest), None),
            Verdict::Done { put, .. } if put.over.is_some() => {
                (Action::Moved, Some(&put.digest), put.over.as_ref())
            }
            Verdict::Done { put, .. } => (Action::Retagged, Some(&put.digest), None),
            Verdict::Finding(finding) => (Action::Finding, finding.digest(), finding.before()),
            Verdict::Unknown(_) => (Action::Unknown, None, None),
        };
        let (wanted, at) = match verdict {
            Verdict::Finding(Finding::Elsewhere { at, wanted }) => (Some(wanted), Some(at)),
            _ => (None, None),
        };
        Row {
            place: entry.place.to_string(),
            from: entry.from.clone(),
            source: entry.source.to_string(),
            repository: entry.to.clone(),
            tag: entry.tag.clone(),
            action,
            reason: reason(entry, verdict),
            finding: match verdict {
                Verdict::Finding(finding) => Some(finding.name()),
                _ => None,
            },
            digest: digest.cloned(),
            created: wanted.and_then(made),
            before: before.cloned(),
            before_created: at.and_then(made),
            attached: match verdict {
                Verdict::Done { attached, .. } => attached.clone(),
                _ => Vec::new(),
            },
            source_ref: entry.source_ref.as_ref().map(|source_ref| source_ref.text.clone()),
        }
    }
}

/// The source as it stands beside its target: the repository only where it is another one.
fn origin(entry: &Entry) -> String {
    if entry.from == entry.to { entry.source.to_string() } else { entry.origin() }
}

fn moved(put: &Move, origin: &str) -> String {
    match &put.over {
        None => format!("-> {}, from {origin}", put.digest),
        Some(over) => format!("{over} -> {}, from {origin}", put.digest),
    }
}

fn reason(entry: &Entry, verdict: &Verdict) -> String {
    let origin = origin(entry);
    match verdict {
        Verdict::There(digest) => format!("{digest}, as {origin}"),
        Verdict::NotVerifiable(at) => format!("at {at}; {origin} is not there"),
        Verdict::Put(put) => moved(put, &origin),
        Verdict::Done { put, attached } => match attached.as_slice() {
            [] => moved(put, &origin),
            attached => format!("{}, with {}", moved(put, &origin), list(attached)),
        },
        Verdict::Finding(finding) => finding.sentence(entry),
        Verdict::Unknown(why) => why.clone(),
    }
}

impl Finding {
    /// Its name for scripts.
    pub fn name(&self) -> &'static str {
        match self {
            Finding::Elsewhere { .. } => "elsewhere",
            Finding::NoSource { .. } => "no-source",
            Finding::SourceRef { .. } => "source-ref",
            Finding::Expires { .. } => "expires",
            Finding::Taken { .. } => "taken",
            Finding::Twice(_) => "twice",
        }
    }

    fn digest(&self) -> Option<&Digest> {
        match self {
            Finding::Elsewhere { wanted, .. } => Some(&wanted.digest),
            Finding::SourceRef { digest, .. }
            | Finding::Expires { digest, .. }
            | Finding::Taken { digest, .. } => Some(digest),
            Finding::NoSource { .. } | Finding::Twice(_) => None,
        }
    }

    fn before(&self) -> Option<&Digest> {
        match self {
            Finding::Elsewhere { at, .. } => Some(&at.digest),
            Finding::Taken { at, .. } => Some(at),
            Finding::NoSource { at, .. } => at.as_ref(),
            Finding::SourceRef { digest, there: true, .. } => Some(digest),
            _ => None,
        }
    }

    fn sentence(&self, entry: &Entry) -> String {
        let origin = origin(entry);
        match self {
            Finding::Elsewhere { at, wanted } => {
                format!("at {}, and {origin} is {}", dated(at), dated(wanted))
            }
            Finding::NoSource { why: Some(why), at: None } => {
                format!("not there, and neither is its image: {why}")
            }
            Finding::NoSource { why: None, at: None } => format!("neither it nor {origin} is there"),
            Finding::NoSource { why: Some(why), at: Some(at) } => {
                format!("at {at}, and its image is not there: {why}")
            }
            Finding::NoSource { why: None, at: Some(at) } => format!("at {at}, and {origin} is not there"),
            Finding::SourceRef { revision, .. } => {
                let listed = entry.source_ref.as_ref().map_or("", |listed| listed.text.as_str());
                format!("{origin} says that it was built at {revision}, and the list says {listed}")
            }
            Finding::Expires { after, .. } => {
                format!("{origin} has the label {EXPIRES_AFTER}={after}, which would travel with it")
            }
            Finding::Taken { digest, at, refusal: None } => {
                format!("came to be at {at} while it was to be put at {digest}")
            }
            Finding::Taken { digest, at, refusal: Some(_) } => {
                format!("the registry refused to put it at {digest}; it is at {at}")
            }
            Finding::Twice(first) => format!("the same entry stands at {first}"),
        }
    }

    /// The finding as it is reported, with what to do.
    pub fn error(&self, entry: &Entry) -> Error {
        let sentence = format!("{}: {}", entry.target(), self.sentence(entry));
        let hint = match self {
            Finding::Elsewhere { .. } => format!(
                "the tags of a list are written once: take another tag, or move this one with --repush {}",
                entry.target()
            ),
            Finding::NoSource { .. } => {
                "it may have been deleted, or never pushed: name an image that is there".to_owned()
            }
            Finding::SourceRef { .. } => {
                "mend the list, or leave the address out if the image's label is not its own".to_owned()
            }
            Finding::Expires { .. } => {
                "build it again without the label: a retag cannot take it off".to_owned()
            }
            Finding::Taken { refusal: Some(_), .. } => {
                "an immutable or protected tag stays where it is, whatever option names it".to_owned()
            }
            Finding::Taken { refusal: None, .. } => {
                "another run was first: see with --check what it put".to_owned()
            }
            Finding::Twice(_) => "take one of them out".to_owned(),
        };
        let error = Error::new(Kind::Conflict, sentence).at(entry.place.clone()).hint(hint);
        match self {
            Finding::Taken { refusal: Some(refusal), .. } => error.caused_by(refusal.clone()),
            _ => error,
        }
    }
}

fn dated(version: &Version) -> String {
    let made = made(version);
    format!("{} (made {})", version.digest, made.as_deref().unwrap_or("at an unknown time"))
}

fn made(version: &Version) -> Option<String> {
    jiff::Timestamp::from_second(version.created?).ok().map(|created| created.to_string())
}
