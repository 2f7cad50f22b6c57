//! Values of a list with their places, whichever format it is in, and their typed reading: a value of a wrong type is an
//! error at its place, never nothing.
//!
//! It must not know what a key means.

use crate::config::{nearest, shown};
use crate::error::{Error, Errors, Place};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Located {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Located>),
    /// A mapping in the file's order, each key with its place.
    Map(Vec<(String, Place, Located)>),
    /// Anything else: what it is, in words, and as it is written where that is short.
    Other(&'static str, Option<String>),
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Other(kind, _) => kind,
        }
    }
}

impl Located {
    fn expected<T>(&self, what: &str, errors: &mut Errors) -> Option<T> {
        let error = Error::invalid(format!("expected {what}, found {}", self.value.kind()));
        let error = error.at(self.place.clone());
        errors.push(match &self.value {
            Value::Other(_, Some(raw)) if what == "a string" => {
                error.hint(format!("write it in quotes, or it may be read as another one: \"{raw}\""))
            }
            // As it was written is not known any more: 1.10 is the number 1.1.
            Value::Other("a number", None) if what == "a string" => error.hint("write it in quotes"),
            _ => error,
        });
        None
    }

    /// A string.
    pub(super) fn text(&self, errors: &mut Errors) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => self.expected("a string", errors),
        }
    }

    /// A list.
    pub(super) fn list(&self, errors: &mut Errors) -> Option<&[Located]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => self.expected("a list", errors),
        }
    }

    /// A mapping of these keys; any other is reported.
    pub(super) fn keys<'a>(&'a self, known: &[&str], errors: &mut Errors) -> Option<Keys<'a>> {
        let Value::Map(entries) = &self.value else { return self.expected("a mapping", errors) };
        for (key, place, _) in entries.iter().filter(|(key, _, _)| !known.contains(&key.as_str())) {
            let hint = match nearest(key, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known here are {}", known.join(", ")),
            };
            let message = format!("there is no key {} here", shown(key));
            errors.push(Error::invalid(message).at(place.clone()).hint(hint));
        }
        Some(Keys { place: &self.place, entries })
    }
}

/// The entries of a mapping.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys<'a> {
    /// Where the mapping stands.
    pub(super) place: &'a Place,
    entries: &'a [(String, Place, Located)],
}

impl<'a> Keys<'a> {
    /// A key's value.
    pub(super) fn get(&self, key: &str) -> Option<&'a Located> {
        self.entries.iter().find(|(known, _, _)| known == key).map(|(_, _, value)| value)
    }

    /// A string, if the key is there.
    pub(super) fn text(&self, key: &str, errors: &mut Errors) -> Option<(&'a Place, &'a str)> {
        let value = self.get(key)?;
        value.text(errors).map(|text| (&value.place, text))
    }

    /// A string that has to be there.
    pub(super) fn needed(&self, key: &str, errors: &mut Errors) -> Option<(&'a Place, &'a str)> {
        if self.get(key).is_none() {
            errors.push(Error::invalid(format!("`{key}` is missing")).at(self.place.clone()));
        }
        self.text(key, errors)
    }
}
