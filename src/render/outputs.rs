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
    builds(plan).map(|(image, build)| entry(image, build, registry)).collect()
}

fn entry(image: &Image, build: &Build, registry: Registry) -> Value {
    let within = |reference: &String| within(reference, &image.repository, registry);
    let pairs = |pairs: &std::collections::BTreeMap<String, String>| {
        lines(pairs.iter().map(|(name, value)| format!("{name}={value}")))
    };
    let contexts = build.contexts.iter().map(|(name, value)| {
        // A parent lives beside the image, so its host is the same.
        (
            name.clone(),
            match value.strip_prefix("docker-image://") {
                Some(reference) => format!("docker-image://{}", within(&reference.to_owned())),
                None => value.clone(),
            },
        )
    });
    json!({
        "name": image.name,
        "reason": image.reason,
        "content_hash": image.content_hash,
        "content_tag": image.content_tag,
        "repository": within(&image.repository.to_string()),
        "context": build.context,
        "dockerfile": build.dockerfile,
        "target": build.target.as_deref().unwrap_or_default(),
        "args": pairs(&build.args),
        "contexts": pairs(&contexts.collect()),
        "platforms": lines(build.platforms.iter().map(ToString::to_string)).replace('\n', ","),
        "tags": lines(build.tags.iter().map(within)),
        "labels": pairs(&build.labels),
        "annotations": pairs(&build.annotations),
        "cache_from": lines(build.cache_from.iter().map(within)),
        "depends_on": lines(image.depends_on.iter().cloned()),
    })
}

/// The whole plan as JSON, with or without the host.
pub fn plan(plan: &Plan, registry: Registry) -> serde_json::Result<Value> {
    let value = serde_json::to_value(plan)?;
    Ok(match registry {
        Registry::Named => value,
        Registry::LeftOut => without_hosts(value, &hosts(plan)),
    })
}

/// The hosts of all repositories that a plan names, each with the slash behind it.
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
        Repository::Remote { registry, .. } => Some(format!("{registry}/")),
        Repository::Layout { .. } => None,
    }
}

fn without_hosts(value: Value, hosts: &[String]) -> Value {
    match value {
        Value::String(text) => Value::String(hosts.iter().fold(text, |text, host| text.replace(host, ""))),
        Value::Array(values) => values.into_iter().map(|value| without_hosts(value, hosts)).collect(),
        Value::Object(entries) => {
            let entries = entries.into_iter().map(|(key, value)| {
                let key = hosts.iter().fold(key, |key, host| key.replace(host, ""));
                (key, without_hosts(value, hosts))
            });
            Value::Object(entries.collect())
        }
        other => other,
    }
}

/// A reference in this repository's registry, with or without the host.
fn within(reference: &str, repository: &Repository, registry: Registry) -> String {
    let host = host(repository).filter(|_| registry == Registry::LeftOut);
    let rest = host.and_then(|host| reference.strip_prefix(&host));
    rest.unwrap_or(reference).to_owned()
}

fn lines(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join("\n")
}
