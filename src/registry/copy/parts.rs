//! What an image is made of: all manifests and blobs that its own manifest names, near or far.

use std::collections::BTreeMap;
use std::pin::Pin;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::lookup::{Lookup, Manifest};
use crate::reference::{Digest, Repository};
use crate::registry::{Name, Registry};

/// An index of indexes is allowed; more than this is nobody's image.
const DEPTH: usize = 4;
/// The most manifests of one image.
const MANIFESTS: usize = 1000;

/// The part of a manifest or index that names other content.
#[derive(Deserialize)]
struct Node {
    #[serde(default)]
    manifests: Option<Vec<Child>>,
    #[serde(default)]
    config: Option<Child>,
    #[serde(default)]
    layers: Option<Vec<Child>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Child {
    #[serde(default)]
    media_type: String,
    digest: String,
    #[serde(default)]
    size: Option<u64>,
}

/// Everything to copy: manifests with their children before them, and blobs.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) manifests: Vec<Manifest>,
    pub(super) blobs: BTreeMap<Digest, Option<u64>>,
}

impl Registry {
    /// Reads everything below a manifest.
    pub(super) async fn parts(&self, from: &Repository, root: &Manifest) -> Result<Parts> {
        let mut parts = Parts::default();
        self.gather(from, root.clone(), &mut parts, 0).await?;
        Ok(parts)
    }

    fn gather<'a>(
        &'a self,
        from: &'a Repository,
        manifest: Manifest,
        parts: &'a mut Parts,
        depth: usize,
    ) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(async move {
            let name = from.at(&manifest.digest);
            if depth > DEPTH || parts.manifests.len() >= MANIFESTS {
                return Err(Error::unavailable(format!("{name} lists indexes without end")));
            }
            let node: Node = serde_json::from_slice(&manifest.bytes)
                .map_err(|error| Error::unavailable(format!("{name} is no manifest")).caused_by(error))?;
            // An old or broken form, whose content would stay behind unseen.
            if node.manifests.is_none() && node.config.is_none() {
                return Err(Error::unavailable(format!("{name} is no manifest that imgplan can copy"))
                    .hint("it lists no other manifests and names no configuration"));
            }
            for child in node.manifests.into_iter().flatten() {
                let digest = child.digest(&name)?;
                if parts.manifests.iter().any(|known| known.digest == digest) {
                    continue;
                }
                let below = match self.manifest(from, Name::Digest(&digest)).await {
                    Lookup::Found(below) => below,
                    Lookup::Unknown(error) => return Err(error),
                    Lookup::Missing => {
                        return Err(Error::unavailable(format!("{name} lists {digest}, which is not there")));
                    }
                };
                self.gather(from, below, parts, depth + 1).await?;
            }
            for child in node.config.into_iter().chain(node.layers.into_iter().flatten()) {
                // Layers that may not be pushed stay with whoever gives them out.
                if !child.media_type.contains("nondistributable") && !child.media_type.contains("foreign") {
                    parts.blobs.insert(child.digest(&name)?, child.size);
                }
            }
            parts.manifests.push(manifest);
            Ok(())
        })
    }
}

impl Child {
    fn digest(&self, of: &str) -> Result<Digest> {
        Digest::new(self.digest.clone())
            .map_err(|error| Error::unavailable(format!("{of} names content wrongly")).caused_by(error))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::registry::Settings;

    #[tokio::test]
    async fn what_names_nothing_is_no_image_to_copy() {
        let registry = Registry::new(Settings::default()).unwrap();
        let from = Repository::parse("oci:nowhere", Path::new("/nonexistent")).unwrap();
        for text in ["{}", r#"{"layers":[]}"#, r#"{"fsLayers":[{"blobSum":"sha256:x"}]}"#] {
            let bytes = text.as_bytes().to_vec();
            let manifest = Manifest { digest: Digest::of(&bytes), media_type: String::new(), bytes };
            assert!(registry.parts(&from, &manifest).await.is_err(), "{text}");
        }
    }
}
