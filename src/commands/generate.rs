//! `imgplan generate`: completions, man pages and the JSON Schema of the configuration, for packagers and editors.
//!
//! It needs no repository. Completions, the main page and the schema go to stdout; pages of all commands into a folder.

use std::io::ErrorKind;
use std::path::Path;

use clap::CommandFactory as _;
use clap_mangen::Man;

use crate::cli::{Cli, Common, Format, Generate, Generated};
use crate::commands::{Ended, output};
use crate::error::{Error, Errors, Kind, Result};
use crate::printer::Printer;
use crate::render;

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Generate, printer: &Printer) -> Result<Ended, Errors> {
    let formats = common.outputs.iter().map(|output| output.format).chain([common.format]);
    if formats.into_iter().any(|format| format != Format::Text) {
        let message = "what is generated has one form alone";
        return Err(Error::new(Kind::Usage, message)
            .hint("leave out --format; the schema is JSON as it is")
            .into());
    }
    let bytes = match &arguments.what {
        Generated::Completions { shell } => {
            let mut bytes = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "imgplan", &mut bytes);
            bytes
        }
        Generated::Man { dir: None } => page(&command())?,
        Generated::Man { dir: Some(dir) } => {
            let dir = common.directory.as_deref().unwrap_or(Path::new("")).join(dir);
            let count = pages(&dir)?;
            printer.note(&format!("{count} pages are in {}", dir.display()));
            return Ok(Ended::with(Errors::default()));
        }
        Generated::Schema => render::json::value(&render::schema::schema()?)?,
    };
    let errors = output::write_each(common, printer, |_, _| Ok(bytes.clone()));
    Ok(Ended::with(errors))
}

/// The command line with every option in its place, the common ones in each command, too.
fn command() -> clap::Command {
    let mut command = Cli::command();
    command.build();
    command
}

/// One page for each command that can be run, and the main one; how many.
fn pages(dir: &Path) -> Result<usize> {
    std::fs::create_dir_all(dir).map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::AlreadyExists | ErrorKind::NotADirectory => "a file stands there: name a folder",
            _ => "name a folder that can be made here",
        };
        Error::unavailable(format!("the folder {} cannot be made", dir.display())).caused_by(error).hint(hint)
    })?;
    let mut count = 0;
    let mut left = vec![command()];
    while let Some(command) = left.pop() {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        output::replace(&dir.join(format!("{name}.1")), &page(&command)?)?;
        count += 1;
        left.extend(command.get_subcommands().filter(|sub| sub.get_name() != "help").cloned());
    }
    Ok(count)
}

/// One page.
fn page(command: &clap::Command) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Man::new(command.clone())
        .source(concat!("imgplan ", env!("CARGO_PKG_VERSION")))
        .render(&mut bytes)
        .map_err(|error| Error::unavailable("the man page cannot be written").caused_by(error))?;
    Ok(bytes)
}
