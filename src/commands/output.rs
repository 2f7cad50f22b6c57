//! Where a plan goes: stdout, and each `--output` to its path besides.

use std::path::Path;

use crate::cli::{Common, Format};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::printer::Printer;
use crate::render;

/// Writes a plan in every format that was asked for.
pub(super) fn write(common: &Common, plan: &Plan, printer: &Printer) -> Result<()> {
    for output in &common.outputs {
        let bytes = render(output.format, plan, common.verbose, false)?;
        let directory = common.directory.as_deref().unwrap_or(Path::new(""));
        replace(&directory.join(&output.path), &bytes)?;
    }
    printer.out(&render(common.format, plan, common.verbose, printer.colours_data())?)
}

fn render(format: Format, plan: &Plan, details: bool, colour: bool) -> Result<Vec<u8>> {
    match format {
        Format::Text => Ok(render::text::plan(plan, render::text::Look { details, colour }).into_bytes()),
        Format::Json => render::json::plan(plan),
    }
}

/// Replaces a file as a whole, so that nobody reads half a plan.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write as _;
    let wrong = |error: std::io::Error| {
        Error::unavailable(format!("{} cannot be written", path.display())).caused_by(error)
    };
    // A pipe or a device (--output json=/dev/stderr) is written to, not replaced.
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let mut file = std::fs::OpenOptions::new().write(true).open(path).map_err(wrong)?;
        return file.write_all(bytes).map_err(wrong);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new().prefix(".imgplan-").tempfile_in(folder).map_err(wrong)?;
    file.write_all(bytes).map_err(wrong)?;
    readable(&file).map_err(wrong)?;
    file.persist(path).map_err(|error| wrong(error.error))?;
    Ok(())
}

/// Temporary files are private; a plan is for the next job, which may be another user.
#[cfg(unix)]
fn readable(file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &tempfile::NamedTempFile) -> std::io::Result<()> {
    Ok(())
}
