//! Where YAML of each kind names images.

use std::collections::HashSet;

use super::sharing::Uses;
use super::yaml::{self, NodeId, NodeKind, Stream};
use super::{Fields, Kind, Left, Lines, Reading, Site, proof, split};
use crate::error::{Error, Errors, Place};
use crate::text::sanitise;

/// What a template puts where it will fill something in.
const TEMPLATE: &str = "{{";

/// Reads a file. A template that is no YAML before it is filled in is left as it is.
pub(super) fn read(file: &str, text: &str, kind: Kind) -> Result<Reading, Errors> {
    let stream = match yaml::parse(text) {
        Ok(stream) => stream,
        Err(_) if text.contains(TEMPLATE) => {
            let reason =
                "this is a template, which becomes YAML only when it is filled in: pin its values instead";
            let left = vec![Left { line: 1, column: 1, reason: reason.to_owned() }];
            return Ok(Reading { sites: Vec::new(), left });
        }
        Err(wrong) => {
            let place = Place::line(file, wrong.line).column(wrong.column);
            let error = Error::invalid(format!("this is no YAML: {}", wrong.message));
            return Err(error.at(place).into());
        }
    };
    // What the other parser refuses (a key that stands twice) could not be proven afterwards.
    let documents = proof::documents(file, text)?;
    if !proof::agree(&stream, &documents) {
        return Err(Error::invalid("this is YAML that two parsers read differently")
            .at(Place::file(file))
            .hint("write it plainly; please report this file")
            .into());
    }
    let mut walk = Walk {
        stream: &stream,
        whole: text,
        lines: Lines::of(text),
        reading: Reading::default(),
        uses: Uses::default(),
        seen: HashSet::new(),
    };
    for root in &stream.roots {
        match kind {
            Kind::Compose => walk.compose(*root),
            Kind::Kustomize => walk.kustomize(*root),
            _ => walk.everywhere(*root, ""),
        }
    }
    let Walk { mut reading, uses, .. } = walk;
    uses.fix(&stream, &mut reading.sites);
    reading.sites.sort_by_key(|site| (site.line, site.column));
    reading.left.sort_by_key(|left| (left.line, left.column));
    Ok(reading)
}

struct Walk<'s, 't> {
    stream: &'s Stream<'t>,
    whole: &'t str,
    lines: Lines,
    reading: Reading,
    uses: Uses,
    /// Values that are a site's already, by the first byte.
    seen: HashSet<usize>,
}

/// The keys of a reference in parts.
struct Keys {
    repository: &'static [&'static str],
    tag: &'static str,
}

const HELM: Keys = Keys { repository: &["repository"], tag: "tag" };
const KUSTOMIZE: Keys = Keys { repository: &["newName", "name"], tag: "newTag" };

impl Walk<'_, '_> {
    /// Every `image: …`, and every mapping with a repository and a tag or a digest.
    fn everywhere(&mut self, node: NodeId, path: &str) {
        match self.stream.nodes.get(node).map(|node| &node.kind) {
            Some(NodeKind::Sequence(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.everywhere(*item, &format!("{path}[{index}]"));
                }
            }
            Some(NodeKind::Mapping(entries)) => {
                let own = |key| entries.iter().any(|(name, _)| self.stream.text(*name) == Some(key));
                let keys = ["repository", "tag", "digest"];
                if keys.into_iter().any(own) {
                    self.apart(node, &HELM, path);
                }
                for (name, value) in entries {
                    let key = self.stream.text(*name).unwrap_or("?");
                    let path = joined(path, key);
                    match self.stream.text(*value) {
                        Some(text) if key == "image" => self.whole((*value, *name), text, &path),
                        _ => self.everywhere(*value, &path),
                    }
                }
            }
            _ => {}
        }
    }

    /// `services.*.image`. What a service builds is named by its `image`, not pinned.
    fn compose(&mut self, root: NodeId) {
        let Some((services, _)) = self.stream.field(root, "services") else { return };
        for (name, service) in self.stream.entries(services) {
            let path = format!("services.{}.image", self.stream.text(*name).unwrap_or("?"));
            let Some((image, key)) = self.stream.field(*service, "image") else { continue };
            let Some(text) = self.stream.text(image) else { continue };
            if self.stream.field(*service, "build").is_some() {
                self.uses.note(self.stream, image, "");
                let reason = format!("{path}: {text} is built by this service, and so is no pin");
                self.leave(key, reason);
                continue;
            }
            self.whole((image, key), text, &path);
        }
    }

    /// `images` of a kustomization.
    fn kustomize(&mut self, root: NodeId) {
        let Some((images, _)) = self.stream.field(root, "images") else { return };
        for (index, item) in self.stream.items(images).iter().enumerate() {
            let path = format!("images[{index}]");
            let tag = self.stream.field(*item, "newTag").or(self.stream.field(*item, "digest"));
            match self.stream.field(*item, "newName") {
                // `newName` may hold all of it. Behind one that holds no tag kustomize writes the tag that was there
                // before, behind a digest, too: the pin needs a `newTag`.
                Some((name, key)) if tag.is_none() && self.has_tag(name) => {
                    let text = self.stream.text(name).unwrap_or_default();
                    self.whole((name, key), text, &format!("{path}.newName"));
                }
                _ => self.apart(*item, &KUSTOMIZE, &path),
            }
        }
    }

