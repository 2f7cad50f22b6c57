//! Whose credentials are shown to whom, from the outside.

use base64::Engine as _;
use imgplan::registry::{Name, Registry, Settings};

use super::{client, head, repository, unknown};
use crate::support::registry::{Fault, Image, Response, TestRegistry};

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

/// The command line wins over the variable, as it does for the repository itself; a folder of layouts is no host.
#[tokio::test]
async fn credentials_belong_to_the_host_of_the_repository_on_the_command_line() {
    let registry = TestRegistry::start().with_basic("me", "secret");
    registry.push_image("app", "v1", &Image::new());
    let place = registry.repository("project");
    let other = "registry.example.org/app";
    for (flag, variable, shown) in [
        (Some(place.as_str()), None, true),
        (Some(place.as_str()), Some(other), true),
        (Some("oci:images"), Some(place.as_str()), true),
        (Some(other), None, false),
        (Some(other), Some(place.as_str()), false),
        (None, Some(place.as_str()), true),
    ] {
        registry.clear_requests();
        let mut environment = vec![("IMGPLAN_USERNAME", "me"), ("IMGPLAN_PASSWORD", "secret")];
        environment.extend(variable.map(|variable| ("IMGPLAN_REPOSITORY", variable)));
        let environment = environment.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let named = flag.map(str::to_owned);
        let client = Registry::new(Settings { environment, named, ..Settings::default() }).unwrap();
        let answer = head(&client, &repository(&registry, "app"), "v1").await;
        assert_eq!(answer.found().is_some(), shown, "{flag:?} {variable:?}");
        let sent = registry.requests().iter().any(|request| !request.ends_with("none"));
        assert_eq!(sent, shown, "{flag:?} {variable:?}");
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

/// Some servers repeat what they were sent, to be helpful; that would end up in a CI log.
#[tokio::test]
async fn secrets_that_a_server_repeats_are_not_shown() {
    let password = r#"correct"horse\battery"#;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("me:{password}"));
    for (registry, secret) in [
        (TestRegistry::start().with_basic("me", password), password),
        (TestRegistry::start().with_basic("me", password), &pair),
        (TestRegistry::start().with_tokens("me", password), "token-1"),
        (TestRegistry::start().with_tokens("me", password), password),
    ] {
        let (client, repository) = (client_of(&registry, "me", password), repository(&registry, "app"));
        let name = super::tag("v1");
        head(&client, &repository, "v1").await;
        for response in repeating(secret) {
            registry.heal();
            registry.fail(Fault::on("", "/manifests/").answer(response));
            let error = unknown(client.manifest(&repository, Name::Tag(&name)).await);
            let shown = format!("{error} {}", error.hints().join(" "));
            // The start of the secret is what a cut would leave of it.
            assert!(shown.contains("***") && !shown.contains(&secret[..5]), "{secret}: {shown}");
        }
    }
}

#[tokio::test]
async fn secrets_that_a_token_server_repeats_are_not_shown() {
    let password = r#"correct"horse\battery"#;
    for response in repeating(password) {
        let registry = TestRegistry::start().with_tokens("me", password);
        let repository = repository(&registry, "app");
        registry.fail(Fault::on("", "/token").answer(response.clone()));
        for user in ["me", "<token>"] {
            let client = client_of(&registry, user, password);
            let error = unknown(head(&client, &repository, "v1").await);
            let shown = format!("{error} {}", error.hints().join(" "));
            assert!(!shown.contains("corre"), "{shown}");
        }
    }
}

fn client_of(registry: &TestRegistry, user: &str, password: &str) -> Registry {
    client(&[
        ("IMGPLAN_REGISTRY", &registry.host()),
        ("IMGPLAN_USERNAME", user),
        ("IMGPLAN_PASSWORD", password),
    ])
}

/// Answers with the secret in them: in the registry's own form, as text, as JSON that is not the registry's own, where
/// it is cut, and in headers that are shown.
fn repeating(secret: &str) -> Vec<Response> {
    let text = |text: String| Response::new(403).body("text/plain", text);
    vec![
        Response::error(403, "DENIED", &format!("you sent {secret}")),
        text(format!("you sent {secret}")),
        text(format!("[{}, ", serde_json::Value::from(secret))),
        text(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()),
        text(format!("{}{secret}", "x".repeat(280))),
        Response::new(429).header("Retry-After", format!("{secret}, {secret}")),
        Response::new(200).body(secret, "x"),
    ]
}
