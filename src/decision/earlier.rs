//! The rules about other commits' images: which of them may stand in for an image that nothing has by its content, and
//! what a build's reason says of the commit before.
//!
//! Another commit with the same content hash proves nothing of the image under its tag: only an equal mark does, and
//! without one the image is used where somebody said so (`adopt`).

use super::marks::{Mark, mark};
use super::outcome::{NOTHING, build, unknown};
use super::tagging::{self, Lacking};
use super::worth::{age_note, unusable};
use super::{Action, Answers, Decision, From, How, Image, Rules, Wanted};
use crate::config::Verify;
use crate::error::Error;
use crate::reference::{Repository, Tag};
use crate::text::list;

/// What a look at other commits found.
#[derive(Debug, Default)]
pub struct Earlier {
    /// Images of commits with the same content hash, newest commit first.
    pub same: Vec<Sibling>,
    /// The nearest commit that has an image, whatever its content.
    pub nearest: Option<Nearest>,
    /// In a scoped run, the nearest commit that has a trusted image, and where that is.
    pub trusted: Option<(Repository, Nearest)>,
    /// Why an image of the same content hash could not be read, where that was so.
    pub unread: Option<Error>,
    /// Why it is not known which commits have images, where that was so.
    pub unlisted: Option<Error>,
    /// How far it was looked, where that was not to the end, and what could not be asked.
    pub notes: Vec<String>,
}

/// The image of another commit with the same content hash.
#[derive(Debug)]
pub struct Sibling {
    /// That commit, for people.
    pub commit: String,
    /// Its tag.
    pub tag: Tag,
    /// What is there; its mark was read.
    pub image: Image,
    /// Why its base image counts as moved, if it does.
    pub base_moved: Option<String>,
    /// What cannot be told of its base images.
    pub base_note: Option<String>,
}

/// The nearest commit with an image.
#[derive(Debug)]
pub struct Nearest {
    /// That commit, for people.
    pub commit: String,
    /// Its tag.
    pub tag: Tag,
    /// One sentence on the inputs that differ; `None` where that is not known.
    pub changed: Option<String>,
}

impl Earlier {
    /// What the registry did not say and would have to: an image that may be the one; where unproven ones are taken, too,
    /// also which there are.
    fn unknown(&self, rules: Rules) -> Option<&Error> {
        self.unread.as_ref().or(self.unlisted.as_ref().filter(|_| rules.adopt))
    }

    /// The same, taken, of a decision that it led to.
    pub fn into_error(self) -> Option<Error> {
        self.unread.or(self.unlisted)
    }

    /// Images whose layers a build may reuse, the likeliest first; `own` is the repository of all but the trusted one.
    pub fn caches(&self, own: &Repository) -> Vec<String> {
        let same = self.same.first().map(|sibling| own.tagged(&sibling.tag));
        let nearest = self.nearest.as_ref().map(|nearest| own.tagged(&nearest.tag));
        let trusted = self.trusted.as_ref().map(|(repository, nearest)| repository.tagged(&nearest.tag));
        let mut caches: Vec<String> = Vec::new();
        for cache in [same, nearest, trusted].into_iter().flatten() {
            if !caches.contains(&cache) {
                caches.push(cache);
            }
        }
        caches
    }
}

/// Nothing has this content by its tags: another commit's image is used, or it is a build.
pub(super) fn decide(wanted: &Wanted<'_>, answers: &Answers, rules: Rules) -> Decision {
    let nothing = |reason: String| Decision { nothing_found: true, ..build(wanted, answers, reason, false) };
    let Some(earlier) = &answers.earlier else { return nothing(NOTHING.to_owned()) };
    let mut adoptable = None;
    let mut notes = Vec::new();
    let mut rebuild = false;
    for sibling in &earlier.same {
        let wanted = Wanted { base_moved: sibling.base_moved.as_deref(), ..wanted.clone() };
        let Sibling { commit, tag, image, .. } = sibling;
        let proven = match mark(&wanted, image) {
            Mark::Equal => true,
            Mark::Missing if rules.verify == Verify::Mark => false,
            // Whatever the tag says: this is not the content.
            Mark::Missing | Mark::Different => continue,
        };
        if let Some(reason) = unusable(&wanted, answers, image) {
            // Children that are there stand on an image that is of no use.
            rebuild |= proven || rules.adopt;
            notes.push(format!("commit {commit} has the same inputs, but {tag} is not used: {reason}"));
        } else if proven || rules.adopt {
            return retag(&wanted, answers, sibling, proven);
        } else {
            adoptable = adoptable.or(Some(sibling));
        }
    }
    if let Some(error) = earlier.unknown(rules) {
        let mut decision = unknown(wanted, answers, rules, error);
        decision.notes.extend(notes.into_iter().chain(earlier.notes.iter().cloned()));
        return decision;
    }
    let trusted = earlier.trusted.as_ref().map(|(_, nearest)| nearest);
    let nearest = earlier.nearest.as_ref().or(trusted);
    let mut decision = nothing(reason(earlier, adoptable, nearest));
    decision.rebuild = rebuild;
    decision.notes.extend(notes);
    decision.notes.extend(earlier.notes.iter().cloned());
    decision
}

fn reason(earlier: &Earlier, adoptable: Option<&Sibling>, nearest: Option<&Nearest>) -> String {
    if earlier.unlisted.is_some() {
        return "no image is found under its tags; earlier commits could not be looked at".to_owned();
    }
    if let Some(Sibling { commit, tag, .. }) = adoptable {
        return format!(
            "no image is proven to have these inputs; commit {commit} has the same ones, and --adopt would use its image {tag}"
        );
    }
    match nearest.map(|nearest| (&nearest.commit, nearest.changed.as_deref())) {
        Some((commit, Some(changed))) => format!("{NOTHING}; since commit {commit}, {changed}"),
        Some((commit, None)) => format!("{NOTHING}; the nearest commit with an image is {commit}"),
        None => NOTHING.to_owned(),
    }
}

fn retag(wanted: &Wanted<'_>, answers: &Answers, sibling: &Sibling, proven: bool) -> Decision {
    let Sibling { commit, tag, image, base_note, .. } = sibling;
    let Lacking { missing, notes: stay } = match tagging::lacking(wanted, answers, &image.digest) {
        Ok(lacking) => lacking,
        Err(taken) => return Decision::taken(taken),
    };
    let tags: Vec<Tag> = missing.iter().chain([wanted.content_tag]).cloned().collect();
    let reason =
        format!("commit {commit} has the same inputs and an image, {} will point at it", list(&tags));
    let mut notes: Vec<String> = age_note(wanted, image).into_iter().collect();
    if !proven {
        notes.push(format!(
            "adopted: that {tag} was built from the inputs of its commit is assumed, not proven, since it has no mark"
        ));
    }
    notes.extend(base_note.clone().into_iter().chain(stay));
    Decision {
        digest: Some(image.digest.clone()),
        from: Some(From { how: How::Commit, repository: None, tag: tag.clone() }),
        missing,
        set_content_tag: true,
        notes,
        ..Decision::new(Action::Retag, reason)
    }
}
