//! Where a release's report goes, and what Tekton gets.

use crate::cli::{Common, Format};
use crate::commands::{Ended, output};
use crate::error::{Error, Errors, Kind, Result};
use crate::printer::Printer;
use crate::release::report::Report;
use crate::render;

/// Whether the tags are for a pipeline to write.
pub(super) fn for_tekton(common: &Common) -> bool {
    output::formats_of(common).any(|format| format == Format::Tekton)
}

/// Refuses what cannot be told of so many images.
pub(super) fn expected(common: &Common, images: usize) -> Result<()> {
    match for_tekton(common) && images != 1 {
        true => Err(Error::new(
            Kind::Usage,
            format!("the format tekton is for one image, and this release has {images}"),
        )
        .hint("name one: --image NAME; a task of the pipeline for each")),
        false => Ok(()),
    }
}

/// Writes the report in every format that was asked for. Tekton gets nothing where anything failed, so that a pipeline
/// which goes on all the same has no tags to set.
pub(super) fn write(common: &Common, report: &Report, mut errors: Errors, printer: &Printer) -> Ended {
    let failed = !errors.0.is_empty();
    let (folders, files): (Vec<_>, Vec<_>) =
        common.outputs.iter().cloned().partition(|output| output.format == Format::Tekton);
    for folder in folders.iter().filter(|_| !failed) {
        let written = render::tekton::results(report)
            .and_then(|results| output::fill(&output::path(common, folder), &results));
        errors.extend(written.err());
    }
    let hidden = failed && common.format == Format::Tekton;
    let common = &Common { outputs: files, ..common.clone() };
    let written = output::write_each_but(common, printer, hidden, |format, colour| match format {
        Format::Json => render::json::value(report),
        Format::Markdown => Ok(render::release::markdown(report).into_bytes()),
        Format::Tekton => render::tekton::parameters(report),
        _ => Ok(render::release::text(report, colour).into_bytes()),
    });
    errors.extend(written.0);
    Ended::with(errors)
}
