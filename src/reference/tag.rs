//! A tag that a registry can take.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A tag: at most 128 of `[A-Za-z0-9_.-]`, the first neither `.` nor `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Tag(String);

impl Tag {
    /// Checks the grammar of the distribution specification.
    pub fn new(text: impl Into<String>) -> Result<Tag> {
        let text = text.into();
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let wrong = match text.chars().next() {
            None => Some("is empty"),
            Some(first) if !word(first) => Some("starts with a character that no tag may start with"),
            _ if text.len() > 128 => Some("is longer than 128 characters"),
            _ if !text.chars().all(|c| word(c) || c == '.' || c == '-') => {
                Some("has a character that no tag may have")
            }
            _ => None,
        };
        match wrong {
            Some(wrong) => Err(Error::invalid(format!("the tag {text:?} {wrong}")).hint(
                "a tag is up to 128 letters, digits, `_`, `.` and `-`, and starts with none of the last two",
            )),
            None => Ok(Tag(text)),
        }
    }

    /// The tag's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Tag {
    type Error = Error;

    fn try_from(text: String) -> Result<Tag> {
        Tag::new(text)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_checked() {
        assert!(Tag::new("a".repeat(128)).is_ok());
        for wrong in ["", "-a", ".a", "a b", "ä", &"a".repeat(129)] {
            assert!(Tag::new(wrong).is_err(), "{wrong}");
        }
    }
}
