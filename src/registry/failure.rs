//! Requests that got no answer, for people: method, address, why, and what to do. What an answer says is `reply`'s.
//!
//! Addresses are shown without user information and query (upload sessions and signed redirects carry
//! secrets there). What a server said is cut and freed of control characters before a terminal sees it.

use std::time::Duration;

use reqwest::Method;
use url::Url;

use super::handshake;
use crate::error::Error;

/// The most characters of a server's own words that are shown.
const SHOWN: usize = 300;

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
            Trouble::Tls(error) => what("the TLS connection failed")
                .hint(handshake::hint(&error, url))
                .caused_by(innermost(&error)),
            Trouble::Connection(error) if error.is_connect() => what("no connection could be made")
                .hint(format!("is {host} right, and reachable from here (network, HTTPS_PROXY, NO_PROXY)?"))
                .caused_by(innermost(&error)),
            Trouble::Connection(error) => what("the connection broke")
                .hint(format!("run again; if it stays so, look at {host} and at what is on the way to it"))
                .caused_by(innermost(&error)),
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

/// What really happened. The layers around it (`error sending request`, `client error (Connect)`) tell nobody anything.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    sanitised(&cause.to_string())
}

/// An address without user information, query and fragment.
pub(super) fn shown(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), address(url), url.path())
}

/// The host, with its port where that is not the scheme's own: what `docker login` takes.
pub(super) fn address(url: &Url) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_between_characters() {
        let long = sanitised(&"ä".repeat(5000));
        assert_eq!(long.chars().count(), SHOWN + 1);
    }
}
