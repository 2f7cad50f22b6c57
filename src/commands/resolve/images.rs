//! The images of a session's commit as `imgplan resolve` finds them, for other commands: by the commit's tag, by that of its
//! content, by another commit of the same content.

use futures_util::StreamExt as _;

use crate::cli::{Common, Resolve};
use crate::commands::CONCURRENT;
use crate::commands::resolve::answers::{self, Answer, Via};
use crate::commands::resolve::missing::Search;
use crate::commands::resolve::subject::{By, Subject};
use crate::commands::resolve::subjects;
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
    let arguments = Resolve {
        commits: vec![asked.to_owned()],
        tag: false,
        pin: false,
        history,
        repo: None,
        scope: common.scope.clone(),
    };
    let mut errors = Errors::default();
    let subjects = subjects::of_session(session, common, asked, None, &mut errors)?;
    let answers = subjects.iter().map(|subject| answers::ask(registry, subject));
    let answers: Vec<Answer> = futures_util::stream::iter(answers).buffered(CONCURRENT).collect().await;
    let mut search = Search::new(registry, common, &arguments);
    let mut images = Vec::with_capacity(subjects.len());
    for (subject, answer) in subjects.into_iter().zip(answers) {
        let found = match answer {
            Answer::Found(found) => Ok(*found),
            Answer::Failed(error) => Err(error),
            Answer::Missing => search.find(&subject).await,
        };
        images.push(image(subject, found));
    }
    Ok((images, errors))
}

fn image(subject: Subject, found: Result<answers::Found, Error>) -> Image {
    let content_hash = match subject.by {
        By::Content { content_hash, .. } => content_hash,
        By::CommitTag(_) | By::Pin(_) => String::new(),
    };
    let found = found.map(|found| Found {
        digest: found.digest,
        tag: found.tag,
        other: match found.via {
            Via::Other(commit) => Some(commit),
            Via::CommitTag | Via::ContentTag | Via::Pin => None,
        },
        notes: found.notes,
    });
    Image { name: subject.name, repository: subject.repository, content_hash, found }
}
