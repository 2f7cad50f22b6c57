//! Base images that move: `base-images = "check"` compares digests that imgplan itself recorded, `"pin"` wants them in
//! the commit, `"ignore"` lets the name count alone.

use crate::support::{Image, Plan, Remote, Sandbox};

const BASES: &str = "dev.imgplan.bases";

/// A project `FROM lib/base:1` of a registry, with that policy.
fn project(policy: &str) -> (Sandbox, Remote) {
    let (sandbox, remote) = (Sandbox::new(), Remote::start());
    sandbox.write("Dockerfile", &format!("FROM {}/lib/base:1\nCOPY app.txt /\n", remote.host()));
    sandbox.write("app.txt", "one\n");
    sandbox.write("imgplan.toml", &format!("[image]\nbase-images = \"{policy}\"\n"));
    sandbox.commit("Start");
    (sandbox, remote)
}

fn plan(sandbox: &Sandbox) -> Plan {
    sandbox.plan(&[]).plan()
}

#[test]
fn a_checked_base_is_recorded_and_pinned() {
    let (sandbox, remote) = project("check");
    let digest = remote.push("lib/base", "1", &Image::new("base one"));
    let plan = plan(&sandbox);
    plan.only().expect("build");
    let build = plan.only().build();
    let name = format!("{}/lib/base:1", remote.host());
    assert_eq!(build["contexts"][&name], format!("docker-image://{}/lib/base@{digest}", remote.host()));
    for marks in [&build["labels"], &build["annotations"]] {
        assert_eq!(marks["org.opencontainers.image.base.name"], name.as_str());
        assert_eq!(marks["org.opencontainers.image.base.digest"], digest.as_str());
        assert!(marks[BASES].as_str().unwrap().contains(&digest));
    }
}

#[test]
fn a_base_that_moved_is_a_build_though_the_hash_stays() {
    let (sandbox, remote) = project("check");
    remote.push("lib/base", "1", &Image::new("base one"));
    let first = plan(&sandbox);
    let recorded = first.only().build()["annotations"][BASES].as_str().unwrap().to_owned();
    let built = Image::new("built").marked(first.only().hash()).annotation(BASES, &recorded);
    sandbox.image(first.only().content_tag(), &built);
    plan(&sandbox).only().expect("retag");
    remote.push("lib/base", "1", &Image::new("base two"));
    let moved = plan(&sandbox);
    moved.only().expect("build");
    assert!(moved.only().reason().contains("moved"), "{}", moved.only().reason());
    assert_eq!(moved.only().hash(), first.only().hash());
}

/// An index whose other platform changed is the same base for the platform that is built.
#[test]
fn another_platform_of_the_base_does_not_count() {
    let (sandbox, remote) = project("check");
    sandbox.append("imgplan.toml", "platforms = [\"linux/amd64\"]\n");
    sandbox.commit("One platform");
    let base = |platforms: &[&str], content| Image::new(content).platforms(platforms);
    let then = remote.push("lib/base", "1", &base(&["linux/amd64", "linux/arm64"], "base one"));
    let first = plan(&sandbox);
    let recorded = first.only().build()["annotations"][BASES].as_str().unwrap().to_owned();
    let built = Image::new("built").platforms(&["linux/amd64"]).marked(first.only().hash());
    sandbox.image(first.only().content_tag(), &built.annotation(BASES, &recorded));
    plan(&sandbox).only().expect("retag");
    let now = remote.push("lib/base", "1", &base(&["linux/amd64", "linux/s390x"], "base one"));
    assert_ne!(then, now);
    plan(&sandbox).only().expect("retag");
    remote.push("lib/base", "1", &base(&["linux/amd64", "linux/s390x"], "base two"));
    plan(&sandbox).only().expect("build");
}

