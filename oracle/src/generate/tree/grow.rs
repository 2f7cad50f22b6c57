//! How a tree comes to be: the files of the root, its folders, then what lies across them.

use super::{Tree, attributes, contents, ignore, join, links, names, percent};
use crate::snapshot::Node;

/// Files beyond these are not added: a context of a few files builds fast, and the changes hit what is read.
const MOST: usize = 26;

/// A new tree.
pub(super) fn grow(rng: &mut fastrand::Rng) -> Tree {
    let mut tree = Tree::default();
    for (name, share) in
        [("README.md", 90), ("a.txt", 95), ("b.txt", 80), ("requirements.txt", 55), ("run.sh", 30)]
    {
        if percent(rng, share) {
            tree.write(name, contents::file(name, rng));
        }
    }
    for (folder, share) in names::TOP {
        if percent(rng, *share) {
            self::folder(&mut tree, folder, rng);
        }
    }
    if tree.folders(".").is_empty() {
        folder(&mut tree, "src", rng);
    }
    for _ in 0..rng.usize(..3) {
        file(&mut tree, ".", names::file(rng), rng);
    }
    if percent(rng, 8) {
        submodule(&mut tree, rng);
    }
    ignore_files(&mut tree, rng);
    if percent(rng, 55) {
        for _ in 0..rng.usize(1..=3) {
            if let Some((path, target)) = links::link(&tree, rng) {
                tree.write(&path, Node::Link(target));
            }
        }
    }
    attributes(&mut tree, rng);
    tree
}

/// A folder of the root with a few files, some of them deeper.
fn folder(tree: &mut Tree, folder: &str, rng: &mut fastrand::Rng) {
    for name in match folder {
        "docs" => &["README.md", "guide.md"][..],
        "sub" => &["a.txt"],
        "app" => &["requirements.txt", "main.py"],
        _ => &[],
    } {
        file(tree, folder, name, rng);
    }
    for _ in 0..rng.usize(1..=3) {
        file(tree, folder, names::file(rng), rng);
    }
    if percent(rng, 40) {
        let nested = names::nested(folder, rng);
        for _ in 0..rng.usize(1..=2) {
            file(tree, &nested, names::file(rng), rng);
        }
    }
}

fn file(tree: &mut Tree, folder: &str, name: &str, rng: &mut fastrand::Rng) {
    let path = join(folder, name);
    if tree.nodes.len() < MOST && tree.is_free(&path) {
        tree.write(&path, contents::file(name, rng));
    }
}

/// A submodule of two files and a folder, and the line of `.gitmodules` that names it.
pub(super) fn submodule(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = rng.choice(["vendor/lib", "module", "src/module"])?;
    if !tree.is_free(path) {
        return None;
    }
    let files = ["a.txt", "mod.txt", "sub/b.txt"];
    let files =
        files.into_iter().map(|file| (file.to_owned(), format!("{}\n", rng.u32(..1000)).into_bytes()));
    tree.write(path, Node::Submodule(files.collect()));
    let known = tree.text(".gitmodules").unwrap_or_default();
    let entry = format!("[submodule \"{path}\"]\n\tpath = {path}\n\turl = ../{path}.git\n");
    tree.write(".gitmodules", Node::text(known + &entry));
    Some(path.to_owned())
}

fn ignore_files(tree: &mut Tree, rng: &mut fastrand::Rng) {
    let mut contexts: Vec<(String, u32)> = vec![(".".to_owned(), 65)];
    contexts.extend(links::all_folders(tree).into_iter().filter(|f| !f.contains('/')).map(|f| (f, 25)));
    for (context, share) in contexts {
        let path = join(&context, ".dockerignore");
        if percent(rng, share) && tree.is_free(&path) {
            let text = ignore::ignore_file(tree, &context, rng);
            tree.write(&path, Node::text(text));
        }
    }
}

fn attributes(tree: &mut Tree, rng: &mut fastrand::Rng) {
    let inner = rng.choice(links::all_folders(tree));
    for (folder, share) in [(Some(".".to_owned()), 35), (inner, 12)] {
        let Some(path) = folder.map(|folder| join(&folder, ".gitattributes")) else { continue };
        if percent(rng, share) && tree.is_free(&path) {
            let rules: String = (0..rng.usize(1..=3)).map(|_| attributes::rule(tree, rng) + "\n").collect();
            tree.write(&path, Node::text(rules));
        }
    }
}
