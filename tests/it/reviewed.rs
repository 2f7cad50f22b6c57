//! `imgplan apply --plan FILE`: what a reviewed plan says, if it still holds; else nothing at all.

use std::fs;

use crate::support::run::Call;
use crate::support::{Image, Remote, Sandbox};

const TINY: &str = concat!("'", env!("CARGO_MANIFEST_DIR"), "/scripts/tiny-builder'");

/// A plan of the present commit in `plan.json` beside the project.
fn planned(sandbox: &Sandbox, args: &[&str]) -> String {
    let file = sandbox.beside("plan.json").display().to_string();
    let plan = sandbox.plan(args).run().expect(0);
    fs::write(&file, &plan.stdout).unwrap();
    file
}

fn apply(sandbox: &Sandbox, file: &str, args: &[&str]) -> Call {
    sandbox.imgplan(&[&["apply", "--format", "json", "--plan", file][..], args].concat())
}

#[test]
fn a_plan_is_done_as_it_was_read_and_twice_is_once() {
    let sandbox = Sandbox::small();
    let digest = sandbox.build_all().remove(0);
    let file = planned(&sandbox, &[]);
    let (tag, text) = (sandbox.sha7(), fs::read_to_string(&file).unwrap());
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    let moves = serde_json::json!([{ "tag": tag, "from": null, "to": digest }]);
    assert_eq!(plan["images"][0]["moves"], moves);
    // A later commit changes nothing of what was reviewed.
    sandbox.append("app.txt", "more\n");
    sandbox.commit("Change the image");
    for _ in 0..2 {
        apply(&sandbox, &file, &[]).plan().only().expect("up-to-date");
        assert_eq!(sandbox.tags().get(&tag), Some(&digest));
    }
    assert_eq!(sandbox.tags().len(), 2);
}

/// The job that may write needs neither a clone nor a configuration.
#[test]
fn no_clone_is_needed() {
    let sandbox = Sandbox::small();
    let digest = sandbox.build_all().remove(0);
    let file = planned(&sandbox, &[]);
    let elsewhere = Sandbox::without_git();
    apply(&elsewhere, &file, &[]).plan().only().expect("up-to-date");
    assert_eq!(sandbox.tags().get(&sandbox.sha7()), Some(&digest));
}

#[test]
fn what_moved_since_stops_everything() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "imgplan.toml",
        "[tags]\nfloating = [\"{branch}\"]\n[images.a]\ncontext = \"a\"\n[images.b]\ncontext = \"b\"\n",
    );
    sandbox.write("a/Dockerfile", "FROM scratch\nCOPY Dockerfile /a\n");
    sandbox.write("b/Dockerfile", "FROM scratch\nCOPY Dockerfile /b\n");
    sandbox.commit("Two images");
    sandbox.build_all();
    let branch = sandbox.git(&["branch", "--show-current"]).trim().to_owned();
    let old = sandbox.image_of("b", &branch, &Image::new("old"));
    let file = planned(&sandbox, &[]);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(&format!("\"from\": \"{old}\"")), "{text}");
    let new = sandbox.image_of("b", &branch, &Image::new("new"));
    let before = sandbox.layout_files();
    let run = apply(&sandbox, &file, &[]).run().expect(5);
    let run = run.says(&[
        &format!("b:{branch} was at {old}, and is at {new} now"),
        "nothing was written; make a new plan",
    ]);
    assert_eq!(run.plan().actions(), ["a: retag", "b: conflict"]);
    assert_eq!(sandbox.layout_files(), before, "a's tags, too, are left where they are");
    // Back where it was, the same plan holds again.
    sandbox.image_of("b", &branch, &Image::new("old"));
    assert_eq!(apply(&sandbox, &file, &[]).plan().actions(), ["a: up-to-date", "b: up-to-date"]);
}

