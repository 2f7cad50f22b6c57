//! GitLab pipelines as people copy them (`fixtures/gitlab`, `templates/plan.yml`), run by gitlab-ci-local with its shell
//! executor, on a docker-registry and with buildah; and GitLab's own schema over everything that GitLab reads.

use std::fs;
use std::path::Path;

use super::world::{self, Real};
use super::{renku, tool};
use crate::support::Sandbox;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn fixture(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

/// A project that GitLab would know.
fn project(sandbox: Sandbox) -> Real {
    sandbox.git(&["remote", "add", "origin", "https://gitlab.example.org/acme/app.git"]);
    Real::around(sandbox)
}

/// What a push sets off: the whole pipeline of the commit that is checked out; what the jobs said.
#[track_caller]
fn push(real: &Real) -> String {
    let sandbox = &real.sandbox;
    let program = Path::new(env!("CARGO_BIN_EXE_imgplan")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut command = sandbox.command(tool("tools/npm/node_modules/.bin/gitlab-ci-local").to_str().unwrap());
    command.envs(world::environment(sandbox)).env("PATH", path).current_dir(sandbox.root());
    command.arg("--force-shell-executor");
    // A child pipeline has a project's variables, too, but not those of the command line.
    let variables = sandbox.beside("home/.gitlab-ci-local/variables.yml");
    fs::create_dir_all(variables.parent().unwrap()).unwrap();
    let (host, repository) = (&real.registry.host, real.repository());
    fs::write(variables, format!("global:\n  CI_REGISTRY: {host}\n  CI_REGISTRY_IMAGE: {repository}\n"))
        .unwrap();
    let out = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{said}");
    said
}

/// How many images were built.
fn builds(said: &str) -> usize {
    said.matches("STEP 1/").count()
}

#[track_caller]
fn checked(file: &Path) {
    let mut command = std::process::Command::new(tool("tools/python/bin/check-jsonschema"));
    world::output(command.args(["--builtin-schema", "vendor.gitlab-ci"]).arg(file));
}

/// A build, a retag, and an autosave branch, which is left alone.
#[test]
fn three_pushes_of_a_renku_project() {
    let sandbox = Sandbox::fixture("renku-python");
    sandbox.write(".gitlab-ci.yml", &fixture("fixtures/gitlab/one-job.gitlab-ci.yml"));
    sandbox.commit("Let imgplan build");
    let real = project(sandbox);
    let sandbox = &real.sandbox;
    world::as_docker_hub(sandbox, &real.registry);
    renku::push_base(&real);

    let said = push(&real);
    assert!(said.contains("image_build") && builds(&said) > 0, "{said}");
    let digest = real.digest(&sandbox.sha7());

    sandbox.append("README.md", "More.\n");
    sandbox.commit("Tell more");
    let said = push(&real);
    assert_eq!(builds(&said), 0, "{said}");
    assert_eq!(real.digest(&sandbox.sha7()), digest);

    sandbox.git(&["checkout", "--quiet", "-b", "renku/autosave/ada/main/abc1234/def5678"]);
    sandbox.append("requirements.txt", "pandas==2.2.2\n");
    sandbox.commit("Save");
    let said = push(&real);
    assert!(builds(&said) == 0 && said.contains("skip"), "{said}");
    let tags = world::skopeo(
        sandbox,
        &["list-tags", "--tls-verify=false", &format!("docker://{}", real.repository())],
    );
    assert!(!tags.contains(&sandbox.sha7()), "{tags}");
}

/// `base`, from it `lib` and `tools`, from `lib` and `tools` `app`; `web` stands alone.
fn five() -> Sandbox {
    let sandbox = Sandbox::new();
    let images: [(&str, &[&str]); 5] =
        [("base", &[]), ("lib", &["base"]), ("tools", &["base"]), ("app", &["lib", "tools"]), ("web", &[])];
    let mut toml = String::new();
    for (name, parents) in images {
        let from = parents.first().unwrap_or(&"scratch");
        let copied = parents.iter().skip(1).map(|parent| format!("COPY --from={parent} /{parent} /copied\n"));
        let dockerfile = format!("FROM {from}\nCOPY file /{name}\n{}", copied.collect::<String>());
        sandbox.write(&format!("{name}/Dockerfile"), &dockerfile);
        sandbox.write(&format!("{name}/file"), name);
        let contexts: Vec<_> =
            parents.iter().map(|parent| format!("{parent} = \"image:{parent}\"")).collect();
        toml += &format!("[images.{name}]\ncontext = \"{name}\"\ncontexts = {{ {} }}\n", contexts.join(", "));
    }
    sandbox.write("imgplan.toml", &toml);
    sandbox
}

/// Five builds parents first, then two, then none: by the file to copy, and by the component.
#[test]
fn pushes_of_a_monorepo() {
    let sandbox = five();
    sandbox.write(".gitlab-ci.yml", &fixture("fixtures/gitlab/child.gitlab-ci.yml"));
    sandbox.commit("Five images");
    let real = project(sandbox);
    let sandbox = &real.sandbox;
    let digests = || {
        let digest = |name| {
            world::digest(sandbox, &format!("docker://{}/{name}:{}", real.repository(), sandbox.sha7()))
        };
        ["base", "lib", "tools", "app", "web"].map(digest)
    };
    let child = sandbox.root().join("imgplan-child.yml");

    let said = push(&real);
    assert_eq!(builds(&said), 5, "{said}");
    let line = |job: &str, what: &str| {
        let is = |line: &str| line.contains(&format!("-> {job} ")) && line.contains(what);
        said.lines().position(is).unwrap_or_else(|| panic!("{job} {what}: {said}"))
    };
    let before = |first: &str, second: &str| line(first, "finished in") < line(second, "starting shell");
    for (first, second) in [("base", "lib"), ("base", "tools"), ("lib", "app"), ("tools", "app")] {
        assert!(before(&format!("build {first}"), &format!("build {second}")), "{said}");
    }
    let first = digests();
    checked(&child);
    let dotenv = sandbox.read("imgplan.env");
    assert!(dotenv.contains("IMGPLAN_COUNT=5\n") && dotenv.contains("IMGPLAN_IMAGE_APP="), "{dotenv}");

    sandbox.write("lib/file", "changed");
    sandbox.commit("Change lib");
    let said = push(&real);
    assert_eq!(builds(&said), 2, "{said}");
    let second = digests();
    let same: Vec<bool> = first.iter().zip(&second).map(|(one, two)| one == two).collect();
    assert_eq!(same, [true, false, true, false, true]);

    let included = "stages: [build]\ninclude:\n  - local: templates/plan.yml\n    inputs:\n      \
                    image: registry.example.org/ci:1\n      builder: buildah\n      scope: x\n      adopt: true\n";
    sandbox.write("templates/plan.yml", &fixture("templates/plan.yml"));
    sandbox.write(".gitlab-ci.yml", included);
    sandbox.commit("Include the component");
    let said = push(&real);
    assert!(
        builds(&said) == 0 && said.contains("nothing to build"),
        "a scope reads the trusted images: {said}"
    );
    sandbox.write("base/file", "changed");
    sandbox.commit("Change base");
    let said = push(&real);
    assert_eq!(builds(&said), 4, "all that stand on it: {said}");
    checked(&child);
    let written = sandbox.read("imgplan-child.yml");
    assert!(written.contains("--build=buildah --scope=x --adopt --image app"), "{written}");
    sandbox.write("README.md", "More.\n");
    sandbox.commit("Tell more");
    let said = push(&real);
    assert!(builds(&said) == 0 && said.contains("nothing to build"), "{said}");
    checked(&child);
}

/// What is copied is what GitLab's own schema allows. The component is two documents, which it has no words for.
#[test]
fn gitlab_would_take_the_files() {
    for name in ["one-job", "child"] {
        checked(&Path::new(ROOT).join(format!("fixtures/gitlab/{name}.gitlab-ci.yml")));
    }
    let sandbox = Sandbox::new();
    let component = fixture("templates/plan.yml");
    let (spec, jobs) = component.split_once("\n---\n").expect("two documents");
    // Where GitLab has put in what was given or the default.
    let jobs = jobs.replace("$[[ inputs.", "").replace(" ]]", "");
    for (name, text) in [("spec.yml", spec), ("jobs.yml", jobs.as_str())] {
        sandbox.write(name, text);
        checked(&sandbox.root().join(name));
    }
}

/// Ruby's YAML is what GitLab reads with; Python's is stricter than most. Both say the same of a hostile pipeline.
#[test]
fn other_readers_of_yaml_agree() {
    let sandbox = Sandbox::small();
    let hostile = "on: \"yes\"\nvariables: {a: \"1:30\", b: \"0o7\", c: \"~\", d: \"é\\u2028\\x07\\U0001F600\", \"y\": \"# x\"}\n\
                   before_script: [\"a: b\", \"- c\", \"%0A\", \"${X}\", \"l\\nf\"]\n";
    sandbox.write("job.yml", hostile);
    let args =
        ["plan", "--format", "gitlab", "--gitlab-job", "job.yml", "--repository", &sandbox.repository()];
    let run = sandbox.imgplan(&args).run().expect(0);
    let ours: serde_json::Value = yaml_serde::from_str(&run.stdout).unwrap();
    sandbox.write("child.yml", &run.stdout);
    let script = "import json, sys, ruamel.yaml as r\n\
                  for v in ((1, 1), (1, 2)):\n y = r.YAML(typ='safe', pure=True); y.version = v\n \
                  print(json.dumps(y.load(open(sys.argv[1], encoding='utf-8').read())))\n";
    let mut command = std::process::Command::new(tool("tools/python/bin/python"));
    let out = world::output(command.args(["-c", script]).arg(sandbox.root().join("child.yml")));
    assert_eq!(out.lines().count(), 2);
    for line in out.lines() {
        assert_eq!(serde_json::from_str::<serde_json::Value>(line).unwrap(), ours);
    }
}
