//! Images written by hand: manifests, configurations and OCI layouts as bytes, so that no test needs a builder.
//!
//! OCI image specification, `manifest.md`, `image-index.md`, `image-layout.md`. It shares no code with the
//! program, so that both cannot be wrong in the same way.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The annotation and label that says which content an image was built from.
pub const MARK: &str = "dev.imgplan.content-hash";
/// When an image was made, as imgplan reads it for `max-age`.
pub const CREATED: &str = "org.opencontainers.image.created";
/// Media type of a single image.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of an image for several platforms.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const TAG: &str = "org.opencontainers.image.ref.name";

/// What an image shall look like; two with another `content` have other digests.
#[derive(Debug, Clone, Default)]
pub struct Image {
    pub(super) content: String,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) platforms: Vec<String>,
    /// Labels of one platform's image alone: platform, key, value.
    pub(super) own_labels: Vec<[String; 3]>,
}

/// The bytes of an image: its top manifest, and everything below it.
#[derive(Debug, Clone)]
pub struct Built {
    /// What a tag points at.
    pub top: Blob,
    /// The manifests of an index, one for each platform; empty for a single image.
    pub children: Vec<Blob>,
    /// Configurations and layers.
    pub blobs: Vec<Blob>,
}

/// Bytes with their media type.
#[derive(Debug, Clone)]
pub struct Blob {
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

impl Blob {
    fn json(media_type: &'static str, value: &Value) -> Blob {
        Blob { media_type, bytes: value.to_string().into_bytes() }
    }

    /// `sha256:…` of the bytes.
    pub fn digest(&self) -> String {
        let hex: String = Sha256::digest(&self.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{hex}")
    }

    fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest(), "size": self.bytes.len() })
    }
}

impl Image {
    /// A single image for linux/amd64 without any mark.
    pub fn new(content: &str) -> Image {
        Image { content: content.to_owned(), ..Image::default() }
    }

    /// With an annotation of its manifest.
    pub fn annotation(mut self, key: &str, value: &str) -> Image {
        self.annotations.insert(key.to_owned(), value.to_owned());
        self
    }

    /// With a label of its configuration.
    pub fn label(mut self, key: &str, value: &str) -> Image {
        self.labels.insert(key.to_owned(), value.to_owned());
        self
    }

    /// With a label that only the image of one platform has.
    pub fn label_of(mut self, platform: &str, key: &str, value: &str) -> Image {
        self.own_labels.push([platform, key, value].map(str::to_owned));
        self
    }

    /// Marked as built from this content hash, by annotation.
    pub fn marked(self, content_hash: &str) -> Image {
        self.annotation(MARK, content_hash)
    }

    /// Made at this time (RFC 3339).
    pub fn created(self, time: &str) -> Image {
        self.annotation(CREATED, time)
    }

    /// For these platforms; with more than one it is an index.
    pub fn platforms(mut self, platforms: &[&str]) -> Image {
        self.platforms = platforms.iter().map(|&platform| platform.to_owned()).collect();
        self
    }

    /// The bytes.
    pub fn build(&self) -> Built {
        let default = ["linux/amd64".to_owned()];
        let platforms = if self.platforms.is_empty() { &default[..] } else { &self.platforms[..] };
        let layer = Blob { media_type: LAYER, bytes: vec![0; 1024] };
        let mut blobs = vec![layer.clone()];
        let mut children = Vec::new();
        let mut entries = Vec::new();
        for platform in platforms {
            let config = Blob::json(CONFIG, &self.config(platform, &layer));
            let manifest = Blob::json(
                MANIFEST,
                &json!({
                    "schemaVersion": 2, "mediaType": MANIFEST, "config": config.descriptor(),
                    "layers": [layer.descriptor()], "annotations": self.annotations,
                }),
            );
            let mut entry = manifest.descriptor();
            let (os, architecture) = platform.split_once('/').expect("os/architecture");
            entry["platform"] = json!({ "os": os, "architecture": architecture });
            entries.push(entry);
            blobs.push(config);
            children.push(manifest);
        }
        if children.len() == 1 {
            return Built { top: children.remove(0), children, blobs };
        }
        let index = json!({
            "schemaVersion": 2, "mediaType": INDEX, "manifests": entries, "annotations": self.annotations,
        });
        Built { top: Blob::json(INDEX, &index), children, blobs }
    }

    fn config(&self, platform: &str, layer: &Blob) -> Value {
        let (os, architecture) = platform.split_once('/').expect("os/architecture");
        let mut labels = self.labels.clone();
        let own = self.own_labels.iter().filter(|[of, ..]| of == platform);
        labels.extend(own.map(|[_, key, value]| (key.clone(), value.clone())));
        json!({
            "os": os, "architecture": architecture,
            "config": { "Labels": labels },
            "rootfs": { "type": "layers", "diff_ids": [layer.digest()] },
            "history": [{ "created_by": self.content }],
        })
    }

    /// Writes it into the layout `dir` under `tag` (which it moves), and returns the digest.
    pub fn write(&self, dir: &Path, tag: &str) -> String {
        let built = self.build();
        let folder = dir.join("blobs/sha256");
        fs::create_dir_all(&folder).unwrap();
        for blob in built.blobs.iter().chain(&built.children).chain([&built.top]) {
            let digest = blob.digest();
            fs::write(folder.join(digest.trim_start_matches("sha256:")), &blob.bytes).unwrap();
        }
        fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        let mut entries = entries(dir);
        entries.retain(|entry| entry["annotations"][TAG] != tag);
        let mut entry = built.top.descriptor();
        entry["annotations"] = json!({ TAG: tag });
        entries.push(entry);
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries });
        fs::write(dir.join("index.json"), index.to_string()).unwrap();
        built.top.digest()
    }
}

/// The tags of the layout `dir` with their digests; a missing layout has none.
pub fn tags(dir: &Path) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    entries(dir)
        .iter()
        .filter_map(|entry| Some((text(&entry["annotations"][TAG])?, text(&entry["digest"])?)))
        .collect()
}

fn entries(dir: &Path) -> Vec<Value> {
    let index = dir.join("index.json");
    if !index.exists() {
        return Vec::new();
    }
    let index: Value = serde_json::from_slice(&fs::read(index).unwrap()).unwrap();
    index["manifests"].as_array().cloned().expect("index.json has manifests")
}
