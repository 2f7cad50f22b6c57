//! The client of remote registries: addresses, and requests that answer the challenges they meet.
//!
//! OCI distribution specification 1.1. Kept thin on purpose: what a status means for a manifest is in `read`,
//! writing in `write`, blobs in `transfer`.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use reqwest::Method;
use url::Url;

use super::auth::{Authorizer, Key, Session};
use super::challenge;
use super::credentials::Credentials;
use super::exchange::Request;
use super::http::Http;
use super::reply::{Identity, Reply};
use super::secret::Secret;
use super::{Settings, helper};
use crate::error::{Error, Result};

/// A repository of a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Remote {
    pub(super) registry: String,
    pub(super) path: String,
}

impl std::fmt::Display for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

/// How often a request is sent with an authorization: one that has ended, a new one, and a wider one.
const ROUNDS: u32 = 3;

/// All registries.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) http: Http,
    auth: Authorizer,
    /// Repositories that will be written to: their first token is for that already.
    written: Mutex<BTreeSet<Remote>>,
}

impl Client {
    pub(super) fn new(settings: Settings) -> Client {
        let limit = settings.timeout.map_or(helper::LIMIT, |limit| limit.min(helper::LIMIT));
        let credentials = Credentials::new(&settings, limit);
        Client { http: Http::new(settings), auth: Authorizer::new(credentials), written: Mutex::default() }
    }

    /// What is known of logins.
    pub(super) fn credentials(&self) -> &Credentials {
        self.auth.credentials()
    }

    pub(super) fn expect_writes(&self, remote: &Remote) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(remote.clone());
    }

    /// The address of something below a repository. Docker Hub's API has a host of its own.
    pub(super) fn url(&self, remote: &Remote, below: &str) -> Result<Url> {
        let scheme = if self.http.is_plain(&remote.registry) { "http" } else { "https" };
        let host = match remote.registry.as_str() {
            "docker.io" | "index.docker.io" => "registry-1.docker.io",
            host => host,
        };
        Url::parse(&format!("{scheme}://{host}/v2/{}/{below}", remote.path))
            .map_err(|error| Error::unavailable(format!("{remote} gives no address")).caused_by(error))
    }

    /// The session of a repository for reading or writing.
    pub(super) fn key(&self, remote: &Remote, write: bool) -> Key {
        let expected = || self.written.lock().unwrap_or_else(PoisonError::into_inner).contains(remote);
        let write = write || expected();
        Key { registry: remote.registry.clone(), path: remote.path.clone(), write, from: None }
    }

    /// Sends a request, meets the challenges, and returns the answer that stands. An error is no answer:
    /// no connection, no token, a helper that failed.
    pub(super) async fn send(&self, key: &Key, request: &Request) -> Result<Reply> {
        let reads = request.method == Method::GET || request.method == Method::HEAD;
        let session = self.auth.session(key);
        let mut turn = session.lock().await;
        // Whether the authorization was made for this very request: refused, it is not made once more.
        let mut fresh = false;
        if !turn.asked {
            // The lock is held over this request: whoever asks meanwhile waits for what it learns. Should it
            // fail, the next ones are not kept waiting for a failure each.
            turn.asked = true;
            let reply = self.http.exchange(request, None).await?;
            let Some(challenge) = challenge::of(&reply)? else { return Ok(reply) };
            if !self.auth.meet(&self.http, key, &mut turn, challenge, reads).await? {
                return Ok(reply);
            }
            fresh = true;
        } else if turn.is_over() {
            self.auth.renew(&self.http, key, &mut turn, reads).await?;
            fresh = true;
        }
        let mut shown = Shown::of(&turn);
        drop(turn);
        let mut rounds = 0;
        loop {
            let mut reply = self.http.exchange(request, shown.authorization.as_ref()).await?;
            (reply.identity, reply.secrets) = (shown.identity, shown.secrets);
            rounds += 1;
            let Some(challenge) = challenge::of(&reply)? else { return Ok(reply) };
            let mut turn = session.lock().await;
            if rounds == ROUNDS {
                return Ok(reply);
            }
            // Another request may have renewed it meanwhile; then that is tried first.
            if turn.generation == shown.generation {
                let in_vain = fresh && turn.asked_for(&challenge);
                if in_vain || !self.auth.meet(&self.http, key, &mut turn, challenge, reads).await? {
                    return Ok(reply);
                }
                fresh = true;
            }
            shown = Shown::of(&turn);
        }
    }

    /// What the session shows at present, for a transfer that cannot be repeated by `send`.
    pub(super) async fn authorization(&self, key: &Key) -> Result<Shown> {
        let session = self.auth.session(key);
        let mut turn = session.lock().await;
        if turn.is_over() {
            self.auth.renew(&self.http, key, &mut turn, false).await?;
        }
        Ok(Shown::of(&turn))
    }
}

/// What one attempt showed of the session.
pub(super) struct Shown {
    pub(super) authorization: Option<Secret>,
    pub(super) identity: Identity,
    pub(super) secrets: Vec<Secret>,
    generation: u64,
}

impl Shown {
    fn of(session: &Session) -> Shown {
        Shown {
            authorization: session.authorization.clone(),
            identity: session.identity.clone(),
            secrets: session.secrets.clone(),
            generation: session.generation,
        }
    }
}
