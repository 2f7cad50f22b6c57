//! What becomes of each tag of a release.
//!
//! * A **version tag** is written once: it is put where it is missing, and at another image it conflicts.
//! * A **floating tag** goes to a release only if that is the highest of all that give the tag; it is left where a higher one
//!   has a version tag in the registry. So it ends where it belongs whichever order releases come in, and a run moves tags
//!   to its own release's image alone.
//! * What it moves away from must be the image of a release that could have it, too. Anything else was put there by
//!   somebody who is not known, and is a finding. So is what a higher release's image has, though that does not give the
//!   tag (a prerelease) or may not be a release: `2.0` beside `1.8.8`.
//!
//! Where tags stand is asked for as it is needed: [`judge`] names the tags, and is called again with the answers.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::reference::{Digest, Tag};
use crate::release::Release;
use crate::release::known::Known;

/// A release that is to have its tags.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The release.
    pub release: &'a Release,
    /// Its image.
    pub digest: &'a Digest,
    /// All others of the same image.
    pub others: &'a [Known],
    /// Tags that may move whatever stands here, since they were asked for by name.
    pub may_move: &'a BTreeSet<Tag>,
}

/// Where tags stand, of those that were asked for; `None` where the registry said that there is none.
pub type Heads = BTreeMap<Tag, Option<Digest>>;

/// What [`judge`] comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// Where these tags stand must be known first.
    Ask(Vec<Tag>),
    /// For each tag what is to be done, version tags first: in this order they are put, so that a run that breaks off
    /// leaves a floating tag behind, and never one ahead.
    Steps(Vec<Step>),
}

/// One tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The tag.
    pub tag: Tag,
    /// Whether it floats.
    pub floats: bool,
    /// Where it is, if it is there and was asked for.
    pub at: Option<Digest>,
    /// What is to be done.
    pub what: What,
}

/// What is to be done about a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Nothing: it is at the release's image.
    Present,
    /// It is not there, and is put.
    Put,
    /// It is at another image, and is moved from there: from this release's, if it is one's.
    Move(Option<String>),
    /// It stays where it is, rightly.
    Left(Left),
    /// It stays where it is, and somebody has to look.
    Refused(Refused),
}

/// Why a floating tag is rightly left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// A prerelease moves none.
    Prerelease,
    /// `0` says nothing of `0.y.z`.
    Zero,
    /// A higher release has it.
    Higher(String),
    /// A higher release should have it and has not: a run for it was interrupted.
    Behind {
        /// That release.
        name: String,
        /// Its git tag, if git knows it.
        git_tag: Option<String>,
    },
    /// It is the version tag of another release, which is written once.
    VersionTag(String),
    /// Another tag of the release was refused.
    NotAll,
}

/// Why a tag was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// A version tag is at another image.
    Taken,
    /// A floating tag is at an image that is no release's.
    Unknown,
    /// A floating tag is at the image of a release that does not give it.
    Stray(String),
    /// A floating tag is at the image of a higher release, or of a tag that looks like one's.
    Higher(String),
}

impl What {
    /// Whether the tag is to be written.
    pub fn writes(&self) -> bool {
        matches!(self, What::Put | What::Move(_))
    }
}

/// Judges every tag of a release, or says what must be known first.
pub fn judge(question: Question<'_>, heads: &Heads) -> Judged {
    let Question { release, digest, may_move, .. } = question;
    let mut asked = Asked { heads, missing: BTreeSet::new() };
    let mut steps = Vec::new();
    for tag in &release.written {
        let Some(at) = asked.head(tag) else { continue };
        let what = match &at {
            None => What::Put,
            Some(at) if at == digest => What::Present,
            Some(_) if may_move.contains(tag) => What::Move(None),
            Some(_) => What::Refused(Refused::Taken),
        };
        steps.push(Step { tag: tag.clone(), floats: false, at, what });
    }
    for floating in &release.floating {
        if let Some((at, what)) = judge_floating(question, &mut asked, &floating.tag) {
            steps.push(Step { tag: floating.tag.clone(), floats: true, at, what });
        }
    }
    if !asked.missing.is_empty() {
        return Judged::Ask(asked.missing.into_iter().collect());
    }
    // Floating tags would say that a release is out which is not.
    if steps.iter().any(|step| step.what == What::Refused(Refused::Taken)) {
        let is_open =
            |step: &&mut Step| step.what.writes() || step.floats && matches!(step.what, What::Refused(_));
        steps.iter_mut().filter(is_open).for_each(|step| step.what = What::Left(Left::NotAll));
    }
    Judged::Steps(steps)
}

/// Answers that are there, and those that are not.
struct Asked<'a> {
    heads: &'a Heads,
    missing: BTreeSet<Tag>,
}

impl Asked<'_> {
    /// Where a tag is; the outer `None` where that must be asked first.
    fn head(&mut self, tag: &Tag) -> Option<Option<Digest>> {
        let known = self.heads.get(tag).cloned();
        if known.is_none() {
            self.missing.insert(tag.clone());
        }
        known
    }
}

