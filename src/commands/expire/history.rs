//! What git says of tags: which are in use, which commits they name, which content the commits need.

use std::collections::BTreeMap;

use crate::cli::Common;
use crate::commands::past::Past;
use crate::commands::session::Session;
use crate::error::{Errors, Place, Result};
use crate::git::{Follow, Ref, Step};
use crate::reference::Tag;
use crate::retention::{Contents, Protection};
use crate::tags::{self, Facts, Known as Told, Template, shape};
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
    /// The tags of branches and git tags.
    pub(super) fn protection<'t>(
        &self,
        session: &Session,
        there: impl Iterator<Item = &'t Tag>,
    ) -> Result<Protection> {
        let mut protection = Protection::default();
        // The constant is a valid template, which a test holds on to.
        let name = Template::parse("{tag}", Place::file("git tag")).ok();
        for one in &self.refs {
            let sha = one.commit.id.to_string();
            let (branch, git_tag) = (one.branch(), one.tag());
            let commit_date = Some(one.commit.time);
            let facts = Facts { branch, git_tag, commit_date, ..Facts::of(&sha, "") };
            let of = |template: &Template| {
                // What such a name would give is no tag, so no tag is in use by it.
                tags::render(template, &facts).unwrap_or_default().map(|tag| tag.to_string())
            };
            protection.git_tags.extend(name.as_ref().filter(|_| git_tag.is_some()).and_then(of));
            let whose = match (branch, git_tag) {
                (Some(branch), _) => format!("the branch {branch}"),
                (None, Some(tag)) => format!("the git tag {tag}"),
                (None, None) => continue,
            };
            // A tag of the content is in use where the content is.
            let by_commit = |template: &&Template| !tags::needs(template).content_hash;
            for tag in session.policy.templates().filter(by_commit).filter_map(of) {
                protection.tips.entry(tag).or_insert_with(|| whose.clone());
            }
        }
        // With a date of the build or a number, a tag is told by the commit that it names.
        let shaped: Vec<&Template> = session.policy.templates().filter(|one| tags::is_shaped(one)).collect();
        for tag in there {
            let ids =
                shaped.iter().filter_map(|one| shape::matches(one, &Told::default(), tag.as_str())?.sha);
            for id in ids {
                let tip = self.refs.iter().find(|one| one.commit.id.to_string().starts_with(&id));
                if let Some(tip) = tip {
                    protection.tips.entry(tag.to_string()).or_insert_with(|| tip.name.clone());
                }
            }
        }
        Ok(protection)
    }

    /// The content that the commits need, of every image.
    pub(super) fn contents(&self, session: &Session, common: &Common) -> Contents {
        if let Some(why) = &self.ended {
            return Contents::Unknown(why.clone());
        }
        let all_images = Common { images: Vec::new(), ..common.clone() };
        let past = Past::new(session, &all_images);
        let mut needed: BTreeMap<String, i64> = BTreeMap::new();
        for step in &self.steps {
            let images = match past.at(&step.commit) {
                Ok(images) => images,
                Err(errors) => {
                    let why = errors.0.first().map(ToString::to_string).unwrap_or_default();
                    let short = step.commit.short();
                    return Contents::Unknown(format!("the images of {short} could not be read: {why}"));
                }
            };
            let is_tip = step.commit.id == session.commit.id
                || self.refs.iter().any(|one| one.commit.id == step.commit.id);
            let time = if is_tip { i64::MAX } else { step.commit.time };
            for hash in images.iter().filter_map(|seen| seen.hash.as_ref().ok()) {
                let digits: String = hash.to_string().chars().take(40).collect();
                let newest = needed.entry(digits).or_insert(time);
                *newest = time.max(*newest);
            }
        }
        Contents::Needed(needed)
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
