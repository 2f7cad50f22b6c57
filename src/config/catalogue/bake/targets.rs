//! What the targets and groups of a bake file say, each value of a sound type; which targets are templates.
//!
//! A target is read once, by itself. What it inherits is added in the module above.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::catalogue::bake::{PRINT, plain};
use crate::config::catalogue::node::{Map, Node, Reader};

/// Keys of a target that say something here.
const READ: &[&str] = &[
    "args",
    "context",
    "contexts",
    "dockerfile",
    "dockerfile-inline",
    "inherits",
    "matrix",
    "platforms",
    "target",
];

/// Keys of a target that are not read, and why is in the documentation. `//` is a comment.
pub(in crate::config::catalogue) const PASSED: &[&str] = &[
    "//",
    "annotations",
    "attest",
    "cache-from",
    "cache-to",
    "call",
    "description",
    "entitlements",
    "extra-hosts",
    "labels",
    "name",
    "network",
    "no-cache",
    "no-cache-filter",
    "output",
    "policy",
    "pull",
    "secret",
    "shm-size",
    "ssh",
    "tags",
    "ulimits",
];

/// Keys of the whole file. Variables and functions are only of use in templates, which are refused.
pub(super) const TOP: &[&str] = &["//", "function", "group", "target", "variable"];

/// The targets that groups have.
pub(super) fn grouped<'n>(reader: &mut Reader<'_, '_, '_>, groups: Option<&'n Node>) -> BTreeSet<&'n str> {
    let mut grouped = BTreeSet::new();
    let Some(groups) = groups.and_then(|groups| reader.map(groups, &["group"])) else { return grouped };
    for (name, group) in groups.entries() {
        let Some(group) = reader.map(group, &["group", name]) else { continue };
        for (key, value) in group.entries() {
            let at = ["group", name, key];
            match key {
                "targets" => {
                    let names = texts(reader, value, &at);
                    if names.iter().any(|name| plain(name).is_none()) {
                        reader.wrong_but(&at, "a variable, which only bake can fill in", PRINT);
                    }
                    grouped.extend(names);
                }
                "description" | "name" | "//" => {}
                _ => reader.unknown(&at, ["targets", "description"].into_iter()),
            }
        }
    }
    grouped
}

/// A list of strings.
fn texts<'n>(reader: &mut Reader<'_, '_, '_>, node: &'n Node, keys: &[&str]) -> Vec<&'n str> {
    let items = reader.list(node, keys).unwrap_or_default();
    items.iter().filter_map(|item| reader.text(item, keys)).collect()
}

/// Targets that are there to be inherited from: no group has them, and they have a name like `_common`, or others inherit
/// from them and they do not say where a build would be.
pub(super) fn templates<'n>(
    targets: &BTreeMap<&'n str, Target<'n>>,
    grouped: &BTreeSet<&str>,
) -> BTreeSet<&'n str> {
    let nowhere = |name: &&str| {
        let says = |key: &str| targets.get(*name).is_some_and(|target| target.keys.contains_key(key));
        !["context", "dockerfile", "target"].into_iter().any(says)
    };
    let inherited = targets.values().flat_map(|target| target.inherits.iter().copied()).filter(nowhere);
    let hidden = targets.keys().copied().filter(|name| name.starts_with('_'));
    inherited.chain(hidden).filter(|name| !grouped.contains(name)).collect()
}

/// What a target itself says, each value of a sound type. `null` is nothing said: what is inherited stays.
#[derive(Default)]
pub(super) struct Target<'n> {
    /// `inherits`
    pub(super) inherits: Vec<&'n str>,
    /// The keys that replace what is inherited.
    pub(super) keys: BTreeMap<&'n str, &'n Node>,
    /// `args` and `contexts`, which are merged by name.
    pub(super) maps: BTreeMap<&'n str, &'n Map>,
}

impl<'n> Target<'n> {
    /// Reads it; what is wrong is reported and left out.
    pub(super) fn read(reader: &mut Reader<'_, '_, '_>, name: &str, node: &'n Node) -> Option<Target<'n>> {
        let mut target = Target::default();
        for (key, value) in reader.map(node, &["target", name])?.entries() {
            let at = ["target", name, key];
            match (key, value) {
                _ if PASSED.contains(&key) => {}
                _ if !READ.contains(&key) => reader.unknown(&at, READ.iter().chain(PASSED).copied()),
                (_, Node::Null) => {}
                ("inherits", _) => target.inherits = texts(reader, value, &at),
                ("args" | "contexts", _) => {
                    target.maps.extend(reader.map(value, &at).map(|map| (key, map)));
                }
                _ => {
                    target.keys.insert(key, value);
                }
            }
        }
        Some(target)
    }
}
