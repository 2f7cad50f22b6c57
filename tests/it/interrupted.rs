//! Runs that are killed at any of their requests: the next one completes what they began.

use crate::support::Sandbox;
use crate::support::image::MARK;
use crate::support::interrupted::at_every_request;
use crate::support::registry::{Image, TestRegistry};

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
