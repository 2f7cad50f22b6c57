//! `--format tekton`: the pipeline writes, imgplan only says what.

use std::fs;

use super::Project;
use crate::support::Image;

/// The parameters, as Konflux' task takes them; nothing is written.
#[test]
fn tekton_gets_parameters_and_imgplan_writes_nothing() {
    let project = Project::new("");
    let first = project.tag("v1.0.0");
    project.release(&[]);
    let second = project.tag("v1.1.0");
    let files = project.sandbox.layout_files();
    let json = project.release(&["--format", "tekton"]).json();
    assert_eq!(project.sandbox.layout_files(), files);
    let params = json["params"].as_array().unwrap();
    let names: Vec<&str> = params.iter().map(|param| param["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["IMAGE_URL", "IMAGE_DIGEST", "ADDITIONAL_TAGS"]);
    let url = params[0]["value"].as_str().unwrap();
    assert!(url.contains(":content-"), "a tag behind the last colon, for the task to cut off: {url}");
    assert_eq!(params[1]["value"], second.as_str());
    assert_eq!(params[2]["value"], serde_json::json!(["1.1.0", "1.1", "1", "latest"]));
    assert_eq!(project.at("latest"), Some(first));
}

/// The results of a task, one file each.
#[test]
fn tekton_gets_a_file_for_each_result() {
    let project = Project::new("");
    let digest = project.tag("v1.0.0");
    let folder = project.sandbox.beside("results");
    project.release(&["--output", &format!("tekton={}", folder.display())]).shows(&["4 tags to put"]);
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(read("IMAGE_DIGEST"), digest);
    assert_eq!(read("ADDITIONAL_TAGS"), r#"["1.0.0","1.0","1","latest"]"#);
    assert!(read("IMAGE_URL").starts_with("oci:"));
    assert_eq!(project.at("1.0.0"), None);
}

/// A pipeline that goes on after a finding has no tags to set.
#[test]
fn tekton_gets_nothing_where_there_is_a_finding() {
    let project = Project::new("");
    project.sandbox.image("latest", &Image::new("by hand"));
    project.tag("v1.0.0");
    let folder = project.sandbox.beside("results");
    let output = format!("tekton={}", folder.display());
    let run = project.call(&["--format", "tekton", "--output", &output]).run().expect(5);
    assert_eq!(run.stdout, "");
    assert!(!folder.exists());
}

/// Tekton keeps 4096 bytes of all results together and loses the rest, so more is an error.
#[test]
fn results_that_tekton_would_lose_are_an_error() {
    let tags: Vec<String> =
        (0..200).map(|index| format!("\"a-long-name-of-a-tag-{index}-{{version}}\"")).collect();
    let project =
        Project::new(&format!("[[release]]\ngit-tag = \"v{{version}}\"\ntags = [{}]\n", tags.join(", ")));
    project.tag("v1.0.0");
    let folder = project.sandbox.beside("results");
    let output = format!("tekton={}", folder.display());
    project
        .call(&["--output", &output])
        .run()
        .expect(1)
        .says(&["Tekton passes on 4096 at most", "release.tags"]);
    assert!(!folder.exists());
}

/// A task tags one image.
#[test]
fn tekton_is_for_one_image() {
    let project = Project::new(
        "[images.a]\ndockerfile = \"Dockerfile\"\n[images.b]\ndockerfile = \"Dockerfile\"\nsalt = \"b\"\n",
    );
    project.tag("v1.0.0");
    let call = |args: &[&str]| project.call(&[&["--format", "tekton"][..], args].concat()).run();
    call(&[]).expect(2).says(&["the format tekton is for one image, and this release has 2", "--image NAME"]);
    call(&["--image", "a"]).expect(0);
}
