//! A compose file: each service with a `build` is an image.
//!
//! What counts is what the build reads. Variables are never taken from the environment ([`interpolate`]), and what other
//! files would add (`extends`, `include`) is refused rather than left out. Anchors and merge keys are resolved first.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};

use crate::config::catalogue::bake::{is_outside, targets};
use crate::config::catalogue::go_number::is_number_to_go;
use crate::config::catalogue::interpolate;
use crate::config::catalogue::node::{Map, Node, Reader, with_places};
use crate::config::catalogue::seek::Seek;
use crate::config::catalogue::yaml;
use crate::config::nearest::nearest;
use crate::config::paths;
use crate::config::raw::Image;
use crate::config::source::{Report, shown};
use crate::config::table::Text;
use crate::error::Place;

/// What to do about whatever only compose can work out.
const RESOLVE: &str = "let compose work it out: docker compose config --no-interpolate > compose.resolved.yaml, and name that file";

/// What to do about what only bake reads.
const BAKE: &str =
    "write it as compose's own key, or name what bake makes of it: docker buildx bake --print > bake.json";

/// What to do about a variable.
const DEFAULT: &str = "give it one in the compose file: ${NAME:-value}. The environment and .env are never read, since the \
                       content hash must be the same for everybody";

/// Keys of a service that say something here.
pub(super) const SERVICE: &[&str] = &["build", "extends", "platform"];

/// Keys of a build that say something here.
const READ: &[&str] =
    &["additional_contexts", "args", "context", "dockerfile", "dockerfile_inline", "platforms", "target"];

/// Keys of a build that are not read, and why is in the documentation; so are those that begin with `x-`.
const PASSED: &[&str] = &[
    "cache_from",
    "cache_to",
    "entitlements",
    "extra_hosts",
    "isolation",
    "labels",
    "network",
    "no_cache",
    "no_cache_filter",
    "privileged",
    "provenance",
    "pull",
    "sbom",
    "secrets",
    "shm_size",
    "ssh",
    "tags",
    "ulimits",
];

/// The images of a compose file. `set` are variables that a `.env` beside it sets.
pub(super) fn images(
    report: &mut Report<'_>,
    file: &str,
    bytes: &[u8],
    set: &BTreeSet<String>,
) -> Vec<Image> {
    let Some(document) = yaml::document(report, file, bytes) else { return Vec::new() };
    let text = String::from_utf8_lossy(bytes);
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let reader = Reader { report, seek: Seek::new(file, &text) };
    let mut compose = Compose { reader, folder, text: &text, plain: OnceCell::new(), set };
    let Some(document) = compose.reader.map(&document, &[]) else { return Vec::new() };
    if document.get("include").is_some() {
        let hint = "name each of the files in `definitions`";
        compose.reader.wrong_but(&["include"], "what `include` adds is not read here", hint);
    }
    let Some(services) = document.get("services") else {
        compose.reader.wrong(&[], "there are no `services` in this compose file");
        return Vec::new();
    };
    let Some(services) = compose.reader.map(services, &["services"]) else { return Vec::new() };
    services.entries().filter_map(|(name, service)| compose.image(name, service)).collect()
}

struct Compose<'r, 'a, 's> {
    reader: Reader<'r, 'a, 's>,
    /// The compose file's own.
    folder: &'s str,
    text: &'s str,
    /// The words of the file as they stand, quotes included; read when first asked for.
    plain: OnceCell<HashSet<&'s str>>,
    /// Variables that a `.env` beside the file sets.
    set: &'s BTreeSet<String>,
}

