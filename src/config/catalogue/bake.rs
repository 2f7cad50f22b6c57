//! A bake file in JSON, most of all what `docker buildx bake --print` prints: its targets as tables.
//!
//! What counts is what a target reads: context, Dockerfile, target, arguments, platforms, contexts. `tags`, `output`,
//! `cache-from`, `labels` and the like say where an image goes or how it is made faster, and imgplan has its own answers.
//! Strings are HCL templates: what a variable would fill in is not known here, so it is refused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::config::catalogue::seek::Seek;
use crate::config::paths;
use crate::config::raw::Image;
use crate::config::source::{Report, shown};
use crate::config::table::Text;
use crate::error::{Error, Place};

/// What to do about whatever only bake can work out.
const PRINT: &str = "let bake work it out: docker buildx bake --print > bake.json, and name that file";

/// The images of a bake file.
pub(super) fn images(report: &mut Report<'_>, file: &str, bytes: &[u8]) -> Vec<Image> {
    let document: Value = match serde_json::from_slice(bytes) {
        Ok(document) => document,
        Err(error) => {
            let place = Place::line(file, error.line()).column(error.column());
            report.push(Error::invalid("this is no JSON").at(place).caused_by(error).hint(PRINT));
            return Vec::new();
        }
    };
    let text = String::from_utf8_lossy(bytes);
    let seek = Seek { file, text: &text };
    let Some(targets) = document.get("target").and_then(Value::as_object) else {
        report.wrong_but(&Place::line(file, 1), "there is no `target` in this bake file", PRINT);
        return Vec::new();
    };
    let mut bake = Bake { report, seek, targets, steps: 0 };
    let templates = templates(&document, targets);
    let wanted = targets.keys().filter(|name| !templates.contains(name.as_str()));
    wanted.filter_map(|name| bake.image(name)).collect()
}

/// Targets that are there to be inherited from: no group has them, and they have a name like `_common`, or others inherit
/// from them and they do not say where a build would be.
fn templates<'v>(document: &'v Value, targets: &'v Map<String, Value>) -> BTreeSet<&'v str> {
    let strings = |value: Option<&'v Value>| value.and_then(Value::as_array).into_iter().flatten();
    let groups = document.get("group").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let grouped: BTreeSet<&str> =
        groups.flat_map(|group| strings(group.get("targets"))).filter_map(Value::as_str).collect();
    let inherited = targets.values().flat_map(|target| strings(target.get("inherits")));
    let nowhere = |name: &&str| {
        let says = |key: &str| targets.get(*name).is_some_and(|target| target.get(key).is_some());
        !["context", "dockerfile", "target"].into_iter().any(says)
    };
    let inherited = inherited.filter_map(Value::as_str).filter(nowhere);
    let hidden = targets.keys().map(String::as_str).filter(|name| name.starts_with('_'));
    inherited.chain(hidden).filter(|name| !grouped.contains(name)).collect()
}

struct Bake<'r, 'a, 's> {
    report: &'r mut Report<'a>,
    seek: Seek<'s>,
    targets: &'s Map<String, Value>,
    /// Targets merged so far: one that inherits twice from each of many others would never end.
    steps: usize,
}

/// More steps than any project's targets take.
const MOST_STEPS: usize = 100_000;

/// A target with what it inherits: each key with the target that it is written in.
type Merged<'v> = BTreeMap<&'v str, (&'v str, &'v Value)>;

impl<'s> Bake<'_, '_, 's> {
    fn image(&mut self, name: &'s str) -> Option<Image> {
        let place = self.seek.place(&["target", name]);
        let mut keys = Merged::new();
        let mut maps: BTreeMap<&str, Merged<'s>> = BTreeMap::new();
        self.merge(name, &mut Vec::new(), &mut keys, &mut maps)?;
        for (key, message) in [
            ("matrix", "a matrix is worked out by bake"),
            ("dockerfile-inline", "a Dockerfile inside the bake file cannot be read by imgplan"),
        ] {
            if let Some((owner, _)) = keys.get(key) {
                let hint = if key == "matrix" { PRINT } else { "write it into a file of the repository" };
                let place = self.seek.place(&["target", owner, key]);
                self.report.wrong_but(&place, message, hint);
                return None;
            }
        }
        let mut image = Image { name: Some(Text::made(name, place.clone())), place, ..Image::default() };
        let context = match self.text(&keys, "context") {
            Some(text) => self.folder(&text)?,
            None => String::new(),
        };
        if let Some(dockerfile) = self.text(&keys, "dockerfile") {
            let within = dockerfile.value.strip_prefix("cwd://");
            let path = match within {
                Some(path) => paths::resolve("", path),
                None => paths::resolve(&context, &dockerfile.value),
            };
            let path = path.map_err(|message| self.report.wrong(&dockerfile.place, message)).ok()?;
            image.places.insert("dockerfile".to_owned(), dockerfile.place.clone());
            image.dockerfile = Some(Text::made(path, dockerfile.place));
        }
        let place = match keys.get("context") {
            Some((owner, _)) => self.seek.place(&["target", owner, "context"]),
            None => image.place.clone(),
        };
        let context = if context.is_empty() { ".".to_owned() } else { context };
        image.places.insert("context".to_owned(), place.clone());
        image.context = Some(Text::made(context, place));
        if let Some(target) = self.text(&keys, "target") {
            image.places.insert("target".to_owned(), target.place.clone());
            image.target = Some(target);
        }
        if let Some((owner, value)) = keys.get("platforms") {
            let place = self.seek.place(&["target", owner, "platforms"]);
            for item in value.as_array().into_iter().flatten() {
                image.platforms.extend(self.string(item, &place));
            }
            image.places.insert("platforms".to_owned(), place);
        }
        image.build_args = self.entries(&maps, "args");
        image.contexts = self.entries(&maps, "contexts");
        for (_, value) in &mut image.contexts {
            if let Some(parent) = value.value.strip_prefix("target:") {
                *value = Text::made(format!("image:{parent}"), value.place.clone());
            }
        }
        for (key, entries) in [("build-args", &image.build_args), ("contexts", &image.contexts)] {
            for (name, value) in entries {
                image.places.insert(format!("{key}.{}", name.value), value.place.clone());
            }
        }
        Some(image)
    }

