//! Many images from few lines: found by pattern, multiplied, read from bake and compose files, and what is shown of them.

use std::collections::BTreeMap;

use crate::support::Sandbox;

/// The hash of each image of a commit, by name.
fn hashes(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let plan = sandbox.plan(&[]).plan();
    plan.images().iter().map(|image| (image.text("name").to_owned(), image.hash().to_owned())).collect()
}

/// Three lines in place of twelve tables are the same twelve images.
#[test]
fn patterns_find_what_tables_name() {
    let sandbox = Sandbox::fixture("docker-stacks");
    let written = hashes(&sandbox);
    assert_eq!(written.len(), 12);
    sandbox.write(
        "imgplan.toml",
        "repository = \"quay.io/jupyter\"\n\
         discover = [\"images/*/Dockerfile\", { dockerfile = \"images/*/*/Dockerfile\", name = \"{1}-{2}\", context = \"images/{1}\" }]\n\
         [images.pyspark-notebook]\nbuild-args = { spark_version = \"4.0.1\" }\n",
    );
    sandbox.commit("Few lines");
    let plan = sandbox.plan(&[]).plan();
    assert_eq!(plan.names()[..3], ["docker-stacks-foundation", "base-notebook", "minimal-notebook"]);
    assert_eq!(hashes(&sandbox), written);
}

/// Tables, patterns, a bake file and a compose file: a build is a build, however it is written.
#[test]
fn every_way_of_writing_gives_one_hash() {
    let sandbox = Sandbox::new();
    sandbox.write("images/base/Dockerfile", "FROM scratch\nARG V\nCOPY base.txt /$V\n");
    sandbox.write("images/base/base.txt", "base\n");
    sandbox.write("images/app/Dockerfile", "FROM base\nARG V\nCOPY app.txt /$V\n");
    sandbox.write("images/app/app.txt", "app\n");
    sandbox.write("args.conf", "# for all\nV=1\n");
    sandbox.write(
        "bake.json",
        r#"{"target": {"base": {"context": "images/base", "args": {"V": "1"}},
            "app": {"context": "images/app", "dockerfile": "Dockerfile", "args": {"V": "1"}, "contexts": {"base": "target:base"}}}}"#,
    );
    sandbox.write(
        "compose.yaml",
        "services:\n  base:\n    build: {context: images/base, args: [\"V=${V:-1}\"]}\n  app:\n    build:\n      context: images/app\n      args: {V: 1}\n      additional_contexts: {base: \"service:base\"}\n  db:\n    image: postgres\n",
    );
    let ways = [
        "[images.base]\ncontext = \"images/base\"\nbuild-args = { V = \"1\" }\n[images.app]\ncontext = \"images/app\"\nbuild-args = { V = \"1\" }\ncontexts = { base = \"image:base\" }\n",
        "discover = [\"images/*/Dockerfile\"]\n[defaults]\nbuild-args-files = [\"args.conf\"]\n[images.app]\ncontexts = { base = \"image:base\" }\n",
        "definitions = [\"bake.json\"]\n",
        "definitions = [\"compose.yaml\"]\n",
        "[images.\"{I}\"]\nmatrix = { I = [\"base\"] }\ncontext = \"images/{I}\"\nbuild-args = { V = \"1\" }\n[images.app]\ncontext = \"images/app\"\nbuild-args = { V = \"1\" }\ncontexts = { base = \"image:base\" }\n",
    ];
    let mut found = Vec::new();
    for way in ways {
        sandbox.write("imgplan.toml", way);
        sandbox.commit("Another way");
        sandbox.imgplan(&["check"]).run().expect(0);
        found.push(hashes(&sandbox));
        assert_eq!(sandbox.plan(&[]).plan().image("app").list("depends_on"), ["base"]);
    }
    for (index, way) in found[..4].iter().enumerate() {
        assert_eq!(*way, found[0], "{}", ways[index]);
    }
    // The matrix gives one build argument more, which no Dockerfile of `base` reads.
    assert_eq!(found[4].len(), 2);
}

