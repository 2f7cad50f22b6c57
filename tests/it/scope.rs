//! Scopes: a pull request finds what the trusted pipeline built, and writes nothing that the trusted pipeline finds.

use crate::support::remote::Fault;
use crate::support::{Image, Remote, Sandbox};

const TINY: &str = concat!("'", env!("CARGO_MANIFEST_DIR"), "/scripts/tiny-builder'");

/// A small project whose content is built, without a scope, and the digest.
fn trusted() -> (Sandbox, String) {
    let sandbox = Sandbox::small();
    let digest = sandbox.build_all().remove(0);
    (sandbox, digest)
}

fn content_tag(sandbox: &Sandbox) -> String {
    sandbox.plan(&[]).plan().only().content_tag().to_owned()
}

#[test]
fn a_scoped_run_reuses_the_trusted_image() {
    let (sandbox, digest) = trusted();
    let content = content_tag(&sandbox);
    let plan = sandbox.plan(&["--scope", "pr"]).plan();
    let image = plan.only();
    image.expect("retag");
    assert_eq!((image.how(), image.digest()), (Some("content"), Some(digest.as_str())));
    assert_eq!(image.field("from")["tag"], content.as_str());
    assert_eq!(image.content_tag(), format!("pr-{content}"));

    sandbox.apply(&["--scope", "pr"]).run().expect(0);
    let (commit, tags) = (sandbox.sha7(), sandbox.tags());
    assert_eq!(tags[&format!("pr-{content}")], digest);
    assert_eq!(tags[&format!("pr-{commit}")], digest);
    assert!(!tags.contains_key(&commit), "no trusted tag is written: {tags:?}");
    sandbox.plan(&["--scope", "pr"]).plan().only().expect("up-to-date");
}

/// What a pull request built is found by its own scope alone.
#[test]
fn a_run_without_a_scope_never_reads_a_scoped_tag() {
    let sandbox = Sandbox::small();
    sandbox.apply(&["--scope", "pr", "--build-command", TINY]).run().expect(0);
    let scoped = sandbox.tags();
    assert!(scoped.keys().all(|tag| tag.starts_with("pr-")), "{scoped:?}");
    sandbox.plan(&["--scope", "pr"]).plan().only().expect("up-to-date");
    sandbox.plan(&["--scope", "other"]).plan().only().expect("build");
    // By its content, by its commit, and in search of earlier commits, also of images that would be adopted.
    sandbox.plan(&[]).plan().only().expect("build");
    sandbox.append("README.md", "More.\n");
    sandbox.commit("Tell more");
    for args in [&[][..], &["--adopt"]] {
        let plan = sandbox.plan(args).plan();
        plan.only().expect("build");
        assert_eq!(plan.only().build()["cache_from"], serde_json::json!([]));
        assert!(!plan.only().reason().contains("pr-"), "{}", plan.only().reason());
    }
    let repository = sandbox.repository();
    for commit in ["HEAD", "HEAD~1"] {
        sandbox.imgplan(&["resolve", "--repository", &repository, commit]).run().expect(4);
    }
    let log = ["log", "--format", "json", "--repository", &repository];
    let commits = sandbox.imgplan(&log).run().expect(0).json();
    for commit in commits["commits"].as_array().unwrap() {
        assert_eq!(commit["images"][0]["image"], "missing", "{commit:#}");
    }
}

#[test]
fn resolve_reads_both_under_a_scope() {
    let (sandbox, digest) = trusted();
    let repository = sandbox.repository();
    let resolve = || sandbox.imgplan(&["resolve", "--scope", "pr", "--repository", &repository]);
    assert_eq!(resolve().run().expect(0).line(), format!("{repository}@{digest}"));
    let log = || {
        let args = ["log", "--scope", "pr", "--format", "json", "--repository", &repository];
        sandbox.imgplan(&args).run().expect(0).json()["commits"][0]["images"][0].clone()
    };
    let shown = log();
    assert_eq!((&shown["image"], &shown["digest"]), (&"content-tag".into(), &digest.as_str().into()));
    assert_eq!(shown["content_tag"], content_tag(&sandbox));
    // The commit's own scoped tag goes before, and the difference is said.
    let own = sandbox.image(&format!("pr-{}", sandbox.sha7()), &Image::new("built in the pull request"));
    let run = resolve().run().expect(0).says(&["is at", &digest]);
    assert_eq!(run.line(), format!("{repository}@{own}"));
    let shown = log();
    assert_eq!((&shown["image"], &shown["digest"]), (&"commit-tag".into(), &own.as_str().into()));
}

