//! Files that the configuration names: `inputs`, `extra-inputs`, and what generated files are made from.
//!
//! Paths from the repository's root; a pattern that names a folder means all that is under it.

use bstr::{BStr, BString, ByteSlice};

use crate::config::pattern::Pattern;
use crate::error::Result;
use crate::inputs::context::Found;
use crate::tree::{self, Entry, Id, Mode, Objects};

/// What a pattern matches in a commit. Only the folders below its literal beginning are read.
pub(super) fn matching(objects: &dyn Objects, repository: &Id, pattern: &Pattern) -> Result<Found> {
    let start = pattern.literal().unwrap_or_else(|| pattern.literal_prefix()).as_bytes().as_bstr();
    let mut found = Found::new();
    if let Some(entry) = tree::lookup(objects, repository, start)? {
        walk(objects, start, &entry, &mut |path| pattern.matches_or_is_parent_of(path), &mut found)?;
    }
    Ok(found)
}

fn walk(
    objects: &dyn Objects,
    path: &BStr,
    entry: &Entry,
    matches: &mut dyn FnMut(&BStr) -> bool,
    found: &mut Found,
) -> Result<()> {
    if entry.mode != Mode::Folder {
        if matches(path) {
            found.insert(path.into(), (entry.mode, entry.id));
        }
        return Ok(());
    }
    for entry in objects.tree(&entry.id)?.iter() {
        let below = if path.is_empty() {
            entry.name.clone()
        } else {
            BString::from(bstr::concat([path.as_bytes(), b"/", &entry.name]))
        };
        walk(objects, below.as_bstr(), entry, matches, found)?;
    }
    Ok(())
}
