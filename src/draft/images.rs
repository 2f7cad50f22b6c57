//! Dockerfiles to images: which of them are the project's, and which folder each is built in.

use std::collections::BTreeMap;

use bstr::ByteSlice as _;

use super::{Drafted, LeftOut, Why, is_definition, is_plain, names, toml};
use crate::config::{self, Image, ImageId, detect};
use crate::dockerfile::{self, Readings, Request};
use crate::error::{Error, Errors, Kind, Place, Result};
use crate::project::{self, Assessed, Defined, Snapshot};
use crate::tree::{Id, Objects, Tree};

/// Folders whose Dockerfiles are hardly ever images of the project.
const FOLDERS_ASIDE: [&str; 12] = [
    "example",
    "examples",
    "sample",
    "samples",
    "test",
    "tests",
    "demo",
    "demos",
    "binder",
    ".binder",
    ".devcontainer",
    ".github",
];

/// What there is.
pub(super) struct Found {
    pub(super) images: Vec<Drafted>,
    pub(super) left_out: Vec<LeftOut>,
    /// Files at the root that define images for other programs.
    pub(super) definitions: Vec<String>,
}

/// Finds the images of a tree.
pub(super) fn find(objects: &dyn Objects, root: &Id) -> Result<Found, Errors> {
    let tree = objects.tree(root)?;
    let definitions = tree.iter().filter_map(|entry| entry.name.to_str().ok());
    let definitions = definitions.filter(|name| is_definition(name)).map(str::to_owned).collect();
    let own = detect::images(&tree).pop().or_else(|| containerfile(&tree));
    let all: Vec<String> =
        detect::everywhere(objects, root)?.into_iter().map(|found| found.dockerfile).collect();
    let (beside, all): (Vec<String>, Vec<String>) =
        all.iter().cloned().partition(|path| is_beside(path, &all));
    // The one at the root is the own image, under either of its names.
    let is_own = |path: &String| {
        path.eq_ignore_ascii_case("Dockerfile") || own.as_ref().is_some_and(|own| own.place.file == *path)
    };
    let all = all.into_iter().filter(|path| own.is_none() || !is_own(path));
    let (aside, ours): (Vec<String>, Vec<String>) = all.partition(|path| is_aside(path));
    let (ours, aside) = if ours.is_empty() && own.is_none() { (aside, Vec::new()) } else { (ours, aside) };
    if ours.is_empty() && own.is_none() {
        return Err(Error::invalid("there is no Dockerfile among the files that git tracks or would add")
            .hint("write one, then run `imgplan init` again; a Dockerfile at the root needs no configuration")
            .into());
    }
    let aside = aside.into_iter();
    let aside = aside.map(|dockerfile| LeftOut { dockerfile, why: Why::Aside, table: String::new() });
    let mut left_out: Vec<LeftOut> = aside.chain(beside.into_iter().map(left_beside)).collect();
    let mut images = Vec::new();
    let mut failures = Errors::default();
    let named = names::names(&ours, own.is_some());
    let own = own.map(|image| vec![image]).into_iter();
    let tries = own.chain(named.into_iter().zip(&ours).map(|(id, path)| candidates(&id, path)));
    for candidates in tries {
        let path = candidates.first().map(|image| image.place.file.clone()).unwrap_or_default();
        match first_that_works(objects, root, &candidates)? {
            Ok(image) => images.push(image),
            Err(errors) => {
                let reason = errors.0.first().map(ToString::to_string).unwrap_or_default();
                let table = candidates.first().map(toml::table).unwrap_or_default();
                left_out.push(LeftOut { dockerfile: path, why: Why::Fails(reason), table });
                failures.extend(errors.0);
            }
        }
    }
    if images.is_empty() {
        return Err(
            failures.or_hint("what is not committed but made before the build is named by `generated`")
        );
    }
    left_out.sort_by(|a, b| a.dockerfile.cmp(&b.dockerfile));
    Ok(Found { images, left_out, definitions })
}

/// At the root, where there is no Dockerfile.
fn containerfile(root: &Tree) -> Option<Image> {
    let name = detect::CONTAINERFILE;
    detect::has_containerfile(root).then(|| Image {
        dockerfile: Some(name.to_owned()),
        ..Image::default_for(ImageId::Own, Place::file(name))
    })
}

/// A `Containerfile` in a folder that has a `Dockerfile`, too: the same image for another builder, as a rule.
fn is_beside(path: &str, all: &[String]) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    name == detect::CONTAINERFILE
        && all.iter().any(|other| {
            let (there, name) = other.rsplit_once('/').unwrap_or(("", other));
            there == folder && name.eq_ignore_ascii_case("Dockerfile")
        })
}

fn left_beside(dockerfile: String) -> LeftOut {
    let why = Why::Fails(format!("{dockerfile}: there is a Dockerfile beside it, which is taken"));
    let line = format!("dockerfile = {}\n", toml::quoted(&dockerfile));
    LeftOut { dockerfile, why, table: line }
}

fn is_aside(path: &str) -> bool {
    path.split('/').rev().skip(1).any(|folder| FOLDERS_ASIDE.contains(&folder.to_lowercase().as_str()))
}

