//! Two ways of writing an image are one image; what is wrong has its file, line and key.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod exact;
mod robust;
mod types;

use std::path::Path;

use crate::config::{self, Absent, Image};
use crate::tree::{Id, Memory};

const FILES: &[(&str, &str)] = &[
    ("images/app/Dockerfile", "FROM scratch\n"),
    ("images/app/Dockerfile.dockerignore", "x\n"),
    ("images/base/Dockerfile", "FROM scratch\n"),
    ("images/README.md", "text\n"),
    ("cuda/12.8/app.conf", "# ARGS\n\nVERSION=12.8.1\nQUOTED=\"a b\"\nVERSION=12.8.2\n  # more\n"),
    ("cuda/13.0/app.conf", "VERSION=13.0.0\n"),
];

fn tree(more: &[(&str, &str)]) -> (Memory, Id) {
    Memory::new(FILES.iter().chain(more).copied())
}

/// The images, or the problems as they are printed.
fn images_in(toml: &str, more: &[(&str, &str)], absent: Absent) -> Result<Vec<Image>, String> {
    let (objects, root) = tree(more);
    let shown = |errors: crate::error::Errors| {
        let lines = errors.0.iter().map(|error| format!("{error} [{}]", error.hints().join(" ")));
        lines.collect::<Vec<_>>().join("\n")
    };
    let config = config::parse("imgplan.toml", toml, Path::new("/")).map_err(shown)?;
    config.images_of(&objects, &root, absent).map_err(shown)
}

fn images(toml: &str) -> Vec<Image> {
    images_in(toml, &[], Absent::Refused).unwrap()
}

#[track_caller]
fn wrong(toml: &str, more: &[(&str, &str)], expected: &[&str]) {
    let found = images_in(toml, more, Absent::Refused).unwrap_err();
    assert!(expected.iter().all(|part| found.contains(part)), "{found}");
}

fn names(images: &[Image]) -> Vec<String> {
    images.iter().map(|image| image.id.to_string()).collect()
}

/// What counts of an image, without places.
fn shown(images: Vec<Image>) -> Vec<String> {
    let plain = |image: Image| {
        let patterns = |patterns: &[config::pattern::Pattern]| -> Vec<String> {
            patterns.iter().map(|pattern| pattern.as_str().to_owned()).collect()
        };
        format!(
            "{} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            image.id,
            image.context,
            image.dockerfile,
            image.target,
            image.platforms,
            image.build_args,
            image.salt,
            image.contexts,
            patterns(&image.extra_inputs),
            image.inputs.as_deref().map(patterns),
        )
    };
    let mut lines: Vec<String> = images.into_iter().map(plain).collect();
    lines.sort();
    lines
}

#[track_caller]
fn same(one: &str, other: &str, more: &[(&str, &str)]) {
    let read = |toml| shown(images_in(toml, more, Absent::Refused).unwrap());
    assert_eq!(read(one), read(other));
}

const WRITTEN: &str = "[images.app]\ndockerfile = \"images/app/Dockerfile\"\n[images.base]\ndockerfile = \"images/base/Dockerfile\"\n";

#[test]
fn a_folder_names_its_image() {
    same("discover = [\"images/*/Dockerfile\"]", WRITTEN, &[]);
    same("discover = [\"**/Dockerfile\"]", WRITTEN, &[]);
    same("discover = [\"images/{app,base}/Dockerfile*\"]", WRITTEN, &[]);
    let named = images("[[discover]]\ndockerfile = \"*/*/Dockerfile\"\nname = \"{1}-{2}\"\ntarget = \"{2}\"");
    assert_eq!(names(&named), ["images-app", "images-base"]);
    assert_eq!(named[1].target.as_deref(), Some("base"));
}

#[test]
fn the_first_pattern_has_the_file() {
    let toml =
        "discover = [{ dockerfile = \"images/app/Dockerfile\", name = \"first\" }, \"images/*/Dockerfile\"]";
    assert_eq!(names(&images(toml)), ["first", "base"]);
}

