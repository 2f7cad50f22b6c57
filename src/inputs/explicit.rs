//! Files that the configuration names: `inputs`, `extra-inputs`, and what generated files are made from.
//!
//! Paths from the repository's root; a pattern that names a folder means all that is under it.

use bstr::{BStr, BString, ByteSlice};

use crate::config::pattern::Pattern;
use crate::error::Result;
use crate::inputs::context::Found;
use crate::tree::{self, Id, Mode, Objects};

/// What a pattern matches in a commit. Only the folders below its literal beginning are read.
///
/// A link that is named, or met by a wildcard for its own name, counts with what it leads to, since a `COPY` of it
/// follows it: in the repository, and in the context as in a chroot. Links that `**` or a folder's name bring along
/// are copied as links.
pub(super) fn matching(
    objects: &dyn Objects,
    repository: &Id,
    context: (&BStr, Id),
    pattern: &Pattern,
) -> Result<Found> {
    let start = pattern.literal().unwrap_or_else(|| pattern.literal_prefix()).as_bytes().as_bstr();
    let mut found = Found::default();
    if let Some(entry) = tree::lookup(objects, repository, start)? {
        walk(
            objects,
            start,
            (entry.mode, entry.id),
            &mut |path| pattern.matches_or_is_parent_of(path),
            &mut found,
        )?;
    }
    let follows = |path: &BStr| !pattern.as_str().contains("**") && pattern.matches(path);
    let links: Vec<BString> = found
        .iter()
        .filter(|(path, mode, _)| *mode == Mode::Symlink && follows(path))
        .map(|(path, ..)| path.to_owned())
        .collect();
    for link in links {
        for (prefix, root) in [(BStr::new(""), *repository), context] {
            let Some(below) = below(prefix, link.as_bstr()) else { continue };
            if let Some((real, entry)) = tree::follow(objects, &root, below)? {
                let real = join(prefix, real.as_bstr());
                walk(objects, real.as_bstr(), (entry.mode, entry.id), &mut |_| true, &mut found)?;
            }
        }
    }
    found.settle();
    Ok(found)
}

/// A path relative to a folder that holds it.
fn below<'p>(folder: &BStr, path: &'p BStr) -> Option<&'p BStr> {
    if folder.is_empty() {
        return Some(path);
    }
    path.strip_prefix(folder.as_bytes())?.strip_prefix(b"/").map(BStr::new)
}

fn join(folder: &BStr, name: &BStr) -> BString {
    match (folder.is_empty(), name.is_empty()) {
        (true, _) => name.into(),
        (_, true) => folder.into(),
        _ => bstr::concat([folder.as_bytes(), b"/", name.as_bytes()]).into(),
    }
}

fn walk(
    objects: &dyn Objects,
    path: &BStr,
    (mode, id): (Mode, Id),
    matches: &mut dyn FnMut(&BStr) -> bool,
    found: &mut Found,
) -> Result<()> {
    if mode != Mode::Folder {
        if matches(path) {
            found.push(path, mode, id);
        }
        return Ok(());
    }
    for entry in objects.tree(&id)?.iter() {
        let below = join(path, entry.name);
        walk(objects, below.as_bstr(), (entry.mode, entry.id), matches, found)?;
    }
    Ok(())
}
