//! `imgplan simulate`: what imgplan would have saved over a history.

use crate::support::Sandbox;

/// A project that copies everything, with edits of its readme, its documentation and its code.
fn history() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("Dockerfile", "FROM scratch\nCOPY requirements.txt /\nCOPY . /app\n");
    sandbox.write("requirements.txt", "numpy\n");
    sandbox.write("README.md", "1\n");
    sandbox.write("docs/guide.md", "1\n");
    sandbox.write("src/main.py", "1\n");
    sandbox.commit("First");
    for (path, text) in [
        ("README.md", "2\n"),
        ("docs/guide.md", "2\n"),
        ("src/main.py", "2\n"),
        ("README.md", "3\n"),
        ("requirements.txt", "numpy\nscipy\n"),
    ] {
        sandbox.write(path, text);
        sandbox.commit(path);
    }
    sandbox
}

#[test]
fn a_history_shows_its_builds_their_causes_and_what_would_save_more() {
    let sandbox = history();
    let run = sandbox.imgplan(&["simulate"]).run().expect(0);
    for text in [
        "6 commits (",
        "6 builds instead of 6",
        "Dockerfile:3: COPY . /app",
        "(README.md 2, docs/ 1, src/ 1)",
        "with README.md and docs/ in .dockerignore, 3 builds would remain",
    ] {
        assert!(run.stdout.contains(text), "{text}: {}", run.stdout);
    }
    assert_eq!(run.stderr, "", "nothing is asked and nothing guessed");
}

#[test]
fn the_suggestion_is_what_the_hashes_are_where_it_is_followed() {
    let sandbox = history();
    let before = sandbox.imgplan(&["simulate", "--format", "json"]).run().expect(0).json();
    let advice = &before["images"][0]["advice"];
    assert_eq!(advice["file"], ".dockerignore");
    let lines: Vec<&str> =
        advice["ignore"].as_array().unwrap().iter().filter_map(|line| line.as_str()).collect();
    let followed = Sandbox::new();
    followed.write(".dockerignore", &format!("{}\n", lines.join("\n")));
    for commit in sandbox.git(&["rev-list", "--reverse", "HEAD"]).lines() {
        for path in sandbox.git(&["ls-tree", "-r", "--name-only", commit]).lines() {
            followed.write(path, &sandbox.git(&["show", &format!("{commit}:{path}")]));
        }
        followed.commit(commit);
    }
    let after = followed.imgplan(&["simulate", "--format", "json"]).run().expect(0).json();
    assert_eq!(after["images"][0]["builds"], advice["builds"]);
}

#[test]
fn a_range_a_bound_and_the_other_formats() {
    let sandbox = history();
    let json = |args: &[&str]| {
        let all = [&["simulate", "--format", "json"], args].concat();
        sandbox.imgplan(&all).run().expect(0).json()
    };
    assert_eq!(json(&["-n", "2"])["commits"], 2);
    assert_eq!(json(&["-n", "2"])["more"], true);
    let range = json(&["HEAD~2.."]);
    assert_eq!((&range["commits"], &range["builds"]), (&2.into(), &2.into()));
    assert_eq!(json(&["HEAD..HEAD"])["commits"], 0);
    let markdown = sandbox.imgplan(&["simulate", "--format", "markdown"]).run().expect(0);
    assert!(
        markdown.stdout.contains("| `oci` |") || markdown.stdout.contains("| 6 | 6 |"),
        "{}",
        markdown.stdout
    );
    sandbox.imgplan(&["simulate", "--output", "svg=history.svg"]).run().expect(0);
    let svg = sandbox.read("history.svg");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && svg.contains("#cc4125"), "{svg}");
    sandbox.fails(&["simulate", "HEAD...HEAD~1"], 1).says(&["three dots"]);
    sandbox.fails(&["simulate", "nowhere.."], 1).says(&["nowhere"]);
    sandbox.fails(&["plan", "--format", "svg"], 2).says(&["no format svg"]);
}

