//! A list in TOML: text to values with their places. It must not know any key.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::value::{Located, Value};
use crate::config::Source;
use crate::error::{Error, Place, Result};

/// The file's values.
pub(super) fn document(file: &str, text: &str) -> Result<Located> {
    let source = Source::new(file, text);
    let table = DeTable::parse(text).map_err(|error| {
        let place = error.span().map_or_else(|| Place::file(file), |span| source.place(span.start));
        Error::invalid(format!("this is no TOML: {}", error.message())).at(place)
    })?;
    let place = Place::file(file);
    Ok(Located { value: map(&source, table.get_ref(), ""), place })
}

fn map(source: &Source<'_>, table: &DeTable<'_>, key: &str) -> Value {
    let mut entries: Vec<(usize, (String, Place, Located))> = table
        .iter()
        .map(|(name, value)| {
            let inner =
                if key.is_empty() { name.get_ref().to_string() } else { format!("{key}.{}", name.get_ref()) };
            let at = source.place(name.span().start).key(inner.clone());
            (name.span().start, (name.get_ref().to_string(), at, located(source, value, inner)))
        })
        .collect();
    entries.sort_by_key(|(at, _)| *at);
    Value::Map(entries.into_iter().map(|(_, entry)| entry).collect())
}

fn located(source: &Source<'_>, value: &Spanned<DeValue<'_>>, key: String) -> Located {
    let place = source.place(value.span().start).key(key.clone());
    let other = |kind| {
        let raw = source.slice(value.span());
        Value::Other(kind, Some(raw).filter(|raw| raw.len() <= 40 && !raw.contains('\n')).map(str::to_owned))
    };
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Array(items) => {
            let item = |(index, item)| located(source, item, format!("{key}[{index}]"));
            Value::List(items.iter().enumerate().map(item).collect())
        }
        DeValue::Table(table) => map(source, table, &key),
        DeValue::Integer(_) | DeValue::Float(_) => other("a number"),
        DeValue::Boolean(_) => other("a boolean"),
        DeValue::Datetime(_) => other("a date"),
    };
    Located { place, value }
}
