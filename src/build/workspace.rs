//! One build's paths, made absolute and checked to stay in the checkout.
//!
//! A commit can hold a link to `/etc` under the name of a context; a builder would follow it and send the
//! machine's files. BuildKit resolves links inside the context as in a chroot, so nothing legitimate is lost.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::checkout::join_inside;
use super::{Build, Checkout};
use crate::error::{Error, Place, Result};

/// What a named context is once its folder is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Context {
    /// A folder of the checkout.
    Folder(PathBuf),
    /// An image of a registry, without `docker-image://`.
    Image(String),
    /// An image of an OCI layout: the folder, and `@sha256:…` or `:TAG`.
    Layout(PathBuf, String),
    /// Anything else (git, http), as it was written.
    Other(String),
}

/// Where a build finds its files.
#[derive(Debug)]
pub(super) struct Workspace {
    /// The checkout's root.
    pub(super) root: PathBuf,
    /// The context.
    pub(super) context: PathBuf,
    /// The Dockerfile.
    pub(super) dockerfile: PathBuf,
    /// The named contexts.
    pub(super) contexts: BTreeMap<String, Context>,
}

impl Workspace {
    /// Finds the paths of a build in the checkout.
    pub(super) fn new(build: &Build, checkout: &Checkout) -> Result<Workspace> {
        let root = checkout.root();
        let contexts = build.contexts.iter().map(|(name, value)| {
            let context = Context::parse(value, root)?;
            if let Some(folder) = folder(value) {
                checkout.require(folder)?;
            }
            Ok((name.clone(), context))
        });
        checkout.require(&build.context)?;
        Ok(Workspace {
            root: root.to_owned(),
            context: inside(root, &build.context)?,
            dockerfile: inside(root, &build.dockerfile)?,
            contexts: contexts.collect::<Result<_>>()?,
        })
    }

    /// The ignore file that BuildKit would read: the Dockerfile's own, else the context's. buildah prefers a
    /// `.containerignore`, which the content hash knows nothing of, and has to be told.
    pub(super) fn ignore_file(&self) -> Option<PathBuf> {
        let mut own = OsString::from(&self.dockerfile);
        own.push(".dockerignore");
        [PathBuf::from(own), self.context.join(".dockerignore")].into_iter().find(|path| path.is_file())
    }
}

impl Context {
    fn parse(value: &str, root: &Path) -> Result<Context> {
        if let Some(image) = value.strip_prefix("docker-image://") {
            return Ok(Context::Image(image.to_owned()));
        }
        if let Some(rest) = value.strip_prefix("oci-layout://") {
            // `@` first: a digest holds a colon. Neither can be in the folder's name (`Repository::parse`).
            let split = rest.find('@').or_else(|| rest.rfind(':')).unwrap_or(rest.len());
            let (dir, name) = rest.split_at(split);
            return Ok(Context::Layout(absolute(Path::new(dir))?, name.to_owned()));
        }
        if let Some(folder) = folder(value) {
            return Ok(Context::Folder(inside(root, folder)?));
        }
        // Builders take everything else for a folder of the machine.
        if value.contains("://") || value.starts_with("git@") {
            return Ok(Context::Other(value.to_owned()));
        }
        Err(Error::invalid(format!("{value:?} is neither an image, a folder of the repository nor a URL"))
            .hint("write a folder as ./path"))
    }
}

/// The folder of the repository that a named context is, without `./`.
fn folder(value: &str) -> Option<&str> {
    if value == "." { Some("") } else { value.strip_prefix("./") }
}

/// A path that does not depend on the builder's working directory.
pub(super) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| {
        Error::unavailable("no absolute path").at(Place::file(path.display().to_string())).caused_by(error)
    })
}

/// A path of the repository in the checkout, as it was written, after a look at where its links lead.
fn inside(root: &Path, path: &str) -> Result<PathBuf> {
    let full = join_inside(root, path)?;
    let real = |path: &Path, shown: &str| {
        path.canonicalize().map_err(|error| {
            Error::invalid("not in the checkout of the commit")
                .at(Place::file(if shown.is_empty() { "." } else { shown }))
                .caused_by(error)
        })
    };
    if !real(&full, path)?.starts_with(real(root, "")?) {
        return Err(Error::invalid("a link that leads out of the repository").at(Place::file(path)));
    }
    Ok(full)
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn named_contexts_are_told_apart() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path();
        std::fs::create_dir_all(root.join(".hidden/a")).unwrap();
        std::os::unix::fs::symlink("/etc", root.join("out")).unwrap();
        std::os::unix::fs::symlink(".hidden", root.join("in")).unwrap();
        let parse = |value: &str| Context::parse(value, root).map_err(|error| error.message().to_owned());
        assert_eq!(parse("."), Ok(Context::Folder(root.to_owned())));
        for folder in [".hidden/a", "in", "in/a"] {
            assert_eq!(parse(&format!("./{folder}")), Ok(Context::Folder(root.join(folder))));
        }
        assert_eq!(parse("docker-image://a/b@sha256:1"), Ok(Context::Image("a/b@sha256:1".into())));
        let layout = |name: &str| Ok(Context::Layout("/x".into(), name.into()));
        assert_eq!(parse("oci-layout:///x@sha256:1"), layout("@sha256:1"));
        assert_eq!(parse("oci-layout:///x:v1"), layout(":v1"));
        assert_eq!(parse("oci-layout:///x"), layout(""));
        let url = "https://example.org/a.git#main";
        assert_eq!(parse(url), Ok(Context::Other(url.into())));
        for wrong in ["./out", "./out/ssl", "./../x", "./gone", "/etc", "etc", ""] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_dockerfiles_own_ignore_file_comes_first() {
        let temp = tempfile::tempdir().unwrap();
        let context = temp.path().to_owned();
        let workspace = Workspace {
            root: context.clone(),
            dockerfile: context.join("sub/Dockerfile"),
            context: context.clone(),
            contexts: BTreeMap::new(),
        };
        std::fs::create_dir(context.join("sub")).unwrap();
        std::fs::write(context.join(".containerignore"), "").unwrap();
        assert_eq!(workspace.ignore_file(), None);
        std::fs::write(context.join(".dockerignore"), "").unwrap();
        assert_eq!(workspace.ignore_file(), Some(context.join(".dockerignore")));
        std::fs::write(context.join("sub/Dockerfile.dockerignore"), "").unwrap();
        assert_eq!(workspace.ignore_file(), Some(context.join("sub/Dockerfile.dockerignore")));
    }
}
