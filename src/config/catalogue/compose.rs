//! A compose file: each service with a `build` is an image.
//!
//! What counts is what the build reads. Variables are never taken from the environment ([`interpolate`]), and what other
//! files would add (`extends`, `include`) is refused rather than left out. Anchors and merge keys are resolved first.

use yaml_serde::{Mapping, Value};

use crate::config::catalogue::bake::is_outside;
use crate::config::catalogue::interpolate;
use crate::config::catalogue::seek::Seek;
use crate::config::paths;
use crate::config::raw::Image;
use crate::config::source::{Report, shown};
use crate::config::table::Text;
use crate::error::{Error, Place};

/// What to do about whatever only compose can work out.
const RESOLVE: &str = "let compose work it out: docker compose config --no-interpolate > compose.resolved.yaml, and name that file";

/// What to do about a variable.
const DEFAULT: &str = "give it one in the compose file: ${NAME:-value}. The environment and .env are never read, since the \
                       content hash must be the same for everybody";

/// The images of a compose file.
pub(super) fn images(report: &mut Report<'_>, file: &str, bytes: &[u8]) -> Vec<Image> {
    let document = yaml_serde::from_slice::<Value>(bytes).and_then(|mut document| {
        document.apply_merge()?;
        Ok(document)
    });
    let document = match document {
        Ok(document) => document,
        Err(error) => {
            let place = match error.location() {
                Some(at) => Place::line(file, at.line()).column(at.column()),
                None => Place::file(file),
            };
            report.push(Error::invalid("this is no YAML").at(place).caused_by(error));
            return Vec::new();
        }
    };
    let text = String::from_utf8_lossy(bytes);
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut compose = Compose { report, seek: Seek { file, text: &text }, folder };
    if document.get("include").is_some() {
        let place = compose.seek.place(&["include"]);
        let hint = "name each of the files in `definitions`";
        compose.report.wrong_but(&place, "what `include` adds is not read here", hint);
    }
    let Some(services) = document.get("services").and_then(Value::as_mapping) else {
        compose.report.wrong(&Place::line(file, 1), "there are no `services` in this compose file");
        return Vec::new();
    };
    let mut images = Vec::new();
    for (name, service) in services {
        if let (Some(name), Some(service)) = (name.as_str(), service.as_mapping()) {
            images.extend(compose.image(name, service));
        }
    }
    images
}

struct Compose<'r, 'a, 's> {
    report: &'r mut Report<'a>,
    seek: Seek<'s>,
    /// The compose file's own.
    folder: &'s str,
}

