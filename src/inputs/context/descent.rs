//! Takes a folder of the context with all that a build sees below it.
//!
//! What is ignored follows fsutil's `filter.go`, what is included and excluded its `copy/copy.go`: each folder hands
//! the trail of its matches down. No recursion, since a commit decides how deep its folders are; and in the order of
//! the paths, so that nothing has to be sorted afterwards.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BStr, BString, ByteSlice};

use super::Found;
use super::place::Place;
use super::reader::Reader;
use crate::error::Result;
use crate::ignore::Ignore;
use crate::ignore::patterns::{Patterns, Trail};
use crate::tree::{EntryRef, Id, Mode, Tree};

/// From so many folders on, reading them pays for the threads.
const SHARED: usize = 64;

/// No more threads than this: they share what the operating system has cached of the packs.
const WORKERS: usize = 8;

/// After so many levels there are either many folders, or few in all.
const LEVELS: usize = 8;

/// What a copy takes of a folder, by path relative to that folder.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    /// `COPY --parents`: no more than what these match.
    pub(super) include: Option<Patterns>,
    /// `--exclude`.
    pub(super) exclude: Patterns,
}

impl Filter {
    fn may_include_below(&self, folder: &[u8]) -> bool {
        self.include.as_ref().is_none_or(|patterns| patterns.may_match_below(folder, false))
    }
}

/// One folder of the context that is taken.
pub(super) struct Descent<'d> {
    reader: &'d Reader<'d>,
    ignore: &'d Ignore,
    filter: &'d Filter,
    /// Where in a path the part begins that is relative to the folder, which the filter is for.
    relative: usize,
}

/// What matched a folder or something above it.
#[derive(Default)]
struct Trails {
    ignore: Trail,
    include: Trail,
    exclude: Trail,
}

/// A folder below, which is still to be read.
struct Below {
    id: Id,
    /// Whether it is there for a build even if nothing in it is taken.
    seen: bool,
    trails: Trails,
}

/// A part of the folder, in the order of the paths.
enum Part {
    Done(Piece),
    /// A folder that is still to be read.
    Below(BString, Below),
}

/// A piece of what was taken, in the order of the paths.
enum Piece {
    /// So many entries of what was gathered in that place.
    Found(usize, Range<usize>),
    /// What follows is in a folder that is there even if nothing in it is taken.
    Begin,
    /// The end of that folder.
    End(BString, Id),
}

/// A folder that is being read.
struct Open {
    tree: Arc<Tree>,
    /// Its entry that comes next.
    next: usize,
    /// How much of the path is the folder's own.
    path_len: usize,
    id: Id,
    seen: bool,
    /// How much was found before it.
    before: usize,
    trails: Trails,
}

