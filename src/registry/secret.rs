//! A value that must not be seen: passwords, tokens, `Authorization` headers.
//!
//! It exists so that no `{:?}` of a struct that holds one can print it. Reading it is a call that stands
//! out in a review: [`Secret::expose`].

use std::fmt;

/// Text that redacts itself in `Debug` and `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides the text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with every occurrence of this secret hidden, also as it stands in JSON and in a form: some servers
    /// repeat what they were sent.
    pub fn hide_in(&self, text: &str) -> String {
        if self.0.len() < 4 {
            return text.to_owned();
        }
        let json = serde_json::Value::from(self.0.as_str()).to_string();
        let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or(&json);
        let form: String = url::form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        let hidden = text.replace(&self.0, "***").replace(json, "***");
        hidden.replace(&form, "***")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_debug_nor_display_shows_it() {
        let secret = Secret::new("hunter22");
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "*** *** Some(***)");
        assert_eq!(secret.hide_in("you sent hunter22!"), "you sent ***!");
        let secret = Secret::new("a\"b \"");
        assert_eq!(secret.hide_in(r#"a"b " ["a\"b \""] a%22b+%22"#), r#"*** ["***"] ***"#);
    }
}
