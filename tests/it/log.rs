//! `imgplan log`: commits beside the images they run on.

use crate::support::Sandbox;

fn log(sandbox: &Sandbox, args: &[&str]) -> crate::support::Run {
    let repository = sandbox.repository();
    sandbox.imgplan(&[&["log", "--repository", &repository], args].concat()).run()
}

/// Three commits, the last two on one image.
fn history() -> (Sandbox, String) {
    let sandbox = Sandbox::small();
    let digest = sandbox.build_all().remove(0);
    sandbox.write("README.md", "more\n");
    sandbox.commit("Say more");
    (sandbox, digest)
}

#[test]
fn commits_that_share_an_image_are_drawn_together() {
    let (sandbox, digest) = history();
    let run = log(&sandbox, &[]).expect(0);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{}", run.stdout);
    assert!(lines[0].starts_with(&sandbox.sha7()) && lines[0].ends_with("Say more"), "{}", run.stdout);
    assert!(lines[1].contains('╮') && lines[1].contains(&digest[..19]), "{}", run.stdout);
    assert!(lines[3].contains('╯') && lines[3].contains("the first commit"), "{}", run.stdout);
}

#[test]
fn json_has_hashes_tags_and_what_is_there() {
    let (sandbox, digest) = history();
    let json = log(&sandbox, &["--format", "json"]).expect(0).json();
    let commits = json["commits"].as_array().unwrap();
    assert_eq!((commits.len(), json["version"].as_i64()), (2, Some(1)));
    assert_eq!(commits[0]["commit"], sandbox.head().as_str());
    let image = &commits[0]["images"][0];
    assert_eq!((&image["image"], &image["digest"]), (&"content-tag".into(), &digest.as_str().into()));
    assert_eq!(image["content_hash"], commits[1]["images"][0]["content_hash"]);
    assert_eq!(image["content_hash"], sandbox.hash_at("HEAD").as_str());
}

#[test]
fn what_caused_a_build_stands_beside_it() {
    let (sandbox, _) = history();
    sandbox.append("Dockerfile", "LABEL more=1\n");
    sandbox.commit("A label");
    let run = log(&sandbox, &["-n", "1"]).expect(0);
    assert!(run.stdout.contains("no image") && run.stdout.contains("LABEL more=1"), "{}", run.stdout);
    assert!(run.stdout.ends_with("history goes on: -n N shows more\n"), "{}", run.stdout);
}

#[test]
fn the_graph_follows_merges() {
    let (sandbox, _) = history();
    sandbox.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    sandbox.write("side", "1");
    sandbox.commit("Aside");
    sandbox.git(&["checkout", "-q", "-"]);
    sandbox.git(&["merge", "-q", "--no-ff", "--no-edit", "side"]);
    let graph = log(&sandbox, &["--graph"]).expect(0);
    for text in ["Aside", "Merge branch", "├─╮", "●", "○"] {
        assert!(graph.stdout.contains(text), "{text}: {}", graph.stdout);
    }
    assert!(!log(&sandbox, &[]).expect(0).stdout.contains("Aside"));
}

/// Escapes in a message reach no terminal.
#[test]
fn messages_are_harmless() {
    let (sandbox, _) = history();
    sandbox.write("README.md", "again\n");
    sandbox.commit("\u{1b}]0;owned\u{7} and \u{1b}[31mred");
    let run = log(&sandbox, &[]).expect(0);
    assert!(!run.stdout.contains('\u{1b}') && run.stdout.contains("owned"), "{:?}", run.stdout);
}

/// A commit whose configuration is broken is shown, with what is wrong, and stops no other.
#[test]
fn a_commit_with_a_broken_configuration_says_so() {
    let (sandbox, _) = history();
    sandbox.write("imgplan.toml", "[image]\nnonsense = 1\n");
    sandbox.commit("Break it");
    sandbox.write("imgplan.toml", "[image]\n");
    sandbox.commit("Mend it");
    let run = log(&sandbox, &[]).expect(0);
    let line = run.stdout.lines().skip_while(|line| !line.ends_with("Break it")).nth(1).unwrap_or_default();
    assert!(line.contains("no build takes it") && line.contains("there is no such key"), "{}", run.stdout);
    let json = sandbox.imgplan(&["simulate", "--format", "json"]).run().expect(0).json();
    assert_eq!((&json["images"][0]["commits"], &json["images"][0]["refused"]), (&4.into(), &1.into()));
}