impl<'d> Descent<'d> {
    pub(super) fn new(
        reader: &'d Reader<'d>,
        ignore: &'d Ignore,
        filter: &'d Filter,
        folder: &Place,
    ) -> Descent<'d> {
        let relative = if folder.path.is_empty() { 0 } else { folder.path.len() + 1 };
        Descent { reader, ignore, filter, relative }
    }

    /// Takes what the filter leaves of the folder.
    pub(super) fn take(&self, folder: &Place, found: &mut Found) -> Result<()> {
        let trails = Trails { ignore: self.ignore.trail(&folder.path), ..Trails::default() };
        let below = Below { id: folder.id, seen: !folder.path.is_empty(), trails };
        let mut parts = vec![Part::Below(folder.path.clone(), below)];
        // What was taken of the upper levels.
        let mut upper = Found::default();
        for _ in 0..LEVELS {
            let waiting = parts.iter().filter(|part| matches!(part, Part::Below(..))).count();
            if waiting == 0 || waiting >= SHARED {
                break;
            }
            parts = self.level(parts, &mut upper)?;
        }
        let mut gathered = vec![upper];
        let pieces = self.share(parts, &mut gathered)?;
        join(pieces, &gathered, found);
        Ok(())
    }

    /// Reads the folders of one level, and leaves those below.
    fn level(&self, parts: Vec<Part>, found: &mut Found) -> Result<Vec<Part>> {
        let mut next = Vec::new();
        for part in parts {
            let Part::Below(mut path, folder) = part else {
                next.push(part);
                continue;
            };
            next.extend(folder.seen.then_some(Part::Done(Piece::Begin)));
            let path_len = path.len();
            let mut before = found.len();
            for entry in self.reader.tree(&folder.id)?.iter() {
                path.truncate(path_len);
                enter(&mut path, entry.name);
                if let Some(below) = self.entry(&folder.trails, entry, &path, found) {
                    next.push(Part::Done(Piece::Found(0, before..found.len())));
                    next.push(Part::Below(path.clone(), below));
                    before = found.len();
                }
            }
            next.push(Part::Done(Piece::Found(0, before..found.len())));
            path.truncate(path_len);
            next.extend(folder.seen.then_some(Part::Done(Piece::End(path, folder.id))));
        }
        Ok(next)
    }

    /// Reads all folders that are left, on as many threads as there are processors if there are many of them. Each
    /// thread gathers what it takes in one place.
    fn share(&self, parts: Vec<Part>, gathered: &mut Vec<Found>) -> Result<Vec<Piece>> {
        let mut folders = Vec::new();
        let mut pieces = Vec::with_capacity(parts.len());
        for part in parts {
            pieces.push(match part {
                Part::Done(piece) => piece,
                Part::Below(path, folder) => {
                    folders.push((pieces.len(), path, folder));
                    Piece::Found(0, 0..0)
                }
            });
        }
        let workers = match folders.len() {
            0 => return Ok(pieces),
            1..SHARED => 1,
            _ => std::thread::available_parallelism().map_or(1, usize::from).min(WORKERS),
        };
        let queue = Mutex::new(folders.into_iter());
        let work = || {
            let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let (mut found, mut done) = (Found::default(), Vec::new());
            while let Some((index, path, folder)) = next() {
                let before = found.len();
                let read = self.below(path, folder, &mut found);
                done.push((index, read.map(|()| before..found.len())));
            }
            (found, done)
        };
        let all: Vec<_> = std::thread::scope(|scope| {
            let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
            let mine = work();
            let others = others.into_iter();
            let others =
                others.map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            std::iter::once(mine).chain(others).collect()
        });
        let mut read = Vec::new();
        for (found, done) in all {
            read.extend(
                done.into_iter().map(|(index, range)| (index, range.map(|range| (gathered.len(), range)))),
            );
            gathered.push(found);
        }
        // Of several errors the first by path is told, whichever thread met it.
        read.sort_by_key(|(index, _)| *index);
        for (index, found) in read {
            let (place, range) = found?;
            pieces[index] = Piece::Found(place, range);
        }
        Ok(pieces)
    }

    fn below(&self, mut path: BString, folder: Below, found: &mut Found) -> Result<()> {
        let mut open = vec![self.open(&path, folder, found)?];
        while let Some(folder) = open.last_mut() {
            path.truncate(folder.path_len);
            let Some(entry) = folder.tree.get(folder.next) else {
                if folder.seen && folder.before == found.len() {
                    found.push(&path, Mode::Folder, folder.id.zeros());
                }
                open.pop();
                continue;
            };
            folder.next += 1;
            enter(&mut path, entry.name);
            if let Some(below) = self.entry(&folder.trails, entry, &path, found) {
                open.push(self.open(&path, below, found)?);
            }
        }
        Ok(())
    }

    fn open(&self, path: &[u8], folder: Below, found: &Found) -> Result<Open> {
        let Below { id, seen, trails } = folder;
        let tree = self.reader.tree(&id)?;
        Ok(Open { tree, next: 0, path_len: path.len(), id, seen, before: found.len(), trails })
    }

    /// Takes one entry, or gives the folder to read next.
    fn entry(&self, above: &Trails, entry: EntryRef<'_>, path: &[u8], found: &mut Found) -> Option<Below> {
        let Descent { ignore, filter, .. } = self;
        let relative = path.get(self.relative..).unwrap_or_default();
        if !matches!(entry.mode, Mode::Folder | Mode::Submodule) {
            let taken = !ignore.matches(path, &above.ignore)
                && filter.include.as_ref().is_none_or(|include| include.matches(relative, &above.include))
                && !filter.exclude.matches(relative, &above.exclude);
            if taken {
                found.push(path, entry.mode, entry.id);
            }
            return None;
        }
        let (rule, ignored) = ignore.step(path, &above.ignore);
        let (included, include) = match &filter.include {
            Some(patterns) => {
                let (index, trail) = patterns.step(relative, &above.include);
                (index.is_some(), trail)
            }
            None => (true, Trail::default()),
        };
        let (excluded, exclude) = filter.exclude.step(relative, &above.exclude);
        let taken = rule.is_none() && included && excluded.is_none();
        // Whether something below may be taken although this is not.
        let below = (rule.is_none() || ignore.may_return_below(path.as_bstr()))
            && (included || filter.may_include_below(relative))
            && (excluded.is_none() || filter.exclude.has_exceptions());
        if entry.mode == Mode::Submodule {
            if taken || below {
                found.push(path, entry.mode, entry.id);
            }
            return None;
        }
        below.then_some(Below {
            id: entry.id,
            seen: taken,
            trails: Trails { ignore: ignored, include, exclude },
        })
    }
}

/// Puts the pieces together.
fn join(pieces: Vec<Piece>, gathered: &[Found], found: &mut Found) {
    found.reserve(gathered.iter());
    let mut begun = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Found(place, range) => found.append(&gathered[place], range),
            Piece::Begin => begun.push(found.len()),
            Piece::End(path, id) => {
                if begun.pop() == Some(found.len()) {
                    found.push(&path, Mode::Folder, id.zeros());
                }
            }
        }
    }
}

/// Goes one name down.
fn enter(path: &mut BString, name: &BStr) {
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}
