//! The commands: each wires the edges (git, registries, builders, output) to the pure core, and decides nothing
//! itself. The only place that sees everything.

mod ages;
mod ancestors;
mod apply;
mod bases;
mod beside;
mod branch;
mod building;
mod carry;
mod check;
mod connect;
mod definitions;
mod earlier;
pub mod environment;
mod expire;
mod explain;
mod facts;
mod findings;
mod force;
mod generate;
mod github;
mod gitlab;
mod init;
mod inspect;
mod lists;
mod log;
mod logins;
mod output;
mod pager;
mod parents;
mod past;
mod pin;
mod plan;
mod planning;
mod promote;
mod publish;
mod range;
mod refresh;
mod release;
mod repository;
mod resolve;
mod retag;
mod reviewed;
mod rival;
mod rules;
mod scope;
mod session;
mod shaped;
mod simulate;
mod subject;
mod survey;
mod taken;
mod told;
mod trusted;

use std::future::Future;

use crate::cli::{Cli, Color, Command, Common, Format};
use crate::decision::Action;
use crate::error::{Error, Errors, Kind};
use crate::interrupt;
use crate::plan::Plan;
use crate::printer::{ColorChoice, Printer, Verbosity};

/// How many images are asked about at once.
const CONCURRENT: usize = 8;

/// Exit status where builds are needed and `--detailed-exitcode` asked for it.
const BUILDS_NEEDED: u8 = 10;

/// How a command that ran to its end ended.
pub struct Ended {
    /// Everything that failed, to be reported.
    pub errors: Errors,
    /// The exit status.
    pub status: u8,
}

impl Ended {
    /// The end of `plan` and `apply`: errors give the status, then conflicts and unknowns of the plan, then builds.
    fn of(plan: &Plan, errors: Errors, detailed: bool) -> Ended {
        let has = |action| plan.images.iter().any(|image| image.action == action);
        let kinds = [(Action::Unknown, Kind::Unavailable), (Action::Conflict, Kind::Conflict)];
        let worst = kinds.into_iter().filter(|(action, _)| has(*action)).map(|(_, kind)| kind);
        let status = match errors.kind().into_iter().chain(worst).reduce(Kind::max) {
            Some(kind) => kind.exit_code(),
            None if detailed && has(Action::Build) => BUILDS_NEEDED,
            None => 0,
        };
        Ended { errors, status }
    }

    /// The end of a command that has nothing more to say than its errors.
    fn with(errors: Errors) -> Ended {
        let status = errors.kind().map_or(0, Kind::exit_code);
        Ended { errors, status }
    }
}

/// Runs one command on the process's own streams; the exit status.
pub fn main(cli: &Cli) -> u8 {
    let color = match cli.common.color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    let verbosity = match (cli.common.quiet, cli.common.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, true) => Verbosity::Verbose,
        (false, false) => Verbosity::Normal,
    };
    run(cli, &Printer::stdio(color, verbosity).guarded(environment::in_github_actions()))
}

/// Runs what waits for registries and builders, until it ends or the user stops it. What comes before (reading git and
/// configuration) holds nothing that would have to be cleared away, so there a signal ends the program at once.
fn wait_for<T>(work: impl Future<Output = Result<T, Errors>>) -> Result<T, Errors> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        Error::unavailable("the program's own threads cannot be started").caused_by(error)
    })?;
    runtime.block_on(interrupt::or_interrupt(async { Ok(work.await) }))?
}

/// Runs one command and reports; the exit status.
pub fn run(cli: &Cli, printer: &Printer) -> u8 {
    let common = &cli.common;
    let formats: &[Format] = match &cli.command {
        Command::Simulate(_) => &[Format::Text, Format::Json, Format::Markdown, Format::Svg],
        Command::Plan(_) | Command::Apply(_) => output::OF_PLANS,
        Command::Promote(_) => promote::FORMATS,
        Command::Release(_) => release::FORMATS,
        Command::Expire(_) => &[Format::Text, Format::Json, Format::Markdown],
        _ => &[Format::Text, Format::Json],
    };
    if let Err(error) = output::supported(common, formats).and_then(|()| github::expected(common)) {
        printer.error(&error);
        return error.kind().exit_code();
    }
    let common = &match scope::of(cli) {
        Ok(scope) => Common { scope, ..common.clone() },
        Err(error) => {
            printer.error(&error);
            return error.kind().exit_code();
        }
    };
    let ended = match &cli.command {
        Command::Plan(arguments) => plan::run(common, arguments, printer),
        Command::Apply(arguments) => apply::run(common, arguments, printer),
        Command::Resolve(arguments) => resolve::run(common, arguments, printer),
        Command::Log(arguments) => log::run(common, arguments, printer),
        Command::Simulate(arguments) => simulate::run(common, arguments, printer),
        Command::Explain(arguments) => explain::run(common, arguments, printer),
        Command::Pin(arguments) => pin::run(common, arguments, printer),
        Command::Promote(arguments) => promote::run(common, arguments, printer),
        Command::Release(arguments) => release::run(common, arguments, printer),
        Command::Expire(arguments) => expire::run(common, arguments, printer),
        Command::Check(arguments) => check::run(common, arguments, printer),
        Command::Init(arguments) => init::run(common, arguments, printer),
        Command::Generate(arguments) => generate::run(common, arguments, printer),
    };
    let ended = ended.unwrap_or_else(Ended::with);
    printer.errors(&ended.errors);
    if common.format == Format::Github {
        github::annotate(&ended.errors, printer);
    }
    ended.status
}
