//! Changes of the files that say what becomes of others: ignore files and `.gitattributes`.

use super::super::{Tree, attributes, ignore, is_ignore_file, join, links::all_folders, percent, split};
use super::quiet::ignore_lines;
use super::{Kind, kind, rewrite};
use crate::snapshot::Node;

pub(super) const KINDS: &[Kind] = &[
    kind("pattern added to an ignore file", 6, added),
    kind("pattern removed from an ignore file", 4, removed),
    kind("patterns reordered", 4, reordered),
    kind("pattern turned into its exception", 2, negated),
    kind("new ignore file", 2, file_added),
    kind("ignore file removed", 1, file_removed),
    kind("ignore file replaced by a link to it", 1, file_linked),
    kind(".gitattributes rule added", 1, rule_added),
    kind(".gitattributes rule removed", 1, rule_removed),
    kind(".gitattributes rules reordered", 1, rules_reordered),
];

fn added(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    ignore_lines(tree, rng, |tree, folder, lines, rng| {
        let files: Vec<String> = tree.checkout(folder).into_keys().collect();
        let pattern = ignore::pattern(&files, rng);
        let at = rng.usize(lines.len().min(1)..=lines.len());
        lines.insert(at, pattern.clone());
        Some(format!("{pattern:?} as line {}", at + 1))
    })
}

fn removed(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    ignore_lines(tree, rng, |_, _, lines, rng| {
        let at = rng.choice(0..lines.len())?;
        Some(format!("{:?}", lines.remove(at)))
    })
}

fn reordered(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    ignore_lines(tree, rng, |_, _, lines, rng| {
        let (one, other) = (rng.choice(0..lines.len())?, rng.choice(0..lines.len())?);
        lines.swap(one, other);
        Some(format!("{:?} <-> {:?}", lines[other], lines[one]))
    })
}

fn negated(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    ignore_lines(tree, rng, |_, _, lines, rng| {
        let at = rng.choice(0..lines.len())?;
        let old = lines[at].clone();
        // An exclamation mark by itself is an error, and so is what only looks like a pattern.
        let pattern = old.trim_start_matches('!').trim();
        if pattern.is_empty() || old.starts_with(['#', '\u{feff}']) {
            return None;
        }
        lines[at] = if old.starts_with('!') { pattern.to_owned() } else { format!("!{pattern}") };
        Some(format!("{old:?} -> {:?}", lines[at]))
    })
}

fn file_added(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let mut folders = all_folders(tree);
    folders.retain(|folder| !folder.contains('/'));
    let folder = if percent(rng, 50) { ".".to_owned() } else { rng.choice(folders)? };
    let path = join(&folder, ".dockerignore");
    if !tree.is_free(&path) {
        return None;
    }
    let text = ignore::ignore_file(tree, &folder, rng);
    tree.write(&path, Node::text(text));
    Some(path)
}

fn file_removed(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = rng.choice(ignore::files(tree))?;
    tree.remove(&path);
    Some(path)
}

fn file_linked(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = rng.choice(ignore::files(tree))?;
    let (folder, name) = split(&path);
    let node = tree.nodes.get(&path)?.clone();
    let beside = join(folder, "ignore.rules");
    if !tree.is_free(&beside) || !is_ignore_file(name) {
        return None;
    }
    tree.write(&beside, node);
    tree.write(&path, Node::Link("ignore.rules".to_owned()));
    Some(path)
}

fn rule_added(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let folder = if percent(rng, 70) { ".".to_owned() } else { rng.choice(all_folders(tree))? };
    let path = join(&folder, ".gitattributes");
    let text = tree.text(&path).unwrap_or_default();
    if text.is_empty() && !tree.is_free(&path) {
        return None;
    }
    let rule = attributes::rule(tree, rng);
    tree.write(&path, Node::text(format!("{text}{rule}\n")));
    Some(format!("{path}: {rule}"))
}

/// Changes the lines of a `.gitattributes`.
fn attribute_lines(
    tree: &mut Tree,
    rng: &mut fastrand::Rng,
    change: impl FnOnce(&mut Vec<String>, &mut fastrand::Rng) -> Option<String>,
) -> Option<String> {
    let files: Vec<String> =
        tree.nodes.keys().filter(|path| path.ends_with(".gitattributes")).cloned().collect();
    let path = rng.choice(files)?;
    let mut lines: Vec<String> = tree.text(&path)?.lines().map(str::to_owned).collect();
    let detail = change(&mut lines, rng)?;
    rewrite(tree, &path, |_| {
        Some(lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes())
    })?;
    Some(format!("{path}: {detail}"))
}

fn rule_removed(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    attribute_lines(tree, rng, |lines, rng| {
        let at = rng.choice(0..lines.len())?;
        Some(lines.remove(at))
    })
}

fn rules_reordered(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    attribute_lines(tree, rng, |lines, rng| {
        let (one, other) = (rng.choice(0..lines.len())?, rng.choice(0..lines.len())?);
        lines.swap(one, other);
        Some(format!("{:?} <-> {:?}", lines[other], lines[one]))
    })
}
