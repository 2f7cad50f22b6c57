//! What there is without a configuration: a Dockerfile at the root is the project's own image.
//!
//! Pure: it looks at the entries of a commit's root and must not know where they come from.

use bstr::ByteSlice;

use crate::config::{Image, ImageId};
use crate::error::Place;
use crate::tree::{Mode, Tree};

/// The names of a default Dockerfile, the one that wins first (BuildKit, `dockerui`, `ReadEntrypoint`).
const DOCKERFILES: &[&str] = &["Dockerfile", "dockerfile"];

/// The images of a repository without image tables: its own one, if there is a Dockerfile at the root.
/// A link counts; whoever reads the Dockerfile follows it.
pub fn images(root: &Tree) -> Vec<Image> {
    let readable = |mode: Mode| mode.is_file() || mode == Mode::Symlink;
    let found = DOCKERFILES
        .iter()
        .find(|name| root.find(name.as_bytes().as_bstr()).is_some_and(|entry| readable(entry.mode)));
    // The key `dockerfile` stays unset: it is the default one, for which BuildKit has rules of its own.
    found.map(|name| Image::default_for(ImageId::Own, Place::file(*name))).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Memory, Objects};

    fn found(files: &[&str]) -> Option<String> {
        let (objects, root) = Memory::new(files.iter().map(|file| (file, "")));
        let entries = objects.tree(&root).ok()?;
        let images = images(&entries);
        assert!(images.len() <= 1);
        let image = images.first()?;
        assert_eq!((&image.id, &image.dockerfile, &image.context), (&ImageId::Own, &None, &None));
        Some(image.place.file.clone())
    }

    #[test]
    fn a_dockerfile_at_the_root_is_the_own_image() {
        for (files, expected) in [
            (&["Dockerfile"][..], Some("Dockerfile")),
            (&["Dockerfile*"], Some("Dockerfile")),
            (&["Dockerfile@"], Some("Dockerfile")),
            (&["dockerfile", "README"], Some("dockerfile")),
            (&["Dockerfile", "dockerfile"], Some("Dockerfile")),
            (&["Dockerfile/x", "dockerfile"], Some("dockerfile")),
            (&["Dockerfile^"], None),
            (&["Dockerfile/x"], None),
            (&["a/Dockerfile", "DOCKERFILE", "Dockerfile.dev"], None),
            (&[], None),
        ] {
            assert_eq!(found(files).as_deref(), expected, "{files:?}");
        }
    }
}
