//! What a release costs a registry, and that a run which was killed anywhere is completed by the next.

use crate::support::Sandbox;
use crate::support::image::MARK;
use crate::support::interrupted::at_every_request;
use crate::support::registry::{Image, Moment, TestRegistry};

const PATH: &str = "acme/app";

/// Two releases of which the first is out; the digests.
fn prepared(sandbox: &Sandbox) -> impl Fn() -> (TestRegistry, [String; 2]) {
    let image = |commit: &str| {
        let plan = sandbox.plan(&[commit]).plan();
        let tag = plan.only().content_tag().to_owned();
        (tag, Image::new().annotation(MARK, plan.only().hash()))
    };
    let (first, second) = (image("v1.0.0"), image("v1.1.0"));
    move || {
        let registry = TestRegistry::start();
        let old = registry.push_image(PATH, &first.0, &first.1).to_string();
        for tag in ["1.0.0", "1.0", "1", "latest"] {
            registry.push_image(PATH, tag, &first.1);
        }
        let new = registry.push_image(PATH, &second.0, &second.1).to_string();
        (registry, [old, new])
    }
}

fn two_releases() -> Sandbox {
    let sandbox = Sandbox::small();
    sandbox.git(&["tag", "v1.0.0"]);
    sandbox.write("app.txt", "two\n");
    sandbox.commit("Another app");
    sandbox.git(&["tag", "v1.1.0"]);
    sandbox
}

fn check(registry: &TestRegistry, [old, new]: &[String; 2]) {
    let tags = registry.tags(PATH);
    for (tag, digest) in
        [("1.0.0", old), ("1.0", old), ("1.1.0", new), ("1.1", new), ("1", new), ("latest", new)]
    {
        assert_eq!(tags.get(tag), Some(digest), "{tag}: {tags:?}");
    }
}

#[test]
fn a_release_that_was_killed_is_completed_by_the_next() {
    let sandbox = two_releases();
    let requests = at_every_request(
        prepared(&sandbox),
        |registry, _| sandbox.imgplan(&["release", "v1.1.0", "--repository", &registry.repository(PATH)]),
        |registry, digests, run| {
            assert_eq!(run.code, 0, "{}", run.stderr);
            check(registry, digests);
        },
    );
    // HEAD of the commit's tag and the content's; GET of the manifest and its configuration; the list; HEAD of four tags and
    // of the release that two of them come from; four times PUT and HEAD; the list once more after the first and after the last.
    assert_eq!(requests, 2 + 2 + 1 + 4 + 1 + 8 + 2);
}

/// A backport that is killed anywhere takes nothing back.
#[test]
fn a_backport_that_was_killed_leaves_the_others_where_they_are() {
    let sandbox = two_releases();
    let prepared = prepared(&sandbox);
    at_every_request(
        || {
            let (registry, digests) = prepared();
            let repository = registry.repository(PATH);
            sandbox.imgplan(&["release", "v1.1.0", "--repository", &repository]).run().expect(0);
            (registry, digests)
        },
        |registry, _| sandbox.imgplan(&["release", "v1.0.0", "--repository", &registry.repository(PATH)]),
        |registry, digests, run| {
            assert_eq!(run.code, 0, "{}", run.stderr);
            check(registry, digests);
        },
    );
}

/// Another release comes out, from its first request to its last, between any two requests of this one: the end is as if one
/// had come after the other. Gives the number of requests of the one that waits.
fn overtaken(sandbox: &Sandbox, waits: &str, comes_between: &str) -> usize {
    let prepared = prepared(sandbox);
    let third = sandbox.plan(&["v1.2.0"]).plan();
    let image = Image::new().annotation(MARK, third.only().hash());
    for nth in 1.. {
        let (registry, digests) = prepared();
        let highest = registry.push_image(PATH, third.only().content_tag(), &image).to_string();
        let repository = registry.repository(PATH);
        let release = |git_tag: &str| sandbox.imgplan(&["release", git_tag, "--repository", &repository]);
        registry.halt_at(nth, Moment::Arrived);
        let mut first = release(waits).start();
        while !registry.has_halted() && !first.has_ended() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        if !registry.has_halted() {
            return nth - 1;
        }
        first.pause();
        registry.go_on();
        release(comes_between).run().expect(0);
        first.resume();
        first.finish().expect(0);
        let tags = registry.tags(PATH);
        for (tag, digest) in [("1.1", &digests[1]), ("1.2", &highest), ("1", &highest), ("latest", &highest)]
        {
            assert_eq!(tags.get(tag), Some(digest), "{comes_between} before request {nth} of {waits}: {tag}");
        }
    }
    unreachable!("a run ends")
}

#[test]
fn two_releases_at_one_moment_end_as_one_after_the_other() {
    let sandbox = two_releases();
    sandbox.write("app.txt", "three\n");
    sandbox.commit("A third app");
    sandbox.git(&["tag", "v1.2.0"]);
    assert_eq!(overtaken(&sandbox, "v1.1.0", "v1.2.0"), 20);
    assert_eq!(overtaken(&sandbox, "v1.2.0", "v1.1.0"), 20);
}

/// A release that is out costs no write.
#[test]
fn a_release_that_is_there_writes_nothing() {
    let sandbox = two_releases();
    let (registry, digests) = prepared(&sandbox)();
    let repository = registry.repository(PATH);
    sandbox.imgplan(&["release", "v1.1.0", "--repository", &repository]).run().expect(0);
    let before = registry.requests().len();
    sandbox.imgplan(&["release", "v1.1.0", "--repository", &repository]).run().expect(0);
    let requests = registry.requests().split_off(before);
    assert!(requests.iter().all(|request| !request.starts_with("PUT")), "{requests:#?}");
    assert_eq!(requests.len(), 2 + 2 + 1 + 4, "{requests:#?}");
    check(&registry, &digests);
}