/// What a log shows of an image at each commit, newest first.
fn logged(sandbox: &Sandbox, image: &str) -> Vec<Option<String>> {
    let run =
        sandbox.imgplan(&["log", "--format", "json", "--repository", &sandbox.repository()]).run().expect(0);
    let commits = run.json()["commits"].as_array().expect("commits").clone();
    let of = |commit: &serde_json::Value| {
        let images = commit["images"].as_array().expect("images").clone();
        let found = images.into_iter().find(|shown| shown["name"] == image)?;
        found["content_hash"].as_str().map(str::to_owned)
    };
    commits.iter().map(of).collect()
}

/// An image appears in the history with its folder, and its hash moves with the file of its arguments.
#[test]
fn a_history_is_read_as_each_commit_defines_it() {
    let sandbox = Sandbox::new();
    let dockerfile = "FROM scratch\nARG VERSION\nCOPY a.txt /$VERSION\n";
    sandbox.write(
        "imgplan.toml",
        "discover = [{ dockerfile = \"cuda/*/Containerfile\", name = \"cuda-{1}\", build-args-files = [\"cuda/{1}/app.conf\"] }]\n",
    );
    for version in ["12.8", "13.0"] {
        sandbox.write(&format!("cuda/{version}/Containerfile"), dockerfile);
        sandbox.write(&format!("cuda/{version}/a.txt"), version);
        sandbox.write(&format!("cuda/{version}/app.conf"), "VERSION=1\n");
        sandbox.commit(version);
    }
    sandbox.write("cuda/12.8/app.conf", "# more words\n\nVERSION=1\n");
    sandbox.commit("Words");
    sandbox.write("cuda/12.8/app.conf", "VERSION=2\n");
    sandbox.commit("Another version");
    sandbox.write("README.md", "Words.\n");
    sandbox.commit("Words elsewhere");

    let (first, second) = (logged(&sandbox, "cuda-12.8"), logged(&sandbox, "cuda-13.0"));
    assert_eq!(first.len(), 5);
    assert!(first.iter().all(Option::is_some), "{first:?}");
    assert_eq!(first[0], first[1], "a word elsewhere changes nothing");
    assert_ne!(first[1], first[2], "another argument does");
    assert_eq!(first[2], first[3], "a comment in the file of arguments does not");
    assert_eq!(first[3], first[4], "nor does another image");
    assert_eq!(second[4], None, "it is not there before its folder is");
    assert!(second[..4].iter().all(|hash| hash.is_some() && *hash == second[0]), "{second:?}");
    let whole = sandbox.imgplan(&["simulate", "--format", "json"]).run().expect(0);
    assert!(whole.stdout.contains("cuda-13.0"), "{}", whole.stdout);
    // What the log says of a commit is what its plan says.
    let plan = sandbox
        .imgplan(&["plan", "HEAD~4", "--format", "json", "--repository", &sandbox.repository()])
        .plan();
    assert_eq!(plan.names(), ["cuda-12.8"]);
    assert_eq!(Some(plan.only().hash()), first[4].as_deref());
}

/// A mistake is told by file, line and key, for plan and check alike, and nothing is planned.
#[test]
fn a_pattern_that_matches_nothing_is_an_error() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "adopt = true\ndiscover = [\n  \"image/*/Dockerfile\",\n]\n");
    sandbox.commit("A slip");
    for command in ["check", "plan"] {
        sandbox.fails(&[command], 1).says(&[
            "imgplan.toml",
            ":3:3: discover[0]",
            "no file of the commit matches",
        ]);
    }
    sandbox.write("imgplan.toml", "definitions = [\"compose.yaml\"]\n");
    sandbox.write("compose.yaml", "services:\n  app:\n    build:\n      context: ${WHERE}\n");
    sandbox.commit("A variable");
    sandbox.fails(&["plan"], 1).says(&["compose.yaml:4: services.app.build.context", "`WHERE`"]);
}

/// A platform or an argument that is not read would be another image under the hash of this one.
#[test]
fn what_cannot_be_read_of_a_definition_is_an_error() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "definitions = [\"bake.json\", \"compose.yaml\"]\n");
    sandbox.write(
        "bake.json",
        "{\"target\": {\"app\": {\n\"inherits\": \"common\",\n\"platforms\": \"linux/arm64\",\n\"args\": [\"X=1\"],\n\
         \"contexts\": [],\n\"chache-from\": []}}}",
    );
    sandbox.write(
        "compose.yaml",
        "services:\n  web:\n    build:\n      context: .\n      args: {true: yes, 1: one}\n",
    );
    sandbox.commit("Slips");
    sandbox.fails(&["plan"], 1).says(&[
        "bake.json:2: target.app.inherits: expected a list, and this is a string",
        "bake.json:3: target.app.platforms: expected a list, and this is a string",
        "bake.json:4: target.app.args: expected a mapping, and this is a list",
        "bake.json:5: target.app.contexts: expected a mapping, and this is a list",
        "bake.json:6: target.app.chache-from: the key \"chache-from\" is not known here",
        "did you mean `cache-from`?",
        "compose.yaml:5: services.web.build.args: the key `true` is no string",
        "the key `1` is no string",
    ]);
}

