//! Blobs in motion: opened for reading as a stream, and uploaded, without ever being held in memory.
//!
//! OCI distribution specification, "Pushing a blob monolithically" (POST then PUT) and "Mounting a blob from another
//! repository". A stream cannot be sent twice, so a failed transfer is begun again from the start.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{Body, Method, StatusCode};
use url::Url;

use super::auth::Key;
use super::client::{Client, Remote, Shown};
use super::exchange::{Request, same_origin};
use super::failure::Trouble;
use super::retry::is_transient;
use crate::error::{Error, Result};
use crate::reference::Digest;

/// How a transfer failed.
pub(super) enum Failed {
    /// Another attempt may succeed.
    Again(Error),
    /// It will not.
    Stop(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Failed::Stop(error)
    }
}

/// The failure of a transfer that got no answer, or lost it.
pub(super) fn failed(trouble: Trouble, method: &Method, url: &Url) -> Failed {
    let again = trouble.may_pass();
    let error = trouble.into_error(method, url);
    if again { Failed::Again(error) } else { Failed::Stop(error) }
}

/// Counts what has moved, so that a transfer may take hours and not stand still for a minute.
#[derive(Debug, Clone, Default)]
pub(super) struct Moved(Arc<AtomicU64>);

impl Moved {
    /// Something has moved.
    pub(super) fn on(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    async fn watch<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Result<T, Trouble> {
        let mut work = pin!(work);
        let mut last = self.0.load(Ordering::Relaxed);
        loop {
            if let Ok(done) = tokio::time::timeout(limit, work.as_mut()).await {
                return Ok(done);
            }
            let now = self.0.load(Ordering::Relaxed);
            if now == last {
                return Err(Trouble::Timeout(limit));
            }
            last = now;
        }
    }
}

/// What a registry answered to the wish to have a blob.
pub(super) enum Begun {
    /// It has it now.
    Mounted,
    /// It wants the bytes, there.
    Upload(Url),
}

impl Client {
    /// Whether a repository has a blob.
    pub(super) async fn has_blob(&self, remote: &Remote, digest: &Digest) -> Result<bool> {
        let request = Request::new(Method::HEAD, self.url(remote, &format!("blobs/{digest}"))?);
        let reply = self.send(&self.key(remote, true), &request).await?;
        match reply.status {
            StatusCode::OK => Ok(true),
            // Taken for "not there" it costs an upload, no more.
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(reply.refusal()),
        }
    }

    /// Begins an upload; with `from`, asks for a mount first.
    pub(super) async fn begin(&self, key: &Key, remote: &Remote, digest: &Digest) -> Result<Begun> {
        let mut url = self.url(remote, "blobs/uploads/")?;
        if let Some(from) = &key.from {
            url.query_pairs_mut().append_pair("mount", digest.as_str()).append_pair("from", from);
        }
        let reply = self.send(key, &Request::new(Method::POST, url).body(Vec::new())).await?;
        match reply.status {
            StatusCode::CREATED => Ok(Begun::Mounted),
            StatusCode::ACCEPTED => {
                let location = reply
                    .header(LOCATION)
                    .ok_or_else(|| reply.nonsense("the registry accepts an upload and does not say where"))?;
                let url = super::exchange::resolve(&reply.url, location)
                    .map_err(|trouble| trouble.into_error(&reply.method, &reply.url))?;
                Ok(Begun::Upload(url))
            }
            _ => Err(reply.refusal()),
        }
    }

    /// Sends a blob's bytes to where the registry wants them. The registry checks them against the digest.
    pub(super) async fn upload(
        &self,
        key: &Key,
        mut url: Url,
        digest: &Digest,
        size: Option<u64>,
        (body, moved): (Body, Moved),
    ) -> Result<(), Failed> {
        url.query_pairs_mut().append_pair("digest", digest.as_str());
        let shown = self.authorization(key).await?;
        let mut request = self
            .http
            .client(&url)?
            .put(url.clone())
            .header(CONTENT_TYPE, "application/octet-stream")
            .body(body);
        if let Some(size) = size {
            request = request.header(CONTENT_LENGTH, size);
        }
        // An upload address on another host carries its own permission in its query.
        let own = self.url(&Remote { registry: key.registry.clone(), path: key.path.clone() }, "")?;
        if let Some(header) = shown.authorization.as_ref().filter(|_| same_origin(&url, &own)) {
            request = request.header(AUTHORIZATION, super::exchange::sensitive(header)?);
        }
        let answer = moved.watch(self.http.stall, request.send()).await;
        let answer = answer.and_then(|answer| answer.map_err(Trouble::from));
        let response = answer.map_err(|trouble| failed(trouble, &Method::PUT, &url))?;
        match response.status() {
            StatusCode::CREATED | StatusCode::OK | StatusCode::NO_CONTENT | StatusCode::ACCEPTED => Ok(()),
            _ => Err(self.judge(Method::PUT, url, response, shown).await),
        }
    }

    /// Opens a blob for reading.
    pub(super) async fn open(&self, remote: &Remote, digest: &Digest) -> Result<reqwest::Response, Failed> {
        let key = self.key(remote, false);
        let own = self.url(remote, &format!("blobs/{digest}"))?;
        let shown = self.authorization(&key).await?;
        let mut url = own.clone();
        let mut elsewhere = false;
        for _ in 0..5 {
            let mut request = self.http.client(&url)?.get(url.clone());
            if let Some(header) = shown.authorization.as_ref().filter(|_| !elsewhere) {
                request = request.header(AUTHORIZATION, super::exchange::sensitive(header)?);
            }
            let answer = async { request.send().await.map_err(Trouble::from) };
            let answer = super::exchange::limited(self.http.whole, answer).await;
            let response = answer.map_err(|trouble| failed(trouble, &Method::GET, &url))?;
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            match (response.status(), location) {
                (StatusCode::OK, _) => return Ok(response),
                (status, Some(location)) if status.is_redirection() => {
                    url = super::exchange::resolve(&url, location)
                        .map_err(|trouble| failed(trouble, &Method::GET, &url))?;
                    elsewhere |= !same_origin(&own, &url);
                }
                (StatusCode::UNAUTHORIZED, _) if !elsewhere => {
                    // The session is new or over; a request that can be repeated brings it in order.
                    let refusal = self.judge(Method::GET, url, response, shown).await;
                    let head = Request::new(Method::HEAD, own);
                    return match self.send(&key, &head).await?.status {
                        StatusCode::OK => Err(Failed::Again(refusal.into_error())),
                        _ => Err(refusal),
                    };
                }
                _ => return Err(self.judge(Method::GET, url, response, shown).await),
            }
        }
        Err(failed(Trouble::Redirects, &Method::GET, &own))
    }

    async fn judge(&self, method: Method, url: Url, response: reqwest::Response, shown: Shown) -> Failed {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = super::exchange::limited(self.http.whole, super::exchange::read(response, 0)).await;
        let reply = super::reply::Reply {
            method,
            url,
            elsewhere: false,
            status,
            headers,
            // Only the words for people are lost with it.
            body: body.unwrap_or_default(),
            identity: shown.identity,
            secrets: shown.secrets,
        };
        let again = is_transient(status) || status == StatusCode::UNAUTHORIZED;
        if again { Failed::Again(reply.refusal()) } else { Failed::Stop(reply.refusal()) }
    }
}

impl Failed {
    pub(super) fn into_error(self) -> Error {
        match self {
            Failed::Again(error) | Failed::Stop(error) => error,
        }
    }
}
