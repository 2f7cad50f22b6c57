//! A bake file in JSON, most of all what `docker buildx bake --print` prints: its targets as tables.
//!
//! What counts is what a target reads: context, Dockerfile, target, arguments, platforms, contexts. `tags`, `output`,
//! `cache-from`, `labels` and the like say where an image goes or how it is made faster, and imgplan has its own answers;
//! a key that is in neither list is an error. Strings are HCL templates: what a variable would fill in is not known here,
//! so it is refused.

pub(super) mod targets;

use std::collections::BTreeMap;

use crate::config::catalogue::bake::targets::{TOP, Target, grouped, templates};
use crate::config::catalogue::node::{Node, Reader, with_places};
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
    let document: Node = match serde_json::from_slice(bytes) {
        Ok(document) => document,
        Err(error) => {
            let place = Place::line(file, error.line()).column(error.column());
            report.push(Error::invalid("this is no JSON").at(place).caused_by(error).hint(PRINT));
            return Vec::new();
        }
    };
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader { report, seek: Seek::new(file, &text) };
    let Some(document) = reader.map(&document, &[]) else { return Vec::new() };
    for (key, _) in document.entries().filter(|(key, _)| !TOP.contains(key)) {
        reader.unknown(&[key], TOP.iter().copied());
    }
    let Some(targets) = document.get("target") else {
        reader.wrong_but(&[], "there is no `target` in this bake file", PRINT);
        return Vec::new();
    };
    let Some(targets) = reader.map(targets, &["target"]) else { return Vec::new() };
    let read = |(name, node)| Some((name, Target::read(&mut reader, name, node)?));
    let known: BTreeMap<&str, Target<'_>> = targets.entries().filter_map(read).collect();
    let grouped = grouped(&mut reader, document.get("group"));
    let templates = templates(&known, &grouped);
    let wanted = targets.entries().map(|(name, _)| name);
    let wanted: Vec<&str> =
        wanted.filter(|name| known.contains_key(name) && !templates.contains(name)).collect();
    let mut bake = Bake { reader, targets: known, steps: 0 };
    wanted.into_iter().filter_map(|name| bake.image(name)).collect()
}

struct Bake<'r, 'a, 's, 'n> {
    reader: Reader<'r, 'a, 's>,
    targets: BTreeMap<&'n str, Target<'n>>,
    /// Keys and entries merged so far: one that inherits twice from each of many others would never end.
    steps: usize,
}

/// More steps than any project's targets take.
const MOST_STEPS: usize = 1_000_000;

/// Keys, each with the target that it is written in.
type Merged<'n> = BTreeMap<&'n str, (&'n str, &'n Node)>;

/// A target with what it inherits.
#[derive(Default)]
struct Said<'n> {
    keys: Merged<'n>,
    maps: BTreeMap<&'n str, Merged<'n>>,
}

