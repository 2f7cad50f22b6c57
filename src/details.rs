//! What an image says of itself: marks, platforms, when it was made, what it was built on.
//!
//! Pure parsing of the bytes of manifests, indexes and configurations (OCI image specification `manifest.md`,
//! `image-index.md`, `config.md`, `annotations.md`, and Docker's older types of the same shape). It must not know how
//! the bytes were got. What is said here is a claim, not a proof.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::reference::{Digest, Platform};

/// Annotation and label that hold the content hash, 64 hex digits.
pub const MARK: &str = "dev.imgplan.content-hash";
/// When the image was made, RFC 3339.
pub const CREATED: &str = "org.opencontainers.image.created";
/// The commit that it was built from.
pub const REVISION: &str = "org.opencontainers.image.revision";
/// Where the source is.
pub const SOURCE: &str = "org.opencontainers.image.source";
/// The base image's name.
pub const BASE_NAME: &str = "org.opencontainers.image.base.name";
/// The base image's digest when the build was planned.
pub const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// The base images that a build was planned on: a JSON object of completed names to digests.
pub const BASES: &str = "dev.imgplan.bases";
/// The parent images that a build stands on: a JSON object of image names to digests.
pub const PARENTS: &str = "dev.imgplan.parents";
/// When it was built although an image of the content was there, RFC 3339; on no other image.
pub const REBUILT: &str = "dev.imgplan.rebuilt";

/// How long Quay keeps a tag of this image, for example `2w`. Quay reads it from the configuration's labels and from
/// annotations, and it holds for every tag that the image gets.
pub const EXPIRES_AFTER: &str = "quay.expires-after";

/// What builders write for want of a time: the epoch, the second after it, and the first day of ZIP files.
pub const NO_TIMES: [i64; 3] = [0, 1, 315_532_800];

/// A manifest or an index, as far as imgplan reads it.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// `annotations`, of the index or of the manifest.
    pub annotations: BTreeMap<String, String>,
    /// Children of an index that are images, attestations left out.
    pub children: Vec<Child>,
    /// The configuration of a manifest.
    pub config: Option<Digest>,
}

/// One image of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Its manifest.
    pub digest: Digest,
    /// `None` where the index does not say.
    pub platform: Option<Platform>,
}

/// An image's configuration, as far as imgplan reads it.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// `config.Labels`
    pub labels: BTreeMap<String, String>,
    /// `created`, seconds since the epoch.
    pub created: Option<i64>,
    /// `os`, `architecture` and `variant`.
    pub platform: Option<Platform>,
}

#[derive(Deserialize)]
struct RawManifest {
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
    #[serde(default)]
    manifests: Option<Vec<RawDescriptor>>,
    #[serde(default)]
    config: Option<RawDescriptor>,
}

#[derive(Deserialize)]
struct RawDescriptor {
    digest: String,
    #[serde(default)]
    platform: Option<RawPlatform>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct RawPlatform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
}

impl RawPlatform {
    fn platform(&self) -> Option<Platform> {
        let known = !self.os.is_empty() && !self.architecture.is_empty();
        known.then(|| Platform::new(&self.os, &self.architecture, self.variant.as_deref().unwrap_or("")))
    }

    /// BuildKit lists attestations as `unknown/unknown`; they are no images.
    fn is_attestation(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }
}

/// Parses a manifest or an index.
pub fn manifest(bytes: &[u8]) -> Result<Parsed> {
    let raw: RawManifest = serde_json::from_slice(bytes).map_err(|error| {
        Error::unavailable("the manifest is not what the specification says").caused_by(error)
    })?;
    let mut children = Vec::new();
    for descriptor in raw.manifests.unwrap_or_default() {
        let attestation = descriptor.platform.as_ref().is_some_and(RawPlatform::is_attestation)
            || descriptor
                .annotations
                .is_some_and(|annotations| annotations.contains_key("vnd.docker.reference.type"));
        if !attestation {
            let platform = descriptor.platform.as_ref().and_then(RawPlatform::platform);
            children.push(Child { digest: Digest::new(descriptor.digest)?, platform });
        }
    }
    let config = raw.config.map(|config| Digest::new(config.digest)).transpose()?;
    Ok(Parsed { annotations: raw.annotations.unwrap_or_default(), children, config })
}

#[derive(Deserialize)]
struct RawConfig {
    #[serde(default)]
    created: Option<String>,
    #[serde(flatten)]
    platform: RawPlatform,
    #[serde(default)]
    config: Option<RawConfigConfig>,
}

#[derive(Deserialize)]
struct RawConfigConfig {
    #[serde(default, rename = "Labels")]
    labels: Option<BTreeMap<String, String>>,
}

/// Parses an image's configuration.
pub fn config(bytes: &[u8]) -> Result<Config> {
    let raw: RawConfig = serde_json::from_slice(bytes).map_err(|error| {
        Error::unavailable("the image's configuration is not what the specification says").caused_by(error)
    })?;
    Ok(Config {
        labels: raw.config.and_then(|config| config.labels).unwrap_or_default(),
        created: raw.created.as_deref().and_then(timestamp),
        platform: raw.platform.platform(),
    })
}

/// What annotations or labels say of [`EXPIRES_AFTER`]; an empty one takes back what a base image says.
pub fn expires_after(texts: &BTreeMap<String, String>) -> Option<String> {
    texts.get(EXPIRES_AFTER).filter(|after| !after.trim().is_empty()).cloned()
}

/// Whether a time is one at which nothing was made.
pub fn is_no_time(seconds: i64) -> bool {
    NO_TIMES.contains(&seconds)
}

/// Seconds since the epoch of an RFC 3339 time; `None` if it is not one.
pub fn timestamp(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().map(|time| time.as_second()).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn attestations_are_no_images() {
        let digest = Digest::of(b"");
        let bytes = format!(
            r#"{{"manifests":[
            {{"digest":"{digest}","platform":{{"os":"linux","architecture":"arm64","variant":"v8"}}}},
            {{"digest":"{digest}","platform":{{"os":"unknown","architecture":"unknown"}}}}]}}"#
        );
        let parsed = manifest(bytes.as_bytes()).unwrap();
        let arm64 = Platform::parse("linux/arm64").unwrap();
        assert_eq!(parsed.children, [Child { digest, platform: Some(arm64) }]);
    }

    #[test]
    fn a_configuration_tells_labels_time_and_platform() {
        let bytes = br#"{"created":"2024-01-02T03:04:05.6Z","os":"linux","architecture":"amd64",
            "config":{"Labels":{"dev.imgplan.content-hash":"aa"}}}"#;
        let config = config(bytes).unwrap();
        assert_eq!(config.labels[MARK], "aa");
        assert_eq!(config.created, Some(1_704_164_645));
        assert_eq!(config.platform.unwrap().to_string(), "linux/amd64");
    }

    #[test]
    fn nulls_are_absent() {
        assert!(config(br#"{"config":{"Labels":null},"created":null}"#).unwrap().labels.is_empty());
        assert!(
            manifest(br#"{"annotations":null,"manifests":null,"config":null}"#).unwrap().children.is_empty()
        );
        assert!(manifest(b"<html>").is_err());
    }
}