impl Compose<'_, '_, '_> {
    fn image(&mut self, name: &str, service: &Node) -> Option<Image> {
        let service = self.reader.map(service, &["services", name])?;
        if service.get("extends").is_some() {
            let at = ["services", name, "extends"];
            self.reader.wrong_but(&at, "what `extends` adds is not read here", RESOLVE);
            return None;
        }
        // The other keys are about containers, and far more of them than are read here; but a slip is an image less.
        for (key, _) in service.entries().filter(|(key, _)| !SERVICE.contains(key)) {
            if nearest(key, SERVICE.iter().copied()).is_some() {
                self.reader.unknown(&["services", name, key], SERVICE.iter().copied());
            }
        }
        let build = service.get("build")?;
        let place = self.reader.place(&["services", name]);
        let mut image = Image { name: Some(Text::made(name, place.clone())), place, ..Image::default() };
        let at = ["services", name, "build"];
        match build {
            Node::Text(_) => {
                let context = self.string(build, &at)?;
                self.context(&mut image, &context)?;
            }
            Node::Map(_) => {
                let build = self.reader.map(build, &at)?;
                self.build(&mut image, build, &at)?;
            }
            other => return self.reader.expected(other, &at, "a folder or a mapping"),
        }
        let own = image.places.contains_key("platforms");
        if let (false, Some(platform)) = (own, service.get("platform")) {
            let at = ["services", name, "platform"];
            image.platforms.extend(self.string(platform, &at));
            image.places.insert("platforms".to_owned(), self.reader.place(&at));
        }
        Some(with_places(image))
    }

    /// A build in its long form.
    fn build(&mut self, image: &mut Image, build: &Map, at: &[&str]) -> Option<()> {
        let key = |key| [at, &[key]].concat();
        for (name, _) in build.entries().filter(|(name, _)| !is_known(name)) {
            self.reader.unknown(&key(name), READ.iter().chain(PASSED).copied());
        }
        if let Some(bake) = build.get("x-bake") {
            let at = key("x-bake");
            let changes = self.reader.map(bake, &at)?.entries().map(|(name, _)| name);
            for name in changes.filter(|name| !targets::PASSED.contains(name)).collect::<Vec<_>>() {
                let message = format!("{} of `x-bake` changes what bake builds", shown(name));
                self.reader.wrong_but(&[&at[..], &[name]].concat(), message, BAKE);
            }
        }
        if build.get("dockerfile_inline").is_some() {
            let message = "a Dockerfile inside the compose file cannot be read by imgplan";
            let hint = "write it into a file of the repository";
            self.reader.wrong_but(&key("dockerfile_inline"), message, hint);
            return None;
        }
        let context = match build.get("context") {
            Some(context) => self.string(context, &key("context"))?,
            None => Text::made(".", self.reader.place(at)),
        };
        let context = self.context(image, &context)?;
        if let Some(value) = build.get("dockerfile") {
            let text = self.string(value, &key("dockerfile"))?;
            let path = self.resolve(&context, &text)?;
            image.dockerfile = Some(Text::made(path, text.place));
        }
        if let Some(value) = build.get("target") {
            image.target = Some(self.string(value, &key("target"))?);
        }
        match build.get("platforms") {
            None | Some(Node::Null) => {}
            Some(value) => {
                let at = key("platforms");
                for item in self.reader.list(value, &at).unwrap_or_default() {
                    image.platforms.extend(self.string(item, &at));
                }
                image.places.insert("platforms".to_owned(), self.reader.place(&at));
            }
        }
        image.build_args = self.entries(build.get("args"), &key("args"), "a value");
        let contexts = build.get("additional_contexts");
        let contexts = self.entries(contexts, &key("additional_contexts"), "a context");
        let contexts = contexts.into_iter().filter_map(|(name, value)| Some((name, self.named(&value)?)));
        image.contexts = contexts.collect();
        Some(())
    }

    /// The image's context, and its path.
    fn context(&mut self, image: &mut Image, context: &Text) -> Option<String> {
        if is_outside(&context.value) {
            self.reader.report.wrong(&context.place, "the context is not in this repository");
            return None;
        }
        let path = self.resolve(self.folder, context)?;
        image.context = Some(Text::made(if path.is_empty() { "." } else { &path }, context.place.clone()));
        // Compose looks nowhere else, so neither may imgplan.
        image.dockerfile = Some(Text::made(paths::join(&path, "Dockerfile"), context.place.clone()));
        Some(path)
    }

    /// A named context.
    fn named(&mut self, value: &Text) -> Option<Text> {
        let text = match value.value.strip_prefix("service:") {
            Some(service) => format!("image:{service}"),
            None if is_outside(&value.value) => value.value.clone(),
            None => match self.resolve(self.folder, value)? {
                path if path.is_empty() => ".".to_owned(),
                path => path,
            },
        };
        Some(Text::made(text, value.place.clone()))
    }

    /// A mapping, or a list of `NAME=VALUE`.
    fn entries(&mut self, value: Option<&Node>, keys: &[&str], what: &str) -> Vec<(Text, Text)> {
        let mut entries = Vec::new();
        match value {
            None | Some(Node::Null) => {}
            Some(value @ Node::Map(_)) => {
                for (name, value) in self.reader.map(value, keys).into_iter().flat_map(Map::entries) {
                    let at = [keys, &[name]].concat();
                    match value {
                        Node::Null => self.no_value(name, &self.reader.place(&at), what),
                        value => {
                            let value = self.string(value, &at);
                            entries.extend(value.map(|value| (Text::made(name, value.place.clone()), value)));
                        }
                    }
                }
            }
            Some(Node::List(items)) => {
                for item in items {
                    let Some(item) = self.reader.text(item, keys) else { continue };
                    let name = item.split('=').next().unwrap_or("");
                    let place = self.reader.place(&[keys, &[name]].concat());
                    let Some(text) = self.filled(item, &place) else { continue };
                    match text.split_once('=') {
                        Some((name, value)) => {
                            entries.push((Text::made(name, place.clone()), Text::made(value, place.clone())))
                        }
                        None => self.no_value(&text, &place, what),
                    }
                }
            }
            Some(other) => {
                let _: Option<()> = self.reader.expected(other, keys, "a mapping or a list");
            }
        }
        entries
    }

    fn no_value(&mut self, name: &str, place: &Place, what: &str) {
        let message = format!("{} has no value here", shown(name));
        let hint = format!("write {what} behind it: the environment of whoever builds is never read");
        self.reader.report.wrong_but(place, message, hint);
    }

    /// A scalar as text, its variables filled in.
    fn string(&mut self, node: &Node, keys: &[&str]) -> Option<Text> {
        let text = match node {
            Node::Text(text) if !self.is_number_to_compose(text) => text.clone(),
            Node::Number(Some(number)) => number.clone(),
            Node::Bool(value) => value.to_string(),
            Node::Text(_) | Node::Number(None) => {
                let message = "a number that compose may write in another way than it stands here";
                self.reader.wrong_but(keys, message, "write it in quotes");
                return None;
            }
            other => return self.reader.expected(other, keys, "a string"),
        };
        let place = self.reader.place(keys);
        Some(Text::made(self.filled(&text, &place)?, place))
    }

    fn filled(&mut self, text: &str, place: &Place) -> Option<String> {
        if let Some(name) = interpolate::used(text, self.set) {
            let message =
                format!("the variable {} is set in the .env beside it, which is not read here", shown(name));
            let hint = "write its value into the compose file, or take it out of .env";
            self.reader.report.wrong_but(place, message, hint);
            return None;
        }
        interpolate::unset(text).map_err(|message| self.reader.report.wrong_but(place, message, DEFAULT)).ok()
    }

    /// Whether the text may be a number without quotes, as `010` or `1_000`: a string to YAML 1.2, and 8 or 1000 to the
    /// library that compose reads it with.
    fn is_number_to_compose(&self, text: &str) -> bool {
        let words = || {
            let blank = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}');
            self.text.split(blank).collect()
        };
        is_number_to_go(text) && self.plain.get_or_init(words).contains(text)
    }

    fn resolve(&mut self, folder: &str, text: &Text) -> Option<String> {
        paths::resolve(folder, &text.value)
            .map_err(|message| self.reader.report.wrong(&text.place, message))
            .ok()
    }
}

fn is_known(key: &str) -> bool {
    READ.contains(&key) || PASSED.contains(&key) || key.starts_with("x-")
}
