//! Tags that say when an image was built and up to which commit, as Apache TVM's do: given once by the build, kept by every
//! later commit of the same content, and read back.

use crate::support::{Plan, Sandbox};

const TINY: &str = concat!("'", env!("CARGO_MANIFEST_DIR"), "/scripts/tiny-builder'");
const TVM: &str = "[tags]\ncommit = \"{build_date:%Y%m%d-%H%M%S}-{sha:8}\"\n";
const PATH: &str = "acme/app";

fn project(config: &str) -> Sandbox {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", config);
    sandbox.commit("Tags of builds");
    sandbox
}

fn idle(sandbox: &Sandbox) {
    sandbox.append("README.md", "More.\n");
    sandbox.commit("Tell more");
}

fn sha8(sandbox: &Sandbox) -> String {
    sandbox.head()[..8].to_owned()
}

/// A build by a builder that knows nothing but `IMGPLAN_TAGS`.
fn build(sandbox: &Sandbox, now: &str) -> Plan {
    sandbox.apply(&["--build-command", TINY]).env("IMGPLAN_NOW", now).plan()
}

/// Tags without the content tags.
fn named(sandbox: &Sandbox) -> Vec<String> {
    sandbox.tags().into_keys().filter(|tag| !tag.starts_with("content-")).collect()
}

#[test]
fn a_build_gives_the_tag_and_later_commits_keep_it() {
    let sandbox = project(TVM);
    let built = build(&sandbox, "2026-07-05T14:23:49Z");
    let tag = format!("20260705-142349-{}", sha8(&sandbox));
    assert_eq!(built.only().list("tags"), [tag.as_str()]);
    assert_eq!(named(&sandbox), [tag.as_str()]);

    let again = sandbox.plan(&[]).plan();
    again.only().expect("up-to-date");
    assert_eq!(again.only().list("tags"), [tag.as_str()]);

    idle(&sandbox);
    let later = sandbox.apply(&["--build-command", "exit 1"]).plan();
    later.only().expect("up-to-date");
    assert_eq!(later.only().list("tags"), [tag.as_str()], "the tag that is there is the one that is wanted");
    assert_eq!(named(&sandbox), [tag.as_str()], "nothing was retagged");

    sandbox.write("app.txt", "two\n");
    sandbox.commit("Another app");
    build(&sandbox, "2026-07-06T00:00:01Z");
    assert_eq!(named(&sandbox), [tag, format!("20260706-000001-{}", sha8(&sandbox))]);
}

#[test]
fn resolve_and_log_read_the_tags_back() {
    let sandbox = project(TVM);
    build(&sandbox, "2026-07-05T14:23:49Z");
    let (built, sha) = (sandbox.head(), sha8(&sandbox));
    let tag = format!("20260705-142349-{sha}");
    idle(&sandbox);
    let repository = sandbox.repository();
    for commit in ["HEAD", "HEAD~1"] {
        let run = sandbox.imgplan(&["resolve", commit, "--tag", "--repository", &repository]).run().expect(0);
        assert_eq!(run.stdout, format!("{repository}:{tag}\n"));
        run.says(&[&format!("built 2026-07-05 14:23:49 UTC at {sha}")]);
    }
    let digest = sandbox.tags()[&tag].clone();
    let run = sandbox.imgplan(&["resolve", &built, "--quiet", "--repository", &repository]).run().expect(0);
    assert_eq!(run.stdout, format!("{repository}@{digest}\n"));

    let log = sandbox.imgplan(&["log", "--format", "json", "--repository", &repository]).run().expect(0);
    let log: serde_json::Value = serde_json::from_str(&log.stdout).unwrap();
    for commit in 0..2 {
        let built = &log["commits"][commit]["images"][0]["built"];
        let expected = serde_json::json!({ "tag": tag, "time": 1_783_261_429, "commit": sha });
        assert_eq!(*built, expected, "{log:#}");
    }
    assert_eq!(log["commits"][1]["images"][0]["commit_tag"], tag.as_str());
    let text = sandbox.imgplan(&["log", "--no-pager", "--repository", &repository]).run().expect(0);
    assert!(text.stdout.contains(&format!("{tag}, built 2026-07-05 14:23:49 UTC")), "{}", text.stdout);
}

#[test]
fn a_daily_number_counts_the_builds_of_its_day() {
    let sandbox = project("[tags]\ncommit = \"{build_date:%Y.%m.%d}.{count}\"\n");
    for (app, now) in [
        ("one", "2026-07-05T08:00:00Z"),
        ("two", "2026-07-05T12:00:00Z"),
        ("three", "2026-07-05T23:59:59Z"),
        ("four", "2026-07-06T00:00:00Z"),
    ] {
        sandbox.write("app.txt", app);
        sandbox.commit(app);
        build(&sandbox, now);
    }
    assert_eq!(named(&sandbox), ["2026.07.05.1", "2026.07.05.2", "2026.07.05.3", "2026.07.06.1"]);
    idle(&sandbox);
    build(&sandbox, "2026-07-07T00:00:00Z").only().expect("up-to-date");
    assert_eq!(named(&sandbox).len(), 4);
}

