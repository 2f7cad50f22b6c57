//! Whose credentials are shown to whom, from the outside.

use super::{client, head, repository, unknown};
use crate::support::registry::{Image, TestRegistry};

#[tokio::test]
async fn credentials_belong_to_the_host_they_were_named_with() {
    let registry = TestRegistry::start().with_basic("me", "secret");
    registry.push_image("app", "v1", &Image::new());
    let (host, place) = (registry.host(), registry.repository("other/project"));
    let own = [("IMGPLAN_USERNAME", "me"), ("IMGPLAN_PASSWORD", "secret")];
    let gitlab = [("CI_REGISTRY_USER", "me"), ("CI_REGISTRY_PASSWORD", "secret")];
    for (login, key, value, shown) in [
        (own, "IMGPLAN_REGISTRY", host.as_str(), true),
        (own, "IMGPLAN_REPOSITORY", &place, true),
        (own, "IMGPLAN_REGISTRY", "registry.example.org", false),
        (own, "IMGPLAN_REPOSITORY", "registry.example.org/app", false),
        (gitlab, "CI_REGISTRY", &host, true),
        (gitlab, "CI_REGISTRY", "127.0.0.1:1", false),
        (gitlab, "CI_REGISTRY_IMAGE", &place, false),
    ] {
        registry.clear_requests();
        let client = client(&[login[0], login[1], (key, value)]);
        let answer = head(&client, &repository(&registry, "app"), "v1").await;
        assert_eq!(answer.found().is_some(), shown, "{key}={value}");
        let sent = registry.requests().iter().any(|request| !request.ends_with("none"));
        assert_eq!(sent, shown, "{key}={value}");
    }
}

#[tokio::test]
async fn a_token_for_the_registry_itself_is_sent_as_it_is() {
    let registry = TestRegistry::start().with_tokens("me", "secret");
    let config = format!(r#"{{"auths":{{"{}":{{"registrytoken":"ready-made"}}}}}}"#, registry.host());
    let client = client(&[("DOCKER_AUTH_CONFIG", &config)]);
    unknown(head(&client, &repository(&registry, "app"), "v1").await);
    let shown = registry.recorded().last().unwrap().headers["authorization"].clone();
    assert_eq!(shown, "Bearer ready-made");
    assert_eq!(registry.requests().len(), 2, "{:?}", registry.requests());
}

#[tokio::test]
async fn without_credentials_the_hint_says_how_to_log_in() {
    let registry = TestRegistry::start().with_basic("me", "secret");
    let error = unknown(head(&client(&[]), &repository(&registry, "app"), "v1").await);
    assert!(error.hints()[0].starts_with("no credentials for 127.0.0.1"), "{error:?}");
}
