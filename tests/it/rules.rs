//! Rules over refs and commits: `[only]`, a build that a commit's message asks for, and what is said of CI's variables.

use crate::support::{Image, Remote, Sandbox};

const TINY: &str = concat!("'", env!("CARGO_MANIFEST_DIR"), "/scripts/tiny-builder'");
const REVISION: &str = "org.opencontainers.image.revision";

fn only(text: &str) -> Sandbox {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", &format!("[only]\n{text}\n"));
    sandbox.commit("Only some refs");
    sandbox
}

#[test]
fn only_the_named_branches_are_done() {
    let sandbox = only("branches = [\"main\", \"release/**\"]");
    sandbox.plan(&[]).plan().only().expect("build");
    sandbox.git(&["checkout", "--quiet", "-b", "release/1/2"]);
    sandbox.plan(&[]).plan().only().expect("build");
    sandbox.git(&["checkout", "--quiet", "-b", "feature"]);
    let plan = sandbox.plan(&[]).plan();
    plan.only().expect("skip");
    assert_eq!(plan.only().reason(), "the branch feature matches none of only.branches (main, release/**)");
    assert_eq!(plan.only().hash().len(), 64);
    // skip.branches goes before.
    sandbox.append("imgplan.toml", "[skip]\nbranches = [\"release/**\"]\n");
    sandbox.git(&["checkout", "--quiet", "release/1/2"]);
    let plan = sandbox.plan(&[]).plan();
    assert!(plan.only().reason().contains("skip.branches"), "{}", plan.only().reason());
}

#[test]
fn only_the_named_git_tags_are_done() {
    let sandbox = only("tags = [\"v*\"]");
    let plan = sandbox.plan(&[]).plan();
    plan.only().expect("skip");
    assert_eq!(plan.only().reason(), "the branch main matches none of only.branches (there are none)");
    sandbox.git(&["tag", "v1"]);
    sandbox.git(&["tag", "other"]);
    sandbox.plan(&["v1"]).plan().only().expect("build");
    sandbox.plan(&["other"]).plan().only().expect("skip");
    let head = sandbox.head();
    for (commit, tag) in [("v2", "build"), ("w2", "skip")] {
        let gitlab = sandbox.plan(&[]).env("CI_COMMIT_SHA", &head).env("CI_COMMIT_TAG", commit);
        gitlab.plan().only().expect(tag);
        let github = sandbox.plan(&[]).env("GITHUB_SHA", &head).env("GITHUB_REF_TYPE", "tag");
        github.env("GITHUB_REF_NAME", commit).plan().only().expect(tag);
    }
}

/// A commit of which nothing is known is not done, and the reason says how to name a branch.
#[test]
fn a_commit_without_a_ref_is_skipped() {
    let sandbox = only("branches = [\"main\"]");
    sandbox.git(&["checkout", "--quiet", "--detach"]);
    let plan = sandbox.plan(&[]).plan();
    plan.only().expect("skip");
    assert!(plan.only().reason().contains("imgplan plan main"), "{}", plan.only().reason());
    sandbox.plan(&["main"]).plan().only().expect("build");
}

#[test]
fn problems_of_only_are_told_with_the_others() {
    let sandbox = only("branch = [\"main\"]\ntags = \"v*\"\nbranches = [\"[\"]");
    let run = sandbox.fails(&["check"], 1);
    run.says(&[
        "imgplan.toml:2:1: only.branch: there is no such key",
        "did you mean `branches`?",
        "imgplan.toml:3:8: only.tags: expected a list of strings",
        "imgplan.toml:4:14: only.branches[0]",
    ]);
    only("").fails(&["check"], 1).says(&["imgplan.toml:1:2: only: nothing would ever be done"]);
}

