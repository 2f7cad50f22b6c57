//! Whether a build command reads what it is told, as far as its text shows.
//!
//! A command that leaves the target out builds another image, which would be found under the content tag ever after.
//! Only a warning: a script that it calls may read the variable.

use crate::build::Build;
use crate::text::list;

/// What a build says in variables that the command does not name. A command that names none of imgplan's variables
/// calls something that reads them all (it has to push `IMGPLAN_TAGS`), so of that nothing can be told.
pub(super) fn unread(command: &str, build: &Build) -> Option<String> {
    if !command.contains("IMGPLAN_") {
        return None;
    }
    let told = [
        ("a target", build.target.is_some(), "IMGPLAN_TARGET"),
        ("build arguments", !build.args.is_empty(), "IMGPLAN_BUILD_ARGS"),
        ("named contexts", !build.contexts.is_empty(), "IMGPLAN_CONTEXTS"),
        ("platforms", !build.platforms.is_empty(), "IMGPLAN_PLATFORMS"),
    ];
    let unread = told.iter().filter(|(_, given, variable)| *given && !names(command, variable));
    let (what, variables): (Vec<&str>, Vec<&str>) =
        unread.map(|(what, _, variable)| (*what, *variable)).unzip();
    if what.is_empty() {
        return None;
    }
    Some(format!(
        "the image {} has {}, and the build command does not name {}: unless something that it calls reads that, \
         another image is built and found under the same content tag",
        build.name,
        list(&what),
        list(&variables)
    ))
}

/// Whether the variable stands there: `IMGPLAN_CONTEXTS` does not name `IMGPLAN_CONTEXT`, nor the other way round.
fn names(command: &str, variable: &str) -> bool {
    command.match_indices(variable).any(|(start, _)| {
        let next = command[start + variable.len()..].chars().next();
        !next.is_some_and(|next| next.is_ascii_alphanumeric() || next == '_')
    })
}
