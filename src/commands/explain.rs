//! `imgplan explain`: every input of a commit's images and why it is one; what is left out; what changed.

use std::collections::BTreeSet;

use bstr::{BStr, BString, ByteSlice};

use crate::cli::{Common, Explain as Arguments, Format};
use crate::commands::repository::Purpose;
use crate::commands::session::{Session, Subject};
use crate::commands::{Ended, definitions, output};
use crate::error::{Error, Errors, Result};
use crate::explanation::{self, Answers, Explanation, Image};
use crate::filepath;
use crate::inputs::fates;
use crate::printer::Printer;
use crate::project::{Assessed, Project};
use crate::render::{self, explain::Section, text::Look};
use crate::tags;

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Arguments, printer: &Printer) -> Result<Ended, Errors> {
    // Names are checked below: with `--against`, either commit may have them.
    let all = Common { images: Vec::new(), ..common.clone() };
    let subject = Subject::of(arguments.worktree, &arguments.commit);
    let session = Session::open_subject(&all, subject, &arguments.platforms, Purpose::Explain, printer)?;
    let other = match &arguments.against {
        Some(spec) => Some(Session::open(&all, spec, &arguments.platforms, Purpose::Explain, printer)?),
        None => None,
    };
    let named = session.definitions.iter().chain(other.iter().flat_map(|other| &other.definitions));
    definitions::check_names(&named.cloned().collect::<Vec<_>>(), &common.images)?;
    let mut project = session.assess(common)?;
    let mut errors = std::mem::take(&mut project.errors);
    if let Some(path) = &arguments.why {
        let path = clean(path)?;
        let (answers, failed) = answer(&session, common, &project, path.as_bstr());
        errors.extend(failed.0);
        errors.extend(write_answers(common, &answers, printer).0);
        return Ok(Ended::with(errors));
    }
    let mut before = other.as_ref().map(|other| other.assess(common)).transpose()?;
    if let (Some(before), Some(other)) = (&mut before, &other) {
        let place = format!("this is in {}, with which --against compares", other.commit.short());
        errors.extend(std::mem::take(&mut before.errors).0.into_iter().map(|error| error.hint(&place)));
    }
    let against = before.as_ref().zip(other.as_ref());
    let (explanation, failed) = explain(&session, common, arguments, &project, against)?;
    errors.extend(failed.0);
    errors.extend(write(common, &explanation, arguments, printer).0);
    Ok(Ended::with(errors))
}

fn explain(
    session: &Session,
    common: &Common,
    arguments: &Arguments,
    project: &Project,
    against: Option<(&Project, &Session)>,
) -> Result<(Explanation, Errors)> {
    let mut images = Vec::new();
    let mut errors = Errors::default();
    for assessed in asked(common, project) {
        let tag = tags::content_tag(&assessed.content_hash.to_string(), None)?;
        let mut image: Image = explanation::image(assessed, tag.as_str());
        if arguments.excluded {
            match fates::of(session.objects(), &session.tree(), assessed) {
                Ok(members) => image.excluded = Some(explanation::left_out(&members)),
                Err(failed) => {
                    errors.extend(failed.0);
                    continue;
                }
            }
        }
        if let Some((before, other)) = against {
            let name = &assessed.defined.name;
            match (before.get(name), defines(other, name)) {
                // It could not be assessed there, which is among the errors.
                (None, true) => {}
                (old, _) => image.against = Some(explanation::changes(old, assessed, &other.commit.short())),
            }
        }
        images.push(image);
    }
    let gone = against.map(|(_, other)| {
        let names = other.definitions.iter().map(|placed| placed.defined.name.clone());
        names
            .filter(|name| is_asked(common, name) && !defines(session, name))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    });
    let explanation = Explanation {
        version: 1,
        commit: session.commit.id.to_string(),
        worktree: session.is_worktree(),
        against: against.map(|(_, other)| other.commit.id.to_string()),
        images,
        only_against: gone.unwrap_or_default(),
    };
    Ok((explanation, errors))
}

fn is_asked(common: &Common, name: &str) -> bool {
    common.images.is_empty() || common.images.iter().any(|image| image == name)
}

fn asked<'p>(common: &'p Common, project: &'p Project) -> impl Iterator<Item = &'p Assessed> {
    project.images.iter().filter(|assessed| is_asked(common, &assessed.defined.name))
}

fn defines(session: &Session, name: &str) -> bool {
    session.definitions.iter().any(|placed| placed.defined.name == name)
}

/// A path from the repository's root, as a person or a shell's completion writes it.
fn clean(path: &str) -> Result<BString> {
    if path.split('/').any(|name| name == "..") {
        return Err(Error::invalid(format!("{path:?} leads out of a folder"))
            .hint("--why takes a path from the repository's root"));
    }
    let path = filepath::clamp(path.as_bytes());
    Ok(if path == b"." { BString::default() } else { path.into() })
}

fn answer(session: &Session, common: &Common, project: &Project, path: &BStr) -> (Answers, Errors) {
    let mut errors = Errors::default();
    let mut images = Vec::new();
    let place = if session.is_worktree() { "the working tree" } else { "this commit" };
    for assessed in asked(common, project) {
        match explanation::answer(session.objects(), &session.tree(), assessed, path, place) {
            Ok(answer) => images.push(answer),
            Err(failed) => errors.extend(failed.0),
        }
    }
    let answers = Answers {
        version: 1,
        commit: session.commit.id.to_string(),
        worktree: session.is_worktree(),
        path: if path.is_empty() { ".".to_owned() } else { path.to_str_lossy().into_owned() },
        images,
    };
    (answers, errors)
}

fn write(common: &Common, explanation: &Explanation, arguments: &Arguments, printer: &Printer) -> Errors {
    let section = match (arguments.against.is_some(), arguments.excluded) {
        (true, _) => Section::Changes,
        (_, true) => Section::Excluded,
        _ => Section::Inputs,
    };
    output::write_each(common, printer, |format, colour| match format {
        Format::Json => render::json::value(explanation),
        _ => {
            let look = Look { details: common.verbose, colour };
            Ok(render::explain::explanation(explanation, section, look).into_bytes())
        }
    })
}

fn write_answers(common: &Common, answers: &Answers, printer: &Printer) -> Errors {
    output::write_each(common, printer, |format, _| match format {
        Format::Json => render::json::value(answers),
        _ => Ok(render::explain::answers(answers).into_bytes()),
    })
}
