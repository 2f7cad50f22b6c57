//! Changes of submodules.

use super::super::{Tree, grow, split};
use super::{Kind, kind};
use crate::snapshot::Node;

pub(super) const KINDS: &[Kind] = &[
    kind("submodule moved on", 6, moved_on),
    kind("submodule added", 1, added),
    kind("submodule removed", 1, removed),
    kind("submodule replaced by its files", 1, taken_in),
    kind("address of a submodule", 1, address),
];

fn any(tree: &Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let modules = tree.nodes.iter().filter(|(_, node)| matches!(node, Node::Submodule(_)));
    rng.choice(modules.map(|(path, _)| path.clone()).collect::<Vec<_>>())
}

fn moved_on(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = any(tree, rng)?;
    let Some(Node::Submodule(files)) = tree.nodes.get_mut(&path) else { return None };
    let file = rng.choice(files.keys().cloned().collect::<Vec<_>>())?;
    files.get_mut(&file)?.extend_from_slice(b"more\n");
    Some(format!("{path}: {file}"))
}

fn added(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    grow::submodule(tree, rng)
}

fn removed(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = any(tree, rng)?;
    if tree.checkout(path.split('/').next()?).len() <= 3 && path.contains('/') {
        return None;
    }
    forget(tree, &path)?;
    tree.remove(&path);
    Some(path)
}

/// The same files in a checkout, with no submodule.
fn taken_in(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = any(tree, rng)?;
    let Some(Node::Submodule(files)) = tree.nodes.get(&path).cloned() else { return None };
    forget(tree, &path)?;
    for (file, bytes) in files {
        tree.write(&format!("{path}/{file}"), Node::File { bytes, executable: false });
    }
    Some(path)
}

fn address(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = any(tree, rng)?;
    let text = tree.text(".gitmodules")?;
    tree.write(".gitmodules", Node::text(text.replace(&format!("../{path}.git"), "../elsewhere.git")));
    Some(split(&path).1.to_owned())
}

/// Takes the entry of a submodule out of `.gitmodules`, and the file away with its last one.
fn forget(tree: &mut Tree, path: &str) -> Option<()> {
    let text = tree.text(".gitmodules")?;
    let mut kept = String::new();
    let mut mine = false;
    for line in text.lines() {
        if line.starts_with('[') {
            mine = line == format!("[submodule \"{path}\"]");
        }
        if !mine {
            kept += line;
            kept.push('\n');
        }
    }
    if kept.is_empty() {
        tree.remove(".gitmodules");
    } else {
        tree.write(".gitmodules", Node::text(kept));
    }
    Some(())
}
