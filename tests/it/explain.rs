//! `imgplan explain`: which line makes a file an input, what leaves one out, and what a commit changed; and
//! `--worktree`, which answers for what is not committed yet.

use std::fs;

use serde_json::Value;

use crate::support::Sandbox;

/// A project with a bit of everything: ignored files, excluded ones, unread ones, a parent.
fn project() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "imgplan.toml",
        "[image]\nbuild-args = { TAG = \"3.13\" }\nextra-inputs = [\"certs/**\"]\n\n[images.base]\ncontext = \"base\"\n",
    );
    sandbox.write("base/Dockerfile", "FROM scratch\nCOPY f /\n");
    sandbox.write("base/f", "1\n");
    sandbox.write(
        "Dockerfile",
        "ARG TAG=3.12\nFROM python:$TAG\nCOPY requirements.txt /tmp/\nRUN pip install -r /tmp/requirements.txt\n\
         COPY --exclude=*.md src /app\n",
    );
    sandbox.write(".dockerignore", "# logs\n*.log\ndata\n");
    sandbox.write("requirements.txt", "numpy\n");
    sandbox.write("src/a.py", "1\n");
    sandbox.write("src/notes.md", "1\n");
    sandbox.write("data/deep/x.csv", "1\n");
    sandbox.write("data/y.csv", "1\n");
    sandbox.write("certs/ca.pem", "1\n");
    sandbox.write("README.md", "1\n");
    sandbox.commit("A project");
    sandbox
}

fn json(sandbox: &Sandbox, args: &[&str]) -> Value {
    sandbox.imgplan(&[&["explain", "--format", "json"], args].concat()).run().expect(0).json()
}

/// The image that is called after the project's folder.
fn own(value: &Value) -> &Value {
    value["images"].as_array().unwrap().iter().find(|image| image["name"] == "project").unwrap()
}

fn why(value: &Value) -> Vec<String> {
    let text = |why: &Value| {
        let line = why["line"].as_u64().unwrap_or_default();
        format!("{}:{line}: {}", why["file"].as_str().unwrap(), why["text"].as_str().unwrap())
    };
    value.as_array().unwrap().iter().map(text).collect()
}

