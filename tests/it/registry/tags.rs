//! Lists of tags: whole or not known.

use std::path::Path;

use imgplan::lookup::Lookup;
use imgplan::reference::{Repository, Tag};
use imgplan::registry::Registry;

use super::{client, logged_in, manifest, repository, tag, unknown};
use crate::support::registry::{Fault, Image, Response, TestRegistry};

const LIST: &str = "/tags/list";

/// `app` with these tags.
fn tagged(registry: &TestRegistry, names: &[&str]) {
    names.iter().for_each(|name| drop(registry.push_image("app", name, &Image::new())));
}

async fn ask(client: &Registry, registry: &TestRegistry) -> Lookup<Vec<Tag>> {
    client.tags(&repository(registry, "app")).await
}

fn names(answer: &Lookup<Vec<Tag>>) -> Vec<&str> {
    answer.found().unwrap_or_else(|| panic!("{answer:?}")).iter().map(Tag::as_str).collect()
}

fn link(target: &str) -> String {
    format!("<{target}>; rel=\"next\"")
}

#[tokio::test]
async fn tags_are_read_to_the_last_page_with_one_token() {
    let registry = TestRegistry::start().with_tokens("me", "secret").with_pages(2);
    tagged(&registry, &["a", "b", "c", "d", "e"]);
    assert_eq!(names(&ask(&logged_in(&registry), &registry).await), ["a", "b", "c", "d", "e"]);
    assert_eq!(
        registry.requests(),
        [
            "GET /v2/app/tags/list none",
            "GET /token basic",
            "GET /v2/app/tags/list bearer",
            "GET /v2/app/tags/list bearer",
            "GET /v2/app/tags/list bearer",
        ]
    );
    let recorded = registry.recorded();
    assert_eq!(recorded[0].parameter("n"), Some("1000"), "ECR refuses more");
    assert_eq!(recorded[4].parameter("last"), Some("d"));
}

#[tokio::test]
async fn a_link_may_be_a_whole_address_of_the_same_host() {
    let registry = TestRegistry::start().with_pages(1);
    tagged(&registry, &["a", "b"]);
    let next = link(&format!("http://{}/v2/app/tags/list?n=1&last=a", registry.host()));
    registry.fail(Fault::on("GET", LIST).nth(1).header("Link", &next));
    assert_eq!(names(&ask(&client(&[]), &registry).await), ["a", "b"]);
}

#[tokio::test]
async fn a_tag_that_comes_on_two_pages_is_listed_once() {
    let registry = TestRegistry::start();
    tagged(&registry, &["a", "b"]);
    registry.fail(Fault::on("GET", LIST).nth(1).header("Link", &link("/v2/app/tags/list?page=2")));
    assert_eq!(names(&ask(&client(&[]), &registry).await), ["a", "b"]);
}

#[tokio::test]
async fn a_list_that_goes_round_or_does_not_end_is_not_known() {
    let registry = TestRegistry::start();
    tagged(&registry, &["a"]);
    registry.fail(Fault::on("GET", LIST).header("Link", &link("/v2/app/tags/list?n=1000")));
    let error = unknown(ask(&client(&[]), &registry).await);
    assert!(error.to_string().contains("goes round"), "{error}");
    assert_eq!(registry.requests().len(), 1);
    registry.heal();
    registry.clear_requests();
    registry.fail(Fault::on("GET", LIST).header("Link", &link("/v2/app/tags/list?n=1")));
    unknown(ask(&client(&[]), &registry).await);
    assert_eq!(registry.requests().len(), 2);
}

#[tokio::test]
async fn pages_without_end_are_given_up() {
    let registry = TestRegistry::start();
    tagged(&registry, &["a"]);
    // Each address is another one, so only the number of pages can tell. A fault counts what the ones before it let pass.
    for nth in 1..=1001 {
        let next = link(&format!("/v2/app/tags/list?page={nth}"));
        registry.fail(Fault::on("GET", LIST).nth(1).header("Link", &next));
    }
    let error = unknown(ask(&client(&[]), &registry).await);
    assert!(error.to_string().ends_with("the list of tags does not end"), "{error}");
    assert_eq!(registry.requests().len(), 1000);
}

