//! The events of a YAML text with the bytes that they stand at, also of what is no YAML 1.2 and yet everywhere.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScanError, Span, Tag};

/// Lines that are indented at the most: each costs its spaces.
const LINES: usize = 10_000;

/// Events and places.
pub(super) struct Events<'t> {
    /// Each with its place in characters.
    pub(super) events: Vec<(Event<'t>, Span)>,
    /// The byte of the text at which each of those characters begins, and its end.
    pub(super) bytes: Vec<usize>,
}

/// Parses a text. `deep`: more spaces than any indent that counts.
pub(super) fn parse(text: &str, deep: usize) -> Result<Events<'_>, ScanError> {
    match events(text) {
        Ok(events) => {
            let bytes = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            Ok(Events { events, bytes })
        }
        // Where that does not help either, the first error is the one that people understand.
        Err(error) => match indented(text, deep) {
            Some(Ok(events)) => Ok(events),
            _ => Err(error),
        },
    }
}

fn events(text: &str) -> Result<Vec<(Event<'_>, Span)>, ScanError> {
    Parser::new_from_str(text).collect()
}

/// A bracket that closes at the beginning of a line no deeper than its key: libyaml and Go's parser take it, the
/// specification does not. Read with such lines indented; places are still those of the text. `None` where there are too
/// many of them.
fn indented<'t>(text: &str, deep: usize) -> Option<Result<Events<'t>, ScanError>> {
    let mut copy = String::with_capacity(text.len());
    let mut bytes = Vec::with_capacity(text.len());
    let mut blank = true;
    let mut left = LINES;
    for (at, c) in text.char_indices() {
        if blank && matches!(c, ']' | '}') {
            left = left.checked_sub(1)?;
            copy.extend(std::iter::repeat_n(' ', deep));
            bytes.extend(std::iter::repeat_n(at, deep));
        }
        blank = c == '\n' || blank && matches!(c, ' ' | '\t');
        copy.push(c);
        bytes.push(at);
    }
    bytes.push(text.len());
    Some(events(&copy).map(|events| Events {
        events: events.into_iter().map(|(event, span)| (owned(event), span)).collect(),
        bytes,
    }))
}

fn owned<'t>(event: Event<'_>) -> Event<'t> {
    let tag = |tag: Option<Cow<'_, Tag>>| tag.map(|tag| Cow::Owned(tag.into_owned()));
    match event {
        Event::Scalar(text, style, anchor, of) => {
            Event::Scalar(Cow::Owned(text.into_owned()), style, anchor, tag(of))
        }
        Event::SequenceStart(anchor, of) => Event::SequenceStart(anchor, tag(of)),
        Event::MappingStart(anchor, of) => Event::MappingStart(anchor, tag(of)),
        Event::Alias(anchor) => Event::Alias(anchor),
        Event::DocumentStart(explicit) => Event::DocumentStart(explicit),
        Event::DocumentEnd => Event::DocumentEnd,
        Event::SequenceEnd => Event::SequenceEnd,
        Event::MappingEnd => Event::MappingEnd,
        Event::StreamStart => Event::StreamStart,
        Event::StreamEnd => Event::StreamEnd,
        Event::Nothing => Event::Nothing,
    }
}
