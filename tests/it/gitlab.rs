//! `--format gitlab` and `--output gitlab=…`: the child pipeline, what its jobs repeat, and that a shell reads their
//! script as it was meant. A real runner is in `real/gitlab.rs`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Image, Sandbox};

const TINY: &str = concat!("'", env!("CARGO_MANIFEST_DIR"), "/scripts/tiny-builder'");

/// `base`, `app` built on it, and `web`.
pub fn monorepo() -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, from) in [("base", "scratch"), ("app", "base"), ("web", "scratch")] {
        sandbox.write(&format!("{name}/Dockerfile"), &format!("FROM {from}\nCOPY file /{name}\n"));
        sandbox.write(&format!("{name}/file"), name);
    }
    let toml = "[images.base]\ncontext = \"base\"\n[images.web]\ncontext = \"web\"\n\
                [images.app]\ncontext = \"app\"\ncontexts = { base = \"image:base\" }\n";
    sandbox.write("imgplan.toml", toml);
    sandbox.commit("Three images");
    sandbox
}

/// What stdout is as YAML.
fn pipeline(sandbox: &Sandbox, args: &[&str]) -> Value {
    let repository = sandbox.repository();
    let args = [&["plan", "--format", "gitlab", "--repository", &repository], args].concat();
    read(&sandbox.imgplan(&args).run().expect(0).stdout)
}

