//! The images of a commit for another command, found as `resolve` finds them.

use futures_util::StreamExt as _;

use crate::cli::{Common, Resolve};
use crate::commands::CONCURRENT;
use crate::commands::resolve::answers::{self, Answer, Found};
use crate::commands::resolve::missing::Search;
use crate::commands::resolve::subject::{By, Subject};
use crate::commands::session::Session;
use crate::error::{Error, Result};
use crate::project::Project;
use crate::reference::{Digest, Repository, Tag};
use crate::registry::Registry;
use crate::tags;

/// An image of a commit.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Image {
    /// The image.
    pub(in crate::commands) digest: Digest,
    /// Under which tag it was found.
    pub(in crate::commands) tag: Tag,
    /// Sentences besides.
    pub(in crate::commands) notes: Vec<String>,
}

/// One answer for each image that is named with the repository to look in, in order. `spec`: the commit as it was named.
pub(in crate::commands) async fn images(
    session: &Session,
    common: &Common,
    spec: &str,
    project: &Project,
    registry: &Registry,
    wanted: &[(String, Repository)],
) -> Vec<Result<Image>> {
    let subjects: Vec<Result<Subject>> =
        wanted.iter().map(|(name, repository)| subject(session, project, spec, name, repository)).collect();
    let asked = subjects.into_iter().map(|subject| async {
        match subject {
            Ok(subject) => Ok((answers::ask(registry, &subject).await, subject)),
            Err(error) => Err(error),
        }
    });
    let asked: Vec<_> = futures_util::stream::iter(asked).buffered(CONCURRENT).collect().await;
    let arguments = Resolve {
        commits: vec![spec.to_owned()],
        tag: false,
        pin: false,
        history: None,
        repo: None,
        scope: None,
    };
    let mut missing = Search::new(registry, common, &arguments);
    let mut all = Vec::with_capacity(asked.len());
    for asked in asked {
        all.push(match asked {
            Err(error) => Err(error),
            Ok((Answer::Found(found), _)) => image(*found),
            Ok((Answer::Failed(error), _)) => Err(error),
            Ok((Answer::Missing, subject)) => missing.find(&subject).await.and_then(image),
        });
    }
    all
}

fn image(found: Found) -> Result<Image> {
    let Found { digest, tag, notes, .. } = found;
    let tag = tag.ok_or_else(|| Error::unavailable("the image was found under no tag"))?;
    Ok(Image { digest, tag, notes })
}

fn subject(
    session: &Session,
    project: &Project,
    spec: &str,
    name: &str,
    repository: &Repository,
) -> Result<Subject> {
    let assessed = project.get(name).ok_or_else(|| {
        Error::invalid(format!("{name}: its content hash is not known, and so its image is not"))
    })?;
    let content_hash = assessed.content_hash.to_string();
    let content_tag = tags::content_tag(&content_hash, None)?;
    let commit_tag = session.commit_tag(None)?;
    Ok(Subject {
        asked: spec.to_owned(),
        commit: session.sha.clone(),
        name: name.to_owned(),
        repository: repository.clone(),
        by: By::Content { commit_tag, trusted: None, content_tag, content_hash },
        pin: None,
    })
}
