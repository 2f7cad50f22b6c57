//! The files that a Dockerfile reads of its own commit, with the contexts that it may have been written for.
//!
//! Nothing says which folder is the context of a Dockerfile in a clone, so the likely ones are tried in turn.

use std::collections::BTreeMap;

use anyhow::Result;
use imgplan::config::{Image, ImageId};
use imgplan::dockerfile::Reading;
use imgplan::error::{Error, Errors, Kind, Place};
use imgplan::inputs::{self, locate};
use imgplan::tree::{Id, Objects};

/// Where the files were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Inputs {
    /// With the Dockerfile's folder as the context.
    Own,
    /// With the repository's root.
    Root,
    /// With a folder between them.
    Between,
    /// With none of them: why not, with the one that lacks least.
    Nowhere(String),
}

/// Tries the Dockerfile's own folder, then the root, then what is between.
pub(super) fn find(
    (objects, tree): (&dyn Objects, &Id),
    path: &str,
    args: &BTreeMap<String, String>,
    reading: &Reading,
) -> Result<Inputs> {
    let mut nearest: Option<Vec<Error>> = None;
    for (context, place) in contexts(path) {
        let errors = match collect((objects, tree), path, context, args, reading) {
            Ok(()) => return Ok(place),
            Err(errors) => readable(errors)?,
        };
        if nearest.as_ref().is_none_or(|before| errors.len() < before.len()) {
            nearest = Some(errors);
        }
    }
    let first = nearest.unwrap_or_default().into_iter().next();
    Ok(Inputs::Nowhere(first.map_or_else(String::new, |error| error.message().to_owned())))
}

/// The likely contexts, the likeliest first.
fn contexts(path: &str) -> Vec<(&str, Inputs)> {
    let own = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut contexts = vec![(own, Inputs::Own)];
    if own.is_empty() {
        return contexts;
    }
    contexts.push(("", Inputs::Root));
    let mut folder = own;
    while let Some((above, _)) = folder.rsplit_once('/') {
        contexts.push((above, Inputs::Between));
        folder = above;
    }
    contexts
}

fn collect(
    (objects, tree): (&dyn Objects, &Id),
    path: &str,
    context: &str,
    args: &BTreeMap<String, String>,
    reading: &Reading,
) -> Result<(), Errors> {
    let mut image = Image::default_for(ImageId::Own, Place::file("imgplan.toml"));
    image.context = Some(context.to_owned());
    image.dockerfile = Some(path.to_owned());
    image.build_args = args.clone();
    let located = locate::locate(objects, tree, &image)?;
    inputs::collect(objects, tree, &image, &located, reading).map(drop)
}

/// What is wrong with the commit; an object that cannot be read says nothing of that, and is an error here.
fn readable(mut errors: Errors) -> Result<Vec<Error>> {
    match errors.0.iter().position(|error| error.kind() == Kind::Unavailable) {
        Some(index) => Err(errors.0.swap_remove(index).into()),
        None => Ok(errors.0),
    }
}
