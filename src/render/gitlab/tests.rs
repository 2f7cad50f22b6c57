//! The child pipeline's shape, its limits, and what the user's own job may be.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::decision::Action;
use crate::plan::Build;
use crate::reference::{Repository, Tag};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn image(name: &str, action: Action, depends_on: &[&str]) -> Image {
    Image {
        name: name.to_owned(),
        action,
        reason: "because".to_owned(),
        content_hash: "a".repeat(64),
        content_tag: Tag::new(format!("content-{}", "a".repeat(40))).unwrap(),
        repository: Repository::parse("registry.example.org/acme", std::path::Path::new("/")).unwrap(),
        digest: None,
        reference: None,
        from: None,
        tags: Vec::new(),
        missing_tags: Vec::new(),
        warnings: Vec::new(),
        depends_on: depends_on.iter().map(|name| (*name).to_owned()).collect(),
        build: (action == Action::Build).then(Build::default),
        moves: Vec::new(),
    }
}

fn plan_of(images: Vec<Image>) -> Plan {
    Plan { version: 1, commit: COMMIT.to_owned(), images }
}

fn pipeline(images: Vec<Image>, jobs: &Jobs) -> Value {
    let bytes = plan(&plan_of(images), jobs).unwrap();
    yaml_serde::from_str(std::str::from_utf8(&bytes).unwrap()).unwrap()
}

fn refused(images: Vec<Image>, jobs: &Jobs) -> String {
    let error = plan(&plan_of(images), jobs).unwrap_err();
    assert!(!error.hints().is_empty(), "what to do");
    error.to_string()
}

fn template(text: &str) -> Jobs {
    Jobs { template: Template::parse("job.yml", text).unwrap(), ..Jobs::default() }
}

#[test]
fn a_job_for_each_build_and_only_parents_that_are_built_are_needed() {
    let images = vec![
        image("old", Action::UpToDate, &[]),
        image("base", Action::Build, &[]),
        image("app", Action::Build, &["base", "old"]),
    ];
    let pipeline = pipeline(images, &Jobs::default());
    let keys: Vec<&String> = pipeline.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["workflow", "stages", "build base", "build app"]);
    assert_eq!(pipeline["build base"]["needs"], json!([]), "it starts at once");
    assert_eq!(pipeline["build app"]["needs"], json!(["build base"]));
    assert_eq!(pipeline["build app"]["resource_group"], format!("content-{}", "a".repeat(40)));
    assert_eq!(
        pipeline["build app"]["script"],
        json!([format!("imgplan apply --build --image app {COMMIT}")])
    );
}

#[test]
fn where_nothing_is_built_one_job_says_so() {
    let mut hostile = image("app", Action::UpToDate, &[]);
    hostile.reason = "branch 'a$(touch x)`y`\n\u{1b}[2Jb %s".to_owned();
    let jobs =
        template("tags: [docker]\nimage: alpine\nscript: make\nservices: [docker:dind]\nrules: [{if: $X}]");
    let pipeline = pipeline(vec![hostile], &jobs);
    let keys: Vec<&String> = pipeline.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["workflow", "stages", "nothing to build"]);
    let job = &pipeline["nothing to build"];
    let keys: Vec<&String> = job.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["stage", "needs", "script", "image", "tags"]);
    let said = r"printf '%s\n' 'app: up-to-date, branch '\''a$(touch x)`y`\n\x1b[2Jb %s'";
    assert_eq!(job["script"], json!(["echo 'nothing to build'", said]));
}

#[test]
fn the_users_job_is_merged_and_ours_wins() {
    let jobs = template(
        "image: {name: alpine, entrypoint: [\"\"]}\nstage: other\nneeds: [x]\nresource_group: mine\nretry: 2\n\
         .defaults: &defaults {A: \"1\"}\nvariables: {<<: *defaults, B: $A}\n",
    );
    let job = &pipeline(vec![image("app", Action::Build, &[])], &jobs)["build app"];
    assert_eq!((&job["stage"], &job["needs"]), (&json!("build"), &json!([])));
    assert_ne!(job["resource_group"], "mine");
    assert_eq!((&job["retry"], &job["variables"]), (&json!(2), &json!({"A": "1", "B": "$A"})));
    assert_eq!(job["image"]["entrypoint"], json!([""]));
}

