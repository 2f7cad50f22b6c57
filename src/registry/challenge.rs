//! What a registry asks for: `WWW-Authenticate`, and the scopes of the tokens that answer it.
//!
//! RFC 9110, 11.6.1, and distribution's token authentication specification ("scope"). Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use reqwest::StatusCode;
use reqwest::header::WWW_AUTHENTICATE;

use super::reply::Reply;
use crate::error::Result;

/// What a registry wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A token from the server at `realm`.
    Bearer {
        /// Its address, not checked yet.
        realm: String,
        /// The registry's name there.
        service: Option<String>,
        /// What the request would have needed.
        scopes: Scopes,
    },
    /// User and password with each request.
    Basic,
}

/// Resources (`repository:acme/shop`) and what may be done with them (`pull`, `push`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Scopes(BTreeMap<String, BTreeSet<String>>);

impl Scopes {
    /// Reading a repository and, if asked for, writing to it.
    pub(super) fn repository(path: &str, write: bool) -> Scopes {
        let actions = if write { "pull,push" } else { "pull" };
        Scopes::parse(&format!("repository:{path}:{actions}"))
    }

    /// Scopes between spaces. One without actions is kept as it is (`registry:catalog:*` has them).
    pub(super) fn parse(text: &str) -> Scopes {
        let mut scopes = Scopes::default();
        for scope in text.split_whitespace() {
            let (resource, actions) = scope.rsplit_once(':').unwrap_or((scope, ""));
            let known = scopes.0.entry(resource.to_owned()).or_default();
            known.extend(actions.split(',').filter(|action| !action.is_empty()).map(str::to_owned));
        }
        scopes
    }

    /// Both together.
    pub(super) fn with(&self, other: &Scopes) -> Scopes {
        let mut all = self.clone();
        for (resource, actions) in &other.0 {
            all.0.entry(resource.clone()).or_default().extend(actions.iter().cloned());
        }
        all
    }

    /// Whether all of the other's are among these.
    pub(super) fn covers(&self, other: &Scopes) -> bool {
        other.0.iter().all(|(resource, actions)| {
            self.0.get(resource).is_some_and(|known| actions.iter().all(|action| known.contains(action)))
        })
    }

    /// The same for reading only; `None` if nothing but reading was in them.
    pub(super) fn without_push(&self) -> Option<Scopes> {
        let mut less = self.clone();
        less.0.values_mut().for_each(|actions| {
            actions.remove("push");
        });
        (less != *self).then_some(less)
    }

    /// One text for each resource, as the token server takes them.
    pub(super) fn each(&self) -> Vec<String> {
        let text =
            |actions: &BTreeSet<String>| actions.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        self.0
            .iter()
            .map(|(resource, actions)| match actions.is_empty() {
                true => resource.clone(),
                false => format!("{resource}:{}", text(actions)),
            })
            .collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.each().join(" "))
    }
}

/// The challenge of an answer: of every 401, and of a 403 that says that the token does not reach far enough.
/// A 401 whose challenge cannot be understood is an error, never an answer without one.
pub(super) fn of(reply: &Reply) -> Result<Option<Challenge>> {
    let forbidden = reply.status == StatusCode::FORBIDDEN;
    if reply.status != StatusCode::UNAUTHORIZED && !forbidden {
        return Ok(None);
    }
    // A host that we were redirected to has no claim to credentials.
    if reply.elsewhere {
        return Ok(None);
    }
    let mut best = None;
    let mut wrong = None;
    for header in reply.headers.get_all(WWW_AUTHENTICATE) {
        let Ok(text) = header.to_str() else { continue };
        match parse(text, forbidden) {
            Ok(Some(Challenge::Basic)) if best.is_some() => {}
            Ok(Some(challenge)) => best = Some(challenge),
            Ok(None) => {}
            Err(error) => wrong = Some(error),
        }
    }
    match (best, wrong) {
        (None, Some(wrong)) if !forbidden => {
            Err(reply.nonsense("401 with a challenge that cannot be understood").caused_by(wrong))
        }
        (best, _) => Ok(best),
    }
}

fn parse(text: &str, forbidden: bool) -> std::result::Result<Option<Challenge>, String> {
    let challenges = http_auth::parse_challenges(text).map_err(|error| error.to_string())?;
    let mut best = None;
    for challenge in &challenges {
        let parameter = |name: &str| {
            let found = challenge.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_unescaped())
        };
        if challenge.scheme.eq_ignore_ascii_case("bearer") {
            if forbidden && parameter("error").as_deref() != Some("insufficient_scope") {
                continue;
            }
            let realm = parameter("realm").ok_or("the challenge names no realm")?;
            let scopes = Scopes::parse(&parameter("scope").unwrap_or_default());
            return Ok(Some(Challenge::Bearer { realm, service: parameter("service"), scopes }));
        }
        if challenge.scheme.eq_ignore_ascii_case("basic") && !forbidden {
            best = Some(Challenge::Basic);
        }
    }
    Ok(best)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_preferred_to_a_password() {
        let text = r#"Basic realm="x", Bearer realm="https://a/token",service="s",scope="repository:a/b:pull,push registry:catalog:*""#;
        let Some(Challenge::Bearer { realm, service, scopes }) = parse(text, false).unwrap() else {
            unreachable!("a bearer challenge is in it");
        };
        assert_eq!((realm.as_str(), service.as_deref()), ("https://a/token", Some("s")));
        assert_eq!(scopes.to_string(), "registry:catalog:* repository:a/b:pull,push");
        assert_eq!(parse(r#"Basic realm="x""#, false).unwrap(), Some(Challenge::Basic));
        assert_eq!(parse(r#"Negotiate"#, false).unwrap(), None);
        assert!(parse(r#"Bearer service="s""#, false).is_err());
    }

    #[test]
    fn a_403_is_a_challenge_only_for_a_wider_scope() {
        assert_eq!(parse(r#"Bearer realm="https://a""#, true).unwrap(), None);
        assert!(parse(r#"Bearer realm="https://a",error="insufficient_scope""#, true).unwrap().is_some());
    }

    #[test]
    fn scopes_are_sets() {
        let read = Scopes::repository("a/b", false);
        let write = Scopes::repository("a/b", true);
        assert!(write.covers(&read) && !read.covers(&write));
        assert_eq!(read.with(&write), write);
        assert_eq!(write.without_push(), Some(read.clone()));
        assert_eq!(read.without_push(), None);
        assert!(!write.covers(&Scopes::repository("a/c", false)));
    }
}
