//! The one place where the tests meet [`TestRegistry`]: what they need of a registry over HTTP, in their words.

use super::image::Image;
use super::registry::{Deletes, Fault as Wrong, Image as Pushed, Response, TestRegistry};
use super::run::Call;

/// The user of a registry with tokens.
pub const USER: &str = "ada";
/// The user's password; it must never be printed.
pub const PASSWORD: &str = "correct-horse-battery";

/// What goes wrong with a repository's requests.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// Every request gets this status, with the registry's own kind of error.
    Status(u16),
    /// The connection is closed without an answer.
    Reset,
    /// There is never an answer.
    Hang,
    /// The bytes of a manifest are not those of its digest.
    LyingDigest,
    /// Manifests that are asked for by GET fail with 500; a HEAD is answered.
    NoManifests,
    /// The list of tags fails with 500.
    NoTags,
    /// 404 with an HTML page: a proxy that knows nothing of registries.
    Html,
}

/// A registry on a free port of the loopback address; it ends with this value.
pub struct Remote {
    registry: TestRegistry,
    tokens: bool,
}

impl Remote {
    /// Open to all.
    pub fn start() -> Remote {
        Remote { registry: TestRegistry::start(), tokens: false }
    }

    /// Wants a bearer token, which only [`USER`] gets.
    pub fn with_tokens() -> Remote {
        Remote { registry: TestRegistry::start().with_tokens(USER, PASSWORD), tokens: true }
    }

    /// Open to all; a DELETE of a tag does this.
    pub fn deleting(deletes: Deletes) -> Remote {
        Remote { registry: TestRegistry::start().with_deletes(deletes), tokens: false }
    }

    /// Wants a bearer token; a DELETE of a tag does this.
    pub fn deleting_with_tokens(deletes: Deletes) -> Remote {
        let registry = TestRegistry::start().with_deletes(deletes).with_tokens(USER, PASSWORD);
        Remote { registry, tokens: true }
    }

    /// The registry itself, for faults of single requests.
    pub fn registry(&self) -> &TestRegistry {
        &self.registry
    }

    /// All tags of a repository, without a request.
    pub fn tags(&self, path: &str) -> Vec<String> {
        self.registry.tags(path).into_keys().collect()
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> String {
        self.registry.host()
    }

    /// `127.0.0.1:PORT/PATH`
    pub fn repository(&self, path: &str) -> String {
        format!("{}/{path}", self.host())
    }

    /// Puts an image there; its digest.
    pub fn push(&self, path: &str, tag: &str, image: &Image) -> String {
        let platforms: Vec<&str> = image.platforms.iter().map(String::as_str).collect();
        let pushed = Pushed::new().layer(image.content.as_str()).platforms(&platforms);
        let pushed =
            image.annotations.iter().fold(pushed, |pushed, (key, value)| pushed.annotation(key, value));
        let pushed = image.labels.iter().fold(pushed, |pushed, (key, value)| pushed.label(key, value));
        let own = image.own_labels.iter();
        let pushed = own.fold(pushed, |pushed, [of, key, value]| pushed.label_of(of, key, value));
        self.registry.push_image(path, tag, &pushed).to_string()
    }

    /// The digest that a tag is at, looked up without a request.
    pub fn digest(&self, path: &str, tag: &str) -> Option<String> {
        self.registry.tags(path).get(tag).cloned()
    }

    /// All requests so far, `METHOD PATH AUTH` each.
    pub fn requests(&self) -> Vec<String> {
        self.registry.requests()
    }

    /// From now on, requests for this repository go wrong.
    pub fn fault(&self, path: &str, fault: Fault) {
        let all = Wrong::on("", &format!("/v2/{path}/"));
        self.registry.fail(match fault {
            Fault::Status(status) => {
                all.answer(Response::error(status, "BROKEN", "out of order").header("Retry-After", "0"))
            }
            Fault::Reset => all.reset(),
            Fault::Hang => all.hang(),
            Fault::LyingDigest => Wrong::on("GET", &format!("/v2/{path}/manifests/")).body(b"{}"),
            Fault::NoManifests => Wrong::on("GET", &format!("/v2/{path}/manifests/"))
                .answer(Response::error(500, "BROKEN", "out of order").header("Retry-After", "0")),
            Fault::NoTags => Wrong::on("GET", &format!("/v2/{path}/tags/list"))
                .answer(Response::error(500, "BROKEN", "out of order").header("Retry-After", "0")),
            Fault::Html => all.answer(Response::page(404)),
        });
    }

    /// From now on, a tag cannot be put again.
    pub fn immutable(&self, tag: &str) {
        let refused = Response::error(409, "TAG_IMMUTABLE", "the tag cannot be moved");
        self.registry.fail(Wrong::on("PUT", &format!("/manifests/{tag}")).answer(refused));
    }

    /// From now on, what a tag is at is not told.
    pub fn silent(&self, tag: &str) {
        let refused = Response::error(403, "DENIED", "no").header("Retry-After", "0");
        self.registry.fail(Wrong::on("", &format!("/manifests/{tag}")).answer(refused));
    }

    /// What this registry's user has in `DOCKER_AUTH_CONFIG`, as in CI.
    pub fn auth_config(&self) -> String {
        serde_json::json!({ "auths": { self.host(): { "username": USER, "password": PASSWORD } } })
            .to_string()
    }

    /// The call with the user's credentials, where the registry wants some.
    pub fn login(&self, call: Call) -> Call {
        if self.tokens { call.env("DOCKER_AUTH_CONFIG", &self.auth_config()) } else { call }
    }
}
