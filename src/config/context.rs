//! Named contexts: what `contexts = { NAME = VALUE }` may say.
//!
//! The judge is BuildKit (`frontend/dockerui`, `namedContext`): names are image references, and
//! `docker.io/library/debian`, `debian` and `debian:latest` are one name. It must not know which images there are.

use std::collections::BTreeMap;

use crate::config::source::{Report, shown};
use crate::config::table::{Text, list};
use crate::config::{ImageId, NamedContext, OWN_NAME, values};
use crate::reference::ImageName;

/// Addresses that only the builder can read.
const REMOTE: &[&str] = &["oci-layout://", "https://", "http://", "git://", "ssh://", "git@"];

/// What a value may start with, for messages.
const KINDS: &[&str] =
    &["image:", "docker-image://", "oci-layout://", "https://", "http://", "git://", "ssh://", "git@"];

/// The named contexts of one image.
pub(super) fn contexts(report: &mut Report<'_>, raw: &[(Text, Text)]) -> BTreeMap<String, NamedContext> {
    let mut contexts = BTreeMap::new();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (name, value) in raw {
        if let Some(normal) = normal_name(report, name) {
            match seen.get(&normal) {
                Some(first) => report.wrong(
                    &name.place,
                    format!("{} and {} are one name to BuildKit", shown(first), shown(&name.value)),
                ),
                None => {
                    seen.insert(normal, &name.value);
                }
            }
        }
        if let Some(context) = context(report, value) {
            contexts.insert(name.value.clone(), context);
        }
    }
    contexts
}

/// The name as BuildKit compares it.
fn normal_name(report: &mut Report<'_>, name: &Text) -> Option<String> {
    let text = name.value.as_str();
    if let Some(image) = ImageName::parse(text) {
        return Some(image.to_string());
    }
    let message = format!("{} cannot name a context", shown(text));
    let lower = text.to_lowercase();
    let hint = if lower != text && ImageName::parse(&lower).is_some() {
        format!("BuildKit looks names up in lower case: write {}", shown(&lower))
    } else {
        "a name is what the Dockerfile has behind FROM or --from=, for example base or docker.io/library/debian"
            .to_owned()
    };
    report.wrong_but(&name.place, message, hint);
    None
}

/// The value. Addresses are never repeated in a message: they may hold credentials.
fn context(report: &mut Report<'_>, text: &Text) -> Option<NamedContext> {
    let value = text.value.as_str();
    if value.chars().any(char::is_control) {
        report.wrong(&text.place, "a control character in a context");
        return None;
    }
    if let Some(image) = value.strip_prefix("image:") {
        return parent(report, text, image);
    }
    if let Some(reference) = value.strip_prefix("docker-image://") {
        if ImageName::parse(reference).is_none() {
            let hint = "write it as docker-image://NAME, for example docker-image://debian:12";
            report.wrong_but(&text.place, "no image reference behind `docker-image://`", hint);
            return None;
        }
        return Some(NamedContext::DockerImage(reference.to_owned()));
    }
    if let Some(scheme) = REMOTE.iter().find(|scheme| value.starts_with(**scheme)) {
        return remote(report, text, scheme);
    }
    // A folder whose name has a colon can be written as `./a:b`.
    if value.split('/').next().is_some_and(|first| first.contains(':')) {
        let hint = format!("write a folder of the repository, or something with {}", list(KINDS));
        report.wrong_but(&text.place, "an unknown kind of context", hint);
        return None;
    }
    values::path(report, text).map(NamedContext::Folder)
}

fn parent(report: &mut Report<'_>, text: &Text, image: &str) -> Option<NamedContext> {
    match image {
        "" => {
            let hint = format!("write image:NAME for [images.NAME], or image:{OWN_NAME} for [image]");
            report.wrong_but(&text.place, "`image:` without a name", hint);
            None
        }
        OWN_NAME => Some(NamedContext::Image(ImageId::Own)),
        name => Some(NamedContext::Image(ImageId::Named(name.to_owned()))),
    }
}

fn remote(report: &mut Report<'_>, text: &Text, scheme: &str) -> Option<NamedContext> {
    let rest = text.value.strip_prefix(scheme).unwrap_or("");
    if rest.is_empty() {
        report.wrong(&text.place, format!("no address behind `{scheme}`"));
        return None;
    }
    // `git@host` and `ssh://git@host` name a user; with http, or behind a colon, it is a secret.
    let user =
        rest.split(['/', '?', '#']).next().and_then(|host| host.rsplit_once('@')).map(|(user, _)| user);
    if user.is_some_and(|user| scheme.starts_with("http") || user.contains(':')) {
        let hint = "leave them out, and give them to the builder (for git by --secret or --ssh)";
        report.wrong_but(&text.place, "an address with credentials in it", hint);
        return None;
    }
    Some(NamedContext::Remote(text.value.clone()))
}
