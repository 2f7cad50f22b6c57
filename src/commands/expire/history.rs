//! What git says: which branches and git tags there are, which commits tags name, which content the commits need.

use std::collections::BTreeMap;

use crate::cli::Common;
use crate::commands::past::Past;
use crate::commands::session::Session;
use crate::error::{Errors, Result};
use crate::git::{Commit, Follow, Ref, Step};
use crate::reference::Tag;
use crate::retention::Contents;
use crate::tree::Id;

/// The least digits of an id that name a commit.
const SHORTEST: usize = 7;

/// Branches, git tags and the commits behind them.
#[derive(Default)]
pub(super) struct Known {
    refs: Vec<Ref>,
    /// Every commit that can be reached.
    steps: Vec<Step>,
    /// By their full ids.
    times: BTreeMap<String, i64>,
    /// Why there may be more commits than these.
    ended: Option<String>,
}

/// A commit that something in git is at.
pub(super) struct Tip<'k> {
    pub(super) commit: &'k Commit,
    pub(super) branch: Option<&'k str>,
    pub(super) git_tag: Option<&'k str>,
    /// For people: `the branch main`.
    pub(super) whose: String,
}

/// Commits of which it is not known what content they need.
#[derive(Default)]
struct Refused {
    count: usize,
    /// The newest of them, and why.
    first: Option<String>,
}

impl Refused {
    fn note(self) -> Option<String> {
        let first = self.first?;
        Some(match self.count {
            1 => format!("an older commit is refused, and content that it alone needs may go: {first}"),
            count => format!(
                "{count} older commits are refused, and content that they alone need may go; the first is {first}"
            ),
        })
    }
}

/// Reads all of it.
pub(super) fn read(session: &Session) -> Result<Known, Errors> {
    let refs = session.git.refs()?;
    let tips: Vec<Id> = refs.iter().map(|one| one.commit.id).chain([session.commit.id]).collect();
    let (mut steps, mut ended) = (Vec::new(), None);
    for step in session.git.walk(&tips, Follow::All)? {
        match step {
            Ok(step) => {
                if step.cut_off {
                    ended = Some("this clone is shallow (`git fetch --unshallow` gets the rest)".to_owned());
                }
                steps.push(step);
            }
            Err(error) => {
                ended = Some(format!("history could not be read to its end: {error}"));
                break;
            }
        }
    }
    let times = steps.iter().map(|step| (step.commit.id.to_string(), step.commit.time)).collect();
    Ok(Known { refs, steps, times, ended })
}

impl Known {
    /// The tips of branches and git tags, and this run's own commit.
    pub(super) fn tips<'k>(&'k self, session: &'k Session) -> Vec<Tip<'k>> {
        let of_ref = |one: &'k Ref| {
            let (branch, git_tag) = (one.branch(), one.tag());
            let whose = match (branch, git_tag) {
                (Some(branch), _) => format!("the branch {branch}"),
                (None, Some(tag)) => format!("the git tag {tag}"),
                (None, None) => one.name.clone(),
            };
            Tip { commit: &one.commit, branch, git_tag, whose }
        };
        let own = Tip {
            commit: &session.commit,
            branch: session.branch.as_deref(),
            git_tag: session.ci_tag(),
            whose: "the commit at HEAD".to_owned(),
        };
        self.refs.iter().map(of_ref).chain([own]).collect()
    }

    /// The content that the commits need, of every image, and a note where some commits do not tell. What a tip needs
    /// must be known; a commit before it that is refused had no image either, as far as anybody can tell.
    pub(super) fn contents(&self, session: &Session, common: &Common) -> (Contents, Option<String>) {
        if let Some(why) = &self.ended {
            return (Contents::Unknown(why.clone()), None);
        }
        let all_images = Common { images: Vec::new(), ..common.clone() };
        let past = Past::new(session, &all_images);
        let mut needed: BTreeMap<String, i64> = BTreeMap::new();
        let mut refused = Refused::default();
        for step in &self.steps {
            let short = step.commit.short();
            let images = match past.at(&step.commit) {
                Ok(images) => images,
                Err(errors) => {
                    let why = errors.0.first().map(ToString::to_string).unwrap_or_default();
                    let why = format!("the images of {short} could not be read: {why}");
                    return (Contents::Unknown(why), None);
                }
            };
            let is_tip = step.commit.id == session.commit.id
                || self.refs.iter().any(|one| one.commit.id == step.commit.id);
            let time = if is_tip { i64::MAX } else { step.commit.time };
            let mut is_refused = false;
            for seen in images.iter() {
                match &seen.hash {
                    Ok(hash) => {
                        let digits: String = hash.to_string().chars().take(40).collect();
                        let newest = needed.entry(digits).or_insert(time);
                        *newest = time.max(*newest);
                    }
                    Err(why) if is_tip => {
                        let whose = self.whose(step, session);
                        let why = format!("{short}, the tip of {whose}, is refused: {why}");
                        return (Contents::Unknown(why), None);
                    }
                    Err(why) => {
                        is_refused = true;
                        refused.first.get_or_insert_with(|| format!("{short}: {why}"));
                    }
                }
            }
            refused.count += usize::from(is_refused);
        }
        (Contents::Needed(needed), refused.note())
    }

    fn whose(&self, step: &Step, session: &Session) -> String {
        let tips = self.tips(session);
        let own = tips.into_iter().find(|tip| tip.commit.id == step.commit.id);
        own.map(|tip| tip.whose).unwrap_or_default()
    }

    /// The newest commit that a tag names by its id or the beginning of it. An image that was made long ago may have got
    /// the tag of a new commit by a retag, and the tag is not older than that commit.
    pub(super) fn named<'t>(&self, tags: impl Iterator<Item = &'t Tag>) -> BTreeMap<Tag, i64> {
        let mut named = BTreeMap::new();
        for tag in tags {
            let parts = tag.as_str().split(|c: char| !c.is_ascii_alphanumeric());
            let is_id = |part: &&str| {
                part.len() >= SHORTEST && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            };
            let times = parts.filter(is_id).flat_map(|part| {
                let from = self.times.range(part.to_owned()..);
                from.take_while(move |(id, _)| id.starts_with(part)).map(|(_, time)| *time)
            });
            if let Some(time) = times.max() {
                named.insert(tag.clone(), time);
            }
        }
        named
    }
}