impl<'n> Bake<'_, '_, '_, 'n> {
    fn image(&mut self, name: &'n str) -> Option<Image> {
        let place = self.reader.place(&["target", name]);
        let mut said = Said::default();
        self.merge(name, &mut Vec::new(), &mut said)?;
        self.refuse(&said)?;
        let mut image = Image { name: Some(Text::made(name, place.clone())), place, ..Image::default() };
        let (context, place) = match said.keys.contains_key("context") {
            true => {
                let text = self.text(&said, "context")?;
                (self.folder(&text)?, text.place)
            }
            false => (String::new(), image.place.clone()),
        };
        image.dockerfile = match said.keys.contains_key("dockerfile") {
            true => Some(self.dockerfile(&said, &context)?),
            // Bake looks nowhere else, so neither may imgplan.
            false => Some(Text::made(paths::join(&context, "Dockerfile"), place.clone())),
        };
        image.context = Some(Text::made(if context.is_empty() { "." } else { &context }, place));
        image.target = self.text(&said, "target");
        self.platforms(&said, &mut image);
        image.build_args = self.entries(&said, "args");
        image.contexts = self.entries(&said, "contexts");
        for (_, value) in &mut image.contexts {
            if let Some(parent) = value.value.strip_prefix("target:") {
                *value = Text::made(format!("image:{parent}"), value.place.clone());
            }
        }
        Some(with_places(image))
    }

    /// What a target inherits first, then what it says itself, as bake does it.
    fn merge(&mut self, name: &'n str, way: &mut Vec<&'n str>, said: &mut Said<'n>) -> Option<()> {
        let Some(target) = self.targets.get(name) else {
            let heir = way.last().copied().unwrap_or(name);
            self.reader.wrong(&["target", heir, "inherits"], format!("there is no target {}", shown(name)));
            return None;
        };
        let entries: usize = target.maps.values().map(|map| map.entries().count()).sum();
        self.steps += 1 + target.keys.len() + entries;
        // Far deeper than anybody inherits; each step down costs a frame.
        if way.contains(&name) || way.len() > 64 || self.steps > MOST_STEPS {
            let message = format!("the target {} inherits from itself, or from too many", shown(name));
            self.reader.wrong(&["target", name, "inherits"], message);
            return None;
        }
        way.push(name);
        for parent in target.inherits.clone() {
            self.merge(parent, way, said)?;
        }
        way.pop();
        let target = self.targets.get(name)?;
        said.keys.extend(target.keys.iter().map(|(key, value)| (*key, (name, *value))));
        for (key, map) in &target.maps {
            let entries = map.entries().filter(|(_, value)| !matches!(value, Node::Null));
            said.maps.entry(key).or_default().extend(entries.map(|(entry, value)| (entry, (name, value))));
        }
        Some(())
    }

    /// What imgplan has no answer to.
    fn refuse(&mut self, said: &Said<'n>) -> Option<()> {
        for (key, message, hint) in [
            ("matrix", "a matrix is worked out by bake", PRINT),
            (
                "dockerfile-inline",
                "a Dockerfile inside the bake file cannot be read by imgplan",
                "write it into a file of the repository",
            ),
        ] {
            if let Some((owner, _)) = said.keys.get(key) {
                self.reader.wrong_but(&["target", owner, key], message, hint);
                return None;
            }
        }
        Some(())
    }

    fn dockerfile(&mut self, said: &Said<'n>, context: &str) -> Option<Text> {
        let text = self.text(said, "dockerfile")?;
        let path = match text.value.strip_prefix("cwd://") {
            Some(path) => paths::resolve("", path),
            None => paths::resolve(context, &text.value),
        };
        let path = path.map_err(|message| self.reader.report.wrong(&text.place, message)).ok()?;
        Some(Text::made(path, text.place))
    }

    fn platforms(&mut self, said: &Said<'n>, image: &mut Image) {
        let Some((owner, value)) = said.keys.get("platforms") else { return };
        let at = ["target", owner, "platforms"];
        for item in self.reader.list(value, &at).unwrap_or_default() {
            image.platforms.extend(self.string(item, &at));
        }
        image.places.insert("platforms".to_owned(), self.reader.place(&at));
    }

    fn entries(&mut self, said: &Said<'n>, key: &str) -> Vec<(Text, Text)> {
        let mut entries = Vec::new();
        for (name, (owner, value)) in said.maps.get(key).into_iter().flatten() {
            let at = ["target", owner, key, name];
            // To bake the names are templates as well.
            let (name, value) = (self.untemplated(name, &at), self.string(value, &at));
            entries.extend(name.zip(value));
        }
        entries
    }

    fn text(&mut self, said: &Said<'n>, key: &str) -> Option<Text> {
        let (owner, value) = said.keys.get(key)?;
        self.string(value, &["target", owner, key])
    }

    /// A string without templates.
    fn string(&mut self, node: &Node, keys: &[&str]) -> Option<Text> {
        let text = self.reader.text(node, keys)?;
        self.untemplated(text, keys)
    }

    fn untemplated(&mut self, text: &str, keys: &[&str]) -> Option<Text> {
        match plain(text) {
            Some(plain) => Some(Text::made(plain, self.reader.place(keys))),
            None => {
                let message = format!("{} has a variable in it, which only bake can fill in", shown(text));
                self.reader.wrong_but(keys, message, PRINT);
                None
            }
        }
    }

    /// The context, clean: a folder from the repository's root, where bake is started.
    fn folder(&mut self, text: &Text) -> Option<String> {
        let value = text.value.strip_prefix("cwd://").unwrap_or(&text.value);
        let value = if value.is_empty() { "." } else { value };
        let context = match is_outside(value) {
            true => Err("the context is not in this repository".to_owned()),
            false => paths::resolve("", value),
        };
        context.map_err(|message| self.reader.report.wrong(&text.place, message)).ok()
    }
}

/// What HCL makes of a string, where no template is in it.
fn plain(text: &str) -> Option<String> {
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
            return None;
        } else {
            plain.push_str(sign);
            rest = after.get(1..).unwrap_or("");
        }
    }
    plain.push_str(rest);
    Some(plain)
}

/// Whether a context is read from somewhere else by the builder.
pub(super) fn is_outside(context: &str) -> bool {
    context.contains("://")
        || context.starts_with("git@")
        || context.starts_with("github.com/")
        || context == "-"
}
