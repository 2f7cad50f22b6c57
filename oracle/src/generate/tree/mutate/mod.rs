//! One change to a tree, as people make them: the kinds, and how often each is tried.
//!
//! A kind gives nothing where the tree has nothing for it (no link, no submodule); another is taken then. So the
//! weights are those of a tree that has everything.

mod contents;
mod links;
mod modules;
mod places;
mod quiet;
mod rules;

use super::{Tree, is_ignore_file, percent};
use crate::snapshot::Node;

/// A kind of change.
struct Kind {
    /// As the table of verdicts has it.
    name: &'static str,
    weight: u32,
    /// Makes the change, and says what it was.
    make: fn(&mut Tree, &mut fastrand::Rng) -> Option<String>,
}

const fn kind(
    name: &'static str,
    weight: u32,
    make: fn(&mut Tree, &mut fastrand::Rng) -> Option<String>,
) -> Kind {
    Kind { name, weight, make }
}

/// The share of changes, in a hundred, that most builds do not read: that is what daily life is made of.
const QUIET: u32 = 45;

/// The kinds that a build may well read.
const LOUD: [&[Kind]; 5] = [contents::KINDS, places::KINDS, links::KINDS, rules::KINDS, modules::KINDS];

/// Changes the tree. Every call makes a difference to the files of the commit.
pub(super) fn mutate(tree: &mut Tree, rng: &mut fastrand::Rng) -> (&'static str, String) {
    for _ in 0..100 {
        let kinds = if percent(rng, QUIET) { quiet::KINDS } else { all_loud(rng) };
        let kind = weighted(kinds, rng);
        let mut after = tree.clone();
        if let Some(detail) = (kind.make)(&mut after, rng)
            && after != *tree
            && !after.nodes.is_empty()
        {
            *tree = after;
            return (kind.name, detail);
        }
    }
    let mut path = "new".to_owned();
    while !tree.is_free(&path) {
        path.push('w');
    }
    tree.write(&path, Node::text("new\n"));
    ("new file", path)
}

/// One of the tables of changes that a build may well read, by the sums of their weights.
fn all_loud(rng: &mut fastrand::Rng) -> &'static [Kind] {
    let mut at = rng.u32(..LOUD.iter().map(|table| sum(table)).sum::<u32>());
    for table in LOUD {
        let Some(rest) = at.checked_sub(sum(table)) else { return table };
        at = rest;
    }
    contents::KINDS
}

fn weighted<'a>(kinds: &'a [Kind], rng: &mut fastrand::Rng) -> &'a Kind {
    let mut at = rng.u32(..sum(kinds));
    for kind in kinds {
        let Some(rest) = at.checked_sub(kind.weight) else { return kind };
        at = rest;
    }
    &kinds[0]
}

fn sum(kinds: &[Kind]) -> u32 {
    kinds.iter().map(|kind| kind.weight).sum()
}

/// The files that a change of bytes or of place may hit: none of git's own and no ignore file, which have kinds of
/// their own.
fn plain(tree: &Tree) -> Vec<String> {
    let special =
        |path: &str| is_ignore_file(path) || path.ends_with(".gitattributes") || path == ".gitmodules";
    let files = tree.nodes.iter().filter(|(path, node)| matches!(node, Node::File { .. }) && !special(path));
    files.map(|(path, _)| path.clone()).collect()
}

/// Changes the bytes of a file.
fn rewrite(tree: &mut Tree, path: &str, change: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Option<()> {
    match tree.nodes.get_mut(path)? {
        Node::File { bytes, .. } => *bytes = change(bytes)?,
        Node::Link(_) | Node::Submodule(_) => return None,
    }
    Some(())
}

/// Takes a node out of the tree.
fn take(tree: &mut Tree, path: &str) -> Option<Node> {
    tree.nodes.remove(path)
}

/// The names of the kinds: those of daily life, and those that builds may well read.
#[cfg(test)]
pub(super) fn names() -> (Vec<&'static str>, Vec<&'static str>) {
    let names = |kinds: &[Kind]| kinds.iter().map(|kind| kind.name).collect::<Vec<_>>();
    (names(quiet::KINDS), LOUD.into_iter().flat_map(names).collect())
}
