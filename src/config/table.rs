//! Walks the tables of a TOML document and keeps the place of every value.
//!
//! A derived deserializer stops at the first problem; this one takes the keys that are known, reports each
//! value of a wrong type and each key that is left over, and goes on. It must not know what a key means.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::keys;
use crate::config::nearest::nearest;
use crate::config::source::{Report, shown};
use crate::error::{Error, Place};

/// A string of the file and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// The string.
    pub(super) value: String,
    /// Where it starts, quotes included.
    pub(super) place: Place,
    /// Characters before the string's first one, where every character stands as it is: then a fault
    /// inside can be pointed at.
    quote: Option<usize>,
}

impl Text {
    fn new(report: &Report<'_>, span: std::ops::Range<usize>, value: &str, place: Place) -> Text {
        let raw = report.source.slice(span);
        let within = |quote: usize| raw.get(quote..raw.len().checked_sub(quote)?);
        let quote = [1, 0, 3].into_iter().find(|quote| within(*quote) == Some(value));
        Text { value: value.to_owned(), place, quote: quote.filter(|_| !value.contains('\n')) }
    }

    /// A string that is not in the file as it stands here: read from another file, or filled in.
    pub(super) fn made(value: impl Into<String>, place: Place) -> Text {
        Text { value: value.into(), place, quote: None }
    }

    /// The place of a character of the string, counted from 0; the string's own place where it is empty, or
    /// escapes or line breaks hide the character.
    pub(super) fn inside(&self, offset: usize) -> Place {
        let mut place = self.place.clone();
        let quote = self.quote.filter(|_| !self.value.is_empty());
        if let (Some(column), Some(quote)) = (place.column, quote) {
            place.column = Some(column.saturating_add(quote).saturating_add(offset));
        }
        place
    }
}

/// One key of a table, with its place and value.
pub(super) struct Row<'t> {
    /// The key's last part.
    pub(super) name: Text,
    /// Where its value stands; for a table where its key does.
    pub(super) place: Place,
    value: &'t Spanned<DeValue<'t>>,
}

/// One item of a list of strings or tables.
pub(super) enum Item<'t> {
    /// A string.
    Text(Text),
    /// A table, and where it stands.
    Table(Place, Table<'t>),
}

/// One table of the file. Keys are taken out; what is left at the end is unknown.
pub(super) struct Table<'t> {
    rows: Vec<Row<'t>>,
    /// Where each taken key stands, by its name in this table.
    pub(super) places: BTreeMap<String, Place>,
    /// The only keys that can be taken, where not all can.
    only: Option<keys::Table>,
}

