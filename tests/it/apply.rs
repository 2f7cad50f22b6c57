//! `imgplan apply`: tags are put on the identical image, once, whoever else does the same at that moment.

use crate::support::image;
use crate::support::{Image, Remote, Sandbox};

/// A retag puts the commit's tag on the very same image, and the plan that is printed shows it done.
#[test]
fn a_retag_keeps_the_digest() {
    let sandbox = Sandbox::small();
    let digest = sandbox.build_all().remove(0);
    let plan = sandbox.apply(&[]).plan();
    assert_eq!(plan.only().digest(), Some(digest.as_str()));
    assert_eq!(plan.only().list("missing_tags"), [""; 0]);
    assert_eq!(sandbox.tags().get(&sandbox.sha7()), Some(&digest));
    sandbox.plan(&[]).plan().only().expect("up-to-date");
}

/// A README edit costs a tag, not a build.
#[test]
fn a_readme_edit_costs_a_tag() {
    let sandbox = Sandbox::small();
    let digest = sandbox.build_all().remove(0);
    sandbox.apply(&[]).run().expect(0);
    sandbox.append("README.md", "More.\n");
    sandbox.commit("Tell more");
    sandbox.plan(&[]).plan().only().expect("retag");
    sandbox.apply(&[]).run().expect(0);
    assert_eq!(sandbox.tags().len(), 3, "the content tag and two commit tags: {:?}", sandbox.tags());
    assert!(sandbox.tags().values().all(|at| *at == digest));
}

/// A second apply changes no byte.
#[test]
fn applying_again_does_nothing() {
    let sandbox = Sandbox::small();
    sandbox.build_all();
    sandbox.apply(&[]).run().expect(0);
    let files = sandbox.layout_files();
    sandbox.apply(&[]).plan().only().expect("up-to-date");
    assert_eq!(sandbox.layout_files(), files);
}

/// An index stays an index: children, annotations and digest.
#[test]
fn an_index_is_retagged_whole() {
    let sandbox = Sandbox::small();
    let hash = sandbox.hash_at("HEAD");
    let plan = sandbox.plan(&[]).plan();
    let index = Image::new("index").marked(&hash).platforms(&["linux/amd64", "linux/arm64"]);
    let digest = sandbox.image(plan.only().content_tag(), &index);
    sandbox.apply(&[]).run().expect(0);
    assert_eq!(sandbox.tags().get(&sandbox.sha7()), Some(&digest));
}

/// Without a builder, apply leaves a build as it is: exit 0, nothing written.
#[test]
fn without_a_builder_a_build_is_left_to_others() {
    let sandbox = Sandbox::small();
    sandbox.apply(&[]).plan().only().expect("build");
    sandbox.apply(&["--detailed-exitcode"]).run().expect(10);
    assert_eq!(sandbox.tags().len(), 0);
}

/// Two pipelines of one commit, and one of another commit with the same content, at the same moment: all succeed,
/// and every tag is there.
#[test]
fn applies_at_once_do_not_disturb_each_other() {
    let sandbox = Sandbox::small();
    let digest = sandbox.build_all().remove(0);
    let first = sandbox.sha7();
    sandbox.append("README.md", "More.\n");
    sandbox.commit("Tell more");
    let second = sandbox.sha7();
    for _ in 0..5 {
        let runs: Vec<_> = ["HEAD", "HEAD", "HEAD~1"].map(|commit| sandbox.apply(&[commit]).start()).into();
        for run in runs {
            run.finish().expect(0);
        }
        let tags = sandbox.tags();
        assert_eq!((tags.get(&first), tags.get(&second)), (Some(&digest), Some(&digest)), "{tags:?}");
        assert_eq!(tags.len(), 3);
        // Start over with the content tag alone.
        let tag = tags.keys().find(|tag| tag.starts_with("content-")).unwrap().clone();
        std::fs::remove_dir_all(sandbox.layout()).unwrap();
        let hash = sandbox.hash_at("HEAD");
        assert_eq!(sandbox.image(&tag, &Image::new(&hash).marked(&hash)), digest);
    }
}

/// A conflict writes none of the image's tags; naming the tag lets it move.
#[test]
fn a_conflict_moves_only_the_tag_that_is_named() {
    let sandbox = Sandbox::small();
    let content = sandbox.build_all().remove(0);
    let tag = sandbox.sha7();
    let other = sandbox.image(&tag, &Image::new("something else"));
    sandbox.apply(&[]).run().expect(5).plan().only().expect("conflict");
    assert_eq!(sandbox.tags().get(&tag), Some(&other));
    sandbox.apply(&["--move-tag", "another"]).run().expect(5);
    assert_eq!(sandbox.tags().get(&tag), Some(&other));
    sandbox.apply(&["--move-tag", &tag]).run().expect(0);
    assert_eq!(sandbox.tags().get(&tag), Some(&content));
}

