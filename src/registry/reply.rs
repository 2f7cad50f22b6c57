//! Answers, and what they say to people: status, the registry's own words, and what to do.
//!
//! Addresses are shown as `failure` shows them, and nothing that was sent comes back on the screen.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use url::Url;

use super::failure::{address, sanitised, shown};
use super::secret::Secret;
use crate::error::Error;

/// As whom a request was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Identity {
    /// Without credentials.
    #[default]
    Nobody,
    /// With credentials that were found here.
    From(String),
}

/// An answer, its body read as far as its limit allows.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) method: Method,
    /// The address that answered, behind redirects.
    pub(super) url: Url,
    /// Whether another host than the one asked answered.
    pub(super) elsewhere: bool,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// As whom the request was made.
    pub(super) identity: Identity,
    /// What was sent that must not be shown, should the answer repeat it.
    pub(super) secrets: Vec<Secret>,
}

/// The distribution specification's errors, and the form that token servers use.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    errors: Vec<SaidError>,
    #[serde(default, alias = "message", alias = "error_description")]
    details: Option<String>,
}

#[derive(Deserialize)]
struct SaidError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: Option<String>,
}

impl Reply {
    /// A header as text, if it is there and is text.
    pub(super) fn header(&self, name: impl reqwest::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The media type as it came, parameters included.
    pub(super) fn content_type(&self) -> Option<&str> {
        self.header(CONTENT_TYPE)
    }

    /// A server's words without the secrets that it repeats. First of all: what is cut could be half a secret.
    pub(super) fn clean(&self, text: &str) -> String {
        sanitised(&self.secrets.iter().fold(text.to_owned(), |text, secret| secret.hide_in(&text)))
    }

    /// Whether the body is the registry's own error with one of these codes.
    pub(super) fn has_code(&self, codes: &[&str]) -> bool {
        #[derive(Deserialize)]
        struct Codes {
            errors: Vec<SaidError>,
        }
        serde_json::from_slice::<Codes>(&self.body)
            .is_ok_and(|said| said.errors.iter().any(|error| codes.contains(&error.code.as_str())))
    }

    /// What the server said, for people.
    pub(super) fn words(&self) -> String {
        let Ok(said) = serde_json::from_slice::<Said>(&self.body) else {
            if self.is_html() {
                return "an HTML page".to_owned();
            }
            return self.clean(&String::from_utf8_lossy(&self.body));
        };
        let mut words: Vec<String> = said
            .errors
            .iter()
            .map(|error| match &error.message {
                Some(message) if !message.is_empty() => format!("{}: {message}", error.code),
                _ => error.code.clone(),
            })
            .collect();
        words.extend(said.details);
        self.clean(&words.join("; "))
    }

    /// Whether a web page came instead of a registry's answer.
    pub(super) fn is_html(&self) -> bool {
        let html = |kind: &str| matches!(kind, "text/html" | "application/xhtml+xml");
        self.essence().is_some_and(|kind| html(&kind))
    }

    /// The media type without parameters, in lower case.
    pub(super) fn essence(&self) -> Option<String> {
        let kind = self.content_type()?.split(';').next()?.trim();
        Some(kind.to_ascii_lowercase())
    }

    /// The error of an answer that is none of those hoped for.
    pub(super) fn refusal(&self) -> Error {
        let words = self.words();
        let words = if words.is_empty() { words } else { format!(": {words}") };
        let error =
            Error::unavailable(format!("{} {}: {}{words}", self.method, shown(&self.url), self.status));
        self.hints().into_iter().fold(error, Error::hint)
    }

    /// The error of an answer that contradicts itself or the specification.
    pub(super) fn nonsense(&self, what: impl std::fmt::Display) -> Error {
        Error::unavailable(format!("{} {}: {what}", self.method, shown(&self.url)))
    }

    fn hints(&self) -> Vec<String> {
        let host = &*address(&self.url);
        match self.status {
            StatusCode::UNAUTHORIZED => self.hints_of_401(host),
            StatusCode::FORBIDDEN => vec![
                format!("{}: may they do this here?", self.who()),
                "some registries answer 403 for what is not there: GHCR to a package that does not exist or is not linked to this repository, \
                 Artifactory's virtual repositories to a missing tag; `on-unknown = \"build\"` builds in that case".to_owned(),
            ],
            StatusCode::TOO_MANY_REQUESTS => {
                let wait = self.header("retry-after").map(|wait| format!(" (it says: after {})", self.clean(wait)));
                vec![format!("{host} limits requests: try again later{}, or log in", wait.unwrap_or_default())]
            }
            StatusCode::NOT_FOUND => {
                vec![format!("this 404 is not the registry's own word that there is none: is {host} a registry?")]
            }
            status if status.is_server_error() => vec![format!("{host} is in trouble: try again later")],
            _ => Vec::new(),
        }
    }

    fn hints_of_401(&self, host: &str) -> Vec<String> {
        let mut hints = vec![match &self.identity {
            Identity::Nobody => format!(
                "no credentials for {host} were found: `docker login {host}`, or IMGPLAN_USERNAME and IMGPLAN_PASSWORD with IMGPLAN_REGISTRY"
            ),
            Identity::From(source) => format!(
                "the credentials from {source} were refused: are they still valid, and for this repository?"
            ),
        }];
        if host == "registry-1.docker.io" {
            hints.push(
                "Docker Hub answers 401 for a repository that does not exist, too: before the first push to it use `on-unknown = \"build\"`".to_owned(),
            );
        }
        hints
    }

    fn who(&self) -> String {
        match &self.identity {
            Identity::Nobody => "the request was made without credentials".to_owned(),
            Identity::From(source) => format!("the request was made with the credentials from {source}"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn reply(status: u16, kind: &str, body: &str) -> Reply {
        let kind = (reqwest::header::CONTENT_TYPE, kind.parse().unwrap());
        Reply {
            method: Method::GET,
            url: Url::parse("https://me:hunter22@r.example.org/v2/a?token=hunter22#hunter22").unwrap(),
            elsewhere: false,
            status: StatusCode::from_u16(status).unwrap(),
            headers: [kind].into_iter().collect(),
            body: body.as_bytes().to_vec(),
            identity: Identity::Nobody,
            secrets: Vec::new(),
        }
    }

    #[test]
    fn a_refusal_tells_method_address_status_and_the_registrys_words_and_no_secret() {
        let body =
            r#"{"errors":[{"code":"DENIED","message":"no\u001b[31m access"},{"code":"X","message":null}]}"#;
        let error = reply(403, "application/json", body).refusal();
        assert_eq!(
            error.to_string(),
            "GET https://r.example.org/v2/a: 403 Forbidden: DENIED: no [31m access; X"
        );
        assert!(!format!("{error:?}").contains("hunter22"));
    }

    #[test]
    fn a_web_page_is_named_not_printed() {
        assert!(
            reply(502, "text/html; charset=utf-8", "<h1>").refusal().to_string().ends_with("an HTML page")
        );
    }

    #[test]
    fn codes_are_read_only_from_the_registrys_own_form() {
        let has = |body| reply(404, "application/json", body).has_code(&["NAME_UNKNOWN"]);
        assert!(has(r#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#));
        assert!(!has(r#"{"code":"NAME_UNKNOWN"}"#));
        assert!(!has("NAME_UNKNOWN"));
        assert!(!has(r#"["NAME_UNKNOWN"]"#));
    }
}