#[test]
fn defaults_are_under_every_image_and_tables_are_merged() {
    let toml = "discover = [\"images/*/Dockerfile\"]\n[defaults]\nplatforms = [\"linux/amd64\"]\nbuild-args = { A = \"1\", B = \"1\" }\n\
        [images.app]\nbuild-args = { B = \"2\" }\nplatforms = []\n[images.other]\ncontext = \".\"";
    let found = images(toml);
    let image = |name: &str| found.iter().find(|image| image.id.to_string() == name).unwrap();
    assert_eq!(format!("{:?}", image("app").build_args), r#"{"A": "1", "B": "2"}"#);
    assert!(image("app").platforms.is_empty(), "the own key wins, an empty list, too");
    assert_eq!(image("base").platforms.len(), 1);
    assert_eq!(format!("{:?}", image("other").build_args), r#"{"A": "1", "B": "1"}"#);
    assert_eq!(image("app").dockerfile.as_deref(), Some("images/app/Dockerfile"), "of the pattern");
}

#[test]
fn a_matrix_is_its_combinations() {
    same(
        "[images.\"cuda-{CUDA}-{OS}\"]\nmatrix = { CUDA = [\"12.8\", \"13.0\"], OS = [\"ubi9\"] }\ncontext = \"cuda/{CUDA}\"\n\
         build-args-files = [\"cuda/{CUDA}/app.conf\"]\nextra-inputs = [\"{a,b}/x\"]",
        "[images.\"cuda-12.8-ubi9\"]\ncontext = \"cuda/12.8\"\nextra-inputs = [\"{a,b}/x\"]\n\
         build-args = { CUDA = \"12.8\", OS = \"ubi9\", VERSION = \"12.8.2\", QUOTED = '\"a b\"' }\n\
         [images.\"cuda-13.0-ubi9\"]\ncontext = \"cuda/13.0\"\nextra-inputs = [\"{a,b}/x\"]\n\
         build-args = { CUDA = \"13.0\", OS = \"ubi9\", VERSION = \"13.0.0\" }",
        &[],
    );
    // A table of one combination's name changes that one.
    let found = images(
        "[images.\"a-{X}\"]\nmatrix = { X = [\"1\", \"2\"] }\ncontext = \".\"\n[images.a-2]\nsalt = \"s\"",
    );
    assert_eq!(found.iter().map(|image| image.salt.as_str()).collect::<Vec<_>>(), ["", "s"]);
}

#[test]
fn arguments_of_the_table_win_over_those_of_files() {
    let found = images(
        "[images.a]\ncontext = \".\"\nbuild-args-files = [\"cuda/12.8/app.conf\", \"cuda/13.0/app.conf\"]\nbuild-args = { QUOTED = \"no\" }",
    );
    assert_eq!(format!("{:?}", found[0].build_args), r#"{"QUOTED": "no", "VERSION": "13.0.0"}"#);
}

const BAKE: &str = r#"{
  "group": {"default": {"targets": ["app", "base"]}},
  "target": {
    "_common": {"platforms": ["linux/amd64"], "args": {"A": "1", "B": "$${x} 5%"}},
    "base": {"inherits": ["_common"], "context": "./images/base", "tags": ["x/y:1"]},
    "app": {
      "inherits": ["_common"],
      "context": "images/app",
      "dockerfile": "../app/Dockerfile",
      "contexts": {"base": "target:base", "debian": "docker-image://debian:12"},
      "args": {"A": "2", "NOT": null},
      "target": "final"
    }
  }
}"#;

#[test]
fn a_bake_file_is_its_targets() {
    same(
        "definitions = [\"bake.json\"]",
        "[defaults]\nplatforms = [\"linux/amd64\"]\nbuild-args = { B = \"${x} 5%\" }\n\
         [images.base]\ncontext = \"images/base\"\ndockerfile = \"images/base/Dockerfile\"\nbuild-args = { A = \"1\" }\n\
         [images.app]\ncontext = \"images/app\"\ndockerfile = \"images/app/Dockerfile\"\ntarget = \"final\"\n\
         build-args = { A = \"2\" }\ncontexts = { base = \"image:base\", debian = \"docker-image://debian:12\" }",
        &[("bake.json", BAKE)],
    );
    let found = images_in("definitions = [\"bake.json\"]", &[("bake.json", BAKE)], Absent::Refused).unwrap();
    assert_eq!(names(&found), ["base", "app"], "parents first");
}

/// A file with `inherits`, and what buildx 0.37.2 prints for it: both are the same images.
#[test]
fn a_bake_file_is_read_as_bake_prints_it() {
    let raw = r#"{"target": {
        "_common": {"platforms": ["linux/amd64"], "args": {"A": "1", "B": "$${x} 5%%{y} 5%"}},
        "mid": {"args": {"A": "m", "C": "3"}, "platforms": ["linux/arm64"]},
        "base": {"inherits": ["_common", "mid"], "context": "./images/base", "tags": ["x/y:1"]},
        "dev": {"inherits": ["base"], "args": {"A": "dev"}, "target": "t", "contexts": {"q": "."}},
        "app": {"inherits": ["_common"], "context": "images/app", "dockerfile": "../app/Dockerfile",
            "contexts": {"base": "target:base", "debian": "docker-image://debian:12"},
            "args": {"A": "2", "B": null}, "target": "one"}}}"#;
    let printed = r#"{"group": {"default": {"targets": ["app", "base", "dev"]}}, "target": {
        "app": {"context": "images/app", "contexts": {"base": "target:base", "debian": "docker-image://debian:12"},
            "dockerfile": "../app/Dockerfile", "args": {"A": "2", "B": "$${x} 5%%{y} 5%"}, "target": "one",
            "platforms": ["linux/amd64"]},
        "base": {"context": "images/base", "dockerfile": "Dockerfile", "tags": ["x/y:1"],
            "args": {"A": "m", "B": "$${x} 5%%{y} 5%", "C": "3"}, "platforms": ["linux/arm64"]},
        "dev": {"context": "images/base", "contexts": {"q": "."}, "dockerfile": "Dockerfile", "tags": ["x/y:1"],
            "args": {"A": "dev", "B": "$${x} 5%%{y} 5%", "C": "3"}, "target": "t", "platforms": ["linux/arm64"]}}}"#;
    let read = |json: &str| {
        shown(images_in("definitions = [\"bake.json\"]", &[("bake.json", json)], Absent::Refused).unwrap())
    };
    assert_eq!(read(raw), read(printed));
}

