//! A list in YAML: documents to values with their places. It must not know any key.
//!
//! The parser keeps no places, so they are found by looking at the lines ([`places`]). What is read never depends on them.

mod places;

use serde::Deserialize as _;
use yaml_serde::Value as Yaml;

use self::places::{At, Outline};
use super::value::{Located, Value};
use crate::config;
use crate::error::{Error, Place, Result};

/// The file's documents; those that are empty are left out.
pub(super) fn documents(file: &str, text: &str) -> Result<Vec<Located>> {
    if config::is_deep(text.as_bytes()) {
        return Err(Error::invalid(
            "this is no YAML that is read here: too many brackets inside one another",
        )
        .at(Place::file(file)));
    }
    // A byte order mark, as editors on Windows leave it, is none of YAML's characters to the library.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let outline = Outline::of(text);
    let mut documents = Vec::new();
    for (index, document) in yaml_serde::Deserializer::from_str(text).enumerate() {
        let value = Yaml::deserialize(document).map_err(|error| {
            let place = match error.location() {
                Some(at) => Place::line(file, at.line()).column(at.column()),
                None => Place::file(file),
            };
            Error::invalid("this is no YAML").at(place).caused_by(error)
        })?;
        let known = outline.documents.get(index);
        let here = Where { file, outline: known, item: None };
        if !matches!(value, Yaml::Null) {
            documents.push(located(value, here.place(known.map(|known| known.at)), here, &[]));
        }
    }
    Ok(documents)
}

/// Where in a document something is looked for.
#[derive(Clone, Copy)]
struct Where<'a> {
    file: &'a str,
    outline: Option<&'a places::Document>,
    item: Option<&'a places::Item>,
}

impl Where<'_> {
    fn place(&self, at: Option<At>) -> Place {
        match at {
            Some(at) => Place::line(self.file, at.line).column(at.column),
            None => Place::file(self.file),
        }
    }
}

/// A value at a place; `path` are the keys and indexes that lead to it.
fn located(value: Yaml, place: Place, here: Where<'_>, path: &[String]) -> Located {
    let below = |step: String| [path, &[step]].concat();
    let value = match value {
        Yaml::String(text) => Value::Text(text),
        Yaml::Sequence(items) => {
            // Where the lines show another number of items, they were misread, and none of them is told.
            let key = path.first().filter(|_| path.len() == 1);
            let shown = here.outline.zip(key).and_then(|(outline, key)| outline.items(key));
            let shown = shown.filter(|shown| shown.len() == items.len());
            let item = |(index, item): (usize, Yaml)| {
                let known = shown.and_then(|shown| shown.get(index));
                let path = below(format!("[{index}]"));
                let place = known.map_or_else(|| place.clone(), |known| here.place(Some(known.at)));
                located(item, named(place, &path), Where { item: known, ..here }, &path)
            };
            Value::List(items.into_iter().enumerate().map(item).collect())
        }
        Yaml::Mapping(mapping) => Value::Map(
            mapping
                .into_iter()
                .map(|(key, value)| {
                    let key = match key {
                        Yaml::String(key) => key,
                        other => format!("{other:?}"),
                    };
                    let path = below(key.clone());
                    let known = match path.len() {
                        1 => here.outline.and_then(|outline| outline.key(&key)),
                        3 => here.item.and_then(|item| item.key(&key)),
                        _ => None,
                    };
                    let at = |at: Option<At>| {
                        named(at.map_or_else(|| place.clone(), |at| here.place(Some(at))), &path)
                    };
                    let (name, at) = (at(known.map(|known| known.0)), at(known.map(|known| known.1)));
                    (key, name, located(value, at, here, &path))
                })
                .collect(),
        ),
        Yaml::Null => Value::Other("nothing", None),
        Yaml::Bool(value) => Value::Other("a boolean", Some(value.to_string())),
        Yaml::Number(_) => Value::Other("a number", None),
        Yaml::Tagged(_) => Value::Other("a value with a tag", None),
    };
    Located { place, value }
}

/// With the keys that lead there: `images[3].tag`.
fn named(place: Place, path: &[String]) -> Place {
    let key = path.iter().fold(String::new(), |key, step| match key.is_empty() || step.starts_with('[') {
        true => key + step,
        false => format!("{key}.{step}"),
    });
    place.key(key)
}
