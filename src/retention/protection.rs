//! What is never deleted, whatever a rule says: tags that are in use.
//!
//! In use are a release's tags (version numbers, `latest`, the names of git tags), the floating tags of branches that are
//! there and all others of that class, the tags of branches' and git tags' tips, and the content tags that commits need. A
//! suffix in a tag is its own maker's word and goes before all of these but a git tag of that very name.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cause, Facts};
use crate::reference::Tag;
use crate::tags;

/// Hex digits of a content tag.
const DIGITS: usize = 40;

/// What git says of tags.
#[derive(Debug, Clone, Default)]
pub struct Protection {
    /// The names of git tags, as tags of images can bear them.
    pub git_tags: BTreeSet<String>,
    /// Tags that belong to the tip of a branch or a git tag, and whose.
    pub tips: BTreeMap<String, String>,
    /// Tags that may move, by their class.
    pub floating: BTreeSet<String>,
    /// Content that commits need.
    pub contents: Contents,
    /// What a person should know of `contents`.
    pub note: Option<String>,
}

/// The content that commits need.
#[derive(Debug, Clone, Default)]
pub enum Contents {
    /// No rule is about content tags.
    #[default]
    NotAsked,
    /// The digits of each content tag, and when the newest commit was made that needs it; tips of branches and git tags
    /// need theirs for ever, which is `i64::MAX`.
    Needed(BTreeMap<String, i64>),
    /// Why it is not known; then every content tag stays.
    Unknown(String),
}

impl Protection {
    /// Why a tag stays, if it does.
    pub(super) fn why(&self, facts: &Facts<'_>, tag: &Tag, cause: Cause<'_>) -> Option<String> {
        let name = tag.as_str();
        if self.git_tags.contains(name) {
            return Some(format!("{name} is a git tag"));
        }
        let Cause::Rule(rule) = cause else { return None };
        if tags::is_content_tag(name) {
            let since = rule.keep.map(|keep| facts.now.saturating_sub_unsigned(keep.as_secs()));
            return self.content(facts, name, since);
        }
        if let Some(digest) = attached_to(name)
            && facts.tags.values().any(|at| at.as_str() == digest)
        {
            return Some(format!("it belongs to {digest}, which has a tag"));
        }
        if let Some(part) = name.split('-').find(|part| is_version(part) || *part == "latest") {
            return Some(format!("{part} makes it a release's tag"));
        }
        if let Some(whose) = self.tips.get(name) {
            return Some(format!("it is the tag of {whose}"));
        }
        self.floating.contains(name).then(|| "it is a floating tag".to_owned())
    }

    fn content(&self, facts: &Facts<'_>, name: &str, since: Option<i64>) -> Option<String> {
        let digits = name.get(name.len().checked_sub(DIGITS)?..)?;
        match &self.contents {
            Contents::NotAsked => Some("whether a commit needs it was not looked at".to_owned()),
            Contents::Unknown(why) => Some(format!("whether a commit needs it is not known: {why}")),
            Contents::Needed(needed) => {
                let newest = *needed.get(digits)?;
                if since.is_some_and(|since| newest < since) {
                    return None;
                }
                // A scope's copy is not needed where the content has its tag without a scope.
                let plain = format!("content-{digits}");
                let has_plain = facts.tags.keys().any(|tag| tag.as_str() == plain);
                (name == plain || !has_plain).then(|| "a commit needs it".to_owned())
            }
        }
    }
}

/// The digest that a signature or a list of referrers is about: `sha256-<64 hex digits>`, alone or with `.sig`, `.att` or
/// another ending.
fn attached_to(name: &str) -> Option<String> {
    let rest = name.strip_prefix("sha256-")?;
    let (digits, ending) = rest.split_at_checked(64)?;
    let is_hex = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (is_hex && (ending.is_empty() || ending.starts_with('.'))).then(|| format!("sha256:{digits}"))
}

/// `1.2`, `v1.2.3`, `2024.04.1`: numbers with dots between them.
fn is_version(part: &str) -> bool {
    let part = part.strip_prefix(['v', 'V']).unwrap_or(part);
    let mut numbers = part.split('.');
    let are_numbers =
        numbers.clone().all(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
    are_numbers && numbers.nth(1).is_some()
}