/// The image of a Dockerfile, in its own folder and in each above it.
fn candidates(id: &ImageId, path: &str) -> Vec<Image> {
    let mut folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let own = folder;
    let mut images = Vec::new();
    loop {
        let mut image = Image::default_for(id.clone(), Place::file(path));
        // Only what differs from the defaults.
        image.context = (folder != own || is_plain(path)).then(|| folder.to_owned());
        image.dockerfile = (folder != own || !is_plain(path)).then(|| path.to_owned());
        images.push(image);
        if folder.is_empty() {
            return images;
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

/// The first context in which all is there that the Dockerfile copies, and something more than Dockerfiles is copied.
/// Where no context is right, what is wrong in the first.
fn first_that_works(
    objects: &dyn Objects,
    root: &Id,
    candidates: &[Image],
) -> Result<Result<Drafted, Errors>, Errors> {
    let mut first: Option<Result<Drafted, Errors>> = None;
    for image in candidates {
        match assess(objects, root, image)? {
            Ok(assessed) if copies_nothing_of_its_own(&assessed) => {
                if !matches!(first, Some(Ok(_))) {
                    first = Some(drafted(image, &assessed));
                }
            }
            Ok(assessed) => return Ok(drafted(image, &assessed)),
            Err(errors) => {
                first.get_or_insert(Err(errors));
            }
        }
    }
    Ok(first.unwrap_or_else(|| Err(Errors::default())))
}

/// `COPY . .` in a folder that holds nothing but Dockerfiles: another folder is meant.
fn copies_nothing_of_its_own(assessed: &Assessed) -> bool {
    let name =
        |path: &bstr::BStr| path.rsplit_str("/").next().unwrap_or_default().to_str_lossy().into_owned();
    let dull = |name: &str| detect::kind(name).is_some() || name.ends_with("ignore");
    !assessed.reading.reads.is_empty()
        && assessed.inputs.files.iter().all(|file| dull(&name(&assessed.inputs.repository_path(&file))))
}

fn drafted(image: &Image, assessed: &Assessed) -> Result<Drafted, Errors> {
    let request = Request { file: assessed.located.dockerfile_shown.clone(), ..Request::default() };
    let names = dockerfile::image_names(&assessed.located.dockerfile_bytes, &request)?;
    Ok(Drafted {
        image: image.clone(),
        dockerfile: assessed.located.dockerfile_shown.clone(),
        takes: names.into_keys().collect(),
        parents: Vec::new(),
        perhaps: Vec::new(),
    })
}

/// What a build of one image reads; what only other images could tell is not looked at.
fn assess(objects: &dyn Objects, root: &Id, image: &Image) -> Result<Result<Assessed, Errors>, Errors> {
    let defined = Defined { image: image.clone(), name: image.id.to_string(), known_as: Vec::new() };
    let readings = Readings::default();
    let snapshot = Snapshot { objects, tree: *root, is_commit_tag: &|_| false, readings: &readings };
    let mut project = project::assess(snapshot, &[defined], &|_| true);
    match project.images.pop() {
        Some(assessed) => Ok(Ok(assessed)),
        None if project.errors.kind() == Some(Kind::Unavailable) => Err(project.errors),
        None => Ok(Err(project.errors)),
    }
}

/// Reads a drafted file as imgplan will: the first image that is wrong in it, and why.
pub(super) fn check(
    objects: &dyn Objects,
    root: &Id,
    text: &str,
) -> Result<Option<(ImageId, String)>, Errors> {
    let config = match config::parse("imgplan.toml", text, std::path::Path::new("")) {
        Ok(config) => config,
        Err(errors) => {
            return Ok(errors.0.first().map(|error| (named(error.place()), error.message().to_owned())));
        }
    };
    let defined = |image: &Image| {
        let name = match &image.id {
            ImageId::Own => config::OWN_NAME.to_owned(),
            ImageId::Named(name) => name.clone(),
        };
        Defined { image: image.clone(), name, known_as: Vec::new() }
    };
    let definitions: Vec<Defined> = config.images.iter().map(defined).collect();
    let readings = Readings::default();
    let snapshot = Snapshot { objects, tree: *root, is_commit_tag: &|_| false, readings: &readings };
    let project = project::assess(snapshot, &definitions, &|_| true);
    if project.errors.kind() == Some(Kind::Unavailable) {
        return Err(project.errors);
    }
    let done: BTreeMap<&str, ()> =
        project.images.iter().map(|image| (image.defined.name.as_str(), ())).collect();
    // Definitions are parents first, so the first one that failed did so by itself.
    let failed = definitions.iter().find(|defined| !done.contains_key(defined.name.as_str()));
    let reason = project.errors.0.first().map(ToString::to_string).unwrap_or_default();
    Ok(failed.map(|defined| (defined.image.id.clone(), reason)))
}

/// The image of a place in a configuration.
fn named(place: Option<&Place>) -> ImageId {
    let key = place.and_then(|place| place.key.as_deref()).unwrap_or("");
    match key.strip_prefix("images.") {
        Some(rest) => ImageId::Named(rest.split('.').next().unwrap_or_default().trim_matches('"').to_owned()),
        None => ImageId::Own,
    }
}
