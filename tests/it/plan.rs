//! `imgplan plan`: which action each image gets, and that planning never writes.

use serde_json::Value;

use crate::support::plan::texts;
use crate::support::remote::Fault;
use crate::support::sandbox::FIRST_COMMIT;
use crate::support::{Image, Remote, Sandbox};

/// A Renku project needs no configuration and no registry: the plan says where it would look, and creates nothing.
#[test]
fn a_renku_project_needs_no_configuration() {
    let sandbox = Sandbox::fixture("renku-python");
    let run = sandbox.imgplan(&["plan", "--format", "json"]).run().expect(0).says(&["imgplan/oci"]);
    let plan = run.plan();
    let image = plan.only();
    image.expect("build");
    assert_eq!(image.list("tags"), [sandbox.sha7()]);
    assert!(image.text("repository").starts_with("oci:"), "{}", image.text("repository"));
    assert!(!sandbox.root().join(".git/imgplan").exists(), "plan creates nothing");
}

/// The first plan hands a builder all that it needs.
#[test]
fn the_first_plan_is_a_build() {
    let sandbox = Sandbox::small();
    let plan = sandbox.plan(&[]).plan();
    assert_eq!(plan.0["commit"], sandbox.head());
    let image = plan.only();
    image.expect("build");
    assert_eq!(image.hash().len(), 64);
    assert_eq!(image.content_tag(), format!("content-{}", &image.hash()[..40]));
    assert_eq!(image.text("repository"), sandbox.repository());
    assert_eq!((image.digest(), image.how()), (None, None));
    assert!(!image.reason().is_empty());
    assert_eq!(image.list("missing_tags"), [sandbox.sha7()]);

    let build = image.build();
    assert_eq!((&build["context"], &build["dockerfile"]), (&Value::from("."), &Value::from("Dockerfile")));
    let reference = |tag: &str| format!("{}:{tag}", sandbox.repository());
    assert_eq!(texts(&build["tags"]), [reference(image.content_tag()), reference(&sandbox.sha7())]);
    for marks in [&build["annotations"], &build["labels"]] {
        assert_eq!(marks["dev.imgplan.content-hash"], image.hash());
        assert_eq!(marks["org.opencontainers.image.revision"], sandbox.head());
        let created = marks["org.opencontainers.image.created"].as_str().expect("created");
        assert_eq!(
            created.parse::<jiff::Timestamp>().unwrap().as_second(),
            FIRST_COMMIT,
            "the commit's time"
        );
    }
    assert!(!sandbox.layout().exists(), "plan creates nothing");
}

/// Version 1 has these fields, all of them, in every action.
#[test]
fn version_1_has_exactly_these_fields() {
    let sandbox = Sandbox::small();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let check = |plan: &Value| {
        assert_eq!(keys(plan), "version commit images");
        assert_eq!(
            keys(&plan["images"][0]),
            "name action reason content_hash content_tag repository digest reference from tags missing_tags \
             warnings depends_on build moves"
        );
    };
    let build = sandbox.plan(&[]).plan();
    check(&build.0);
    assert_eq!(
        keys(build.only().build()),
        "context dockerfile target args contexts platforms tags labels annotations cache_from fresh"
    );
    sandbox.build_all();
    let retag = sandbox.plan(&[]).plan();
    check(&retag.0);
    assert_eq!(keys(retag.only().field("from")), "how repository tag");
    assert_eq!(retag.only().field("build"), &Value::Null);
}

/// An image under the content tag is enough: the commit's tag is put on it.
#[test]
fn an_image_under_the_content_tag_is_retagged() {
    let sandbox = Sandbox::small();
    let digest = sandbox.build_all().remove(0);
    let before = sandbox.layout_files();
    let plan = sandbox.plan(&[]).plan();
    let image = plan.only();
    image.expect("retag");
    assert_eq!((image.digest(), image.how()), (Some(digest.as_str()), Some("content")));
    assert_eq!(image.text("reference"), format!("{}@{digest}", sandbox.repository()));
    assert_eq!(image.field("from")["tag"], image.content_tag());
    assert_eq!(image.field("from")["repository"], sandbox.repository());
    assert_eq!(image.list("missing_tags"), [sandbox.sha7()]);
    assert_eq!(sandbox.layout_files(), before, "plan writes nothing");
}

