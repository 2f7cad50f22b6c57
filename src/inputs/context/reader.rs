//! Reads the folders of one context, and no more of them than any real one has.
//!
//! It must not know what is taken from a folder, nor why.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result};
use crate::tree::{Id, Objects, Tree};

/// More entries than any checkout has. Folders that hold one another many times over can make a small repository
/// unfold into more than a machine could list, and no build could read that either.
const MOST_ENTRIES: usize = 20_000_000;

/// Reads folders, as many as a context can have.
pub(super) struct Reader<'w> {
    objects: &'w dyn Objects,
    entries: AtomicUsize,
}

impl<'w> Reader<'w> {
    pub(super) fn new(objects: &'w dyn Objects) -> Reader<'w> {
        Reader { objects, entries: AtomicUsize::new(0) }
    }

    /// The entries of a folder.
    pub(super) fn tree(&self, id: &Id) -> Result<Arc<Tree>> {
        let tree = self.objects.tree(id)?;
        if self.entries.fetch_add(tree.len(), Ordering::Relaxed) + tree.len() > MOST_ENTRIES {
            return Err(Error::invalid(format!("the context holds more than {MOST_ENTRIES} entries"))
                .hint("name a smaller context, or ignore the folder that holds itself many times over"));
        }
        Ok(tree)
    }
}
