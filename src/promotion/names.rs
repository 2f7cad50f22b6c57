//! Entries named on the command line: those whose tag may move (`--repush NAME`), and those that are looked at at all
//! (`--image NAME`). NAME is what StarlingX's script takes, the last part of an image's name, or more of it, or the whole
//! target.

use super::Entry;
use crate::config::nearest;
use crate::error::{Error, Errors, Kind};

/// Of each entry, in order, whether one of the names is its own. A name that is no entry's is a usage error.
pub fn named(entries: &[Entry], option: &str, names: &[String]) -> Result<Vec<bool>, Errors> {
    let mut errors = Errors::default();
    let mut meant = vec![false; entries.len()];
    for name in names {
        let mut found = false;
        for (entry, meant) in entries.iter().zip(&mut meant) {
            if is_meant(entry, name) {
                (*meant, found) = (true, true);
            }
        }
        if !found {
            let error = Error::new(Kind::Usage, format!("{option} {name:?} is the name of no entry"));
            errors.push(likely(entries, name).into_iter().fold(error, Error::hint));
        }
    }
    errors.or(meant)
}

/// What may have been meant, and what a name can be, shown on the first entry.
fn likely(entries: &[Entry], name: &str) -> Vec<String> {
    let targets: Vec<String> = entries.iter().map(Entry::target).collect();
    let repositories: Vec<String> = entries.iter().map(|entry| entry.to.to_string()).collect();
    let all = repositories.iter().chain(&targets);
    let words: Vec<&str> = all.flat_map(|whole| [last(whole), whole.as_str()]).collect();
    let nearest = nearest(name, words).map(|word| format!("did you mean {word}?"));
    let example = repositories.first().zip(targets.first()).map(|(repository, target)| {
        format!(
            "give the last part of an image's name ({}), its whole name ({repository}), or NAME:TAG for one tag ({})",
            last(repository),
            last(target)
        )
    });
    nearest.into_iter().chain(example).collect()
}

/// What stands behind the last slash.
fn last(whole: &str) -> &str {
    whole.rsplit('/').next().unwrap_or(whole)
}

fn is_meant(entry: &Entry, name: &str) -> bool {
    let whole = |whole: String| whole == name || !name.is_empty() && whole.ends_with(&format!("/{name}"));
    // Not by its source: that may have many entries, and to name it would move tags that nobody named.
    [entry.to.to_string(), entry.target()].into_iter().any(whole)
}
