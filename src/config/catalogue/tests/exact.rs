//! What bake, compose and buildah take from a file is what is taken here; a value stays itself in a glob; what a commit
//! does not have takes no other image with it.

use super::{images_in, names, same, wrong};
use crate::config::Absent;

const BAKE: &str = "definitions = [\"b.json\"]";
const COMPOSE: &str = "definitions = [\"c.yaml\"]";

#[test]
fn merge_keys_inside_merge_keys_count() {
    let yaml = "x-a: &a {target: a, args: {V: \"1\"}}\nx-b: &b {<<: *a, context: app}\n\
        x-c: &c {<<: *a, dockerfile: Other, target: c}\nx-s: &s\n  build: {<<: *b}\nx-t: &t {<<: *s}\nservices:\n  \
        one:\n    build: {<<: *b}\n  two:\n    <<: *t\n  three:\n    build: {<<: [*b, *c]}\n  \
        four:\n    build: {<<: [*c, *b], target: own}\n";
    same(
        COMPOSE,
        "[defaults]\nbuild-args = { V = \"1\" }\n\
         [images.one]\ncontext = \"app\"\ndockerfile = \"app/Dockerfile\"\ntarget = \"a\"\n\
         [images.two]\ncontext = \"app\"\ndockerfile = \"app/Dockerfile\"\ntarget = \"a\"\n\
         [images.three]\ncontext = \"app\"\ndockerfile = \"app/Other\"\ntarget = \"a\"\n\
         [images.four]\ncontext = \"app\"\ndockerfile = \"app/Other\"\ntarget = \"own\"",
        &[("c.yaml", yaml)],
    );
    for bad in ["1", "[1]", "[{}, []]"] {
        let yaml = format!("services:\n  a:\n    <<: {bad}\n    build: .\n");
        wrong(COMPOSE, &[("c.yaml", &yaml)], &["c.yaml", "`<<`"]);
    }
}

#[test]
fn a_key_that_stands_twice_at_the_top_is_refused() {
    let json = "{\"target\": {\"a\": {}},\n\"target\": {\"b\": {}}}";
    wrong(BAKE, &[("b.json", json)], &["b.json:2", "this is no JSON"]);
    let yaml = "services:\n  a: {build: .}\nservices:\n  b: {build: .}\n";
    wrong(COMPOSE, &[("c.yaml", yaml)], &["c.yaml", "this is no YAML"]);
}

#[test]
fn names_of_arguments_and_contexts_are_templates_to_bake() {
    let with = |entries: &str| format!("{{\"target\": {{\n\"app\": {{\n{entries}}}}}}}");
    for key in ["args", "contexts"] {
        for name in ["${X}", "%{ if X }a%{ endif }", "A${upper(\\\"b\\\")}"] {
            let json = with(&format!("\"{key}\": {{\"{name}\": \"v\"}}"));
            wrong(
                BAKE,
                &[("b.json", &json)],
                &[&format!("b.json:3: target.app.{key}"), "only bake", "--print"],
            );
        }
    }
    let json = "{\"group\": {\"g\": {\n\"targets\": [\"${X}\"]}}, \"target\": {\"app\": {}, \"_x\": {}}}";
    wrong(BAKE, &[("b.json", json)], &["b.json:2: group.g.targets", "--print"]);
    same(
        BAKE,
        "[images.app]\ncontext = \".\"\ndockerfile = \"Dockerfile\"\nbuild-args = { \"A${x}\" = \"1\" }",
        &[("b.json", &with("\"args\": {\"A$${x}\": \"1\"}"))],
    );
}

/// Neither program looks for the root's Dockerfile where a context has none.
#[test]
fn the_dockerfile_is_the_one_of_the_context() {
    let app = "[images.app]\ncontext = \"empty\"\ndockerfile = \"empty/Dockerfile\"\n";
    let root = "[images.root]\ncontext = \".\"\ndockerfile = \"Dockerfile\"\n";
    let both = format!("{app}{root}");
    same(BAKE, &both, &[("b.json", "{\"target\": {\"app\": {\"context\": \"empty\"}, \"root\": {}}}")]);
    let yaml =
        "services:\n  app: {build: empty}\n  root: {build: {target: \"\"}}\n".replace("target: \"\"", "");
    same(COMPOSE, &both, &[("c.yaml", &yaml)]);
}

