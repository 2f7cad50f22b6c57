//! One image that is asked about: what is wanted for it, and what was answered.
//!
//! Values alone. Who asks is `survey`, and for what it does not find `trusted` and `earlier`.

use std::collections::BTreeMap;

use crate::commands::bases::Base;
use crate::commands::facts::Gathered;
use crate::commands::inspect::Inspected;
use crate::commands::shaped::Shape;
use crate::decision::Answers;
use crate::reference::{Digest, Repository, Tag};

/// One image with all that is wanted for it.
#[derive(Debug)]
pub(super) struct Subject {
    /// Which image of the project.
    pub index: usize,
    /// Where it lives.
    pub repository: Repository,
    /// Where it is looked for, too.
    pub(super) look_in: Vec<Repository>,
    /// 64 hex digits.
    pub content_hash: String,
    /// Its content tag.
    pub content_tag: Tag,
    /// In a scoped run, the trusted content tag, and the repository that it is in if not this one.
    pub trusted: Option<(Tag, Option<Repository>)>,
    /// What its templates are filled with.
    pub(super) facts: Gathered,
    /// Its commit tag; none of its own where that has a build's date or number in it.
    pub commit_tag: Option<Tag>,
    /// Its other write-once tags.
    pub(super) once: Vec<WriteOnce>,
    /// Those of which only the shape is known.
    pub(super) shapes: Vec<Shape>,
    /// Its floating tags.
    pub floating: Vec<Tag>,
    /// The commit, where its own message asks for a build of it, and what the reason says then.
    pub forced: Option<(String, String)>,
    /// Why nothing is to be done at all.
    pub skip: Option<String>,
    /// Whether it was asked for, and is not only looked up as the parent of one that was.
    pub wanted: bool,
}

impl Subject {
    /// The wanted tags in their order, with those that were given for the shapes.
    pub(super) fn tags(&self, given: Vec<(usize, Tag)>) -> Vec<Tag> {
        let commit = self.commit_tag.iter().map(|tag| (0, tag.clone()));
        let once = self.once.iter().map(|once| (once.order, once.tag.clone()));
        let mut all: Vec<(usize, Tag)> = commit.chain(once).chain(given).collect();
        all.sort_by_key(|(order, _)| *order);
        let mut tags: Vec<Tag> = Vec::new();
        for tag in all.into_iter().map(|(_, tag)| tag).chain(self.floating.iter().cloned()) {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags
    }

    /// The content tag of a run without a scope.
    pub(super) fn unscoped_tag(&self) -> &Tag {
        self.trusted.as_ref().map_or(&self.content_tag, |(tag, _)| tag)
    }
}

/// A write-once tag that is wanted beside the commit tag.
#[derive(Debug, Clone)]
pub(super) struct WriteOnce {
    /// The tag.
    pub(super) tag: Tag,
    /// Whether it names the commit.
    pub(super) names_commit: bool,
    /// Its place among the wanted tags; the commit tag's is 0.
    pub(super) order: usize,
}

/// What was asked about one image.
pub(super) struct Asked {
    pub(super) answers: Answers,
    pub(super) read: BTreeMap<Digest, Inspected>,
    pub(super) bases: Vec<Base>,
    /// Why the base counts as moved, and a note where that cannot be told.
    pub(super) moved: (Option<String>, Option<String>),
    /// Images that stand on a parent which was built again since, and what the reason says then.
    pub(super) outdated: BTreeMap<Digest, String>,
    /// For the wanted shapes, the tag that the image has or gets, with its place among the wanted tags.
    pub(super) given: Vec<(usize, Tag)>,
    /// Wanted shapes of which no tag can be given, in sentences.
    pub(super) left_out: Vec<String>,
}

impl Asked {
    /// Nothing was asked yet, and nothing is there.
    pub(super) fn nothing() -> Asked {
        Asked {
            answers: Answers::nothing(),
            read: BTreeMap::new(),
            bases: Vec::new(),
            moved: (None, None),
            outdated: BTreeMap::new(),
            given: Vec::new(),
            left_out: Vec::new(),
        }
    }
}