impl Compose<'_, '_, '_> {
    fn image(&mut self, name: &str, service: &Mapping) -> Option<Image> {
        let at = |keys: &[&'static str]| -> Vec<&str> { [&["services", name], keys].concat() };
        if service.get("extends").is_some() {
            let place = self.seek.place(&at(&["extends"]));
            self.report.wrong_but(&place, "what `extends` adds is not read here", RESOLVE);
            return None;
        }
        let build = service.get("build")?;
        let place = self.seek.place(&at(&[]));
        let mut image = Image { name: Some(Text::made(name, place.clone())), place, ..Image::default() };
        let empty = Mapping::new();
        let build_place = self.seek.place(&at(&["build"]));
        let (context, build) = match build {
            Value::Mapping(build) => (build.get("context"), build),
            Value::String(_) => (Some(build), &empty),
            _ => {
                self.report.wrong(&build_place, "expected a folder, or a mapping");
                return None;
            }
        };
        let key = |key: &'static str| at(&["build", key]);
        if build.contains_key("dockerfile_inline") {
            let place = self.seek.place(&key("dockerfile_inline"));
            let hint = "write it into a file of the repository";
            self.report.wrong_but(
                &place,
                "a Dockerfile inside the compose file cannot be read by imgplan",
                hint,
            );
            return None;
        }
        let context_place =
            if build.contains_key("context") { self.seek.place(&key("context")) } else { build_place };
        let context = match context {
            Some(context) => self.string(context, &context_place)?,
            None => Text::made(".", context_place.clone()),
        };
        if is_outside(&context.value) {
            self.report.wrong(&context_place, "the context is not in this repository");
            return None;
        }
        let context = self.resolve(self.folder, &context)?;
        let shown = if context.is_empty() { "." } else { &context };
        image.context = Some(Text::made(shown, context_place.clone()));
        image.places.insert("context".to_owned(), context_place);
        if let Some(value) = build.get("dockerfile") {
            let place = self.seek.place(&key("dockerfile"));
            let path = self.string(value, &place)?;
            let path = self.resolve(&context, &path)?;
            image.places.insert("dockerfile".to_owned(), place.clone());
            image.dockerfile = Some(Text::made(path, place));
        }
        if let Some(value) = build.get("target") {
            let place = self.seek.place(&key("target"));
            image.places.insert("target".to_owned(), place.clone());
            image.target = Some(self.string(value, &place)?);
        }
        let platforms = build.get("platforms").map(|platforms| (platforms, key("platforms")));
        let platform = service.get("platform").map(|platform| (platform, at(&["platform"])));
        if let Some((value, keys)) = platforms.or(platform) {
            let place = self.seek.place(&keys);
            let items = value.as_sequence().map_or(std::slice::from_ref(value), Vec::as_slice);
            for item in items {
                image.platforms.extend(self.string(item, &place));
            }
            image.places.insert("platforms".to_owned(), place);
        }
        image.build_args = self.entries(build.get("args"), &key("args"), "a value");
        image.contexts =
            self.entries(build.get("additional_contexts"), &key("additional_contexts"), "a context");
        for (_, value) in &mut image.contexts {
            let text = match value.value.strip_prefix("service:") {
                Some(service) => format!("image:{service}"),
                None if is_outside(&value.value) => value.value.clone(),
                None => match paths::resolve(self.folder, &value.value) {
                    Ok(path) if path.is_empty() => ".".to_owned(),
                    Ok(path) => path,
                    Err(message) => {
                        self.report.wrong(&value.place, message);
                        continue;
                    }
                },
            };
            *value = Text::made(text, value.place.clone());
        }
        for (key, entries) in [("build-args", &image.build_args), ("contexts", &image.contexts)] {
            for (name, value) in entries {
                image.places.insert(format!("{key}.{}", name.value), value.place.clone());
            }
        }
        Some(image)
    }

    /// A mapping, or a list of `NAME=VALUE`.
    fn entries(&mut self, value: Option<&Value>, keys: &[&str], what: &str) -> Vec<(Text, Text)> {
        let mut entries = Vec::new();
        let mut add = |this: &mut Self, name: &str, value: Option<Text>, place: Place| match value {
            Some(value) => entries.push((Text::made(name, place), value)),
            None => {
                let message = format!("{} has no value here", shown(name));
                let hint = format!("write {what} behind it: the environment of whoever builds is never read");
                this.report.wrong_but(&place, message, hint);
            }
        };
        match value {
            None | Some(Value::Null) => {}
            Some(Value::Mapping(mapping)) => {
                for (name, value) in mapping {
                    let Some(name) = name.as_str() else { continue };
                    let place = self.seek.place(&[keys, &[name]].concat());
                    match value {
                        Value::Null => add(self, name, None, place),
                        value => {
                            if let Some(value) = self.string(value, &place) {
                                add(self, name, Some(value), place);
                            }
                        }
                    }
                }
            }
            Some(Value::Sequence(items)) => {
                for item in items {
                    let name = item.as_str().unwrap_or("").split('=').next().unwrap_or("").to_owned();
                    let mut place = self.seek.place(keys);
                    let place = match self.seek.place(&[keys, &[name.as_str()]].concat()) {
                        found if found.line > place.line => found,
                        _ => {
                            place.key = place.key.map(|key| format!("{key}.{name}"));
                            place
                        }
                    };
                    let Some(text) = self.string(item, &place) else { continue };
                    match text.value.split_once('=') {
                        Some((name, value)) => {
                            add(self, name, Some(Text::made(value, place.clone())), place);
                        }
                        None => add(self, &text.value, None, place),
                    }
                }
            }
            Some(_) => {
                let place = self.seek.place(keys);
                self.report.wrong(&place, "expected a mapping or a list");
            }
        }
        entries
    }

    /// A scalar as text, its variables filled in.
    fn string(&mut self, value: &Value, place: &Place) -> Option<Text> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            _ => {
                self.report.wrong(place, "expected a string");
                return None;
            }
        };
        match interpolate::unset(&text) {
            Ok(text) => Some(Text::made(text, place.clone())),
            Err(message) => {
                self.report.wrong_but(place, message, DEFAULT);
                None
            }
        }
    }

    fn resolve(&mut self, folder: &str, text: &Text) -> Option<String> {
        paths::resolve(folder, &text.value).map_err(|message| self.report.wrong(&text.place, message)).ok()
    }
}
