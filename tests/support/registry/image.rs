//! Images to push: built from what a test cares about.

use imgplan::reference::Digest;
use serde_json::{Value, json};

const OCI: &str = "application/vnd.oci.image";

/// An image, or with platforms an index of images.
#[derive(Debug, Clone, Default)]
pub struct Image {
    layers: Vec<Vec<u8>>,
    annotations: Vec<(String, String)>,
    labels: Vec<(String, String)>,
    /// Platform, key and value: labels of one platform's image alone.
    own_labels: Vec<[String; 3]>,
    created: Option<String>,
    platforms: Vec<String>,
}

/// A manifest with its type.
pub(super) type Built = (String, Vec<u8>);

impl Image {
    /// An image without layers.
    pub fn new() -> Image {
        Image::default()
    }

    /// With a layer of these bytes.
    pub fn layer(mut self, bytes: impl Into<Vec<u8>>) -> Image {
        self.layers.push(bytes.into());
        self
    }

    /// With an annotation, on the index where there is one.
    pub fn annotation(mut self, key: &str, value: &str) -> Image {
        self.annotations.push((key.to_owned(), value.to_owned()));
        self
    }

    /// With a label in the configuration.
    pub fn label(mut self, key: &str, value: &str) -> Image {
        self.labels.push((key.to_owned(), value.to_owned()));
        self
    }

    /// With a label in one platform's configuration alone.
    pub fn label_of(mut self, platform: &str, key: &str, value: &str) -> Image {
        self.own_labels.push([platform, key, value].map(str::to_owned));
        self
    }

    /// With this creation time in the configuration.
    pub fn created(mut self, time: &str) -> Image {
        self.created = Some(time.to_owned());
        self
    }

    /// For these platforms (`linux/amd64`): an index with an image for each.
    pub fn platforms(mut self, platforms: &[&str]) -> Image {
        self.platforms = platforms.iter().map(|&platform| platform.to_owned()).collect();
        self
    }

    /// Blobs, and manifests with children first; the last one is the image.
    pub(super) fn build(&self) -> (Vec<Vec<u8>>, Vec<Built>) {
        let mut blobs = self.layers.clone();
        if self.platforms.is_empty() {
            let manifest = self.manifest("linux/amd64", &self.annotations, &mut blobs);
            return (blobs, vec![manifest]);
        }
        let mut manifests = Vec::new();
        let mut entries = Vec::new();
        for platform in &self.platforms {
            let (kind, bytes) = self.manifest(platform, &[], &mut blobs);
            let mut entry = described(&kind, &bytes);
            entry["platform"] = self.platform(platform);
            entries.push(entry);
            manifests.push((kind, bytes));
        }
        let kind = format!("{OCI}.index.v1+json");
        let index = json!({"schemaVersion": 2, "mediaType": kind, "manifests": entries,
            "annotations": object(&self.annotations)});
        manifests.push((kind, index.to_string().into_bytes()));
        (blobs, manifests)
    }

    fn manifest(&self, platform: &str, annotations: &[(String, String)], blobs: &mut Vec<Vec<u8>>) -> Built {
        let mut config = self.platform(platform);
        let own = self.own_labels.iter().filter(|[of, ..]| of == platform);
        let own = own.map(|[_, key, value]| (key.clone(), value.clone()));
        let labels: Vec<(String, String)> = self.labels.iter().cloned().chain(own).collect();
        config["config"] = json!({"Labels": object(&labels)});
        config["rootfs"] = json!({"type": "layers", "diff_ids": []});
        if let Some(created) = &self.created {
            config["created"] = json!(created);
        }
        let config = config.to_string().into_bytes();
        let layers: Vec<Value> =
            self.layers.iter().map(|layer| described(&format!("{OCI}.layer.v1.tar"), layer)).collect();
        let kind = format!("{OCI}.manifest.v1+json");
        let manifest = json!({"schemaVersion": 2, "mediaType": kind,
            "config": described(&format!("{OCI}.config.v1+json"), &config),
            "layers": layers, "annotations": object(annotations)});
        blobs.push(config);
        (kind, manifest.to_string().into_bytes())
    }

    fn platform(&self, platform: &str) -> Value {
        let mut parts = platform.split('/');
        let (os, architecture) = (parts.next().unwrap(), parts.next().unwrap());
        match parts.next() {
            Some(variant) => json!({"os": os, "architecture": architecture, "variant": variant}),
            None => json!({"os": os, "architecture": architecture}),
        }
    }
}

fn described(kind: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": kind, "digest": Digest::of(bytes).as_str(), "size": bytes.len()})
}

fn object(pairs: &[(String, String)]) -> Value {
    Value::Object(pairs.iter().map(|(key, value)| (key.clone(), json!(value))).collect())
}
