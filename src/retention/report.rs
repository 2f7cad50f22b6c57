//! What `imgplan expire` says, version 1: a public shape of its own.

use serde::Serialize;

use super::{Judged, Verdict, date};
use crate::reference::Tag;

/// The whole.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// 1
    pub version: u32,
    /// Whether nothing was deleted because nobody asked for it.
    pub dry_run: bool,
    /// Each repository with its tags.
    pub repositories: Vec<Repository>,
}

/// A repository.
#[derive(Debug, Clone, Serialize)]
pub struct Repository {
    /// `HOST/PATH`, or `oci:DIR`.
    pub repository: String,
    /// The tags that could expire, in the order of their names.
    pub tags: Vec<Entry>,
    /// What else a person should know.
    pub notes: Vec<String>,
}

/// A tag.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// The tag.
    pub tag: Tag,
    /// Where it stands, or stood.
    pub digest: String,
    /// What becomes of it, or became.
    pub action: Action,
    /// One sentence.
    pub reason: String,
    /// Since when its age counts, RFC 3339; null where that is not known.
    pub since: Option<String>,
    /// When its time is over, RFC 3339; null where that is never, or not known.
    pub expires: Option<String>,
    /// Whole days since then.
    pub age_days: Option<i64>,
    /// Tags at the same digest that stay.
    pub shared_with: Vec<Tag>,
}

/// What becomes of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// `--delete` would delete it.
    Delete,
    /// It was deleted.
    Deleted,
    /// It is over and could not be deleted.
    Left,
    /// It is in use.
    Keep,
    /// It is not over yet, or its age is not known.
    NotYet,
}

impl Action {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Delete => "delete",
            Action::Deleted => "deleted",
            Action::Left => "left",
            Action::Keep => "keep",
            Action::NotYet => "not-yet",
        }
    }
}

impl Entry {
    /// A tag as it was judged.
    pub fn of(judged: &Judged, now: i64) -> Entry {
        const DAY: i64 = 24 * 60 * 60;
        let action = match judged.verdict {
            Verdict::Over => Action::Delete,
            Verdict::NotYet | Verdict::AgeUnknown => Action::NotYet,
            Verdict::Kept => Action::Keep,
        };
        Entry {
            tag: judged.tag.clone(),
            digest: judged.digest.to_string(),
            action,
            reason: judged.reason.clone(),
            since: judged.since.map(date),
            expires: judged.over.map(date),
            age_days: judged.since.map(|since| now.saturating_sub(since).max(0) / DAY),
            shared_with: judged.beside.clone(),
        }
    }
}
