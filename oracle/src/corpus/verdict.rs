//! What imgplan makes of one Dockerfile, in one word and with the reason named.

use imgplan::dockerfile::{Reading, What};
use imgplan::error::Errors;

/// The judgement, from the best to the worst.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// No more counts than a build reads.
    Precise,
    /// All that it reads on any platform counts.
    Union(String),
    /// More counts than a build reads, as far as anyone can tell.
    Widened(String),
    /// An error, as BuildKit would give one.
    Refused(String),
    /// Another program makes Dockerfiles of it.
    Template,
}

impl Verdict {
    /// Of what `dockerfile::read` gave.
    pub(super) fn of(read: &Result<Reading, Errors>) -> Verdict {
        let reading = match read {
            Err(errors) => {
                return Verdict::Refused(
                    errors.0.first().map_or_else(String::new, |error| refused(error.message())),
                );
            }
            Ok(reading) => reading,
        };
        if let Some(why) = &reading.whole_file {
            return Verdict::Widened(doubt(why));
        }
        let unknown = reading.reads.iter().find_map(|read| match &read.what {
            What::Whole(why) => source(why),
            _ => None,
        });
        if let Some(why) = unknown {
            return Verdict::Widened(why.to_owned());
        }
        if reading.reads.iter().any(|read| matches!(&read.what, What::Copy(copy) if copy.widened)) {
            return Verdict::Union("a source with a platform's variable".to_owned());
        }
        if reading.warnings.iter().any(|warning| warning.message.starts_with("FROM ")) {
            return Verdict::Union("a `FROM` with a variable of the platform or the builder".to_owned());
        }
        Verdict::Precise
    }
}

/// A name for why the whole file is in doubt.
fn doubt(why: &str) -> String {
    let names = [
        ("is no instruction", "an unknown instruction"),
        ("is no flag", "an unknown flag"),
        ("not UTF-8", "bytes that are not UTF-8"),
        ("is another frontend", "another frontend than docker/dockerfile"),
        ("names no frontend", "a syntax that names no frontend"),
        ("by its digest alone", "a syntax that imgplan does not cover"),
        ("is not one that imgplan covers", "a syntax that imgplan does not cover"),
        ("SOURCE_DATE_EPOCH", "a SOURCE_DATE_EPOCH that is no number"),
    ];
    let found = names.iter().find(|(part, _)| why.contains(part));
    found.map_or_else(|| why.to_owned(), |(_, name)| (*name).to_owned())
}

/// A name for why a source is not known; none where the Dockerfile asks for the whole.
fn source(why: &str) -> Option<&'static str> {
    if why.contains("base image's environment") {
        Some("a source with a variable that only a base image could set")
    } else if why.contains("depends on the platform") {
        Some("a source with a platform's variable that is no single name (TARGETPLATFORM, TARGETVARIANT)")
    } else if why.contains("is not known") || why.contains("not understood") {
        Some("a source that is not known")
    } else {
        None
    }
}

/// An error without the names of this one Dockerfile: what is quoted, in parentheses or behind a colon.
fn refused(message: &str) -> String {
    let mut kind = String::new();
    let mut end = None;
    for c in message.chars() {
        let within_word = kind.ends_with(char::is_alphanumeric);
        match (end, c) {
            (Some(closing), c) if c == closing => end = None,
            (Some(_), _) => {}
            // An apostrophe and `HTTP(S)` begin nothing.
            (None, '"' | '`' | '\'' | '(') if !within_word => {
                end = Some(if c == '(' { ')' } else { c });
                kind.push('…');
            }
            (None, c) => kind.push(c),
        }
    }
    kind.split(": ").next().unwrap_or_default().to_owned()
}
