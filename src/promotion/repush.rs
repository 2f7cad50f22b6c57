//! `--repush NAME`: which targets may move although they are at another image. NAME is what StarlingX's script takes, the
//! last part of an image's name, or more of it, or the whole target.

use super::Entry;
use crate::error::{Error, Errors, Kind};

/// Whether the target of each entry may move, in order. A name that is no entry's is a usage error.
pub fn named(entries: &[Entry], names: &[String]) -> Result<Vec<bool>, Errors> {
    let mut errors = Errors::default();
    let mut moves = vec![false; entries.len()];
    for name in names {
        let mut found = false;
        for (entry, moves) in entries.iter().zip(&mut moves) {
            if is_meant(entry, name) {
                (*moves, found) = (true, true);
            }
        }
        if !found {
            let error = Error::new(Kind::Usage, format!("--repush {name:?} is the name of no entry"));
            errors.push(error.hint(
                "give the last part of an image's name (rvmc), its whole name, or NAME:TAG for one tag",
            ));
        }
    }
    errors.or(moves)
}

fn is_meant(entry: &Entry, name: &str) -> bool {
    let whole = |whole: String| whole == name || !name.is_empty() && whole.ends_with(&format!("/{name}"));
    [entry.from.to_string(), entry.to.to_string(), entry.target()].into_iter().any(whole)
}
