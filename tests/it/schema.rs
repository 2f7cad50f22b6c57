//! `docs/plan.schema.json` against real plans of every action, and the recipes of `docs/ci.md` as far as a parser of YAML
//! judges them.
//!
//! The validator knows the few words that the schema uses, and fails at any other. It is stricter than the schema: a field
//! that the schema does not describe is an error here, so that nobody adds one in silence.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use crate::support::remote::Fault;
use crate::support::{Image, Remote, Sandbox};

fn docs(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap()
}

/// What is wrong with a value, each with its place.
fn faults(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    for (word, says) in schema.as_object().expect("a schema is an object") {
        match word.as_str() {
            "$schema" | "title" | "description" | "$defs" => {}
            "$ref" => {
                let pointer = says.as_str().unwrap().strip_prefix('#').unwrap();
                faults(root, root.pointer(pointer).expect("a definition"), value, at, found);
            }
            "type" => {
                let kinds = says.as_array().cloned().unwrap_or_else(|| vec![says.clone()]);
                let kind = match value {
                    Value::Null => "null",
                    Value::Bool(_) => "boolean",
                    Value::Number(_) => "number",
                    Value::String(_) => "string",
                    Value::Array(_) => "array",
                    Value::Object(_) => "object",
                };
                if !kinds.iter().any(|one| one == kind) {
                    found.push(format!("{at}: {kind}, not {says}"));
                }
            }
            "const" if says == value => {}
            "enum" if says.as_array().unwrap().contains(value) => {}
            "const" | "enum" => found.push(format!("{at}: {value}, not {says}")),
            "required" => {
                let there = |key: &Value| value.get(key.as_str().unwrap()).is_some();
                let missing = says.as_array().unwrap().iter().filter(|key| !there(key));
                found.extend(missing.map(|key| format!("{at}: no {key}")));
            }
            "properties" => {
                for (key, value) in value.as_object().unwrap_or(&Map::new()) {
                    match says.get(key) {
                        Some(schema) => faults(root, schema, value, &format!("{at}.{key}"), found),
                        None => found.push(format!("{at}.{key}: not described")),
                    }
                }
            }
            "additionalProperties" => {
                for (key, value) in value.as_object().unwrap_or(&Map::new()) {
                    faults(root, says, value, &format!("{at}.{key}"), found);
                }
            }
            "items" => {
                for (index, value) in value.as_array().unwrap_or(&Vec::new()).iter().enumerate() {
                    faults(root, says, value, &format!("{at}[{index}]"), found);
                }
            }
            "anyOf" => {
                let tries: Vec<Vec<String>> = says
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|schema| {
                        let mut found = Vec::new();
                        faults(root, schema, value, at, &mut found);
                        found
                    })
                    .collect();
                if tries.iter().all(|faults| !faults.is_empty()) {
                    found.extend(tries.into_iter().next().unwrap());
                }
            }
            // Only where the pattern is one of the four that are known here; a new one must be added by hand.
            "pattern" => {
                let text = value.as_str().unwrap_or_default();
                let hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
                let good = match says.as_str().unwrap() {
                    "^([0-9a-f]{40}|[0-9a-f]{64})$" => hex(text) && [40, 64].contains(&text.len()),
                    "^[0-9a-f]{64}$" => hex(text) && text.len() == 64,
                    pattern if pattern.starts_with("^[a-z0-9]+(") => text.split_once(':').is_some(),
                    "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$" => {
                        text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
                            && (1..=128).contains(&text.len())
                            && !text.starts_with(['.', '-'])
                    }
                    other => panic!("the test does not know the pattern {other}"),
                };
                if !good {
                    found.push(format!("{at}: {text:?} is not {says}"));
                }
            }
            other => panic!("the test does not know {other}"),
        }
    }
}

fn judge(plan: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(&docs("plan.schema.json")).unwrap();
    let mut found = Vec::new();
    faults(&schema, &schema, plan, "plan", &mut found);
    found
}

#[track_caller]
fn valid(plan: &Value, action: &str) {
    assert_eq!(plan["images"][0]["action"], action, "{plan:#}");
    assert_eq!(judge(plan), [""; 0], "{plan:#}");
}

#[test]
fn plans_of_every_action_are_as_the_schema_says() {
    let sandbox = Sandbox::small();
    let plan = |args: &[&str]| sandbox.plan(args).run().json();
    valid(&plan(&[]), "build");
    sandbox.append("app.txt", "changed\n");
    valid(&plan(&["--worktree"]), "build");
    sandbox.git(&["checkout", "--quiet", "app.txt"]);
    sandbox.build_all();
    valid(&plan(&[]), "retag");
    valid(&sandbox.apply(&[]).run().json(), "up-to-date");
    valid(&plan(&["--force"]), "build");
    sandbox.image(&sandbox.sha7(), &Image::new("something else"));
    valid(&plan(&[]), "conflict");
    sandbox.git(&["checkout", "--quiet", "-b", "renku/autosave/ada/main/abc1234/abc1234"]);
    valid(&plan(&[]), "skip");

    let sandbox = Sandbox::small();
    let remote = Remote::start();
    remote.fault("app", Fault::Status(403));
    let args = ["plan", "--format", "json", "--repository", &remote.repository("app")];
    valid(&sandbox.imgplan(&args).run().json(), "unknown");
}

#[test]
fn a_build_with_everything_is_as_the_schema_says() {
    let sandbox = Sandbox::small();
    sandbox.write("app/Dockerfile", "FROM base AS runtime\nCOPY app.txt /\n");
    sandbox.write("app/app.txt", "app\n");
    sandbox.write(
        "imgplan.toml",
        "[images.base]\nplatforms = [\"linux/amd64\", \"linux/arm64\"]\n[images.app]\ncontext = \"app\"\n\
         target = \"runtime\"\nbuild-args = { A = \"b\" }\ncontexts = { base = \"image:base\" }\n",
    );
    sandbox.commit("Two images");
    valid(&sandbox.plan(&[]).run().json(), "build");
}

/// The judge itself can say no.
#[test]
fn a_plan_that_is_none_is_found_out() {
    let sandbox = Sandbox::small();
    let plan = sandbox.plan(&[]).run().json();
    let spoilt = |change: &dyn Fn(&mut Value)| {
        let mut plan = plan.clone();
        change(&mut plan);
        judge(&plan)
    };
    for found in [
        spoilt(&|plan| plan["version"] = 2.into()),
        spoilt(&|plan| plan["commit"] = "abc1234".into()),
        spoilt(&|plan| plan["images"][0]["action"] = "guess".into()),
        spoilt(&|plan| plan["images"][0]["new"] = Value::Null),
        spoilt(&|plan| drop(plan["images"][0].as_object_mut().unwrap().remove("moves"))),
        spoilt(&|plan| plan["images"][0]["build"]["args"]["A"] = 1.into()),
        spoilt(&|plan| plan["images"][0]["tags"][0] = "a/b".into()),
    ] {
        assert_eq!(found.len(), 1, "{found:?}");
    }
}

/// Recipes that nobody can paste would be worse than none.
#[test]
fn the_recipes_are_yaml() {
    let page = docs("ci.md");
    let blocks: Vec<&str> =
        page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let documents: Vec<&str> = blocks.iter().flat_map(|block| block.split("---\n")).collect();
    assert_eq!(documents.len(), 5, "GitHub, Woodpecker, two of Tekton's, Argo");
    for document in documents {
        let value: Value =
            yaml_serde::from_str(document).unwrap_or_else(|error| panic!("{error}:\n{document}"));
        assert!(value.is_object(), "{document}");
    }
}
