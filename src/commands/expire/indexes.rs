//! What kept indexes list: images that are needed though no tag that stays is at them.
//!
//! Every entry counts here, attestations, too, and an index in an index with all that it lists.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::lookup::Lookup;
use crate::reference::{Digest, Repository};
use crate::registry::{Name, Registry};

#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    manifests: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Entry {
    digest: String,
    #[serde(default, rename = "mediaType")]
    media_type: Option<String>,
}

/// Whether a media type is an index's.
pub(super) fn is_index(kind: &str) -> bool {
    kind.contains("index") || kind.contains("manifest.list")
}

/// All that these indexes list, and what indexes among that list in turn. One that is not there lists nothing.
pub(super) async fn listed(
    registry: &Registry,
    repository: &Repository,
    indexes: &BTreeSet<&Digest>,
) -> Result<BTreeSet<Digest>> {
    let mut listed: BTreeSet<Digest> = BTreeSet::new();
    let mut to_read: Vec<Digest> = indexes.iter().map(|digest| (*digest).clone()).collect();
    while let Some(digest) = to_read.pop() {
        let manifest = match registry.manifest(repository, Name::Digest(&digest)).await {
            Lookup::Found(manifest) => manifest,
            Lookup::Missing => continue,
            Lookup::Unknown(error) => return Err(error),
        };
        let index: Index = serde_json::from_slice(&manifest.bytes).map_err(|error| {
            Error::unavailable(format!("{} is no index", repository.at(&digest))).caused_by(error)
        })?;
        for entry in index.manifests.unwrap_or_default() {
            let child = Digest::new(entry.digest)?;
            // One that does not say what it is may be an index.
            let may_be_index = entry.media_type.as_deref().is_none_or(is_index);
            if listed.insert(child.clone()) && may_be_index {
                to_read.push(child);
            }
        }
    }
    Ok(listed)
}
