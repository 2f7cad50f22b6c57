//! What is promoted: the files of the command line, or one image named there.

use crate::cli::{Common, Promote};
use crate::commands::environment::Environment;
use crate::error::{Error, Errors, Place, Result};
use crate::promotion::judge::Call;
use crate::promotion::list::{self, File, List, Twice};
use crate::promotion::{Entry, Finding, Verdict, names, single};

/// All entries, and for each how it came to be asked for.
pub(super) struct Listed {
    pub(super) entries: Vec<Entry>,
    pub(super) twice: Vec<Twice>,
    pub(super) calls: Vec<Call>,
}

/// Reads everything; all problems of all files at once. A list is checked as a whole, whichever images are asked for.
pub(super) fn read(
    common: &Common,
    arguments: &Promote,
    environment: &Environment,
) -> Result<Listed, Errors> {
    let List { mut entries, mut twice } = match &arguments.from {
        Some(from) => {
            List { entries: single(from, &arguments.to, environment.directory())?, twice: Vec::new() }
        }
        None => files(arguments, environment)?,
    };
    // A name may be that of an entry which is not looked at in this run: it is no mistake.
    let mut moves = names::named(&entries, "--repush", &arguments.repush)?;
    if !common.images.is_empty() {
        let wanted = names::named(&entries, "--image", &common.images)?;
        let (mut kept, mut kept_too) = (wanted.iter().copied(), wanted.iter().copied());
        entries.retain(|_| kept.next().unwrap_or_default());
        moves.retain(|_| kept_too.next().unwrap_or_default());
        let stays = |entry: &Entry| entries.iter().any(|other| other.target() == entry.target());
        twice.retain(|twice| stays(&twice.entry));
    }
    let unnamed = if arguments.from.is_some() { Call::Typed } else { Call::Listed };
    let calls = moves.into_iter().map(|moves| if moves { Call::Moves } else { unnamed }).collect();
    Ok(Listed { entries, twice, calls })
}

fn files(arguments: &Promote, environment: &Environment) -> Result<List, Errors> {
    let mut errors = Errors::default();
    let mut texts = Vec::new();
    for file in &arguments.files {
        let path = environment.directory().join(file);
        let name = file.display().to_string();
        match std::fs::read(&path) {
            Err(error) => {
                errors.push(Error::invalid("the list cannot be read").at(Place::file(name)).caused_by(error))
            }
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => texts.push((name, text, path)),
                Err(_) => errors.push(Error::invalid("the list is not UTF-8").at(Place::file(name))),
            },
        }
    }
    let directory = environment.directory();
    let files: Vec<File<'_>> = texts
        .iter()
        .map(|(name, text, path)| File { name, text, base: path.parent().unwrap_or(directory) })
        .collect();
    match list::read(&files) {
        Ok(list) => errors.or(list),
        Err(more) => {
            errors.extend(more.0);
            Err(errors)
        }
    }
}

/// An entry that repeats another, as a finding.
pub(super) fn finding(Twice { entry, first }: Twice) -> (Entry, Verdict) {
    (entry, Verdict::Finding(Finding::Twice(first)))
}

/// In the order of the files and lines; of one place, as they came.
pub(super) fn in_order(mut judged: Vec<(Entry, Verdict)>) -> Vec<(Entry, Verdict)> {
    let mut files: Vec<String> = Vec::new();
    for (entry, _) in &judged {
        if !files.contains(&entry.place.file) {
            files.push(entry.place.file.clone());
        }
    }
    judged.sort_by_key(|(entry, _)| {
        let Place { file, line, column, .. } = &entry.place;
        (files.iter().position(|known| known == file), *line, *column)
    });
    judged
}