fn read(text: &str) -> Value {
    yaml_serde::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The words that a shell makes of a job's script, without the first.
fn words(sandbox: &Sandbox, shell: &str, job: &Value) -> Vec<String> {
    let script = job["script"][0].as_str().expect("a line");
    let stub = format!("imgplan() {{ printf '%s\\0' \"$@\"; }}\n{script}\n");
    let out = sandbox.command(shell).args(["-c", &stub]).output().unwrap();
    assert!(out.status.success() && out.stderr.is_empty(), "{script}: {out:?}");
    let text = String::from_utf8(out.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn a_job_for_each_image_to_build() {
    let sandbox = monorepo();
    let run = sandbox.imgplan(&["plan", "--format", "gitlab", "--gitlab-builder", "buildah"]).run().expect(0);
    insta::assert_snapshot!(run.snapshot());
}

#[test]
fn a_script_is_read_as_it_was_meant() {
    let sandbox = monorepo();
    sandbox.write("sub dir/keep", "");
    for folder in
        ["a b", "$(touch x)", "`touch x`", "it's \"q\"", "${HOME}", "%0A - # |", "l\nf", "ü😀\\n", "*~!"]
    {
        // A reference cannot hold a line break; a path can.
        let repository = format!("oci:{}", sandbox.beside(&folder.replace('\n', " ")).display());
        let config = sandbox.beside(&format!("{folder}.toml"));
        fs::copy(sandbox.root().join("imgplan.toml"), &config).unwrap();
        let config = config.to_str().unwrap();
        let args = ["plan", "--format", "gitlab", "--repository", &repository, "--config", config, "--adopt"];
        let more = ["--scope", "x", "--platform", "linux/amd64,linux/arm64", "--move-tag", "t", "--force"];
        let run = sandbox.imgplan(&[&args[..], &more].concat()).run().expect(0);
        let expected = [
            "apply",
            "--build",
            &format!("--config={config}"),
            &format!("--repository={repository}"),
            "--scope=x",
            "--platform=linux/amd64",
            "--platform=linux/arm64",
            "--move-tag=t",
            "--adopt",
            "--force",
            "--image",
            "app",
            &sandbox.head(),
        ];
        for shell in ["bash", "sh"] {
            assert_eq!(words(&sandbox, shell, &read(&run.stdout)["build app"]), expected, "{folder}");
        }
    }
    assert!(!sandbox.root().join("x").exists() && !sandbox.beside("x").exists());
}

/// What came from the environment of one job is not there in another.
#[test]
fn the_environment_of_this_job_is_written_down() {
    let sandbox = monorepo();
    sandbox.write("sub/keep", "");
    sandbox.write("other.toml", &sandbox.read("imgplan.toml"));
    let repository = sandbox.repository();
    let root = sandbox.root();
    let sub = root.join("sub");
    let call = sandbox.imgplan(&["-C", sub.to_str().unwrap(), "plan", "--format", "gitlab"]);
    let call = call.env("IMGPLAN_REPOSITORY", &repository).env("IMGPLAN_CONFIG", "../other.toml");
    let call = call.env("IMGPLAN_GITLAB_BUILDER", "podman").env("CI_PROJECT_DIR", root.to_str().unwrap());
    let job = &read(&call.env("IMGPLAN_FORCE", "1").run().expect(0).stdout)["build web"];
    let repository = format!("--repository={repository}");
    let words = words(&sandbox, "sh", job);
    let expected = ["-C", "sub", "apply", "--build=podman", "--config=../other.toml", &repository, "--force"];
    assert_eq!(words[..7], expected, "the clone is elsewhere on another runner: -C is seen from it");

    let bad = sandbox.plan(&["--output", "gitlab=x.yml"]).env("IMGPLAN_GITLAB_BUILDER", "kaniko");
    bad.run().expect(2).says(&["kaniko", "buildah"]);
}

/// The scripts of a pipeline, run in the order of `needs`, leave nothing to build; and the next plan's child says so.
#[test]
fn the_jobs_build_what_the_plan_says() {
    let sandbox = monorepo();
    sandbox.write("job.yml", &format!("script:\n  - echo building it\n  - {}\n", json!(TINY)));
    let args = ["--output", "gitlab=child.yml", "--gitlab-job", "job.yml"];
    sandbox.apply(&args).run().expect(0);
    let child = read(&sandbox.read("child.yml"));
    assert_eq!(child["build app"]["needs"], json!(["build base"]));
    let bin = Path::new(env!("CARGO_BIN_EXE_imgplan")).parent().unwrap().display().to_string();
    let run = |job: &str| {
        let mut command = sandbox.command("bash");
        let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
        command.env("PATH", path).current_dir(sandbox.root());
        let out = command.args(["-c", child[job]["script"][0].as_str().unwrap()]).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success(), "{job}: {said}");
        said.matches("building it").count()
    };
    for job in ["build web", "build base", "build app"] {
        assert_eq!(run(job), 1, "{job}: each builds its own");
    }
    // As in a second pipeline that waited for the first.
    assert_eq!(run("build app"), 0, "each looks again");
    let plan = sandbox.apply(&args).plan();
    assert!(plan.actions().iter().all(|action| action.ends_with(": up-to-date")), "{:?}", plan.actions());
    let child = read(&sandbox.read("child.yml"));
    let keys: Vec<&String> = child.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["workflow", "stages", "nothing to build"]);
    assert!(child["nothing to build"].get("resource_group").is_none());
}

/// A job that finds its image in the registry would not build it on the parent's new build, which only the plan knows.
#[test]
fn the_child_of_a_parent_that_is_built_again_is_built_again() {
    let sandbox = monorepo();
    let toml = sandbox.read("imgplan.toml");
    let toml = toml.replace("context = \"base\"\n", "context = \"base\"\nmax-age = \"30d\"\n");
    sandbox.write("imgplan.toml", &toml);
    sandbox.commit("Images get old");
    sandbox.build_all();
    let plan = sandbox.plan(&[]).plan();
    let base = plan.image("base");
    let old = Image::new("old").marked(base.hash()).created("2001-01-01T00:00:00Z");
    sandbox.image_of("base", base.content_tag(), &old);
    let child = pipeline(&sandbox, &["--gitlab-builder", "buildx"]);
    let has = |job: &str| words(&sandbox, "sh", &child[job]).contains(&"--force".to_owned());
    assert!(has("build app"));
    assert!(!has("build base"), "another pipeline may have built it by then");
    assert!(child.get("build web").is_none());
}

/// `--image app --force` is one build, whatever stands above it.
#[test]
fn a_forced_build_leaves_the_parents_alone() {
    let sandbox = monorepo();
    sandbox.build_all();
    let plan = sandbox.plan(&["--force", "--image", "app"]).plan();
    assert_eq!(plan.names(), ["app"]);
    let actions = sandbox.plan(&["--force"]).plan().actions();
    assert!(actions.iter().all(|action| action.ends_with(": build")), "{actions:?}");
}

#[test]
fn what_cannot_be_is_said_before_anything_is_done() {
    let sandbox = monorepo();
    sandbox.write("extends.yml", "extends: .build\n");
    sandbox.write("script.yml", "script: make\n");
    let gitlab = |args: &[&str]| {
        sandbox.imgplan(
            &[&["apply", "--output", "gitlab=child.yml", "--repository", &sandbox.repository()], args]
                .concat(),
        )
    };
    gitlab(&["--gitlab-job", "extends.yml"])
        .run()
        .expect(1)
        .says(&["extends.yml: extends: this cannot be here", "hint"]);
    gitlab(&["--gitlab-job", "none.yml"]).run().expect(1).says(&["none.yml cannot be read"]);
    gitlab(&["--gitlab-job", "script.yml", "--gitlab-builder", "buildx"]).run().expect(2).says(&["hint"]);
    assert!(!sandbox.root().join("child.yml").exists() && !sandbox.layout().exists());
    let run = sandbox.plan(&["--worktree", "--output", "gitlab=child.yml"]).run();
    run.expect(2).says(&["--worktree"]);
    sandbox.imgplan(&["log", "--format", "gitlab"]).run().expect(2).says(&["no format gitlab"]);
}

/// A branch's name is anybody's, and stands in the reason that the job prints.
#[test]
fn what_the_only_job_prints_is_text() {
    let sandbox = monorepo();
    let branch = "renku/autosave/it's\"$(touch x)`touch x`%s\\n${HOME}";
    let call = sandbox.imgplan(&["plan", "--format", "gitlab", "--repository", &sandbox.repository()]);
    let sha = sandbox.head();
    let run = call.env("CI_COMMIT_BRANCH", branch).env("CI_COMMIT_SHA", &sha).run().expect(0);
    let child = read(&run.stdout);
    let lines = child["nothing to build"]["script"].as_array().expect("a script");
    let script: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
    let out = sandbox.command("bash").args(["-ec", &script.join("\n")]).output().unwrap();
    let printed = String::from_utf8(out.stdout).unwrap();
    assert_eq!(printed.lines().count(), 4, "{printed}");
    assert_eq!(printed.matches(&format!("the branch {branch} is skipped")).count(), 3, "{printed}");
    assert!(!sandbox.beside("x").exists());
}

/// The dotenv report beside it, which GitLab reads without a shell's quoting.
#[test]
fn the_dotenv_report_keeps_gitlabs_limits() {
    let sandbox = monorepo();
    sandbox.build_all();
    let repository = sandbox.repository();
    sandbox.write("web/file", "changed");
    sandbox.commit("Change web");
    let args = ["plan", "--format", "dotenv", "--repository", &repository];
    let run = sandbox.imgplan(&args).run().expect(0);
    let keys: Vec<&str> = run.stdout.lines().map(|line| line.split_once('=').unwrap().0).collect();
    let images = ["IMGPLAN_IMAGE_BASE", "IMGPLAN_IMAGE_WEB", "IMGPLAN_IMAGE_APP"];
    assert_eq!(keys[..3], ["IMGPLAN_COMMIT", "IMGPLAN_HAS_BUILDS", "IMGPLAN_COUNT"]);
    assert!(images.iter().all(|key| keys.contains(key)) && keys.len() == 6, "{keys:?}");
    assert!(run.stdout.contains("\nIMGPLAN_HAS_BUILDS=true\nIMGPLAN_COUNT=1\n"), "{}", run.stdout);
    let odd = format!("oci:{}", sandbox.beside("a b").display());
    let run = sandbox.imgplan(&["plan", "--format", "dotenv", "--repository", &odd]).run().expect(1);
    run.says(&["nothing in it can be quoted", "hint"]);

    let toml: String = (0..18).map(|n| format!("[images.i{n}]\ncontext = \"web\"\n")).collect();
    sandbox.write("imgplan.toml", &toml);
    sandbox.commit("Many images");
    sandbox.imgplan(&args).run().expect(1).says(&[
        "21 variables for 18 images",
        "GitLab reads 20",
        "--image",
    ]);
    let some: Vec<String> = (0..17).flat_map(|n| ["--image".to_owned(), format!("i{n}")]).collect();
    let some: Vec<&str> = some.iter().map(String::as_str).collect();
    sandbox.imgplan(&[&args[..], &some].concat()).run().expect(0);
}

/// The files to copy stand in the documentation as they are.
#[test]
fn the_documentation_shows_what_is_run() {
    let read = |path: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let page = read("docs/gitlab.md");
    for name in ["one-job", "child"] {
        let file = read(&format!("fixtures/gitlab/{name}.gitlab-ci.yml"));
        let (_, jobs) = file.split_once("stages:\n").expect("jobs");
        assert!(page.contains(jobs), "docs/gitlab.md does not show fixtures/gitlab/{name}.gitlab-ci.yml");
    }
    let spec = read("templates/plan.yml");
    let spec: serde_json::Value = yaml_serde::from_str(spec.split_once("\n---\n").unwrap().0).unwrap();
    for input in spec["spec"]["inputs"].as_object().unwrap().keys() {
        assert!(page.contains(&format!("`{input}`")), "docs/gitlab.md does not tell of the input {input}");
    }
}
