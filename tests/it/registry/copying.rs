//! Copies: all of an image, nothing twice, and nothing half.

use imgplan::reference::Digest;
use imgplan::registry::Registry;

use super::{client, logged_in, manifest, repository};
use crate::support::registry::{Fault, Image, Response, TestRegistry};

fn image() -> Image {
    Image::new().layer("one").layer("two").platforms(&["linux/amd64", "linux/arm64"])
}

async fn copy(
    client: &Registry,
    from: &TestRegistry,
    to: &TestRegistry,
    digest: &Digest,
) -> imgplan::error::Result<()> {
    let (source, target) = (repository(from, "fork/parent"), repository(to, "me/app"));
    let image = manifest(client, &source, digest).await;
    client.copy(&source, &target, &image).await
}

#[tokio::test]
async fn within_a_registry_blobs_are_mounted_and_the_copy_is_whole() {
    let registry = TestRegistry::start().with_tokens("me", "secret");
    let digest = registry.push_image("fork/parent", "v1", &image());
    copy(&logged_in(&registry), &registry, &registry, &digest).await.unwrap();
    assert_eq!(registry.contents("me/app"), registry.contents("fork/parent"));
    assert!(registry.tags("me/app").is_empty());
    let uploaded = registry.requests().iter().filter(|r| r.contains("PUT /v2/me/app/blobs/")).count();
    assert_eq!(uploaded, 0);
    let last = registry.requests().pop().unwrap();
    assert_eq!(last, format!("PUT /v2/me/app/manifests/{digest} bearer"), "the index comes last");
}

#[tokio::test]
async fn a_mount_that_is_not_made_or_refused_becomes_an_upload() {
    let refuses = Response::error(405, "UNSUPPORTED", "no mounts");
    for refused in [None, Some(refuses)] {
        let registry = TestRegistry::start().with_tokens("me", "secret").without_mounts();
        let digest = registry.push_image("fork/parent", "v1", &Image::new().layer("one"));
        if let Some(response) = refused {
            registry.fail(Fault::on("POST", "/blobs/uploads/").nth(1).answer(response));
        }
        copy(&logged_in(&registry), &registry, &registry, &digest).await.unwrap();
        assert_eq!(registry.contents("me/app"), registry.contents("fork/parent"));
    }
}

#[tokio::test]
async fn across_registries_blobs_are_streamed() {
    let (from, to) = (TestRegistry::start(), TestRegistry::start().with_tokens("me", "secret"));
    let large = vec![7; 3 << 20];
    let digest = from.push_image("fork/parent", "v1", &image().layer(large));
    copy(&logged_in(&to), &from, &to, &digest).await.unwrap();
    assert_eq!(to.contents("me/app"), from.contents("fork/parent"));
    assert!(from.requests().iter().all(|request| request.ends_with("none")), "credentials are the target's");
}

#[tokio::test]
async fn what_is_there_is_not_sent_again() {
    let (from, to) = (TestRegistry::start(), TestRegistry::start());
    let digest = from.push_image("fork/parent", "v1", &image());
    let client = client(&[]);
    copy(&client, &from, &to, &digest).await.unwrap();
    to.clear_requests();
    copy(&client, &from, &to, &digest).await.unwrap();
    assert!(!to.requests().iter().any(|request| request.starts_with("POST")), "{:?}", to.requests());
}

#[tokio::test]
async fn a_transfer_that_breaks_is_begun_again() {
    let (from, to) = (TestRegistry::start(), TestRegistry::start());
    let digest = from.push_image("fork/parent", "v1", &image());
    from.fail(Fault::on("GET", "/blobs/").nth(1).reset());
    to.fail(Fault::on("PUT", "/blobs/uploads/").nth(1).answer(Response::new(502)));
    copy(&client(&[]), &from, &to, &digest).await.unwrap();
    assert_eq!(to.contents("me/app"), from.contents("fork/parent"));
}

