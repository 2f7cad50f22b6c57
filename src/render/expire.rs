//! What `imgplan expire` says, for people.

use std::fmt::Write as _;

use super::markdown::{code, words};
use crate::retention::{Action, Entry, Report};
use crate::text::sanitise;

/// Lines for each repository, and a last one that counts. With `all`, also the tags that are not over yet.
pub fn text(report: &Report, all: bool) -> String {
    let mut out = String::new();
    for repository in &report.repositories {
        let _ = writeln!(out, "{}", sanitise(&repository.repository));
        let shown = || repository.tags.iter().filter(|entry| all || entry.action != Action::NotYet);
        let widest = shown().map(|entry| entry.tag.as_str().len()).max().unwrap_or_default();
        for entry in shown() {
            let age = entry.age_days.map_or_else(|| "age unknown".to_owned(), days);
            let (tag, action) = (&entry.tag.as_str(), entry.action.as_str());
            let _ = writeln!(out, "  {action:<7}  {tag:<widest$}  {age:>11}  {}", sanitise(&entry.reason));
            if let Some(shared) = shared(entry) {
                let _ = writeln!(out, "  {:<7}  {:<widest$}  {:>11}  {shared}", "", "", "");
            }
        }
        for note in &repository.notes {
            let _ = writeln!(out, "  note: {}", sanitise(note));
        }
    }
    let _ = writeln!(out, "{}", count(report));
    out
}

/// A table of every tag, and the same last line.
pub fn markdown(report: &Report) -> String {
    let mut out =
        String::from("| repository | tag | action | age | why |\n| --- | --- | --- | --- | --- |\n");
    for repository in &report.repositories {
        for entry in &repository.tags {
            let age = entry.age_days.map_or_else(|| "not known".to_owned(), days);
            let why = match shared(entry) {
                Some(shared) => format!("{}; {shared}", entry.reason),
                None => entry.reason.clone(),
            };
            let (name, tag) = (code(&repository.repository), code(entry.tag.as_str()));
            let _ = writeln!(out, "| {name} | {tag} | {} | {age} | {} |", entry.action.as_str(), words(&why));
        }
    }
    for (repository, note) in
        report.repositories.iter().flat_map(|one| one.notes.iter().map(move |note| (one, note)))
    {
        let _ = write!(out, "\n{}: {}\n", code(&repository.repository), words(note));
    }
    let _ = write!(out, "\n{}\n", words(&count(report)));
    out
}

fn days(days: i64) -> String {
    match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

fn shared(entry: &Entry) -> Option<String> {
    const SHOWN: usize = 5;
    let (first, rest) = entry.shared_with.split_at(entry.shared_with.len().min(SHOWN));
    let names: Vec<&str> = first.iter().map(crate::reference::Tag::as_str).collect();
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    let digest: String = entry.digest.chars().take(19).collect();
    let shown = !names.is_empty() && matches!(entry.action, Action::Delete | Action::Deleted);
    shown.then(|| {
        let how = match entry.action {
            Action::Deleted => "which stays",
            _ => "so it goes only where the registry deletes a tag without its image",
        };
        format!("{digest}… is {}{more}, too, {how}", names.join(", "))
    })
}

fn count(report: &Report) -> String {
    let entries = || report.repositories.iter().flat_map(|repository| &repository.tags);
    let of = |action: Action| entries().filter(|entry| entry.action == action).count();
    let tags = |count: usize| if count == 1 { "1 tag".to_owned() } else { format!("{count} tags") };
    let rest = format!("{} kept, {} not over yet", of(Action::Keep), of(Action::NotYet));
    match (report.dry_run, of(Action::Delete)) {
        (true, 0) => format!("nothing to delete: {rest}"),
        (true, over) => format!("{} to delete, {rest}; --delete deletes them", tags(over)),
        (false, _) => {
            format!("{} deleted, {} left, {rest}", tags(of(Action::Deleted)), of(Action::Left))
        }
    }
}
