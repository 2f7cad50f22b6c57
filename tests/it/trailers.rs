//! When the build that a commit's message asks for (`Imgplan-Force`) counts as made: once, also where another commit's
//! build of the same content came after it.

use crate::support::{Image, Sandbox};

const REVISION: &str = "org.opencontainers.image.revision";
const TINY: &str = concat!("'", env!("CARGO_MANIFEST_DIR"), "/scripts/tiny-builder'");

/// What a builder leaves that passes labels on, for HEAD; its digest.
fn built(sandbox: &Sandbox, words: &str) -> String {
    let image = Image::new(words).label("dev.imgplan.content-hash", &sandbox.hash_at("HEAD"));
    let image = image.label(REVISION, &sandbox.head());
    let content = sandbox.plan(&["--force"]).plan().only().content_tag().to_owned();
    let commit = sandbox.sha7();
    if !sandbox.tags().contains_key(&commit) {
        sandbox.image(&commit, &image);
    }
    sandbox.image(&content, &image)
}

/// Two commits that each ask for a build of the same content, and each get one.
#[test]
fn a_later_build_of_the_same_content_takes_nothing_back() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[tags]\nfloating = [\"{branch}\"]\n");
    let a = sandbox.commit("A\n\nImgplan-Force: true");
    sandbox.plan(&[]).plan().only().expect("build");
    let of_a = built(&sandbox, "of A");
    let b = sandbox.commit("B\n\nImgplan-Force: true");
    sandbox.plan(&[]).plan().only().expect("build");
    let of_b = built(&sandbox, "of B");
    let check = |commit: &str, digest: &str| {
        let plan = sandbox.apply(&[commit]).plan();
        plan.only().expect("up-to-date");
        assert_eq!(plan.only().digest(), Some(digest));
    };
    for _ in 0..2 {
        check(&a, &of_a);
        check(&b, &of_b);
    }
    // B is the tip, so the branch's tag is at B's own image; a build that C forces changes neither.
    assert_eq!(sandbox.tags().get("main"), Some(&of_b));
    sandbox.commit("C");
    let of_c = built(&sandbox, "of C");
    check(&a, &of_a);
    check(&b, &of_b);
    check("HEAD", &of_c);
}

/// One that was retagged by a run that knew nothing of trailers is no build of this commit.
#[test]
fn a_commit_tag_alone_is_no_build() {
    let sandbox = Sandbox::small();
    built(&sandbox, "before");
    let old = Image::new("older").marked(&sandbox.hash_at("HEAD")).annotation(REVISION, &"a".repeat(40));
    sandbox.commit("Again\n\nImgplan-Force: true");
    sandbox.image(&sandbox.sha7(), &old);
    sandbox.plan(&[]).plan().only().expect("build");
}

/// Without commit tags, and with a builder that writes no labels, nothing shows that the build was made: it is not asked
/// for again and again, and the plan says so.
#[test]
fn where_nothing_can_tell_it_is_not_built_in_circles() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[tags]\ncommit = false\n");
    sandbox.commit("Again\n\nImgplan-Force: true");
    sandbox.apply(&["--build-command", TINY]).plan().only().expect("up-to-date");
    let plan = sandbox.apply(&["--build-command", "exit 1"]).plan();
    plan.only().expect("up-to-date");
    let warnings = plan.only().list("warnings");
    assert!(
        warnings.iter().any(|note| note.contains("Imgplan-Force") && note.contains("cannot be told")),
        "{warnings:?}"
    );
    // An image that says at which commit it was built can tell.
    built(&sandbox, "labelled");
    let plan = sandbox.plan(&[]).plan();
    plan.only().expect("up-to-date");
    assert!(plan.only().list("warnings").is_empty(), "{:#}", plan.0);
    sandbox.commit("And again\n\nImgplan-Force: true");
    sandbox.plan(&[]).plan().only().expect("build");
    sandbox.plan(&["--force", "HEAD~1"]).plan().only().expect("build");
}

/// With commit tags such a builder's image under the commit's own tag counts. Another under the content tag is then a
/// conflict as for any other commit, and no build without end.
#[test]
fn without_labels_a_later_build_is_a_conflict_as_ever() {
    let sandbox = Sandbox::small();
    for subject in ["A", "B"] {
        sandbox.commit(&format!("{subject}\n\nImgplan-Force: true"));
        sandbox.apply(&["--build-command", TINY]).plan().only().expect("up-to-date");
        sandbox.apply(&["--build-command", "exit 1"]).plan().only().expect("up-to-date");
    }
    let run = sandbox.plan(&["HEAD~1"]).run().expect(5);
    run.plan().only().expect("conflict");
}
