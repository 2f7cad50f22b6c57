//! What must be read of the images that were found, which costs requests: as little as the decision needs.

use crate::commands::inspect::Question;
use crate::commands::subject::Subject;
use crate::commands::survey::Terms;
use crate::config::{BaseImages, Verify};
use crate::lookup::{Descriptor, Lookup};
use crate::project::Assessed;
use crate::reference::{Digest, Repository, Tag};

/// What is at each tag that was asked for.
pub(super) struct Heads {
    /// The content tag.
    pub(super) content: Lookup<Descriptor>,
    /// The trusted content tag, in a scoped run.
    pub(super) trusted: Lookup<Descriptor>,
    /// The commit tag.
    pub(super) commit: Lookup<Descriptor>,
    /// Each of the subject's other write-once tags.
    pub(super) once: Vec<Lookup<Descriptor>>,
    /// Each floating tag.
    pub(super) floating: Vec<(Tag, Lookup<Digest>)>,
}

/// What is asked of each.
pub(super) struct Questions {
    /// Of the image under the content tag, the trusted one or not.
    pub(super) content: Question,
    /// Of that under the commit tag.
    pub(super) commit: Question,
    /// Of that under another write-once tag that names this commit, where neither the content nor the commit has one.
    pub(super) own: Question,
}

impl Heads {
    /// Whether neither the content nor the commit has an image by its own tag.
    pub(super) fn nowhere(&self) -> bool {
        matches!(
            (&self.content, &self.commit, &self.trusted),
            (Lookup::Missing, Lookup::Missing, Lookup::Missing)
        )
    }

    /// Whether a tag that is to last would be put on this image: a write-once one, or a floating one.
    fn writes(&self, subject: &Subject, terms: &Terms, digest: &Digest) -> bool {
        let commit = subject.commit_tag.as_ref().map(|tag| (tag, &self.commit));
        let once = subject.once.iter().map(|once| &once.tag).zip(&self.once);
        let write_once = commit.into_iter().chain(once).filter(|(tag, at)| match at {
            Lookup::Found(there) => there.digest != *digest && terms.may_move.contains(tag.as_str()),
            Lookup::Missing | Lookup::Unknown(_) => true,
        });
        let elsewhere = self.floating.iter().filter(|(_, at)| at.found() != Some(digest)).map(|(tag, _)| tag);
        write_once.map(|(tag, _)| tag).chain(elsewhere).any(|tag| !terms.classes.expires(tag.as_str()))
    }
}

/// What must be read of the images that are there.
pub(super) fn questions(assessed: &Assessed, subject: &Subject, terms: &Terms, heads: &Heads) -> Questions {
    let use_it = use_it(assessed, subject, terms);
    let own = Question { mark: true, ..use_it };
    // A commit that asked for a build has its own, whatever the content tag came to be at since.
    let compare = if subject.forced.is_some() { use_it } else { Question::default() };
    let compare = Question { mark: true, ..compare };
    let content = match (&heads.trusted, &heads.content) {
        // Which of the two is used is not known yet, so the commit's image may have to be compared.
        (Lookup::Found(trusted), Lookup::Found(content)) if trusted.digest != content.digest => {
            return Questions { content: use_it, commit: compare, own };
        }
        // Where the trusted image turns out to be of no use, the commit's own is looked at as without it.
        (Lookup::Found(_), Lookup::Missing) => return Questions { content: use_it, commit: own, own },
        (_, content) => content,
    };
    // Where no tag that is to last is missing, none is written, and whether the image itself lasts need not be known.
    let use_it = match content {
        Lookup::Found(at) => Question { expires: heads.writes(subject, terms, &at.digest), ..use_it },
        _ => use_it,
    };
    let commit = match (content, &heads.commit) {
        (Lookup::Found(content), Lookup::Found(commit)) if content.digest != commit.digest => compare,
        (Lookup::Found(_), _) => Question::default(),
        _ => own,
    };
    Questions { content: use_it, commit, own }
}

/// What must be read of an image that would be used.
pub(super) fn use_it(assessed: &Assessed, subject: &Subject, terms: &Terms) -> Question {
    let image = &assessed.defined.image;
    Question {
        // On disk a mark costs no request, so it is always read there.
        mark: terms.rules.verify == Verify::Required
            || !assessed.parents.is_empty()
            || subject.forced.is_some()
            || matches!(subject.repository, Repository::Layout { .. }),
        created: image.max_age.is_some(),
        made: false,
        source: false,
        bases: image.base_images == BaseImages::Check,
        platforms: !image.platforms.is_empty(),
        // How old an image can be at most is told by the commit that it was built at.
        revision: subject.forced.is_some() || image.max_age.is_some(),
        parents: !assessed.parents.is_empty(),
        rebuilt: false,
        // It would get tags that are to last.
        expires: true,
    }
}
