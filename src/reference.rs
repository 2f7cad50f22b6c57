//! Repositories, tags, digests and platforms as values that cannot be wrong.
//!
//! Grammar: OCI distribution specification, "Pulling manifests" (names and tags), and
//! `distribution/reference` for how a short name such as `debian` is completed. It must not know how a
//! registry is reached or how a layout is stored.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::error::{Error, Result};
pub use crate::image_name::ImageName;

/// Where the images of one name live: a repository of a registry, or a folder that is an OCI image layout.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
                    let shown = if dir.len() > 1 { dir.trim_end_matches('/') } else { dir };
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
/// behind the path.
fn with_secret(text: &str) -> Option<String> {
    let (scheme, name) = match text.split_once("://") {
        Some((scheme, name)) => (format!("{scheme}://"), name),
        None => (String::new(), text),
    };
    let digest = name.rfind("@sha256:").or_else(|| name.rfind("@sha512:")).unwrap_or(name.len());
    let (_, host) = name.get(..digest)?.rsplit_once('@')?;
    Some(format!("{scheme}***@{host}{}", name.get(digest..)?))
}

/// A tag: at most 128 of `[A-Za-z0-9_.-]`, the first neither `.` nor `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Tag(String);

impl Tag {
    /// Checks the grammar of the distribution specification.
    pub fn new(text: impl Into<String>) -> Result<Tag> {
        let text = text.into();
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let wrong = match text.chars().next() {
            None => Some("is empty"),
            Some(first) if !word(first) => Some("starts with a character that no tag may start with"),
            _ if text.len() > 128 => Some("is longer than 128 characters"),
            _ if !text.chars().all(|c| word(c) || c == '.' || c == '-') => {
                Some("has a character that no tag may have")
            }
            _ => None,
        };
        match wrong {
            Some(wrong) => Err(Error::invalid(format!("the tag {text:?} {wrong}")).hint(
                "a tag is up to 128 letters, digits, `_`, `.` and `-`, and starts with none of the last two",
            )),
            None => Ok(Tag(text)),
        }
    }

    /// The tag's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A digest, `sha256:` and 64 lower-case hex digits (or `sha512:` and 128).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Digest(String);

impl Digest {
    /// Checks the algorithm and its length.
    pub fn new(text: impl Into<String>) -> Result<Digest> {
        let text = text.into();
        let hex = |hex: &str, len| {
            hex.len() == len && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let right = match text.split_once(':') {
            Some(("sha256", digits)) => hex(digits, 64),
            Some(("sha512", digits)) => hex(digits, 128),
            _ => false,
        };
        if right { Ok(Digest(text)) } else { Err(Error::invalid(format!("{text:?} is not a digest"))) }
    }

    /// The SHA-256 digest of bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        use sha2::Digest as _;
        Digest(format!("sha256:{}", hex(&sha2::Sha256::digest(bytes))))
    }

    /// Whether these bytes have this digest.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        use sha2::Digest as _;
        match self.0.split_once(':') {
            Some(("sha512", digits)) => hex(&sha2::Sha512::digest(bytes)) == digits,
            Some((_, digits)) => hex(&sha2::Sha256::digest(bytes)) == digits,
            None => false,
        }
    }

    /// `sha256:…`
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The algorithm and the hex digits, which are the path of a blob in a layout.
    pub fn parts(&self) -> (&str, &str) {
        self.0.split_once(':').unwrap_or(("sha256", &self.0))
    }

    /// The first 12 hex digits, for people.
    pub fn short(&self) -> &str {
        let digits = self.parts().1;
        digits.get(..12).unwrap_or(digits)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Lower-case hex digits of bytes.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `os/architecture` with an optional variant, normalised as containerd's `platforms.Normalize` does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// For example `linux`.
    pub os: String,
    /// For example `amd64`.
    pub architecture: String,
    /// For example `v7`; arm64's `v8` is its default and left out.
    pub variant: Option<String>,
}

impl Platform {
    /// Parses `linux/amd64`, `linux/arm/v7`, `linux/x86_64`.
    pub fn parse(text: &str) -> Result<Platform> {
        let wrong = || {
            Error::invalid(format!("{text:?} is not a platform"))
                .hint("write it as OS/ARCHITECTURE, for example linux/amd64 or linux/arm/v7")
        };
        let parts: Vec<&str> = text.split('/').collect();
        let clean = |part: &&str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        };
        if !(2..=3).contains(&parts.len()) || !parts.iter().all(clean) {
            return Err(wrong());
        }
        Ok(Platform::new(parts[0], parts[1], parts.get(2).copied().unwrap_or("")))
    }

    /// From the fields of an image's configuration or of an index entry; an empty variant is none.
    pub fn new(os: &str, architecture: &str, variant: &str) -> Platform {
        let os = if os.eq_ignore_ascii_case("macos") { "darwin".to_owned() } else { os.to_lowercase() };
        let (architecture, variant) =
            match (architecture.to_lowercase().as_str(), variant.to_lowercase().as_str()) {
                ("x86_64" | "x86-64" | "amd64", "" | "v1") => ("amd64".to_owned(), String::new()),
                ("x86_64" | "x86-64", variant) => ("amd64".to_owned(), variant.to_owned()),
                ("i386" | "386", _) => ("386".to_owned(), String::new()),
                ("aarch64" | "arm64", "" | "8" | "v8") => ("arm64".to_owned(), String::new()),
                ("aarch64", variant) => ("arm64".to_owned(), variant.to_owned()),
                ("armhf", _) | ("arm", "" | "7") => ("arm".to_owned(), "v7".to_owned()),
                ("armel", _) => ("arm".to_owned(), "v6".to_owned()),
                ("arm", "5" | "6" | "8") => ("arm".to_owned(), format!("v{variant}")),
                (architecture, variant) => (architecture.to_owned(), variant.to_owned()),
            };
        Platform { os, architecture, variant: Some(variant).filter(|variant| !variant.is_empty()) }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(f, "/{variant}"))
    }
}

impl Serialize for Platform {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
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
            (&format!("me:hunter22@ghcr.io/acme@{digest}"), &format!("***@ghcr.io/acme@{digest}")),
        ] {
            let whole = format!("{:?}", Repository::parse(text, Path::new("")));
            assert!(whole.starts_with("Err") && whole.contains(shown), "{whole}");
            assert!(!whole.contains("hunt") && !whole.contains("22"), "{whole}");
        }
        assert!(parsed(&format!("ghcr.io/acme@{digest}")).contains("ghcr.io/acme@sha256:"));
        assert!(parsed("me:hunter22@ghcr.io/acme").contains("docker login"));
    }

    #[test]
    fn tags_and_digests_are_checked() {
        assert!(Tag::new("a".repeat(128)).is_ok());
        for wrong in ["", "-a", ".a", "a b", "ä", &"a".repeat(129)] {
            assert!(Tag::new(wrong).is_err(), "{wrong}");
        }
        assert!(Digest::new(Digest::of(b"").as_str()).is_ok());
        assert!(Digest::of(b"x").matches(b"x"));
        assert!(Digest::new("sha256:ABC").is_err());
    }

    #[test]
    fn platforms_are_normalised() {
        let normal = |text| Platform::parse(text).map(|platform| platform.to_string()).ok();
        assert_eq!(normal("linux/aarch64").as_deref(), Some("linux/arm64"));
        assert_eq!(normal("linux/arm64/v8").as_deref(), Some("linux/arm64"));
        assert_eq!(normal("linux/arm").as_deref(), Some("linux/arm/v7"));
        assert_eq!(normal("linux"), None);
    }
}
