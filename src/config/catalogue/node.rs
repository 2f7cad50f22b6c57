//! The values of a JSON or YAML file, and their typed reading: a value of a wrong type is an error at its place, never
//! nothing.
//!
//! Both formats become one kind of value, so that a bake file and a compose file are read by the same rules. It must not
//! know what a key means.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::config::catalogue::go_number::decimal;
use crate::config::catalogue::seek::Seek;
use crate::config::nearest::nearest;
use crate::config::raw::Image;
use crate::config::source::{Report, shown};
use crate::error::Place;

/// A value.
#[derive(Debug)]
pub(super) enum Node {
    /// Nothing said.
    Null,
    /// `true` or `false`
    Bool(bool),
    /// As Go prints it, which bake and compose are written in; none where that is no plain decimal.
    Number(Option<String>),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping.
    Map(Map),
    /// YAML with a tag, as `!reset`: what it means is for the program that the file is written for.
    Tagged(String),
}

/// A mapping, in the file's order.
#[derive(Debug, Default)]
pub(super) struct Map {
    entries: Vec<(String, Node)>,
    /// Keys that are no strings.
    odd: Vec<String>,
}

impl Map {
    /// The entries.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The value of a key; for mappings of which few keys are asked for.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().find(|(known, _)| *known == key).map(|(_, value)| value)
    }
}

/// A file's values being read, with the problems found so far.
pub(super) struct Reader<'r, 'a, 's> {
    pub(super) report: &'r mut Report<'a>,
    pub(super) seek: Seek<'s>,
}

impl Reader<'_, '_, '_> {
    /// The place of a key.
    pub(super) fn place(&self, keys: &[&str]) -> Place {
        self.seek.place(keys)
    }

    /// Adds a problem.
    pub(super) fn wrong(&mut self, keys: &[&str], message: impl Into<String>) {
        let place = self.place(keys);
        self.report.wrong(&place, message);
    }

    /// Adds a problem and says what to do.
    pub(super) fn wrong_but(&mut self, keys: &[&str], message: impl Into<String>, hint: impl Into<String>) {
        let place = self.place(keys);
        self.report.wrong_but(&place, message, hint);
    }

    /// Adds that something else was expected.
    pub(super) fn expected<T>(&mut self, node: &Node, keys: &[&str], what: &str) -> Option<T> {
        let found = match node {
            Node::Null => "nothing",
            Node::Bool(_) => "`true` or `false`",
            Node::Number(_) => "a number",
            Node::Text(_) => "a string",
            Node::List(_) => "a list",
            Node::Map(_) => "a mapping",
            Node::Tagged(tag) => {
                let tag = shown(tag);
                self.wrong(keys, format!("expected {what}; the tag {tag} is not read here"));
                return None;
            }
        };
        self.wrong(keys, format!("expected {what}, and this is {found}"));
        None
    }

    /// A string.
    pub(super) fn text<'n>(&mut self, node: &'n Node, keys: &[&str]) -> Option<&'n str> {
        match node {
            Node::Text(text) => Some(text),
            other => self.expected(other, keys, "a string"),
        }
    }

    /// A list.
    pub(super) fn list<'n>(&mut self, node: &'n Node, keys: &[&str]) -> Option<&'n [Node]> {
        match node {
            Node::List(items) => Some(items),
            other => self.expected(other, keys, "a list"),
        }
    }

    /// A mapping. Keys that are no strings are reported.
    pub(super) fn map<'n>(&mut self, node: &'n Node, keys: &[&str]) -> Option<&'n Map> {
        let Node::Map(map) = node else { return self.expected(node, keys, "a mapping") };
        for odd in &map.odd {
            self.wrong_but(keys, format!("the key {odd} is no string"), "write it in quotes");
        }
        Some(map)
    }

    /// Reports a key that neither says something here nor is known to say nothing about the content.
    pub(super) fn unknown<'k>(&mut self, keys: &[&str], known: impl Iterator<Item = &'k str>) {
        let key = keys.last().copied().unwrap_or("");
        let hint = match nearest(key, known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "imgplan cannot tell whether it changes what is built: take it out of the file that imgplan reads"
                .to_owned(),
        };
        self.wrong_but(keys, format!("the key {} is not known here", shown(key)), hint);
    }
}

/// The places of what an image says, as they are kept for an image of `imgplan.toml`.
pub(super) fn with_places(mut image: Image) -> Image {
    let single = [("context", &image.context), ("dockerfile", &image.dockerfile), ("target", &image.target)];
    for (key, text) in single {
        if let Some(text) = text {
            image.places.insert(key.to_owned(), text.place.clone());
        }
    }
    for (key, entries) in [("build-args", &image.build_args), ("contexts", &image.contexts)] {
        for (name, value) in entries {
            image.places.insert(format!("{key}.{}", name.value), value.place.clone());
        }
    }
    image
}

impl From<yaml_serde::Value> for Node {
    fn from(value: yaml_serde::Value) -> Node {
        use yaml_serde::Value;
        match value {
            Value::Null => Node::Null,
            Value::Bool(value) => Node::Bool(value),
            Value::Number(number) => Node::Number(match (number.is_f64(), number.as_f64()) {
                (true, Some(float)) => decimal(float),
                _ => Some(number.to_string()),
            }),
            Value::String(text) => Node::Text(text),
            Value::Sequence(items) => Node::List(items.into_iter().map(Node::from).collect()),
            Value::Mapping(mapping) => {
                let mut map = Map::default();
                for (key, value) in mapping {
                    match key {
                        Value::String(key) => map.entries.push((key, Node::from(value))),
                        Value::Bool(key) => map.odd.push(format!("`{key}`")),
                        Value::Number(key) => map.odd.push(format!("`{key}`")),
                        Value::Null => map.odd.push("`null`".to_owned()),
                        _ => map.odd.push("of a list, a mapping or a tag".to_owned()),
                    }
                }
                Node::Map(map)
            }
            Value::Tagged(tagged) => Node::Tagged(tagged.tag.to_string()),
        }
    }
}

/// JSON, in which a key may stand once: of two, a reader would take either.
impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(Json)
    }
}

struct Json;

impl<'de> Visitor<'de> for Json {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(Some(value.to_string())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(Some(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(decimal(value)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Map::default();
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!("the key {} is there twice", shown(&key))));
            }
            map.entries.push((key, entries.next_value()?));
        }
        Ok(Node::Map(map))
    }
}
