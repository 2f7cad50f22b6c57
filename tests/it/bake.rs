//! `--format bake` without bake: what the definition says, and what it refuses. That bake reads it as it is meant is
//! shown with bake itself (`real/bake.rs`).

use serde_json::Value;

use crate::support::Sandbox;

const REPOSITORY: &str = "oci:images";

fn bake(sandbox: &Sandbox, args: &[&str]) -> Value {
    let args = [&["plan", "--format", "bake", "--repository", REPOSITORY], args].concat();
    sandbox.imgplan(&args).run().expect(0).json()
}

/// A project with this configuration, and `Dockerfile` and `app/Dockerfile` for it.
fn project(config: &str) -> Sandbox {
    let sandbox = Sandbox::small();
    sandbox.write("app/Dockerfile", "FROM base\nCOPY a.txt /\n");
    sandbox.write("app/a.txt", "a\n");
    sandbox.write("app/app.txt", "a\n");
    sandbox.write("imgplan.toml", config);
    sandbox.commit("A configuration");
    sandbox
}

#[test]
fn a_parent_is_linked_while_it_is_to_be_built() {
    let sandbox = project(
        "[images.base]\n[images.app]\ncontext = \"app\"\ncontexts = { base = \"image:base\" }\n\
         [images.other]\ncontext = \"app\"\ndockerfile = \"Dockerfile\"\n",
    );
    let file = sandbox.root().join("out.json");
    let whole = bake(&sandbox, &["--output", "bake=out.json"]);
    assert_eq!(serde_json::from_str::<Value>(&std::fs::read_to_string(file).unwrap()).unwrap(), whole);
    let target = &whole["target"];
    assert_eq!(target["app"]["contexts"]["base"], "target:base");
    assert_eq!(
        (&target["app"]["context"], &target["app"]["dockerfile"]),
        (&"app".into(), &"Dockerfile".into())
    );
    assert_eq!(target["other"]["dockerfile"], "../Dockerfile");
    assert_eq!(whole["group"]["default"]["targets"].as_array().map(Vec::len), Some(3));
}

#[test]
fn names_and_texts_are_fit_for_bake() {
    let sandbox = project(
        "[images.default]\n[images.\"a.b/c\"]\nbuild-args = { A = \"${B} %{c}\", B = \"\" }\n[images.a_b_c]\n",
    );
    let whole = bake(&sandbox, &[]);
    let names: Vec<&String> = whole["target"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["default_", "a_b_c_", "a_b_c"]);
    assert_eq!(whole["target"]["a_b_c_"]["args"], serde_json::json!({ "A": "$${B} %%{c}", "B": "" }));
}

#[test]
fn nothing_to_build_is_a_definition_too() {
    let sandbox = project("[skip]\nbranches = [\"main\"]\n[images.app]\ndockerfile = \"Dockerfile\"\n");
    let whole = bake(&sandbox, &[]);
    assert_eq!(whole["group"]["default"]["targets"], serde_json::json!([]));
    assert_eq!(whole["target"]["nothing-to-build"]["output"], serde_json::json!(["type=cacheonly"]));
}

/// In words, with the image, and before anything is written to stdout.
#[test]
fn what_bake_would_read_otherwise_is_refused() {
    for (config, says) in [
        ("[images.app]\nbuild-args = { A = \"e\\u0301\" }\n", "composed form"),
        ("[images.app]\ncontext = \"-\"\ndockerfile = \"Dockerfile\"\n", "standard input"),
    ] {
        let sandbox = project(config);
        sandbox.write("-/a.txt", "a\n");
        sandbox.write("-/app.txt", "a\n");
        sandbox.commit("An odd folder");
        let run = sandbox.fails(&["plan", "--format", "bake", "--repository", REPOSITORY], 1);
        assert_eq!(run.says(&["the image app", says, "hint:"]).stdout, "");
    }
}

/// BuildKit would leave the older image its tag, and the layout would say two things.
#[test]
fn another_build_of_the_same_content_does_not_go_into_a_layout() {
    let sandbox = Sandbox::small();
    let args = ["plan", "--format", "bake", "--repository", &sandbox.repository()];
    sandbox.build_all();
    sandbox.imgplan(&args).run().expect(0);
    let run = sandbox.fails(&[&args[..], &["--force"]].concat(), 1);
    run.says(&["would keep its tag", "imgplan apply --build"]);
}

/// Bake builds what is in the folder, so a file that this run writes there would be in the image.
#[test]
fn an_output_that_an_image_copies_is_warned_about() {
    let sandbox = project(
        "[images.app]\ncontext = \"app\"\ncontexts = { base = \"docker-image://alpine\" }\n[images.all]\n",
    );
    let all = |copy: &str, ignored: &str| {
        sandbox.write("Dockerfile", &format!("FROM scratch\nCOPY {copy} /\n"));
        sandbox.write(".dockerignore", ignored);
        sandbox.commit("Another all");
    };
    let said = |output: &str| {
        let args = ["plan", "--repository", REPOSITORY, "--output", output, "--output", "json=../plan.json"];
        sandbox.imgplan(&args).run().expect(0).stderr
    };
    let warning = "out.json lies in the context of all, which copies it";
    all(".", "");
    assert!(said("bake=out.json").contains(warning));
    assert!(!said("bake=../out.json").contains("lies in the context"));
    assert!(!said("json=out.json").contains("lies in the context"), "nobody said bake");
    all(".", "out.json\n");
    assert!(!said("bake=out.json").contains("lies in the context"));
    all("app.txt", "");
    assert!(!said("bake=out.json").contains("lies in the context"));
    assert!(!said("bake=app/out.json").contains("lies in the context"), "app copies one file");
    all("app", "");
    assert!(said("bake=app/out.json").contains("lies in the context of all"));
}
