//! PUT of identical bytes, read back.

use imgplan::registry::{Name, Put};

use super::{client, head, logged_in, manifest, repository, tag};
use crate::support::registry::{Fault, Image, Response, TestRegistry};

#[tokio::test]
async fn a_plan_is_four_requests_and_a_retag_three_more() {
    let registry = TestRegistry::start().with_tokens("me", "secret");
    let digest = registry.push_image("acme/app", "content-1", &Image::new());
    let (client, repository) = (logged_in(&registry), repository(&registry, "acme/app"));
    client.expect_writes(&repository);
    head(&client, &repository, "content-1").await;
    head(&client, &repository, "abc1234").await;
    assert_eq!(
        registry.requests(),
        [
            "HEAD /v2/acme/app/manifests/content-1 none",
            "GET /token basic",
            "HEAD /v2/acme/app/manifests/content-1 bearer",
            "HEAD /v2/acme/app/manifests/abc1234 bearer",
        ]
    );
    let image = manifest(&client, &repository, &digest).await;
    assert!(client.put(&repository, &tag("abc1234"), &image).await.unwrap().is_done());
    assert_eq!(
        registry.requests()[4..],
        [
            format!("GET /v2/acme/app/manifests/{digest} bearer"),
            "PUT /v2/acme/app/manifests/abc1234 bearer".to_owned(),
            "HEAD /v2/acme/app/manifests/abc1234 bearer".to_owned(),
        ]
    );
    let token = &registry.recorded()[1];
    assert_eq!(token.parameter("scope"), Some("repository:acme/app:pull,push"));
    assert_eq!(token.parameter("service"), Some("test"));
}

#[tokio::test]
async fn bytes_and_type_are_put_as_they_came() {
    let registry = TestRegistry::start();
    // Not as any serialiser would write it, and with a parameter in its type.
    let (kind, bytes) =
        ("application/vnd.oci.image.manifest.v1+json; charset=utf-8", b"{ \"b\":1,\n\"a\":2 }\n");
    let digest = registry.push_manifest("app", "v1", kind, bytes);
    let (client, repository) = (client(&[]), repository(&registry, "app"));
    let image = manifest(&client, &repository, &digest).await;
    assert!(client.put(&repository, &tag("v2"), &image).await.unwrap().is_done());
    let put = registry.recorded().into_iter().find(|request| request.method == "PUT").unwrap();
    assert_eq!((put.headers["content-type"].as_str(), put.body.as_slice()), (kind, &bytes[..]));
    assert_eq!(registry.tags("app")["v2"], digest.as_str());
}

#[tokio::test]
async fn a_refused_put_is_done_elsewhere_or_an_error() {
    for refused in [
        Response::error(400, "TAG_INVALID", "The image tag already exists and cannot be overwritten"),
        Response::error(403, "DENIED", "tag is immutable"),
        Response::error(405, "UNSUPPORTED", "read only"),
        Response::error(412, "PRECONDITION", "configured as immutable"),
    ] {
        let registry = TestRegistry::start();
        let digest = registry.push_image("app", "same", &Image::new());
        let other = registry.push_image("app", "other", &Image::new().layer("x"));
        registry.fail(Fault::on("PUT", "/manifests/").answer(refused.clone()));
        let (client, repository) = (client(&[]), repository(&registry, "app"));
        let image = manifest(&client, &repository, &digest).await;
        assert!(client.put(&repository, &tag("same"), &image).await.unwrap().is_done());
        let Put::Elsewhere { digest, refusal } =
            client.put(&repository, &tag("other"), &image).await.unwrap()
        else {
            panic!("the tag cannot have moved");
        };
        assert_eq!(digest, other);
        let said = refusal.unwrap().to_string();
        assert!(said.contains(&format!("manifests/other: {}", refused.status)), "{said}");
        let error = client.put(&repository, &tag("new"), &image).await.unwrap_err();
        assert_eq!(error.kind(), imgplan::error::Kind::Unavailable);
        let text = error.to_string();
        assert!(
            text.starts_with(&format!(
                "PUT http://{}/v2/app/manifests/new: {}",
                registry.host(),
                refused.status
            )),
            "{text}"
        );
    }
}

