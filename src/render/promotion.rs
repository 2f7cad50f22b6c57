//! `imgplan promote`: a line for each entry and the count of them all, as text or as a table for an issue.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use crate::promotion::Report;
use crate::promotion::report::{Action, Row};
use crate::render::markdown::{code, words};
use crate::text::sanitise;

/// Lines for a person; the last one counts.
pub fn text(report: &Report, colour: bool) -> String {
    let targets: Vec<String> = report.entries.iter().map(target).collect();
    let width = targets.iter().map(|target| target.width()).max().unwrap_or(0);
    let words = report.entries.iter().map(|row| row.action.as_str().len()).max().unwrap_or(0);
    let mut out = String::new();
    for (row, target) in report.entries.iter().zip(&targets) {
        let style = if colour { style(row.action) } else { Style::new() };
        let blanks = " ".repeat(width.saturating_sub(target.width()));
        let _ = writeln!(
            out,
            "{style}{:<words$}{style:#}  {target}{blanks}  {}",
            row.action.as_str(),
            sanitise(&row.reason)
        );
    }
    let _ = writeln!(out, "{}", report.summary());
    out
}

/// A table, with the count above it.
pub fn markdown(report: &Report) -> String {
    let mut out = format!("{}\n\n| target | | why |\n|---|---|---|\n", report.summary());
    for row in &report.entries {
        let action = match row.action {
            Action::Finding | Action::Unknown => format!("**{}**", row.action.as_str()),
            action => action.as_str().to_owned(),
        };
        let _ = writeln!(out, "| {} | {action} | {} |", code(&target(row)), words(&row.reason));
    }
    out
}

fn target(row: &Row) -> String {
    sanitise(&row.repository.tagged(&row.tag)).into_owned()
}

fn style(action: Action) -> Style {
    let color = match action {
        Action::Retagged | Action::AlreadyThere => AnsiColor::Green,
        Action::Retag => AnsiColor::Cyan,
        Action::Move | Action::Moved | Action::NotVerifiable => AnsiColor::Yellow,
        Action::Finding | Action::Unknown => AnsiColor::Red,
    };
    Style::new().fg_color(Some(color.into())).bold()
}
