//! What imgplan makes of a case, through the functions that a plan uses.

use std::collections::BTreeSet;

use imgplan::filepath;
use imgplan::ignore::Ignore;
use imgplan::inputs::context::View;
use imgplan::tree::Memory;

use super::Answer;
use super::cases::{Case, Kind};

/// imgplan's answer.
pub(super) fn answer(case: &Case) -> Answer {
    match case.kind {
        Kind::Match => {
            let name = case.names.first().map(Vec::as_slice).unwrap_or_default();
            let filepath = filepath::matches(&case.text, name).ok();
            // `path.Match` is the one that reads a pattern to its end.
            Answer::Match { filepath, path: filepath::check(&case.text).ok().and(filepath) }
        }
        Kind::Clean => Answer::Clean(filepath::clean(&case.text)),
        Kind::Ignore => match Ignore::parse(".dockerignore", &case.text) {
            Ok(ignore) => Answer::Seen(seen(case, &ignore)),
            Err(_) => Answer::Refused,
        },
    }
}

/// What a walk of the context takes, with the folders on the way.
fn seen(case: &Case, ignore: &Ignore) -> BTreeSet<Vec<u8>> {
    // The mark of an executable, so that a name's own last character is none.
    let files = case.names.iter().map(|name| ([name.as_slice(), b"*"].concat(), b""));
    let (objects, root) = Memory::new(files);
    let view = View { objects: &objects, root, ignore };
    let mut seen = BTreeSet::new();
    // A tree in memory is always there, and small.
    for (path, ..) in view.whole().unwrap_or_default().iter() {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(end, _)| end);
        seen.extend(ends.chain([path.len()]).filter_map(|end| path.get(..end).map(<[u8]>::to_vec)));
    }
    // Asked for one path alone, the answer is the same.
    for name in &case.names {
        if ignore.ignored_by(name.as_slice().into()).is_none() != seen.contains(name) {
            seen.insert([name, b" (asked alone)".as_slice()].concat());
        }
    }
    seen
}
