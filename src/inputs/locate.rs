//! Where an image's context, Dockerfile and ignore file are in a commit.
//!
//! Defaults of the configuration: the context is the given Dockerfile's folder, else the root; the Dockerfile is the
//! context's own, else the root's. Which ignore file applies is BuildKit's `frontend/dockerui/context.go`.

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use crate::config::Image;
use crate::error::{Error, Errors, Place, Result};
use crate::ignore::Ignore;
use crate::tree::{self, Id, Mode, Objects};

/// An image's files, found.
#[derive(Debug, Clone)]
pub struct Located {
    /// The context's folder from the repository's root, empty for the root.
    pub context: BString,
    /// Its tree.
    pub context_id: Id,
    /// The Dockerfile's path from the repository's root, as configured or found.
    pub dockerfile: BString,
    /// The same for people.
    pub dockerfile_shown: String,
    /// The path of the file behind it, where it is a link; else the same.
    pub dockerfile_real: BString,
    /// What stands at that path: a file, or a link to one.
    pub dockerfile_mode: Option<Mode>,
    /// Its blob (that of the file behind it, where it is a link).
    pub dockerfile_id: Id,
    /// Its bytes.
    pub dockerfile_bytes: Arc<Vec<u8>>,
    /// The patterns of the ignore file that applies.
    pub ignore: Arc<Ignore>,
    /// The ignore file for people, `.dockerignore` where there is none.
    pub ignore_shown: String,
}

/// A named context that is a folder of the repository.
#[derive(Debug, Clone)]
pub struct Folder {
    /// From the repository's root.
    pub path: BString,
    /// Its tree.
    pub id: Id,
    /// Its own `.dockerignore`.
    pub ignore: Arc<Ignore>,
}

/// Finds an image's files.
pub fn locate(objects: &dyn Objects, repository: &Id, image: &Image) -> Result<Located, Errors> {
    let given = image.dockerfile.as_deref();
    let context = match (&image.context, given) {
        (Some(context), _) => context.clone(),
        (None, Some(dockerfile)) => parent(dockerfile).to_owned(),
        (None, None) => String::new(),
    };
    let place = |key: &str| image.places.get(key).unwrap_or(&image.place).clone();
    let (context, context_id) = open_folder(objects, repository, &context, &place("context"))?;
    let dockerfile = match given {
        Some(path) => read_file(objects, repository, path.into())?.ok_or_else(|| {
            Error::invalid(format!("there is no file {path} in this commit"))
                .at(place("dockerfile"))
                .hint("`dockerfile` is a path from the repository's root")
        })?,
        None => find_dockerfile(objects, repository, &context, image)?,
    };
    let (ignore, ignore_shown) = find_ignore(objects, repository, &context, &dockerfile.path)?;
    Ok(Located {
        context,
        context_id,
        dockerfile_mode: tree::lookup(objects, repository, dockerfile.path.as_bstr())?
            .map(|entry| entry.mode),
        dockerfile_shown: dockerfile.path.to_str_lossy().into_owned(),
        dockerfile: dockerfile.path,
        dockerfile_real: dockerfile.real,
        dockerfile_id: dockerfile.id,
        dockerfile_bytes: dockerfile.bytes,
        ignore: Arc::new(ignore),
        ignore_shown,
    })
}

/// Opens a named context.
pub fn folder(objects: &dyn Objects, repository: &Id, path: &str, place: &Place) -> Result<Folder, Errors> {
    let (path, id) = open_folder(objects, repository, path, place)?;
    let ignore = match read_file(objects, repository, below(path.as_bstr(), ".dockerignore").as_bstr())? {
        Some(file) => Ignore::parse(&file.path.to_str_lossy(), &file.bytes)?,
        None => Ignore::default(),
    };
    Ok(Folder { path, id, ignore: Arc::new(ignore) })
}

struct File {
    path: BString,
    /// Behind all links.
    real: BString,
    id: Id,
    bytes: Arc<Vec<u8>>,
}

/// The folder at a path, through links; it is an error where there is none.
pub(super) fn open_folder(
    objects: &dyn Objects,
    repository: &Id,
    path: &str,
    place: &Place,
) -> Result<(BString, Id)> {
    match tree::follow(objects, repository, path.into())? {
        Some((path, entry)) if entry.mode == Mode::Folder => Ok((path, entry.id)),
        Some((_, entry)) if entry.mode == Mode::Submodule => {
            Err(Error::invalid(format!("{path} is a submodule: its files are in another repository"))
                .at(place.clone())
                .hint("plan that image in the submodule's own repository"))
        }
        Some(_) => Err(Error::invalid(format!("{path} is a file, not a folder")).at(place.clone())),
        None => Err(Error::invalid(format!("there is no folder {path} in this commit"))
            .at(place.clone())
            .hint("folders are paths from the repository's root")),
    }
}

/// The file at a path, through links; `None` if there is none.
fn read_file(objects: &dyn Objects, repository: &Id, path: &BStr) -> Result<Option<File>> {
    match tree::follow(objects, repository, path)? {
        Some((real, entry)) if entry.mode.is_file() => {
            Ok(Some(File { path: path.into(), real, id: entry.id, bytes: objects.blob(&entry.id)? }))
        }
        _ => Ok(None),
    }
}

fn find_dockerfile(
    objects: &dyn Objects,
    repository: &Id,
    context: &BString,
    image: &Image,
) -> Result<File, Errors> {
    let folders: &[&BStr] =
        if context.is_empty() { &[BStr::new("")] } else { &[context.as_bstr(), BStr::new("")] };
    for folder in folders {
        for name in ["Dockerfile", "dockerfile"] {
            let path = below(folder, name);
            if let Some(file) = read_file(objects, repository, path.as_bstr())? {
                return Ok(file);
            }
            if tree::lookup(objects, repository, path.as_bstr())?
                .is_some_and(|entry| entry.mode == Mode::Symlink)
            {
                return Err(Error::invalid("a symbolic link to what is no file in this commit")
                    .at(Place::file(path.to_str_lossy()))
                    .hint("commit the file itself, or a link to a file of the repository")
                    .into());
            }
        }
    }
    let where_to =
        if context.is_empty() { "the root".to_owned() } else { format!("{context} nor in the root") };
    Err(Error::invalid(format!("there is no Dockerfile in {where_to} of this commit"))
        .at(image.place.clone())
        .hint("name it: dockerfile = \"path/to/Dockerfile\"")
        .into())
}

/// `<Dockerfile>.dockerignore` beats `.dockerignore` in the context.
fn find_ignore(
    objects: &dyn Objects,
    repository: &Id,
    context: &BString,
    dockerfile: &BString,
) -> Result<(Ignore, String), Errors> {
    let own = BString::from([dockerfile.as_slice(), b".dockerignore"].concat());
    for path in [own, below(context.as_bstr(), ".dockerignore")] {
        if let Some(file) = read_file(objects, repository, path.as_bstr())? {
            let shown = path.to_str_lossy().into_owned();
            return Ok((Ignore::parse(&shown, &file.bytes)?, shown));
        }
    }
    Ok((Ignore::default(), ".dockerignore".to_owned()))
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn below(folder: &BStr, name: &str) -> BString {
    if folder.is_empty() { name.into() } else { BString::from(format!("{folder}/{name}").into_bytes()) }
}
