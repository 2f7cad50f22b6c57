//! Names of targets: bake allows `[a-zA-Z0-9_-]+`, names of images have dots and slashes besides.

use std::collections::{BTreeMap, BTreeSet};

/// The target of each image. It depends on which images there are, not on which must be built: a script that names a
/// target finds it tomorrow.
#[derive(Debug)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// Images whose name is allowed as it is keep it; the others get the next free one.
    pub(super) fn new<'a>(images: impl Iterator<Item = &'a str> + Clone) -> Names {
        let mut taken: BTreeSet<String> = BTreeSet::from(["default".to_owned()]);
        let mut names = BTreeMap::new();
        for name in images.clone().filter(|name| is_allowed(name)) {
            taken.insert(name.to_owned());
            names.insert(name.to_owned(), name.to_owned());
        }
        let mut rest: Vec<&str> = images.filter(|name| !is_allowed(name)).collect();
        rest.sort_unstable();
        for name in rest {
            let mut target: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
            while target.is_empty() || !taken.insert(target.clone()) {
                target.push('_');
            }
            names.insert(name.to_owned(), target);
        }
        Names(names)
    }

    /// The target of an image; images that were not named at the start have none, and keep their name.
    pub(super) fn of<'a>(&'a self, image: &'a str) -> &'a str {
        self.0.get(image).map_or(image, String::as_str)
    }
}

/// `default` is the group of all.
fn is_allowed(name: &str) -> bool {
    !name.is_empty() && name != "default" && name.chars().all(is_plain)
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_has_a_target_of_its_own() {
        let images = ["a.b", "a/b", "a_b", "default", "default_", "my-app", "é"];
        let names = Names::new(images.into_iter());
        assert_eq!(
            images.map(|image| names.of(image)),
            ["a_b_", "a_b__", "a_b", "default__", "default_", "my-app", "_"]
        );
    }
}
