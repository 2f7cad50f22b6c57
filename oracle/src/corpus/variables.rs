//! The variables that a Dockerfile names, found without parsing it: to have them set from outside.

use std::collections::BTreeSet;

/// Names behind a `$` or `${`, and names that an `ARG` declares.
pub(super) fn named(dockerfile: &[u8]) -> impl Iterator<Item = String> {
    let text = String::from_utf8_lossy(dockerfile);
    let mut names = BTreeSet::new();
    for behind in text.split('$').skip(1) {
        names.insert(name(behind.strip_prefix('{').unwrap_or(behind)));
    }
    for line in text.lines() {
        let mut words = line.split_whitespace();
        if words.next().is_some_and(|word| word.eq_ignore_ascii_case("arg")) {
            names.extend(words.map(name));
        }
    }
    names.into_iter().filter(|name| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()))
}

/// Those that may be given as arguments without asking for another platform or another kind of build.
pub(super) fn settable(dockerfile: &[u8]) -> impl Iterator<Item = String> {
    let reserved = ["TARGET", "BUILD", "SOURCE_DATE_EPOCH"];
    named(dockerfile).filter(move |name| !reserved.iter().any(|prefix| name.starts_with(prefix)))
}

fn name(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}
