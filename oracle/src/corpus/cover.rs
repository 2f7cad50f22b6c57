//! Whether what imgplan says of a build's reads takes in what BuildKit's graph reads.
//!
//! Compared by paths and patterns, not by files: both name the same source in the same words, but for cleaning and for
//! what imgplan widens.

use imgplan::dockerfile::{Copy, What};
use imgplan::filepath;

use super::frontend::{Kind, Read};

/// Whether one of imgplan's reads takes in a read of BuildKit's.
pub(super) fn covers(ours: &What, theirs: &Read) -> bool {
    match (ours, theirs.kind) {
        (What::Whole(_), _) => true,
        (_, Kind::Scan) => false,
        (What::Mount(source), Kind::Mount) => clean(source) == clean(&theirs.source),
        (What::Mount(_), Kind::Copy) => false,
        // A mount with a widened source is read as a pattern of a copy.
        (What::Copy(copy), Kind::Mount) => {
            copy.widened
                && copy.sources.iter().any(|source| fits(copy, &clean(source), &clean(&theirs.source)))
        }
        (What::Copy(copy), Kind::Copy) => {
            let excluded = copy.excludes.iter().all(|pattern| theirs.exclude.contains(pattern));
            excluded && copy.sources.iter().any(|source| names(copy, source, theirs))
        }
    }
}

/// The sources that none of BuildKit's reads has: more than needed counts.
pub(super) fn extra<'a>(ours: &'a What, theirs: &[Read]) -> Vec<&'a str> {
    let sources = match ours {
        // What is whole was widened, or is what the source says.
        What::Whole(_) => return Vec::new(),
        What::Mount(source) => std::slice::from_ref(source),
        What::Copy(copy) => copy.sources.as_slice(),
    };
    let needless = |source: &&String| {
        let alone = match ours {
            What::Copy(copy) => What::Copy(Copy { sources: vec![(*source).clone()], ..copy.clone() }),
            other => other.clone(),
        };
        !theirs.iter().any(|read| covers(&alone, read))
    };
    sources.iter().filter(needless).map(String::as_str).collect()
}

/// `dispatchCopy`: with `--parents`, what stands behind the pivot is a pattern of its own.
fn names(copy: &Copy, source: &str, theirs: &Read) -> bool {
    let (folder, include) = match (copy.parents, source.split_once("/./")) {
        (false, _) => (clean(source), None),
        (true, Some((folder, pattern))) => (clean(folder), Some(clean(pattern))),
        (true, None) => (String::new(), Some(clean(source))),
    };
    let included = match (include, theirs.include.as_slice()) {
        (None, []) => true,
        (Some(ours), [theirs]) => fits(copy, &ours, theirs),
        _ => false,
    };
    included && fits(copy, &folder, &clean(&theirs.source))
}

fn fits(copy: &Copy, ours: &str, theirs: &str) -> bool {
    ours == theirs || (copy.widened && filepath::matches(ours.as_bytes(), theirs.as_bytes()) == Ok(true))
}

/// `system.NormalizePath`, without the leading slash.
fn clean(path: &str) -> String {
    String::from_utf8_lossy(&filepath::clamp(path.as_bytes())).into_owned()
}