/// The same where no platform is configured: the image says itself what it was built for.
#[test]
fn the_images_own_platforms_tell_where_none_are_configured() {
    let (sandbox, remote) = project("check");
    let base = |platforms: &[&str], content| Image::new(content).platforms(platforms);
    remote.push("lib/base", "1", &base(&["linux/amd64", "linux/arm64"], "base one"));
    let first = plan(&sandbox);
    let recorded = first.only().build()["annotations"][BASES].as_str().unwrap().to_owned();
    let built = Image::new("built").marked(first.only().hash()).annotation(BASES, &recorded);
    sandbox.image(first.only().content_tag(), &built);
    let other = &base(&["linux/amd64", "linux/s390x"], "base one");
    remote.push("lib/base", "1", other);
    plan(&sandbox).only().expect("retag");
    // A stage that takes the base for a platform of its own may run any of them.
    sandbox.replace("Dockerfile", "FROM ", "FROM --platform=$BUILDPLATFORM ");
    sandbox.commit("Build across platforms");
    let marked = built.marked(&sandbox.hash_at("HEAD"));
    sandbox.image(plan(&sandbox).only().content_tag(), &marked);
    plan(&sandbox).only().expect("build");
    sandbox.git(&["checkout", "--quiet", "HEAD~1"]);
    remote.push("lib/base", "1", &base(&["linux/amd64", "linux/s390x"], "base two"));
    plan(&sandbox).only().expect("build");
}

#[test]
fn an_image_without_a_record_is_used_with_a_note() {
    let (sandbox, remote) = project("check");
    remote.push("lib/base", "1", &Image::new("base one"));
    let first = plan(&sandbox);
    sandbox.image(first.only().content_tag(), &Image::new("built").marked(first.only().hash()));
    let plan = plan(&sandbox);
    plan.only().expect("retag");
    assert!(plan.only().list("warnings").iter().any(|note| note.contains("base images")), "{:#}", plan.0);
}

#[test]
fn a_base_that_is_not_there_or_does_not_answer_is_unknown() {
    let (sandbox, remote) = project("check");
    let run = sandbox.plan(&[]).run().expect(3);
    run.plan().only().expect("unknown");
    assert!(run.stderr.contains("lib/base:1"), "{}", run.stderr);
    remote.push("lib/base", "1", &Image::new("base one"));
    remote.fault("lib/base", crate::support::remote::Fault::Status(500));
    sandbox.plan(&[]).run().expect(3).plan().only().expect("unknown");
}

#[test]
fn a_pinned_base_must_have_its_digest_in_the_commit() {
    let (sandbox, remote) = project("pin");
    sandbox.fails(&["plan"], 1).says(&["Dockerfile:1", "pin", "sha256"]);
    let digest = remote.push("lib/base", "1", &Image::new("base one"));
    sandbox.replace("Dockerfile", "base:1", &format!("base:1@{digest}"));
    sandbox.commit("Pin");
    let before = remote.requests().len();
    let plan = plan(&sandbox);
    plan.only().expect("build");
    assert_eq!(plan.only().build()["annotations"]["org.opencontainers.image.base.digest"], digest.as_str());
    assert_eq!(remote.requests().len(), before, "the commit says it all");
}

#[test]
fn an_ignored_base_is_never_asked_for() {
    let (sandbox, remote) = project("ignore");
    plan(&sandbox).only().expect("build");
    assert_eq!(remote.requests(), Vec::<String>::new());
}

/// An image of another repository is no better than one of this: built on an old base, it is not copied.
#[test]
fn an_image_elsewhere_on_an_old_base_is_not_copied() {
    let (sandbox, remote) = project("check");
    let upstream = sandbox.beside("upstream");
    let text = sandbox.read("imgplan.toml");
    sandbox.write("imgplan.toml", &format!("look-in = [\"oci:{}\"]\n{text}", upstream.display()));
    sandbox.commit("Look upstream");
    remote.push("lib/base", "1", &Image::new("base one"));
    let first = plan(&sandbox);
    let recorded = first.only().build()["annotations"][BASES].as_str().unwrap().to_owned();
    let built = Image::new("built").marked(first.only().hash()).annotation(BASES, &recorded);
    built.write(&upstream, first.only().content_tag());
    assert_eq!(plan(&sandbox).only().how(), Some("repository"));
    remote.push("lib/base", "1", &Image::new("base two"));
    plan(&sandbox).only().expect("build");
}