/// How many releases are asked about at once in search of the one that a floating tag is at.
const AT_ONCE: usize = 8;

type At = Option<Digest>;

fn judge_floating(question: Question<'_>, asked: &mut Asked<'_>, tag: &Tag) -> Option<(At, What)> {
    let Question { release, digest, others, may_move } = question;
    let owns = |other: &&Known| !other.may_float && other.release.written.contains(tag);
    if let Some(owner) = others.iter().find(owns) {
        return Some((None, What::Left(Left::VersionTag(owner.release.name().to_owned()))));
    }
    if may_move.contains(tag) {
        let at = asked.head(tag)?;
        let what = match &at {
            None => What::Put,
            Some(at) if at == digest => What::Present,
            Some(_) => What::Move(None),
        };
        return Some((at, what));
    }
    if release.version.is_prerelease() {
        return Some((None, What::Left(Left::Prerelease)));
    }
    if !release.gives(tag) {
        return Some((None, What::Left(Left::Zero)));
    }
    let above = |other: &&Known| other.released && other.release.gives(tag);
    let highest = others.iter().filter(above).map(|other| &other.release);
    let highest = highest.filter(|other| other.order(release) == Ordering::Greater);
    if let Some(highest) = highest.max_by(|a, b| a.order(b)) {
        return left_to(highest, asked, tag);
    }
    match asked.head(tag)? {
        None => Some((None, What::Put)),
        Some(at) if at == *digest => Some((Some(at), What::Present)),
        Some(at) => {
            if let Some(name) = held_by(question, asked, tag, &at)? {
                return Some((Some(at), What::Refused(Refused::Higher(name))));
            }
            // A version that was released anew takes its floating tags along.
            let own = release.written.first().and_then(|tag| asked.head(tag)).flatten();
            let what = match own.as_ref() == Some(&at) {
                true => What::Move(Some(release.name().to_owned())),
                false => come_from(question, asked, tag, &at)?,
            };
            Some((Some(at), what))
        }
    }
}

/// A tag that a higher release has, or should have.
fn left_to(highest: &Release, asked: &mut Asked<'_>, tag: &Tag) -> Option<(At, What)> {
    let at = asked.head(tag);
    let there = highest.written.first().map(|tag| asked.head(tag));
    let (at, there) = (at?, there?.flatten());
    let name = highest.name().to_owned();
    let left = match there.is_some() && at != there {
        true => Left::Behind { name, git_tag: highest.git_tag.clone() },
        false => Left::Higher(name),
    };
    Some((at, What::Left(left)))
}

/// The higher version that has the image which a floating tag is at, where only a tag tells of it that may float as well:
/// a release of another number of numbers, or what is left of one whose version tag was deleted.
fn held_by(question: Question<'_>, asked: &mut Asked<'_>, tag: &Tag, at: &Digest) -> Option<Option<String>> {
    let Question { release, others, .. } = question;
    let higher = others.iter().filter(|other| other.may_float && other.release.gives(tag));
    let mut higher: Vec<&Release> = higher
        .map(|other| &other.release)
        .filter(|other| other.version > release.version && other.name() != tag.as_str())
        .collect();
    higher.sort_by(|a, b| b.order(a));
    let heads: Vec<_> = higher.iter().map(|other| other.written.first().map(|tag| asked.head(tag))).collect();
    for (other, head) in higher.iter().zip(heads) {
        if head??.as_ref() == Some(at) {
            return Some(Some(other.name().to_owned()));
        }
    }
    Some(None)
}

/// From which release a floating tag comes, highest first: one that gives it and is lower before those that only could
/// (a prerelease may have the same image), and these before all others.
fn come_from(question: Question<'_>, asked: &mut Asked<'_>, tag: &Tag, at: &Digest) -> Option<What> {
    let Question { release, others, .. } = question;
    let is_higher = |other: &Release| other.order(release) == Ordering::Greater;
    let likely = |other: &Release| (other.gives(tag) && !is_higher(other), other.could_give(tag));
    let mut released: Vec<&Release> =
        others.iter().filter(|other| other.released).map(|other| &other.release).collect();
    released.sort_by(|a, b| likely(b).cmp(&likely(a)).then_with(|| b.order(a)));
    for some in released.chunks(AT_ONCE) {
        // All of them, so that they are asked at once.
        let heads: Vec<_> =
            some.iter().map(|other| other.written.first().map(|tag| asked.head(tag))).collect();
        for (other, head) in some.iter().zip(heads) {
            if head??.as_ref() == Some(at) {
                let name = other.name().to_owned();
                return Some(match other.could_give(tag) {
                    true if is_higher(other) => What::Refused(Refused::Higher(name)),
                    true => What::Move(Some(name)),
                    false => What::Refused(Refused::Stray(name)),
                });
            }
        }
    }
    Some(What::Refused(Refused::Unknown))
}
