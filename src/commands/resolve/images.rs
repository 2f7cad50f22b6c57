//! The images of a session's commit as `imgplan resolve` finds them, for other commands: by the commit's tag, by that of its
//! content, by another commit of the same content.

use crate::cli::{Common, Resolve};
use crate::commands::lists::Lists;
use crate::commands::resolve::answers::{self, Via};
use crate::commands::resolve::subject::{By, Subject};
use crate::commands::resolve::{find_all, subjects};
use crate::commands::session::Session;
use crate::error::{Error, Errors};
use crate::reference::{Digest, Repository, Tag};
use crate::registry::Registry;

/// An image that was asked for.
#[derive(Debug)]
pub(in crate::commands) struct Image {
    /// Its name.
    pub(in crate::commands) name: String,
    /// Where it lives.
    pub(in crate::commands) repository: Repository,
    /// 64 hex digits.
    pub(in crate::commands) content_hash: String,
    /// What was found.
    pub(in crate::commands) found: Result<Found, Error>,
}

/// What was found of it.
#[derive(Debug)]
pub(in crate::commands) struct Found {
    /// The image.
    pub(in crate::commands) digest: Digest,
    /// The tag that it was found by.
    pub(in crate::commands) tag: Option<Tag>,
    /// The other commit whose image it is, by its full id.
    pub(in crate::commands) other: Option<String>,
    /// Sentences besides.
    pub(in crate::commands) notes: Vec<String>,
}

/// Finds the images of `common` at the session's commit, which was asked for as `asked`, in the order of their definitions.
/// One that cannot be read or found does not stop the others; those that cannot be read are the second value.
pub(in crate::commands) async fn images(
    registry: &Registry,
    common: &Common,
    session: &Session,
    asked: &str,
    history: Option<usize>,
) -> Result<(Vec<Image>, Errors), Errors> {
    let mut errors = Errors::default();
    let subjects = subjects::of_session(session, common, asked, None, &mut errors)?;
    Ok((find(registry, common, asked, history, subjects).await, errors))
}

/// The same in the repositories that are named, which need not be those where the images live: one answer for each name and
/// repository, in order.
pub(in crate::commands) async fn images_in(
    registry: &Registry,
    common: &Common,
    session: &Session,
    asked: &str,
    places: &[(String, Repository)],
) -> Result<(Vec<Image>, Errors), Errors> {
    let mut errors = Errors::default();
    let subjects = subjects::of_session(session, common, asked, None, &mut errors)?;
    let of = |(name, repository): &(String, Repository)| {
        let subject = subjects.iter().find(|subject| subject.name == *name)?;
        Some(Subject { repository: repository.clone(), ..subject.clone() })
    };
    let wanted: Vec<Option<Subject>> = places.iter().map(of).collect();
    let known = wanted.iter().flatten().cloned().collect();
    let mut found = find(registry, common, asked, None, known).await.into_iter();
    let unknown = |(name, repository): &(String, Repository)| Image {
        name: name.clone(),
        repository: repository.clone(),
        content_hash: String::new(),
        found: Err(Error::invalid(format!("{name}: its content hash is not known, and so its image is not"))),
    };
    let images = places
        .iter()
        .zip(&wanted)
        .map(|(place, wanted)| wanted.as_ref().and_then(|_| found.next()).unwrap_or_else(|| unknown(place)));
    Ok((images.collect(), errors))
}

async fn find(
    registry: &Registry,
    common: &Common,
    asked: &str,
    history: Option<usize>,
    subjects: Vec<Subject>,
) -> Vec<Image> {
    let arguments = Resolve {
        commits: vec![asked.to_owned()],
        tag: false,
        pin: false,
        history,
        repo: None,
        scope: common.scope.clone(),
    };
    let found = find_all(registry, &Lists::default(), common, &arguments, &subjects).await;
    subjects.into_iter().zip(found).map(|(subject, found)| image(subject, found)).collect()
}

fn image(subject: Subject, found: Result<answers::Found, Error>) -> Image {
    let content_hash = match subject.by {
        By::Content { content_hash, .. } => content_hash,
        By::CommitTag(_) | By::CommitShape(_) | By::Pin(_) => String::new(),
    };
    let found = found.map(|found| Found {
        digest: found.digest,
        tag: found.tag,
        other: match found.via {
            Via::Other(commit) => Some(commit),
            Via::CommitTag | Via::ContentTag | Via::Build | Via::Pin => None,
        },
        notes: found.notes,
    });
    Image { name: subject.name, repository: subject.repository, content_hash, found }
}
