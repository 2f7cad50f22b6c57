//! Whether a build can see `.git`.
//!
//! `.git` is in no tree, so no content hash can hold it; but a build whose context is the repository's root
//! sees it, unless the ignore file drops it, and version tools (setuptools_scm) read it.

use std::collections::BTreeSet;

use bstr::ByteSlice;

use crate::dockerfile::{Read, Reading, What};
use crate::error::Place;
use crate::filepath;
use crate::inputs::Why;
use crate::inputs::locate::Located;

/// The first read of the main context that takes `.git` along.
pub(super) fn seen(located: &Located, reading: &Reading) -> Option<Why> {
    takers(located, reading).next().map(|read| why(located, read))
}

/// The lines of all reads of the main context that take `.git` along.
pub fn lines(located: &Located, reading: &Reading) -> BTreeSet<usize> {
    takers(located, reading).map(|read| read.line).collect()
}

fn takers<'r>(located: &Located, reading: &'r Reading) -> impl Iterator<Item = &'r Read> {
    let at_root = located.context.is_empty();
    let seen = at_root && located.ignore.ignored_by(b".git".as_bstr()).is_none();
    reading.reads.iter().filter(move |read| seen && read.context.is_none() && takes_git(&read.what))
}

fn why(located: &Located, read: &Read) -> Why {
    Why { place: Place::line(&located.dockerfile_shown, read.line), text: read.instruction.clone() }
}

fn takes_git(what: &What) -> bool {
    match what {
        What::Whole(_) => true,
        What::Mount(source) => first_name(source).is_none_or(|name| name == b".git"),
        What::Copy(copy) => {
            let excluded = copy
                .excludes
                .iter()
                .any(|pattern| matches!(pattern.trim_end_matches('/'), ".git" | ".git/**"));
            copy.sources.iter().any(|source| match first_name(source) {
                None => !excluded,
                // A pattern that Go refuses is an error where the source itself is read.
                Some(name) => name == b"**" || filepath::matches(&name, b".git").unwrap_or(true),
            })
        }
    }
}

/// The first name of a path after it was cleaned; `None` for the context's root.
fn first_name(source: &str) -> Option<Vec<u8>> {
    let path = filepath::clamp(source.as_bytes());
    path.split(|byte| *byte == b'/').find(|name| !name.is_empty() && *name != b".").map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::Copy;

    #[test]
    fn only_what_can_match_it_takes_git_along() {
        let copy = |source: &str, exclude: &[&str]| {
            takes_git(&What::Copy(Copy {
                sources: vec![source.to_owned()],
                excludes: exclude.iter().map(|pattern| (*pattern).to_owned()).collect(),
                ..Copy::default()
            }))
        };
        for source in [".", "./", "/", "a/..", "*", ".git", ".git/HEAD", ".g*", "**/x"] {
            assert!(copy(source, &[]), "{source}");
        }
        for source in ["a", "a/*", "*.txt", ".gitignore"] {
            assert!(!copy(source, &[]), "{source}");
        }
        assert!(!copy(".", &[".git"]));
        assert!(takes_git(&What::Mount("/".to_owned())));
        assert!(!takes_git(&What::Mount("src".to_owned())));
    }
}
