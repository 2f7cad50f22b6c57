//! `imgplan resolve`: the image of a commit, `repository@sha256:…`.
//!
//! The commit tag goes before the content tag, since it is what people and platforms launch; a difference is said. Then
//! comes the image of another commit with the same content hash. Commits are read first, one after the other, then all
//! registries are asked at once; one commit's failure does not stop the others.

mod answers;
mod commits;
pub(super) mod images;
mod lines;
mod missing;
mod outside;
mod subject;
mod subjects;

use futures_util::StreamExt as _;

pub(super) use self::commits::Images;

use self::answers::{Answer, Found};
use self::subject::Subject;
use self::subjects::Asked;
use crate::cli::{Common, Format, Resolve};
use crate::commands::CONCURRENT;
use crate::commands::lists::Lists;
use crate::commands::{Ended, output, wait_for};
use crate::error::{Errors, Result};
use crate::printer::{Printer, Verbosity};
use crate::registry::Registry;

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Resolve, printer: &Printer) -> Result<Ended, Errors> {
    let Asked { environment, subjects, mut errors } = subjects::read(common, arguments, printer)?;
    let registry = environment.registry(common.repository.as_deref())?;
    let explains = printer.verbosity() > Verbosity::Quiet
        || common.format == Format::Json
        || common.outputs.iter().any(|output| output.format == Format::Json);
    let work = answer_all(&registry, common, arguments, &subjects, explains);
    let mut found = Vec::new();
    for answer in wait_for(async { Ok(work.await) })? {
        match answer {
            Ok(image) => found.push(image),
            Err(error) => errors.push(error),
        }
    }
    let shape = lines::Shape::of(&arguments.commits, &subjects);
    for image in &found {
        lines::explanation(image, shape).into_iter().for_each(|note| printer.note(&note));
    }
    let written =
        output::write_each(common, printer, |format, _| lines::write(format, &found, shape, arguments.tag));
    errors.extend(written.0);
    Ok(Ended::with(errors))
}

/// One answer for each subject, in order, with what the images say of themselves where it is to be explained.
async fn answer_all(
    registry: &Registry,
    common: &Common,
    arguments: &Resolve,
    subjects: &[Subject],
    explains: bool,
) -> Vec<Result<Found>> {
    let lists = &Lists::default();
    let explained = find_all(registry, lists, common, arguments, subjects).await.into_iter();
    let explained = explained.map(|found| async move {
        let found = found?;
        let found = if explains { answers::explain(registry, found).await } else { found };
        Ok(if explains || arguments.tag { answers::read_back(registry, lists, found).await } else { found })
    });
    futures_util::stream::iter(explained).buffered(CONCURRENT).collect().await
}

/// One answer for each subject, in order: all are asked for by their tags at once, then what is missing is looked for among
/// other commits' images.
async fn find_all(
    registry: &Registry,
    lists: &Lists,
    common: &Common,
    arguments: &Resolve,
    subjects: &[Subject],
) -> Vec<Result<Found>> {
    let asked = subjects.iter().map(|subject| answers::ask(registry, lists, subject));
    let asked: Vec<Answer> = futures_util::stream::iter(asked).buffered(CONCURRENT).collect().await;
    let mut missing = missing::Search::new(registry, lists, common, arguments);
    let mut all = Vec::with_capacity(asked.len());
    for (subject, answer) in subjects.iter().zip(asked) {
        all.push(match answer {
            Answer::Found(found) => Ok(*found),
            Answer::Failed(error) => Err(error),
            Answer::Missing => missing.find(subject).await,
        });
    }
    all
}