/// The image under the content tag is another than the one that was reviewed.
#[test]
fn another_image_under_the_content_tag_is_not_used() {
    let remote = Remote::start();
    let sandbox = Sandbox::small();
    let repository = remote.repository("shop");
    let plan = || sandbox.imgplan(&["plan", "--format", "json", "--repository", &repository]).run().expect(0);
    let build = plan().plan();
    let (tag, hash) = (build.only().content_tag().to_owned(), build.only().hash().to_owned());
    remote.push("shop", &tag, &Image::new("first").marked(&hash));
    let file = sandbox.beside("plan.json").display().to_string();
    fs::write(&file, plan().stdout).unwrap();
    remote.push("shop", &tag, &Image::new("second").marked(&hash));
    let run = apply(&sandbox, &file, &[]).run().expect(5);
    run.says(&["the plan does not hold any more", &tag]);
    assert_eq!(remote.digest("shop", &sandbox.sha7()), None);
    // What cannot be asked is no answer.
    let dead = fs::read_to_string(&file).unwrap().replace(&remote.host(), "127.0.0.1:1");
    fs::write(&file, dead).unwrap();
    apply(&sandbox, &file, &[]).run().expect(3);
}

/// With a builder, what the plan has left is built: the plan's commit, whatever `HEAD` is by then.
#[test]
fn what_is_to_be_built_is_built_from_the_plans_commit() {
    let sandbox = Sandbox::small();
    let file = planned(&sandbox, &[]);
    let tag = sandbox.sha7();
    sandbox.append("app.txt", "more\n");
    sandbox.commit("Change the image");
    apply(&sandbox, &file, &[]).plan().only().expect("build");
    assert!(sandbox.tags().is_empty());
    let repository = sandbox.repository();
    let build = ["--repository", &repository, "--build-command", TINY];
    apply(&sandbox, &file, &build).plan().only().expect("up-to-date");
    assert!(
        sandbox.tags().contains_key(&tag) && !sandbox.tags().contains_key(&sandbox.sha7()),
        "{:?}",
        sandbox.tags()
    );
    // With other options it is another image than the one that was reviewed.
    let other = [&build[..], &["--platform", "linux/arm64"]].concat();
    apply(&sandbox, &file, &other).run().expect(5).says(&["its content hash or its scope is another here"]);
}

/// A plan may come from a stranger's job.
#[test]
fn nothing_is_written_outside_of_a_repository_that_was_named() {
    let sandbox = Sandbox::small();
    sandbox.build_all();
    let file = planned(&sandbox, &[]);
    let before = sandbox.layout_files();
    let run = apply(&sandbox, &file, &["--repository", "oci:elsewhere"]).run().expect(1);
    run.says(&["is not in oci:elsewhere"]);
    assert_eq!(sandbox.layout_files(), before);
}

