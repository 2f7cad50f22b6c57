//! Values of a wrong type and keys that nobody knows are told at their place; none is passed over.

use super::{images_in, names, shown, wrong};
use crate::config::Absent;

const BAKE: &str = "definitions = [\"b.json\"]";
const COMPOSE: &str = "definitions = [\"c.yaml\"]";

#[track_caller]
fn bake_refuses(target: &str, expected: &[&str]) {
    let json = format!("{{\"target\": {{\n\"common\": {{\"args\": {{}}}},\n\"app\": {{\n{target}\n}}}}}}");
    wrong(BAKE, &[("b.json", &json)], expected);
}

#[test]
fn wrong_types_of_a_bake_file_are_told() {
    for (target, expected) in [
        (
            "\"platforms\": \"linux/arm64\"",
            "b.json:4: target.app.platforms: expected a list, and this is a string",
        ),
        ("\"platforms\": [1]", "b.json:4: target.app.platforms: expected a string, and this is a number"),
        ("\"args\": [\"X=1\"]", "b.json:4: target.app.args: expected a mapping, and this is a list"),
        ("\"args\": {\n\"X\": true}", "b.json:5: target.app.args.X: expected a string"),
        ("\"contexts\": [\"a=b\"]", "b.json:4: target.app.contexts: expected a mapping, and this is a list"),
        ("\"contexts\": \"a\"", "b.json:4: target.app.contexts: expected a mapping, and this is a string"),
        ("\"inherits\": \"common\"", "b.json:4: target.app.inherits: expected a list, and this is a string"),
        ("\"inherits\": [3]", "b.json:4: target.app.inherits: expected a string"),
        ("\"inherits\": [\"comon\"]", "b.json:4: target.app.inherits: there is no target \"comon\""),
        ("\"context\": {}", "b.json:4: target.app.context: expected a string, and this is a mapping"),
        ("\"dockerfile\": 1", "b.json:4: target.app.dockerfile: expected a string, and this is a number"),
        ("\"context\": \".\",\n\"context\": \"a\"", "this is no JSON"),
    ] {
        bake_refuses(target, &[expected]);
    }
    for (json, expected) in [
        ("[]", "b.json:1: expected a mapping, and this is a list"),
        ("{\"target\":\n[{\"app\": {}}]}", "b.json:1: target: expected a mapping, and this is a list"),
        ("{\"target\": {\n\"app\": [{}]}}", "b.json:2: target.app: expected a mapping, and this is a list"),
        ("{\"target\": {\"app\": {}}, \"group\": []}", "b.json:1: group: expected a mapping"),
        (
            "{\"target\": {\"_a\": {}}, \"group\": {\"x\": {\n\"targets\": \"_a\"}}}",
            "b.json:2: group.x.targets: expected a list",
        ),
    ] {
        wrong(BAKE, &[("b.json", json)], &[expected]);
    }
}

#[test]
fn unknown_keys_are_told() {
    bake_refuses(
        "\"platfroms\": []",
        &[
            "b.json:4: target.app.platfroms: the key \"platfroms\" is not known here",
            "did you mean `platforms`?",
        ],
    );
    bake_refuses("\"frobnicate\": 1", &["b.json:4: target.app.frobnicate", "take it out"]);
    wrong(
        BAKE,
        &[("b.json", "{\"target\": {\"a\": {}}, \"groups\": {}}")],
        &["b.json:1: groups", "did you mean `group`?"],
    );
    wrong(
        COMPOSE,
        &[("c.yaml", "services:\n  app:\n    build:\n      context: .\n      arg:\n        A: 1\n")],
        &["c.yaml:5: services.app.build.arg", "did you mean `args`?"],
    );
    wrong(
        COMPOSE,
        &[("c.yaml", "services:\n  app:\n    biuld: .\n  b:\n    build: .\n")],
        &["c.yaml:3: services.app.biuld", "did you mean `build`?"],
    );
    let passed = r#"{"//": "words", "variable": {}, "target": {"app": {"network": "host", "no-cache-filter": ["a"],
        "extra-hosts": {"a": "1.2.3.4"}, "shm-size": "1g", "ulimits": ["a=1"], "entitlements": ["network.host"],
        "secret": [{"id": "x"}], "ssh": ["default"], "attest": [], "//": 1}}}"#;
    let yaml = "services:\n  app:\n    build:\n      x-words: 1\n      network: host\n      extra_hosts: [a=b]\n      \
        privileged: true\n      ulimits: {nproc: 1}\n      isolation: default\n      shm_size: 1g\n";
    for (toml, more) in [(BAKE, ("b.json", passed)), (COMPOSE, ("c.yaml", yaml))] {
        let found = images_in(toml, &[more], Absent::Refused).unwrap();
        assert_eq!(names(&found), ["app"]);
    }
}

