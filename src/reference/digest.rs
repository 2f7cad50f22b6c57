//! A digest, and the hex digits that it is made of.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::text::hex;

/// A digest, `sha256:` and 64 lower-case hex digits (or `sha512:` and 128).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Digest(String);

impl Digest {
    /// Checks the algorithm and its length.
    pub fn new(text: impl Into<String>) -> Result<Digest> {
        let text = text.into();
        let hex = |hex: &str, len| {
            hex.len() == len && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let right = match text.split_once(':') {
            Some(("sha256", digits)) => hex(digits, 64),
            Some(("sha512", digits)) => hex(digits, 128),
            _ => false,
        };
        if right { Ok(Digest(text)) } else { Err(Error::invalid(format!("{text:?} is not a digest"))) }
    }

    /// The SHA-256 digest of bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        use sha2::Digest as _;
        Digest(format!("sha256:{}", hex(&sha2::Sha256::digest(bytes))))
    }

    /// Whether these bytes have this digest.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        use sha2::Digest as _;
        match self.0.split_once(':') {
            Some(("sha512", digits)) => hex(&sha2::Sha512::digest(bytes)) == digits,
            Some((_, digits)) => hex(&sha2::Sha256::digest(bytes)) == digits,
            None => false,
        }
    }

    /// `sha256:…`
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The algorithm and the hex digits, which are the path of a blob in a layout.
    pub fn parts(&self) -> (&str, &str) {
        self.0.split_once(':').unwrap_or(("sha256", &self.0))
    }

    /// The first 12 hex digits, for people.
    pub fn short(&self) -> &str {
        let digits = self.parts().1;
        digits.get(..12).unwrap_or(digits)
    }
}

impl TryFrom<String> for Digest {
    type Error = Error;

    fn try_from(text: String) -> Result<Digest> {
        Digest::new(text)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_checked() {
        assert!(Digest::new(Digest::of(b"").as_str()).is_ok());
        assert!(Digest::of(b"x").matches(b"x"));
        assert!(Digest::new("sha256:ABC").is_err());
    }
}