#[test]
fn the_image_of_the_job_that_plans_is_that_of_its_children() {
    let jobs = Jobs { image: Some("registry.example.org/ci:1".to_owned()), ..template("tags: [a]") };
    for (action, name) in [(Action::Build, "build app"), (Action::UpToDate, "nothing to build")] {
        assert_eq!(
            pipeline(vec![image("app", action, &[])], &jobs)[name]["image"],
            "registry.example.org/ci:1"
        );
    }
    let jobs = Jobs { image: jobs.image, ..template("image: mine") };
    assert_eq!(pipeline(vec![image("app", Action::Build, &[])], &jobs)["build app"]["image"], "mine");
}

#[test]
fn the_users_script_is_the_build() {
    let jobs = template("script:\n  - cd \"$IMGPLAN_CONTEXT\"\n  - [make it, \"echo 'done'\"]\n");
    let job = &pipeline(vec![image("app", Action::Build, &[])], &jobs)["build app"];
    let words = "set -e\ncd \"$IMGPLAN_CONTEXT\"\nmake it\necho '\\''done'\\''";
    assert_eq!(
        job["script"],
        json!([format!("imgplan apply '--build-command={words}' --image app {COMMIT}")])
    );
}

#[test]
fn a_job_that_a_child_pipeline_cannot_hold_is_refused() {
    for (text, message) in [
        ("extends: .build", "job.yml: extends: this cannot be here"),
        ("include: x.yml", "job.yml: include: this cannot be here"),
        ("trigger: x", "job.yml: trigger: this cannot be here"),
        ("parallel: 2", "job.yml: parallel: this cannot be here"),
        ("before_script: [!reference [.a, b]]", "before_script[0]: !reference cannot be here"),
        ("image: !other x", "the tag !other is not known"),
        (".build:\n  image: alpine", ".build has the job below it"),
        ("[a, b]", "this is no job"),
        ("image: [", "job.yml:2:1: this is no YAML"),
        ("dependencies: [a]", "dependencies: this cannot be here"),
        ("script: []", "an empty script"),
        ("script: [true]", "a script is"),
        ("variables: {[a]: b}", "a key that is no text"),
    ] {
        let error = Template::parse("job.yml", text).unwrap_err();
        assert!(error.to_string().contains(message), "{text}: {error}");
    }
    for text in ["", "{}", "image: {name: x}", "variables:\n  A: b", "tags: [x]"] {
        assert!(Template::parse("job.yml", text).is_ok(), "{text}");
    }
}

#[test]
fn limits_are_kept_or_said() {
    let parents = |count: usize| {
        let names: Vec<String> = (0..count).map(|index| format!("p{index}")).collect();
        let mut images: Vec<Image> = names.iter().map(|name| image(name, Action::Build, &[])).collect();
        images.push(image("app", Action::Build, &names.iter().map(String::as_str).collect::<Vec<_>>()));
        images
    };
    assert!(plan(&plan_of(parents(50)), &Jobs::default()).is_ok());
    assert!(refused(parents(51), &Jobs::default()).contains("would need 51 others"));
    let named = |length| vec![image(&"x".repeat(length), Action::Build, &[])];
    assert!(plan(&plan_of(named(249)), &Jobs::default()).is_ok());
    assert!(refused(named(250), &Jobs::default()).contains("255 characters"));
    let large = template(&format!("variables: {{A: {}}}", "x".repeat(3_000_000)));
    assert!(plan(&plan_of(named(1)), &large).is_ok());
    assert!(
        refused(vec![image("a", Action::Build, &[]), image("b", Action::Build, &[])], &large)
            .contains("2 jobs")
    );
}
