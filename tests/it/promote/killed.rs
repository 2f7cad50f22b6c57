//! Killed between any two requests, a second run completes what the first began.

use super::World;
use crate::support::Sandbox;
use crate::support::interrupted::at_every_request;
use crate::support::registry::{Image, TestRegistry};

#[test]
fn a_list_within_a_repository() {
    let sandbox = Sandbox::without_git();
    let image = Image::new().layer("files");
    let requests = at_every_request(
        || {
            let registry = TestRegistry::start().with_tokens("me", "secret");
            let digest = registry.push_image("acme/app", "b", &image).to_string();
            (registry, digest)
        },
        |registry, _| {
            let text = format!(
                "[[images]]\nname = \"{}\"\nsource-tag = \"b\"\ntags = [\"v1\", \"v2\"]\n",
                registry.repository("acme/app")
            );
            sandbox.write("a.toml", &text);
            let login = [("IMGPLAN_USERNAME", "me"), ("IMGPLAN_PASSWORD", "secret")];
            let call =
                sandbox.imgplan(&["promote", "a.toml", "--repository", &registry.repository("acme/app")]);
            login.into_iter().fold(call, |call, (name, value)| call.env(name, value))
        },
        |registry, digest, run| {
            assert_eq!(run.code, 0, "{}", run.stderr);
            let tags = registry.tags("acme/app");
            assert_eq!((&tags["v1"], &tags["v2"], tags.len()), (digest, digest, 3));
        },
    );
    // A challenge and one token for reading and writing; HEAD of the source and two targets; the manifest and the
    // configuration; two times the HEAD that tells whether another run was there meanwhile, PUT and the HEAD that verifies.
    assert_eq!(requests, 2 + 3 + 2 + 6);
}

/// The tag is the last thing that is put, so a copy that broke off never looks whole.
#[test]
fn a_copy_across_repositories_with_its_signature() {
    let image = Image::new().layer("files").platforms(&["linux/amd64", "linux/arm64"]);
    let requests = at_every_request(
        || {
            let world = World::new();
            let digest = world.registry.push_image("staging/ci_arm", "v1", &image).to_string();
            let signature = format!("{}.sig", digest.replace(':', "-"));
            world.registry.push_image("staging/ci_arm", &signature, &Image::new().layer("signed"));
            (world.registry, world.sandbox)
        },
        |registry, sandbox| {
            let (from, to) = (registry.repository("staging/ci_arm:v1"), registry.repository("prod/ci-arm"));
            sandbox.imgplan(&["promote", "--from", &from, "--to", &to])
        },
        |registry, _, run| {
            assert_eq!(run.code, 0, "{}", run.stderr);
            assert_eq!(registry.tags("prod/ci-arm"), registry.tags("staging/ci_arm"));
            assert_eq!(registry.contents("prod/ci-arm"), registry.contents("staging/ci_arm"));
        },
    );
    assert!(requests > 20, "{requests}");
}

/// The other registry is killed at, too: here it is the one that is written to.
#[test]
fn a_copy_across_registries() {
    let image = Image::new().layer("files");
    let sandbox = Sandbox::without_git();
    let requests = at_every_request(
        || {
            let staging = TestRegistry::start();
            staging.push_image("ci_arm", "v1", &image);
            (TestRegistry::start(), staging)
        },
        |production, staging| {
            let (from, to) = (staging.repository("ci_arm:v1"), production.repository("ci-arm"));
            sandbox.imgplan(&["promote", "--from", &from, "--to", &to])
        },
        |production, staging, run| {
            assert_eq!(run.code, 0, "{}", run.stderr);
            assert_eq!(production.tags("ci-arm"), staging.tags("ci_arm"));
            assert_eq!(production.contents("ci-arm"), staging.contents("ci_arm"));
        },
    );
    // HEAD of the target; for each of two blobs HEAD, POST and PUT; the manifest; the tag between a HEAD before and one after.
    assert_eq!(requests, 1 + 6 + 1 + 3);
}
