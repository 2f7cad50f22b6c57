//! Changes of a file's bytes or of its mode, where it stands.

use super::super::{Tree, contents, names, pick};
use super::{Kind, kind, plain, rewrite};
use crate::snapshot::Node;

pub(super) const KINDS: &[Kind] = &[
    kind("edit of a file", 14, edit),
    kind("file in a named context", 4, shared),
    kind("trailing newline", 3, newline),
    kind("line ends of a file", 4, line_ends),
    kind("file emptied", 1, emptied),
    kind("two files swap their contents", 4, swap),
    kind("file gets the bytes of another", 2, same_bytes),
    kind("mode +x", 4, executable),
    kind("mode -x", 2, not_executable),
];

fn edit(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = rng.choice(plain(tree))?;
    rewrite(tree, &path, |bytes| Some(contents::edited(bytes, rng)))?;
    Some(path)
}

fn shared(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let mut paths = plain(tree);
    paths.retain(|path| super::super::below(path, names::SHARED).is_some());
    let path = rng.choice(paths)?;
    rewrite(tree, &path, |bytes| Some(contents::edited(bytes, rng)))?;
    Some(path)
}

fn newline(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = rng.choice(plain(tree))?;
    rewrite(tree, &path, |bytes| {
        Some(match bytes.strip_suffix(b"\n") {
            Some(rest) => rest.to_vec(),
            None => [bytes, b"\n"].concat(),
        })
    })?;
    Some(path)
}

fn line_ends(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = rng.choice(plain(tree))?;
    let text = tree.text(&path)?;
    rewrite(tree, &path, |_| Some(contents::other_line_ends(&text).into_bytes()))?;
    Some(format!("{path}: {}", if text.contains('\r') { "LF" } else { "CRLF" }))
}

fn emptied(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = rng.choice(plain(tree))?;
    rewrite(tree, &path, |_| Some(Vec::new()))?;
    Some(path)
}

fn swap(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let [one, other] = two(tree, rng)?;
    let (first, second) = (bytes(tree, &one)?, bytes(tree, &other)?);
    rewrite(tree, &one, |_| Some(second))?;
    rewrite(tree, &other, |_| Some(first))?;
    Some(format!("{one} <-> {other}"))
}

fn same_bytes(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let [from, to] = two(tree, rng)?;
    let copied = bytes(tree, &from)?;
    rewrite(tree, &to, |_| Some(copied))?;
    Some(format!("{from} -> {to}"))
}

fn executable(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    set_mode(tree, true, rng)
}

fn not_executable(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    set_mode(tree, false, rng)
}

fn set_mode(tree: &mut Tree, to: bool, rng: &mut fastrand::Rng) -> Option<String> {
    let mut paths = plain(tree);
    paths.retain(
        |path| matches!(tree.nodes.get(path), Some(Node::File { executable, .. }) if *executable != to),
    );
    let path = rng.choice(paths)?;
    match tree.nodes.get_mut(&path)? {
        Node::File { executable, .. } => *executable = to,
        Node::Link(_) | Node::Submodule(_) => return None,
    }
    Some(path)
}

/// Two files; the same one twice makes no change, and that is not taken for one.
fn two(tree: &Tree, rng: &mut fastrand::Rng) -> Option<[String; 2]> {
    let paths = plain(tree);
    if paths.is_empty() {
        return None;
    }
    let refs: Vec<&String> = paths.iter().collect();
    Some([pick(rng, &refs).clone(), pick(rng, &refs).clone()])
}

fn bytes(tree: &Tree, path: &str) -> Option<Vec<u8>> {
    match tree.nodes.get(path)? {
        Node::File { bytes, .. } => Some(bytes.clone()),
        Node::Link(_) | Node::Submodule(_) => None,
    }
}