/// Two images in two repositories: each is tagged for itself.
#[test]
fn images_of_several_repositories_have_their_own_tags() {
    let sandbox = Sandbox::new();
    for name in ["a", "b"] {
        sandbox.write(&format!("{name}/Dockerfile"), "FROM scratch\nCOPY app.txt /\n");
        sandbox.write(&format!("{name}/app.txt"), name);
    }
    let images = "[images.a]\ncontext = \"a\"\n[images.b]\ncontext = \"b\"\n";
    sandbox.write("imgplan.toml", &format!("{TVM}{images}"));
    sandbox.commit("Two images");
    build(&sandbox, "2026-07-05T14:23:49Z");
    let first = format!("20260705-142349-{}", sha8(&sandbox));
    sandbox.write("b/app.txt", "changed");
    sandbox.commit("Another b");
    let plan = build(&sandbox, "2026-07-06T00:00:00Z");
    let second = format!("20260706-000000-{}", sha8(&sandbox));
    assert_eq!(plan.image("a").list("tags"), [first.as_str()]);
    assert_eq!(plan.image("b").list("tags"), [second.as_str()]);
}

/// The builder pushes what was reviewed, whenever it comes to that.
#[test]
fn a_reviewed_build_keeps_the_tag_that_was_reviewed() {
    let sandbox = project(TVM);
    let reviewed = sandbox.plan(&["--output", "json=plan.json"]).env("IMGPLAN_NOW", "1783261429").plan();
    let repository = sandbox.repository();
    let args = ["apply", "--plan", "plan.json", "--build-command", TINY, "--repository", &repository];
    sandbox.imgplan(&args).env("IMGPLAN_NOW", "1790000000").run().expect(0);
    assert_eq!(named(&sandbox), reviewed.only().list("tags"));
}

#[test]
fn the_outputs_of_a_pipeline_have_the_tag() {
    let sandbox = project(TVM);
    let repository = sandbox.repository();
    let args =
        ["plan", "--repository", &repository, "--output", "bake=bake.json", "--output", "json=plan.json"];
    sandbox.imgplan(&args).env("IMGPLAN_NOW", "1783261429").run().expect(0);
    let tag = format!("20260705-142349-{}", sha8(&sandbox));
    for (file, end) in [("bake.json", "\\\""), ("plan.json", "\"")] {
        assert!(sandbox.read(file).contains(&format!("{tag}{end}")), "{file}: {}", sandbox.read(file));
    }
}

#[test]
fn a_time_that_is_none_is_refused() {
    let sandbox = project(TVM);
    for now in ["yesterday", "-1", "2026-07-05"] {
        let run = sandbox.plan(&[]).env("IMGPLAN_NOW", now).run().expect(1);
        run.says(&["IMGPLAN_NOW", now, "date +%s"]);
    }
}

/// What a template asks of git: a description, and the last commit that changed an input.
#[test]
fn tags_tell_what_git_knows() {
    let sandbox = project("[tags]\nwrite-once = [\"{describe}\", \"in-{input_sha:10}\"]\n");
    sandbox.git(&["tag", "v1.2"]);
    sandbox.write("app.txt", "two\n");
    let changed = sandbox.commit("Another app");
    idle(&sandbox);
    let described = format!("v1.2-2-g{}", sandbox.sha7());
    let input = format!("in-{}", &changed[..10]);
    let plan = sandbox.plan(&[]).plan();
    assert_eq!(plan.only().list("tags"), [sandbox.sha7().as_str(), &described, &input]);
    let before = sandbox.plan(&["HEAD~2"]).plan();
    let first = sandbox.git(&["rev-list", "--max-parents=0", "HEAD"]);
    let input = format!("in-{}", &first[..10]);
    assert_eq!(
        before.only().list("tags"),
        [&sandbox.git(&["rev-parse", "--short=7", "HEAD~2"]), "v1.2", &input]
    );
}

/// A tag that a shallow clone would make up would be another one in the next clone.
#[test]
fn what_a_shallow_clone_cannot_know_is_left_out() {
    let sandbox = project("[tags]\nwrite-once = [\"{describe}\", \"in-{input_sha:10}\"]\n");
    sandbox.git(&["tag", "v1.2"]);
    idle(&sandbox);
    idle(&sandbox);
    let (from, to) = (format!("file://{}", sandbox.root().display()), sandbox.beside("shallow"));
    sandbox.git(&["clone", "--quiet", "--depth", "1", &from, &to.display().to_string()]);
    let repository = sandbox.repository();
    let args = ["-C", &to.display().to_string(), "plan", "--format", "json", "--repository", &repository];
    let plan = sandbox.imgplan(&args).plan();
    assert_eq!(plan.only().list("tags"), [sandbox.sha7()]);
    let said = plan.only().list("warnings").join("\n");
    for text in [
        "{describe} is not known: this clone is shallow",
        "{input_sha} is not known",
        "in-{input_sha:10} is left out",
    ] {
        assert!(said.contains(text), "{said}");
    }
}