/// Where the commit's tag is at the same image already, there is nothing to do.
#[test]
fn a_commit_that_has_its_image_is_up_to_date() {
    let sandbox = Sandbox::small();
    let digest = sandbox.build_all().remove(0);
    let hash = sandbox.hash_at("HEAD");
    sandbox.image(&sandbox.sha7(), &Image::new(&hash).marked(&hash));
    let plan = sandbox.plan(&[]).plan();
    plan.only().expect("up-to-date");
    assert_eq!(plan.only().digest(), Some(digest.as_str()));
    assert_eq!(plan.only().list("missing_tags"), [""; 0]);
}

/// The hash belongs to the content: any commit, by any name, with any working tree.
#[test]
fn any_commit_is_planned_without_a_checkout() {
    let sandbox = Sandbox::small();
    let first = sandbox.head();
    let hash = sandbox.hash_at("HEAD");
    sandbox.write("app.txt", "two\n");
    sandbox.commit("Another app");
    assert_ne!(sandbox.hash_at("HEAD"), hash);
    sandbox.git(&["tag", "--annotate", "--message", "one", "v1", &first]);
    for name in [&first, &first[..9], "HEAD~1", "v1", "main^"] {
        assert_eq!(sandbox.hash_at(name), hash, "{name}");
    }
}

/// A dirty tree is not read; what would matter in it is named.
#[test]
fn a_dirty_working_tree_is_named_and_not_read() {
    let sandbox = Sandbox::small();
    let hash = sandbox.hash_at("HEAD");
    sandbox.write("app.txt", "edited\n");
    sandbox.write("README.md", "edited\n");
    let run = sandbox.plan(&[]).run().expect(0).says(&["app.txt"]);
    assert_eq!(run.plan().only().hash(), hash);
    assert!(!run.stderr.contains("README.md"), "no input: {}", run.stderr);
}

/// Renku's autosave branches never get an image.
#[test]
fn an_autosave_branch_is_skipped() {
    let sandbox = Sandbox::small();
    let hash = sandbox.hash_at("HEAD");
    sandbox.git(&["checkout", "--quiet", "-b", "renku/autosave/u/main/abc1234/abc1234"]);
    let plan = sandbox.plan(&["--detailed-exitcode"]).plan();
    plan.only().expect("skip");
    assert_eq!((plan.only().digest(), plan.only().hash()), (None, hash.as_str()));
    assert!(plan.only().reason().contains("renku/autosave"), "{}", plan.only().reason());
}

/// CI checks out a commit, not a branch: there GitLab's own variable says which branch it is.
#[test]
fn a_detached_checkout_learns_its_branch_from_ci() {
    let sandbox = Sandbox::small();
    sandbox.git(&["checkout", "--quiet", "--detach"]);
    let branch = "renku/autosave/u/main/abc1234/abc1234";
    let call = sandbox.plan(&[]).env("GITLAB_CI", "true").env("CI", "true");
    let call = call.env("CI_COMMIT_REF_NAME", branch).env("CI_COMMIT_BRANCH", branch);
    call.env("CI_COMMIT_SHA", &sandbox.head()).plan().only().expect("skip");
}

/// `skip.branches` replaces the default.
#[test]
fn the_branches_to_skip_are_configured() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[skip]\nbranches = [\"wip/**\"]\n");
    sandbox.commit("Skip work in progress");
    sandbox.git(&["checkout", "--quiet", "-b", "wip/idea"]);
    sandbox.plan(&[]).plan().only().expect("skip");
    sandbox.git(&["checkout", "--quiet", "-b", "renku/autosave/u/main/abc1234/abc1234"]);
    sandbox.plan(&[]).plan().only().expect("build");
}

/// A write-once tag at another image is a conflict: exit 5, and the plan is printed all the same.
#[test]
fn a_commit_tag_at_another_image_is_a_conflict() {
    let sandbox = Sandbox::small();
    let content = sandbox.build_all().remove(0);
    sandbox.image(&sandbox.sha7(), &Image::new("something else"));
    let run = sandbox.plan(&[]).run().expect(5);
    let plan = run.plan();
    plan.only().expect("conflict");
    assert_eq!(plan.only().digest(), Some(content.as_str()), "the content's");
    assert!(plan.only().reason().contains(&sandbox.sha7()), "{}", plan.only().reason());
}

