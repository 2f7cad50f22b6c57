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
