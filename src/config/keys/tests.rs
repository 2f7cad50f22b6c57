//! The table of keys against the reader, the defaults, the documentation and the schema: none of them can drift.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use serde_json::Value;

use super::{KEYS, Key, Kind, Table, of};
use crate::config::{self, Config};
use crate::render::schema::schema;

const PAGE: &str = include_str!("../../../docs/configuration.md");

/// A file in which one key says this.
fn file(key: &Key, value: &str) -> String {
    let before = match (key.table, key.name) {
        (Table::Expire, "tags") => "after = \"1d\"\n",
        (Table::Expire, "after") => "tags = [\"x\"]\n",
        (Table::Expire, _) => "tags = [\"x\"]\nafter = \"1d\"\n",
        (Table::Discover, "name") => "dockerfile = \"images/*/Dockerfile\"\n",
        _ => "",
    };
    // A matrix has its values in the name.
    let header = match value.contains("CUDA") {
        true => "[images.'app-{CUDA}']",
        false => key.table.header(),
    };
    // What holds for all images is for some image.
    let after = if key.name == "defaults" { "[images.other]\n" } else { "" };
    format!("{}\n{before}{} = {value}\n{after}", header, key.name)
}

fn read(text: &str) -> Result<Config, String> {
    config::parse("imgplan.toml", text, Path::new("/base")).map_err(|errors| format!("{text}\n{errors:#?}"))
}

/// What a file means, without the places.
fn meaning(config: &Config) -> String {
    let text = format!("{config:?}");
    let end = |rest: &str| rest.find('}').map_or(rest.len(), |end| end + 1);
    let mut parts = text.split("Place {");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + &part[end(part)..])
}

#[test]
fn every_key_is_read_as_its_example_says() {
    for key in KEYS {
        // None of these says anything by its header alone.
        let empty = matches!(key.table, Table::Discover | Table::Expire | Table::Only | Table::Scope);
        let header = if empty { "" } else { key.table.header() };
        let plain = read(header).unwrap();
        let with = read(&file(key, key.example)).unwrap_or_else(|errors| panic!("{errors}"));
        assert_ne!(meaning(&plain), meaning(&with), "{} changes nothing", key.name);
        if !key.default.is_empty() {
            let mut with = read(&file(key, key.default)).unwrap();
            with.images.iter_mut().for_each(|image| image.places.clear());
            // It names something to be looked for in the tree, and finds nothing.
            with.catalogue = None;
            assert_eq!(meaning(&with), meaning(&plain), "{}: {} is not the default", key.name, key.default);
        }
    }
}

/// The other way round: what `raw` asks for is in the table.
#[test]
fn the_reader_takes_no_other_key() {
    let reader = include_str!("../raw.rs");
    let names = reader.split("(report, \"").skip(1).map(|part| part.split('"').next().unwrap());
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    assert!(names.len() >= KEYS.len() - 2, "{names:?}");
    for name in names {
        assert!(KEYS.iter().any(|key| key.name == name), "{name} is no key of the table");
    }
}

#[test]
fn words_are_those_of_the_reader() {
    for key in KEYS {
        let Kind::Word(words) = key.kind else { continue };
        for word in words {
            read(&file(key, &format!("{word:?}"))).unwrap_or_else(|errors| panic!("{errors}"));
        }
        let refused = read(&file(key, "\"xyzzy\"")).unwrap_err();
        let all = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        assert!(refused.contains(&format!("is none of {all}")), "{refused}");
    }
}

#[test]
fn what_is_not_in_the_table_is_refused() {
    let schema = validator();
    for table in Table::ALL {
        let text = format!("{}\nxyzzy = 1\n", table.header());
        assert!(read(&text).unwrap_err().contains("no such key"), "{text}");
        assert!(!schema.is_valid(&json(&text)), "{text}");
        for key in of(*table) {
            // Of a wrong type: nothing takes a date.
            let text = file(key, "1979-05-27");
            assert!(read(&text).is_err(), "{text}");
            let text = file(key, "0.5");
            assert!(read(&text).is_err() && !schema.is_valid(&json(&text)), "{text}");
        }
    }
}

#[test]
fn every_key_has_its_section_in_the_documentation() {
    for key in KEYS {
        let heading = match (key.table, key.kind) {
            (Table::Top, Kind::Keys(Table::Image) | Kind::Named(Table::Image)) => "## Images\n".to_owned(),
            (Table::Top, Kind::Keys(Table::Defaults)) => "### `[defaults]`\n".to_owned(),
            (Table::Top, Kind::Named(_)) | (Table::Scope, _) => "## `[scopes.NAME]`\n".to_owned(),
            (Table::Discover, _) => "### `discover`\n".to_owned(),
            (Table::Top, Kind::Tables(_)) => format!("## `[[{}]]`\n", key.name),
            (Table::Top, Kind::Keys(_)) => format!("## `[{}]`\n", key.name),
            (Table::Top | Table::Image, _) => format!("### `{}`\n", key.name),
            (table, _) => format!("### `{}.{}`\n", table.header().trim_matches(['[', ']']), key.name),
        };
        let images = PAGE.find("## Images\n").unwrap();
        let part = if key.table == Table::Image { &PAGE[images..] } else { PAGE };
        assert!(part.contains(&heading), "docs/configuration.md lacks {heading}");
    }
}

#[test]
fn the_schema_is_one_and_takes_what_the_reader_takes() {
    assert!(jsonschema::meta::is_valid(&schema().unwrap()));
    let schema = validator();
    let mut files: Vec<String> = KEYS.iter().map(|key| file(key, key.example)).collect();
    files.extend(KEYS.iter().filter(|key| !key.default.is_empty()).map(|key| file(key, key.default)));
    let examples = PAGE.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    files.extend(examples);
    for text in files {
        let errors: Vec<String> = schema.iter_errors(&json(&text)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{text}\n{errors:#?}");
    }
    for wrong in [
        "[images.Base]",
        "[images.'a b']",
        "adopt = 'yes'",
        "[image]\nbuild-args = { A = 1 }",
        "tags.commit = true",
    ] {
        assert!(!schema.is_valid(&json(wrong)) && read(wrong).is_err(), "{wrong}");
    }
}

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&schema().unwrap()).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}
