//! Annotations: what GitHub shows at lines of files, on the run's page and in a pull request.
//!
//! A step has ten of each kind, and drops the rest in silence, so the tenth says how many there are.

use std::collections::BTreeMap;

use crate::error::{Error, Errors, Place};
use crate::plan::{Plan, Warning};
use crate::render::github::Command;
use crate::text::sanitise;

/// How many of a kind a step has.
const OF_A_KIND: usize = 10;

/// What is to be known about lines of files. The rest stands in the log and the summary: as annotations of every run it
/// would only teach people to look away.
pub fn of_plan(plan: &Plan) -> Vec<Command> {
    // Images that share a Dockerfile say the same of its lines.
    let mut said: Vec<(&Warning, Vec<&str>)> = Vec::new();
    for image in &plan.images {
        for warning in image.warnings.iter().filter(|warning| warning.place.is_some()) {
            match said.iter_mut().find(|(other, _)| *other == warning) {
                Some((_, names)) => names.push(&image.name),
                None => said.push((warning, vec![&image.name])),
            }
        }
    }
    let all = said.into_iter().map(|(warning, names)| {
        annotation("warning", &names.join(", "), warning.place.as_ref(), &sanitise(&warning.text))
    });
    limited(all.collect())
}

/// Everything that failed.
pub fn of_errors(errors: &Errors) -> Vec<Command> {
    limited(errors.0.iter().map(of_error).collect())
}

fn of_error(error: &Error) -> Command {
    let mut text = sanitise(error.message()).into_owned();
    if let Some(key) = error.place().and_then(|place| place.key.as_deref()) {
        text = format!("{}: {text}", sanitise(key));
    }
    let mut source = std::error::Error::source(error);
    for _ in 0..8 {
        let Some(cause) = source else { break };
        text.push_str(&format!("\n{}", sanitise(&cause.to_string())));
        source = cause.source();
    }
    for hint in error.hints() {
        text.push_str(&format!("\nhint: {}", sanitise(hint)));
    }
    annotation("error", "imgplan", error.place(), &text)
}

fn annotation(kind: &'static str, title: &str, place: Option<&Place>, text: &str) -> Command {
    let file = place.map(|place| file(&place.file));
    let line = place.and_then(|place| place.line);
    let column = place.and_then(|place| place.column).filter(|_| line.is_some());
    let title = if title == "imgplan" { title.to_owned() } else { format!("imgplan: {title}") };
    Command::new(kind, text)
        .with("file", file.map(sanitise))
        .with("line", line)
        .with("col", column)
        .with("title", Some(sanitise(&title)))
}

/// The path of a place, which may name a commit behind it: `imgplan.toml at abc1234`.
fn file(shown: &str) -> &str {
    let commit =
        |at: &str| at == "HEAD" || (at.len() >= 7 && at.bytes().all(|byte| byte.is_ascii_hexdigit()));
    match shown.rsplit_once(" at ") {
        Some((path, at)) if commit(at) => path,
        _ => shown,
    }
}

/// The first of each kind, the last of which counts the others.
fn limited(commands: Vec<Command>) -> Vec<Command> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for command in &commands {
        *counts.entry(command.name()).or_default() += 1;
    }
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    let mut out = Vec::new();
    for command in commands {
        let shown = shown.entry(command.name()).or_default();
        *shown += 1;
        let total = counts.get(command.name()).copied().unwrap_or_default();
        match *shown {
            OF_A_KIND if total > OF_A_KIND => {
                let more = total - OF_A_KIND;
                out.push(command.and(&format!("\nand {more} more like this: the log has them all")));
            }
            1..=OF_A_KIND => out.push(command),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_shown_at_its_line() {
        let place = Place::line("docker/app,1 at abc1234", 3).column(7).key("images.app");
        let error = Error::invalid("no such stage\n::add-mask::x").at(place).hint("name one");
        let lines: Vec<String> = of_errors(&error.into()).iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                r"::error file=docker/app%2C1,line=3,col=7,title=imgplan::images.app: no such stage\n::add-mask::x%0Ahint: name one"
            ]
        );
    }

    #[test]
    fn the_tenth_counts_the_rest() {
        let errors = Errors((0..13).map(|index| Error::invalid(format!("wrong {index}"))).collect());
        let lines: Vec<String> = of_errors(&errors).iter().map(ToString::to_string).collect();
        assert_eq!(lines.len(), 10);
        assert_eq!(lines[9], "::error title=imgplan::wrong 9%0Aand 3 more like this: the log has them all");
        let ten = Errors((0..10).map(|index| Error::invalid(format!("wrong {index}"))).collect());
        assert!(of_errors(&ten)[9].to_string().ends_with("wrong 9"));
    }

    #[test]
    fn a_path_is_that_of_the_repository() {
        assert_eq!(file("imgplan.toml at abc1234"), "imgplan.toml");
        assert_eq!(file("look at me/Dockerfile"), "look at me/Dockerfile");
        assert_eq!(file("imgplan.toml at HEAD"), "imgplan.toml");
    }
}
