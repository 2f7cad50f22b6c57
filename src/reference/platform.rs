//! A platform, in the one form that all its spellings have.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::error::{Error, Result};

/// `os/architecture` with an optional variant, normalised as containerd's `platforms.Normalize` does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Platform {
    /// For example `linux`.
    pub os: String,
    /// For example `amd64`.
    pub architecture: String,
    /// For example `v7`; arm64's `v8` is its default and left out.
    pub variant: Option<String>,
}

impl Platform {
    /// Parses `linux/amd64`, `linux/arm/v7`, `linux/x86_64`.
    pub fn parse(text: &str) -> Result<Platform> {
        let wrong = || {
            Error::invalid(format!("{text:?} is not a platform"))
                .hint("write it as OS/ARCHITECTURE, for example linux/amd64 or linux/arm/v7")
        };
        let clean = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        };
        if !text.split('/').all(clean) {
            return Err(wrong());
        }
        match text.split('/').collect::<Vec<_>>().as_slice() {
            [os, architecture] => Ok(Platform::new(os, architecture, "")),
            [os, architecture, variant] => Ok(Platform::new(os, architecture, variant)),
            _ => Err(wrong()),
        }
    }

    /// From the fields of an image's configuration or of an index entry; an empty variant is none.
    pub fn new(os: &str, architecture: &str, variant: &str) -> Platform {
        let os = if os.eq_ignore_ascii_case("macos") { "darwin".to_owned() } else { os.to_lowercase() };
        let (architecture, variant) =
            match (architecture.to_lowercase().as_str(), variant.to_lowercase().as_str()) {
                ("x86_64" | "x86-64" | "amd64", "" | "v1") => ("amd64".to_owned(), String::new()),
                ("x86_64" | "x86-64", variant) => ("amd64".to_owned(), variant.to_owned()),
                ("i386" | "386", _) => ("386".to_owned(), String::new()),
                ("aarch64" | "arm64", "" | "8" | "v8") => ("arm64".to_owned(), String::new()),
                ("aarch64", variant) => ("arm64".to_owned(), variant.to_owned()),
                ("armhf", _) | ("arm", "" | "7") => ("arm".to_owned(), "v7".to_owned()),
                ("armel", _) => ("arm".to_owned(), "v6".to_owned()),
                ("arm", "5" | "6" | "8") => ("arm".to_owned(), format!("v{variant}")),
                (architecture, variant) => (architecture.to_owned(), variant.to_owned()),
            };
        Platform { os, architecture, variant: Some(variant).filter(|variant| !variant.is_empty()) }
    }
}

impl TryFrom<String> for Platform {
    type Error = Error;

    fn try_from(text: String) -> Result<Platform> {
        Platform::parse(&text)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(f, "/{variant}"))
    }
}

impl Serialize for Platform {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_normalised() {
        let normal = |text| Platform::parse(text).map(|platform| platform.to_string()).ok();
        assert_eq!(normal("linux/aarch64").as_deref(), Some("linux/arm64"));
        assert_eq!(normal("linux/arm64/v8").as_deref(), Some("linux/arm64"));
        assert_eq!(normal("linux/arm").as_deref(), Some("linux/arm/v7"));
        for wrong in ["linux", "", "linux/", "linux/arm/v7/x", "linux/a b"] {
            assert_eq!(normal(wrong), None, "{wrong}");
        }
    }
}
