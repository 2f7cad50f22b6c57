//! Where a plan goes: stdout, and each `--output` to its path besides.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::cli::{Common, Format, Output};
use crate::commands::environment::Environment;
use crate::commands::github;
use crate::error::{Error, Errors, Kind, Result};
use crate::plan::Plan;
use crate::printer::Printer;
use crate::render::{self, gitlab::Jobs};

/// The formats of a plan.
pub(super) const OF_PLANS: &[Format] = &[
    Format::Text,
    Format::Json,
    Format::Github,
    Format::Gitlab,
    Format::Dotenv,
    Format::Bake,
    Format::Files,
    Format::Markdown,
];

/// Writes a plan in every format that was asked for. One that cannot be written does not stop the others: the plan is
/// printed all the same.
pub(super) fn write(
    common: &Common,
    environment: &Environment,
    plan: &Plan,
    jobs: Option<&Jobs>,
    printer: &Printer,
) -> Errors {
    let bytes = |format, colour| match (format, jobs) {
        (Format::Gitlab, Some(jobs)) => render::gitlab::plan(plan, jobs),
        _ => render(format, plan, common.verbose, colour),
    };
    let mut errors = Errors::default();
    for output in &common.outputs {
        let path = path(common, output);
        let written = match output.format {
            Format::Files => render::files::plan(plan).and_then(|files| fill(&path, &files)),
            Format::Github => github::outputs(plan, &mut errors).and_then(|bytes| replace(&path, &bytes)),
            format => bytes(format, false).and_then(|bytes| replace(&path, &bytes)),
        };
        errors.extend(written.err());
    }
    errors.extend(print(common, printer, bytes).err());
    if common.format == Format::Github {
        errors.extend(github::write(environment, plan, printer).0);
    }
    errors
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
        let path = path(common, output);
        errors.extend(bytes(output.format, false).and_then(|bytes| replace(&path, &bytes)).err());
    }
    if !shown {
        errors.extend(print(common, printer, bytes).err());
    }
    errors
}

/// Where an output goes: like every path of the command line, seen from `-C DIR`.
pub(super) fn path(common: &Common, output: &Output) -> PathBuf {
    common.directory.as_deref().unwrap_or(Path::new("")).join(&output.path)
}

fn print(common: &Common, printer: &Printer, bytes: impl Fn(Format, bool) -> Result<Vec<u8>>) -> Result<()> {
    bytes(common.format, printer.colours_data()).and_then(|bytes| printer.out(&bytes))
}

/// Refuses formats that a command does not have, before it does anything.
pub(super) fn supported(common: &Common, formats: &[Format]) -> Result<()> {
    if let Some(format) = formats_of(common).find(|format| !formats.contains(format)) {
        return Err(unsupported(format));
    }
    if common.format == Format::Files {
        return Err(Error::new(Kind::Usage, "a folder of files cannot be printed")
            .hint("name the folder: --output files=DIR"));
    }
    Ok(())
}

/// Every format that was asked for.
pub(super) fn formats_of(common: &Common) -> impl Iterator<Item = Format> {
    common.outputs.iter().map(|output| output.format).chain([common.format])
}

fn unsupported(format: Format) -> Error {
    let name = clap::ValueEnum::to_possible_value(&format);
    let name = name.map(|value| value.get_name().to_owned()).unwrap_or_default();
    Error::new(Kind::Usage, format!("this command has no format {name}"))
        .hint("text and json are there for every command")
}

fn render(format: Format, plan: &Plan, details: bool, colour: bool) -> Result<Vec<u8>> {
    match format {
        // What GitHub gets goes to files of its own.
        Format::Text | Format::Github => {
            Ok(render::text::plan(plan, render::text::Look { details, colour }).into_bytes())
        }
        Format::Json => render::json::value(plan),
        Format::Dotenv => render::dotenv::plan(plan),
        Format::Bake => render::bake::plan(plan),
        Format::Markdown => Ok(render::summary::plan(plan, usize::MAX).into_bytes()),
        Format::Files | Format::Gitlab | Format::Svg | Format::Tekton => Err(unsupported(format)),
    }
}

/// Fills a folder, each file as a whole.
pub(super) fn fill(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
    for (name, bytes) in files {
        let path = folder.join(name);
        let within = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(within).map_err(|error| {
            Error::unavailable(format!("the folder {} cannot be made", within.display()))
                .caused_by(error)
                .hint("--output files=DIR needs a place that can be written")
        })?;
        replace(&path, bytes)?;
    }
    Ok(())
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
