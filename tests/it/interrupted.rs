//! Runs that are killed at any of their requests: the next one completes what they began.

use crate::support::Sandbox;
use crate::support::image::MARK;
use crate::support::interrupted::at_every_request;
use crate::support::registry::{Deletes, Image, TestRegistry};

/// A pipeline that is cancelled leaves nothing that the next one cannot mend.
#[test]
fn a_retag_that_was_killed_is_completed_by_the_next() {
    let sandbox = Sandbox::small();
    let plan = sandbox.plan(&[]).plan();
    let (hash, tag) = (plan.only().hash().to_owned(), plan.only().content_tag().to_owned());
    let image = Image::new().annotation(MARK, &hash);
    let requests = at_every_request(
        || {
            let registry = TestRegistry::start();
            let digest = registry.push_image("acme/app", &tag, &image).to_string();
            (registry, digest)
        },
        |registry, _| sandbox.imgplan(&["apply", "--repository", &registry.repository("acme/app")]),
        |registry, digest, run| {
            assert_eq!(run.code, 0, "{}", run.stderr);
            let tags = registry.tags("acme/app");
            assert_eq!(tags.len(), 2, "{tags:?}");
            assert_eq!((&tags[&tag], &tags[&sandbox.sha7()]), (digest, digest));
        },
    );
    assert_eq!(
        requests, 6,
        "HEAD of two tags, GET of manifest and configuration, PUT and the HEAD that verifies"
    );
}

/// Wherever it is killed, nothing that is needed is lost, and the next run deletes the rest; of the probe only tags stay
/// that a later run clears away.
#[test]
fn an_expiry_that_was_killed_is_completed_by_the_next() {
    for deletes in [Deletes::Tag, Deletes::Image] {
        let sandbox = Sandbox::small();
        let old = |content: &str| Image::new().layer(content).created("2024-01-02T03:04:05Z");
        let requests = at_every_request(
            || {
                let registry = TestRegistry::start().with_deletes(deletes);
                registry.push_image("acme/app", "a-1day", &old("alone"));
                registry.push_image("acme/app", "b-1day", &old("shared"));
                let digest = registry.push_image("acme/app", "abc1234", &old("shared")).to_string();
                (registry, digest)
            },
            |registry, _| {
                sandbox.imgplan(&["expire", "--delete", "--repository", &registry.repository("acme/app")])
            },
            |registry, digest, run| {
                let alone = deletes == Deletes::Tag;
                assert_eq!(run.code, if alone { 0 } else { 5 }, "{}", run.stderr);
                let tags = registry.tags("acme/app");
                assert_eq!(tags.get("abc1234"), Some(digest), "{tags:?}");
                assert!(!tags.contains_key("a-1day"), "{tags:?}");
                assert_eq!(tags.contains_key("b-1day"), !alone, "{tags:?}");
                let left = tags.keys().filter(|tag| tag.starts_with("imgplan-probe-")).count();
                assert!(left <= 2 && tags.len() - left <= 2, "{tags:?}");
            },
        );
        assert!(requests > 15, "{requests}");
    }
}

/// A refresh puts the rest the next time.
#[test]
fn a_refresh_that_was_killed_is_completed_by_the_next() {
    let sandbox = Sandbox::small();
    let plan = sandbox.plan(&[]).plan();
    let (hash, tag) = (plan.only().hash().to_owned(), plan.only().content_tag().to_owned());
    let image = Image::new().annotation(MARK, &hash);
    at_every_request(
        || {
            let registry = TestRegistry::start();
            registry.push_image("acme/app", &sandbox.sha7(), &image);
            let digest = registry.push_image("acme/app", &tag, &image).to_string();
            (registry, digest)
        },
        |registry, _| {
            sandbox.imgplan(&["apply", "--refresh", "--repository", &registry.repository("acme/app")])
        },
        |registry, digest, run| {
            assert_eq!(run.code, 0, "{}", run.stderr);
            let tags = registry.tags("acme/app");
            assert_eq!((&tags[&tag], &tags[&sandbox.sha7()]), (digest, digest));
        },
    );
}
