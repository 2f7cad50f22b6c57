//! What one source of a `COPY` or `ADD` takes.
//!
//! `dispatchCopy` (`frontend/dockerfile/dockerfile2llb/convert_copy.go`) turns each source into a copy with
//! `FollowSymlinks`, `CopyDirContentsOnly`, `AllowWildcard` and `AllowEmptyWildcard`; `docopy`
//! (`solver/llbsolver/file/backend.go`) and fsutil's `copy` carry it out.

use bstr::{BStr, ByteSlice};

use super::descent::Filter;
use super::links::follow;
use super::place::{Place, join};
use super::walk::Walk;
use super::{Absent, Taken, wildcard};
use crate::dockerfile::Copy;
use crate::error::Result;
use crate::filepath;
use crate::ignore::patterns::Patterns;
use crate::tree::Mode;

/// `--exclude` as fsutil's copier reads it: patternmatcher's own cleaning, so a leading `/` stays and has no effect.
pub(super) fn excludes(copy: &Copy) -> Result<Patterns, String> {
    Patterns::new(copy.excludes.iter().map(String::as_bytes))
}

/// A source without `--parents`.
pub(super) fn plain(walk: &mut Walk, source: &[u8], exclude: &Patterns) -> Taken<()> {
    let filter = Filter { include: None, exclude: exclude.clone() };
    resolve(walk, &filepath::clamp(source), &filter)
}

/// A source with `--parents`: what stands before `/./` is copied, and what stands behind is the one pattern
/// (patternmatcher's, with `**`) that it must match. Links below are kept as links, also on the way.
pub(super) fn with_parents(walk: &mut Walk, source: &[u8], exclude: &Patterns) -> Taken<()> {
    let (start, pattern) = source.split_once_str("/./").unwrap_or((b"/", source));
    // `NormalizePath`: an absolute pattern stays as it is, so its `..` are patternmatcher's to clean.
    let pattern = match pattern.strip_prefix(b"/") {
        Some(absolute) => absolute.to_vec(),
        None => filepath::clamp(pattern),
    };
    let start = filepath::clamp(start);
    let include = match Patterns::new([pattern.as_slice()]) {
        Ok(include) => include,
        Err(fault) => return Ok(Err(Absent::BadPattern(fault))),
    };
    // `COPY --parents .`: patternmatcher drops the empty pattern, the copier then takes nothing, and newer versions
    // of BuildKit fail. Whoever writes it means all of it, and to count that is safe.
    let include = (!include.is_empty()).then_some(include);
    let literal = include.is_some() && !filepath::has_wildcard(&start) && !filepath::has_wildcard(&pattern);
    let filter = Filter { include, exclude: exclude.clone() };
    if !literal {
        return resolve(walk, &start, &filter);
    }
    // `RequiredPaths`: without a wildcard something must match.
    let base = match follow(walk, start.as_bstr())? {
        Ok(base) => base,
        Err(absent) => return Ok(Err(absent)),
    };
    take(walk, &base, &filter)?;
    let required = join(base.path.as_bstr(), filepath::clamp(&pattern).as_bstr());
    if walk.found.has(&required) { Ok(Ok(())) } else { behind_link_or_absent(walk, required.as_bstr()) }
}

/// A clean path or pattern.
fn resolve(walk: &mut Walk, source: &[u8], filter: &Filter) -> Taken<()> {
    if !filepath::has_wildcard(source) {
        return path(walk, source, filter);
    }
    let places = match wildcard::find(walk, source)? {
        Ok(places) => places,
        Err(absent) => return Ok(Err(absent)),
    };
    for place in places {
        let taken = match place.mode {
            Mode::Symlink => path(walk, &place.path, filter)?,
            _ => take(walk, &place, filter).map(Ok)?,
        };
        if taken.is_err() {
            return Ok(taken);
        }
    }
    Ok(Ok(()))
}

/// A clean path without a wildcard: followed, the last name included.
pub(super) fn path(walk: &mut Walk, path: &[u8], filter: &Filter) -> Taken<()> {
    match follow(walk, path.as_bstr())? {
        Ok(place) => take(walk, &place, filter).map(Ok),
        Err(absent) => Ok(Err(absent)),
    }
}

/// What a path leads to. The filter is for what is below a folder: it never drops what is itself named.
fn take(walk: &mut Walk, place: &Place, filter: &Filter) -> Result<()> {
    match place.mode {
        Mode::Folder => walk.folder(place, filter),
        _ => {
            walk.insert(place);
            Ok(())
        }
    }
}

/// A path that `--parents` requires and that the walk did not meet: inside a submodule, which is then taken whole,
/// or not there for a copy that enters no link.
fn behind_link_or_absent(walk: &mut Walk, path: &BStr) -> Taken<()> {
    Ok(match follow(walk, path)? {
        Err(absent) => Err(absent),
        Ok(place) if place.mode == Mode::Submodule && walk.found.has(&place.path) => Ok(()),
        Ok(_) => Err(Absent::Missing(path.into())),
    })
}
