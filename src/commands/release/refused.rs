//! What of a release was refused, as errors that say what to do about it.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;

use super::state::{self, Subject};
use crate::commands::{CONCURRENT, taken};
use crate::error::{Error, Errors, Kind};
use crate::lookup::Lookup;
use crate::reference::{Digest, Tag};
use crate::registry::{Name, Registry};
use crate::release::moves::{Refused, Step, What};
use crate::version::Version;

/// Tags that are asked about in search of the version that a tag is at.
const LOOKED_AT: usize = 32;

/// The errors; `listed` are the registry's tags.
pub(super) async fn errors(
    registry: &Registry,
    subject: Subject<'_>,
    listed: &BTreeSet<Tag>,
    steps: &[Step],
) -> Errors {
    let mut errors = Errors::default();
    for step in steps {
        let (What::Refused(refused), Some(at)) = (&step.what, &step.at) else { continue };
        let tag = &step.tag;
        errors.push(match refused {
            Refused::Taken => {
                let Subject { repository, digest, .. } = subject;
                let hint = format!("release another version, or let this tag move: --move-tag {tag}");
                taken::taken(registry, repository, tag, at, digest).await.hint(hint)
            }
            Refused::Unknown => {
                let version = version_at(registry, subject, listed, at).await;
                unknown(subject, step, at, version.as_ref())
            }
            Refused::Higher(name) => {
                foreign(subject, step, at, &format!("is that of {name}, which is higher"))
                    .hint("`git fetch --tags` gets git's tags, which may tell more of it")
                    .hint(format!(
                        "if it is to be the release's from now on, which takes it back: --move-tag {tag}"
                    ))
            }
            Refused::Stray(name) => {
                foreign(subject, step, at, &format!("is that of {name}, which does not give it"))
                    .hint(format!("if it is to be the release's from now on: --move-tag {tag}"))
            }
        });
    }
    errors
}

/// A clone without git's tags knows too few releases, so its tags come first: moving the tag may take it back.
fn unknown(subject: Subject<'_>, step: &Step, at: &Digest, version: Option<&Tag>) -> Error {
    let what = match version {
        Some(version) => format!("is {version}, for which git here has no tag"),
        None => "is no release's that is known".to_owned(),
    };
    foreign(subject, step, at, &what)
        .hint("git's tags say which releases there are: `git fetch --tags`, then release again")
        .hint(format!(
            "if it is to be the release's from now on, which may take it back: --move-tag {}",
            step.tag
        ))
}

fn foreign(subject: Subject<'_>, step: &Step, at: &Digest, what: &str) -> Error {
    let message = format!("{}: {} is left at {at}: that image {what}", subject.image, step.tag);
    Error::new(Kind::Conflict, message)
}

/// The tag at an image that reads most like a version. For people: what cannot be asked is not told.
async fn version_at(
    registry: &Registry,
    subject: Subject<'_>,
    listed: &BTreeSet<Tag>,
    at: &Digest,
) -> Option<Tag> {
    let own = |tag: &Tag| subject.own.written.contains(tag) || subject.own.could_give(tag);
    let of_commit = |tag: &Tag| subject.of_commits.iter().any(|template| state::could_be(template, tag));
    let mut versions: Vec<(usize, Version, &Tag)> = listed
        .iter()
        .filter(|tag| !own(tag) && !of_commit(tag))
        .filter_map(|tag| {
            let version = Version::parse(tag.as_str())?;
            Some((version.text().split('.').count(), version, tag))
        })
        .collect();
    // The most exact first, and the highest of those.
    versions.sort_by(|a, b| (b.0, &b.1).cmp(&(a.0, &a.1)));
    let asked = versions
        .into_iter()
        .take(LOOKED_AT)
        .map(|(_, _, tag)| async move { (tag, registry.head(subject.repository, Name::Tag(tag)).await) });
    let mut answers = futures_util::stream::iter(asked).buffered(CONCURRENT);
    while let Some((tag, answer)) = answers.next().await {
        if matches!(answer, Lookup::Found(there) if there.digest == *at) {
            return Some(tag.clone());
        }
    }
    None
}
