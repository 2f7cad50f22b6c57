//! Which `FROM` of the project means another image of the project.
//!
//! A wrong guess would build an image on the wrong one, so a name alone is only taken where nothing else could be meant;
//! what may be is written as a comment.

use std::collections::BTreeSet;

use super::official::is_official;
use super::{Drafted, Facts, could_be_ours};
use crate::config::ImageId;
use crate::reference::{ImageName, Repository};

/// Finds the parents of all images, certain ones and others; and where the certain ones are by their names, besides the
/// places that are known.
pub(super) fn find(images: &mut [Drafted], facts: &Facts) -> BTreeSet<String> {
    let ids: Vec<ImageId> = images.iter().map(|image| image.image.id.clone()).collect();
    let mut prefixes = BTreeSet::new();
    for index in 0..images.len() {
        for written in images[index].takes.clone() {
            let Some(name) = could_be_ours(&written) else { continue };
            let Some((parent, certain)) = meant(&name, &ids, facts) else { continue };
            if parent == ids[index] {
                continue;
            }
            if certain && !reaches(images, &parent, &ids[index]) {
                if let Some(prefix) = foreign(&name, facts) {
                    prefixes.insert(prefix);
                }
                images[index].parents.push((written, parent));
            } else {
                images[index].perhaps.push((written, parent));
            }
        }
    }
    prefixes
}

/// The image of the project that a name could mean, and whether nothing else could be meant.
fn meant(name: &ImageName, ids: &[ImageId], facts: &Facts) -> Option<(ImageId, bool)> {
    for home in &facts.homes {
        for id in ids {
            let repository = match id {
                ImageId::Own => Some(home.clone()),
                // A name that makes no repository there is no image there.
                ImageId::Named(name) => home.join(name).ok(),
            };
            if repository.is_some_and(|repository| is_at(&repository, name)) {
                return Some((id.clone(), true));
            }
        }
    }
    let (above, last) = name.path.rsplit_once('/').unwrap_or(("", &name.path));
    let parent = ids.iter().find(|id| matches!(id, ImageId::Named(name) if name == last))?;
    let certain = match above {
        "library" if name.registry == "docker.io" => !is_official(last),
        // Deeper down it may as well be another project of the same owner.
        above => facts.owner.as_deref() == Some(above),
    };
    Some((parent.clone(), certain))
}

fn is_at(repository: &Repository, name: &ImageName) -> bool {
    matches!(repository, Repository::Remote { registry, path } if *registry == name.registry && *path == name.path)
}

/// The repository under which a parent stands, where none of the known places is it.
fn foreign(name: &ImageName, facts: &Facts) -> Option<String> {
    let (above, _) = name.path.rsplit_once('/')?;
    let bare = name.registry == "docker.io" && above == "library";
    let known = |home: &Repository| {
        matches!(home, Repository::Remote { registry, path }
        if *registry == name.registry && (name.path == *path || above == path))
    };
    (!bare && !facts.homes.iter().any(known)).then(|| format!("{}/{above}", name.registry))
}

/// Whether an image is built on another, so that the other cannot be built on it.
fn reaches(images: &[Drafted], from: &ImageId, to: &ImageId) -> bool {
    let mut left = vec![from.clone()];
    let mut seen = BTreeSet::new();
    while let Some(id) = left.pop() {
        if id == *to {
            return true;
        }
        let above = images.iter().find(|image| image.image.id == id);
        if seen.insert(id) {
            left.extend(above.iter().flat_map(|image| &image.parents).map(|(_, parent)| parent.clone()));
        }
    }
    false
}

/// Orders images so that parents stand first, else as they are.
pub(super) fn first(images: &mut Vec<Drafted>) {
    let mut left = std::mem::take(images);
    while !left.is_empty() {
        let waits = |image: &Drafted| {
            image.parents.iter().any(|(_, parent)| left.iter().any(|other| other.image.id == *parent))
        };
        let next = left.iter().position(|image| !waits(image)).unwrap_or(0);
        images.push(left.remove(next));
    }
}