    /// Whether a value is a reference with a tag or a digest.
    fn has_tag(&self, node: NodeId) -> bool {
        let reference = self.stream.text(node).map(unended).and_then(split);
        reference.is_some_and(|(_, _, tag, digest)| tag.is_some() || digest.is_some())
    }

    /// A reference in one value.
    fn whole(&mut self, (value, key): (NodeId, NodeId), text: &str, path: &str) {
        let text = unended(text);
        if text.contains(TEMPLATE) || text.contains("${") || text.starts_with('$') {
            let what = if text.contains(TEMPLATE) { "a template" } else { "variables" };
            let reason = format!("{path}: {} is filled in by {what}", sanitise(text));
            return self.leave(key, reason);
        }
        let Some((repository, name, tag, digest)) = split(text) else { return };
        let Some(field) = self.stream.scalar(value, key) else { return };
        self.uses.note(self.stream, value, &name.to_string());
        let start = field.range.start;
        let (line, column) = self.lines.place(self.whole, start);
        let key = path.to_owned();
        self.push(
            start,
            Site { line, column, key, repository, name, tag, digest, fields: Fields::Whole(field) },
        );
    }

    /// A reference in parts.
    fn apart(&mut self, node: NodeId, keys: &Keys, path: &str) {
        let get = |key: &str| self.stream.field(node, key);
        let Some((repository, named)) = keys.repository.iter().find_map(|key| get(key)) else { return };
        let Some(written) = self.stream.text(repository).map(unended) else { return };
        let (tag, digest) = (get(keys.tag), get("digest"));
        // A repository alone may be one of git.
        let last = path.rsplit('.').next().unwrap_or_default();
        if tag.is_none() && digest.is_none() && !last.to_ascii_lowercase().contains("image") {
            return;
        }
        let texts = [Some(repository), tag.map(|(node, _)| node), digest.map(|(node, _)| node)];
        let templated = |node: &NodeId| self.stream.text(*node).is_some_and(|text| text.contains(TEMPLATE));
        if texts.iter().flatten().any(templated) {
            let reason = format!("{}: {} is filled in by a template", shown(path), sanitise(written));
            return self.leave(named, reason);
        }
        let registry =
            get("registry").and_then(|(node, _)| self.stream.text(node)).filter(|text| !text.is_empty());
        let full = match registry {
            Some(registry) => format!("{}/{written}", registry.trim_end_matches('/')),
            None => written.to_owned(),
        };
        let Some((full, name, in_name, in_name_digest)) = split(&full) else { return };
        if in_name.is_some() || in_name_digest.is_some() {
            if tag.is_none() && digest.is_none() && registry.is_none() {
                self.whole((repository, named), written, &joined(path, "repository"));
            }
            return;
        }
        let field = |it: Option<(NodeId, NodeId)>| it.and_then(|(node, key)| self.stream.scalar(node, key));
        let (tag_field, digest_field) = (field(tag), field(digest));
        for (node, _) in [tag, digest].into_iter().flatten() {
            self.uses.note(self.stream, node, &name.to_string());
        }
        let said = |field: &Option<super::Field>| {
            field
                .as_ref()
                .map(|field| field.value.trim().to_owned())
                .filter(|value| !matches!(value.as_str(), "" | "~" | "null"))
        };
        let (mut tag_said, mut digest_said) = (said(&tag_field), said(&digest_field));
        // `tag: abc1234@sha256:…`, where there is no digest of its own.
        if digest_said.is_none()
            && let Some((tag, digest)) = tag_said.as_deref().and_then(|tag| tag.split_once('@'))
        {
            (tag_said, digest_said) =
                (Some(tag.to_owned()).filter(|tag| !tag.is_empty()), Some(digest.to_owned()));
        }
        let first = [&tag_field, &digest_field].into_iter().flatten().map(|field| field.range.start).min();
        let start = first.unwrap_or_else(|| self.stream.offset(named));
        let (line, column) = self.lines.place(self.whole, start);
        let fields = Fields::Apart { tag: tag_field, digest: digest_field };
        let key = path.to_owned();
        let site =
            Site { line, column, key, repository: full, name, tag: tag_said, digest: digest_said, fields };
        self.push(start, site);
    }

    /// A value is one reference's, however many aliases lead to it; one for another repository is told, too.
    fn push(&mut self, start: usize, site: Site) {
        let again = |other: &Site| other.fields == site.fields && other.name == site.name;
        if self.seen.insert(start) || !self.reading.sites.iter().any(again) {
            self.reading.sites.push(site);
        }
    }

    fn leave(&mut self, key: NodeId, reason: String) {
        let (line, column) = self.lines.place(self.whole, self.stream.offset(key));
        self.reading.left.push(Left { line, column, reason });
    }
}

/// A block of text ends with its line's end, which whoever reads it for a reference takes off.
fn unended(text: &str) -> &str {
    text.trim_end_matches(['\n', '\r'])
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn shown(path: &str) -> &str {
    if path.is_empty() { "the top" } else { path }
}