#[test]
fn what_contradicts_itself_is_no_plan() {
    let sandbox = Sandbox::small();
    let digest = sandbox.build_all().remove(0);
    let file = planned(&sandbox, &[]);
    let plan = fs::read_to_string(&file).unwrap();
    let other = format!("sha256:{}", "0".repeat(64));
    let tag = sandbox.sha7();
    let pretty = |text: &str| format!("\"tag\": \"{text}\"");
    for (from, to, says) in [
        (plan.as_str(), "{}", "plan.json:1:2: missing field `version`"),
        (&plan, "", "plan.json:1:0: EOF"),
        ("\"version\": 1", "\"version\": 2", "a plan of version 2, and this imgplan reads version 1"),
        (
            "\"retag\"",
            "\"destroy\"",
            "\"destroy\" is none of up-to-date, retag, build, skip, conflict, unknown",
        ),
        (&format!("\"to\": \"{digest}\""), &format!("\"to\": \"{other}\""), "which is not the image"),
        (
            &format!("\"digest\": \"{digest}\""),
            &format!("\"digest\": \"{other}\""),
            "the reference is not that",
        ),
        (&format!("\"digest\": \"{digest}\""), "\"digest\": \"sha256:0\"", "is not a digest"),
        (&pretty(&tag), &pretty("latest"), "latest is none of the missing tags"),
        ("\"content_tag\": \"content-", "\"content_tag\": \"content-x", "is not the content tag of"),
        ("\"commit\": \"", "\"commit\": \"x\\nLD_PRELOAD=/tmp/x.so ", "is no full commit id"),
        ("\"name\": \"", "\"name\": \"../../", "is no name of an image"),
        (
            &format!("\"missing_tags\": [\n        \"{tag}\""),
            "\"missing_tags\": [\n        \"latest\"",
            "latest is missing, and is none of the wanted tags",
        ),
    ] {
        assert!(plan.contains(from), "{from}");
        fs::write(&file, plan.replacen(from, to, 1)).unwrap();
        apply(&sandbox, &file, &[]).run().expect(1).says(&[says]);
    }
    fs::write(&file, &plan).unwrap();
    apply(&sandbox, "no/such.json", &[]).run().expect(1).says(&["the plan no/such.json cannot be read"]);
    apply(&sandbox, &file, &["HEAD"]).run().expect(2);
    apply(&sandbox, &file, &["--image", "x"]).run().expect(1).says(&["the plan has no image \"x\""]);
}

/// A run with a scope writes nothing of another one, whatever the plan says; nor does a run without.
#[test]
fn a_plan_stays_within_the_scope_of_the_run() {
    let sandbox = Sandbox::small();
    sandbox.build_all();
    let file = planned(&sandbox, &[]);
    let before = sandbox.layout_files();
    let run = apply(&sandbox, &file, &[]).env("IMGPLAN_SCOPE", "pr").run().expect(1);
    run.says(&["is none of this run's scope \"pr\"", "give the --scope that the plan was made with"]);
    // A content tag of the scope alone does not make the others so.
    let tag = sandbox.plan(&[]).plan().only().content_tag().to_owned();
    let forged = fs::read_to_string(&file).unwrap().replace(&tag, &format!("pr-{tag}"));
    fs::write(&file, forged).unwrap();
    apply(&sandbox, &file, &["--scope", "pr"])
        .run()
        .expect(1)
        .says(&[&sandbox.sha7(), "none of this run's scope"]);
    apply(&sandbox, &file, &[]).run().expect(1).says(&["none of this run's scope"]);
    assert_eq!(sandbox.layout_files(), before);

    let scoped = planned(&sandbox, &["--scope", "pr"]);
    apply(&sandbox, &scoped, &["--scope", "pr"]).plan().only().expect("up-to-date");
    assert!(sandbox.tags().contains_key(&format!("pr-{}", sandbox.sha7())), "{:?}", sandbox.tags());
}

/// `..` in a plan leads nowhere.
#[test]
fn a_folder_is_not_left_by_its_parent() {
    let sandbox = Sandbox::small();
    sandbox.build_all();
    let repository = sandbox.repository();
    let file = planned(&sandbox, &[]);
    let escaped =
        fs::read_to_string(&file).unwrap().replace(&repository, &format!("{repository}/../escaped"));
    fs::write(&file, escaped).unwrap();
    let run = apply(&sandbox, &file, &["--repository", &repository]).run().expect(1);
    run.says(&["/../escaped is not in oci:"]);
}

