//! Where a key stands in a JSON or YAML file: its line, found by looking for the keys on the way to it one after the other.
//!
//! The parsers of these formats keep no places. Keys that are also words of a value could be found in their stead, so a
//! place may be some lines off where files are odd; what is read never depends on it.

use crate::config::table::join;
use crate::error::Place;

/// A file's name and text.
pub(super) struct Seek<'a> {
    /// The file.
    pub(super) file: &'a str,
    /// Its text.
    pub(super) text: &'a str,
}

impl Seek<'_> {
    /// The place of the last of these keys.
    pub(super) fn place(&self, keys: &[&str]) -> Place {
        let (mut at, mut from) = (0, 0);
        for key in keys {
            let Some((start, end)) = self.after(from, key) else { break };
            (at, from) = (start, end);
        }
        let line = self.text.get(..at).unwrap_or("").matches('\n').count() + 1;
        let key = keys.iter().fold(String::new(), |whole, key| join(&whole, key));
        Place::line(self.file, line).key(key)
    }

    /// Where a key begins and ends, from a byte on.
    fn after(&self, from: usize, key: &str) -> Option<(usize, usize)> {
        let rest = self.text.get(from..)?;
        let quoted = [format!("\"{key}\""), format!("'{key}'")];
        let found = |needle: &str| {
            rest.match_indices(needle).map(|(at, _)| at).find(|at| {
                let before = rest.get(..*at).and_then(|before| before.chars().next_back());
                let after = rest.get(at + needle.len()..).unwrap_or("").trim_start();
                let starts = before.is_none_or(|c| c.is_whitespace() || matches!(c, '{' | ',' | '-'));
                starts && after.starts_with([':', '='])
            })
        };
        let needles = quoted.iter().map(String::as_str).chain([key]);
        needles
            .filter_map(|needle| Some((found(needle)?, needle.len())))
            .min()
            .map(|(at, length)| (from + at, from + at + length))
    }
}
