//! What the images of a project are called: after the folder, with as much of the path as sets them apart.

use crate::config::ImageId;
use crate::config::detect::{kind, slug};

/// Folders that say nothing of what is in them.
const DULL: [&str; 9] =
    ["docker", ".docker", "dockerfiles", "container", "containers", "build", "images", "deploy", "src"];

/// A name for each Dockerfile, none twice. The only image of a project is its own one where no folder gives it a name.
pub(super) fn names(paths: &[String], own: bool) -> Vec<ImageId> {
    let parts: Vec<Vec<String>> = paths.iter().map(|path| parts(path)).collect();
    if let ([only], [_], false) = (parts.as_slice(), paths, own)
        && only.is_empty()
    {
        return vec![ImageId::Own];
    }
    let below = |one: &[String], other: &[String]| one.split_last().is_some_and(|(_, above)| above == other);
    let mut lengths: Vec<usize> = parts
        .iter()
        .map(|one| if parts.iter().any(|other| !other.is_empty() && below(one, other)) { 2 } else { 1 })
        .collect();
    loop {
        let names: Vec<String> =
            parts.iter().zip(&lengths).map(|(parts, length)| joined(parts, *length)).collect();
        let twice = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
        let mut longer = lengths.clone();
        for ((length, parts), name) in longer.iter_mut().zip(&parts).zip(&names) {
            if twice(name) && *length < parts.len() {
                *length += 1;
            }
        }
        if longer == lengths {
            return numbered(names);
        }
        lengths = longer;
    }
}

/// What of a path says something, from the root on.
fn parts(path: &str) -> Vec<String> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let folders =
        folder.split('/').filter(|part| !part.is_empty() && !DULL.contains(&part.to_lowercase().as_str()));
    let kind = kind(file).filter(|kind| !kind.is_empty());
    folders.map(str::to_owned).chain(kind).collect()
}

fn joined(parts: &[String], length: usize) -> String {
    let last = parts.get(parts.len().saturating_sub(length)..).unwrap_or_default();
    if last.is_empty() { "app".to_owned() } else { slug(&last.join("-")) }
}

fn numbered(names: Vec<String>) -> Vec<ImageId> {
    let mut taken: Vec<String> = Vec::new();
    for name in &names {
        let again = (2..).map(|number| format!("{name}-{number}"));
        let free = std::iter::once(name.clone()).chain(again).find(|name| {
            // Not one that stands for another either.
            !taken.contains(name) && (name == &names[taken.len()] || !names.contains(name))
        });
        taken.push(free.unwrap_or_else(|| name.clone()));
    }
    taken.into_iter().map(ImageId::Named).collect()
}