/// An older image of the same content stays the pull request's: its commit tag is written once.
#[test]
fn an_older_scoped_build_keeps_its_commit_tag() {
    let sandbox = Sandbox::small();
    sandbox.apply(&["--scope", "pr", "--build-command", TINY]).run().expect(0);
    let before = sandbox.tags();
    let digest = sandbox.build_all().remove(0);
    let plan = sandbox.apply(&["--scope", "pr"]).plan();
    plan.only().expect("up-to-date");
    assert_eq!(plan.only().digest(), before.get(&format!("pr-{}", sandbox.sha7())).map(String::as_str));
    sandbox.append("README.md", "More.\n");
    sandbox.commit("Tell more");
    assert_eq!(sandbox.plan(&["--scope", "pr"]).plan().only().digest(), Some(digest.as_str()));
    let after = sandbox.tags();
    assert!(before.iter().all(|(tag, digest)| after[tag] == *digest), "{before:?} {after:?}");
}

/// A trusted image that is too old is no reason to build a pull request's own image again and again.
#[test]
fn the_scopes_own_image_is_used_where_the_trusted_one_cannot_be() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[image]\nmax-age = \"30d\"\n");
    sandbox.commit("Not too old");
    let plan = sandbox.plan(&["--scope", "pr"]).plan();
    let (hash, content) = (plan.only().hash().to_owned(), content_tag(&sandbox));
    sandbox.image(&content, &Image::new("old").marked(&hash).created("2001-01-01T00:00:00Z"));
    let plan = sandbox.plan(&["--scope", "pr"]).plan();
    plan.only().expect("build");
    assert!(plan.only().reason().contains("max-age"), "{}", plan.only().reason());
    // Also where this commit was given the old image before, and the scope's content tag is gone.
    sandbox.image(
        &format!("pr-{}", sandbox.sha7()),
        &Image::new("old").marked(&hash).created("2001-01-01T00:00:00Z"),
    );
    sandbox
        .plan(&["--scope", "pr", "--move-tag", &format!("pr-{}", sandbox.sha7())])
        .plan()
        .only()
        .expect("build");
    let new = Image::new("new").marked(&hash).created("2999-01-01T00:00:00Z");
    let new = sandbox.image(&format!("pr-{content}"), &new);
    let plan = sandbox.plan(&["--scope", "pr"]).plan();
    plan.only().expect("up-to-date");
    assert_eq!(plan.only().digest(), Some(new.as_str()));
}

/// Whether the trusted image is there must be known: "no answer" is not "missing".
#[test]
fn an_unknown_trusted_answer_is_unknown() {
    let (sandbox, remote) = (Sandbox::small(), Remote::start());
    let (trusted, scoped) = (remote.repository("acme/app"), remote.repository("acme/app-pr"));
    let configure = |policy: &str| {
        let text = format!("repository = \"{trusted}\"\n{policy}[scopes.pr]\nrepository = \"{scoped}\"\n");
        sandbox.write("imgplan.toml", &text);
        sandbox.commit("A scope");
    };
    configure("");
    remote.fault("acme/app", Fault::Status(500));
    let plan = || sandbox.imgplan(&["plan", "--format", "json", "--scope", "pr"]);
    plan().run().expect(3).plan().only().expect("unknown");
    configure("on-unknown = \"build\"\n");
    plan().plan().only().expect("build");
}

