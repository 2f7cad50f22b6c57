//! Changes of symbolic links: new, gone, another target, a file in their place or the reverse.

use super::super::{Tree, links, split};
use super::{Kind, kind, plain};
use crate::snapshot::Node;

pub(super) const KINDS: &[Kind] = &[
    kind("new link", 3, new),
    kind("link removed", 1, removed),
    kind("link to another target", 5, retarget),
    kind("link to the same place by another path", 2, respelled),
    kind("link replaced by a file with the same bytes", 3, to_file),
    kind("link replaced by what it points to", 2, to_target),
    kind("file replaced by a link", 3, from_file),
    kind("file moved, and a link left in its place", 2, moved),
];

fn all(tree: &Tree) -> Vec<(String, String)> {
    let links = tree.nodes.iter().filter_map(|(path, node)| match node {
        Node::Link(target) => Some((path.clone(), target.clone())),
        Node::File { .. } | Node::Submodule(_) => None,
    });
    links.collect()
}

fn new(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let (path, target) = links::link(tree, rng)?;
    tree.write(&path, Node::Link(target.clone()));
    Some(format!("{path} -> {target}"))
}

fn removed(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let (path, target) = rng.choice(all(tree))?;
    tree.remove(&path);
    Some(format!("{path} -> {target}"))
}

fn retarget(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let (path, old) = rng.choice(all(tree))?;
    let new = links::target(tree, &path, rng)?;
    tree.write(&path, Node::Link(new.clone()));
    Some(format!("{path} -> {old}, now {new}"))
}

fn respelled(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let (path, old) = rng.choice(all(tree))?;
    let new = match old.strip_prefix("./") {
        Some(rest) => rest.to_owned(),
        None if old.starts_with('/') => format!("/.{old}"),
        None => format!("./{old}"),
    };
    tree.write(&path, Node::Link(new.clone()));
    Some(format!("{path} -> {old}, now {new}"))
}

/// The link's own bytes: mode and nothing else tells them apart.
fn to_file(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let (path, target) = rng.choice(all(tree))?;
    tree.write(&path, Node::text(target.clone()));
    Some(format!("{path}: {target}"))
}

fn to_target(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let (path, target) = rng.choice(all(tree))?;
    let end = links::resolve(&tree.checkout("."), &path)?;
    let node = tree.nodes.get(&end)?.clone();
    if !matches!(node, Node::File { .. }) {
        return None;
    }
    tree.write(&path, node);
    Some(format!("{path} -> {target}"))
}

fn from_file(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = rng.choice(plain(tree))?;
    let target = links::target(tree, &path, rng)?;
    tree.write(&path, Node::Link(target.clone()));
    Some(format!("{path} -> {target}"))
}

fn moved(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = rng.choice(plain(tree))?;
    let (_, name) = split(&path);
    let new = format!("{name}.real");
    let beside = format!("{}{new}", path.strip_suffix(name)?);
    if !tree.is_free(&beside) {
        return None;
    }
    let node = tree.nodes.get(&path)?.clone();
    tree.write(&beside, node);
    tree.write(&path, Node::Link(new.clone()));
    Some(format!("{path} -> {new}"))
}
