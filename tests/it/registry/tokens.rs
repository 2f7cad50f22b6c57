//! Challenges and tokens.

use std::time::Duration;

use imgplan::lookup::Lookup;

use super::{client, head, logged_in, manifest, repository, tag, unknown};
use crate::support::registry::{Fault, Image, Response, TestRegistry};

fn count(registry: &TestRegistry, part: &str) -> usize {
    registry.requests().iter().filter(|request| request.contains(part)).count()
}

#[tokio::test]
async fn a_failed_token_call_is_never_an_anonymous_request() {
    for response in [
        Response::error(401, "UNAUTHORIZED", "bad credentials"),
        Response::error(403, "DENIED", "denied"),
        Response::new(404),
        Response::page(200),
        Response::new(200).body("application/json", r#"{"token":""}"#),
    ] {
        let registry = TestRegistry::start().with_tokens("me", "secret");
        registry.fail(Fault::on("", "/token").answer(response));
        // Only the first anonymous HEAD gets a challenge; another one would be told 404.
        registry.fail(Fault::on("HEAD", "").nth(2).answer(Response::new(404)));
        let error = unknown(head(&logged_in(&registry), &repository(&registry, "app"), "v1").await);
        assert!(error.to_string().contains("/token: "), "{error}");
        assert_eq!(count(&registry, "HEAD"), 1, "{:?}", registry.requests());
    }
}

#[tokio::test]
async fn two_lookups_at_once_cost_one_challenge_and_one_token() {
    let registry = TestRegistry::start().with_tokens("me", "secret");
    registry.push_image("app", "a", &Image::new());
    let (client, repository) = (logged_in(&registry), repository(&registry, "app"));
    let (a, b) = tokio::join!(head(&client, &repository, "a"), head(&client, &repository, "b"));
    assert!(a.found().is_some() && matches!(b, Lookup::Missing));
    assert_eq!(registry.requests().len(), 4, "{:?}", registry.requests());
    assert_eq!(registry.recorded()[1].parameter("scope"), Some("repository:app:pull"));
}

#[tokio::test]
async fn nobody_gets_a_token_where_reading_is_open_to_all() {
    let registry = TestRegistry::start().with_tokens("me", "secret").with_anonymous_pull();
    registry.push_image("app", "v1", &Image::new());
    assert!(head(&client(&[]), &repository(&registry, "app"), "v1").await.found().is_some());
    assert_eq!(registry.requests()[1], "GET /token none");
}

#[tokio::test]
async fn who_may_only_read_still_can_where_writing_was_expected() {
    for denies in [true, false] {
        let registry = TestRegistry::start().with_tokens("me", "secret").read_only(denies);
        let digest = registry.push_image("app", "v1", &Image::new());
        let (client, repository) = (logged_in(&registry), repository(&registry, "app"));
        client.expect_writes(&repository);
        assert!(head(&client, &repository, "v1").await.found().is_some());
        let image = manifest(&client, &repository, &digest).await;
        let error = client.put(&repository, &tag("v2"), &image).await.unwrap_err();
        let expected = if denies { "403 Forbidden: DENIED" } else { "401 Unauthorized" };
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!registry.tags("app").contains_key("v2"));
    }
}

#[tokio::test]
async fn a_write_that_was_not_expected_widens_the_token() {
    let registry = TestRegistry::start().with_tokens("me", "secret");
    let digest = registry.push_image("app", "v1", &Image::new());
    let (client, repository) = (logged_in(&registry), repository(&registry, "app"));
    let image = manifest(&client, &repository, &digest).await;
    assert!(client.put(&repository, &tag("v2"), &image).await.unwrap().is_done());
}

#[tokio::test]
async fn a_token_whose_scope_is_too_small_is_asked_for_again() {
    let registry = TestRegistry::start().with_tokens("me", "secret");
    registry.push_image("app", "v1", &Image::new());
    let wider = format!(
        r#"Bearer realm="http://{}/token",service="test",scope="repository:app:pull repository:base:pull",error="insufficient_scope""#,
        registry.host()
    );
    registry.fail(
        Fault::on("HEAD", "")
            .nth(2)
            .answer(Response::error(403, "DENIED", "insufficient scope").header("WWW-Authenticate", wider)),
    );
    assert!(head(&logged_in(&registry), &repository(&registry, "app"), "v1").await.found().is_some());
    let scopes: Vec<String> = registry.recorded()[3].query.iter().map(|(_, value)| value.clone()).collect();
    assert_eq!(scopes, ["test", "repository:app:pull", "repository:base:pull"]);
}

