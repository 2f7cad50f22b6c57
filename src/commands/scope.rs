//! Which scope a run has: the flag of a command that takes one, else `IMGPLAN_SCOPE`.
//!
//! What a scope may be called is for `tags::scope`; where its images are kept, for `session`.

use crate::cli::{Cli, Command};
use crate::commands::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::tags;

const VARIABLE: &str = "IMGPLAN_SCOPE";

/// The scope of this run. Commands that read and write no tags have none.
pub(super) fn of(cli: &Cli) -> Result<Option<String>> {
    let flag = match &cli.command {
        Command::Plan(arguments) => &arguments.plan.scope,
        Command::Apply(arguments) => &arguments.plan.scope,
        Command::Resolve(arguments) => &arguments.scope,
        Command::Log(arguments) => &arguments.scope,
        _ => return Ok(None),
    };
    if flag.is_some() {
        return Ok(flag.clone());
    }
    let environment = Environment::read(cli.common.directory.as_deref())?;
    let Some(scope) = environment.get(VARIABLE) else { return Ok(None) };
    tags::scope::check(scope).map_err(|error| {
        let wrong = Error::new(Kind::Usage, format!("{VARIABLE} is no scope: {error}"));
        error.hints().iter().fold(wrong, |wrong, hint| wrong.hint(hint.clone()))
    })?;
    Ok(Some(scope.to_owned()))
}