/// A registry that is not there is said once, and no image is called missing.
#[test]
fn a_registry_that_does_not_answer_is_3_and_unknown() {
    let (sandbox, _) = history();
    let run = sandbox.imgplan(&["log", "--repository", "localhost:1/a/b"]).run().expect(3);
    assert!(run.stdout.contains("did not say") && !run.stdout.contains("no image"), "{}", run.stdout);
    run.says(&["localhost:1"]);
}

/// The hashes of a history are those of each commit alone, whatever came before it.
#[test]
fn a_history_remembers_nothing_wrong() {
    let sandbox = Sandbox::new();
    sandbox
        .write("imgplan.toml", "[images.a]\ncontext='a'\n[images.b]\ncontext='b'\ncontexts={p='image:a'}\n");
    sandbox.write("a/Dockerfile", "FROM scratch\nCOPY f* /\n");
    sandbox.write("a/f1", "1");
    sandbox.write("b/Dockerfile", "FROM p\nCOPY . /\n");
    sandbox.write("b/x/y", "1");
    sandbox.commit("start");
    let mut seed = 7_u64;
    let mut draw = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let paths = [
        "a/f1",
        "a/f2",
        "a/g",
        "b/x/y",
        "b/.dockerignore",
        "a/.dockerignore",
        ".gitattributes",
        "b/.gitattributes",
        "README.md",
        "a/Dockerfile",
    ];
    let texts = ["f*\n", "*.txt text\n", "1", "x\n", "FROM scratch\nCOPY g f2* /\n", "FROM scratch\n"];
    for number in 0..40 {
        let path = paths[draw(paths.len() as u64) as usize];
        match (draw(4), sandbox.root().join(path).exists() && path != "a/Dockerfile") {
            (0, true) => sandbox.remove(path),
            _ => sandbox.write(path, texts[draw(texts.len() as u64) as usize]),
        }
        sandbox.git(&["commit", "-q", "--allow-empty", "-a", "-m", &format!("{number}")]);
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["commit", "-q", "--allow-empty", "-m", &format!("{number} again")]);
    }
    let json = log(&sandbox, &["--format", "json"]).expect(0).json();
    let mut hashes = std::collections::BTreeSet::new();
    for commit in json["commits"].as_array().unwrap() {
        let sha = commit["commit"].as_str().unwrap();
        let repository = sandbox.repository();
        let plan = sandbox.imgplan(&["plan", sha, "--format", "json", "--repository", &repository]).run();
        let alone = if plan.stdout.is_empty() { serde_json::Value::Null } else { plan.json() };
        for image in commit["images"].as_array().unwrap() {
            let planned =
                alone["images"].as_array().into_iter().flatten().find(|one| one["name"] == image["name"]);
            let planned = planned.map(|planned| planned["content_hash"].clone()).unwrap_or_default();
            assert_eq!(image["content_hash"], planned, "{} at {sha}", image["name"]);
            hashes.insert(image["content_hash"].to_string());
        }
    }
    assert!(hashes.len() > 10, "the history tells something: {}", hashes.len());
}

/// Where the clone ends, no number shows more.
#[test]
fn a_shallow_clone_says_how_to_get_the_rest() {
    let (sandbox, _) = history();
    let (from, to) = (format!("file://{}", sandbox.root().display()), sandbox.beside("clone"));
    sandbox.git(&["clone", "--quiet", "--depth", "1", &from, to.to_str().unwrap()]);
    let run =
        sandbox.imgplan(&["log", "--repository", &sandbox.repository()]).dir("../clone").run().expect(0);
    assert!(run.stdout.contains("git fetch --unshallow") && !run.stdout.contains("-n N"), "{}", run.stdout);
    assert!(log(&sandbox, &["-n", "1"]).expect(0).stdout.ends_with("history goes on: -n N shows more\n"));
}

/// Before a first build there is no place to ask: what makes one is said.
#[test]
fn without_any_image_the_first_build_is_proposed() {
    let sandbox = Sandbox::small();
    for command in ["log", "resolve"] {
        sandbox.fails(&[command], 1).says(&["--repository", "imgplan apply --build"]);
    }
}