/// What a build refuses is no reason to hide what was: a commit whose pattern matches nothing has fewer images.
#[test]
fn a_commit_without_a_match_is_shown_and_resolved() {
    let sandbox = Sandbox::small();
    let before = sandbox.head();
    sandbox.write("images/a/Dockerfile", "FROM scratch\n");
    sandbox.write("imgplan.toml", "discover = [\"images/*/Dockerfile\", \"later/*/Dockerfile\"]\n");
    let wrong = sandbox.commit("A pattern too many");
    sandbox.fails(&["plan"], 1).says(&["imgplan.toml", "discover[1]"]);
    sandbox.imgplan(&["explain", &wrong]).run().expect(0).shows(&["a in commit"]);
    assert_eq!(logged(&sandbox, "a").iter().map(Option::is_some).collect::<Vec<_>>(), [true, false]);
    // From before the file was there: the present file's patterns were not written for it.
    sandbox.fails(&["plan", &before], 1).says(&["no image is defined"]);
}

/// What was read is the link's target, so a change of it there is one that the plan does not see.
#[test]
fn arguments_behind_a_link_are_told_where_they_differ() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[images.app]\ncontext = \".\"\nbuild-args-files = [\"app.conf\"]\n");
    sandbox.write("shared/real.conf", "V=1\n");
    sandbox.symlink("app.conf", "shared/real.conf");
    sandbox.append("Dockerfile", "ARG V\n");
    sandbox.commit("A link");
    sandbox.write("shared/real.conf", "V=2\n");
    sandbox.plan(&[]).run().expect(0).says(&["shared/real.conf"]);
}

/// Forty images, of which a few need attention, fit on a screen: a line each, shared notes once.
#[test]
fn forty_images_fit_on_a_screen() {
    let sandbox = Sandbox::new();
    for number in 10..50 {
        sandbox.write(
            &format!("images/i{number}/Dockerfile"),
            "FROM debian:12\nADD https://example.org/x /x\nCOPY a.txt /\n",
        );
        sandbox.write(&format!("images/i{number}/a.txt"), &number.to_string());
    }
    sandbox.write(
        "imgplan.toml",
        "discover = [\"images/*/Dockerfile\"]\n[defaults]\nplatforms = [\"linux/amd64\"]\n",
    );
    sandbox.commit("Forty images");
    let check = sandbox.imgplan(&["check"]).run().expect(0);
    assert!(check.stdout.starts_with("40 of 40 images checked, no errors\n"), "{}", check.stdout);
    check.shows(&["note: Dockerfile:2: ", "40 images: i10, i11, i12, i13, i14, i15, i16, i17 and 32 more"]);

    let text = |args: &[&str]| {
        sandbox
            .imgplan(&[&["plan", "--repository", &sandbox.repository()], args].concat())
            .run()
            .expect(0)
            .stdout
    };
    assert!(text(&[]).lines().count() < 50, "{}", text(&[]));
    sandbox.build_all();
    sandbox.write("images/i12/a.txt", "changed\n");
    sandbox.commit("One of them");
    let plan = text(&[]);
    assert!(plan.contains(": 1 to build, 39 to retag\n"), "{plan}");
    assert!(plan.lines().count() < 50, "{plan}");
    let retag = plan.lines().find(|line| line.starts_with("retag       i10")).expect("a line");
    assert!(retag.contains(&format!("{} -> sha256:", sandbox.sha7())), "{retag}");
    assert!(text(&["-v"]).lines().count() > 120, "everything is there for whoever asks");
    let json = sandbox.plan(&[]).plan();
    assert!(
        json.images().iter().all(|image| !image.list("warnings").is_empty()),
        "JSON keeps it with each image"
    );
}
