//! Errors of requests, for people: method, address, status, what the registry itself said, and what to do.
//!
//! Addresses are shown without user information and query (upload sessions and signed redirects carry
//! secrets there). What a server said is cut and freed of control characters before a terminal sees it.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use url::Url;

use super::exchange::Reply;
use super::handshake;
use crate::error::Error;

/// The most characters of a server's own words that are shown.
const SHOWN: usize = 300;

/// As whom a request was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Identity {
    /// Without credentials.
    #[default]
    Nobody,
    /// With credentials that were found here.
    From(String),
}

/// Why there was no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// No connection, or one that broke.
    Connection(reqwest::Error),
    /// The TLS handshake failed; trying again cannot help.
    Tls(reqwest::Error),
    /// Nothing within the limit.
    Timeout(Duration),
    /// More than the limit.
    TooLarge(usize),
    /// One redirect after another.
    Redirects,
    /// A redirect or an upload address that cannot be used.
    Location,
}

impl From<reqwest::Error> for Trouble {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if handshake::is_reason(&error) { Trouble::Tls(error) } else { Trouble::Connection(error) }
    }
}

impl Trouble {
    /// Whether another attempt may end otherwise. A time limit that passed is not repeated: what took a
    /// minute once would take minutes.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Trouble::Connection(error) if !error.is_builder() && !error.is_timeout())
    }

    /// The error of a request that ended so.
    pub(super) fn into_error(self, method: &Method, url: &Url) -> Error {
        let what = |text: &str| Error::unavailable(format!("{method} {}: {text}", shown(url)));
        let host = &address(url);
        match self {
            Trouble::Tls(error) => {
                what("the TLS connection failed").hint(handshake::hint(&error, url)).caused_by(error)
            }
            Trouble::Connection(error) if error.is_connect() => what("no connection could be made")
                .hint(format!("is {host} right, and reachable from here (network, HTTPS_PROXY, NO_PROXY)?"))
                .caused_by(error),
            Trouble::Connection(error) => what("the connection broke")
                .hint(format!("run again; if it stays so, look at {host} and at what is on the way to it"))
                .caused_by(error),
            Trouble::Timeout(limit) => what(&format!("no answer within {} s", limit.as_secs_f32())).hint(
                format!("run again when {host} is well, or give it more time: IMGPLAN_TIMEOUT=300 (seconds)"),
            ),
            Trouble::TooLarge(cap) => {
                what(&format!("the answer is larger than {cap} bytes, which is too much"))
                    .hint(format!("is {host} a container registry?"))
            }
            Trouble::Redirects => {
                what("the server redirects without end").hint(format!("is {host} a container registry?"))
            }
            Trouble::Location => what("the server names no usable address to go on with")
                .hint("the registry does not follow the distribution specification: tell its operator"),
        }
    }
}

/// An address without user information, query and fragment.
pub(super) fn shown(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), address(url), url.path())
}

/// The host, with its port where that is not the scheme's own: what `docker login` takes.
fn address(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// A server's words on one line: no control characters, none that turn the text's direction, not too many.
pub(super) fn sanitised(text: &str) -> String {
    let harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let clean: String = text.chars().take(4 * SHOWN).map(|c| if harmful(c) { ' ' } else { c }).collect();
    let words = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
        None => words,
    }
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
    fn words_are_cut_between_characters() {
        let long = sanitised(&"ä".repeat(5000));
        assert_eq!(long.chars().count(), SHOWN + 1);
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
