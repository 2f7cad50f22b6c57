//! What `imgplan init` writes: a configuration that says of a project's images only what imgplan would not find by
//! itself, and the CI file of a platform.
//!
//! Each Dockerfile of the working tree is tried as a build would read it, so that what is written passes `imgplan check`;
//! what does not is left out, with the reason in a comment. Pure but for reads through [`Objects`]: it must not know where
//! files are written, nor what is there already.

pub mod ci;
mod images;
mod names;
mod official;
mod parents;
pub mod pipeline;
mod toml;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;

use crate::config::detect;
use crate::config::{Image, ImageId};
use crate::error::{Errors, Result};
use crate::reference::{ImageName, Repository};
use crate::tree::{Id, Objects};

/// What is known of the project besides its files.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// `--repository`, which is written.
    pub repository: Option<String>,
    /// Where the images are without it, and a clause that says how that is known; else nothing is.
    pub found: Option<(String, String)>,
    /// All places where the project's images could belong.
    pub homes: Vec<Repository>,
    /// Who owns the project, by the remote `origin`: the first part of its path, in lower case.
    pub owner: Option<String>,
}

/// What was found, and the file that says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The images, parents first, by name; the project's own one is [`crate::config::OWN_NAME`].
    pub images: Vec<String>,
    /// Dockerfiles that were left out.
    pub left_out: Vec<LeftOut>,
    /// `imgplan.toml`; nothing where the defaults say the same.
    pub text: Option<String>,
}

/// A Dockerfile that is no image of the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its path.
    pub dockerfile: String,
    /// Why.
    pub why: Why,
    /// The table that it would have.
    table: String,
}

/// Why a Dockerfile is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It looks like an example or a test.
    Aside,
    /// It cannot be read, or not from any folder: an error with its place.
    Fails(String),
}

/// An image with what its table says.
#[derive(Debug, Clone)]
struct Drafted {
    image: Image,
    /// The path of its Dockerfile.
    dockerfile: String,
    /// External images that its build takes from, as they are written.
    takes: Vec<String>,
    /// What a `FROM` names, and the image of the project that is meant.
    parents: Vec<(String, ImageId)>,
    /// The same, where that is not certain.
    perhaps: Vec<(String, ImageId)>,
}

/// Drafts the configuration of a working tree.
///
/// # Errors
/// There is no Dockerfile, or none can be built: then all reasons.
pub fn draft(objects: &dyn Objects, root: &Id, facts: &Facts) -> Result<Draft, Errors> {
    let found = images::find(objects, root)?;
    let (mut drafted, mut left_out) = (found.images, found.left_out);
    let prefixes = parents::find(&mut drafted, facts);
    // What was tried alone is tried together, and what fails is left out until the rest stands.
    loop {
        parents::first(&mut drafted);
        let text = toml::configuration(&drafted, &left_out, &found.definitions, &prefixes, facts);
        match images::check(objects, root, &text)? {
            None => {
                let plain = drafted.len() == 1 && drafted.iter().all(|image| is_default(&image.image));
                let failed = left_out.iter().any(|left| left.why != Why::Aside);
                let text = Some(text).filter(|_| !plain || failed || facts.repository.is_some());
                let images = drafted.iter().map(|image| toml::name(&image.image.id).to_owned()).collect();
                return Ok(Draft { images, left_out, text });
            }
            Some((id, reason)) => {
                let Some(index) = drafted.iter().position(|image| image.image.id == id) else {
                    return Err(crate::error::Error::invalid(reason).into());
                };
                let Drafted { image, dockerfile, .. } = drafted.remove(index);
                left_out.push(LeftOut { dockerfile, why: Why::Fails(reason), table: toml::table(&image) });
                for image in &mut drafted {
                    image.parents.retain(|(_, parent)| *parent != id);
                    image.perhaps.retain(|(_, parent)| *parent != id);
                }
            }
        }
    }
}

/// Whether imgplan finds the image without a configuration.
fn is_default(image: &Image) -> bool {
    image.id == ImageId::Own && image.context.is_none() && image.dockerfile.is_none()
}

/// An external image that could be one of the project: no digest, and no tag but the default one.
fn could_be_ours(written: &str) -> Option<ImageName> {
    let name = ImageName::parse(written)?;
    (name.digest.is_none() && name.tag.as_deref() == Some("latest")).then_some(name)
}

/// Files that say how images are built, for other programs.
fn is_definition(name: &str) -> bool {
    const NAMES: [&str; 8] = [
        "compose.yaml",
        "compose.yml",
        "docker-compose.yaml",
        "docker-compose.yml",
        "docker-bake.hcl",
        "docker-bake.json",
        "docker-bake.override.hcl",
        "docker-bake.override.json",
    ];
    NAMES.contains(&name)
}

/// The names of Dockerfiles that need not be named.
fn is_plain(dockerfile: &str) -> bool {
    let name = dockerfile.rsplit('/').next().unwrap_or(dockerfile);
    name == "Dockerfile" && detect::kind(name).is_some()
}
