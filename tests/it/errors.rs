//! Bad input: exit 1, the place (`file:line:column`), a hint, never a panic, and every problem at once.

use std::process::Stdio;

use crate::support::{Run, Sandbox};

#[track_caller]
fn fails(sandbox: &Sandbox, args: &[&str], code: i32) -> Run {
    let repository = sandbox.repository();
    let run = sandbox.fails(&[args, &["--repository", &repository]].concat(), code);
    assert!(run.stderr.contains("hint:"), "what to do: {}", run.stderr);
    assert!(!run.stderr.contains("panicked") && !run.stderr.contains("RUST_BACKTRACE"), "{}", run.stderr);
    run
}

/// A typo in a key: the place, the key, and what was meant.
#[test]
fn a_misspelt_key_has_its_place() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "repository = \"ghcr.io/acme/app\"\n\n[image]\ncontxt = \"app\"\n");
    sandbox.commit("A typo");
    for command in ["plan", "apply", "check"] {
        fails(&sandbox, &[command], 1).says(&["imgplan.toml:4:1", "contxt", "context"]);
    }
}

/// TOML that is none has its place, too.
#[test]
fn broken_toml_has_its_place() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[image]\ncontext = \"app\nsalt = \"\"\n");
    sandbox.commit("A quote is missing");
    sandbox.fails(&["check"], 1).says(&["imgplan.toml:2:"]);
}

/// All problems of a configuration are reported in one run.
#[test]
fn every_problem_of_a_configuration_is_reported() {
    let sandbox = Sandbox::small();
    sandbox.write(
        "imgplan.toml",
        "[images.a]\ncontext = \"..\"\ninputs = [\"ok\", \"a[\"]\n\n[images.b]\nmax-age = \"soon\"\nplatforms = \
         [\"linux\"]\n\n[tags]\ncommit = \"{shaa}\"\n",
    );
    sandbox.commit("Much is wrong");
    let run = sandbox.fails(&["check"], 1);
    run.says(&[
        "imgplan.toml:2:",
        "imgplan.toml:3:",
        "images.a.inputs[1]",
        "imgplan.toml:6:",
        "imgplan.toml:7:",
        "imgplan.toml:10:",
    ]);
}

/// Dockerfiles that do not parse: each has file and line.
#[test]
fn a_dockerfile_that_does_not_parse_has_its_place() {
    let broken = [
        ("RUN true\n", "Dockerfile:1"),
        ("# nothing\n", "Dockerfile"),
        ("", "Dockerfile"),
        ("FROM scratch\nCOPY <<EOF /file\nno end\n", "Dockerfile:2"),
        ("FROM scratch\nCOPY app.txt\n", "Dockerfile:2"),
        ("FROM scratch AS a\nFROM a AS b AS c\n", "Dockerfile:2"),
        ("FROM scratch\nCOPY [ /\n", "Dockerfile:2"),
    ];
    for (text, place) in broken {
        let sandbox = Sandbox::small();
        sandbox.write("Dockerfile", text);
        sandbox.commit("Broken");
        fails(&sandbox, &["plan"], 1).says(&[place]);
    }
}

/// A `COPY` of nothing names the line, the source, and what can be done about generated files.
#[test]
fn a_copy_of_nothing_names_the_line() {
    let sandbox = Sandbox::small();
    sandbox.append("Dockerfile", "\nCOPY dist/ /dist/\n");
    sandbox.commit("Copy what is generated");
    fails(&sandbox, &["plan"], 1).says(&["Dockerfile:4", "dist", "generated"]);
}

/// Several images: all that is wrong is said, and what is right is not lost.
#[test]
fn several_images_fail_together() {
    let sandbox = Sandbox::new();
    for (name, dockerfile) in
        [("a", "FROM scratch\nCOPY gone /\n"), ("b", "RUN true\n"), ("c", "FROM scratch\n")]
    {
        sandbox.write(&format!("{name}/Dockerfile"), dockerfile);
    }
    sandbox.write(
        "imgplan.toml",
        "[images.a]\ncontext = \"a\"\n[images.b]\ncontext = \"b\"\n[images.c]\ncontext = \"c\"\n",
    );
    sandbox.commit("Two of three are wrong");
    fails(&sandbox, &["plan"], 1).says(&["a/Dockerfile:2", "gone", "b/Dockerfile:1"]);
}