/// Every Dockerfile is an image where nothing is configured: the first look at a repository needs no file.
#[test]
fn a_repository_without_a_configuration_is_looked_at_all_the_same() {
    let sandbox = Sandbox::new();
    sandbox.write("web/Dockerfile", "FROM scratch\nCOPY x /\n");
    sandbox.write("web/x", "1\n");
    sandbox.write("docker/Dockerfile.ci_cpu", "FROM scratch\n");
    sandbox.write("node_modules/y/Dockerfile", "FROM scratch\n");
    sandbox.commit("Two images");
    let run = sandbox.imgplan(&["simulate", "--format", "json"]).run().expect(0);
    let json = run.json();
    let names: Vec<&str> =
        json["images"].as_array().unwrap().iter().filter_map(|i| i["name"].as_str()).collect();
    assert_eq!(names, ["ci-cpu", "web"]);
    run.says(&["no imgplan.toml", "2 Dockerfiles"]);
    sandbox.fails(&["plan"], 1).says(&["no image is defined"]);
}

/// A terminal escape in a path, a message or a name does nothing.
#[test]
fn odd_names_are_harmless() {
    let sandbox = Sandbox::new();
    sandbox.write("Dockerfile", "FROM scratch\nCOPY . /\n");
    sandbox.write("a\u{1b}[31m\nb", "1");
    sandbox.commit("\u{1b}]0;owned\u{7}");
    sandbox.write("a\u{1b}[31m\nb", "2");
    sandbox.commit("second");
    for format in ["text", "markdown", "svg"] {
        let run = sandbox.imgplan(&["simulate", "--format", format]).run().expect(0);
        assert!(!run.stdout.contains('\u{1b}'), "{format}: {:?}", run.stdout);
    }
    // git refuses to make such a branch, though one may be there.
    let sha = sandbox.head();
    sandbox.git(&["update-ref", "refs/heads/-n", &sha]);
    sandbox.fails(&["simulate", "--", "-n"], 1).says(&["is not a commit"]);
    sandbox.imgplan(&["simulate", "refs/heads/-n"]).run().expect(0);
}

/// What a shallow clone lacks is neither counted nor called the beginning.
#[test]
fn a_shallow_clone_says_that_it_is_one() {
    let sandbox = history();
    let (from, to) = (format!("file://{}", sandbox.root().display()), sandbox.beside("clone"));
    sandbox.git(&["clone", "--quiet", "--depth", "2", &from, to.to_str().unwrap()]);
    let run = sandbox.imgplan(&["simulate"]).dir("../clone").run().expect(0);
    let run = run.says(&["shallow", "git fetch --unshallow"]).shows(&["the first in this clone"]);
    assert!(!run.stdout.contains("the first build"), "{}", run.stdout);
    let json = sandbox.imgplan(&["simulate", "--format", "json"]).dir("../clone").run().json();
    assert_eq!((&json["more"], &json["cut_off"]), (&true.into(), &true.into()));
    let json = sandbox.imgplan(&["simulate", "--format", "json", "-n", "2"]).run().expect(0).json();
    assert_eq!((&json["more"], &json["cut_off"]), (&true.into(), &false.into()));
}

/// A value of a file of arguments is named with its line, a changed instruction is not.
#[test]
fn a_changed_argument_is_named() {
    let sandbox = Sandbox::new();
    sandbox.write("Dockerfile", "ARG BASE=scratch\nFROM scratch\nARG CUDA\nCOPY a /\n");
    sandbox.write("a", "");
    sandbox.write("app.conf", "# Versions\nCUDA=12.8\n");
    sandbox.write("imgplan.toml", "[image]\nbuild-args-files = [\"app.conf\"]\n");
    sandbox.commit("Begin");
    sandbox.write("app.conf", "# Versions\nCUDA=13.0\n");
    sandbox.commit("CUDA 13");
    let instructions = "the Dockerfile's instructions";
    let run =
        sandbox.imgplan(&["simulate"]).run().expect(0).shows(&["1  app.conf:2: the build argument CUDA"]);
    assert!(!run.stdout.contains(instructions), "{}", run.stdout);
    sandbox.write("Dockerfile", "ARG BASE=scratch\nFROM scratch\nARG CUDA\nUSER 5\nCOPY a /\n");
    sandbox.write("imgplan.toml", "[image]\nsalt = \"x\"\nbuild-args-files = [\"app.conf\"]\n");
    sandbox.commit("A user");
    sandbox.imgplan(&["simulate"]).run().expect(0).shows(&[instructions, "imgplan.toml:2: the salt"]);
}
