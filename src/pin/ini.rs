//! Files that Python's `configparser` reads: sections, `key = value` or `key: value`, whole lines of comments, and
//! indented lines that go on with the value before them. The same rules as in [`crate::renku`], with the places.

use std::collections::HashMap;
use std::ops::Range;

use super::{Field, Fields, Kind, Left, Lines, MARK, Reading, Site, Style, split};

/// One key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) section: String,
    /// In lower case, as `configparser` compares it.
    pub(super) key: String,
    /// On the key's own line.
    pub(super) value: String,
    /// The lines that go on with it.
    pub(super) more: Vec<String>,
    range: Range<usize>,
}

impl Entry {
    /// What it says, without where it stands.
    pub(super) fn said(&self) -> (&str, &str, &str, &[String]) {
        (&self.section, &self.key, &self.value, &self.more)
    }
}

/// All entries, in order.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    let mut section = String::new();
    // The indent of the key that an indented line goes on with.
    let mut under: Option<usize> = None;
    let mut at = 0;
    for whole in text.split_inclusive('\n') {
        let start = at;
        at += whole.len();
        let line = if start == 0 { whole.strip_prefix(MARK).unwrap_or(whole) } else { whole };
        let start = start + whole.len() - line.len();
        let stripped = line.trim();
        if stripped.is_empty() || stripped.starts_with(['#', ';']) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        if under.is_some_and(|under| indent > under) {
            all.iter_mut().last().into_iter().for_each(|entry| entry.more.push(stripped.to_owned()));
            continue;
        }
        under = None;
        if let Some(name) = stripped.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')) {
            name.0.clone_into(&mut section);
        } else if let Some((key, value)) = line.split_once(['=', ':']) {
            under = Some(indent);
            let from = start + key.len() + 1 + value.len() - value.trim_start().len();
            let value = value.trim();
            all.push(Entry {
                section: section.clone(),
                key: key.trim().to_ascii_lowercase(),
                value: value.to_owned(),
                more: Vec::new(),
                range: from..from + value.len(),
            });
        }
    }
    all
}

/// The references of a file.
pub(super) fn read(text: &str, kind: Kind) -> Reading {
    let entries = entries(text);
    let lines = Lines::of(text);
    let mut count: HashMap<(&str, &str), usize> = HashMap::new();
    entries.iter().for_each(|entry| *count.entry((&entry.section, &entry.key)).or_default() += 1);
    let is_renku = |entry: &Entry| {
        matches!(entry.section.as_str(), "interactive" | "renku \"interactive\"") && entry.key == "image"
    };
    let mut reading = Reading::default();
    for (index, entry) in entries.iter().enumerate() {
        if kind == Kind::Renku && !is_renku(entry) {
            continue;
        }
        let (line, column) = lines.place(text, entry.range.start);
        let key = format!("{}.{}", entry.section, entry.key);
        if entry.value.contains("%(") || entry.value.contains("${") {
            let reason = format!("{key}: {} is filled in by other keys", entry.value);
            reading.left.push(Left { line, column, reason });
            continue;
        }
        let Some((repository, name, tag, digest)) = split(&entry.value) else { continue };
        let twice = count.get(&(entry.section.as_str(), entry.key.as_str())).is_some_and(|count| *count > 1);
        let style = match (twice, entry.more.is_empty()) {
            (true, _) => Style::Fixed("the key stands twice in its section"),
            (_, false) => Style::Fixed("its value goes on in the next line"),
            _ => Style::Bare,
        };
        let field = Field { range: entry.range.clone(), value: entry.value.clone(), style, event: index };
        let fields = Fields::Whole(field);
        reading.sites.push(Site { line, column, key, repository, name, tag, digest, fields });
    }
    reading
}
