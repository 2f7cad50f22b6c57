//! Outputs that would get into an image: bake builds what lies in the folder, so a file that this run wrote there is
//! copied like any other, and the image is another than the commit's.

use std::path::{Path, PathBuf};

use bstr::{BStr, ByteSlice as _};

use crate::cli::{Common, Format};
use crate::commands::output;
use crate::commands::session::Session;
use crate::decision::Action;
use crate::dockerfile::{Read, What};
use crate::plan::Plan;
use crate::printer::Printer;
use crate::project::{Assessed, Project};

/// Warns of every output that a build by bake would copy.
pub(super) fn warn(session: &Session, common: &Common, project: &Project, plan: &Plan, printer: &Printer) {
    // A warning alone: where the folder cannot be looked at, checking it out and building says so.
    let Some(root) = session.git.work_dir().and_then(|root| root.canonicalize().ok()) else { return };
    if !output::formats_of(common).any(|format| format == Format::Bake) {
        return;
    }
    for output in &common.outputs {
        let path = output::path(common, output);
        let Some(inside) = inside(&root, &path) else { continue };
        let built = plan.images.iter().filter(|image| image.action == Action::Build);
        let taken =
            built.filter_map(|image| project.get(&image.name)).find(|image| takes(image, inside.as_bstr()));
        if let Some(image) = taken {
            printer.warn(&format!(
                "{} lies in the context of {}, which copies it: bake builds what is in the folder. Write it elsewhere \
                 (`../`, $RUNNER_TEMP) or name it in {}",
                path.display(),
                image.defined.name,
                image.located.ignore_shown
            ));
        }
    }
}

/// The path from the repository's root, if it is below. Where its folder cannot be found, it cannot be written either.
fn inside(root: &Path, path: &Path) -> Option<Vec<u8>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let path: PathBuf = folder.canonicalize().ok()?.join(path.file_name()?);
    let below = path.strip_prefix(root).ok()?;
    Some(below.to_str()?.replace('\\', "/").into_bytes())
}

/// Whether a build of the image copies a file at this path.
fn takes(image: &Assessed, path: &BStr) -> bool {
    let context = &image.located.context;
    let below = match context.is_empty() {
        true => Some(path.as_bytes()),
        false => path.strip_prefix(context.as_bytes()).and_then(|rest| rest.strip_prefix(b"/")),
    };
    let Some(below) = below.map(BStr::new) else { return false };
    image.located.ignore.ignored_by(below).is_none()
        && image.reading.reads.iter().any(|read| reads(read, below))
}

/// A pattern is taken to match: a warning too many costs a look.
fn reads(read: &Read, path: &BStr) -> bool {
    let at = |source: &str| {
        let source = source.trim_start_matches("./").trim_matches('/');
        let below = || {
            path.strip_prefix(source.as_bytes()).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        source.is_empty() || source == "." || source.contains(['*', '?', '[']) || below()
    };
    read.context.is_none()
        && match &read.what {
            What::Copy(copy) => copy.sources.iter().any(|source| at(source)),
            What::Mount(source) => at(source),
            What::Whole(_) => true,
        }
}
