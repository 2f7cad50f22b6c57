//! The text of one configuration file, and where its bytes stand for a reader: line and column.
//!
//! It must not know TOML or any key; it counts.

use crate::error::{Error, Errors, Place};

/// How far apart the remembered character counts are. A file may be one long line, and every key wants its
/// column, so counting from the line's start each time would be quadratic.
const BLOCK: usize = 1024;

/// A file's name and text with what is needed to find lines and columns quickly.
pub(crate) struct Source<'a> {
    file: &'a str,
    text: &'a str,
    /// Byte offsets at which lines start.
    lines: Vec<usize>,
    /// Characters before each block of [`BLOCK`] bytes.
    counts: Vec<usize>,
}

impl<'a> Source<'a> {
    /// Reads the text once.
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(newlines).collect();
        let mut counts = vec![0];
        let mut sum = 0;
        for block in text.as_bytes().chunks(BLOCK) {
            sum += characters(block);
            counts.push(sum);
        }
        Source { file, text, lines, counts }
    }

    /// The bytes of a span as text; empty where the span is none.
    pub(crate) fn slice(&self, span: std::ops::Range<usize>) -> &'a str {
        self.text.get(span).unwrap_or("")
    }

    /// Line and column of a byte offset; offsets past the end count as the end.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let offset = offset.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let mut column = self.before(offset).saturating_sub(self.before(start)) + 1;
        // A byte order mark is no column in any editor.
        if line == 1 && offset > 0 && self.text.starts_with('\u{feff}') {
            column -= 1;
        }
        Place::line(self.file, line).column(column)
    }

    /// Characters before a byte offset.
    fn before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let counted = self.counts.get(block).copied().unwrap_or(0);
        counted + characters(self.text.as_bytes().get(block * BLOCK..offset).unwrap_or(&[]))
    }
}

/// Characters that start in these bytes of UTF-8.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// The source with the problems found in it so far.
pub(super) struct Report<'a> {
    /// The file.
    pub(super) source: Source<'a>,
    errors: Errors,
}

impl<'a> Report<'a> {
    /// Nothing found yet.
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Report { source: Source::new(file, text), errors: Errors::default() }
    }

    /// Adds a problem.
    pub(super) fn push(&mut self, error: Error) {
        self.errors.push(error);
    }

    /// Adds a problem without a hint.
    pub(super) fn wrong(&mut self, place: &Place, message: impl Into<String>) {
        self.push(Error::invalid(message).at(place.clone()));
    }

    /// Adds a problem and says what to do.
    pub(super) fn wrong_but(&mut self, place: &Place, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Error::invalid(message).at(place.clone()).hint(hint));
    }

    /// The value of a check, or nothing and its problem added, at the given place.
    pub(super) fn checked<T>(&mut self, place: &Place, result: Result<T, Error>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.push(error.at(place.clone()));
                None
            }
        }
    }

    /// How many problems there are.
    pub(super) fn count(&self) -> usize {
        self.errors.0.len()
    }

    /// Forgets the problems found since there were so many.
    pub(super) fn forget_since(&mut self, count: usize) {
        self.errors.0.truncate(count);
    }

    /// Whether a problem is known at this place.
    pub(super) fn has_at(&self, place: &Place) -> bool {
        self.errors.0.iter().any(|error| error.place() == Some(place))
    }

    /// All problems in the file's order, those of other files behind them, each once: what a table hands on to many
    /// images is looked at for each of them.
    pub(super) fn into_errors(mut self) -> Errors {
        let file = self.source.file;
        self.errors.0.sort_by_key(|error| {
            error.place().map(|place| {
                let other = if place.file == file { String::new() } else { place.file.clone() };
                (other, place.line, place.column)
            })
        });
        self.errors.0.dedup_by(|a, b| a.place() == b.place() && a.message() == b.message());
        self.errors
    }
}

/// A text of the file for a message: in quotes, escaped, and cut where it is long.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or("")),
        None => format!("{text:?}"),
    }
}
