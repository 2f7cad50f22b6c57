//! Commits beside the images they run on: which commits share an image, and which one asked for it.
//!
//! Pure: commits with hashes come in, runs go out. It must not know registries or how a line is drawn.

use serde::Serialize;

use crate::reference::{Digest, Repository, Tag};
use crate::tags::readback::Built;

/// What is behind the oldest commit that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// More commits.
    More,
    /// More commits, which this clone does not have.
    CutOff,
    /// Nothing, or what was not asked for.
    Nothing,
}

/// A commit of a log, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Full id.
    pub commit: String,
    /// Full ids; those beyond the range are named, too.
    pub parents: Vec<String>,
    /// Committer time, seconds since the epoch.
    pub time: i64,
    /// The first line of its message.
    pub subject: String,
    /// Its images.
    pub images: Vec<Shown>,
}

/// An image of a commit.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// Where it lives.
    pub repository: Option<Repository>,
    /// 64 hex digits; none where a build of the commit would be refused.
    pub content_hash: Option<String>,
    /// Its content tag.
    pub content_tag: Option<Tag>,
    /// In a scoped run, where the trusted image of the content would be; it takes the place of the scope's own once it is
    /// found.
    #[serde(skip)]
    pub trusted: Option<(Repository, Tag)>,
    /// The commit's own tag.
    pub commit_tag: Option<Tag>,
    /// What the tag of its build tells, where there are such tags: how old it is, and up to which commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub built: Option<Built>,
    /// Whether there is an image.
    pub image: Presence,
    /// The image, where it was asked for.
    pub digest: Option<Digest>,
    /// Why the commit needs another image than its first parent, or why it has none.
    pub cause: Option<String>,
    /// Where the commit stands among its neighbours that share the image.
    #[serde(skip)]
    pub place: Place,
}

/// Whether there is an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// Under the commit's own tag.
    CommitTag,
    /// Under the content tag.
    ContentTag,
    /// Under the tag of another commit of the same content, from where it could be adopted.
    OtherCommit,
    /// Nowhere that was looked at.
    Missing,
    /// The registry could not say.
    Unknown,
    /// A build of the commit would be refused.
    Refused,
}

impl Presence {
    /// Whether an image is there.
    pub fn is_there(self) -> bool {
        matches!(self, Presence::CommitTag | Presence::ContentTag | Presence::OtherCommit)
    }
}

/// Where a commit stands in a run of neighbours that share an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// It has no neighbour with the same image.
    #[default]
    Alone,
    /// The newest of them.
    First,
    /// Between.
    Middle,
    /// The oldest of them.
    Last,
}

/// Finds the runs of each image.
pub fn place(entries: &mut [Entry]) {
    let hash = |entry: &Entry, name: &str| {
        entry.images.iter().find(|image| image.name == name).and_then(|image| image.content_hash.clone())
    };
    for index in 0..entries.len() {
        let neighbours = |name: &str| {
            let above = index.checked_sub(1).and_then(|above| hash(&entries[above], name));
            (above, entries.get(index + 1).and_then(|below| hash(below, name)))
        };
        let places: Vec<Place> = entries[index]
            .images
            .iter()
            .map(|image| {
                let Some(own) = &image.content_hash else { return Place::Alone };
                let (above, below) = neighbours(&image.name);
                match (above.as_ref() == Some(own), below.as_ref() == Some(own)) {
                    (false, false) => Place::Alone,
                    (false, true) => Place::First,
                    (true, true) => Place::Middle,
                    (true, false) => Place::Last,
                }
            })
            .collect();
        for (image, place) in entries[index].images.iter_mut().zip(places) {
            image.place = place;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_with_one_hash_are_a_run() {
        let entry = |hash: Option<&str>| Entry {
            commit: String::new(),
            parents: Vec::new(),
            time: 0,
            subject: String::new(),
            images: vec![Shown {
                name: "app".to_owned(),
                repository: None,
                content_hash: hash.map(str::to_owned),
                content_tag: None,
                trusted: None,
                commit_tag: None,
                built: None,
                image: Presence::Missing,
                digest: None,
                cause: None,
                place: Place::Alone,
            }],
        };
        let mut entries: Vec<Entry> =
            [Some("a"), Some("b"), Some("b"), Some("b"), None, None, Some("b")].map(entry).into();
        place(&mut entries);
        let places: Vec<Place> = entries.iter().map(|entry| entry.images[0].place).collect();
        use Place::{Alone, First, Last, Middle};
        assert_eq!(places, [Alone, First, Middle, Last, Alone, Alone, Alone]);
    }
}
