//! What a registry answers when nothing goes wrong.

use std::collections::BTreeSet;

use base64::Engine as _;
use imgplan::reference::Digest;

use super::wire::{Request, Response};
use super::{Access, Deletes, State};

/// The answer to a request.
pub(super) fn answer(state: &mut State, host: &str, request: &Request) -> Response {
    if request.path == "/token" {
        return token(state, request);
    }
    let Some(rest) = request.path.strip_prefix("/v2/") else {
        return Response::page(404);
    };
    for part in ["/manifests/", "/blobs/uploads/", "/blobs/", "/tags/"] {
        if let Some((repository, reference)) = rest.split_once(part) {
            if let Some(refusal) = refused(state, host, request, repository) {
                return refusal;
            }
            return match part {
                "/manifests/" => manifest(state, request, repository, reference),
                "/blobs/" => blob(state, repository, reference),
                "/tags/" if request.method == "DELETE" => untag(state, repository, reference),
                "/tags/" => tags(state, request, repository),
                _ => upload(state, request, repository),
            };
        }
    }
    Response::new(200)
}

/// 401 with what is wanted.
pub(super) fn challenge(state: &State, host: &str, scope: &str, error: Option<&str>) -> Response {
    let header = match &state.access {
        Access::Basic { .. } => r#"Basic realm="test""#.to_owned(),
        _ => {
            let realm = state.realm.clone().unwrap_or_else(|| format!("http://{host}/token"));
            let error = error.map(|error| format!(r#",error="{error}""#)).unwrap_or_default();
            format!(r#"Bearer realm="{realm}",service="test",scope="{scope}"{error}"#)
        }
    };
    Response::error(401, "UNAUTHORIZED", "authentication required").header("WWW-Authenticate", header)
}

fn refused(state: &State, host: &str, request: &Request, repository: &str) -> Option<Response> {
    let writes = !matches!(request.method.as_str(), "GET" | "HEAD");
    let actions = match request.method.as_str() {
        // As distribution has it: who may push need not be one who may delete.
        "DELETE" => "delete",
        _ if writes => "pull,push",
        _ => "pull",
    };
    let mut needed = vec![format!("repository:{repository}:{actions}")];
    needed.extend(request.parameter("from").map(|from| format!("repository:{from}:pull")));
    let shown = request.headers.get("authorization").map(String::as_str);
    match &state.access {
        Access::Open => None,
        Access::Basic { user, password } => {
            (shown != Some(&basic(user, password))).then(|| challenge(state, host, "", None))
        }
        Access::Tokens { .. } => {
            let token = shown.and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default();
            let granted = state.tokens.get(token);
            if granted.is_some_and(|granted| needed.iter().all(|scope| covers(granted, scope))) {
                return None;
            }
            Some(challenge(state, host, &needed.join(" "), granted.map(|_| "insufficient_scope")))
        }
    }
}

fn covers(granted: &[String], needed: &str) -> bool {
    let (resource, actions) = needed.rsplit_once(':').unwrap();
    let known: BTreeSet<&str> = granted
        .iter()
        .filter_map(|scope| scope.rsplit_once(':').filter(|(name, _)| *name == resource))
        .flat_map(|(_, actions)| actions.split(','))
        .collect();
    actions.split(',').all(|action| known.contains(action))
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

fn token(state: &mut State, request: &Request) -> Response {
    let Access::Tokens { user, password } = state.access.clone() else {
        return Response::page(404);
    };
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let (known, scopes) = if request.method == "POST" {
        if !state.oauth {
            return Response::new(404);
        }
        let scopes = field("scope").unwrap_or_default();
        (field("refresh_token") == Some(password), scopes.split(' ').map(str::to_owned).collect())
    } else {
        let shown = request.headers.get("authorization").cloned();
        let anonymous = shown.is_none() && state.anonymous_pull;
        let scopes = request.query.iter().filter(|(key, _)| key == "scope").map(|(_, scope)| scope.clone());
        let right =
            [basic(&user, &password), basic("<token>", &password)].contains(&shown.unwrap_or_default());
        (anonymous || right, scopes.collect::<Vec<_>>())
    };
    if !known {
        return Response::error(401, "UNAUTHORIZED", "incorrect username or password");
    }
    let anonymous = request.method == "GET" && !request.headers.contains_key("authorization");
    let pushes = scopes.iter().any(|scope| scope.contains("push"));
    if pushes && state.denies_push {
        return Response::error(403, "DENIED", "requested access to the resource is denied");
    }
    let less = state.read_only || anonymous;
    let granted = scopes.into_iter().map(|s| if less { s.replace(",push", "") } else { s }).collect();
    let name = format!("token-{}", state.tokens.len() + 1);
    state.tokens.insert(name.clone(), granted);
    let mut body = serde_json::json!({"token": name});
    if let Some(seconds) = state.expires_in {
        body["expires_in"] = seconds.into();
    }
    Response::new(200).body("application/json", body.to_string())
}

fn manifest(state: &mut State, request: &Request, name: &str, reference: &str) -> Response {
    if request.method == "PUT" {
        return put(state, request, name, reference);
    }
    if request.method == "DELETE" {
        return delete(state, name, reference);
    }
    let Some(repository) = state.repositories.get(name) else {
        return Response::error(404, "NAME_UNKNOWN", "repository name not known to registry");
    };
    let digest = repository.tags.get(reference).map_or(reference, String::as_str);
    let Some((kind, bytes)) = repository.manifests.get(digest) else {
        return Response::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
    };
    // As distribution 2.8: a type that was not asked for is not there.
    if !request.headers.get("accept").is_some_and(|accept| accept.contains(kind.split(';').next().unwrap())) {
        return Response::error(
            404,
            "MANIFEST_UNKNOWN",
            "OCI manifest found, but accept header does not support it",
        );
    }
    Response::new(200).body(kind, bytes.clone()).header("Docker-Content-Digest", digest)
}

fn put(state: &mut State, request: &Request, name: &str, reference: &str) -> Response {
    let digest = Digest::of(&request.body).to_string();
    let immutable = state.immutable_tags;
    let repository = state.repositories.entry(name.to_owned()).or_default();
    if immutable && repository.tags.contains_key(reference) {
        return Response::error(400, "TAG_INVALID", "The image tag already exists and cannot be overwritten");
    }
    if !below(&request.body)
        .iter()
        .all(|d| repository.manifests.contains_key(d) || repository.blobs.contains_key(d))
    {
        return Response::error(404, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry");
    }
    let kind = request.headers.get("content-type").cloned().unwrap_or_default();
    repository.manifests.insert(digest.clone(), (kind, request.body.clone()));
    if !reference.starts_with("sha256:") {
        repository.tags.insert(reference.to_owned(), digest.clone());
    } else if reference != digest {
        return Response::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    }
    Response::new(201)
        .header("Location", format!("/v2/{name}/manifests/{digest}"))
        .header("Docker-Content-Digest", digest)
}

fn delete(state: &mut State, name: &str, reference: &str) -> Response {
    let deletes = state.deletes;
    let Some(repository) = state.repositories.get_mut(name) else {
        return Response::error(404, "NAME_UNKNOWN", "repository name not known to registry");
    };
    match deletes {
        Deletes::Nothing | Deletes::TagByReference => {
            return Response::error(405, "UNSUPPORTED", "The operation is unsupported.");
        }
        Deletes::NothingAsHarbor => {
            return Response::error(400, "UNSUPPORTED", &format!("unsupported digest {reference}"));
        }
        Deletes::Tag | Deletes::Image => {}
    }
    let Some(digest) = repository.tags.remove(reference) else {
        return Response::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
    };
    if deletes == Deletes::Image {
        repository.manifests.remove(&digest);
        repository.tags.retain(|_, at| *at != digest);
    }
    Response::new(202)
}

/// GitLab's older way.
fn untag(state: &mut State, name: &str, reference: &str) -> Response {
    if state.deletes != Deletes::TagByReference {
        return Response::page(404);
    }
    let tag = reference.strip_prefix("reference/").unwrap_or_default();
    match state.repositories.get_mut(name).and_then(|repository| repository.tags.remove(tag)) {
        Some(_) => Response::new(202),
        None => Response::error(404, "TAG_UNKNOWN", "tag unknown"),
    }
}

/// Digests that a manifest names.
fn below(manifest: &[u8]) -> Vec<String> {
    let Ok(manifest) = serde_json::from_slice::<serde_json::Value>(manifest) else { return Vec::new() };
    let lists = ["manifests", "layers"].into_iter().filter_map(|list| manifest[list].as_array());
    let named = lists.flatten().chain([&manifest["config"]]);
    named.filter_map(|child| child["digest"].as_str().map(str::to_owned)).collect()
}

fn blob(state: &State, name: &str, digest: &str) -> Response {
    match state.repositories.get(name).and_then(|repository| repository.blobs.get(digest)) {
        Some(bytes) => Response::new(200)
            .body("application/octet-stream", bytes.clone())
            .header("Docker-Content-Digest", digest),
        None => Response::error(404, "BLOB_UNKNOWN", "blob unknown to registry"),
    }
}

fn upload(state: &mut State, request: &Request, name: &str) -> Response {
    if request.method == "POST" {
        let mounted = request.parameter("mount").zip(request.parameter("from")).filter(|_| state.mounts);
        let found = mounted.and_then(|(digest, from)| {
            let bytes = state.repositories.get(from)?.blobs.get(digest)?;
            Some((digest.to_owned(), bytes.clone()))
        });
        if let Some((digest, bytes)) = found {
            state.repositories.entry(name.to_owned()).or_default().blobs.insert(digest, bytes);
            return Response::new(201);
        }
        state.uploads += 1;
        // Relative, with a query that has to come back.
        let location = format!("/v2/{name}/blobs/uploads/{}?_state=kept", state.uploads);
        return Response::new(202).header("Location", location);
    }
    let digest = request.parameter("digest").unwrap_or_default();
    let right = Digest::new(digest).is_ok_and(|digest| digest.matches(&request.body));
    if !right || request.parameter("_state") != Some("kept") {
        return Response::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    }
    let repository = state.repositories.entry(name.to_owned()).or_default();
    repository.blobs.insert(digest.to_owned(), request.body.clone());
    Response::new(201)
}

fn tags(state: &State, request: &Request, name: &str) -> Response {
    let Some(repository) = state.repositories.get(name) else {
        return Response::error(404, "NAME_UNKNOWN", "repository name not known to registry");
    };
    let last = request.parameter("last").unwrap_or_default();
    let rest: Vec<&String> = repository.tags.keys().filter(|tag| tag.as_str() > last).collect();
    let wanted = request.parameter("n").and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let page = &rest[..rest.len().min(wanted).min(state.page.unwrap_or(usize::MAX))];
    let body = serde_json::json!({"name": name, "tags": page});
    let answer = Response::new(200).body("application/json", body.to_string());
    match page.last() {
        Some(last) if page.len() < rest.len() => {
            let next = format!("</v2/{name}/tags/list?n={}&last={last}>; rel=\"next\"", page.len());
            answer.header("Link", next)
        }
        _ => answer,
    }
}