/// A registry that cannot answer is never "missing": exit 3, unless the policy is to build.
#[test]
fn a_registry_that_cannot_answer_is_unknown() {
    let sandbox = Sandbox::small();
    let remote = Remote::start();
    remote.fault("acme/app", Fault::Status(500));
    let repository = remote.repository("acme/app");
    let plan = ["plan", "--format", "json", "--repository", &repository];
    let run = sandbox.imgplan(&plan).run().expect(3);
    let hash = sandbox.hash_at("HEAD");
    run.plan().only().expect("unknown");
    assert_eq!((run.plan().only().digest(), run.plan().only().hash()), (None, hash.as_str()));

    sandbox.write("imgplan.toml", "on-unknown = \"build\"\n");
    sandbox.commit("Build where the registry does not answer");
    let run = sandbox.imgplan(&plan).run().expect(0);
    run.plan().only().expect("build");
    // The commit's tag may be there: a build that pushes it would overwrite what is written once.
    assert_eq!(run.plan().only().list("missing_tags"), [""; 0]);
    let pushed = run.plan().only().build()["tags"].to_string();
    assert!(pushed.contains(":content-") && !pushed.contains(&sandbox.sha7()), "{pushed}");
    run.shows(&["is left to the next run: it is written once, and whether it is there is not known"]);
}

/// `--force` and `IMGPLAN_FORCE` build what is there already.
#[test]
fn a_forced_build_ignores_the_image() {
    let sandbox = Sandbox::small();
    sandbox.build_all();
    sandbox.plan(&["--force"]).plan().only().expect("build");
    sandbox.plan(&[]).env("IMGPLAN_FORCE", "1").plan().only().expect("build");
    let asked = |value: &str, args: &[&str]| {
        sandbox.plan(args).env("IMGPLAN_FORCE", value).plan().only().reason().to_owned()
    };
    assert!(asked("yes", &[]).ends_with("asked for by IMGPLAN_FORCE"));
    for no in ["0", "False", "off"] {
        assert!(asked(no, &["--force"]).ends_with("asked for by --force"), "{no}");
    }
    sandbox.plan(&[]).plan().only().expect("retag");
}

/// An image that lacks a configured platform is built again, and the reason names the platform.
#[test]
fn an_image_without_a_platform_is_built() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[image]\nplatforms = [\"linux/amd64\", \"linux/arm64\"]\n");
    sandbox.commit("Two platforms");
    let plan = sandbox.plan(&[]).plan();
    let (hash, tag) = (plan.only().hash(), plan.only().content_tag());
    sandbox.image(tag, &Image::new("one").marked(hash));
    let missing = sandbox.plan(&[]).plan();
    missing.only().expect("build");
    assert!(missing.only().reason().contains("linux/arm64"), "{}", missing.only().reason());
    assert_eq!(texts(&missing.only().build()["platforms"]), ["linux/amd64", "linux/arm64"]);

    sandbox.image(tag, &Image::new("both").marked(hash).platforms(&["linux/amd64", "linux/arm64"]));
    sandbox.plan(&[]).plan().only().expect("retag");
}

/// `max-age` counts from the image's own `created` annotation.
#[test]
fn an_image_past_its_age_is_built() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[image]\nmax-age = \"30d\"\n");
    sandbox.commit("Images of a month");
    let plan = sandbox.plan(&[]).plan();
    let (hash, tag) = (plan.only().hash(), plan.only().content_tag());
    sandbox.image(tag, &Image::new("old").marked(hash).created("2020-02-02T00:00:00Z"));
    sandbox.plan(&[]).plan().only().expect("build");
    sandbox.image(tag, &Image::new("new").marked(hash).created(&jiff::Timestamp::now().to_string()));
    sandbox.plan(&[]).plan().only().expect("retag");
}

/// 10 where something must be built, 0 where not, and only on request.
#[test]
fn a_detailed_exit_status_tells_of_builds() {
    let sandbox = Sandbox::small();
    sandbox.plan(&[]).run().expect(0);
    sandbox.plan(&["--detailed-exitcode"]).run().expect(10).plan().only().expect("build");
    sandbox.build_all();
    sandbox.plan(&["--detailed-exitcode"]).run().expect(0).plan().only().expect("retag");
}

/// `-v` says on stderr what was hashed, so that two commits can be compared.
#[test]
fn verbose_says_what_was_hashed() {
    let sandbox = Sandbox::small();
    let run = sandbox.plan(&["-v"]).run().expect(0);
    assert!(run.stderr.contains(r#"images: file: "main" "" "app.txt" "100644""#), "{}", run.stderr);
    assert!(run.stderr.contains(r#"images: instruction: "COPY app.txt /""#), "{}", run.stderr);
    let quiet = sandbox.plan(&[]).run().expect(0);
    assert!(!quiet.stderr.contains("instruction"), "{}", quiet.stderr);
}
