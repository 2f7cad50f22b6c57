//! Entries that are about the same tag.

use std::collections::HashMap;

use crate::error::{Error, Errors, Place};
use crate::promotion::{Entry, Source};
use crate::reference::{Repository, Tag};

/// An entry that says again what another one says.
#[derive(Debug, Clone)]
pub struct Twice {
    /// The entry.
    pub entry: Entry,
    /// Where the first one stands.
    pub first: Place,
}

/// Takes out what is repeated; reports targets of two sources, and sources that are targets.
pub(super) fn check(entries: Vec<Entry>, errors: &mut Errors) -> (Vec<Entry>, Vec<Twice>) {
    let mut targets: HashMap<(Repository, Tag), usize> = HashMap::new();
    let (mut once, mut twice): (Vec<Entry>, Vec<Twice>) = (Vec::new(), Vec::new());
    for entry in entries {
        let target = (entry.to.clone(), entry.tag.clone());
        let Some(first) = targets.get(&target).and_then(|first| once.get(*first)) else {
            targets.insert(target, once.len());
            once.push(entry);
            continue;
        };
        let same = (&first.from, &first.source) == (&entry.from, &entry.source);
        if same {
            let first = first.place.clone();
            twice.push(Twice { entry, first });
        } else {
            let message = format!(
                "{} is to be {} here, and {} at {}",
                entry.target(),
                entry.origin(),
                first.origin(),
                first.place
            );
            errors.push(
                Error::invalid(message).at(entry.place.clone()).hint("a tag is at one image: take one out"),
            );
        }
    }
    for entry in &once {
        let Source::Tag(source) = &entry.source else { continue };
        let Some(other) = targets.get(&(entry.from.clone(), source.clone())).and_then(|at| once.get(*at))
        else {
            continue;
        };
        let message = match other.target() == entry.target() {
            true => format!("{} is its own source", entry.target()),
            false => format!("its source {} is a target itself, at {}", entry.origin(), other.place),
        };
        errors.push(
            Error::invalid(message)
                .at(entry.place.clone())
                .hint(format!("entries have no order: name what {} is made of", other.target())),
        );
    }
    (once, twice)
}