#[track_caller]
fn compose_refuses(build: &str, expected: &[&str]) {
    wrong(COMPOSE, &[("c.yaml", &format!("services:\n  app:\n    build:\n{build}"))], expected);
}

#[test]
fn wrong_types_of_a_compose_file_are_told() {
    for (build, expected) in [
        (
            "      args: {true: yes, 1: one}\n",
            "c.yaml:4: services.app.build.args: the key `true` is no string",
        ),
        ("      args: {true: yes, 1: one}\n", "the key `1` is no string"),
        ("      args: word\n", "services.app.build.args: expected a mapping or a list, and this is a string"),
        (
            "      args:\n        A: [1]\n",
            "c.yaml:5: services.app.build.args.A: expected a string, and this is a list",
        ),
        (
            "      args:\n      - A: 1\n",
            "c.yaml:4: services.app.build.args: expected a string, and this is a mapping",
        ),
        ("      platforms: linux/arm64\n", "c.yaml:4: services.app.build.platforms: expected a list"),
        ("      args: !reset {}\n", "expected a mapping or a list; the tag \"!reset\" is not read here"),
        ("      context:\n", "c.yaml:4: services.app.build.context: expected a string, and this is nothing"),
        ("      - .\n", "c.yaml:3: services.app.build: expected a folder or a mapping, and this is a list"),
    ] {
        compose_refuses(build, &[expected]);
    }
    wrong(COMPOSE, &[("c.yaml", "services: [app]\n")], &["c.yaml:1: services: expected a mapping"]);
    wrong(COMPOSE, &[("c.yaml", "services:\n  app: .\n")], &["c.yaml:2: services.app: expected a mapping"]);
    wrong(
        COMPOSE,
        &[("c.yaml", "services:\n  1: {build: .}\n")],
        &["c.yaml:1: services: the key `1` is no string"],
    );
    wrong(COMPOSE, &[("c.yaml", "- a\n")], &["c.yaml:1: expected a mapping, and this is a list"]);
}

/// What compose-go 2.9.0 passes for each.
#[test]
fn numbers_are_what_compose_makes_of_them() {
    let yaml = "services:\n  app:\n    build:\n      args:\n        A: 1e3\n        B: 1.10\n        C: 0x1F\n        D: -7\n        \
        E: \"010\"\n        F: True\n        G: 123456.5\n        H: \"3.10\"\n        I: 0.0001\n";
    let toml = "[images.app]\ncontext = \".\"\ndockerfile = \"Dockerfile\"\nbuild-args = { A = \"1000\", B = \"1.1\", C = \"31\", D = \"-7\", E = \"010\", \
        F = \"true\", G = \"123456.5\", H = \"3.10\", I = \"0.0001\" }";
    let read = |toml| shown(images_in(toml, &[("c.yaml", yaml)], Absent::Refused).unwrap());
    assert_eq!(read(COMPOSE), read(toml));
    for number in ["010", "1_000", "1e6", "1234567.5", "1e-5", ".inf", ".nan"] {
        compose_refuses(
            &format!("      args:\n        A: {number}\n"),
            &["c.yaml:5: services.app.build.args.A: a number", "write it in quotes"],
        );
    }
}