/// The message's last paragraph; a word in the subject or in the text is no trailer.
#[test]
fn a_commit_may_ask_for_a_new_build() {
    let sandbox = Sandbox::small();
    let digest = sandbox.build_all().remove(0);
    for message in [
        "Imgplan-Force: true",
        "Subject\n\nImgplan-Force: true\n\nMore text.",
        "Subject\n\nImgplan-Force: false",
    ] {
        sandbox.commit(message);
        let plan = sandbox.plan(&[]).plan();
        assert_eq!(plan.only().digest(), Some(digest.as_str()), "{message:?}");
    }
    for message in
        ["Subject\n\nimgplan-force: TRUE", "Subject\n\nText.\n\nSigned-off-by: Ada\nImgplan-Force: true"]
    {
        sandbox.commit(message);
        let plan = sandbox.plan(&[]).plan();
        plan.only().expect("build");
        assert_eq!(plan.only().reason(), "the commit's message asks for a new build (Imgplan-Force)");
    }
    // No run after the build that was asked for builds again, whatever the builder writes.
    let first = sandbox.apply(&["--build-command", TINY]).plan();
    assert_ne!(first.only().digest(), Some(digest.as_str()));
    let plan = sandbox.apply(&["--build-command", "exit 1"]).plan();
    plan.only().expect("up-to-date");
    assert_eq!(plan.only().digest(), first.only().digest());
    // Later commits take that image.
    sandbox.commit("Later");
    let plan = sandbox.plan(&[]).plan();
    plan.only().expect("retag");
    assert_eq!(plan.only().digest(), first.only().digest());
    // IMGPLAN_FORCE and --force are never satisfied.
    sandbox.plan(&["--force", "HEAD~1"]).plan().only().expect("build");
}

/// What proves that the image is of this commit is its revision, where its mark is the content's.
#[test]
fn the_revision_satisfies_a_trailer() {
    let sandbox = Sandbox::small();
    sandbox.commit("Again\n\nImgplan-Force: true");
    let (hash, head) = (sandbox.hash_at("HEAD"), sandbox.head());
    let content = sandbox.plan(&[]).plan().only().content_tag().to_owned();
    let image = || Image::new("built").marked(&hash);
    // As a run leaves it that knew nothing of trailers: another commit's image, retagged.
    let retagged = image().annotation(REVISION, &"a".repeat(40));
    sandbox.image(&content, &retagged);
    sandbox.image(&sandbox.sha7(), &retagged);
    sandbox.plan(&[]).plan().only().expect("build");
    sandbox.image(&content, &image().label(REVISION, &head));
    sandbox.plan(&[]).plan().only().expect("up-to-date");
    // A revision that came with a base image says nothing.
    let inherited = Image::new("built").annotation(REVISION, &head);
    sandbox.image(&content, &inherited);
    sandbox.plan(&[]).plan().only().expect("build");
}

#[test]
fn a_trailer_may_name_images() {
    let sandbox = Sandbox::new();
    for name in ["base", "app", "docs"] {
        let from = if name == "app" { "base" } else { "scratch" };
        sandbox.write(&format!("{name}/Dockerfile"), &format!("FROM {from}\nCOPY file /\n"));
        sandbox.write(&format!("{name}/file"), name);
    }
    sandbox.write(
        "imgplan.toml",
        "[images.app]\ncontext = \"app\"\ncontexts = { base = \"image:base\" }\n[images.base]\ncontext = \"base\"\n\
         [images.docs]\ncontext = \"docs\"\n",
    );
    sandbox.commit("Three images");
    sandbox.build_all();
    sandbox.commit("Again\n\nImgplan-Force: base, ap");
    let run = sandbox.plan(&[]).run().expect(0).says(&["warning:", "\"ap\"", "base, app, docs"]);
    let mut actions = run.plan().actions();
    actions.sort();
    assert_eq!(actions, ["app: build", "base: build", "docs: retag"], "children follow");
    sandbox.commit("Again\n\nImgplan-Force: app");
    let mut actions = sandbox.plan(&[]).plan().actions();
    actions.sort();
    assert_eq!(actions, ["app: build", "base: retag", "docs: retag"]);
}

/// What CI's variables decide is said, in one line each.
#[test]
fn what_is_guessed_from_variables_is_said() {
    let sandbox = Sandbox::small();
    let remote = Remote::start();
    let repository = remote.repository("acme/shop");
    let plan =
        |args: &[&str]| sandbox.imgplan(args).env("CI_REGISTRY_IMAGE", &repository).run().expect(0).stderr;
    let note = format!("repository {repository}, after CI_REGISTRY_IMAGE");
    assert!(plan(&["plan"]).contains(&note));
    assert!(!plan(&["explain"]).contains(&note));
    assert!(!plan(&["plan", "--repository", &repository]).contains("CI_REGISTRY_IMAGE"));
    let head = sandbox.head();
    let branch = || {
        let call = sandbox.plan(&[]).env("CI_COMMIT_SHA", &head).env("CI_COMMIT_BRANCH", "main");
        call.run().expect(0).stderr
    };
    assert!(!branch().contains("CI_COMMIT_BRANCH"), "nothing depends on it");
    sandbox.write("imgplan.toml", "[only]\nbranches = [\"main\"]\n");
    assert!(branch().contains("branch main, after CI_COMMIT_BRANCH"), "{}", branch());
}
