//! Marks (`dev.imgplan.content-hash`) and commit tags: what a claim is worth, and what stays alone.

use crate::support::image::MARK;
use crate::support::{Image, Plan, Sandbox};

/// A small project, its content hash and its content tag.
fn small() -> (Sandbox, String, String) {
    let sandbox = Sandbox::small();
    let plan = sandbox.plan(&[]).plan();
    let (hash, tag) = (plan.only().hash().to_owned(), plan.only().content_tag().to_owned());
    (sandbox, hash, tag)
}

/// All that a plan says to a person about its only image besides the action.
fn said(plan: &Plan, stderr: &str) -> String {
    format!("{}\n{}\n{stderr}", plan.only().reason(), plan.only().list("warnings").join("\n"))
}

/// The commit tag at an older build of the same content (an equal mark) is left alone.
#[test]
fn an_older_build_of_the_same_content_keeps_its_tag() {
    let (sandbox, hash, tag) = small();
    sandbox.image(&tag, &Image::new("newer").marked(&hash));
    sandbox.image(&sandbox.sha7(), &Image::new("older").marked(&hash));
    let tags = sandbox.tags();
    sandbox.plan(&[]).plan().only().expect("up-to-date");
    sandbox.apply(&[]).plan().only().expect("up-to-date");
    assert_eq!(sandbox.tags(), tags);
}

/// A builder was killed between its two pushes: the commit's marked image becomes the content's.
#[test]
fn a_marked_commit_image_becomes_the_contents() {
    let (sandbox, hash, tag) = small();
    let digest = sandbox.image(&sandbox.sha7(), &Image::new("built").marked(&hash));
    let plan = sandbox.plan(&[]).plan();
    plan.only().expect("retag");
    assert_eq!((plan.only().how(), plan.only().digest()), (Some("commit"), Some(digest.as_str())));
    sandbox.apply(&[]).run().expect(0);
    assert_eq!(sandbox.tags().get(&tag), Some(&digest));
}

/// A label is as good a mark as an annotation: some builders write no annotations.
#[test]
fn a_label_is_a_mark() {
    let (sandbox, hash, _) = small();
    sandbox.image(&sandbox.sha7(), &Image::new("built").label(MARK, &hash));
    let plan = sandbox.plan(&[]).plan();
    plan.only().expect("retag");
    assert_eq!(plan.only().how(), Some("commit"));
}

/// A commit that has an unmarked image has its image; other commits do not find it, and a note says how they would.
#[test]
fn an_unmarked_commit_image_is_left_alone() {
    let (sandbox, _, _) = small();
    let digest = sandbox.image(&sandbox.sha7(), &Image::new("by an older pipeline"));
    let run = sandbox.plan(&[]).run().expect(0);
    let plan = run.plan();
    plan.only().expect("up-to-date");
    assert_eq!(plan.only().digest(), Some(digest.as_str()));
    assert!(said(&plan, &run.stderr).contains("--adopt"), "{}", said(&plan, &run.stderr));
    let tags = sandbox.tags();
    sandbox.apply(&[]).run().expect(0);
    assert_eq!(sandbox.tags(), tags, "no tag is written");
}

/// `adopt = true` is the same as `--adopt`.
#[test]
fn adopting_can_be_configured() {
    let (sandbox, _, _) = small();
    sandbox.image(&sandbox.sha7(), &Image::new("by an older pipeline"));
    sandbox.plan(&[]).plan().only().expect("up-to-date");
    sandbox.write("imgplan.toml", "adopt = true\n");
    let plan = sandbox.plan(&[]).plan();
    plan.only().expect("retag");
    assert_eq!(plan.only().how(), Some("commit"));
}

/// An image of another content is never adopted, however near its commit is.
#[test]
fn another_content_is_never_adopted() {
    let (sandbox, _, _) = small();
    sandbox.image(&sandbox.sha7(), &Image::new("by an older pipeline"));
    sandbox.write("app.txt", "two\n");
    sandbox.commit("Another app");
    sandbox.plan(&["--adopt"]).plan().only().expect("build");
}

/// A different mark under the content tag is a warning.
#[test]
fn a_different_mark_under_the_content_tag_warns() {
    let (sandbox, _, tag) = small();
    let other = "0".repeat(64);
    sandbox.image(&tag, &Image::new("odd").marked(&other));
    let plan = sandbox.plan(&[]).plan();
    plan.only().expect("retag");
    assert!(!plan.only().list("warnings").is_empty(), "{:#}", plan.0);
}

/// With `verify = "required"`, a different mark and a missing one both refuse.
#[test]
fn required_marks_refuse_what_is_not_proven() {
    let (sandbox, hash, tag) = small();
    sandbox.write("imgplan.toml", "verify = \"required\"\n");
    sandbox.commit("Marks are required");
    for unproven in [Image::new("odd").marked(&"0".repeat(64)), Image::new("unmarked")] {
        sandbox.image(&tag, &unproven);
        let run = sandbox.apply(&[]).run();
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        assert!(!["retag", "up-to-date"].contains(&run.plan().only().action()), "{}", run.stdout);
        assert_eq!(sandbox.tags().get(&sandbox.sha7()), None, "no tag is put on it");
    }
    sandbox.image(&tag, &Image::new("proven").marked(&hash));
    sandbox.plan(&[]).plan().only().expect("retag");
}
