//! What there is without a configuration: a Dockerfile at the root is the project's own image.
//!
//! For a first look at a repository, every Dockerfile of it is one. Pure but for reads through [`Objects`].

use bstr::ByteSlice;

use crate::config::image::is_name;
use crate::config::{Image, ImageId};
use crate::error::{Place, Result};
use crate::tree::{Id, Mode, Objects, Tree};

/// The names of a default Dockerfile, the one that wins first (BuildKit, `dockerui`, `ReadEntrypoint`).
const DOCKERFILES: &[&str] = &["Dockerfile", "dockerfile"];

/// What buildah and podman build as well. Without a configuration it is no image, since BuildKit would not build it.
pub const CONTAINERFILE: &str = "Containerfile";

/// Whether there is a `Containerfile` at the root.
pub fn has_containerfile(root: &Tree) -> bool {
    let found = root.find(CONTAINERFILE.as_bytes().as_bstr());
    found.is_some_and(|entry| entry.mode.is_file() || entry.mode == Mode::Symlink)
}

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

/// A Dockerfile somewhere in the tree, taken for an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// A name that no other has.
    pub name: String,
    /// Its folder from the root.
    pub context: String,
    /// Its path from the root.
    pub dockerfile: String,
}

/// Folders whose Dockerfiles are somebody else's, or no images.
const ASIDE: [&str; 6] = ["node_modules", "vendor", "third_party", "3rdparty", "testdata", ".git"];

/// What `Dockerfile.NAME` is not: ignore files, programs that deal with Dockerfiles, texts about them, what one is made of.
const NO_DOCKERFILES: [&str; 20] = [
    ".containerignore",
    ".dockerignore",
    ".bak",
    ".go",
    ".html",
    ".in",
    ".j2",
    ".java",
    ".js",
    ".json",
    ".md",
    ".orig",
    ".py",
    ".rb",
    ".rs",
    ".sh",
    ".template",
    ".tmpl",
    ".ts",
    ".txt",
];

/// Every Dockerfile of a tree: `Dockerfile`, `Dockerfile.NAME`, `NAME.Dockerfile`, and `Containerfile` likewise. A guess, for whoever only wants to
/// see what there would be.
pub fn everywhere(objects: &dyn Objects, root: &Id) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut left = vec![(String::new(), *root)];
    while let Some((folder, id)) = left.pop() {
        for entry in objects.tree(&id)?.iter() {
            // What is not text cannot be written into a configuration.
            let Ok(name) = entry.name.to_str() else { continue };
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            match entry.mode {
                Mode::Folder if !ASIDE.contains(&name) => left.push((path, entry.id)),
                mode if mode.is_file() => {
                    if let Some(name) = image_name(name, &folder) {
                        found.push(Found { name, context: folder.clone(), dockerfile: path });
                    }
                }
                _ => {}
            }
        }
    }
    found.sort_by(|a, b| a.dockerfile.cmp(&b.dockerfile));
    for index in 0..found.len() {
        let taken = |name: &str| found[..index].iter().any(|other| other.name == name);
        if taken(&found[index].name) {
            let whole = slug(&found[index].dockerfile);
            let numbered = (2..).map(|number| format!("{whole}-{number}"));
            let free = std::iter::once(whole.clone()).chain(numbered).find(|name| !taken(name));
            found[index].name = free.unwrap_or(whole);
        }
    }
    Ok(found)
}

/// The same as an `imgplan.toml`.
pub fn configuration(found: &[Found]) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let table = |image: &Found| {
        format!(
            "[images.{}]\ncontext = {}\ndockerfile = {}\n",
            quoted(&image.name),
            quoted(if image.context.is_empty() { "." } else { &image.context }),
            quoted(&image.dockerfile)
        )
    };
    found.iter().map(table).collect()
}

/// What the image of a file of that name would be called; none where the file is no Dockerfile.
fn image_name(file: &str, folder: &str) -> Option<String> {
    let name = match kind(file)? {
        kind if kind.is_empty() => {
            folder.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("image").to_lowercase()
        }
        kind => kind,
    };
    Some(slug(&name))
}

/// What a Dockerfile's own name says: `dev` of `Dockerfile.dev` and `dev.Dockerfile`, nothing of `Dockerfile`; none where
/// the file is no Dockerfile.
pub(crate) fn kind(file: &str) -> Option<String> {
    let lower = file.to_lowercase();
    if NO_DOCKERFILES.iter().any(|end| lower.ends_with(end)) {
        return None;
    }
    for word in ["dockerfile", "containerfile"] {
        let kind = match lower.strip_prefix(word) {
            Some("") => Some(String::new()),
            Some(rest) => rest.strip_prefix('.').map(str::to_owned),
            None => lower.strip_suffix(word).and_then(|rest| rest.strip_suffix('.')).map(str::to_owned),
        };
        if kind.is_some() {
            return kind;
        }
    }
    None
}

/// Lower case letters, digits and single dashes between them.
pub(crate) fn slug(text: &str) -> String {
    let plain = text.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let name = words.join("-");
    match name.as_str() {
        "" => "image".to_owned(),
        // Names inside a layout, and the project's own image.
        reserved if !is_name(reserved) => format!("image-{reserved}"),
        _ => name,
    }
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
