//! `--format bake`: the builds of a plan as a definition for `docker buildx bake`, in its JSON form.
//!
//! Every text of such a file is a template of HCL, keys of maps included, and comes back in Unicode's composed form; so
//! every text is escaped, and one that would come back as another is refused. It must not know how a builder is run, nor
//! where the file lands: paths in it are seen from the repository's root.

mod layout;
mod names;
mod paths;
mod template;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::plan::{Build, Image, Plan};
use crate::reference::Repository;
use crate::render::{json, outputs};

use names::Names;

/// What bake could not read back as it is meant, in words that end a sentence.
type Refused = String;

/// The definition: the group `default` of all builds, and a target for each of them, parents first.
///
/// # Errors
/// A text that bake would read as another.
pub fn plan(plan: &Plan) -> Result<Vec<u8>> {
    let names = Names::new(plan.images.iter().map(|image| image.name.as_str()));
    let parents: BTreeMap<String, String> = outputs::builds(plan)
        .map(|(image, _)| (address(image), format!("target:{}", names.of(&image.name))))
        .collect();
    let mut targets = Map::new();
    for (image, build) in outputs::builds(plan) {
        let target = target(image, build, &parents).map_err(|why| {
            Error::invalid(format!("bake cannot build the image {}: {why}", image.name))
                .hint("build it with `imgplan apply --build`, or leave it out with --image")
        })?;
        targets.insert(names.of(&image.name).to_owned(), target);
    }
    let all: Vec<String> = targets.keys().cloned().collect();
    if all.is_empty() {
        // Bake refuses a file without a target where an option (--push) speaks of all of them. This one is built only by
        // its name; with an empty group bake does nothing, and that is no error.
        targets.insert("nothing-to-build".to_owned(), json!({ "output": ["type=cacheonly"] }));
    }
    json::value(&json!({ "group": { "default": { "targets": all } }, "target": targets }))
}

/// How a plan names a parent that is still to be built.
fn address(image: &Image) -> String {
    let reference = image.repository.tagged(&image.content_tag);
    match reference.strip_prefix("oci:") {
        Some(layout) => format!("oci-layout://{layout}"),
        None => format!("docker-image://{reference}"),
    }
}

fn target(image: &Image, build: &Build, parents: &BTreeMap<String, String>) -> Result<Value, Refused> {
    let mut target = Map::new();
    let mut set = |key: &str, value: Value| match &value {
        Value::Array(list) if list.is_empty() => {}
        Value::Object(pairs) if pairs.is_empty() => {}
        _ => drop(target.insert(key.to_owned(), value)),
    };
    set("context", text(paths::context(&build.context)?)?);
    set("dockerfile", text(&paths::dockerfile(&build.context, &build.dockerfile))?);
    if let Some(stage) = &build.target {
        set("target", text(stage)?);
    }
    let context = |value: &String| parents.get(value).cloned().unwrap_or_else(|| paths::named(value));
    set("contexts", pairs(build.contexts.iter().map(|(name, value)| (name, context(value))))?);
    set("args", pairs(build.args.iter().map(|(name, value)| (name, value.clone())))?);
    set("labels", pairs(build.labels.iter().map(|(name, value)| (name, value.clone())))?);
    // BuildKit refuses an index's annotations where it makes none: see `build::buildx`.
    let level = if build.platforms.len() > 1 { "index,manifest" } else { "manifest" };
    set("annotations", texts(build.annotations.iter().map(|(key, value)| format!("{level}:{key}={value}")))?);
    set("platforms", texts(build.platforms.iter().map(ToString::to_string))?);
    match &image.repository {
        Repository::Remote { .. } => set("tags", texts(build.tags.iter().cloned())?),
        Repository::Layout { .. } => set("output", texts([layout::output(image, build)?])?),
    }
    if build.fresh {
        set("no-cache", true.into());
    } else {
        // BuildKit takes layers from registries; of a folder it only takes what was exported as a cache.
        let remote = build.cache_from.iter().filter(|from| !from.starts_with("oci:"));
        set("cache-from", texts(remote.cloned())?);
    }
    Ok(Value::Object(target))
}

fn text(text: &str) -> Result<Value, Refused> {
    template::escape(text).map(Value::String)
}

fn texts(texts: impl IntoIterator<Item = String>) -> Result<Value, Refused> {
    texts.into_iter().map(|one| text(&one)).collect::<Result<Vec<_>, _>>().map(Value::Array)
}

fn pairs<'a>(pairs: impl Iterator<Item = (&'a String, String)>) -> Result<Value, Refused> {
    let pairs = pairs.map(|(name, value)| Ok((template::escape(name)?, text(&value)?)));
    pairs.collect::<Result<Map<_, _>, _>>().map(Value::Object)
}