/// A repository without a commit.
#[test]
fn an_unborn_head_is_no_commit() {
    let sandbox = Sandbox::new();
    sandbox.write("Dockerfile", "FROM scratch\n");
    fails(&sandbox, &["plan"], 1).says(&["commit"]);
}

/// A folder that is no repository.
#[test]
fn no_repository() {
    let sandbox = Sandbox::without_git();
    sandbox.write("Dockerfile", "FROM scratch\n");
    let repository = sandbox.repository();
    // The temporary folder may itself lie in somebody's repository; git shall not look that far.
    let ceiling = sandbox.beside("");
    let run = sandbox.imgplan(&["plan", "--repository", &repository]);
    let run = run.env("GIT_CEILING_DIRECTORIES", ceiling.to_str().unwrap()).run();
    assert!([1, 3].contains(&run.code), "{}", run.stderr);
    run.says(&["error:", "git", "hint:"]);
}

/// A name that git does not know.
#[test]
fn a_commit_that_is_not_there() {
    let sandbox = Sandbox::small();
    fails(&sandbox, &["plan", "v9"], 1).says(&["v9"]);
    fails(&sandbox, &["plan", "HEAD~5"], 1).says(&["HEAD~5"]);
    fails(&sandbox, &["plan", "HEAD:README.md"], 1).says(&["HEAD:README.md"]);
}

/// A commit past the end of a shallow clone: the error says that it is one, and how to fetch more.
#[test]
fn a_commit_that_the_shallow_clone_lacks() {
    let sandbox = Sandbox::small();
    sandbox.append("README.md", "More.\n");
    sandbox.commit("Tell more");
    let (from, to) = (format!("file://{}", sandbox.root().display()), sandbox.beside("clone"));
    sandbox.git(&["clone", "--quiet", "--depth", "1", &from, to.to_str().unwrap()]);
    let repository = sandbox.repository();
    let run =
        sandbox.imgplan(&["plan", "HEAD~1", "--repository", &repository]).dir("../clone").run().expect(1);
    run.says(&["error:", "shallow", "hint:", "git fetch"]);

    // The one commit that is there is enough for a plan.
    let call = sandbox.imgplan(&["plan", "--format", "json", "--repository", &repository]).dir("../clone");
    assert_eq!(call.plan().only().hash(), sandbox.hash_at("HEAD"));
}

/// No Dockerfile at all.
#[test]
fn a_project_without_a_dockerfile() {
    let sandbox = Sandbox::new();
    sandbox.write("README.md", "# Nothing to build\n");
    sandbox.commit("Words");
    fails(&sandbox, &["plan"], 1).says(&["Dockerfile"]);
}

/// A repository name that is none.
#[test]
fn a_repository_that_is_no_name() {
    let sandbox = Sandbox::small();
    let run = sandbox.fails(&["plan", "--repository", "ghcr.io/Acme/Shop"], 1);
    run.says(&["ghcr.io/Acme/Shop", "ghcr.io/acme/shop"]);
}

/// The command line itself is 2.
#[test]
fn usage_is_2() {
    let sandbox = Sandbox::small();
    sandbox.imgplan(&["plan", "--formt", "json"]).run().expect(2);
    sandbox.imgplan(&["plan", "--format", "yaml"]).run().expect(2);
    sandbox.imgplan(&["plna"]).run().expect(2);
    sandbox.imgplan(&[]).run().expect(2);
}

/// A reader that closes the pipe early (`| head`) is no error and no panic.
#[test]
fn a_closed_pipe_is_quiet() {
    let sandbox = Sandbox::small();
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_imgplan"));
    command
        .args(["plan", "--format", "json", "--repository", &sandbox.repository()])
        .current_dir(sandbox.root());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert!(!stderr.contains("panicked") && !stderr.contains("Broken pipe"), "{stderr}");
}