/// A scope with a repository of its own: written there, read from the trusted one, and copied.
#[test]
fn a_scope_may_have_a_repository_of_its_own() {
    let sandbox = Sandbox::small();
    let layout = |name: &str| format!("oci:{}", sandbox.beside(name).display());
    let (trusted, scoped) = (layout("shop"), layout("shop-pr"));
    let file = format!("repository = \"{trusted}\"\n\n[scopes.pr]\nrepository = \"{scoped}\"\n");
    sandbox.write("imgplan.toml", &file);
    sandbox.commit("A scope");
    let imgplan = |args: &[&str]| sandbox.imgplan(&[args, &["--format", "json"]].concat());
    let plan = imgplan(&["plan"]).plan();
    let content = plan.only().content_tag().to_owned();
    let digest = Image::new("x").marked(plan.only().hash()).write(&sandbox.beside("shop"), &content);
    let before = crate::support::image::tags(&sandbox.beside("shop"));
    for scope in ["pr", "pr-7"] {
        let plan = imgplan(&["plan", "--scope", scope]).plan();
        let image = plan.only();
        image.expect("retag");
        assert_eq!((image.text("name"), image.text("repository")), ("shop", scoped.as_str()));
        assert_eq!((image.how(), image.digest()), (Some("repository"), Some(digest.as_str())));
        assert_eq!(
            (&image.field("from")["repository"], &image.field("from")["tag"]),
            (&trusted.as_str().into(), &content.as_str().into())
        );
        let resolved = sandbox.imgplan(&["resolve", "--scope", scope]).run().expect(0);
        assert_eq!(resolved.line(), format!("{trusted}@{digest}"));
        imgplan(&["apply", "--scope", scope]).plan().only().expect("up-to-date");
        imgplan(&["plan", "--scope", scope]).plan().only().expect("up-to-date");
        let resolved = sandbox.imgplan(&["resolve", "--scope", scope]).run().expect(0);
        assert_eq!(resolved.line(), format!("{scoped}@{digest}"));
        let tags = crate::support::image::tags(&sandbox.beside("shop-pr"));
        assert_eq!(tags[&format!("{scope}-{content}")], digest);
        assert_eq!(tags[&format!("{scope}-{}", sandbox.sha7())], digest);
    }
    assert_eq!(crate::support::image::tags(&sandbox.beside("shop")), before, "nothing is written there");

    // What is built goes there, too, and stays unseen without the scope.
    sandbox.write("app.txt", "two\n");
    sandbox.commit("Another app");
    imgplan(&["apply", "--scope", "pr", "--build-command", TINY]).plan().only().expect("up-to-date");
    imgplan(&["plan"]).plan().only().expect("build");
    assert_eq!(crate::support::image::tags(&sandbox.beside("shop")), before, "nothing is written there");

    // The command line goes before all.
    let named = layout("named");
    let plan = imgplan(&["plan", "--scope", "pr", "--repository", &named]).plan();
    assert_eq!(plan.only().text("repository"), named);
    let plan = imgplan(&["plan", "--scope", "pr"]).env("IMGPLAN_REPOSITORY", &named).plan();
    assert_eq!(plan.only().text("repository"), named);
    // A scope without a table writes beside the trusted images, with its prefix.
    let plan = imgplan(&["plan", "--scope", "qa"]).plan();
    assert_eq!(plan.only().text("repository"), trusted);
}

/// A pull request is built on trusted commits: the reason says what changed since, and their layers are reused.
#[test]
fn a_scoped_build_is_compared_with_the_trusted_commit() {
    let sandbox = Sandbox::small();
    sandbox.apply(&["--build-command", TINY]).run().expect(0);
    let trusted = sandbox.sha7();
    sandbox.write("app.txt", "two\n");
    sandbox.commit("Another app");
    let plan = sandbox.plan(&["--scope", "pr"]).plan();
    plan.only().expect("build");
    assert_eq!(
        plan.only().reason(),
        format!("no image has these inputs yet; since commit {trusted}, app.txt changed")
    );
    let cache = format!("{}:{trusted}", sandbox.repository());
    assert_eq!(plan.only().build()["cache_from"], serde_json::json!([cache]));
    // The scope's own build is nearer.
    sandbox.apply(&["--scope", "pr", "--build-command", TINY]).run().expect(0);
    let own = format!("pr-{}", sandbox.sha7());
    sandbox.write("app.txt", "three\n");
    sandbox.commit("A third app");
    let plan = sandbox.plan(&["--scope", "pr"]).plan();
    let own = format!("{}:{own}", sandbox.repository());
    assert_eq!(plan.only().build()["cache_from"], serde_json::json!([own, cache]));
}

/// A fork's parent has its trusted images under their own tags.
#[test]
fn other_repositories_are_asked_for_their_trusted_images() {
    let sandbox = Sandbox::small();
    let upstream = sandbox.beside("upstream");
    sandbox.write("imgplan.toml", &format!("look-in = [\"oci:{}\"]\n", upstream.display()));
    sandbox.commit("Look upstream");
    let plan = sandbox.plan(&["--scope", "pr"]).plan();
    let content = content_tag(&sandbox);
    let image = Image::new("built in a pull request").marked(plan.only().hash());
    image.write(&upstream, plan.only().content_tag());
    sandbox.plan(&["--scope", "pr"]).plan().only().expect("build");
    let digest = Image::new("built upstream").marked(plan.only().hash()).write(&upstream, &content);
    let plan = sandbox.plan(&["--scope", "pr"]).plan();
    assert_eq!((plan.only().how(), plan.only().digest()), (Some("repository"), Some(digest.as_str())));
    assert_eq!(plan.only().field("from")["tag"], content.as_str());
    sandbox.apply(&["--scope", "pr"]).run().expect(0);
    assert!(sandbox.tags().keys().all(|tag| tag.starts_with("pr-")), "{:?}", sandbox.tags());
}