#[tokio::test]
async fn a_link_to_another_host_is_refused_and_gets_nothing() {
    let registry = TestRegistry::start().with_basic("me", "secret");
    let thief = TestRegistry::start();
    tagged(&registry, &["a"]);
    tagged(&thief, &["b"]);
    for target in [
        format!("http://{}/v2/app/tags/list", thief.host()),
        format!("//{}/v2/app/tags/list", thief.host()),
        format!("https://{}/v2/app/tags/list", registry.host()),
        "file:///etc/passwd".to_owned(),
        "http://".to_owned(),
    ] {
        registry.heal();
        registry.fail(Fault::on("GET", LIST).header("Link", &link(&target)));
        let error = unknown(ask(&logged_in(&registry), &registry).await);
        assert!(error.to_string().starts_with("GET http://127.0.0.1:"), "{target}: {error}");
        assert!(!error.hints().is_empty(), "{target}");
    }
    assert!(thief.requests().is_empty(), "{:?}", thief.requests());
}

#[tokio::test]
async fn a_link_that_cannot_be_read_does_not_end_the_list() {
    let registry = TestRegistry::start();
    tagged(&registry, &["a"]);
    registry.fail(Fault::on("GET", LIST).header("Link", "/v2/app/tags/list?last=a; rel=next"));
    unknown(ask(&client(&[]), &registry).await);
}

#[tokio::test]
async fn only_the_registrys_own_word_makes_a_list_missing() {
    let registry = TestRegistry::start();
    assert!(matches!(ask(&client(&[]), &registry).await, Lookup::Missing));
    tagged(&registry, &["a"]);
    for response in [
        Response::page(404),
        Response::new(404),
        Response::error(404, "NOT_FOUND", "no such route"),
        Response::error(401, "NAME_UNKNOWN", "with another status"),
        Response::error(403, "DENIED", "no"),
        Response::page(200),
        Response::new(200).body("application/json", "{}"),
        Response::new(200).body("application/json", r#"{"tags":{}}"#),
        Response::new(200).body("application/json", r#"{"tags":["a",7]}"#),
        Response::new(200),
    ] {
        registry.heal();
        registry.fail(Fault::on("GET", LIST).answer(response));
        unknown(ask(&client(&[]), &registry).await);
    }
}

#[tokio::test]
async fn half_a_list_is_not_known() {
    let registry = TestRegistry::start().with_pages(1);
    tagged(&registry, &["a", "b"]);
    for response in [Response::error(404, "NAME_UNKNOWN", "gone meanwhile"), Response::error(400, "X", "")] {
        registry.heal();
        registry.fail(Fault::on("GET", LIST).nth(2).answer(response));
        unknown(ask(&client(&[]), &registry).await);
    }
}

#[tokio::test]
async fn no_tags_are_an_empty_list_and_names_that_are_none_are_left_out() {
    let registry = TestRegistry::start();
    for (body, expected) in [
        (r#"{"name":"app","tags":[]}"#, &[][..]),
        (r#"{"name":"app","tags":null}"#, &[]),
        (r#"{"tags":["a","","-b","c/d","e f","ä","\u001b[31m","z.1"]}"#, &["a", "z.1"]),
    ] {
        registry.heal();
        registry.fail(Fault::on("GET", LIST).answer(Response::new(200).body("application/json", body)));
        assert_eq!(names(&ask(&client(&[]), &registry).await), expected, "{body}");
    }
}

#[tokio::test]
async fn a_layout_lists_its_tags() {
    let (registry, dir) = (TestRegistry::start(), tempfile::tempdir().unwrap());
    let digest = registry.push_image("app", "v1", &Image::new());
    let client = client(&[]);
    let (from, folder) = (repository(&registry, "app"), Repository::parse("oci:images", dir.path()).unwrap());
    assert!(names(&client.tags(&folder).await).is_empty(), "a folder that is not there yet");
    let image = manifest(&client, &from, &digest).await;
    client.copy(&from, &folder, &image).await.unwrap();
    for name in ["v1", "v2"] {
        client.put(&folder, &tag(name), &image).await.unwrap();
    }
    assert_eq!(names(&client.tags(&folder).await), ["v1", "v2"]);
    let wrong = Repository::parse("oci:.", Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    unknown(client.tags(&wrong).await);
}
