//! What `imgplan release` has to tell, version 1: for each image its tags, what became of them, and what went into it since
//! the release before. Values alone; how they are shown is for `render`.

use serde::Serialize;

use crate::reference::{Digest, Repository, Tag};
use crate::release::moves::{Left, Refused, Step, What};

/// One run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// 1.
    pub version: u32,
    /// The git tag.
    pub git_tag: String,
    /// The full id of its commit.
    pub commit: String,
    /// Whether a tag was written.
    pub written: bool,
    /// Each image that it is a release of.
    pub releases: Vec<Entry>,
}

/// One image.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Its name.
    pub image: String,
    /// Where it lives.
    pub repository: Repository,
    /// The version, without a `v`.
    pub version: String,
    /// Whether that is a prerelease.
    pub prerelease: bool,
    /// 64 hex digits.
    pub content_hash: String,
    /// The image; null where none was found, or where it cannot be released.
    pub digest: Option<Digest>,
    /// The same with its repository.
    pub reference: Option<String>,
    /// The tag that it was found by.
    pub found: Option<Tag>,
    /// Its tags, in the order in which they are put.
    pub tags: Vec<Line>,
    /// Why it is not known which image it is, or where its tags are: the registry could not answer.
    pub unknown: Option<String>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// What went into it; null where that was not looked at.
    pub changes: Option<Changes>,
}

/// One tag.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The tag.
    pub tag: Tag,
    /// Whether it floats; else it is written once.
    pub floating: bool,
    /// What is to be done, or was done where the report says `written`.
    pub action: Action,
    /// Where it was; null where it was not there, or where that was not looked at.
    pub from: Option<Digest>,
    /// One sentence.
    pub reason: String,
}

/// What becomes of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is there already.
    Present,
    /// It is new.
    Put,
    /// It moves here from another image.
    Move,
    /// It rightly stays elsewhere.
    Left,
    /// It stays elsewhere, and somebody has to look.
    Refused,
    /// It was to be written, and that failed.
    Failed,
}

impl Action {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Present => "present",
            Action::Put => "put",
            Action::Move => "move",
            Action::Left => "left",
            Action::Refused => "refused",
            Action::Failed => "failed",
        }
    }

    /// Whether the tag has yet to be written.
    pub fn writes(self) -> bool {
        matches!(self, Action::Put | Action::Move)
    }
}

/// The commits that changed an image's inputs since the release before.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Changes {
    /// The git tag of the release before; null for the first one.
    pub since: Option<String>,
    /// Newest first.
    pub commits: Vec<Change>,
    /// Whether these are all.
    pub complete: bool,
    /// Why not, or what else to know of them.
    pub note: Option<String>,
}

/// One commit.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// Its full id.
    pub commit: String,
    /// The first line of its message.
    pub subject: String,
    /// What of the inputs it changed.
    pub cause: String,
}

impl Entry {
    /// Whether a tag of it was written, where the run was one that writes.
    pub fn is_written(&self) -> bool {
        self.tags.iter().any(|line| line.action.writes())
    }
}

impl Line {
    /// A step as it is told.
    pub fn of(step: &Step) -> Line {
        let action = match &step.what {
            What::Present => Action::Present,
            What::Put => Action::Put,
            What::Move(_) => Action::Move,
            What::Left(_) => Action::Left,
            What::Refused(_) => Action::Refused,
        };
        let (tag, from) = (step.tag.clone(), step.at.clone());
        Line { tag, floating: step.floats, action, from, reason: reason(&step.what) }
    }
}

fn reason(what: &What) -> String {
    match what {
        What::Present => "it is there".to_owned(),
        What::Put => "it is new".to_owned(),
        What::Move(Some(name)) => format!("from {name}"),
        What::Move(None) => "asked for by its name".to_owned(),
        What::Left(left) => match left {
            Left::Prerelease => "a prerelease moves no floating tag".to_owned(),
            Left::Zero => "of 0.y.z only 0.y floats".to_owned(),
            Left::Higher(name) => format!("{name} is higher"),
            Left::Behind { name, git_tag: Some(git_tag) } => {
                format!("{name} is higher and has not got it yet: `imgplan release {git_tag}` moves it there")
            }
            Left::Behind { name, git_tag: None } => format!("{name} is higher and has not got it"),
            Left::VersionTag(name) => format!("it is the version tag of {name}, written once"),
            Left::NotAll => "since another tag was refused".to_owned(),
        },
        What::Refused(refused) => match refused {
            Refused::Taken => "it is written once, and at another image".to_owned(),
            Refused::Unknown => "it is at an image of no known release".to_owned(),
            Refused::Stray(name) => format!("it is at the image of {name}, which does not give it"),
            Refused::Higher(name) => format!("it is at the image of {name}, which is higher"),
        },
    }
}
