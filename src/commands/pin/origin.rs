//! Which commit a reference is of that is not right any more, and what changed since then. For people: what cannot be told
//! is left out, and changes no judgement.

use std::collections::HashMap;

use crate::cli::Common;
use crate::commands::inspect::{self, Question};
use crate::commands::past::Past;
use crate::commands::pin::wanted::{Answers, Target};
use crate::commands::session::Session;
use crate::difference::Difference;
use crate::error::{Errors, Kind, Result};
use crate::git;
use crate::lookup::Lookup;
use crate::pin::Site;
use crate::reference::Digest;
use crate::registry::Registry;
use crate::tags;

/// Where a reference comes from.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// The full id of the commit.
    pub(super) commit: String,
    /// What changed of the image's inputs between it and the wanted commit.
    pub(super) changed: Option<String>,
}

/// By the reference as it is written.
#[derive(Default)]
pub(super) struct Origins {
    all: HashMap<String, Origin>,
    /// What could not be read.
    pub(super) notes: Vec<String>,
}

impl Origins {
    /// Of this reference.
    pub(super) fn get(&self, site: &Site) -> Option<&Origin> {
        self.all.get(&site.written())
    }
}

/// Looks for the origins of all references that have another digest than is wanted, or none.
pub(super) async fn of(
    session: &Session,
    common: &Common,
    registry: &Registry,
    named: &[(&Site, &Target)],
    answers: &Answers,
) -> Origins {
    let mut origins = Origins::default();
    let past = Past::new(session, common);
    for (site, target) in named {
        let written = site.written();
        let wanted = answers.wanted(target);
        let is_right = |digest: &str| wanted.is_none_or(|wanted| wanted.digest.as_str() == digest);
        if origins.all.contains_key(&written) || site.digest.as_deref().is_some_and(is_right) {
            continue;
        }
        let commit = match site.tag.as_deref().and_then(|tag| by_tag(session, tag, &mut origins.notes)) {
            Some(commit) => Some(commit),
            None => by_image(registry, site, target, &mut origins.notes).await,
        };
        let Some(commit) = commit else { continue };
        let changed = match answers.is_of_commit() {
            true => changed(session, common, &past, &commit, &target.image, &mut origins.notes),
            false => None,
        };
        origins.all.insert(written, Origin { commit, changed });
    }
    origins
}

/// The commit whose tag this is by the configured template. An id in it is looked up here: what is not here is not told.
fn by_tag(session: &Session, tag: &str, notes: &mut Vec<String>) -> Option<String> {
    let template = session.policy.commit_tag.as_ref()?;
    if !tags::could_be(template, None, tag) {
        return None;
    }
    let is_id = |part: &&str| part.len() >= 7 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut parts = tag.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_id);
    parts.find_map(|part| {
        let commit = match session.git.commit(part) {
            Ok(commit) => commit.id.to_string(),
            // There is no such commit here.
            Err(error) if error.kind() == Kind::Invalid => return None,
            Err(error) => {
                notes.push(format!("which commit {tag} is of could not be read: {error}"));
                return None;
            }
        };
        commit.starts_with(&part.to_ascii_lowercase()).then_some(commit)
    })
}

/// The commit that the image says it was built at.
async fn by_image(
    registry: &Registry,
    site: &Site,
    target: &Target,
    notes: &mut Vec<String>,
) -> Option<String> {
    let digest = Digest::new(site.digest.clone()?).ok()?;
    let question = Question { revision: true, ..Question::default() };
    match inspect::inspect(registry, &target.repository, &digest, question).await {
        Lookup::Found(inspected) => inspected.details.revision,
        Lookup::Missing => {
            notes.push(format!("{} is not in the registry", site.written()));
            None
        }
        Lookup::Unknown(error) => {
            notes.push(format!("which commit {} is of could not be asked: {error}", site.written()));
            None
        }
    }
}

/// What changed of an image's inputs since a commit; nothing where that commit is not here, or nothing changed.
fn changed(
    session: &Session,
    common: &Common,
    past: &Past<'_>,
    commit: &str,
    image: &str,
    notes: &mut Vec<String>,
) -> Option<String> {
    let compare = || -> Result<Option<String>, Errors> {
        if !git::is_full_id(commit) || session.git.lacks(commit)? {
            return Ok(None);
        }
        let only = Common { images: vec![image.to_owned()], ..common.clone() };
        let now = session.assess(&only)?;
        let then = past.assessed_at(&session.git.commit(commit)?, image)?;
        let difference = then.zip(now.get(image)).map(|(then, now)| Difference::between(&then, now));
        Ok(difference.filter(|difference| !difference.is_empty()).map(|difference| difference.summary()))
    };
    compare().unwrap_or_else(|errors| {
        let why = errors.0.first().map(ToString::to_string).unwrap_or_default();
        notes.push(format!("what changed since {commit} could not be read: {why}"));
        None
    })
}
