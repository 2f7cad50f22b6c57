//! What becomes of images that a commit is not fit for, where it is only looked at: they are left out, and no others.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::raw::Image;
use crate::config::{self, ImageId, NamedContext};

/// Leaves out what has the name of another: which of them is meant, nobody can tell.
pub(super) fn without_twins(made: &mut Vec<Image>) {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for name in made.iter().filter_map(|image| image.name.as_ref()) {
        *count.entry(name.value.clone()).or_default() += 1;
    }
    made.retain(|image| image.name.as_ref().is_none_or(|name| count.get(&name.value) == Some(&1)));
}

/// Leaves out images whose parents are not there, and so on.
pub(super) fn without_orphans(images: &mut Vec<config::Image>) {
    loop {
        let known: BTreeSet<ImageId> = images.iter().map(|image| image.id.clone()).collect();
        let is_there = |context: &NamedContext| match context {
            NamedContext::Image(id) => known.contains(id),
            _ => true,
        };
        let before = images.len();
        images.retain(|image| image.contexts.values().all(is_there));
        if images.len() == before {
            return;
        }
    }
}
