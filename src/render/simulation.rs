//! A simulation for people: at a terminal, and as Markdown.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::render::markdown::code;
use crate::simulation::{Cause, Image, Simulation};
use crate::text::sanitise;

/// How many columns the picture of a history has.
const COLUMNS: usize = 64;
/// With more images than these, those that are hardly ever built share a line.
const MANY: usize = 6;
/// Causes, and inputs of a cause, that are shown.
const CAUSES: usize = 8;
const INPUTS: usize = 4;

/// At a terminal.
pub fn text(simulation: &Simulation, colour: bool) -> String {
    let style = |style: Style| if colour { style } else { Style::new() };
    let bold = style(Style::new().bold());
    let dim = style(Style::new().fg_color(Some(AnsiColor::BrightBlack.into())));
    let good = style(Style::new().fg_color(Some(AnsiColor::Green.into())));
    let mut out = format!("{bold}{}{bold:#}\n", headline(simulation));
    let (seldom, often): (Vec<&Image>, Vec<&Image>) =
        simulation.images.iter().partition(|image| simulation.images.len() > MANY && image.builds <= 1);
    for image in often {
        let name = sanitise(&image.name);
        let _ = writeln!(out, "\n{bold}{name}{bold:#}  {}", figures(image));
        let _ = writeln!(out, "  {dim}oldest{dim:#} {} {dim}newest{dim:#}", picture(&image.timeline));
        for cause in image.causes.iter().take(CAUSES) {
            let _ = writeln!(out, "  {:>5}  {}{}", cause.builds, sanitise(&cause.why), inputs(cause));
        }
        if image.causes.len() > CAUSES {
            let _ = writeln!(
                out,
                "         and {} causes more (--format json has all)",
                image.causes.len() - CAUSES
            );
        }
        if let Some(advice) = &image.advice {
            let _ = writeln!(
                out,
                "  {good}{}{good:#}",
                sanitise(&format!(
                    "with {} in {}, {} would remain",
                    listed(&advice.ignore),
                    advice.file,
                    builds(advice.builds)
                ))
            );
        }
    }
    if !seldom.is_empty() {
        let names: Vec<&str> = seldom.iter().map(|image| image.name.as_str()).collect();
        let _ = writeln!(out, "\nbuilt once or never: {}", sanitise(&names.join(", ")));
    }
    out
}

/// For an issue, a pull request or a summary of a job.
pub fn markdown(simulation: &Simulation) -> String {
    let mut out = format!("### {}\n\n", headline(simulation));
    out.push_str("| image | commits | builds | most builds by | would remain |\n|---|---:|---:|---|---|\n");
    for image in &simulation.images {
        let cause = image
            .causes
            .first()
            .map_or_else(String::new, |cause| format!("{} ({})", code(&cause.why), cause.builds));
        let advice = image.advice.as_ref().map_or_else(String::new, |advice| {
            let lines: Vec<String> = advice.ignore.iter().map(|line| code(line)).collect();
            format!("{} with {} in {}", advice.builds, lines.join(", "), code(&advice.file))
        });
        let _ = writeln!(
            out,
            "| {} | {} | {} | {cause} | {advice} |",
            code(&image.name),
            image.commits,
            image.builds
        );
    }
    out
}

fn headline(simulation: &Simulation) -> String {
    let commits = count(simulation.commits, "commit", "commits");
    let Simulation { builds, builds_without, .. } = *simulation;
    let short = |id: &Option<String>| id.as_deref().and_then(|id| id.get(..7)).unwrap_or("").to_owned();
    let range = match simulation.commits {
        0 => String::new(),
        _ => format!(" ({}..{})", short(&simulation.from), short(&simulation.to)),
    };
    format!("{commits}{range}: {} instead of {builds_without}", self::builds(builds))
}

fn figures(image: &Image) -> String {
    let mut text = format!("{} in {}", builds(image.builds), count(image.commits, "commit", "commits"));
    if image.refused > 0 {
        let _ = write!(text, ", {} of them without a Dockerfile that a build takes", image.refused);
    }
    text
}

fn builds(builds: usize) -> String {
    count(builds, "build", "builds")
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn inputs(cause: &Cause) -> String {
    let mut shown: Vec<String> = cause
        .inputs
        .iter()
        .take(INPUTS)
        .map(|input| match cause.inputs.len() {
            1 => input.path.clone(),
            _ => format!("{} {}", input.path, input.builds),
        })
        .collect();
    match cause.inputs.len().checked_sub(INPUTS) {
        Some(more) if more > 0 => shown.push(format!("{more} more")),
        _ => {}
    }
    if shown.is_empty() { String::new() } else { sanitise(&format!("  ({})", shown.join(", "))).into_owned() }
}

fn listed(lines: &[String]) -> String {
    match lines.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Builds over time, a column for each commit or, in long histories, for a few.
fn picture(timeline: &[Option<bool>]) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let columns = timeline.len().min(COLUMNS);
    (0..columns)
        .map(|column| {
            let bin = &timeline[column * timeline.len() / columns..(column + 1) * timeline.len() / columns];
            let built = bin.iter().filter(|commit| **commit == Some(true)).count();
            match (bin.iter().all(Option::is_none), built) {
                (true, _) => ' ',
                (false, 0) => '·',
                (false, built) => {
                    LEVELS[(built * LEVELS.len()).div_ceil(bin.len()).clamp(1, LEVELS.len()) - 1]
                }
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_a_mark_for_every_column_with_a_build() {
        assert_eq!(picture(&[None, Some(true), Some(false)]), " █·");
        let mut long = vec![Some(false); 10 * COLUMNS];
        long[0] = Some(true);
        long[10 * COLUMNS - 1] = Some(true);
        let picture = picture(&long);
        assert_eq!(picture.chars().count(), COLUMNS);
        assert!(picture.starts_with("▁·") && picture.ends_with("·▁"), "{picture}");
    }
}
