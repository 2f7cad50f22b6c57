//! What `index.json` says, kept as JSON so that what imgplan does not know survives a write.
//!
//! A tag is a descriptor's annotation `org.opencontainers.image.ref.name`: skopeo, buildah and BuildKit
//! (`client/ociindex`) write the bare tag, others a whole reference. Pure: no disk.

use serde_json::{Map, Value, json};

use crate::lookup::Manifest;
use crate::reference::{Digest, Tag};

/// The media type of an index and of `index.json` itself.
pub(super) const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// BuildKit's and containerd's name of the whole image; BuildKit asks by it first.
const IMAGE_NAME: &str = "io.containerd.image.name";

/// The parsed file; every entry of `manifests` is an object with readable annotations.
#[derive(Debug, Clone)]
pub(super) struct Index {
    root: Map<String, Value>,
    manifests: Vec<Map<String, Value>>,
}

/// What a descriptor names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) digest: Digest,
    pub(super) media_type: Option<String>,
}

impl Index {
    /// The index of a new layout.
    pub(super) fn empty() -> Index {
        let mut root = Map::new();
        root.insert("schemaVersion".to_owned(), json!(2));
        root.insert("mediaType".to_owned(), json!(INDEX_TYPE));
        root.insert("manifests".to_owned(), json!([]));
        Index { root, manifests: Vec::new() }
    }

    /// Reads the file; the error says what is wrong with it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Index, String> {
        let root: Map<String, Value> = serde_json::from_slice(bytes)
            .map_err(|error| format!("not the JSON of an image index: {error}"))?;
        if root.get("schemaVersion").is_some_and(|version| version.as_u64() != Some(2)) {
            return Err("the schemaVersion is not 2".to_owned());
        }
        let manifests = match root.get("manifests") {
            // Go writes an empty list as null.
            Some(Value::Null) => Vec::new(),
            Some(Value::Array(entries)) => entries.iter().map(descriptor).collect::<Result<_, _>>()?,
            _ => return Err("the list of manifests is missing".to_owned()),
        };
        Ok(Index { root, manifests })
    }

    /// The file's new content.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut root = self.root.clone();
        root.insert("manifests".to_owned(), Value::from(self.manifests.clone()));
        serde_json::to_vec(&root)
    }

    /// Every descriptor's tag; a tag that several descriptors carry comes several times.
    pub(super) fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        self.manifests.iter().filter_map(tag_of)
    }

    /// What a tag is at; the error says why it has no answer.
    pub(super) fn named(&self, tag: &Tag) -> Result<Option<Named>, String> {
        let mut found: Option<Named> = None;
        for entry in self.manifests.iter().filter(|entry| tag_of(entry).as_ref() == Some(tag)) {
            let named = named(entry).ok_or_else(|| {
                let digest = text(entry, "digest").unwrap_or("none");
                format!("the tag {tag} is at a digest that imgplan cannot read: {digest:?}")
            })?;
            match &found {
                Some(first) if first.digest != named.digest => {
                    return Err(format!(
                        "the tag {tag} is listed at different images: {} and {}",
                        first.digest, named.digest
                    ));
                }
                Some(_) => {}
                None => found = Some(named),
            }
        }
        Ok(found)
    }

    /// The first descriptor of a digest.
    pub(super) fn by_digest(&self, digest: &Digest) -> Option<Named> {
        self.manifests.iter().filter_map(named).find(|named| named.digest == *digest)
    }

    /// Takes a tag out, with the descriptors that carry it.
    pub(super) fn unset(&mut self, tag: &Tag) {
        self.manifests.retain(|entry| tag_of(entry).as_ref() != Some(tag));
    }

    /// Points a tag at a manifest. What the tag was at stays listed without it, so that nothing which sweeps
    /// unlisted blobs away takes an image that somebody runs by its digest.
    pub(super) fn set(&mut self, tag: &Tag, manifest: &Manifest) {
        for at in (0..self.manifests.len()).rev() {
            if tag_of(&self.manifests[at]).as_ref() == Some(tag) {
                strip_names(&mut self.manifests[at]);
                let digest = text(&self.manifests[at], "digest").map(str::to_owned);
                let same = |entry: &Map<String, Value>| text(entry, "digest") == digest.as_deref();
                if self.manifests.iter().filter(|entry| same(entry)).count() > 1 {
                    self.manifests.remove(at);
                }
            }
        }
        let equal = |entry: &Map<String, Value>| {
            text(entry, "digest") == Some(manifest.digest.as_str())
                && text(entry, "mediaType") == Some(manifest.media_type.as_str())
        };
        if let Some(entry) = self.manifests.iter_mut().find(|entry| equal(entry) && is_nameless(entry)) {
            set_tag(entry, tag);
            return;
        }
        // What others wrote about the same digest (platform, artifact type) is true under this tag, too.
        let mut entry = match self.manifests.iter().find(|entry| equal(entry)) {
            Some(known) => known.clone(),
            None => new_descriptor(manifest),
        };
        strip_names(&mut entry);
        set_tag(&mut entry, tag);
        self.manifests.push(entry);
    }
}

