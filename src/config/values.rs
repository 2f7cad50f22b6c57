//! Single values of the configuration: globs, words of a fixed list, lengths of time, repositories, paths.
//!
//! Each reader reports what is wrong with a value at its place and gives nothing then, so that the file is
//! read on. It must not know which key a value belongs to.

use std::path::Path;
use std::time::Duration;

use crate::config::nearest::nearest;
use crate::config::paths;
use crate::config::pattern::Pattern;
use crate::config::source::{Report, shown};
use crate::config::table::{Text, list};
use crate::error::Error;
use crate::reference::Repository;
use crate::tags::{Fault, Template};

/// One of a fixed list of words.
pub(super) fn choice<T: Copy>(
    report: &mut Report<'_>,
    text: &Text,
    allowed: &[(&'static str, T)],
) -> Option<T> {
    if let Some((_, value)) = allowed.iter().find(|(word, _)| *word == text.value) {
        return Some(*value);
    }
    let words: Vec<&'static str> = allowed.iter().map(|(word, _)| *word).collect();
    let message = format!("{} is none of {}", shown(&text.value), list(&words));
    match nearest(&text.value, words.iter().copied()) {
        Some(meant) => report.wrong_but(&text.place, message, format!("did you mean `{meant}`?")),
        None => report.wrong(&text.place, message),
    }
    None
}

/// A list of globs.
pub(super) fn patterns(report: &mut Report<'_>, texts: &[Text]) -> Vec<Pattern> {
    let mut patterns = Vec::with_capacity(texts.len());
    for text in texts {
        match Pattern::new(&text.value) {
            Ok(pattern) => patterns.push(pattern),
            Err((message, offset)) => report.wrong(&text.inside(offset), message),
        }
    }
    patterns
}

/// A tag template.
pub(super) fn template(report: &mut Report<'_>, text: &Text) -> Option<Template> {
    checked(report, text, Template::parse(&text.value, text.place.clone()))
}

/// Patterns of tags: templates that may have a `*`.
pub(super) fn tag_patterns(report: &mut Report<'_>, texts: &[Text]) -> Vec<Template> {
    let pattern = |text: &Text| checked(report, text, Template::pattern(&text.value, text.place.clone()));
    texts.iter().filter_map(pattern).collect()
}

/// A pattern of tags: a template in which `*` is anything.
pub(super) fn pattern(report: &mut Report<'_>, text: &Text) -> Option<Template> {
    checked(report, text, Template::pattern(&text.value, text.place.clone()))
}

/// What a check made of a text; its fault is reported at the character.
fn checked<T>(report: &mut Report<'_>, text: &Text, result: Result<T, Fault>) -> Option<T> {
    result.map_err(|fault| report.wrong(&text.inside(fault.offset), fault.message)).ok()
}

/// A repository. One with credentials in it is refused without repeating them.
pub(super) fn repository(report: &mut Report<'_>, text: &Text, base: &Path) -> Option<Repository> {
    let value = text.value.as_str();
    let fault = if value.is_empty() {
        Some("an empty repository")
    } else if value.contains("://") {
        Some("a repository has no `…://`")
    } else if !value.starts_with("oci:") && value.contains('@') {
        Some("a repository has no `@`, neither a digest nor credentials")
    } else if value.chars().any(char::is_control) {
        Some("a repository has no control characters")
    } else {
        None
    };
    if let Some(fault) = fault {
        report.wrong_but(
            &text.place,
            fault,
            "write it as HOST/PATH, for example ghcr.io/acme/shop, or as oci:DIR",
        );
        return None;
    }
    report.checked(&text.place, Repository::parse(value, base))
}

/// A path from the repository's root, clean.
pub(super) fn path(report: &mut Report<'_>, text: &Text) -> Option<String> {
    match paths::clean(&text.value) {
        Ok(path) => Some(path),
        Err((message, offset)) => {
            let error = Error::invalid(message).at(text.inside(offset));
            let empty = text.value.is_empty();
            report.push(if empty { error.hint("write `.` for the repository's root") } else { error });
            None
        }
    }
}

/// A text that is not empty and has no control character.
pub(super) fn name(report: &mut Report<'_>, text: &Text) -> Option<String> {
    if text.value.is_empty() {
        report.wrong(&text.place, "an empty name");
        return None;
    }
    if text.value.chars().any(char::is_control) {
        report.wrong(&text.place, "a name with a control character");
        return None;
    }
    Some(text.value.clone())
}

/// A length of time: a number and `m`, `h`, `d` or `w`.
pub(super) fn duration(report: &mut Report<'_>, text: &Text) -> Option<Duration> {
    const DAY: u64 = 24 * 60 * 60;
    // More would only overflow calendars later.
    const LONGEST: u64 = 36_500 * DAY;
    let fault = |fault: &str| Error::invalid(format!("{} is {fault}", shown(&text.value)));
    let split = text.value.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.value.len());
    let (number, unit) = text.value.split_at(split);
    let unit = match unit {
        "m" => Some(60),
        "h" => Some(60 * 60),
        "d" => Some(DAY),
        "w" => Some(7 * DAY),
        _ => None,
    };
    let result = match unit.filter(|_| !number.is_empty()) {
        None => Err(fault("no length of time")),
        Some(unit) => match number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)) {
            Some(0) => Err(fault("no time at all")),
            Some(seconds) if seconds <= LONGEST => Ok(Duration::from_secs(seconds)),
            _ => Err(fault("longer than 100 years")),
        },
    };
    let hint = "write a positive number and a unit: `90m` (minutes), `12h`, `30d` or `2w`";
    report.checked(&text.place, result.map_err(|error| error.hint(hint)))
}
