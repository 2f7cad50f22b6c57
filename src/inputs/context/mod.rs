//! A build context as a build sees it: a folder of a commit, without what the ignore file drops, with links
//! followed inside it as in a chroot.
//!
//! The rules are those of BuildKit's `cache/contenthash` and `solver/llbsolver/file` with fsutil's `copy`; they are
//! written beside the code: `links` follows a path, `walk` takes a folder, `wildcard` finds what a pattern names,
//! `source` puts them together for one source of a `COPY`. It must not know Dockerfiles: it answers for paths and
//! patterns.

mod descent;
mod found;
mod links;
mod place;
mod reader;
mod source;
mod walk;
mod wildcard;

#[cfg(test)]
mod tests;

use bstr::{BStr, BString};

use crate::dockerfile::Copy;
use crate::error::Result;
use crate::filepath;
use crate::ignore::Ignore;
use crate::tree::{Id, Objects};
use descent::Filter;
pub use found::Found;
use place::Place;
use walk::Walk;

/// A context: a root folder, what is ignored in it, and the objects behind.
pub struct View<'a> {
    /// Reads folders and links.
    pub objects: &'a dyn Objects,
    /// The folder's tree.
    pub root: Id,
    /// What the build cannot see.
    pub ignore: &'a Ignore,
}

/// Why a read finds nothing that a build could read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absent {
    /// Nothing is there in the commit: the path after all links on the way were followed.
    Missing(BString),
    /// It is there, but the ignore file drops it: the 1-based line and the pattern.
    Ignored {
        /// The path in the context.
        path: BString,
        /// 1-based line in the ignore file.
        line: usize,
        /// The pattern as written.
        pattern: String,
    },
    /// A pattern that Go's `filepath.Match` refuses.
    BadPattern(String),
}

/// What a read of a part of the context gives: the inner error says what is not there.
type Taken<T> = Result<std::result::Result<T, Absent>>;

impl View<'_> {
    /// Everything that is not ignored.
    pub fn whole(&self) -> Result<Found> {
        let mut walk = Walk::new(self);
        walk.folder(&Place::root(self.root), &Filter::default())?;
        Ok(walk.settled())
    }

    /// What a `COPY` or `ADD` takes; the inner error names the source that is not there.
    ///
    /// Where the sources were widened, one that is not there, or that is no pattern, is no error.
    pub fn copy(&self, copy: &Copy) -> Taken<Found> {
        let excluded = match source::excludes(copy) {
            Ok(excluded) => excluded,
            Err(_) if copy.widened => return self.whole().map(Ok),
            Err(fault) => return Ok(Err(Absent::BadPattern(fault))),
        };
        let mut walk = Walk::new(self);
        for source in &copy.sources {
            let taken = match copy.parents {
                true => source::with_parents(&mut walk, source.as_bytes(), &excluded)?,
                false => source::plain(&mut walk, source.as_bytes(), &excluded)?,
            };
            match taken {
                Ok(()) => walk.found.settle_much(),
                Err(Absent::BadPattern(_)) if copy.widened => return self.whole().map(Ok),
                Err(_) if copy.widened => {}
                Err(absent) => return Ok(Err(absent)),
            }
        }
        walk.finish().map(Ok)
    }

    /// What a bind mount of `source` shows.
    ///
    /// The executor resolves the path by `fs.RootPath` (`executor/oci/spec_linux.go`), links included; links below it
    /// are the container's to follow.
    pub fn mount(&self, source: &BStr) -> Taken<Found> {
        let mut walk = Walk::new(self);
        let taken = source::path(&mut walk, &filepath::clamp(source), &Filter::default())?;
        match taken {
            Ok(()) => walk.finish().map(Ok),
            Err(absent) => Ok(Err(absent)),
        }
    }
}
