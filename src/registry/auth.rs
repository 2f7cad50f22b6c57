//! One session for each repository and scope: no credentials, a password, or a token, renewed before it ends.
//!
//! The first request of a session is sent alone; the others wait for what it learns, so that two lookups cost one
//! challenge and one token. A token call that fails is an error, never an anonymous request: registries
//! answer 404 to those, which would read as "missing".

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard};

use super::challenge::{Challenge, Scopes};
use super::credentials::Credentials;
use super::http::Http;
use super::login::{Found, Login, basic, secrets};
use super::reply::Identity;
use super::secret::Secret;
use super::token::{self, Realm};
use crate::error::Result;

/// Whose requests share a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) registry: String,
    pub(super) path: String,
    /// Whether the session may write, so that its first token says so.
    pub(super) write: bool,
    /// A repository that blobs are mounted from.
    pub(super) from: Option<String>,
}

impl Key {
    fn scopes(&self) -> Scopes {
        let scopes = Scopes::repository(&self.path, self.write);
        match &self.from {
            Some(from) => scopes.with(&Scopes::repository(from, false)),
            None => scopes,
        }
    }
}

/// What a session has learnt.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// Whether a request was answered already.
    pub(super) asked: bool,
    /// Counts what `authorization` was; a request whose authorization was refused sees by it whether another
    /// request has renewed it meanwhile.
    pub(super) generation: u64,
    pub(super) authorization: Option<Secret>,
    pub(super) identity: Identity,
    /// What was sent to get here, which no answer may bring to the screen.
    pub(super) secrets: Vec<Secret>,
    token: Option<Held>,
}

/// What is needed to get the same token again.
#[derive(Debug, Clone)]
struct Held {
    realm: Realm,
    scopes: Scopes,
    until: Instant,
}

impl Session {
    /// Whether the token is about to end.
    pub(super) fn is_over(&self) -> bool {
        self.token.as_ref().is_some_and(|token| Instant::now() >= token.until)
    }

    fn set(&mut self, authorization: Secret, source: Option<&Found>, token: Option<Held>) {
        self.generation += 1;
        self.secrets = secrets(Some(&authorization), source);
        self.authorization = Some(authorization);
        self.identity = source.map_or(Identity::Nobody, |found| Identity::From(found.source.clone()));
        self.token = token;
    }
}

/// All sessions.
#[derive(Debug)]
pub(super) struct Authorizer {
    credentials: Credentials,
    sessions: Mutex<HashMap<Key, Arc<AsyncMutex<Session>>>>,
}

impl Authorizer {
    pub(super) fn new(credentials: Credentials) -> Authorizer {
        Authorizer { credentials, sessions: Mutex::default() }
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub(super) fn session(&self, key: &Key) -> Arc<AsyncMutex<Session>> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sessions.entry(key.clone()).or_default())
    }

    /// Answers a challenge. `false` if there is nothing (new) to answer it with: the refusal stands.
    /// `reads` tells whether the request at hand would do with a token for reading.
    pub(super) async fn meet(
        &self,
        http: &Http,
        key: &Key,
        session: &mut MutexGuard<'_, Session>,
        challenge: Challenge,
        reads: bool,
    ) -> Result<bool> {
        let found = self.credentials.find(&key.registry, &key.path).await?;
        match challenge {
            Challenge::Basic => {
                let Some(header) = found.as_ref().and_then(|found| basic(&found.login)) else {
                    return Ok(false);
                };
                let new = session.authorization.as_ref() != Some(&header);
                session.set(header, found.as_ref(), None);
                Ok(new)
            }
            Challenge::Bearer { realm, service, scopes } => {
                if let Some(Found { login: Login::Bearer(token), .. }) = &found {
                    let header = Secret::new(format!("Bearer {}", token.expose()));
                    let new = session.authorization.as_ref() != Some(&header);
                    session.set(header, found.as_ref(), None);
                    return Ok(new);
                }
                let realm = Realm::check(&realm, service, http.is_plain(&key.registry), &key.registry)?;
                let wanted = key.scopes().with(&scopes);
                self.fetch(http, session, realm, wanted, found, reads).await.map(|()| true)
            }
        }
    }

    /// Gets the same token again, before a request finds out that it is over.
    pub(super) async fn renew(
        &self,
        http: &Http,
        key: &Key,
        session: &mut MutexGuard<'_, Session>,
        reads: bool,
    ) -> Result<()> {
        let Some(Held { realm, scopes, .. }) = session.token.clone() else {
            return Ok(());
        };
        let found = self.credentials.find(&key.registry, &key.path).await?;
        self.fetch(http, session, realm, scopes, found, reads).await
    }

    async fn fetch(
        &self,
        http: &Http,
        session: &mut MutexGuard<'_, Session>,
        realm: Realm,
        scopes: Scopes,
        found: Option<Found>,
        reads: bool,
    ) -> Result<()> {
        let denied = match token::fetch(http, &realm, &scopes, found.as_ref()).await? {
            Ok(token) => {
                session.hold(realm, scopes, token, found.as_ref());
                return Ok(());
            }
            Err(denied) => denied,
        };
        // Who may only read must still be able to, although writing was asked for ahead of time.
        let Some(less) = scopes.without_push().filter(|_| reads) else {
            return Err(denied);
        };
        let token = token::fetch(http, &realm, &less, found.as_ref()).await??;
        session.hold(realm, less, token, found.as_ref());
        Ok(())
    }
}

impl Session {
    fn hold(&mut self, realm: Realm, scopes: Scopes, token: token::Token, found: Option<&Found>) {
        let until = Instant::now().checked_add(usable(token.lifetime)).unwrap_or_else(Instant::now);
        self.set(
            Secret::new(format!("Bearer {}", token.value.expose())),
            found,
            Some(Held { realm, scopes, until }),
        );
    }

    /// Whether the token was asked for all that this challenge wants.
    pub(super) fn asked_for(&self, challenge: &Challenge) -> bool {
        match (challenge, &self.token) {
            (Challenge::Bearer { scopes, .. }, Some(token)) => token.scopes.covers(scopes),
            (Challenge::Bearer { .. }, None) => false,
            (Challenge::Basic, _) => true,
        }
    }
}

/// A token is not used in its last seconds: it may end on the way.
fn usable(lifetime: Duration) -> Duration {
    lifetime.saturating_sub((lifetime / 10).min(Duration::from_secs(10)))
}