    /// What a target inherits first, then what it says itself, as bake does it.
    fn merge(
        &mut self,
        name: &'s str,
        way: &mut Vec<&'s str>,
        keys: &mut Merged<'s>,
        maps: &mut BTreeMap<&'s str, Merged<'s>>,
    ) -> Option<()> {
        let targets = self.targets;
        let Some(target) = targets.get(name).and_then(Value::as_object) else {
            let place = self.seek.place(&["target", way.last().copied().unwrap_or(name), "inherits"]);
            self.report.wrong(&place, format!("there is no target {}", shown(name)));
            return None;
        };
        // Far deeper than anybody inherits; each step down costs a frame.
        self.steps += 1;
        if way.contains(&name) || way.len() > 64 || self.steps > MOST_STEPS {
            let place = self.seek.place(&["target", name, "inherits"]);
            self.report
                .wrong(&place, format!("the target {} inherits from itself, or from too many", shown(name)));
            return None;
        }
        way.push(name);
        for parent in target.get("inherits").and_then(Value::as_array).into_iter().flatten() {
            self.merge(parent.as_str().unwrap_or(""), way, keys, maps)?;
        }
        way.pop();
        for (key, value) in target {
            match (key.as_str(), value) {
                ("inherits", _) | (_, Value::Null) => {}
                ("args" | "contexts", Value::Object(entries)) => {
                    let map = maps.entry(key).or_default();
                    // `null` is nothing said: what is inherited stays.
                    let said = entries.iter().filter(|(_, value)| !value.is_null());
                    map.extend(said.map(|(entry, value)| (entry.as_str(), (name, value))));
                }
                _ => {
                    keys.insert(key, (name, value));
                }
            }
        }
        Some(())
    }

    fn entries(&mut self, maps: &BTreeMap<&str, Merged<'s>>, key: &str) -> Vec<(Text, Text)> {
        let mut entries = Vec::new();
        for (name, (owner, value)) in maps.get(key).into_iter().flatten() {
            let place = self.seek.place(&["target", owner, key, name]);
            let Some(value) = self.string(value, &place) else { continue };
            entries.push((Text::made(*name, place), value));
        }
        entries
    }

    fn text(&mut self, keys: &Merged<'s>, key: &str) -> Option<Text> {
        let (owner, value) = keys.get(key)?;
        let place = self.seek.place(&["target", owner, key]);
        self.string(value, &place)
    }

    /// A string without templates.
    fn string(&mut self, value: &Value, place: &Place) -> Option<Text> {
        let Some(text) = value.as_str() else {
            self.report.wrong(place, "expected a string");
            return None;
        };
        let mut plain = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(['$', '%']) {
            let (before, after) = rest.split_at(at);
            plain.push_str(before);
            let sign = after.get(..1).unwrap_or("");
            if after.get(1..2) == Some(sign) && after.get(2..3) == Some("{") {
                plain.push_str(sign);
                plain.push('{');
                rest = after.get(3..).unwrap_or("");
            } else if after.get(1..2) == Some("{") {
                let message = format!("{} has a variable in it, which only bake can fill in", shown(text));
                self.report.wrong_but(place, message, PRINT);
                return None;
            } else {
                plain.push_str(sign);
                rest = after.get(1..).unwrap_or("");
            }
        }
        plain.push_str(rest);
        Some(Text::made(plain, place.clone()))
    }

    /// The context, clean: a folder from the repository's root, where bake is started.
    fn folder(&mut self, text: &Text) -> Option<String> {
        let value = text.value.strip_prefix("cwd://").unwrap_or(&text.value);
        let value = if value.is_empty() { "." } else { value };
        let context = match is_outside(value) {
            true => Err("the context is not in this repository".to_owned()),
            false => paths::resolve("", value),
        };
        context.map_err(|message| self.report.wrong(&text.place, message)).ok()
    }
}

/// Whether a context is read from somewhere else by the builder.
pub(super) fn is_outside(context: &str) -> bool {
    context.contains("://")
        || context.starts_with("git@")
        || context.starts_with("github.com/")
        || context == "-"
}
