//! Getting a token from the server that a registry's challenge names.
//!
//! distribution's "Token authentication" (GET, with Basic where there is a password) and "OAuth2" (POST, for identity
//! tokens; servers that lack it get the GET). Credentials go to a checked realm and to no other host.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use url::Url;

use super::challenge::Scopes;
use super::exchange::Request;
use super::failure::sanitised;
use super::http::Http;
use super::login::{Found, Login, basic_header, secrets};
use super::reply::{Identity, Reply};
use super::secret::Secret;
use crate::error::{Error, Result};

/// Lifetime of a token whose server names none (distribution's specification).
const DEFAULT_LIFETIME: u64 = 60;
/// More than any token needs.
const CAP: usize = 1024 * 1024;

/// A token server that credentials may be sent to.
#[derive(Debug, Clone)]
pub(super) struct Realm {
    url: Url,
    service: Option<String>,
}

impl Realm {
    /// https, or plain http where the registry itself is spoken to in plain http.
    pub(super) fn check(text: &str, service: Option<String>, plain: bool, registry: &str) -> Result<Realm> {
        let wrong = |why: &str| {
            Error::unavailable(format!(
                "{registry} asks for a token from {:?}, {why}",
                sanitised(text.split(['?', '#']).next().unwrap_or_default())
            ))
            .hint("no credentials were sent there")
        };
        let Ok(url) = Url::parse(text) else {
            return Err(wrong("which is no address"));
        };
        if !url.username().is_empty() || url.password().is_some() || url.host_str().is_none() {
            return Err(wrong("which is no address for that"));
        }
        match url.scheme() {
            "https" => Ok(Realm { url, service }),
            "http" if plain => Ok(Realm { url, service }),
            _ => Err(wrong("which is not https")),
        }
    }
}

/// A token and how long it is good for.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) value: Secret,
    pub(super) lifetime: Duration,
}

#[derive(Deserialize)]
struct Granted {
    token: Option<String>,
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    issued_at: Option<String>,
}

/// The inner error is a denial, which asking for less may avoid; the outer one is anything else.
pub(super) async fn fetch(
    http: &Http,
    realm: &Realm,
    scopes: &Scopes,
    found: Option<&Found>,
) -> Result<Result<Token>> {
    let header = match found.map(|found| &found.login) {
        Some(Login::Identity(token)) => {
            let reply = ask(http, &by_post(realm, scopes, token)?, None, found).await?;
            // A server without OAuth2; the same token then is a password (docker's fallback).
            if !matches!(reply.status.as_u16(), 404 | 405) {
                return judge(&reply, scopes);
            }
            Some(basic_header("<token>", token))
        }
        Some(Login::Basic { user, password }) => Some(basic_header(user, password)),
        Some(Login::Bearer(_)) | None => None,
    };
    let reply = ask(http, &by_get(realm, scopes), header.as_ref(), found).await?;
    judge(&reply, scopes)
}

async fn ask(
    http: &Http,
    request: &Request,
    header: Option<&Secret>,
    found: Option<&Found>,
) -> Result<Reply> {
    let mut reply = http.exchange(request, header).await?;
    reply.identity = found.map_or(Identity::Nobody, |found| Identity::From(found.source.clone()));
    reply.secrets = secrets(header, found);
    Ok(reply)
}

fn by_get(realm: &Realm, scopes: &Scopes) -> Request {
    let mut url = realm.url.clone();
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(realm.service.iter().map(|service| ("service", service)));
        query.extend_pairs(scopes.each().iter().map(|scope| ("scope", scope)));
    }
    Request::new(Method::GET, url).cap(CAP)
}

fn by_post(realm: &Realm, scopes: &Scopes, token: &Secret) -> Result<Request> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "refresh_token").append_pair("client_id", "imgplan");
    form.append_pair("refresh_token", token.expose()).append_pair("scope", &scopes.to_string());
    form.extend_pairs(realm.service.iter().map(|service| ("service", service)));
    let request = Request::new(Method::POST, realm.url.clone()).cap(CAP).body(form.finish().into_bytes());
    request.header(CONTENT_TYPE, "application/x-www-form-urlencoded")
}

fn judge(reply: &Reply, scopes: &Scopes) -> Result<Result<Token>> {
    if reply.elsewhere {
        return Err(reply.nonsense("the token server redirects to another host, which is not followed"));
    }
    if !reply.status.is_success() {
        let denied = matches!(reply.status.as_u16(), 400 | 401 | 403 | 404);
        let error = reply.refusal().hint(format!("a token for {scopes} was asked for"));
        return if denied { Ok(Err(error)) } else { Err(error) };
    }
    let broken = || reply.nonsense("the token server's answer holds no token");
    // Not serde's own message: it could quote the token.
    let granted: Granted = serde_json::from_slice(&reply.body).map_err(|_| broken())?;
    let value = [granted.token, granted.access_token].into_iter().flatten().find(|token| !token.is_empty());
    let value = Secret::new(value.ok_or_else(broken)?);
    let lifetime = lifetime(granted.expires_in, granted.issued_at.as_deref(), jiff::Timestamp::now());
    Ok(Ok(Token { value, lifetime }))
}

/// `expires_in` counts from `issued_at`. An `issued_at` that is in the future, or so old that the token
/// would be over on arrival, tells of two clocks that differ, not of the token.
fn lifetime(expires_in: Option<u64>, issued_at: Option<&str>, now: jiff::Timestamp) -> Duration {
    // 0 is what servers write that set no lifetime. The upper limit keeps the arithmetic in range.
    let whole = expires_in.filter(|seconds| *seconds > 0).unwrap_or(DEFAULT_LIFETIME).min(7 * 24 * 3600);
    let age = issued_at
        .and_then(|text| text.parse::<jiff::Timestamp>().ok())
        .map(|issued| now.as_second().saturating_sub(issued.as_second()))
        .and_then(|age| u64::try_from(age).ok())
        .filter(|age| *age < whole)
        .unwrap_or(0);
    Duration::from_secs(whole - age)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lives_as_long_as_its_server_says() {
        let now = "2024-01-01T00:01:40Z".parse().unwrap();
        let seconds = |expires, issued| lifetime(expires, issued, now).as_secs();
        assert_eq!(seconds(None, None), 60);
        assert_eq!(seconds(Some(0), None), 60);
        assert_eq!(seconds(Some(5), None), 5);
        assert_eq!(seconds(Some(300), None), 300);
        assert_eq!(seconds(Some(300), Some("2024-01-01T00:00:00Z")), 200);
        assert_eq!(seconds(Some(300), Some("2024-01-01T00:10:00Z")), 300, "a clock ahead");
        assert_eq!(seconds(Some(300), Some("2023-01-01T00:10:00Z")), 300, "a clock behind");
        assert_eq!(seconds(Some(u64::MAX), None), 7 * 24 * 3600);
    }

    #[test]
    fn a_realm_is_https_or_as_plain_as_its_registry() {
        let check = |text, plain| Realm::check(text, None, plain, "r.io").is_ok();
        assert!(check("https://auth.r.io/token", false));
        assert!(!check("http://auth.r.io/token", false));
        assert!(check("http://127.0.0.1:1/token", true));
        for never in ["", "/token", "ftp://r.io/", "https://u:p@r.io/", "data:x"] {
            assert!(!check(never, true), "{never}");
        }
    }
}
