//! What every CI system gets of a plan, whatever it calls it: is there something to build, how much, what, and the image
//! of each name. One place, so that GitHub's outputs, the folder of files and the dotenv report say the same.
//!
//! It must not know any of those formats, nor how they escape.

use serde_json::{Map, Value, json};

use crate::decision::Action;
use crate::plan::{Build, Image, Plan};
use crate::reference::Repository;

/// Whether references carry the registry's host. CI systems drop outputs that hold a secret, and a registry's host can be
/// one (AWS account ids in ECR's).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registry {
    /// `ghcr.io/acme/shop:1`
    Named,
    /// `acme/shop:1`
    LeftOut,
}

/// The images that must be built, parents first.
pub fn builds(plan: &Plan) -> impl Iterator<Item = (&Image, &Build)> {
    let builds = plan.images.iter().filter(|image| image.action == Action::Build);
    builds.filter_map(|image| Some((image, image.build.as_ref()?)))
}

/// How many images must be built.
pub fn count(plan: &Plan) -> usize {
    builds(plan).count()
}

/// The image of each name: by digest where it is there, by content tag where it is to be built; none where nothing can be
/// said (skipped, in conflict, unknown).
pub fn images(plan: &Plan, registry: Registry) -> Map<String, Value> {
    let images = plan.images.iter();
    let named = images.filter_map(|image| Some((image.name.clone(), reference(image, registry)?.into())));
    named.collect()
}

/// The reference of [`images`] for one of them.
pub fn reference(image: &Image, registry: Registry) -> Option<String> {
    let reference = match (image.action, &image.reference) {
        (Action::UpToDate | Action::Retag, Some(reference)) => reference.clone(),
        (Action::Build, _) => image.repository.tagged(&image.content_tag),
        _ => return None,
    };
    Some(within(&reference, &image.repository, registry))
}

/// A matrix of jobs, `{"include":[…]}`: an entry for each build, parents first. Lists are texts with a line for each
/// value, as docker/build-push-action takes them. Without a build there is one entry whose `name` is empty, since an
/// empty matrix fails a run: a job guarded by `has-builds` never sees it.
pub fn matrix(plan: &Plan, registry: Registry) -> Value {
    let mut include = entries(plan, registry);
    if include.is_empty() {
        include.push(json!({ "name": "" }));
    }
    json!({ "include": include })
}

/// The entries of [`matrix`] as they are: none without a build.
pub fn entries(plan: &Plan, registry: Registry) -> Vec<Value> {
    builds(plan).map(|(image, build)| as_wanted(entry(image, build), plan, registry)).collect()
}

fn entry(image: &Image, build: &Build) -> Value {
    let pairs = |pairs: &std::collections::BTreeMap<String, String>| {
        lines(pairs.iter().map(|(name, value)| format!("{name}={value}")))
    };
    json!({
        "name": image.name,
        "reason": image.reason,
        "content_hash": image.content_hash,
        "content_tag": image.content_tag,
        "repository": image.repository.to_string(),
        "context": build.context,
        "dockerfile": build.dockerfile,
        "target": build.target.as_deref().unwrap_or_default(),
        "args": pairs(&build.args),
        "contexts": pairs(&build.contexts),
        "platforms": lines(build.platforms.iter().map(ToString::to_string)).replace('\n', ","),
        "tags": lines(build.tags.iter().cloned()),
        "labels": pairs(&build.labels),
        "annotations": pairs(&build.annotations),
        "cache_from": lines(build.cache_from.iter().cloned()),
        // Another build of a content that is there: a cache would give the old one.
        "no_cache": build.fresh,
        "depends_on": lines(image.depends_on.iter().cloned()),
    })
}

/// The whole plan as JSON, with or without the host.
pub fn plan(plan: &Plan, registry: Registry) -> serde_json::Result<Value> {
    Ok(as_wanted(serde_json::to_value(plan)?, plan, registry))
}

fn as_wanted(value: Value, plan: &Plan, registry: Registry) -> Value {
    match registry {
        Registry::Named => value,
        Registry::LeftOut => without_hosts(value, &hosts(plan)),
    }
}

/// The hosts of all repositories that a plan names.
fn hosts(plan: &Plan) -> Vec<String> {
    let from = plan.images.iter().filter_map(|image| image.from.as_ref()).map(|from| &from.repository);
    let repositories = plan.images.iter().map(|image| &image.repository).chain(from);
    let mut hosts: Vec<String> = repositories.filter_map(host).collect();
    hosts.sort();
    hosts.dedup();
    hosts
}

fn host(repository: &Repository) -> Option<String> {
    match repository {
        Repository::Remote { registry, .. } => Some(registry.to_string()),
        Repository::Layout { .. } => None,
    }
}

fn without_hosts(value: Value, hosts: &[String]) -> Value {
    match value {
        Value::String(text) => Value::String(without(text, hosts)),
        Value::Array(values) => values.into_iter().map(|value| without_hosts(value, hosts)).collect(),
        Value::Object(entries) => {
            let entries = entries.into_iter();
            let entries = entries.map(|(key, value)| (without(key, hosts), without_hosts(value, hosts)));
            Value::Object(entries.collect())
        }
        other => other,
    }
}

/// A reference in this repository's registry, with or without the host.
fn within(reference: &str, repository: &Repository, registry: Registry) -> String {
    match host(repository).filter(|_| registry == Registry::LeftOut) {
        Some(host) => without(reference.to_owned(), &[host]),
        None => reference.to_owned(),
    }
}

/// A text that names no host: references begin with their path, and sentences say `[registry]`. A host that only ends with
/// one of these is another.
fn without(text: String, hosts: &[String]) -> String {
    hosts.iter().fold(text, |text, host| {
        let mut parts = text.split(host.as_str());
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let within_a_name = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
            if out.ends_with(within_a_name) {
                out.push_str(host);
                out.push_str(part);
                continue;
            }
            let address = out.ends_with("http://") || out.ends_with("https://");
            match part.strip_prefix('/').filter(|_| !address) {
                Some(path) => out.push_str(path),
                None => {
                    out.push_str("[registry]");
                    out.push_str(part);
                }
            }
        }
        out
    })
}

/// A line for each value. One with a quotation mark or a line break is quoted as CSV, which is how docker/build-push-action
/// reads these lists.
fn lines(values: impl Iterator<Item = String>) -> String {
    let quoted = |value: String| match value.contains(['"', '\n', '\r']) {
        true => format!("\"{}\"", value.replace('"', "\"\"")),
        false => value,
    };
    values.map(quoted).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_line_of_a_list() {
        let values = ["A=1, 2", "B=say \"x\"", "C=a\nD=b"].map(str::to_owned);
        assert_eq!(lines(values.into_iter()), "A=1, 2\n\"B=say \"\"x\"\"\"\n\"C=a\nD=b\"");
    }

    #[test]
    fn a_host_is_left_out_wherever_it_stands() {
        let without = |text: &str| without(text.to_owned(), &["1234.ecr.aws".to_owned()]);
        assert_eq!(without("1234.ecr.aws/a/b:1\n1234.ecr.aws/a:2"), "a/b:1\na:2");
        assert_eq!(without("base=docker-image://1234.ecr.aws/a@sha256:0"), "base=docker-image://a@sha256:0");
        assert_eq!(without("HEAD https://1234.ecr.aws/v2/a: no"), "HEAD https://[registry]/v2/a: no");
        assert_eq!(without("1234.ecr.aws limits requests"), "[registry] limits requests");
        assert_eq!(without("my.1234.ecr.aws/a"), "my.1234.ecr.aws/a");
    }
}