#[test]
fn what_only_bake_can_work_out_is_refused() {
    let with = |target: &str| format!("{{\n\"target\": {{\n\"app\": {{\n{target}\n}}}}}}");
    let bake = "definitions = [\"b.json\"]";
    wrong(
        bake,
        &[("b.json", &with("\"context\": \".\",\n\"args\": {\n\"V\": \"${TAG}\"}"))],
        &["b.json:6: target.app.args.V", "--print"],
    );
    wrong(
        bake,
        &[("b.json", &with("\"dockerfile-inline\": \"FROM x\""))],
        &["b.json:4", "inside the bake file"],
    );
    wrong(
        bake,
        &[("b.json", &with("\"context\": \"https://example.org/x.git\""))],
        &["b.json:4", "not in this repository"],
    );
    wrong(bake, &[("b.json", &with("\"context\": \"../..\""))], &["leaves the repository"]);
    wrong(
        bake,
        &[("b.json", &with("\"context\": \".\", \"inherits\": [\"app\"]"))],
        &["inherits from itself"],
    );
    wrong(
        bake,
        &[("b.json", "{\"target\": {\"_a\": {}}}")],
        &["imgplan.toml:1:16", "there is no target in b.json"],
    );
    wrong(bake, &[("b.json", "{,}")], &["b.json:1:2", "no JSON"]);
    wrong(bake, &[], &["imgplan.toml:1:16: definitions[0]", "no file b.json"]);
    wrong(
        "definitions = [\"a.hcl\"]",
        &[],
        &["imgplan.toml:1:16: definitions[0]", "docker buildx bake --print > bake.json"],
    );
}

