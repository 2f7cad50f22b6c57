//! Long text for a person: through a pager, as git does.
//!
//! The pager is that of the environment (`IMGPLAN_PAGER`, `GIT_PAGER`, `PAGER`), else `less`; never one that a repository's
//! configuration names. It is only for a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

use crate::commands::environment::Environment;

/// Shows the text in a pager; false where it has to be printed, because there is no terminal or no pager.
pub(super) fn show(text: &[u8], environment: &Environment) -> bool {
    let dumb = environment.get("TERM").is_none_or(|term| term == "dumb");
    if dumb || !std::io::stdout().is_terminal() {
        return false;
    }
    let named = ["IMGPLAN_PAGER", "GIT_PAGER", "PAGER"].into_iter().find_map(|name| environment.get(name));
    let pager = named.unwrap_or("less");
    if matches!(pager, "cat" | "") {
        return false;
    }
    // What git gives less: end where all fits, keep colours, leave the text on the screen.
    let mut command = Command::new("sh");
    command.args(["-c", pager]).stdin(Stdio::piped());
    if environment.get("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    if environment.get("LESSCHARSET").is_none() {
        command.env("LESSCHARSET", "utf-8");
    }
    let Ok(mut child) = command.spawn() else { return false };
    if let Some(mut input) = child.stdin.take() {
        // Whoever leaves the pager early has seen enough.
        let _ = input.write_all(text);
    }
    // A pager that is not there: the shell says so with 127, and the text is printed.
    child.wait().is_ok_and(|status| status.code() != Some(127))
}
