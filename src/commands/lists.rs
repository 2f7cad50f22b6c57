//! The tags of repositories, each listed once a run and only where somebody asks.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use tokio::sync::OnceCell;

use crate::error::Result;
use crate::lookup::Lookup;
use crate::reference::{Repository, Tag};
use crate::registry::Registry;

/// The tags of a repository, or why they could not be listed.
pub(super) type Listed = Result<Rc<Vec<Tag>>>;

/// One repository's tags, once they are there.
type Cell = Rc<OnceCell<Rc<Vec<Tag>>>>;

/// What was listed so far.
#[derive(Default)]
pub(super) struct Lists {
    known: RefCell<HashMap<String, Cell>>,
}

impl Lists {
    /// All tags of a repository; none where there is no such repository yet. Whoever asks while it is being listed waits;
    /// after a failure the next one asks again.
    pub(super) async fn of(&self, registry: &Registry, repository: &Repository) -> Listed {
        let cell = Rc::clone(self.known.borrow_mut().entry(repository.to_string()).or_default());
        cell.get_or_try_init(|| list(registry, repository)).await.cloned()
    }
}

async fn list(registry: &Registry, repository: &Repository) -> Listed {
    match registry.tags(repository).await {
        Lookup::Found(tags) => Ok(Rc::new(tags)),
        Lookup::Missing => Ok(Rc::default()),
        Lookup::Unknown(error) => Err(error),
    }
}
