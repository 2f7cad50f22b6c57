//! Images and files from outside the Dockerfile, and the named contexts that bring them (`NamedContext`).

use std::collections::BTreeMap;

use super::environment::Environment;
use super::{Context, Legacy, Origin, Parent, Request};
use crate::reference::ImageName;

/// An image or files from outside the Dockerfile.
#[derive(Debug, Clone)]
pub(super) struct Outside {
    /// What it is.
    pub(super) origin: Origin,
    /// What a stage built from it starts with.
    pub(super) environment: Environment,
    /// The triggers that fire in such a stage.
    pub(super) onbuild: Vec<String>,
    /// The external image's name, and whether a digest pins it.
    pub(super) external: Option<(String, bool)>,
    /// The image's name as it stands in the file, where no context replaces it and it is known.
    pub(super) name: Option<String>,
}

impl Outside {
    pub(super) fn new(origin: Origin, environment: Environment) -> Outside {
        Outside { origin, environment, onbuild: Vec::new(), external: None, name: None }
    }

    pub(super) fn scratch() -> Outside {
        Outside::new(Origin::Scratch, Environment::default())
    }

    pub(super) fn parent(parent: &Parent) -> Outside {
        let Parent { image, legacy } = parent;
        Outside {
            onbuild: legacy.onbuild.clone(),
            ..Outside::new(Origin::Parent(image.clone()), Environment::of(legacy))
        }
    }

    pub(super) fn external(origin: String, written: String, pinned: bool) -> Outside {
        Outside {
            external: Some((written, pinned)),
            ..Outside::new(Origin::Image(origin), Environment::external())
        }
    }

    /// What a target that it replaces leaves to images built from it.
    pub(super) fn legacy(&self) -> Legacy {
        self.environment.legacy()
    }
}

/// The named context for a name. Both are compared completed, as `FamiliarString` without `:latest` is.
pub(super) fn of_name(request: &Request, name: &str) -> Option<Outside> {
    let full = ImageName::parse(name);
    let same = |key: &str| key == name || full.is_some() && ImageName::parse(key) == full;
    let (key, context) = request.contexts.iter().find(|(key, _)| same(key))?;
    Some(of_context(key, context))
}

/// What each named context is.
pub(super) fn configured(request: &Request) -> BTreeMap<String, Origin> {
    request.contexts.iter().map(|(key, context)| (key.clone(), of_context(key, context).origin)).collect()
}

pub(super) fn of_context(key: &str, context: &Context) -> Outside {
    match context {
        Context::Parent(parent) => Outside::parent(parent),
        Context::Image(image) => {
            let image = image.strip_prefix("docker-image://").unwrap_or(image);
            if image == "scratch" {
                return Outside::scratch();
            }
            let full = ImageName::parse(image);
            let pinned = full.as_ref().is_some_and(|full| full.digest.is_some());
            let origin = full.map_or_else(|| image.to_owned(), |full| full.to_string());
            Outside::external(origin, image.to_owned(), pinned)
        }
        // An address may turn out to be an image with an environment of its own.
        Context::Files | Context::Remote => {
            Outside::new(Origin::Context(key.to_owned()), Environment::external())
        }
    }
}
