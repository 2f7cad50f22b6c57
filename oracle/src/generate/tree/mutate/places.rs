//! Changes of where files are: new, gone, moved, renamed, or a folder in their place.
//!
//! A folder of the root keeps its name and stays one, with at least one file: it may be a context, or hold a Dockerfile.

use super::super::{Tree, below, contents, join, links::all_folders, names, percent, split};
use super::{Kind, kind, plain, take};

pub(super) const KINDS: &[Kind] = &[
    kind("new file", 6, new),
    kind("file removed", 5, removed),
    kind("file copied", 2, copied),
    kind("file moved to another folder", 5, moved),
    kind("renamed", 4, renamed),
    kind("case of a name", 3, case),
    kind("two files swap their names", 2, swapped),
    kind("folder renamed", 3, folder_renamed),
    kind("folder replaced by a file", 2, folder_to_file),
    kind("file replaced by a folder", 2, file_to_folder),
];

fn new(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = new_path(tree, names::file(rng), rng)?;
    tree.write(&path, contents::file(&path, rng));
    Some(path)
}

fn removed(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = movable(tree, rng)?;
    tree.remove(&path);
    Some(path)
}

fn copied(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let from = rng.choice(plain(tree))?;
    let node = tree.nodes.get(&from)?.clone();
    let to = new_path(tree, if rng.bool() { split(&from).1 } else { names::file(rng) }, rng)?;
    tree.write(&to, node);
    Some(format!("{from} -> {to}"))
}

fn moved(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let from = movable(tree, rng)?;
    let to = new_path(tree, split(&from).1, rng)?;
    put(tree, &from, to)
}

fn renamed(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let from = rng.choice(plain(tree))?;
    let (folder, name) = split(&from);
    let name = if rng.bool() { names::file(rng).to_owned() } else { format!("{name}x") };
    put(tree, &from, join(folder, &name))
}

fn case(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let from = rng.choice(plain(tree))?;
    let (folder, name) = split(&from);
    let upper = name.to_ascii_uppercase();
    let name = if upper == name { name.to_ascii_lowercase() } else { upper };
    put(tree, &from, join(folder, &name))
}

/// The same names and the same bytes; modes go with the bytes, unlike where contents are swapped.
fn swapped(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let (one, other) = (rng.choice(plain(tree))?, rng.choice(plain(tree))?);
    let (first, second) = (tree.nodes.get(&one)?.clone(), tree.nodes.get(&other)?.clone());
    tree.write(&one, second);
    tree.write(&other, first);
    Some(format!("{one} <-> {other}"))
}

fn folder_renamed(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let from = inner_folder(tree, rng)?;
    let to = join(split(&from).0, names::inner(rng));
    if !tree.is_free(&to) {
        return None;
    }
    let files: Vec<String> =
        tree.nodes.keys().filter_map(|path| below(path, &from).map(str::to_owned)).collect();
    for file in files {
        let node = take(tree, &join(&from, &file))?;
        tree.write(&join(&to, &file), node);
    }
    Some(format!("{from} -> {to}"))
}

fn folder_to_file(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = inner_folder(tree, rng)?;
    tree.write(&path, contents::file(&path, rng));
    Some(path)
}

fn file_to_folder(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = rng.choice(plain(tree))?;
    let node = take(tree, &path)?;
    let name = if rng.bool() { split(&path).1 } else { names::file(rng) };
    tree.write(&join(&path, name), node);
    Some(path)
}

/// Moves a file, if the place is free.
fn put(tree: &mut Tree, from: &str, to: String) -> Option<String> {
    if !tree.is_free(&to) {
        return None;
    }
    let node = take(tree, from)?;
    tree.write(&to, node);
    Some(format!("{from} -> {to}"))
}

/// A place of this name that nothing has.
fn new_path(tree: &Tree, name: &str, rng: &mut fastrand::Rng) -> Option<String> {
    let mut folder = if percent(rng, 25) { ".".to_owned() } else { rng.choice(all_folders(tree))? };
    if percent(rng, 10) {
        folder = names::nested(&folder, rng);
    }
    let path = join(&folder, name);
    tree.is_free(&path).then_some(path)
}

/// A file that is not the only one of a folder of the root.
fn movable(tree: &Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = rng.choice(plain(tree))?;
    match path.split_once('/') {
        Some((top, _)) if tree.checkout(top).len() == 1 => None,
        _ => Some(path),
    }
}

/// A folder inside another, and inside no submodule.
fn inner_folder(tree: &Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let mut folders = all_folders(tree);
    folders
        .retain(|folder| folder.contains('/') && tree.nodes.keys().any(|path| below(path, folder).is_some()));
    rng.choice(folders)
}
