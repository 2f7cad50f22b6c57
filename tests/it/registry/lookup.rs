//! Found, missing, or not known.

use imgplan::lookup::Lookup;
use imgplan::reference::Digest;
use imgplan::registry::Name;

use super::{client, head, logged_in, manifest, repository, tag, unknown};
use crate::support::registry::{Fault, Image, Response, TestRegistry};

#[tokio::test]
async fn what_is_there_is_found_with_digest_type_and_size() {
    let registry = TestRegistry::start();
    let digest = registry.push_image("app", "v1", &Image::new().layer("x"));
    let found = head(&client(&[]), &repository(&registry, "app"), "v1").await;
    let found = found.found().unwrap();
    assert_eq!(found.digest, digest);
    assert_eq!(found.media_type, "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(found.size, registry.manifest("app", &digest).unwrap().1.len() as u64);
    assert_eq!(registry.requests(), ["HEAD /v2/app/manifests/v1 none"]);
}

#[tokio::test]
async fn a_lookup_that_misses_costs_one_head_and_no_ping() {
    let registry = TestRegistry::start();
    registry.push_image("app", "v1", &Image::new());
    let client = client(&[]);
    for (name, tag) in [("app", "v2"), ("other", "v1")] {
        let answer = head(&client, &repository(&registry, name), tag).await;
        assert!(matches!(answer, Lookup::Missing), "{answer:?}");
    }
    assert_eq!(registry.requests(), ["HEAD /v2/app/manifests/v2 none", "HEAD /v2/other/manifests/v1 none"]);
}

#[tokio::test]
async fn every_kind_of_manifest_is_accepted() {
    let registry = TestRegistry::start();
    let (client, repository) = (client(&[]), repository(&registry, "app"));
    for kind in [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ] {
        let digest = registry.push_manifest("app", "v1", kind, kind.as_bytes());
        let found = head(&client, &repository, "v1").await;
        assert_eq!(found.found().map(|found| found.media_type.as_str()), Some(kind));
        assert_eq!(manifest(&client, &repository, &digest).await.media_type, kind);
    }
}

#[tokio::test]
async fn a_404_that_is_not_the_registrys_own_is_not_known() {
    let go_mux = || {
        Response::new(404)
            .body("text/plain; charset=utf-8", "404 page not found\n")
            .header("X-Content-Type-Options", "nosniff")
    };
    for response in [Response::page(404), go_mux()] {
        let registry = TestRegistry::start();
        registry.fail(Fault::on("", "/manifests/").answer(response));
        let error = unknown(head(&client(&[]), &repository(&registry, "app"), "v1").await);
        assert!(error.to_string().contains("404 Not Found"), "{error}");
        let question = format!("is {} a registry?", registry.host());
        assert!(error.hints()[0].contains(&question), "{error:?}");
    }
}

#[tokio::test]
async fn a_get_is_missing_only_by_the_registrys_code() {
    let registry = TestRegistry::start();
    let (client, repository, tag) = (client(&[]), repository(&registry, "app"), tag("v1"));
    let ask = || client.manifest(&repository, Name::Tag(&tag));
    assert!(matches!(ask().await, Lookup::Missing), "NAME_UNKNOWN");
    registry.push_image("app", "other", &Image::new());
    assert!(matches!(ask().await, Lookup::Missing), "MANIFEST_UNKNOWN");
    for response in [
        Response::error(404, "NOT_FOUND", "no such route"),
        Response::new(404).body("application/json", r#"{"message":"not found"}"#),
        Response::page(404),
        Response::new(404),
        Response::error(400, "MANIFEST_UNKNOWN", "with another status"),
    ] {
        registry.heal();
        registry.fail(Fault::on("GET", "/manifests/").answer(response));
        unknown(ask().await);
    }
}

#[tokio::test]
async fn a_missing_digest_is_computed_from_the_bytes() {
    let registry = TestRegistry::start();
    let digest = registry.push_image("app", "v1", &Image::new());
    registry.fail(Fault::on("", "/manifests/").without("Docker-Content-Digest"));
    let found = head(&client(&[]), &repository(&registry, "app"), "v1").await;
    assert_eq!(found.found().map(|found| &found.digest), Some(&digest));
    assert_eq!(registry.requests(), ["HEAD /v2/app/manifests/v1 none", "GET /v2/app/manifests/v1 none"]);
}

#[tokio::test]
async fn a_registry_that_lies_about_a_digest_is_not_believed() {
    let other = Digest::of(b"other").to_string();
    for (fault, why) in [
        (Fault::on("GET", "/manifests/").body(b"{}"), "the bytes are others"),
        (Fault::on("GET", "/manifests/").header("Docker-Content-Digest", &other), "the header is another"),
        (Fault::on("GET", "/manifests/").header("Docker-Content-Digest", "sha256:xyz"), "the header is none"),
    ] {
        let registry = TestRegistry::start();
        let digest = registry.push_image("app", "v1", &Image::new());
        registry.fail(fault);
        let (client, repository) = (client(&[]), repository(&registry, "app"));
        for answer in [
            client.manifest(&repository, Name::Digest(&digest)).await,
            client.manifest(&repository, Name::Tag(&tag("v1"))).await,
        ] {
            let error = unknown(answer);
            assert!(error.to_string().contains("GET http://127.0.0.1"), "{why}: {error}");
        }
    }
}

#[tokio::test]
async fn a_head_with_a_malformed_or_another_digest_is_not_known() {
    let registry = TestRegistry::start();
    let digest = registry.push_image("app", "v1", &Image::new());
    let (client, repository) = (client(&[]), repository(&registry, "app"));
    registry.fail(Fault::on("HEAD", "").header("Docker-Content-Digest", "sha256:0"));
    unknown(head(&client, &repository, "v1").await);
    registry.heal();
    registry.fail(Fault::on("HEAD", "").header("Docker-Content-Digest", Digest::of(b"").as_str()));
    unknown(client.head(&repository, Name::Digest(&digest)).await);
}

#[tokio::test]
async fn a_login_page_with_status_200_is_not_an_image() {
    let registry = TestRegistry::start();
    registry.fail(Fault::on("", "/manifests/").answer(Response::page(200)));
    let error = unknown(head(&client(&[]), &repository(&registry, "app"), "v1").await);
    assert!(error.to_string().contains("a web page came instead of a manifest"), "{error}");
}

#[tokio::test]
async fn blobs_are_read_checked_and_bounded() {
    let registry = TestRegistry::start();
    registry.push_image("app", "v1", &Image::new().layer("small").layer(vec![0; 9 << 20]));
    let (client, repository) = (client(&[]), repository(&registry, "app"));
    let small = client.blob(&repository, &Digest::of(b"small")).await;
    assert_eq!(small.found().map(Vec::as_slice), Some(&b"small"[..]));
    let large = unknown(client.blob(&repository, &Digest::of(&vec![0; 9 << 20])).await);
    assert!(large.to_string().contains("larger than 8388608 bytes"), "{large}");
    assert!(matches!(client.blob(&repository, &Digest::of(b"none")).await, Lookup::Missing));
    registry.fail(Fault::on("GET", "/blobs/").body(b"other"));
    unknown(client.blob(&repository, &Digest::of(b"small")).await);
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect_to_another_host() {
    let storage = TestRegistry::start();
    storage.push_image("app", "v1", &Image::new().layer("bytes"));
    let registry = TestRegistry::start().with_basic("me", "secret");
    let blob = Digest::of(b"bytes");
    let elsewhere = format!("http://{}/v2/app/blobs/{blob}?signature=x", storage.host());
    registry
        .fail(Fault::on("GET", "/blobs/").nth(2).answer(Response::new(307).header("Location", elsewhere)));
    let client = logged_in(&registry);
    let found = client.blob(&repository(&registry, "app"), &blob).await;
    assert_eq!(found.found().map(Vec::as_slice), Some(&b"bytes"[..]));
    assert_eq!(storage.requests(), [format!("GET /v2/app/blobs/{blob} none")]);
    assert_eq!(registry.recorded().last().map(|request| request.auth().to_owned()).as_deref(), Some("basic"));
}

#[tokio::test]
async fn a_challenge_behind_a_redirect_gets_nothing() {
    for thief in
        [TestRegistry::start().with_basic("me", "secret"), TestRegistry::start().with_tokens("me", "secret")]
    {
        let registry = TestRegistry::start();
        let to = format!("http://{}/v2/app/manifests/v1", thief.host());
        registry.fail(Fault::on("", "/manifests/").answer(Response::new(302).header("Location", to)));
        unknown(head(&logged_in(&registry), &repository(&registry, "app"), "v1").await);
        assert_eq!(
            thief.requests(),
            ["HEAD /v2/app/manifests/v1 none"],
            "not even its token server is asked"
        );
    }
}

#[tokio::test]
async fn redirects_without_end_do_not_hang() {
    let registry = TestRegistry::start();
    let back = Response::new(307).header("Location", "/v2/app/manifests/v1");
    registry.fail(Fault::on("", "/manifests/").answer(back));
    let error = unknown(head(&client(&[]), &repository(&registry, "app"), "v1").await);
    assert!(error.to_string().contains("redirects without end"), "{error}");
}
