//! The JSON Schema (2020-12) of `imgplan.toml`, for editors (taplo reads it from `#:schema`) and for other programs.
//!
//! It says what the table of keys says, and nothing of its own but what a name of an image looks like.

use serde_json::{Map, Value, json};

use crate::config::keys::{self, Key, Kind, Table};
use crate::error::{Error, Result};

/// A name of an image: path components of the distribution specification, with the placeholders of a matrix.
const IMAGE_NAME: &str = concat!(
    "^([a-z0-9]|\\{[^{}]+\\})+((\\.|_|__|-+)([a-z0-9]|\\{[^{}]+\\})+)*",
    "(/([a-z0-9]|\\{[^{}]+\\})+((\\.|_|__|-+)([a-z0-9]|\\{[^{}]+\\})+)*)*$"
);

/// The schema as a document.
pub fn schema() -> Result<Value> {
    let mut document = Map::from_iter([
        ("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema")),
        ("title".to_owned(), json!("imgplan.toml")),
        ("description".to_owned(), json!("What imgplan is told of a project's container images.")),
    ]);
    document.extend(table(Table::Top)?);
    let mut definitions = Map::new();
    for shared in Table::ALL.iter().filter(|table| **table != Table::Top) {
        definitions.insert(name(*shared).to_owned(), Value::Object(table(*shared)?));
    }
    document.insert("$defs".to_owned(), Value::Object(definitions));
    Ok(Value::Object(document))
}

/// A table of known keys; every other one is refused, as the reader refuses it.
fn table(table: Table) -> Result<Map<String, Value>> {
    let mut properties = Map::new();
    for key in keys::of(table) {
        properties.insert(key.name.to_owned(), Value::Object(property(key)?));
    }
    Ok(Map::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), Value::Object(properties)),
        ("additionalProperties".to_owned(), json!(false)),
    ]))
}

fn property(key: &Key) -> Result<Map<String, Value>> {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let shape = match key.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Texts => texts,
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Number => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
        Kind::TextOrFalse => json!({ "anyOf": [{ "type": "string" }, { "const": false }] }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::TextMap => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::TextsMap => json!({ "type": "object", "additionalProperties": texts }),
        Kind::Keys(table) => json!({ "$ref": reference(table) }),
        Kind::Named(Table::Image) => json!({
            "type": "object",
            "propertyNames": { "pattern": IMAGE_NAME },
            "additionalProperties": { "$ref": reference(Table::Image) },
        }),
        Kind::Named(table) => {
            json!({ "type": "object", "additionalProperties": { "$ref": reference(table) } })
        }
        Kind::Items(table) => {
            json!({ "type": "array", "items": { "anyOf": [{ "type": "string" }, { "$ref": reference(table) }] } })
        }
        Kind::Tables(table) => json!({ "type": "array", "items": { "$ref": reference(table) } }),
    };
    let mut property = Map::from_iter([("description".to_owned(), json!(key.about))]);
    if let Value::Object(shape) = shape {
        property.extend(shape);
    }
    if !key.default.is_empty() {
        property.insert("default".to_owned(), value(key.default)?);
    }
    property.insert("examples".to_owned(), json!([value(key.example)?]));
    Ok(property)
}

/// A value of TOML as one of JSON.
fn value(toml: &str) -> Result<Value> {
    let wrong = || Error::unavailable(format!("the table of keys holds {toml}, which is no value"));
    let document: toml::Table =
        toml::from_str(&format!("value = {toml}")).map_err(|error| wrong().caused_by(error))?;
    let value = serde_json::to_value(document).map_err(|error| wrong().caused_by(error))?;
    Ok(value.get("value").cloned().unwrap_or_default())
}

fn reference(table: Table) -> String {
    format!("#/$defs/{}", name(table))
}

fn name(table: Table) -> &'static str {
    match table {
        Table::Top => "file",
        Table::Tags => "tags",
        Table::Classes => "classes",
        Table::Skip => "skip",
        Table::Only => "only",
        Table::Scope => "scope",
        Table::Image => "image",
        Table::Defaults => "defaults",
        Table::Discover => "discover",
        Table::Expire => "expire",
    }
}