/// Every input has its object id and the line or key that makes it one; nothing is asked of any registry.
#[test]
fn inputs_have_their_ids_and_lines() {
    let sandbox = project();
    let value = json(&sandbox, &["--repository", "127.0.0.1:1/nowhere/project"]);
    assert_eq!((&value["version"], &value["commit"]), (&Value::from(1), &Value::from(sandbox.head())));
    let image = own(&value);
    assert_eq!(image["content_hash"], sandbox.plan(&[]).plan().images()[0].hash());
    let inputs = image["inputs"].as_array().unwrap();
    let paths: Vec<&str> = inputs.iter().map(|input| input["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["requirements.txt", "src/a.py", "certs/ca.pem"]);
    assert_eq!(inputs[0]["id"], sandbox.git(&["rev-parse", "HEAD:requirements.txt"]));
    assert_eq!(why(&inputs[0]["why"]), ["Dockerfile:3: COPY requirements.txt /tmp/"]);
    assert_eq!(inputs[2]["why"][0]["key"], "image.extra-inputs[0]");
    assert_eq!(inputs[2]["context"], "repository");
    let definition = image["definition"].as_array().unwrap();
    let has = |kind: &str, text: &str, line: u64| {
        let found = definition
            .iter()
            .any(|part| part["kind"] == kind && part["text"] == text && part["why"]["line"] == line);
        assert!(found, "{kind} {text} {line}: {definition:#?}");
    };
    has("base-image", "docker.io/library/python:3.13", 2);
    has("global-arg", "ARG TAG=3.12", 1);
    has("build-arg", "TAG=3.13", 2);
    has("instruction", "RUN pip install -r /tmp/requirements.txt", 4);
    assert!(!sandbox.root().join(".git/imgplan").exists(), "nothing is written");
}

#[test]
fn the_text_is_for_people() {
    let sandbox = project();
    sandbox.write("Dockerfile", &sandbox.read("Dockerfile").replace("RUN pip", "RUN pip3"));
    sandbox.write("requirements.txt", "pandas\n");
    sandbox.write("src/b.py", "2\n");
    sandbox.commit("Change it");
    let shown = |args: &[&str]| {
        sandbox.imgplan(&[&["explain", "--image", "project"], args].concat()).run().snapshot()
    };
    insta::assert_snapshot!("inputs", shown(&[]));
    insta::assert_snapshot!("excluded", shown(&["--excluded"]));
    insta::assert_snapshot!("against", shown(&["--against", "HEAD~1"]));
}

/// What is left out says by which pattern of which line.
#[test]
fn what_is_left_out_says_by_what() {
    let sandbox = project();
    let value = json(&sandbox, &["--excluded"]);
    let left: Vec<String> = own(&value)["excluded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|left| {
            let by = match &left["by"] {
                Value::Null => String::new(),
                by => format!(
                    " {}:{} {}",
                    by["file"].as_str().unwrap(),
                    by["line"],
                    by["text"].as_str().unwrap()
                ),
            };
            format!("{} {}{by}", left["path"].as_str().unwrap(), left["reason"].as_str().unwrap())
        })
        .collect();
    let expected = [
        ".dockerignore ignore-file",
        "Dockerfile dockerfile",
        "README.md unread",
        "base/Dockerfile unread",
        "base/f unread",
        "data/deep/x.csv ignored .dockerignore:3 data",
        "data/y.csv ignored .dockerignore:3 data",
        "imgplan.toml configuration",
        "src/notes.md excluded Dockerfile:5 COPY --exclude=*.md src /app",
    ];
    assert_eq!(left, expected);
}

/// One path, one answer.
#[test]
fn one_path_is_answered() {
    let sandbox = project();
    for (path, verdict, text) in [
        ("requirements.txt", "input", "Dockerfile:3: COPY requirements.txt /tmp/"),
        ("./src/a.py", "input", "Dockerfile:5"),
        ("data/y.csv", "left-out", ".dockerignore:3: data"),
        ("src/notes.md", "left-out", "Dockerfile:5"),
        ("README.md", "left-out", "no instruction reads it"),
        ("Dockerfile", "definition", "is the Dockerfile"),
        ("imgplan.toml", "definition", "is the configuration"),
        (".dockerignore", "definition", "is the ignore file"),
        ("nope", "absent", "is not in this commit"),
        ("data", "folder", "2 ignored"),
        (".", "folder", "3 of its files are inputs"),
    ] {
        let args = ["explain", "--image", "project", "--why", path];
        sandbox.imgplan(&args).run().expect(0).shows(&[text]);
        let value = json(&sandbox, &args[1..]);
        assert_eq!(value["images"][0]["verdict"], verdict, "{path}");
    }
    let args = ["explain", "--image", "base", "--why", "README.md"];
    sandbox.imgplan(&args).run().expect(0).shows(&["in no context of this image"]);
    sandbox.fails(&["explain", "--why", "../x"], 1);
}

/// Hashes that differ have a change that says why, and hashes that do not have none.
#[test]
fn changes_since_another_commit_are_named() {
    let sandbox = project();
    sandbox.write("README.md", "2\n");
    sandbox.commit("Only the README");
    let value = json(&sandbox, &["--against", "HEAD~1"]);
    for image in value["images"].as_array().unwrap() {
        assert_eq!(image["against"]["content_hash"], image["content_hash"]);
        assert_eq!(image["against"]["changes"], Value::Array(Vec::new()));
    }
    sandbox.write("requirements.txt", "pandas\n");
    sandbox.executable("src/a.py");
    sandbox.write("src/new.py", "");
    sandbox.remove("certs/ca.pem");
    sandbox.write("certs/other.pem", "1");
    sandbox.commit("More");
    let value = json(&sandbox, &["--against", "HEAD~1"]);
    let against = &own(&value)["against"];
    assert_ne!(against["content_hash"], own(&value)["content_hash"]);
    let changes: Vec<String> = against["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| format!("{} {}", change["how"].as_str().unwrap(), change["subject"].as_str().unwrap()))
        .collect();
    let expected = [
        "removed certs/ca.pem",
        "added certs/other.pem",
        "changed requirements.txt",
        "changed src/a.py",
        "added src/new.py",
    ];
    assert_eq!(changes, expected);
    assert_eq!(against["changes"][3]["before"]["mode"], "100644");
    assert_eq!(against["changes"][3]["after"]["mode"], "100755");
}

/// An image that only one of the two commits has is said, and is no failure.
#[test]
fn an_image_that_one_commit_lacks_is_said() {
    let sandbox = project();
    sandbox.replace("imgplan.toml", "[images.base]\ncontext = \"base\"", "[images.next]\ncontext = \"base\"");
    sandbox.commit("Another image");
    let run = sandbox.imgplan(&["explain", "--against", "HEAD~1"]).run().expect(0);
    run.shows(&["has no image of this name", "base: ", "has this image"]);
    let value = json(&sandbox, &["--against", "HEAD~1", "--image", "base"]);
    assert_eq!(value["only_against"], Value::from(vec!["base"]));
    sandbox.fails(&["explain", "--against", "HEAD~1", "--image", "nope"], 1).says(&["nope", "hint:"]);
    sandbox.fails(&["explain", "--against", "nope"], 1);
}

/// Names of files are a stranger's text.
#[test]
fn names_are_harmless_to_a_terminal() {
    let sandbox = Sandbox::new();
    sandbox.write("Dockerfile", "FROM scratch\nCOPY . /\n");
    sandbox.write(".dockerignore", "*.log\n");
    sandbox.write("a\u{1b}[31mred\n::error::forged", "1");
    sandbox.write("b\nline.log", "1");
    sandbox.commit("Odd names");
    sandbox.write("a\u{1b}[31mred\n::error::forged", "2");
    sandbox.commit("Again");
    let name = "a\u{1b}[31mred\n::error::forged";
    for args in [
        &["explain"][..],
        &["explain", "--excluded"],
        &["explain", "--against", "HEAD~1"],
        &["explain", "--why", name],
    ] {
        let run = sandbox.imgplan(args).run().expect(0);
        assert!(!run.stdout.contains('\u{1b}'), "{}", run.stdout);
        assert!(!run.stdout.lines().any(|line| line.starts_with("::error") || line.starts_with("line.log")));
    }
    sandbox.imgplan(&["explain"]).run().shows(&[r"a\x1b[31mred\n::error::forged"]);
    sandbox
        .imgplan(&["explain", "--excluded"])
        .run()
        .shows(&[r"b\nline.log  ignored by .dockerignore:1: *.log"]);
    let value = json(&sandbox, &[]);
    let paths: Vec<&str> = value["images"][0]["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|input| input["path"].as_str().unwrap())
        .collect();
    assert!(paths.contains(&name), "{paths:?}");
}

/// The hash of the only image, of the working tree or of HEAD.
fn hash(sandbox: &Sandbox, args: &[&str]) -> String {
    json(sandbox, args)["images"][0]["content_hash"].as_str().unwrap().to_owned()
}

/// A clean working tree is its commit; what is changed has the hash that it gets once it is committed.
#[test]
fn the_working_tree_has_the_hash_that_its_commit_gets() {
    let sandbox = Sandbox::new();
    sandbox.write("Dockerfile", "FROM scratch\nCOPY . /app\n");
    sandbox.write(".dockerignore", "empty/*\n.git\n");
    sandbox.write("empty/x", "");
    sandbox.write("run.sh", "1\n");
    sandbox.executable("run.sh");
    sandbox.symlink("link", "run.sh");
    sandbox.write("crlf.txt", "a\r\nb\r\n");
    sandbox.commit("Start");
    let check = |what: &str| {
        let before = hash(&sandbox, &["--worktree"]);
        sandbox.commit(what);
        assert_eq!(hash(&sandbox, &[]), before, "{what}");
        assert_eq!(hash(&sandbox, &["--worktree"]), before, "clean after: {what}");
        before
    };
    let mut before = check("nothing");
    let edits: &[(&str, &dyn Fn())] = &[
        ("a changed file", &|| sandbox.write("run.sh", "2\n")),
        ("a new file in a new folder", &|| sandbox.write("new/deep/x", "1\n")),
        ("a removed file", &|| sandbox.remove("new/deep/x")),
        ("another target", &|| {
            sandbox.remove("link");
            sandbox.symlink("link", "crlf.txt");
        }),
        ("an executable", &|| sandbox.executable("crlf.txt")),
        ("attributes", &|| {
            sandbox.write(".gitattributes", "*.txt text\n*.bat text eol=crlf\n*.bin -text\n* text=auto\n")
        }),
        ("line ends by attribute", &|| sandbox.write("x.bat", "a\r\nb\r\n")),
        ("line ends by a guess", &|| sandbox.write("guess", "a\r\nb\r\n")),
        ("line ends of what is binary", &|| sandbox.write("y.bin", "a\r\nb\r\n")),
        ("line ends of what looks binary", &|| sandbox.write("z", "a\r\n\0b\r\n")),
        ("a changed file with CRLF in git", &|| sandbox.write("crlf.txt", "a\r\nc\r\n")),
        ("the Dockerfile", &|| sandbox.write("Dockerfile", "FROM scratch\r\nCOPY . /srv\r\n")),
        ("configuration", &|| sandbox.write("imgplan.toml", "[image]\nsalt = \"x\"\n")),
        ("an ignored file", &|| {
            sandbox.write(".gitignore", "*.tmp\n");
            sandbox.write("a.tmp", "1");
        }),
    ];
    for (what, edit) in edits {
        edit();
        let hash = check(what);
        assert_ne!(hash, before, "{what}");
        before = hash;
    }
    sandbox.git(&["config", "core.autocrlf", "true"]);
    sandbox.write(".gitattributes", "");
    sandbox.write("auto", "a\r\nb\r\n");
    check("line ends by configuration");
    sandbox.git(&["config", "core.fileMode", "false"]);
    sandbox.executable("auto");
    check("a mode that does not count");
}

/// What only a filter could tell is an error with its name, and no filter runs; files that no image reads do not matter.
#[test]
fn what_a_filter_would_change_is_not_guessed() {
    let sandbox = Sandbox::small();
    let ran = sandbox.beside("ran");
    sandbox.git(&["config", "filter.x.clean", &format!("touch '{}'; cat", ran.display())]);
    sandbox.write(".gitattributes", "*.txt filter=x\n*.utf working-tree-encoding=UTF-16\n*.c ident\n");
    sandbox.write("app.txt", "two\n");
    sandbox.fails(&["explain", "--worktree"], 1).says(&["app.txt", "filter x", "hint:"]);
    sandbox.fails(&["plan", "--worktree", "--repository", &sandbox.repository()], 1).says(&["app.txt"]);
    sandbox.replace(".gitattributes", "*.txt filter=x", "app.txt -filter");
    sandbox.write("other.txt", "nobody reads it\n");
    sandbox.imgplan(&["explain", "--worktree"]).run().expect(0);
    for (path, text) in [("a.utf", "x"), ("a.c", "$Id: 1 $")] {
        sandbox.write("Dockerfile", &format!("FROM scratch\nCOPY {path} /\n"));
        sandbox.write(path, text);
        sandbox.fails(&["explain", "--worktree"], 1).says(&[path]);
    }
    sandbox.write("a.c", "no id\n");
    sandbox.imgplan(&["explain", "--worktree"]).run().expect(0);
    assert!(!ran.exists(), "the filter ran");
}

/// Attributes that are in no commit convert, too: those of the clone and of its user.
#[test]
fn attributes_outside_the_commit_count_as_they_do_for_git() {
    let sandbox = Sandbox::small();
    fs::create_dir_all(sandbox.root().join(".git/info")).unwrap();
    fs::write(sandbox.root().join(".git/info/attributes"), "app.txt text\n").unwrap();
    sandbox.write("app.txt", "a\r\nb\r\n");
    let before = hash(&sandbox, &["--worktree"]);
    sandbox.commit("Line ends");
    assert_eq!(hash(&sandbox, &[]), before);
}

/// `plan --worktree` asks for the content that is not committed, and writes nothing.
#[test]
fn the_plan_of_the_working_tree_asks_for_its_content() {
    let sandbox = Sandbox::small();
    sandbox.build_all();
    let head = sandbox.head();
    let images = sandbox.layout_files();
    let run = |action: &str| {
        let run = sandbox.plan(&["--worktree"]).run().expect(0).says(&["this is the working tree"]);
        let plan = run.plan();
        assert_eq!(plan.0["commit"], head);
        let image = plan.only();
        image.expect(action);
        assert_eq!(image.list("tags"), [""; 0], "there is no commit yet");
        assert!(!run.stderr.contains("not in this plan"), "{}", run.stderr);
        plan
    };
    run("up-to-date");
    sandbox.write("app.txt", "two\n");
    let plan = run("build");
    let build = plan.only().build().clone();
    assert!(build["labels"].get("org.opencontainers.image.revision").is_none(), "{build:#}");
    assert_eq!(build["tags"].as_array().unwrap().len(), 1, "the content tag alone");
    sandbox.write("app.txt", "one\n");
    run("up-to-date");
    assert_eq!(sandbox.layout_files(), images, "nothing is written");
    let run = sandbox.plan(&["--worktree", "HEAD"]).run();
    assert_eq!(run.code, 2, "{}", run.stderr);
}

/// The working tree beside its commit: what is not committed yet.
#[test]
fn the_working_tree_is_explained_against_its_commit() {
    let sandbox = Sandbox::small();
    sandbox.write("app.txt", "two\n");
    let run = sandbox.imgplan(&["explain", "--worktree", "--against", "HEAD"]).run().expect(0);
    run.shows(&["the working tree on", "changed  app.txt", "Dockerfile:2: COPY app.txt /"]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), " M app.txt", "nothing is staged");
}
