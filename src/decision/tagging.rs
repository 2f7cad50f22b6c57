//! Which of the wanted tags an image lacks, and which of them another image keeps from it.
//!
//! One rule for every write-once tag, the commit's and those that are wanted besides: at the image it is fine, nowhere it
//! is missing, at an older build of the same content it is left alone, anywhere else it is a conflict unless it may move.
//! A tag with a time or a number in it is satisfied by any other of its shape.

use super::marks::{Mark, mark};
use super::{Answers, Image, Wanted};
use crate::lookup::Lookup;
use crate::reference::{Digest, Tag};

/// A write-once tag that is wanted beside the commit tag.
#[derive(Debug)]
pub struct Once {
    /// The tag; of a shape, the one that would be given now.
    pub tag: Tag,
    /// Where it is.
    pub at: Lookup<Image>,
    /// Another tag of its shape, which is at the image that is used: then nothing is missing.
    pub instead: Option<Tag>,
    /// Whether it tells this commit from others, so that the image under it is this commit's.
    pub names_commit: bool,
}

impl Once {
    /// The tag that the image has or gets.
    pub fn given(&self) -> &Tag {
        self.instead.as_ref().unwrap_or(&self.tag)
    }
}

/// A write-once tag that is at another image than the one that is wanted there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The tag.
    pub tag: Tag,
    /// Where it is.
    pub at: Digest,
    /// Where it should be.
    pub wanted: Digest,
}

/// What an image lacks.
#[derive(Debug, Default)]
pub(super) struct Lacking {
    /// Tags that are to be put at it: write-once ones, then floating ones that are elsewhere.
    pub(super) missing: Vec<Tag>,
    /// Sentences on tags that stay where they are.
    pub(super) notes: Vec<String>,
}

/// Which tags the image of this digest lacks; the first one that another image keeps from it is a conflict.
pub(super) fn lacking(wanted: &Wanted<'_>, answers: &Answers, digest: &Digest) -> Result<Lacking, Taken> {
    let mut lacking = Lacking::default();
    for (tag, at, _) in write_once(wanted, answers).filter(|(_, _, instead)| instead.is_none()) {
        match at {
            Lookup::Found(there) if there.digest == *digest => {}
            Lookup::Found(_) if wanted.may_move.contains(tag.as_str()) => lacking.missing.push(tag.clone()),
            Lookup::Found(there) => match mark(wanted, there) {
                Mark::Equal => lacking
                    .notes
                    .push(format!("{tag} is at {}, an older build of the same content", there.digest)),
                Mark::Missing | Mark::Different => {
                    let (at, wanted) = (there.digest.clone(), digest.clone());
                    return Err(Taken { tag: tag.clone(), at, wanted });
                }
            },
            Lookup::Missing | Lookup::Unknown(_) => lacking.missing.push(tag.clone()),
        }
    }
    let floating = answers.floating.iter().filter(|(_, at)| at.found() != Some(digest));
    lacking.missing.extend(floating.map(|(tag, _)| tag.clone()));
    Ok(lacking)
}

/// What a build pushes: the tags that are not there. A write-once tag that is there is never pushed again, unless it may
/// move.
pub(super) fn pushed(wanted: &Wanted<'_>, answers: &Answers) -> Lacking {
    let mut lacking = Lacking::default();
    for (tag, at, _) in write_once(wanted, answers) {
        match at {
            Lookup::Missing => lacking.missing.push(tag.clone()),
            _ if wanted.may_move.contains(tag.as_str()) => lacking.missing.push(tag.clone()),
            Lookup::Found(image) => lacking.notes.push(format!(
                "{tag} stays at {}: it is written once (--move-tag {tag} lets it move)",
                image.digest
            )),
            // It may be there, at another image.
            Lookup::Unknown(_) => lacking.notes.push(format!(
                "{tag} is left to the next run: it is written once, and whether it is there is not known"
            )),
        }
    }
    if answers.unlisted.is_some() {
        let note = "tags with a build's date or number are left to the next run: which of them there are is not known";
        lacking.notes.push(note.to_owned());
    }
    lacking.missing.extend(answers.floating.iter().map(|(tag, _)| tag.clone()));
    lacking
}

/// Every write-once tag with what was answered, the commit's first.
fn write_once<'a>(
    wanted: &Wanted<'a>,
    answers: &'a Answers,
) -> impl Iterator<Item = (&'a Tag, &'a Lookup<Image>, Option<&'a Tag>)> {
    let commit = wanted.commit_tag.map(|tag| (tag, &answers.commit, None));
    let once = answers.once.iter().map(|once| (&once.tag, &once.at, once.instead.as_ref()));
    commit.into_iter().chain(once)
}
