//! Which tags of a repository are over, and what is never lost: `imgplan expire` as values.
//!
//! Pure: every tag of a repository with its digest, how old the images are, and what git says, in; a verdict for each
//! tag that could expire, out. In doubt a tag stays. It must not know registries: whether one can delete a tag without
//! its image is asked where it matters ([`Judged::beside`] says that it does).

mod policies;
mod protection;
mod report;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::config::Expire;
use crate::reference::{Digest, Tag};
use crate::tags::expiry::{Expiry, Limits};
use crate::tags::{Known, shape};

pub use policies::{Policies, policies};
pub use protection::{Contents, Protection};
pub use report::{Action, Entry, Report, Repository};

/// Why a tag could expire, by its name alone.
#[derive(Debug, Clone, Copy)]
pub enum Cause<'r> {
    /// It says so itself.
    Suffix(Expiry),
    /// The first rule that names it.
    Rule(&'r Expire),
}

impl Cause<'_> {
    /// The cause of a tag, if it has one. Its own word goes before every rule.
    pub fn of<'r>(tag: &Tag, rules: &[&'r Expire]) -> Option<Cause<'r>> {
        if let Some(expiry) = Expiry::of(tag.as_str()) {
            return Some(Cause::Suffix(expiry));
        }
        let names = |rule: &&&Expire| {
            rule.tags.iter().any(|pattern| shape::matches(pattern, &Known::default(), tag.as_str()).is_some())
        };
        rules.iter().find(names).map(|rule| Cause::Rule(rule))
    }

    fn after(&self, limits: &Limits, created: i64) -> Option<i64> {
        match self {
            Cause::Suffix(expiry) => limits.after(*expiry, created),
            Cause::Rule(rule) => created.checked_add_unsigned(rule.after.as_secs()),
        }
    }

    fn shown(&self) -> String {
        match self {
            Cause::Suffix(expiry) => format!("its suffix says {expiry}"),
            Cause::Rule(rule) => format!("{} says {}", rule.place, length(rule.after)),
        }
    }
}

/// A length of time as a rule is written: `14d`.
fn length(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [(24 * 60 * 60, "d"), (60 * 60, "h"), (60, "m")];
    let unit = units.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}

/// What is known of a repository.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Every tag and where it stands; a list that is not whole gives wrong verdicts.
    pub tags: &'a BTreeMap<Tag, Digest>,
    /// When the images of the tags that could expire were made, seconds since the epoch, as far as they say.
    pub created: &'a BTreeMap<Digest, Option<i64>>,
    /// The newest commit that a tag names, and so the earliest time at which it can have been put.
    pub named: &'a BTreeMap<Tag, i64>,
    /// The rules that hold for this repository.
    pub rules: &'a [&'a Expire],
    /// The longest times of suffixes.
    pub limits: &'a Limits,
    /// What is never deleted.
    pub protection: &'a Protection,
    /// Seconds since the epoch.
    pub now: i64,
}

/// What becomes of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its time is over.
    Over,
    /// It is not over yet.
    NotYet,
    /// It is never deleted.
    Kept,
    /// How old it is cannot be told, so it is not deleted.
    AgeUnknown,
}

/// A tag that could expire.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The tag.
    pub tag: Tag,
    /// Where it stands.
    pub digest: Digest,
    /// Since when its age counts.
    pub since: Option<i64>,
    /// When its time is over, if ever.
    pub over: Option<i64>,
    /// What becomes of it.
    pub verdict: Verdict,
    /// One sentence.
    pub reason: String,
    /// Tags at the same digest that stay: the image must not go with this tag.
    pub beside: Vec<Tag>,
}

/// Judges every tag that could expire, in the order of their names.
pub fn judge(facts: &Facts<'_>) -> Vec<Judged> {
    let mut all: Vec<Judged> =
        facts.tags.iter().filter_map(|(tag, digest)| judge_tag(facts, tag, digest)).collect();
    let over: BTreeSet<Tag> = all
        .iter()
        .filter(|judged| judged.verdict == Verdict::Over)
        .map(|judged| judged.tag.clone())
        .collect();
    for judged in all.iter_mut().filter(|judged| judged.verdict == Verdict::Over) {
        let same = facts.tags.iter().filter(|(_, digest)| **digest == judged.digest);
        judged.beside = same.map(|(tag, _)| tag).filter(|tag| !over.contains(tag)).cloned().collect();
    }
    all
}

fn judge_tag(facts: &Facts<'_>, tag: &Tag, digest: &Digest) -> Option<Judged> {
    let cause = Cause::of(tag, facts.rules)?;
    let made = facts.created.get(digest).copied().flatten();
    // A retag keeps the image's own time, which may be long ago; no tag is older than the commit that it names.
    let since = made.map(|made| facts.named.get(tag).map_or(made, |named| made.max(*named)));
    let over = since.and_then(|since| cause.after(facts.limits, since));
    let (verdict, reason) = match (facts.protection.why(facts, tag, cause), since, over) {
        (Some(why), ..) => (Verdict::Kept, why),
        (_, None, _) => (
            Verdict::AgeUnknown,
            "the image does not say when it was made, so its age is not known".to_owned(),
        ),
        (_, _, Some(over)) if over <= facts.now => {
            (Verdict::Over, format!("{}, over since {}", cause.shown(), date(over)))
        }
        (_, _, Some(over)) => (Verdict::NotYet, format!("{}, until {}", cause.shown(), date(over))),
        (_, _, None) => (Verdict::NotYet, format!("{}, which is never over", cause.shown())),
    };
    Some(Judged {
        tag: tag.clone(),
        digest: digest.clone(),
        since,
        over,
        verdict,
        reason,
        beside: Vec::new(),
    })
}

/// A time for people and programs.
fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}