/// An image with a place of its own is a trusted one there: under the scope it is written below the scope's repository.
#[test]
fn named_images_live_below_the_scopes_repository() {
    let sandbox = Sandbox::small();
    let layout = |name: &str| format!("oci:{}", sandbox.beside(name).display());
    let file = format!(
        "repository = \"{}\"\n[scopes.pr]\nrepository = \"{}\"\n[images.app]\ncontext = \".\"\nrepository = \"{}\"\n",
        layout("shop"),
        layout("shop-pr"),
        layout("elsewhere")
    );
    sandbox.write("imgplan.toml", &file);
    sandbox.commit("An image with a place of its own");
    let plan = sandbox.imgplan(&["plan", "--format", "json"]).plan();
    assert_eq!(plan.only().text("repository"), layout("elsewhere"));
    let plan = sandbox.imgplan(&["plan", "--format", "json", "--scope", "pr"]).plan();
    assert_eq!(plan.only().text("repository"), format!("{}/app", layout("shop-pr")));

    // A scope must not write where an image that is trusted lives.
    sandbox.replace("imgplan.toml", &layout("elsewhere"), &format!("{}/app", layout("shop-pr")));
    sandbox.commit("The same place");
    sandbox.fails(&["plan", "--scope", "pr"], 1).says(&["scope \"pr\"", "trusted images of app"]);
}

#[test]
fn the_scope_may_come_from_the_environment() {
    let sandbox = Sandbox::small();
    let tags = |scope: &str, args: &[&str]| {
        let plan = sandbox.plan(args).env("IMGPLAN_SCOPE", scope).plan();
        plan.only().list("tags").iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>()
    };
    let sha7 = sandbox.sha7();
    assert_eq!(tags("pr", &[]), [format!("pr-{sha7}")]);
    assert_eq!(tags("", &[]), [sha7.as_str()]);
    assert_eq!(tags("pr", &["--scope", "qa"]), [format!("qa-{sha7}")]);
    let wrong = sandbox.plan(&[]).env("IMGPLAN_SCOPE", "content").run().expect(2);
    wrong.says(&["IMGPLAN_SCOPE", "look like content tags", "hint:"]);
    // Commands that read no tags do not mind.
    sandbox.imgplan(&["explain"]).env("IMGPLAN_SCOPE", "content").run().expect(0);
}

/// Names whose tags could be taken for others.
#[test]
fn a_scope_that_could_write_anothers_tags_is_refused() {
    let sandbox = Sandbox::small();
    for scope in ["content", "content-x", "x-content"] {
        sandbox.plan(&["--scope", scope]).run().expect(2).says(&["look like content tags"]);
    }
    sandbox.write("imgplan.toml", "[tags]\ncommit = \"pr-{sha:7}\"\n");
    sandbox.commit("Tags that begin like a scope");
    let run = sandbox.plan(&["--scope", "pr"]).run().expect(1);
    run.says(&["imgplan.toml:2:10", "the scope \"pr\"", "begin with `pr-`", "hint:"]);
    sandbox.plan(&["--scope", "qa"]).run().expect(0);
    // Where the scope is configured, that is seen before any pull request is there.
    let file = "repository = \"ghcr.io/acme/shop\"\n[tags]\ncommit = \"pr-{sha:7}\"\nfloating = [\"{branch}\"]\n\
                [scopes.pr]\nrepository = \"ghcr.io/acme/shop\"\n[scopes.qa]\n[scopes.qb]\nrepositry = \"x\"\n";
    sandbox.write("imgplan.toml", file);
    let run = sandbox.fails(&["check"], 1);
    run.says(&[
        "imgplan.toml:3:10",
        "imgplan.toml:6:14",
        "the project's own repository",
        "a scope without a repository",
        "did you mean `repository`?",
    ]);
}

/// A branch whose floating tag would look like one of a configured scope's.
#[test]
fn a_branch_cannot_write_a_configured_scopes_tag() {
    let sandbox = Sandbox::small();
    sandbox.write(
        "imgplan.toml",
        "[tags]\nfloating = [\"{branch}\"]\n[scopes.pr]\nrepository = \"ghcr.io/acme/shop-pr\"\n",
    );
    sandbox.commit("A scope");
    sandbox.plan(&[]).run().expect(0);
    sandbox.git(&["checkout", "--quiet", "-b", "pr/main"]);
    sandbox.plan(&[]).run().expect(1).says(&["pr-main", "scope \"pr\"", "hint: rename the branch"]);
    sandbox.plan(&["--scope", "pr"]).run().expect(0);
}
