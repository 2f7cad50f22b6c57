//! A release for a person: as text, and as Markdown for an issue, a job's summary or the notes of a release.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::release::report::{Action, Changes, Entry, Line, Report};
use crate::render::markdown::{code, words};
use crate::text::sanitise;

/// As text.
pub fn text(report: &Report, colour: bool) -> String {
    let mut out = String::new();
    let _ =
        writeln!(out, "{}, commit {}: {}", sanitise(&report.git_tag), short(&report.commit), summary(report));
    for entry in &report.releases {
        let at = at(entry, str::to_owned);
        let _ = writeln!(out, "{} {}: {}", sanitise(&entry.image), sanitise(&entry.version), sanitise(&at));
        let width = entry.tags.iter().map(|line| line.tag.as_str().len()).max().unwrap_or(0);
        for line in &entry.tags {
            let style = if colour { style(line.action) } else { Style::new() };
            let verb = verb(line.action, report.written);
            let _ = writeln!(
                out,
                "    {:width$}  {style}{verb:7}{style:#}  {}",
                line.tag.as_str(),
                sanitise(&line.reason)
            );
        }
        for note in &entry.notes {
            let _ = writeln!(out, "    note: {}", sanitise(note));
        }
        if let Some(changes) = &entry.changes {
            text_changes(&mut out, changes);
        }
    }
    out
}

/// The image, or why there is none.
fn at(entry: &Entry, shown: impl Fn(&str) -> String) -> String {
    match (entry.reference.as_deref().map(shown), &entry.unknown) {
        (Some(reference), None) => reference,
        (Some(reference), Some(_)) => {
            format!("{reference}, its tags not known: the registry could not answer")
        }
        (None, Some(_)) => "not known: the registry could not answer".to_owned(),
        (None, None) => "no image".to_owned(),
    }
}

fn text_changes(out: &mut String, changes: &Changes) {
    if let Some(heading) = heading(changes) {
        let _ = writeln!(out, "  {}", sanitise(&heading));
    }
    for change in &changes.commits {
        let (subject, cause) = (sanitise(&change.subject), sanitise(&change.cause));
        let _ = writeln!(out, "    {} {subject} ({cause})", short(&change.commit));
    }
    if let Some(note) = &changes.note {
        let _ = writeln!(out, "    note: {}", sanitise(note));
    }
}

/// As Markdown.
pub fn markdown(report: &Report) -> String {
    let mut out = format!(
        "### imgplan: release {}, commit {}: {}\n",
        code(&report.git_tag),
        code(short(&report.commit)),
        summary(report)
    );
    for entry in &report.releases {
        let at = at(entry, code);
        let _ = writeln!(out, "\n**{} {}**: {at}\n", words(&entry.image), words(&entry.version));
        if !entry.tags.is_empty() {
            out.push_str("| tag | | why |\n|---|---|---|\n");
        }
        for Line { tag, action, reason, .. } in &entry.tags {
            let verb = verb(*action, report.written);
            let _ = writeln!(out, "| {} | {verb} | {} |", code(tag.as_str()), words(reason));
        }
        if !entry.notes.is_empty() {
            out.push('\n');
        }
        for note in &entry.notes {
            let _ = writeln!(out, "- {}", words(note));
        }
        if let Some(changes) = &entry.changes {
            markdown_changes(&mut out, changes);
        }
    }
    out
}

fn markdown_changes(out: &mut String, changes: &Changes) {
    if let Some(heading) = heading(changes) {
        let _ = writeln!(out, "\n{}:\n", words(&heading));
    }
    for change in &changes.commits {
        let (commit, subject, cause) =
            (code(short(&change.commit)), words(&change.subject), words(&change.cause));
        let _ = writeln!(out, "- {commit} {subject} ({cause})");
    }
    if let Some(note) = &changes.note {
        let _ = writeln!(out, "- {}", words(note));
    }
}

fn heading(changes: &Changes) -> Option<String> {
    let since = changes.since.as_ref()?;
    Some(match changes.commits.len() {
        0 => format!("since {since} no commit changed its inputs"),
        1 => format!("since {since} 1 commit changed its inputs"),
        count => format!("since {since} {count} commits changed its inputs"),
    })
}

/// What is done in one line.
fn summary(report: &Report) -> String {
    let lines = || report.releases.iter().flat_map(|entry: &Entry| &entry.tags);
    let count = |wanted: &dyn Fn(Action) -> bool| lines().filter(|line| wanted(line.action)).count();
    let tags = |count: usize| if count == 1 { "1 tag".to_owned() } else { format!("{count} tags") };
    let mut parts = Vec::new();
    match (count(&Action::writes), report.written) {
        (0, _) => {}
        (some, true) => parts.push(format!("{} put", tags(some))),
        (some, false) => parts.push(format!("{} to put", tags(some))),
    }
    for (action, what) in [
        (Action::Present, "there already"),
        (Action::Left, "left"),
        (Action::Refused, "refused"),
        (Action::Failed, "failed"),
    ] {
        let some = count(&|other| other == action);
        if some > 0 {
            parts.push(format!("{some} {what}"));
        }
    }
    if parts.is_empty() { "no tag".to_owned() } else { parts.join(", ") }
}

fn verb(action: Action, written: bool) -> &'static str {
    match (action, written) {
        (Action::Put, false) => "to put",
        (Action::Move, false) => "to move",
        (Action::Move, true) => "moved",
        (action, _) => action.as_str(),
    }
}

fn style(action: Action) -> Style {
    match action {
        Action::Put | Action::Move => AnsiColor::Green.on_default(),
        Action::Present | Action::Left => Style::new().dimmed(),
        Action::Refused | Action::Failed => AnsiColor::Red.on_default(),
    }
}

fn short(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}