const COMPOSE: &str = "x-build: &build\n  platforms: [linux/amd64]\n  args:\n    A: ${A:-1}\nservices:\n  db:\n    image: postgres:${VERSION}\n  base:\n    build:\n      <<: *build\n      context: ../images/base\n  app:\n    platform: linux/arm64\n    build:\n      context: ../images/app\n      dockerfile: Dockerfile\n      target: final\n      args:\n        - B=$${x}\n        - C=1=2\n      additional_contexts:\n        base: service:base\n        data: ./data\n  short:\n    build: ../images/app\n";

#[test]
fn a_compose_file_is_its_services_with_a_build() {
    same(
        "definitions = [\"deploy/compose.yaml\"]",
        "[images.base]\ncontext = \"images/base\"\ndockerfile = \"images/base/Dockerfile\"\nplatforms = [\"linux/amd64\"]\nbuild-args = { A = \"1\" }\n\
         [images.app]\ncontext = \"images/app\"\ndockerfile = \"images/app/Dockerfile\"\ntarget = \"final\"\nplatforms = [\"linux/arm64\"]\n\
         build-args = { B = \"${x}\", C = \"1=2\" }\ncontexts = { base = \"image:base\", data = \"deploy/data\" }\n\
         [images.short]\ncontext = \"images/app\"\ndockerfile = \"images/app/Dockerfile\"",
        &[("deploy/compose.yaml", COMPOSE)],
    );
}

#[test]
fn what_compose_would_take_from_elsewhere_is_refused() {
    let with = |build: &str| format!("services:\n  app:\n    build:\n{build}");
    let compose = "definitions = [\"compose.yml\"]";
    wrong(
        compose,
        &[("compose.yml", &with("      context: .\n      args:\n        V: ${TAG}\n"))],
        &["compose.yml:6: services.app.build.args.V", "`TAG`", ".env"],
    );
    wrong(
        compose,
        &[("compose.yml", &with("      context: .\n      args:\n        - TOKEN\n"))],
        &["compose.yml:5", "\"TOKEN\" has no value"],
    );
    wrong(
        compose,
        &[("compose.yml", &with("      dockerfile_inline: FROM x\n"))],
        &["compose.yml:4", "inside the compose file"],
    );
    wrong(
        compose,
        &[("compose.yml", "services:\n  app:\n    extends: base\n")],
        &["compose.yml:3", "extends"],
    );
    wrong(compose, &[("compose.yml", "services: [\n")], &["compose.yml", "no YAML"]);
    wrong(compose, &[("compose.yml", &with("      context: ../x\n"))], &["leaves the repository"]);
}