#[test]
fn a_carriage_return_in_a_file_of_arguments_is_refused() {
    let toml = "[images.a]\ncontext = \".\"\nbuild-args-files = [\"a.conf\"]";
    for file in ["A=1\nB=1\r\nC=1\r\n", "A=1\nB=1\0", "A=1\nB\r=1"] {
        wrong(toml, &[("a.conf", file)], &["a.conf:2", "a carriage return or a NUL byte"]);
    }
    let found = images_in(toml, &[("a.conf", "# words\r\n\r\nA=1\n")], Absent::Refused).unwrap();
    assert_eq!(format!("{:?}", found[0].build_args), r#"{"A": "1"}"#);
}

/// A folder `a[1]` filled into `conf/{1}/**` would leave `conf/a[1]` unseen.
#[test]
fn what_is_filled_into_a_glob_means_itself() {
    for folder in ["a[1]", "{a,b}", "a*", "a?", "!a"] {
        for key in [
            "extra-inputs = [\"conf/{1}/**\"]",
            "inputs = [\"conf/{1}/**\"]",
            "generated = { \"x\" = [\"conf/{1}/f\"] }",
        ] {
            let toml = format!("discover = [{{ dockerfile = \"odd/*/Dockerfile\", name = \"app\", {key} }}]");
            let file = format!("odd/{folder}/Dockerfile");
            wrong(&toml, &[(&file, "")], &["imgplan.toml:1:", "mean something in a pattern", "`{1}`"]);
        }
    }
    let matrix = |value: &str, glob: &str| {
        format!(
            "[images.app]\ncontext = \".\"\nmatrix = {{ V = [\"{value}\"] }}\nextra-inputs = [\"{glob}\"]"
        )
    };
    wrong(&matrix("a*", "conf/{V}/**"), &[], &["imgplan.toml:4:17", "`{V}`"]);
    wrong(&matrix("a,b", "{x,{V}}"), &[], &["imgplan.toml:4:17", "`{V}`"]);
    wrong(&matrix("a-z", "[{V}]"), &[], &["imgplan.toml:4:17", "`{V}`"]);
    for (value, glob) in [("a,b", "conf/{V}/**"), ("12.8-x", "{x,{V}}/y")] {
        images_in(&matrix(value, glob), &[], Absent::Refused).unwrap();
    }
    // Elsewhere it stands for itself.
    let toml = "discover = [{ dockerfile = \"odd/*/Dockerfile\", name = \"app\", context = \"odd/{1}\" }]";
    let found = images_in(toml, &[("odd/a[1]/Dockerfile", "")], Absent::Refused).unwrap();
    assert_eq!(found[0].context.as_deref(), Some("odd/a[1]"));
}

#[test]
fn one_odd_folder_takes_no_other_image() {
    let toml = "discover = [\"images/*/Dockerfile\"]\n[images.over]\ncontext = \".\"\ncontexts = { x = \"image:odd\" }\n\
        [images.top]\ncontext = \".\"\ncontexts = { x = \"image:over\" }\n[images.well]\ncontext = \".\"\ncontexts = { x = \"image:app\" }";
    wrong(toml, &[], &["there is no image \"odd\""]);
    let found = images_in(toml, &[("images/Odd+X/Dockerfile", "")], Absent::Passed).unwrap();
    assert_eq!(names(&found), ["app", "base", "well"]);
    let twins = "discover = [{ dockerfile = \"images/*/Dockerfile\", name = \"one\" }, \"images/*/*/Dockerfile\"]\n\
        [images.over]\ncontext = \".\"\ncontexts = { x = \"image:one\" }";
    wrong(twins, &[], &["a second image \"one\""]);
    let found = images_in(twins, &[("images/a/b/Dockerfile", "")], Absent::Passed).unwrap();
    assert_eq!(names(&found), ["b"]);
    // What the file itself says wrong is wrong in every commit.
    let circle = "discover = [\"images/*/Dockerfile\"]\n[images.app]\ncontexts = { x = \"image:base\" }\n\
        [images.base]\ncontexts = { x = \"image:app\" }";
    images_in(circle, &[], Absent::Passed).unwrap_err();
}

#[test]
fn what_bake_alone_reads_of_a_compose_file_is_refused() {
    let with = |bake: &str| {
        format!("services:\n  app:\n    build:\n      context: .\n      x-bake:\n        {bake}\n")
    };
    for bake in [
        "contexts: {a: b}",
        "platforms: [linux/arm64]",
        "args: {A: b}",
        "target: x",
        "dockerfile: D",
        "newer: 1",
    ] {
        let key = bake.split(':').next().unwrap();
        let found =
            [&format!("c.yaml:6: services.app.build.x-bake.{key}"), "changes what bake builds", "--print"];
        wrong(COMPOSE, &[("c.yaml", &with(bake))], &found);
    }
    let passed = with("tags: [x]\n        cache-to: [y]\n        output: z");
    assert_eq!(names(&images_in(COMPOSE, &[("c.yaml", &passed)], Absent::Refused).unwrap()), ["app"]);
}

#[test]
fn the_nearer_argument_wins() {
    let files = [("all.conf", "A=1\nB=1\nC=1\nD=1\n"), ("app.conf", "C=3\nD=3\n")];
    let args = |app: &str| {
        let toml = format!(
            "[defaults]\nbuild-args-files = [\"all.conf\"]\nbuild-args = {{ B = \"2\", C = \"2\", D = \"2\" }}\n[images.app]\ncontext = \".\"\n{app}"
        );
        format!("{:?}", images_in(&toml, &files, Absent::Refused).unwrap()[0].build_args)
    };
    assert_eq!(args("build-args = { D = \"4\" }"), r#"{"A": "1", "B": "2", "C": "2", "D": "4"}"#);
    let own = "build-args-files = [\"app.conf\"]\n";
    assert_eq!(
        args(own),
        r#"{"B": "2", "C": "3", "D": "3"}"#,
        "a list of its own replaces that of the defaults"
    );
    assert_eq!(args(&format!("{own}build-args = {{ D = \"4\" }}")), r#"{"B": "2", "C": "3", "D": "4"}"#);
}

#[test]
fn what_the_tools_add_by_themselves_is_not_silent() {
    let yaml = "services:\n  app:\n    build:\n      context: .\n      args: {V: \"${V:-1}\", W: $$W}\n";
    let build = "services:\n  app:\n    build: {target: x}\n";
    let bake = "{\"target\": {\"app\": {}}}";
    for (file, text, other, content) in [
        ("d/docker-bake.json", bake, "d/docker-bake.override.json", "{}"),
        ("docker-bake.json", bake, "docker-bake.override.hcl", ""),
        ("compose.yaml", yaml, "compose.override.yaml", build),
        ("docker-compose.yml", yaml, "docker-compose.override.yml", "services: ["),
        ("compose.yml", yaml, "docker-compose.override.yaml", "services:\n  b:\n    platform: linux/arm64\n"),
    ] {
        let toml = format!("definitions = [{file:?}]");
        let expected = ["imgplan.toml:1:16: definitions[0]", other, "is merged into", "name that file"];
        wrong(&toml, &[(file, text), (other, content)], &expected);
        images_in(&toml, &[(file, text)], Absent::Refused).unwrap();
    }
    // What says nothing about a build, and what is not added to another name.
    let ports = "services:\n  app:\n    ports: [\"80:80\"]\n";
    let toml = "definitions = [\"compose.yaml\"]";
    images_in(toml, &[("compose.yaml", yaml), ("compose.override.yaml", ports)], Absent::Refused).unwrap();
    images_in(COMPOSE, &[("c.yaml", yaml), ("compose.override.yaml", build)], Absent::Refused).unwrap();

    for env in ["V=2\n", "# words\nexport V = 2", "V: 2\n"] {
        let expected = ["c.yaml:5: services.app.build.args.V", "\"V\" is set in the .env"];
        wrong(COMPOSE, &[("c.yaml", yaml), (".env", env)], &expected);
    }
    images_in(COMPOSE, &[("c.yaml", yaml), (".env", "W=1\n#V=2\n"), ("d/.env", "V=2")], Absent::Refused)
        .unwrap();
}

#[test]
fn placeholders_are_judged_when_they_are_filled_in() {
    let item = |keys: &str| format!("discover = [{{ dockerfile = \"images/*/Dockerfile\", {keys} }}]");
    let toml = "discover = [{ dockerfile = \"only/*/Dockerfile\", platforms = [\"linux/{1}\"], contexts = { q = \"docker-image://x-{1}\" } }]";
    let found = images_in(toml, &[("only/amd64/Dockerfile", "")], Absent::Refused).unwrap();
    assert_eq!(format!("{:?}", found[0].contexts), r#"{"q": DockerImage("x-amd64")}"#);
    assert_eq!(found[0].platforms.len(), 1);
    wrong(&item("platforms = [\"nonsense\"]"), &[], &["imgplan.toml:1:"]);
    wrong(&item("platforms = [\"linux/{2}\"]"), &[], &["not a wildcard"]);
}

#[test]
fn the_defaults_have_no_placeholders() {
    let with = |defaults: &str| format!("discover = [\"images/*/Dockerfile\"]\n[defaults]\n{defaults}\n");
    wrong(
        &with("build-args = { V = \"{1}\" }"),
        &[],
        &["imgplan.toml:3:20", "\"{1}\" is not filled in here"],
    );
    wrong(&with("extra-inputs = [\"conf/{1}/**\"]"), &[], &["imgplan.toml:3:17", "\"{1}\""]);
    images_in(&with("extra-inputs = [\"conf/{a,b}/**\"]\nsalt = \"{V}\""), &[], Absent::Refused).unwrap();
    let matrix = "[images.\"a-{V}\"]\ncontext = \".\"\nmatrix = { V = [\"1\"] }\n[defaults]\nsalt = \"";
    wrong(&format!("{matrix}{{V}}\""), &[], &["imgplan.toml:5:8", "\"{V}\" is not filled in here"]);
    images_in(&format!("{matrix}{{1}}\""), &[], Absent::Refused).unwrap();
}

/// YAML's own reader takes a minute for it.
#[test]
fn brackets_inside_brackets_end_soon() {
    let yaml = format!("x: {}", "[".repeat(200_000));
    wrong(COMPOSE, &[("c.yaml", &yaml)], &["c.yaml", "inside one another"]);
}

/// It would be an image of the root's Dockerfile.
#[test]
fn a_table_for_an_image_that_a_matrix_does_not_give_is_a_slip() {
    let matrix = "[images.\"cuda-{V}\"]\ncontext = \".\"\nmatrix = { V = [\"12\", \"13\"] }\n";
    let slip = format!("{matrix}[images.cuda-14]\nsalt = \"1\"");
    for toml in [slip.clone(), format!("{slip}\nbuild-args-files = [\"cuda/12.8/app.conf\"]")] {
        wrong(&toml, &[], &["imgplan.toml:4:", "no matrix defines an image \"cuda-14\"", "did you mean"]);
    }
    images_in(&format!("{slip}\ncontext = \".\""), &[], Absent::Refused).unwrap();
    images_in(&format!("{matrix}[images.cuda-13]\nsalt = \"1\""), &[], Absent::Refused).unwrap();
}

#[test]
fn a_pattern_that_stands_twice_is_told() {
    let toml =
        "discover = [\"images/*/Dockerfile\",\n{ dockerfile = \"images/*/Dockerfile\", name = \"x-{1}\" }]";
    wrong(toml, &[], &["imgplan.toml:2:", "discover[1]", "the same pattern"]);
}