impl<'t> Table<'t> {
    /// The table's keys in the file's order; `key` is the table's own, empty for the whole file.
    pub(super) fn new(report: &Report<'_>, key: &str, table: &'t DeTable<'t>) -> Table<'t> {
        let mut rows: Vec<(usize, Row<'t>)> = table
            .iter()
            .map(|(name, value)| {
                let at = name.span().start;
                let key = join(key, name.get_ref());
                let name_place = report.source.place(at).key(key.clone());
                let place = match value.get_ref() {
                    value if is_header(value) => name_place.clone(),
                    _ => report.source.place(value.span().start).key(key),
                };
                let name = Text::new(report, name.span(), name.get_ref(), name_place);
                (at, Row { name, place, value })
            })
            .collect();
        rows.sort_by_key(|(at, _)| *at);
        Table { rows: rows.into_iter().map(|(_, row)| row).collect(), places: BTreeMap::new(), only: None }
    }

    /// From now on the keys of other tables stay where they are, to be reported as unknown.
    pub(super) fn only(&mut self, here: keys::Table) {
        self.only = Some(here);
    }

    fn take(&mut self, name: &str) -> Option<Row<'t>> {
        if self.only.is_some_and(|here| !keys::of(here).any(|key| key.name == name)) {
            return None;
        }
        let index = self.rows.iter().position(|row| row.name.value == name)?;
        let row = self.rows.remove(index);
        self.places.insert(name.to_owned(), row.place.clone());
        Some(row)
    }

    /// A string.
    pub(super) fn text(&mut self, report: &mut Report<'_>, name: &str) -> Option<Text> {
        self.take(name)?.text(report)
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, report: &mut Report<'_>, name: &str) -> Option<bool> {
        let row = self.take(name)?;
        let value = row.value.get_ref().as_bool();
        if value.is_none() {
            wrong_type(report, &row.place, "`true` or `false`", row.value);
        }
        value
    }

    /// A number from 0.
    pub(super) fn number(&mut self, report: &mut Report<'_>, name: &str) -> Option<u32> {
        let row = self.take(name)?;
        let number = row.value.get_ref().as_integer();
        let number = number.and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        if number.is_none() {
            wrong_type(report, &row.place, "a number from 0 to 4294967295", row.value);
        }
        number
    }

    /// A string, or `false`, which is `Some(None)`.
    pub(super) fn text_or_false(&mut self, report: &mut Report<'_>, name: &str) -> Option<Option<Text>> {
        let row = self.take(name)?;
        match row.value.get_ref() {
            DeValue::Boolean(false) => Some(None),
            DeValue::String(_) => row.text(report).map(Some),
            _ => {
                wrong_type(report, &row.place, "a string or `false`", row.value);
                None
            }
        }
    }

    /// A list of strings.
    pub(super) fn texts(&mut self, report: &mut Report<'_>, name: &str) -> Option<Vec<Text>> {
        let (texts, places) = self.take(name)?.texts(report)?;
        for (index, place) in places.into_iter().enumerate() {
            self.places.insert(format!("{name}[{index}]"), place);
        }
        Some(texts)
    }

    /// A list whose items are strings or tables.
    pub(super) fn items(&mut self, report: &mut Report<'_>, name: &str) -> Vec<Item<'t>> {
        let Some(row) = self.take(name) else { return Vec::new() };
        let Some(items) = row.value.get_ref().as_array() else {
            wrong_type(report, &row.place, "a list of strings or tables", row.value);
            return Vec::new();
        };
        let key = row.place.key.as_deref().unwrap_or("");
        let mut read = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let key = format!("{key}[{index}]");
            let place = report.source.place(item.span().start).key(key.clone());
            match item.get_ref() {
                DeValue::Table(table) => read.push(Item::Table(place, Table::new(report, &key, table))),
                DeValue::String(_) => read.extend(text(report, item, &place).map(Item::Text)),
                _ => wrong_type(report, &place, "a string or a table", item),
            }
        }
        read
    }

    /// A list of tables.
    pub(super) fn tables(&mut self, report: &mut Report<'_>, name: &str) -> Vec<(Place, Table<'t>)> {
        let Some(row) = self.take(name) else { return Vec::new() };
        let Some(items) = row.value.get_ref().as_array() else {
            wrong_type(report, &row.place, "a list of tables", row.value);
            return Vec::new();
        };
        let key = row.place.key.as_deref().unwrap_or("");
        let mut read = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let key = format!("{key}[{index}]");
            let place = report.source.place(item.span().start).key(key.clone());
            match item.get_ref() {
                DeValue::Table(table) => read.push((place, Table::new(report, &key, table))),
                _ => wrong_type(report, &place, "a table", item),
            }
        }
        read
    }

    /// A table.
    pub(super) fn table(&mut self, report: &mut Report<'_>, name: &str) -> Option<Table<'t>> {
        self.take(name)?.table(report)
    }

    /// A table from names to whatever `read` reads; the names' places are kept as `name.key`.
    pub(super) fn map<T>(
        &mut self,
        report: &mut Report<'_>,
        name: &str,
        mut read: impl FnMut(&Row<'t>, &mut Report<'_>) -> Option<T>,
    ) -> Vec<(Text, T)> {
        let rows = self.table(report, name).map_or_else(Vec::new, Table::into_rows);
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            self.places.insert(format!("{name}.{}", row.name.value), row.place.clone());
            if let Some(value) = read(&row, report) {
                entries.push((row.name, value));
            }
        }
        entries
    }