fn new_descriptor(manifest: &Manifest) -> Map<String, Value> {
    let mut entry = Map::new();
    entry.insert("mediaType".to_owned(), json!(manifest.media_type));
    entry.insert("digest".to_owned(), json!(manifest.digest.as_str()));
    entry.insert("size".to_owned(), json!(manifest.bytes.len()));
    entry
}

/// An entry of `manifests` whose name can be told.
fn descriptor(value: &Value) -> Result<Map<String, Value>, String> {
    let entry = value.as_object().ok_or("an entry of manifests is no object")?;
    let readable = match entry.get("annotations") {
        None | Some(Value::Null) => true,
        Some(Value::Object(annotations)) => {
            [REF_NAME, IMAGE_NAME].iter().all(|key| annotations.get(*key).is_none_or(Value::is_string))
        }
        Some(_) => false,
    };
    if readable { Ok(entry.clone()) } else { Err("the annotations of an entry are no text".to_owned()) }
}

fn text<'a>(entry: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    entry.get(key).and_then(Value::as_str)
}

fn named(entry: &Map<String, Value>) -> Option<Named> {
    let media_type = text(entry, "mediaType").filter(|media_type| !media_type.is_empty());
    // A digest of another algorithm is another digest than any that can be asked for.
    let digest = Digest::new(text(entry, "digest")?).ok()?;
    Some(Named { digest, media_type: media_type.map(str::to_owned) })
}

fn annotation<'a>(entry: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    entry.get("annotations").and_then(|annotations| annotations.get(key)).and_then(Value::as_str)
}

/// The tag in a reference name: `1`, `app:1`, `ghcr.io/acme/app:1`, `1@sha256:…` (containerd's "object"). A path
/// without a tag is none.
fn tag_of(entry: &Map<String, Value>) -> Option<Tag> {
    let name = annotation(entry, REF_NAME)?;
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    let (path, last) = name.rsplit_once('/').map_or((None, name), |(path, last)| (Some(path), last));
    let tag = match last.split_once(':') {
        Some((_, tag)) => tag,
        None if path.is_none() => last,
        None => return None,
    };
    Tag::new(tag).ok()
}

fn is_nameless(entry: &Map<String, Value>) -> bool {
    annotation(entry, REF_NAME).is_none() && annotation(entry, IMAGE_NAME).is_none()
}

fn strip_names(entry: &mut Map<String, Value>) {
    if let Some(Value::Object(annotations)) = entry.get_mut("annotations") {
        annotations.shift_remove(REF_NAME);
        annotations.shift_remove(IMAGE_NAME);
        if annotations.is_empty() {
            entry.shift_remove("annotations");
        }
    }
}

fn set_tag(entry: &mut Map<String, Value>, tag: &Tag) {
    match entry.get_mut("annotations") {
        Some(Value::Object(annotations)) => {
            annotations.insert(REF_NAME.to_owned(), json!(tag.as_str()));
        }
        _ => {
            entry.insert("annotations".to_owned(), json!({ REF_NAME: tag.as_str() }));
        }
    }
}

/// What a manifest needs beside it, children first found: a registry refuses a manifest without these
/// (distribution specification, `MANIFEST_BLOB_UNKNOWN`). Layers that are only ever fetched from elsewhere
/// are not among them, nor is the `subject`, which may come later. The error says what is wrong.
pub(super) fn needed_by(manifest: &Manifest) -> Result<Vec<Digest>, String> {
    let value: Map<String, Value> = serde_json::from_slice(&manifest.bytes)
        .map_err(|error| format!("{} is no image manifest: {error}", manifest.digest))?;
    let lists =
        ["manifests", "layers", "blobs"].iter().filter_map(|key| value.get(*key)?.as_array()).flatten();
    let mut needed = Vec::new();
    for entry in lists.chain(value.get("config")) {
        let kind = entry.get("mediaType").and_then(Value::as_str).unwrap_or_default();
        if kind.contains(".foreign.") || kind.contains(".nondistributable.") {
            continue;
        }
        let digest = entry.get("digest").and_then(Value::as_str).unwrap_or_default();
        needed.push(
            Digest::new(digest).map_err(|_| format!("{} lists the digest {digest:?}", manifest.digest))?,
        );
    }
    Ok(needed)
}
