//! Where a plan goes: stdout, and each `--output` to its path besides.

use std::io::ErrorKind;
use std::path::Path;

use crate::cli::{Common, Format};
use crate::error::{Error, Errors, Kind, Result};
use crate::plan::Plan;
use crate::printer::Printer;
use crate::render;

/// Writes a plan in every format that was asked for. One that cannot be written does not stop the others: the plan is
/// printed all the same.
pub(super) fn write(common: &Common, plan: &Plan, printer: &Printer) -> Errors {
    write_each(common, printer, |format, colour| render(format, plan, common.verbose, colour))
}

/// The same for anything that can be written in each format; `bytes` takes the format and whether it may have colour.
pub(super) fn write_each(
    common: &Common,
    printer: &Printer,
    bytes: impl Fn(Format, bool) -> Result<Vec<u8>>,
) -> Errors {
    write_each_but(common, printer, false, bytes)
}

/// The same; with `shown`, stdout has it already.
pub(super) fn write_each_but(
    common: &Common,
    printer: &Printer,
    shown: bool,
    bytes: impl Fn(Format, bool) -> Result<Vec<u8>>,
) -> Errors {
    let mut errors = Errors::default();
    for output in &common.outputs {
        let directory = common.directory.as_deref().unwrap_or(Path::new(""));
        let path = directory.join(&output.path);
        errors.extend(bytes(output.format, false).and_then(|bytes| replace(&path, &bytes)).err());
    }
    if !shown {
        let printed = bytes(common.format, printer.colours_data()).and_then(|bytes| printer.out(&bytes));
        errors.extend(printed.err());
    }
    errors
}

/// Refuses formats that a command does not have, before it does anything.
pub(super) fn supported(common: &Common, formats: &[Format]) -> Result<()> {
    let all = common.outputs.iter().map(|output| output.format).chain([common.format]);
    match all.into_iter().find(|format| !formats.contains(format)) {
        Some(format) => Err(unsupported(format)),
        None => Ok(()),
    }
}

fn unsupported(format: Format) -> Error {
    let name = clap::ValueEnum::to_possible_value(&format);
    let name = name.map(|value| value.get_name().to_owned()).unwrap_or_default();
    Error::new(Kind::Usage, format!("this command has no format {name}"))
        .hint("text and json are there for every command")
}

fn render(format: Format, plan: &Plan, details: bool, colour: bool) -> Result<Vec<u8>> {
    match format {
        Format::Text => Ok(render::text::plan(plan, render::text::Look { details, colour }).into_bytes()),
        Format::Json => render::json::value(plan),
        Format::Markdown | Format::Svg => Err(unsupported(format)),
    }
}

/// Replaces a file as a whole, so that nobody reads half a plan.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write as _;
    let wrong = |error: std::io::Error| {
        let hint = match error.kind() {
            ErrorKind::NotFound => "its folder is not there: make it first",
            ErrorKind::PermissionDenied => "may this user write there?",
            ErrorKind::IsADirectory => "it is a folder: name a file in it",
            _ => "--output needs a place that can be written",
        };
        // The text may name the temporary file that is made first, which means nothing to anybody.
        let error = if error.get_ref().is_some() { error.kind().into() } else { error };
        Error::unavailable(format!("{} cannot be written", path.display())).caused_by(error).hint(hint)
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
pub(super) fn readable(file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
pub(super) fn readable(_: &tempfile::NamedTempFile) -> std::io::Result<()> {
    Ok(())
}
