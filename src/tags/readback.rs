//! Tags of a shape among all tags of a repository: whose they are, and which of them is the newest.
//!
//! Pure: a list of tags comes in. It must not know where they are, nor what any of them points at.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::shape::{self, Captures};
use super::{Known, Template};
use crate::reference::Tag;

/// A tag that a template could have given, and what it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The tag.
    pub tag: Tag,
    /// What it tells.
    pub told: Captures,
}

impl Candidate {
    /// Whether it names this commit, by the beginning of its full id.
    pub fn is_of(&self, sha: &str) -> bool {
        self.told.sha.as_ref().is_some_and(|told| sha.starts_with(told.as_str()))
    }

    /// The build's time that it tells, in seconds since the epoch.
    pub fn built(&self) -> Option<i64> {
        self.told.build_date.as_ref().and_then(|date| date.seconds)
    }
}

/// What a tag of a build tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Built {
    /// The tag.
    pub tag: Tag,
    /// When, in seconds since the epoch, as exactly as the tag tells.
    pub time: Option<i64>,
    /// The beginning of the id of the commit.
    pub commit: Option<String>,
}

impl Built {
    /// The time for people, `2026-07-05 14:23:49 UTC`.
    pub fn shown(&self) -> Option<String> {
        let time = jiff::Timestamp::from_second(self.time?).ok()?;
        Some(time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
    }
}

impl From<Candidate> for Built {
    fn from(one: Candidate) -> Built {
        Built { time: one.built(), commit: one.told.sha, tag: one.tag }
    }
}

/// The tags that this template could have given where this much is known, newest first: by the date of the build, that
/// of the commit, the number, and at last by their text, so that the order never depends on the registry's.
pub fn of_shape(template: &Template, known: &Known<'_>, tags: &[Tag]) -> Vec<Candidate> {
    let candidate = |tag: &Tag| {
        let told = shape::matches(template, known, tag.as_str())?;
        Some(Candidate { tag: tag.clone(), told })
    };
    let mut found: Vec<Candidate> = tags.iter().filter_map(candidate).collect();
    let date = |date: &Option<shape::Date>| date.as_ref().and_then(|date| date.seconds);
    found.sort_by_cached_key(|one| {
        let Captures { build_date, commit_date, count, .. } = &one.told;
        std::cmp::Reverse((date(build_date), date(commit_date), *count, one.tag.to_string()))
    });
    found
}

/// The same candidates in the order in which they are worth a look, where an image is searched that was built at one of
/// these commits: those that name the first of them, then those of the next, then the rest.
pub fn likeliest(candidates: Vec<Candidate>, commits: &[&str]) -> Vec<Candidate> {
    let rank = |one: &Candidate| commits.iter().position(|sha| one.is_of(sha)).unwrap_or(commits.len());
    let mut ranked = candidates;
    ranked.sort_by_key(rank);
    ranked
}

/// Tags by the beginning of the id of the commit that they name, each commit's newest first.
#[derive(Debug, Default)]
pub struct ByCommit {
    /// By the length of what they tell, then by that.
    by_length: BTreeMap<usize, HashMap<String, Vec<Tag>>>,
}

impl ByCommit {
    /// Of candidates in their order; those that name no commit are left out.
    pub fn of(candidates: Vec<Candidate>) -> ByCommit {
        let mut all = ByCommit::default();
        for Candidate { tag, told } in candidates {
            let Some(sha) = told.sha else { continue };
            all.by_length.entry(sha.len()).or_default().entry(sha).or_default().push(tag);
        }
        all
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_length.is_empty()
    }

    /// How many commits are named.
    pub fn len(&self) -> usize {
        self.by_length.values().map(HashMap::len).sum()
    }

    /// The tags that name this commit, by its full id.
    pub fn of_commit(&self, sha: &str) -> impl Iterator<Item = &Tag> {
        self.by_length.iter().filter_map(|(length, named)| named.get(sha.get(..*length)?)).flatten()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::error::Place;

    fn template(text: &str) -> Template {
        Template::parse(text, Place::file("test")).unwrap()
    }

    fn tags(texts: &[&str]) -> Vec<Tag> {
        texts.iter().map(|text| Tag::new(*text).unwrap()).collect()
    }

    fn texts(candidates: &[Candidate]) -> Vec<&str> {
        candidates.iter().map(|one| one.tag.as_str()).collect()
    }

    #[test]
    fn only_tags_of_the_shape_are_taken_newest_first() {
        let listed = tags(&[
            "20260101-000000-aaaaaaaa",
            "latest",
            "20260705-142349-cfb98e93",
            "20260230-000000-aaaaaaaa",
            "20260705-142350-0123456",
            "pr-20260705-142349-cfb98e93",
            "20260705-142350-01234567",
        ]);
        let tvm = template("{build_date:%Y%m%d-%H%M%S}-{sha:8}");
        let found = of_shape(&tvm, &Known::default(), &listed);
        assert_eq!(
            texts(&found),
            ["20260705-142350-01234567", "20260705-142349-cfb98e93", "20260101-000000-aaaaaaaa"]
        );
        assert_eq!(found[1].built(), Some(1_783_261_429));
        let scoped = Known { scope: Some("pr"), ..Known::default() };
        assert_eq!(texts(&of_shape(&tvm, &scoped, &listed)), ["pr-20260705-142349-cfb98e93"]);
    }

    #[test]
    fn numbers_are_ordered_as_numbers() {
        let found = of_shape(
            &template("{build_date:%Y.%m.%d}.{count}"),
            &Known::default(),
            &tags(&["2026.07.05.9", "2026.07.05.10", "2026.07.06.1"]),
        );
        assert_eq!(texts(&found), ["2026.07.06.1", "2026.07.05.10", "2026.07.05.9"]);
    }

    #[test]
    fn those_that_name_a_likely_commit_come_first() {
        let tvm = template("{build_date:%Y}-{sha:4}");
        let all =
            of_shape(&tvm, &Known::default(), &tags(&["2026-aaaa", "2025-bbbb", "2024-cccc", "2023-bbbb"]));
        let ranked = likeliest(all, &["cccc000", "bbbb000"]);
        assert_eq!(texts(&ranked), ["2024-cccc", "2025-bbbb", "2023-bbbb", "2026-aaaa"]);
    }
}