#[tokio::test]
async fn a_token_that_ended_is_renewed_before_it_is_refused() {
    let registry = TestRegistry::start().with_tokens("me", "secret").token_lifetime(1);
    registry.push_image("app", "v1", &Image::new());
    let (client, repository) = (logged_in(&registry), repository(&registry, "app"));
    head(&client, &repository, "v1").await;
    registry.clear_requests();
    tokio::time::sleep(Duration::from_millis(950)).await;
    assert!(head(&client, &repository, "v1").await.found().is_some());
    assert_eq!(registry.requests(), ["GET /token basic", "HEAD /v2/app/manifests/v1 bearer"]);
}

#[tokio::test]
async fn a_token_that_was_revoked_is_renewed_once_and_not_for_ever() {
    let registry = TestRegistry::start().with_tokens("me", "secret");
    registry.push_image("app", "v1", &Image::new());
    let (client, repository) = (logged_in(&registry), repository(&registry, "app"));
    head(&client, &repository, "v1").await;
    registry.fail(Fault::on("HEAD", "").nth(1).unauthorized());
    assert!(head(&client, &repository, "v1").await.found().is_some());
    registry.heal();
    registry.fail(Fault::on("HEAD", "").unauthorized());
    registry.clear_requests();
    unknown(head(&client, &repository, "v1").await);
    assert_eq!(registry.requests().len(), 3, "{:?}", registry.requests());
}

#[tokio::test]
async fn a_realm_must_be_as_safe_as_the_registry_and_well_formed() {
    for realm in ["ftp://127.0.0.1/token", "/token", "http://me:secret@127.0.0.1/token"] {
        let registry = TestRegistry::start().with_tokens("me", "secret").with_realm(realm);
        let error = unknown(head(&logged_in(&registry), &repository(&registry, "app"), "v1").await);
        assert!(error.hints().iter().any(|hint| hint.contains("no credentials were sent")), "{error:?}");
        assert!(!format!("{error:?}").contains("secret\""), "{error:?}");
        assert_eq!(registry.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_challenge_that_cannot_be_understood_is_not_known() {
    for challenge in ["Bearer realm", "Negotiate", ""] {
        let registry = TestRegistry::start();
        let refusal = Response::new(401).header("WWW-Authenticate", challenge);
        registry.fail(Fault::on("HEAD", "").answer(refusal));
        unknown(head(&logged_in(&registry), &repository(&registry, "app"), "v1").await);
    }
}

#[tokio::test]
async fn a_password_is_sent_where_the_registry_asks_for_one() {
    let registry = TestRegistry::start().with_basic("me", "secret");
    registry.push_image("app", "v1", &Image::new());
    let (client, repository) = (logged_in(&registry), repository(&registry, "app"));
    assert!(head(&client, &repository, "v1").await.found().is_some());
    assert!(matches!(head(&client, &repository, "v2").await, Lookup::Missing));
    assert_eq!(registry.requests().len(), 3);
}

#[tokio::test]
async fn a_wrong_password_is_not_known_says_where_it_is_from_and_is_not_shown() {
    let registry = TestRegistry::start().with_basic("me", "other");
    let error = unknown(head(&logged_in(&registry), &repository(&registry, "app"), "v1").await);
    assert!(error.hints()[0].contains("IMGPLAN_USERNAME and IMGPLAN_PASSWORD were refused"), "{error:?}");
    assert!(!format!("{error:?}").contains("secret"));
    assert_eq!(registry.requests().len(), 2);
}

#[tokio::test]
async fn an_identity_token_goes_by_post_and_as_a_password_where_there_is_none() {
    for oauth in [true, false] {
        let mut registry = TestRegistry::start().with_tokens("me", "identity");
        if !oauth {
            registry = registry.without_oauth();
        }
        registry.push_image("app", "v1", &Image::new());
        let client = client(&[
            ("IMGPLAN_REGISTRY", &registry.host()),
            ("IMGPLAN_USERNAME", "<token>"),
            ("IMGPLAN_PASSWORD", "identity"),
        ]);
        assert!(head(&client, &repository(&registry, "app"), "v1").await.found().is_some());
        assert_eq!(registry.requests()[1], "POST /token none");
        assert_eq!(count(&registry, "GET /token basic"), usize::from(!oauth));
    }
}
