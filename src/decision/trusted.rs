//! Under a scope there are two images that may be the content's: the trusted one, which a run without a scope wrote, and
//! the scope's own. The trusted one goes first, wherever it can be used.

use super::worth;
use super::{Answers, From, How, Image, Wanted};
use crate::lookup::Lookup;
use crate::reference::{Repository, Tag};

/// The image under the content tag of a run without a scope.
#[derive(Debug, Clone)]
pub struct Trusted {
    /// That tag.
    pub tag: Tag,
    /// Where it is, if not in the image's own repository: then it is copied.
    pub repository: Option<Repository>,
    /// What is there.
    pub image: Image,
    /// Why its base image counts as moved, if it does.
    pub base_moved: Option<String>,
    /// What cannot be told of its base images.
    pub base_note: Option<String>,
}

/// The image that stands for the content, and how it was come by.
pub(super) struct Content<'a> {
    pub(super) image: &'a Image,
    /// The tag that it was found under.
    pub(super) tag: &'a Tag,
    trusted: Option<&'a Trusted>,
}

impl<'a> Content<'a> {
    /// The one under the wanted content tag.
    pub(super) fn own(wanted: &Wanted<'a>, image: &'a Image) -> Content<'a> {
        Content { image, tag: wanted.content_tag, trusted: None }
    }

    /// The trusted one, if it is there and can be used. Where this commit has the scope's image of the content already,
    /// that is left as it is: nothing would be gained by another.
    pub(super) fn trusted(wanted: &Wanted<'_>, answers: &'a Answers) -> Option<Content<'a>> {
        let trusted = answers.trusted.found()?;
        if let Some(own) = answers.content.found()
            && answers.commit.found().is_some_and(|at| at.digest == own.digest)
            && worth::unusable(wanted, answers, own).is_none()
        {
            return None;
        }
        let content = Content { image: &trusted.image, tag: &trusted.tag, trusted: Some(trusted) };
        unusable(wanted, answers, trusted).is_none().then_some(content)
    }

    /// Whether the scope's own content tag is to be set: where there is none, and where nothing else would bring a
    /// trusted image of another repository over. One that is elsewhere else stays, as an older build of the content.
    pub(super) fn sets_content_tag(&self, answers: &Answers, nothing_missing: bool) -> bool {
        let Some(trusted) = self.trusted else { return false };
        let here = |at: &Lookup<Image>| at.found().is_some_and(|image| image.digest == self.image.digest);
        matches!(answers.content, Lookup::Missing)
            || trusted.repository.is_some()
                && nothing_missing
                && !here(&answers.content)
                && !here(&answers.commit)
    }

    /// How it was found.
    pub(super) fn from(&self) -> From {
        let repository = self.trusted.and_then(|trusted| trusted.repository.clone());
        let how = if repository.is_some() { How::Repository } else { How::Content };
        From { how, repository, tag: self.tag.clone() }
    }

    /// Where there is an image with the same inputs, in words.
    pub(super) fn shown(&self) -> String {
        match self.trusted.map(|trusted| &trusted.repository) {
            None => "an image with the same inputs is there".to_owned(),
            Some(None) => "a trusted image with the same inputs is there".to_owned(),
            Some(Some(repository)) => {
                format!("a trusted image with the same inputs is in {repository} and is copied from there")
            }
        }
    }

    /// What a person should know of it.
    pub(super) fn note(&self) -> Option<String> {
        self.trusted.and_then(|trusted| trusted.base_note.clone())
    }
}

/// Why the trusted image that is there cannot be used, if so.
pub(super) fn why_not(wanted: &Wanted<'_>, answers: &Answers) -> Option<String> {
    answers.trusted.found().and_then(|trusted| unusable(wanted, answers, trusted))
}

fn unusable(wanted: &Wanted<'_>, answers: &Answers, trusted: &Trusted) -> Option<String> {
    let wanted = Wanted { base_moved: trusted.base_moved.as_deref(), ..wanted.clone() };
    worth::unusable(&wanted, answers, &trusted.image)
}
