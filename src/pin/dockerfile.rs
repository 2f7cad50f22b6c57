//! `FROM` of a Dockerfile.

use super::{Field, Fields, Left, Lines, Reading, Site, Style, split};
use crate::dockerfile::froms;
use crate::error::{Error, Errors, Place};

/// The references of a file.
pub(super) fn read(file: &str, text: &str) -> Result<Reading, Errors> {
    let found = froms(text);
    let mut errors = Errors::default();
    for (line, column, message) in found.faults {
        errors.push(Error::invalid(message).at(Place::line(file, line).column(column)));
    }
    let lines = Lines::of(text);
    let mut reading = Reading::default();
    for from in found.froms {
        let start = from.range.as_ref().map(|range| range.start);
        let (line, column) = start.map_or((from.line, 1), |start| lines.place(text, start));
        if from.image.contains('$') {
            let reason = format!("FROM {} is made of arguments", from.image);
            reading.left.push(Left { line, column, reason });
            continue;
        }
        let Some((repository, name, tag, digest)) = split(&from.image) else { continue };
        let style = match &from.range {
            Some(_) => Style::Bare,
            None => Style::Fixed("it does not stand on the line of its FROM"),
        };
        let range = from.range.unwrap_or_default();
        let field = Field { range, value: from.image, style, event: from.instruction };
        let (key, fields) = ("FROM".to_owned(), Fields::Whole(field));
        reading.sites.push(Site { line, column, key, repository, name, tag, digest, fields });
    }
    errors.or(reading)
}
