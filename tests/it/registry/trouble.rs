//! Registries that refuse, fail, hang and break: unknown, and said so.

use std::path::Path;
use std::time::{Duration, Instant};

use imgplan::reference::Repository;
use imgplan::registry::{Registry, Settings};

use super::{client, head, repository, unknown};
use crate::support::registry::{Fault, Image, Response, TestRegistry};

#[tokio::test]
async fn a_refusal_is_not_known_and_says_what_the_registry_said() {
    for status in [400, 403, 451, 501] {
        let registry = TestRegistry::start();
        registry.fail(Fault::on("", "/manifests/").answer(Response::error(status, "DENIED", "not for you")));
        let (client, repository) = (client(&[]), repository(&registry, "app"));
        let error = unknown(head(&client, &repository, "v1").await);
        let start = format!("HEAD http://{}/v2/app/manifests/v1: {status}", registry.host());
        assert!(error.to_string().starts_with(&start), "{error}");
        assert_eq!(registry.requests().len(), 1, "{status} is not repeated");
        let tag = super::tag("v1");
        let error = unknown(client.manifest(&repository, imgplan::registry::Name::Tag(&tag)).await);
        assert!(error.to_string().ends_with("DENIED: not for you"), "{error}");
    }
}

#[tokio::test]
async fn what_may_pass_is_repeated_until_it_does() {
    for status in [408, 429, 500, 502, 503, 504] {
        let registry = TestRegistry::start();
        registry.push_image("app", "v1", &Image::new());
        registry.fail(Fault::on("HEAD", "").nth(1).answer(Response::page(status)));
        assert!(head(&client(&[]), &repository(&registry, "app"), "v1").await.found().is_some(), "{status}");
        assert_eq!(registry.requests().len(), 2);
    }
}

#[tokio::test]
async fn what_does_not_pass_is_not_known() {
    for status in [429, 503] {
        let registry = TestRegistry::start();
        registry.fail(Fault::on("HEAD", "").answer(Response::new(status)));
        let error = unknown(head(&client(&[]), &repository(&registry, "app"), "v1").await);
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        assert!(error.hints()[0].contains("try again later"), "{error:?}");
        assert_eq!(registry.requests().len(), 4);
    }
}

#[tokio::test]
async fn retry_after_is_waited_for_and_a_long_one_reported() {
    let registry = TestRegistry::start();
    registry.push_image("app", "v1", &Image::new());
    let wait = |seconds: &str| Response::new(429).header("Retry-After", seconds);
    registry.fail(Fault::on("HEAD", "").nth(1).answer(wait("1")));
    let (client, repository, start) = (client(&[]), repository(&registry, "app"), Instant::now());
    assert!(head(&client, &repository, "v1").await.found().is_some());
    assert!(start.elapsed() >= Duration::from_secs(1));
    registry.heal();
    registry.clear_requests();
    registry.fail(Fault::on("HEAD", "").answer(wait("3600")));
    let error = unknown(head(&client, &repository, "v1").await);
    assert!(error.hints()[0].contains("after 3600"), "{error:?}");
    assert_eq!(registry.requests().len(), 1);
}

#[tokio::test]
async fn a_broken_connection_is_tried_again_and_then_not_known() {
    let registry = TestRegistry::start();
    registry.push_image("app", "v1", &Image::new());
    registry.fail(Fault::on("HEAD", "").nth(1).reset());
    let (client, repository) = (client(&[]), repository(&registry, "app"));
    assert!(head(&client, &repository, "v1").await.found().is_some());
    registry.heal();
    registry.fail(Fault::on("HEAD", "").reset());
    let error = unknown(head(&client, &repository, "v1").await);
    assert!(error.to_string().starts_with("HEAD http://127.0.0.1:"), "{error}");
}

#[tokio::test]
async fn a_registry_that_hangs_is_given_up_within_the_limit() {
    let registry = TestRegistry::start();
    registry.fail(Fault::on("HEAD", "").hang());
    let start = Instant::now();
    let error = unknown(head(&client(&[]), &repository(&registry, "app"), "v1").await);
    assert!(error.to_string().ends_with("no answer within 0.4 s"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_refused_connection_is_reported_soon() {
    let registry = TestRegistry::start();
    let repository = repository(&registry, "app");
    drop(registry);
    let start = Instant::now();
    let error = unknown(head(&client(&[]), &repository, "v1").await);
    assert!(error.to_string().ends_with("no connection could be made"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_server_without_tls_is_not_known_where_https_is_due() {
    let registry = TestRegistry::start();
    registry.push_image("app", "v1", &Image::new());
    let port = registry.host().rsplit_once(':').unwrap().1.to_owned();
    // A name for a loopback address that is not one of those spoken to in plain http.
    let name = format!("0.0.0.0:{port}/app");
    let repository = Repository::parse(&name, Path::new("")).unwrap();
    let start = Instant::now();
    let error = unknown(head(&client(&[]), &repository, "v1").await);
    assert!(error.to_string().starts_with(&format!("HEAD https://0.0.0.0:{port}")), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(registry.requests().is_empty(), "{:?}", registry.requests());
}

#[tokio::test]
async fn a_proxy_is_used_but_not_for_loopback_addresses_and_those_excepted() {
    let proxy = TestRegistry::start();
    let digest = proxy.push_image("app", "v1", &Image::new());
    let address = format!("http://{}", proxy.host());
    let ask = async |host: &str, except: &str| {
        let environment =
            [("HTTP_PROXY".to_owned(), address.clone()), ("NO_PROXY".to_owned(), except.to_owned())];
        let settings = Settings {
            environment: environment.into(),
            plain_http: vec!["registry.test".to_owned()],
            timeout: Some(Duration::from_millis(400)),
            ..Settings::default()
        };
        let repository = Repository::parse(&format!("{host}/app"), Path::new("")).unwrap();
        head(&Registry::new(settings).unwrap(), &repository, "v1").await
    };
    assert_eq!(ask("registry.test", "").await.found().map(|found| &found.digest), Some(&digest));
    assert_eq!(proxy.recorded()[0].headers["host"], "registry.test");
    unknown(ask("registry.test", "registry.test").await);
    let direct = TestRegistry::start();
    assert!(matches!(ask(&direct.host(), "").await, imgplan::lookup::Lookup::Missing));
    assert_eq!(direct.requests().len(), 1);
}