#[test]
fn problems_have_their_places() {
    let found = "discover = [\"images/*/Dockerfile\"]\n";
    wrong(
        "discover = [\"image/*/Dockerfile\"]",
        &[],
        &["imgplan.toml:1:13: discover[0]", "no file of the commit matches"],
    );
    wrong("discover = [\"images/*\", 3]", &[], &["imgplan.toml:1:25: discover[1]", "a string or a table"]);
    wrong("discover = \"images/*\"", &[], &["imgplan.toml:1:12", "[\"images/*\"]"]);
    wrong("discover = [{ name = \"a\" }]", &[], &["imgplan.toml:1:13: discover[0]", "no `dockerfile`"]);
    wrong("discover = [{ dockerfile = \"a**b\" }]", &[], &["imgplan.toml:1:30", "stands alone"]);
    wrong(
        "discover = [{ dockerfile = \"images/*/Dockerfile\", name = \"{1}-{2}\" }]",
        &[],
        &["{2}", "not a wildcard", "`{1}`"],
    );
    wrong(
        "discover = [{ dockerfile = \"*/*/Dockerfile\", nam = \"{1}\" }]",
        &[],
        &["discover[0].nam", "did you mean `name`?"],
    );
    wrong("[defaults]\ncontext = \".\"", &[], &["imgplan.toml:2:1: defaults.context", "belongs in [image]"]);
    wrong("[defaults]\nplatfroms = []", &[], &["did you mean `platforms`?"]);
    wrong(
        &format!("{found}[images.bse]\nsalt = \"1\""),
        &[],
        &["imgplan.toml:2:9: images.bse", "did you mean [images.base]?"],
    );
    wrong(found, &[("images/Über/Dockerfile", "")], &["imgplan.toml:1:13", "name = \"ber\""]);
    // What is proposed is a name that is taken.
    for (folder, better) in
        [("blobs", "image-blobs"), ("self", "image-self"), ("oci-layout", "image-oci-layout")]
    {
        let file = format!("images/{folder}/Dockerfile");
        wrong(found, &[(&file, "")], &[&format!("name = {better:?}")]);
        let toml = format!("discover = [{{ dockerfile = {file:?}, name = {better:?} }}]");
        images_in(&toml, &[(&file, "")], Absent::Refused).unwrap();
    }
    wrong(
        "discover = [{ dockerfile = \"images/??/Dockerfile\", name = \"{1}\" }]",
        &[("images/ä/Dockerfile", "")],
        &["imgplan.toml:1:28", "images/ä/Dockerfile: a wildcard of the pattern takes a part", "write `*`"],
    );
    wrong(
        "discover = [\"*/app/Dockerfile\", \"images/*/Dockerfile\"]",
        &[("other/app/Dockerfile", "")],
        &["a second image \"app\"", "discover[0]"],
    );
    wrong(
        "[images.\"a-{X}\"]\nmatrix = { X = [\"1\"], Y = [\"1\", \"2\"] }",
        &[],
        &["imgplan.toml:1:9", "needs {Y}"],
    );
    wrong("[images.\"a-{XS}\"]\nmatrix = { XSS = [\"1\"] }", &[], &["did you mean `{XSS}`?"]);
    wrong("[images.\"a-{X}\"]\nmatrix = { X = [] }", &[], &["imgplan.toml:2:", "no value"]);
    wrong("[image]\nmatrix = { X = [\"1\"] }", &[], &["[image] is one image"]);
    wrong(
        "[images.a]\nbuild-args-files = [\"a.conf\"]",
        &[],
        &["imgplan.toml:2:21: images.a.build-args-files[0]", "no file a.conf"],
    );
    wrong(
        "[images.a]\nbuild-args-files = [\"a.conf\"]",
        &[("a.conf", "A=1\nB\n")],
        &["a.conf:2", "without a value"],
    );
    wrong(
        "[images.a]\nbuild-args-files = [\"a.conf\"]",
        &[("a.conf", "\u{feff}A=1\n")],
        &["a.conf:1", "a byte order mark"],
    );
    wrong(
        &format!("{found}[defaults]\nplatforms = [\"nonsense\"]"),
        &[],
        &["imgplan.toml:3:14: defaults.platforms[0]"],
    );
    wrong(
        &format!("{found}[images.x]\ncontext = \".\"\ncontexts = {{ b = \"image:bse\" }}"),
        &[],
        &["did you mean `image:base`?"],
    );
}

#[test]
fn a_pattern_whose_files_have_one_name_is_one_mistake() {
    let toml = "discover = [\"*/*/app.conf\", \"images/**\"]";
    let more = [("b/12.8/app.conf", ""), ("c/12.8/app.conf", "")];
    let found = images_in(toml, &more, Absent::Refused).unwrap_err();
    assert_eq!(found.matches("a second image \"12.8\"").count(), 1, "{found}");
    assert!(found.contains("b/12.8/app.conf") && found.contains("name = \"{1}-{2}\""), "{found}");
}

#[test]
fn a_problem_of_what_many_share_is_told_once() {
    let toml = "discover = [\"images/*/Dockerfile\"]\n[defaults]\nmax-age = \"soon\"";
    let found = images_in(toml, &[], Absent::Refused).unwrap_err();
    assert_eq!(found.matches("no length of time").count(), 1, "{found}");
}

#[test]
fn a_commit_from_before_has_fewer_images() {
    let toml = "discover = [\"images/*/Dockerfile\", \"later/*/Dockerfile\"]\ndefinitions = [\"bake.json\"]\n\
        [images.gone]\nsalt = \"1\"\n[images.\"c-{V}\"]\nmatrix = { V = [\"13.0\", \"14.0\"] }\ncontext = \".\"\nbuild-args-files = [\"cuda/{V}/app.conf\"]";
    let found = images_in(toml, &[], Absent::Passed).unwrap();
    assert_eq!(names(&found), ["app", "base", "c-13.0"]);
}