    /// All keys that are left, in the file's order, for tables whose keys are names.
    pub(super) fn into_rows(self) -> Vec<Row<'t>> {
        self.rows
    }

    /// Reports every key that is left, and where it would belong; `here` is which table this is.
    pub(super) fn finish(self, report: &mut Report<'_>, here: keys::Table) -> BTreeMap<String, Place> {
        let known: Vec<&'static str> = keys::of(here).map(|key| key.name).collect();
        for row in self.rows {
            let name = row.name.value.as_str();
            let hint = if let Some(home) = keys::home(name, here) {
                format!("`{name}` belongs {home}")
            } else if let Some(meant) = nearest(name, known.iter().copied()) {
                format!("did you mean `{meant}`?")
            } else {
                format!("known here are {}", list(&known))
            };
            report.wrong_but(&row.name.place, "there is no such key", hint);
        }
        self.places
    }
}

impl<'t> Row<'t> {
    /// The value as a table.
    pub(super) fn table(&self, report: &mut Report<'_>) -> Option<Table<'t>> {
        let key = self.place.key.as_deref().unwrap_or("");
        match self.value.get_ref() {
            DeValue::Table(table) => Some(Table::new(report, key, table)),
            _ => {
                wrong_type(report, &self.place, "a table", self.value);
                None
            }
        }
    }

    /// The value as a string.
    pub(super) fn text(&self, report: &mut Report<'_>) -> Option<Text> {
        text(report, self.value, &self.place)
    }

    /// The value as a list of strings, and the place of every item.
    pub(super) fn texts(&self, report: &mut Report<'_>) -> Option<(Vec<Text>, Vec<Place>)> {
        let Some(items) = self.value.get_ref().as_array() else {
            wrong_type(report, &self.place, "a list of strings", self.value);
            return None;
        };
        let key = self.place.key.as_deref().unwrap_or("");
        let places: Vec<Place> = items
            .iter()
            .enumerate()
            .map(|(index, item)| report.source.place(item.span().start).key(format!("{key}[{index}]")))
            .collect();
        let texts = items.iter().zip(&places).filter_map(|(item, place)| text(report, item, place));
        Some((texts.collect(), places))
    }
}

fn text(report: &mut Report<'_>, value: &Spanned<DeValue<'_>>, place: &Place) -> Option<Text> {
    let Some(found) = value.get_ref().as_str() else {
        wrong_type(report, place, "a string", value);
        return None;
    };
    Some(Text::new(report, value.span(), found, place.clone()))
}

fn wrong_type(report: &mut Report<'_>, place: &Place, expected: &str, value: &Spanned<DeValue<'_>>) {
    let found = match value.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    let error = Error::invalid(format!("expected {expected}, found {found}")).at(place.clone());
    let raw = report.source.slice(value.span());
    let short = raw.len() <= 40 && !raw.contains('\n');
    let scalar = !matches!(value.get_ref(), DeValue::Array(_) | DeValue::Table(_) | DeValue::String(_));
    report.push(match value.get_ref() {
        DeValue::String(_) if expected.starts_with("a list") && short => {
            error.hint(format!("write it as a list: [{raw}]"))
        }
        _ if expected == "a string" && scalar && short => {
            error.hint(format!("write it in quotes: \"{raw}\""))
        }
        _ => error,
    });
}

/// Whether the value stands under a `[header]`, so that its key is what a reader looks for.
fn is_header(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::Table(_) => true,
        DeValue::Array(items) => items.iter().next().is_some_and(|item| item.get_ref().is_table()),
        _ => false,
    }
}

/// The key of `name` in the table `key`, quoted where TOML wants it quoted.
pub(super) fn join(key: &str, name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name = if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { shown(name) };
    if key.is_empty() { name } else { format!("{key}.{name}") }
}

/// Words for a message: `` `a`, `b` or `c` `` without the last comma.
pub(super) fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