#[tokio::test]
async fn an_upload_without_an_address_and_a_child_that_is_gone_are_errors() {
    let (from, to) = (TestRegistry::start(), TestRegistry::start());
    let digest = from.push_image("fork/parent", "v1", &image());
    to.fail(Fault::on("POST", "").without("Location"));
    let error = copy(&client(&[]), &from, &to, &digest).await.unwrap_err();
    assert!(error.to_string().contains("does not say where"), "{error}");
    let (missing, ..) = (Response::error(404, "MANIFEST_UNKNOWN", "gone"), ());
    from.fail(Fault::on("GET", "/manifests/").nth(2).answer(missing));
    let error = copy(&client(&[]), &from, &to, &digest).await.unwrap_err();
    assert!(error.to_string().contains("which is not there"), "{error}");
    assert_eq!(to.contents("me/app").0, Vec::<String>::new(), "nothing half");
}

#[tokio::test]
async fn a_blob_that_is_not_what_it_says_is_refused_by_the_target() {
    let (from, to) = (TestRegistry::start(), TestRegistry::start());
    let digest = from.push_image("fork/parent", "v1", &Image::new().layer("right"));
    from.fail(Fault::on("GET", &format!("/blobs/{}", Digest::of(b"right"))).body(b"wrong"));
    let error = copy(&client(&[]), &from, &to, &digest).await.unwrap_err();
    assert!(error.to_string().contains("DIGEST_INVALID"), "{error}");
    assert!(to.contents("me/app").0.is_empty());
}

#[tokio::test]
async fn credentials_follow_a_transfer_to_no_other_host() {
    let storage = TestRegistry::start();
    let from = TestRegistry::start().with_basic("me", "secret");
    let digest = from.push_image("fork/parent", "v1", &Image::new().layer("one"));
    storage.push_image("fork/parent", "v1", &Image::new().layer("one"));
    let blob = format!("/v2/fork/parent/blobs/{}", Digest::of(b"one"));
    let signed = format!("http://{}{blob}?signature=x", storage.host());
    from.fail(Fault::on("GET", &blob).answer(Response::new(307).header("Location", signed)));
    let to = TestRegistry::start();
    copy(&logged_in(&from), &from, &to, &digest).await.unwrap();
    assert_eq!(storage.requests(), [format!("GET {blob} none")]);
    assert_eq!(to.contents("me/app").1, from.contents("fork/parent").1);
}

#[tokio::test]
async fn an_upload_address_on_another_host_gets_the_bytes_and_no_credentials() {
    let (from, storage) = (TestRegistry::start(), TestRegistry::start());
    let to = TestRegistry::start().with_basic("me", "secret");
    let digest = from.push_image("fork/parent", "v1", &Image::new().layer("one"));
    let there = format!("http://{}/v2/me/app/blobs/uploads/7?_state=kept", storage.host());
    for nth in [2, 3, 4] {
        let accepted = Response::new(202).header("Location", there.clone());
        to.fail(Fault::on("POST", "/blobs/uploads/").nth(nth).answer(accepted));
    }
    // The manifest cannot be put, since its blobs went elsewhere; what was sent there is what matters.
    let _ = copy(&logged_in(&to), &from, &to, &digest).await;
    assert!(!storage.requests().is_empty());
    assert!(storage.requests().iter().all(|request| request.starts_with("PUT") && request.ends_with("none")));
}

/// ECR answers so to a digest, and a client that looked for `Location` crashed after the work was done.
#[tokio::test]
async fn an_index_is_copied_where_a_put_by_digest_gives_no_location() {
    let (from, to) = (TestRegistry::start(), TestRegistry::start());
    let digest = from.push_image("fork/parent", "v1", &image());
    to.fail(Fault::on("PUT", "/manifests/").without("Location"));
    copy(&client(&[]), &from, &to, &digest).await.unwrap();
    assert_eq!(to.contents("me/app"), from.contents("fork/parent"));
    let put = |request: &&String| request.starts_with("PUT /v2/me/app/manifests/sha256:");
    assert_eq!(to.requests().iter().filter(put).count(), 3, "two children and the index");
}
