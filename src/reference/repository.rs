//! Where images live: a repository of a registry or a folder, and what is said about a name that is neither.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use super::{Digest, ImageName, Tag};
use crate::error::{Error, Result};

/// Where the images of one name live: a repository of a registry, or a folder that is an OCI image layout.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Repository {
    /// `ghcr.io/acme/shop`
    Remote {
        /// Host, with a port where one was given; `docker.io` for Docker Hub.
        registry: String,
        /// Path below the host, lower case.
        path: String,
    },
    /// `oci:DIR`
    Layout {
        /// The folder.
        dir: PathBuf,
        /// The folder as it was written, for output.
        shown: String,
    },
}

impl Repository {
    /// Parses `ghcr.io/org/app`, `localhost:5000/app` or `oci:DIR`; a relative DIR is below `base`.
    /// Neither a tag nor a digest is allowed.
    pub fn parse(text: &str, base: &Path) -> Result<Repository> {
        if let Some(dir) = text.strip_prefix("oci:") {
            let wrong = if dir.is_empty() {
                Some("names no folder")
            } else if dir.contains(':') {
                Some("has a colon in the folder's name, which skopeo would read as a tag")
            } else if dir.contains('@') || dir.contains(char::is_control) {
                Some("has a character in the folder's name that no image reference can hold")
            } else {
                None
            };
            return match wrong {
                Some(wrong) => {
                    Err(Error::invalid(format!("{:?} {wrong}", with_secret(text).as_deref().unwrap_or(text)))
                        .hint("write the folder of OCI image layouts as oci:DIR"))
                }
                None => {
                    let shown =
                        Some(dir.trim_end_matches('/')).filter(|shown| !shown.is_empty()).unwrap_or("/");
                    Ok(Repository::Layout { dir: base.join(dir), shown: shown.to_owned() })
                }
            };
        }
        if let Some(secret) = with_secret(text) {
            return Err(Error::invalid(format!("{secret:?} is not a repository name: it has an @, as a login has"))
                .hint("write HOST/PATH alone; a login goes into IMGPLAN_USERNAME and IMGPLAN_PASSWORD, or `docker login HOST`"));
        }
        let reference = parse_reference(text)?;
        if let Some((_, port)) = reference.registry.rsplit_once(':')
            && port.parse::<u16>().is_err()
        {
            return Err(Error::invalid(format!("{text:?} is not a repository name: {port} is no port"))
                .hint("a port is a number up to 65535"));
        }
        if reference.tag.is_some() || reference.digest.is_some() {
            return Err(Error::invalid(format!("{text:?} is an image, not a repository"))
                .hint("leave out the tag and the digest"));
        }
        Ok(Repository::Remote { registry: reference.registry, path: reference.path })
    }

    /// The repository `name` below this one: `<repository>/<name>`.
    pub fn join(&self, name: &str) -> Result<Repository> {
        match self {
            Repository::Remote { .. } => Repository::parse(&format!("{self}/{name}"), Path::new("")),
            Repository::Layout { dir, shown } => Ok(Repository::Layout {
                dir: dir.join(name),
                shown: format!("{}/{name}", shown.trim_end_matches('/')),
            }),
        }
    }

    /// The same with a relative folder below `base`.
    pub fn below(self, base: &Path) -> Repository {
        match self {
            Repository::Layout { dir, shown } => Repository::Layout { dir: base.join(dir), shown },
            remote => remote,
        }
    }

    /// Whether it is `other` or in it.
    pub fn is_within(&self, other: &Repository) -> bool {
        match (self, other) {
            // `..` would lead out of it again.
            (Repository::Layout { dir, .. }, Repository::Layout { dir: other, .. }) => {
                let below = |rest: &Path| rest.components().all(|part| matches!(part, Component::Normal(_)));
                dir.strip_prefix(other).is_ok_and(below)
            }
            (Repository::Remote { registry, path }, Repository::Remote { registry: host, path: other }) => {
                let rest = path.strip_prefix(other.as_str());
                registry == host && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            _ => false,
        }
    }

    /// The last part of the name, which is the name of the project's own image. `None` for a layout, whose
    /// folder says nothing about the project.
    pub fn last_part(&self) -> Option<&str> {
        match self {
            Repository::Remote { path, .. } => path.rsplit('/').next(),
            Repository::Layout { .. } => None,
        }
    }

    /// `repository@sha256:…`
    pub fn at(&self, digest: &Digest) -> String {
        format!("{self}@{digest}")
    }

    /// `repository:tag`; for a layout `oci:DIR:TAG`, which skopeo reads.
    pub fn tagged(&self, tag: &Tag) -> String {
        format!("{self}:{tag}")
    }
}

/// As it was written; whoever reads a relative folder from a file says what it is below, by [`Repository::below`].
impl TryFrom<String> for Repository {
    type Error = Error;

