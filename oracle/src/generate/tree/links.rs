//! Symbolic links of a tree: where one may point, and where one leads.

use std::collections::BTreeMap;

use super::{Entry, Tree, ignore, join, names, parents, percent, split};

/// A place for a new link, and its target: a file, a folder or another link, relative or absolute; rarely nothing,
/// itself, or a file that is ignored.
pub(super) fn link(tree: &Tree, rng: &mut fastrand::Rng) -> Option<(String, String)> {
    let folder = if percent(rng, 50) { ".".to_owned() } else { rng.choice(all_folders(tree))? };
    let name = rng.choice(["link", "link.txt", "current", "latest"])?;
    let path = join(&folder, name);
    if !tree.is_free(&path) {
        return None;
    }
    let target = target(tree, &path, rng)?;
    Some((path, target))
}

/// A target for the link at `path`.
pub(super) fn target(tree: &Tree, path: &str, rng: &mut fastrand::Rng) -> Option<String> {
    let (folder, name) = split(path);
    let checkout = tree.checkout(".");
    let files = || checkout.keys().filter(|file| *file != path).cloned().collect::<Vec<_>>();
    // In the same top-level folder where there is one, so that the link leads somewhere in that folder's context.
    let top = parents(path).next().unwrap_or(".");
    let near = tree.checkout(top).into_keys().filter(|file| join(top, file) != path).collect::<Vec<_>>();
    Some(match rng.u32(..100) {
        0..40 => relative(folder, &join(top, &rng.choice(near)?)),
        40..50 => relative(folder, &rng.choice(files())?),
        50..65 => relative(folder, &rng.choice(all_folders(tree))?),
        65..75 => format!("/{}", rng.choice(near)?),
        75..79 => format!("/{}", rng.choice(files())?),
        // Too many steps up: they end at the root of the context.
        79..83 => format!("../../../../../../../{}", rng.choice(near)?),
        83..92 => {
            let links = checkout.iter().filter(|(_, entry)| matches!(entry, Entry::Link(_)));
            relative(folder, rng.choice(links.map(|(path, _)| path).collect::<Vec<_>>())?)
        }
        92..95 => relative(folder, &rng.choice(ignore::ignored(tree))?),
        95..97 => format!("./{}", relative(folder, &rng.choice(files())?)),
        97..99 => join("gone", names::file(rng)),
        _ => name.to_owned(),
    })
}

/// The path of a target as a link in `folder` has to spell it.
fn relative(folder: &str, target: &str) -> String {
    let mut from: Vec<&str> = if folder == "." { Vec::new() } else { folder.split('/').collect() };
    let mut to: Vec<&str> = target.split('/').collect();
    while to.len() > 1 && from.first() == to.first() {
        from.remove(0);
        to.remove(0);
    }
    let mut parts = vec![".."; from.len()];
    parts.extend(to);
    parts.join("/")
}

/// Where a path ends when all links on the way are followed, in a root that nothing leaves; nowhere, if they go round
/// in circles.
pub(super) fn resolve(checkout: &BTreeMap<String, Entry<'_>>, path: &str) -> Option<String> {
    let mut rest: Vec<&str> = path.rsplit('/').collect();
    let mut done: Vec<&str> = Vec::new();
    let mut hops = 0;
    while let Some(part) = rest.pop() {
        match part {
            "" | "." => continue,
            ".." => {
                done.pop();
                continue;
            }
            _ => done.push(part),
        }
        if let Some(&Entry::Link(target)) = checkout.get(&done.join("/")) {
            hops += 1;
            if hops > 20 {
                return None;
            }
            done.pop();
            if target.starts_with('/') {
                done.clear();
            }
            rest.extend(target.rsplit('/'));
        }
    }
    Some(done.join("/"))
}

/// Every folder of the tree, submodules and what is ignored included.
pub(super) fn all_folders(tree: &Tree) -> Vec<String> {
    let mut folders: Vec<String> = tree
        .checkout(".")
        .keys()
        .flat_map(|path| parents(path).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    folders.sort();
    folders.dedup();
    folders
}
