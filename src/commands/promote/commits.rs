//! Entries whose source is a commit of this clone: its image, found as `imgplan resolve` finds it.

use crate::cli::Common;
use crate::commands::environment::Environment;
use crate::commands::resolve::Images;
use crate::error::{Error, Errors, Kind, Result};
use crate::git::Git;
use crate::printer::Printer;
use crate::promotion::{Entry, Source};
use crate::reference::{Digest, Repository};
use crate::registry::Registry;

/// The images of the lists' commits, before any registry is asked.
pub(super) struct Commits {
    images: Option<Images>,
}

/// Where one of them is; an error of the kind `NotFound` is the answer that there is none.
pub(super) type Found = ((Repository, String), Result<Digest>);

/// Reads the commits. An entry whose repository has no image of the project is wrong.
pub(super) fn read(
    common: &Common,
    environment: &Environment,
    entries: &[Entry],
    printer: &Printer,
) -> Result<Commits, Errors> {
    let mut commits: Vec<String> = entries.iter().filter_map(commit).map(str::to_owned).collect();
    commits.sort();
    commits.dedup();
    if commits.is_empty() {
        return Ok(Commits { images: None });
    }
    let mut errors = Errors::default();
    let commits = there(environment, entries, commits, &mut errors)?;
    if commits.is_empty() {
        return errors.or(Commits { images: None });
    }
    // Lists are about images that everybody sees: no scope's. `--image` names entries here, and no image of the project.
    let common = Common { scope: None, images: Vec::new(), ..common.clone() };
    let mut images = Images::of(&common, commits.clone(), printer)?;
    for entry in entries {
        let Some(commit) = commit(entry) else { continue };
        if !commits.iter().any(|there| there == commit) {
            continue;
        }
        match images.count(&entry.from, commit) {
            1 => {}
            0 => errors.push(
                Error::invalid(format!("{} is no repository of an image of this project at {commit}", entry.from))
                    .at(entry.place.clone())
                    .hint("a `commit` names an image that imgplan knows; of others name the `source-tag` or the `digest`"),
            ),
            _ => errors.push(
                Error::invalid(format!("{} holds several images of this project", entry.from))
                    .at(entry.place.clone())
                    .hint("name the `source-tag` or the `digest`"),
            ),
        }
    }
    images.retain(|repository, commit| {
        entries.iter().any(|entry| entry.from == *repository && self::commit(entry) == Some(commit))
    });
    errors.or(Commits { images: Some(images) })
}

/// The commits that git here has; each of the others is wrong at the entries that name it.
fn there(
    environment: &Environment,
    entries: &[Entry],
    commits: Vec<String>,
    errors: &mut Errors,
) -> Result<Vec<String>> {
    let git = Git::open(environment.directory())?;
    let mut there = Vec::with_capacity(commits.len());
    for asked in commits {
        match git.commit(&asked) {
            Ok(_) => there.push(asked),
            Err(error) if error.kind() == Kind::Invalid => {
                let named = entries.iter().filter(|entry| commit(entry) == Some(asked.as_str()));
                errors.extend(named.map(|entry| {
                    let own = Error::invalid(error.message()).at(entry.place.clone());
                    error.hints().iter().fold(own, |own, hint| own.hint(hint.clone()))
                }));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(there)
}

fn commit(entry: &Entry) -> Option<&str> {
    match &entry.source {
        Source::Commit(commit) => Some(commit),
        _ => None,
    }
}

impl Commits {
    /// Asks for all of them.
    pub(super) async fn find(&self, registry: &Registry) -> Vec<Found> {
        match &self.images {
            Some(images) => images.find(registry).await,
            None => Vec::new(),
        }
    }
}