    fn try_from(text: String) -> Result<Repository> {
        Repository::parse(&text, Path::new(""))
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Repository::Remote { registry, path } => write!(f, "{registry}/{path}"),
            Repository::Layout { shown, .. } => write!(f, "oci:{shown}"),
        }
    }
}

impl Serialize for Repository {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn parse_reference(text: &str) -> Result<ImageName> {
    ImageName::parse_without_default(text).ok_or_else(|| {
        let lower = text.to_lowercase();
        let fault = Error::invalid(format!("{text:?} is not a repository name"));
        if lower != text && ImageName::parse(&lower).is_some() {
            return fault.hint(format!("repository names are lower case: {lower}"));
        }
        if let Some((_, name)) = text.split_once("://") {
            return fault.hint(format!("leave out the scheme: {name}"));
        }
        fault.hint("write it as HOST/PATH, for example ghcr.io/acme/shop, or as oci:DIR")
    })
}

/// The text without what stands before the host, if that holds a login (`user:password@host/path`). A digest's `@` is
/// behind the path. Neither `://` nor `@sha256:` is taken for more than a password may hold.
fn with_secret(text: &str) -> Option<String> {
    let is_scheme = |scheme: &str| scheme.chars().all(|c| c.is_ascii_alphanumeric());
    let (scheme, name) = match text.split_once("://") {
        Some((scheme, name)) if is_scheme(scheme) => (format!("{scheme}://"), name),
        _ => (String::new(), text),
    };
    let digest = name.rsplit_once('@').filter(|(_, digest)| Digest::new(*digest).is_ok());
    let named = digest.map_or(name, |(named, _)| named);
    let (_, host) = named.rsplit_once('@')?;
    Some(format!("{scheme}***@{host}{}", name.get(named.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        match Repository::parse(text, Path::new("/base")) {
            Ok(repository) => format!("{repository:?}"),
            Err(error) => format!("error: {error}; {}", error.hints().join("; ")),
        }
    }

    #[test]
    fn repositories_are_checked() {
        assert_eq!(parsed("localhost:5000/app"), r#"Remote { registry: "localhost:5000", path: "app" }"#);
        assert_eq!(parsed("oci:images"), r#"Layout { dir: "/base/images", shown: "images" }"#);
        assert_eq!(parsed("oci://"), r#"Layout { dir: "//", shown: "/" }"#);
        assert!(parsed("ghcr.io/Acme/Shop").contains("lower case: ghcr.io/acme/shop"));
        assert!(parsed("ghcr.io/acme/shop:1").starts_with("error"));
        assert!(parsed("oci:a:b").starts_with("error"));
        assert!(parsed("").starts_with("error"));
    }

    #[test]
    fn a_password_in_a_repository_is_not_repeated() {
        let digest = Digest::of(b"");
        for (text, shown) in [
            ("me:hunter22@ghcr.io/acme/shop", "***@ghcr.io/acme/shop"),
            ("https://me:hunter22@ghcr.io/acme/shop", "***@ghcr.io/acme/shop"),
            ("hunter22@ghcr.io/acme/shop:1", "***@ghcr.io/acme/shop:1"),
            ("me:hunt@er/22@ghcr.io/Acme/Shop", "***@ghcr.io/Acme/Shop"),
            ("oci:hunter22@ghcr.io/acme", "***@ghcr.io/acme"),
            ("me:hunt://er22@ghcr.io/acme", "***@ghcr.io/acme"),
            ("me:hunter22@ghcr.io://acme", "***@ghcr.io://acme"),
            ("me:hunt@sha256:er22@ghcr.io/acme", "***@ghcr.io/acme"),
            ("me:hunter22@sha256:short", "***@sha256:short"),
            (&format!("me:hunter22@ghcr.io/acme@{digest}"), &format!("***@ghcr.io/acme@{digest}")),
        ] {
            let whole = format!("{:?}", Repository::parse(text, Path::new("")));
            assert!(whole.starts_with("Err") && whole.contains(shown), "{whole}");
            assert!(!whole.contains("hunt") && !whole.contains("22"), "{whole}");
        }
        assert!(parsed(&format!("ghcr.io/acme@{digest}")).contains("ghcr.io/acme@sha256:"));
        assert!(parsed("me:hunter22@ghcr.io/acme").contains("docker login"));
    }
}
