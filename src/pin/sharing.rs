//! Values that stand once and are used often: aliases and merge keys.
//!
//! Such a value may be replaced only if every place that uses it is a reference to the same repository.

use std::collections::{BTreeSet, HashMap};

use super::yaml::{NodeId, NodeKind, Stream};
use super::{Fields, Site, Style};

/// Who uses which value.
#[derive(Default)]
pub(super) struct Uses {
    /// By the value: the places that lead to it, and the repositories for which they do.
    of: HashMap<NodeId, (BTreeSet<NodeId>, BTreeSet<String>)>,
}

impl Uses {
    /// A reference to this repository reads a value at this place.
    pub(super) fn note(&mut self, stream: &Stream<'_>, place: NodeId, repository: &str) {
        let (places, repositories) = self.of.entry(stream.target(place)).or_default();
        places.insert(place);
        repositories.insert(repository.to_owned());
    }

    /// Fixes the fields of references whose values are used otherwise, too.
    pub(super) fn fix(&self, stream: &Stream<'_>, sites: &mut [Site]) {
        let mut all: HashMap<NodeId, usize> = HashMap::new();
        for node in 0..stream.nodes.len() {
            if let Some(NodeKind::Alias(Some(target))) = stream.nodes.get(node).map(|node| &node.kind) {
                *all.entry(*target).or_insert(1) += 1;
            }
        }
        let by_event: HashMap<usize, NodeId> =
            stream.nodes.iter().enumerate().map(|(node, it)| (it.event, node)).collect();
        let fields = sites.iter_mut().flat_map(|site| match &mut site.fields {
            Fields::Whole(field) => [Some(field), None],
            Fields::Apart { tag, digest } => [tag.as_mut(), digest.as_mut()],
        });
        for field in fields.flatten() {
            let Some(node) = by_event.get(&field.event) else { continue };
            let Some((places, repositories)) = self.of.get(node) else { continue };
            let elsewhere = all.get(node).is_some_and(|all| places.len() < *all);
            if elsewhere || repositories.len() > 1 {
                field.style = Style::Fixed("its value is shared by an anchor with something else");
            }
        }
    }
}