/// What was reviewed names the parent by its digest: on another one it is another image.
#[test]
fn a_build_stays_on_the_parent_that_was_reviewed() {
    let sandbox = Sandbox::new();
    let toml = "[tags]\ncommit = false\n[images.base]\ncontext = \"base\"\n[images.app]\ncontext = \"app\"\n\
                contexts = { base = \"image:base\" }\n";
    sandbox.write("imgplan.toml", toml);
    sandbox.write("base/Dockerfile", "FROM scratch\nCOPY Dockerfile /base\n");
    sandbox.write("app/Dockerfile", "FROM base\nCOPY Dockerfile /app\n");
    sandbox.commit("Two images");
    let plan = sandbox.plan(&[]).plan();
    let (tag, hash) = (plan.image("base").content_tag().to_owned(), plan.image("base").hash().to_owned());
    sandbox.image_of("base", &tag, &Image::new("first").marked(&hash));
    let file = planned(&sandbox, &[]);
    sandbox.image_of("base", &tag, &Image::new("second").marked(&hash));
    let repository = sandbox.repository();
    let build = ["--repository", &repository, "--build-command", TINY];
    apply(&sandbox, &file, &build)
        .run()
        .expect(5)
        .says(&["app: the plan does not hold: a parent is another image now"]);
    sandbox.image_of("base", &tag, &Image::new("first").marked(&hash));
    apply(&sandbox, &file, &build).plan().image("app").expect("up-to-date");
}

#[test]
fn options_that_would_do_nothing_are_refused() {
    let sandbox = Sandbox::small();
    sandbox.build_all();
    let file = planned(&sandbox, &[]);
    for option in ["--force", "--adopt", "--platform=linux/arm64", "--move-tag=x", "--history=3"] {
        let run = apply(&sandbox, &file, &[option]).run().expect(2);
        run.says(&["changes nothing of a plan that is made already"]);
    }
    apply(&sandbox, &file, &["--output", "gitlab=child.yml"]).run().expect(2).says(&["no child pipeline"]);
}

/// Whatever a build of a plan pushes is its own.
#[test]
fn a_build_pushes_its_own_tags_alone() {
    let sandbox = Sandbox::small();
    let file = planned(&sandbox, &[]);
    let plan = fs::read_to_string(&file).unwrap();
    let reference = format!("{}:{}\"", sandbox.repository(), sandbox.sha7());
    assert!(plan.contains(&reference), "{plan}");
    fs::write(&file, plan.replace(&reference, "registry.example.org/x:latest\"")).unwrap();
    let run = apply(&sandbox, &file, &["--output", "bake=bake.json"]).run().expect(1);
    run.says(&["registry.example.org/x:latest would be pushed, which is none of its tags"]);
}

/// An image that is up to date has its tags, too.
#[test]
fn a_tag_that_is_gone_is_missed() {
    let sandbox = Sandbox::small();
    sandbox.build_all();
    sandbox.apply(&[]).run().expect(0);
    let file = planned(&sandbox, &[]);
    apply(&sandbox, &file, &[]).plan().only().expect("up-to-date");
    let tag = sandbox.sha7();
    let index = sandbox.layout().join("index.json");
    let text = fs::read_to_string(&index).unwrap().replace(&format!("\"{tag}\""), "\"other\"");
    fs::write(&index, text).unwrap();
    apply(&sandbox, &file, &[]).run().expect(5).says(&[&format!(":{tag} is not there any more")]);
}

/// A mark of other content under a content tag would be found as the wrong image.
#[test]
fn other_content_gets_no_content_tag() {
    let sandbox = Sandbox::small();
    sandbox.image(&sandbox.sha7(), &Image::new("one"));
    let file = planned(&sandbox, &["--adopt"]);
    apply(&sandbox, &file, &[]).plan().only().expect("up-to-date");
    let sandbox = Sandbox::small();
    let plain = sandbox.image(&sandbox.sha7(), &Image::new("one"));
    let file = planned(&sandbox, &["--adopt"]);
    let marked = sandbox.image(&sandbox.sha7(), &Image::new("one").marked(&"0".repeat(64)));
    let forged = fs::read_to_string(&file).unwrap().replace(&plain, &marked);
    fs::write(&file, forged).unwrap();
    apply(&sandbox, &file, &[]).run().expect(5).says(&["is marked with other content"]);
    assert_eq!(sandbox.tags().len(), 1, "{:?}", sandbox.tags());
}
