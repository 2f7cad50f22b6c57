//! One request and its answer: retries, redirects and size limits. It must not know tokens or what a 404
//! means; it is given an `Authorization` header and keeps it from other hosts.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode};
use url::Url;

use super::failure::Trouble;
use super::http::Http;
use super::reply::{Identity, Reply};
use super::retry::Attempts;
use super::secret::Secret;
use crate::error::{Error, Result};

/// How much of an error's body is read.
const ERROR_BODY: usize = 64 * 1024;
/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// A request that can be sent any number of times.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
    /// The most bytes that a good answer may have.
    pub(super) cap: usize,
}

impl Request {
    pub(super) fn new(method: Method, url: Url) -> Request {
        Request { method, url, headers: HeaderMap::new(), body: None, cap: ERROR_BODY }
    }

    pub(super) fn cap(mut self, cap: usize) -> Request {
        self.cap = cap;
        self
    }

    pub(super) fn accept(mut self, types: &'static str) -> Request {
        self.headers.insert(ACCEPT, HeaderValue::from_static(types));
        self
    }

    /// A header whose value comes from outside.
    pub(super) fn header(mut self, name: HeaderName, value: &str) -> Result<Request> {
        let value = HeaderValue::from_str(value)
            .map_err(|_| Error::unavailable(format!("{value:?} cannot be sent as the header {name}")))?;
        self.headers.insert(name, value);
        Ok(self)
    }

    pub(super) fn body(mut self, bytes: Vec<u8>) -> Request {
        self.body = Some(bytes);
        self
    }
}

/// Whether two addresses are of one server: credentials go from one to the other only then.
pub(super) fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

impl Http {
    /// Sends a request until an answer stands, and follows redirects. The header goes to the host asked and
    /// to no other.
    pub(super) async fn exchange(&self, request: &Request, authorization: Option<&Secret>) -> Result<Reply> {
        let (url, response_parts, elsewhere) = self.follow(request, authorization).await?;
        let (status, headers, body) = response_parts;
        Ok(Reply {
            method: request.method.clone(),
            url,
            elsewhere,
            status,
            headers,
            body,
            identity: Identity::Nobody,
            secrets: Vec::new(),
        })
    }

    async fn follow(&self, request: &Request, authorization: Option<&Secret>) -> Result<(Url, Parts, bool)> {
        let mut url = request.url.clone();
        let mut elsewhere = false;
        for _ in 0..=REDIRECTS {
            let authorization = authorization.filter(|_| !elsewhere);
            let parts = self.repeat(request, &url, authorization).await?;
            let Some(next) = redirection(request, &url, &parts)? else {
                return Ok((url, parts, elsewhere));
            };
            // Once away, always away: a redirect back must not carry credentials that a third host asked for.
            elsewhere |= !same_origin(&request.url, &next);
            url = next;
        }
        Err(Trouble::Redirects.into_error(&request.method, &request.url))
    }

    async fn repeat(&self, request: &Request, url: &Url, authorization: Option<&Secret>) -> Result<Parts> {
        let mut attempts = Attempts::new();
        loop {
            let pause = match self.once(request, url, authorization).await? {
                Ok(parts) => match attempts.after_answer(parts.0, &parts.1) {
                    Some(pause) => pause,
                    None => return Ok(parts),
                },
                Err(trouble) if trouble.may_pass() => match attempts.after_broken_connection() {
                    Some(pause) => pause,
                    None => return Err(trouble.into_error(&request.method, url)),
                },
                Err(trouble) => return Err(trouble.into_error(&request.method, url)),
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// The outer error is one that no attempt can change (a bad CA file), the inner one is of this attempt.
    async fn once(
        &self,
        request: &Request,
        url: &Url,
        authorization: Option<&Secret>,
    ) -> Result<Result<Parts, Trouble>> {
        let mut builder =
            self.client(url)?.request(request.method.clone(), url.clone()).headers(request.headers.clone());
        if let Some(header) = authorization {
            builder = builder.header(AUTHORIZATION, sensitive(header)?);
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let answer = async {
            let response = builder.send().await.map_err(Trouble::from)?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = read(response, request.cap).await?;
            Ok((status, headers, body))
        };
        Ok(limited(self.whole, answer).await)
    }
}

type Parts = (StatusCode, HeaderMap, Vec<u8>);

/// A header value that HTTP libraries do not log.
pub(super) fn sensitive(secret: &Secret) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(secret.expose())
        .map_err(|_| Error::unavailable("a credential holds a character that no header can carry"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// With a time limit.
pub(super) async fn limited<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Trouble> {
    tokio::time::timeout(limit, work).await.unwrap_or(Err(Trouble::Timeout(limit)))
}

pub(super) async fn read(mut response: reqwest::Response, cap: usize) -> Result<Vec<u8>, Trouble> {
    let good = response.status().is_success();
    let cap = if good { cap } else { ERROR_BODY };
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Trouble::from)? {
        let room = cap.saturating_sub(body.len());
        if chunk.len() > room {
            if good {
                return Err(Trouble::TooLarge(cap));
            }
            // Of an error only the beginning is wanted.
            body.extend_from_slice(chunk.get(..room).unwrap_or_default());
            break;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Where an answer sends us, if it does. Only reading follows: a PUT that is sent elsewhere is no PUT there.
fn redirection(request: &Request, url: &Url, (status, headers, _): &Parts) -> Result<Option<Url>> {
    let reads = request.method == Method::GET || request.method == Method::HEAD;
    if !reads || !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok()) else {
        return Ok(None);
    };
    resolve(url, location).map(Some).map_err(|trouble| trouble.into_error(&request.method, url))
}

/// A `Location`, relative or absolute, with its query; never from https down to http.
pub(super) fn resolve(url: &Url, location: &str) -> Result<Url, Trouble> {
    let mut next = url.join(location).map_err(|_| Trouble::Location)?;
    let downgrade = url.scheme() == "https" && next.scheme() != "https";
    if downgrade || !matches!(next.scheme(), "http" | "https") || next.host_str().is_none() {
        return Err(Trouble::Location);
    }
    // User information in a redirect would become an `Authorization` header.
    let _ = next.set_username("");
    let _ = next.set_password(None);
    Ok(next)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_resolved_and_never_lead_down_to_plain_http() {
        let url = Url::parse("https://r.example.org/v2/a/blobs/uploads/").unwrap();
        let to = |location| resolve(&url, location).map(|url| url.to_string()).ok();
        assert_eq!(to("/v2/x?_state=1").as_deref(), Some("https://r.example.org/v2/x?_state=1"));
        assert_eq!(to("https://u:p@s.example.org/x").as_deref(), Some("https://s.example.org/x"));
        assert_eq!(to("http://r.example.org/x"), None);
        assert_eq!(to("file:///etc/passwd"), None);
    }

    #[test]
    fn another_port_is_another_host() {
        let url = |text| Url::parse(text).unwrap();
        assert!(same_origin(&url("https://a/x"), &url("https://a:443/y")));
        assert!(!same_origin(&url("http://a:5000/"), &url("http://a:5001/")));
        assert!(!same_origin(&url("http://a/"), &url("https://a/")));
    }
}