/// On a skipped branch nothing is written, even where the image is there.
#[test]
fn a_skipped_branch_writes_nothing() {
    let sandbox = Sandbox::small();
    sandbox.build_all();
    sandbox.git(&["checkout", "--quiet", "-b", "renku/autosave/u/main/abc1234/abc1234"]);
    let files = sandbox.layout_files();
    sandbox.apply(&[]).plan().only().expect("skip");
    assert_eq!(sandbox.layout_files(), files);
}

/// A floating tag follows the tip of its branch, and an old commit never takes it back.
#[test]
fn a_floating_tag_never_goes_back() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[tags]\nfloating = [\"{branch}\"]\n");
    sandbox.commit("Follow the branch");
    let first = sandbox.build_all().remove(0);
    sandbox.apply(&[]).run().expect(0);
    assert_eq!(sandbox.tags().get("main"), Some(&first));
    sandbox.write("app.txt", "two\n");
    sandbox.commit("Another app");
    let second = sandbox.build_all().remove(0);
    let plan = sandbox.plan(&[]).plan();
    assert!(plan.only().list("missing_tags").contains(&"main"), "it is elsewhere");
    sandbox.apply(&[]).run().expect(0);
    assert_eq!(sandbox.tags().get("main"), Some(&second));
    sandbox.apply(&["HEAD~1"]).run().expect(0);
    assert_eq!(sandbox.tags().get("main"), Some(&second), "not from an old commit");
}

/// A fork finds the image of the project it came from, and copies it.
#[test]
fn an_image_of_another_repository_is_copied() {
    let sandbox = Sandbox::small();
    let upstream = sandbox.beside("upstream");
    sandbox.write("imgplan.toml", &format!("look-in = [\"oci:{}\"]\n", upstream.display()));
    sandbox.commit("Look upstream");
    let plan = sandbox.plan(&[]).plan();
    let (hash, tag) = (plan.only().hash(), plan.only().content_tag());
    let digest = Image::new("upstream's").marked(hash).write(&upstream, tag);
    let plan = sandbox.plan(&[]).plan();
    plan.only().expect("retag");
    assert_eq!(plan.only().how(), Some("repository"));
    sandbox.apply(&[]).run().expect(0);
    assert_eq!(sandbox.tags().get(&sandbox.sha7()), Some(&digest));
    assert_eq!(sandbox.tags().get(tag), Some(&digest));
    assert_eq!(image::tags(&upstream).len(), 1, "nothing is written there");
    std::fs::remove_dir_all(&upstream).unwrap();
    sandbox.plan(&[]).plan().only().expect("up-to-date");
}

/// The same over HTTP: the registry holds the identical image under the new tag.
#[test]
fn a_retag_in_a_registry_keeps_the_digest() {
    let sandbox = Sandbox::small();
    let remote = Remote::with_tokens();
    let repository = remote.repository("acme/app");
    let call =
        |command| remote.login(sandbox.imgplan(&[command, "--format", "json", "--repository", &repository]));
    let plan = call("plan").plan();
    let (hash, tag) = (plan.only().hash(), plan.only().content_tag());
    let digest = remote.push("acme/app", tag, &Image::new("built").marked(hash));
    call("apply").plan();
    assert_eq!(remote.digest("acme/app", &sandbox.sha7()), Some(digest));
    call("plan").plan().only().expect("up-to-date");
}

/// A floating tag without a branch in its name goes back as little: where no branch is known, it stays.
#[test]
fn latest_is_not_taken_back_by_an_old_commit() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[tags]\nfloating = [\"latest\"]\n");
    sandbox.commit("Follow the tip");
    sandbox.build_all();
    sandbox.apply(&[]).run().expect(0);
    sandbox.write("app.txt", "two\n");
    sandbox.commit("Another app");
    let second = sandbox.build_all().remove(0);
    sandbox.apply(&[]).run().expect(0);
    assert_eq!(sandbox.tags().get("latest"), Some(&second));
    let plan = sandbox.apply(&["HEAD~1"]).plan();
    assert!(plan.only().list("warnings").iter().any(|note| note.contains("latest")), "{:#}", plan.0);
    assert_eq!(sandbox.tags().get("latest"), Some(&second), "not from an old commit");
}