#[tokio::test]
async fn ecrs_limit_of_tags_names_the_setting_that_helps() {
    let registry = TestRegistry::start();
    let digest = registry.push_image("app", "v1", &Image::new());
    let limit = Response::error(400, "LimitExceededException", "maximum number of tags per image (1000)");
    registry.fail(Fault::on("PUT", "/manifests/").answer(limit));
    let (client, repository) = (client(&[]), repository(&registry, "app"));
    let image = manifest(&client, &repository, &digest).await;
    let error = client.put(&repository, &tag("v2"), &image).await.unwrap_err();
    assert!(error.hints().iter().any(|hint| hint.contains("tags.commit = false")), "{error:?}");
}

#[tokio::test]
async fn an_answer_of_another_digest_is_an_error() {
    let registry = TestRegistry::start();
    let digest = registry.push_image("app", "v1", &Image::new());
    let (client, repository) = (client(&[]), repository(&registry, "app"));
    let image = manifest(&client, &repository, &digest).await;
    for lie in [imgplan::reference::Digest::of(b"x").as_str(), "nonsense"] {
        registry.heal();
        registry.fail(Fault::on("PUT", "").header("Docker-Content-Digest", lie));
        let outcome = client.put(&repository, &tag("v2"), &image).await;
        // A header that is no digest proves nothing; the HEAD after it does.
        match lie {
            "nonsense" => assert!(outcome.unwrap().is_done()),
            _ => assert!(outcome.unwrap_err().to_string().contains("the registry stored sha256:")),
        }
    }
}

#[tokio::test]
async fn a_put_that_is_not_there_afterwards_is_an_error() {
    let registry = TestRegistry::start();
    let digest = registry.push_image("app", "v1", &Image::new());
    let (client, repository) = (client(&[]), repository(&registry, "app"));
    let image = manifest(&client, &repository, &digest).await;
    registry.fail(Fault::on("PUT", "").answer(Response::new(201)));
    let error = client.put(&repository, &tag("v2"), &image).await.unwrap_err();
    assert!(
        error.to_string().contains("was put, and then the registry said that it is not there"),
        "{error}"
    );
}

#[tokio::test]
async fn a_201_without_location_is_fine() {
    let registry = TestRegistry::start();
    let digest = registry.push_image("app", "v1", &Image::new());
    registry.fail(Fault::on("PUT", "").without("Location"));
    let (client, repository) = (client(&[]), repository(&registry, "app"));
    let image = manifest(&client, &repository, &digest).await;
    assert!(client.put(&repository, &tag("v2"), &image).await.unwrap().is_done());
}

#[tokio::test]
async fn a_put_whose_answer_was_lost_is_repeated_and_verified() {
    let registry = TestRegistry::start();
    let digest = registry.push_image("app", "v1", &Image::new());
    registry.fail(Fault::on("PUT", "").nth(1).reset());
    registry.fail(Fault::on("PUT", "").nth(1).answer(Response::error(503, "UNAVAILABLE", "")));
    let (client, repository) = (client(&[]), repository(&registry, "app"));
    let image = manifest(&client, &repository, &digest).await;
    assert!(client.put(&repository, &tag("v2"), &image).await.unwrap().is_done());
    assert_eq!(registry.tags("app")["v2"], digest.as_str());
}

#[tokio::test]
async fn an_index_is_put_whole_and_not_taken_apart() {
    let registry = TestRegistry::start();
    let index = registry.push_image("app", "v1", &Image::new().platforms(&["linux/amd64", "linux/arm64"]));
    let (client, repository) = (client(&[]), repository(&registry, "app"));
    let image = client.manifest(&repository, Name::Digest(&index)).await;
    let image = image.found().unwrap();
    assert!(client.put(&repository, &tag("v2"), image).await.unwrap().is_done());
    assert_eq!(registry.tags("app")["v2"], index.as_str());
}

#[tokio::test]
async fn a_tag_that_another_got_between_put_and_head_is_elsewhere_without_a_refusal() {
    let registry = TestRegistry::start();
    let digest = registry.push_image("app", "v1", &Image::new());
    let other = registry.push_image("app", "other", &Image::new().layer("x"));
    registry.fail(Fault::on("PUT", "/manifests/").answer(Response::new(201)));
    let (client, repository) = (client(&[]), repository(&registry, "app"));
    let image = manifest(&client, &repository, &digest).await;
    let put = client.put(&repository, &tag("other"), &image).await.unwrap();
    assert!(matches!(put, Put::Elsewhere { digest, refusal: None } if digest == other));
}
