//! What a list may say, and every way to say it wrongly.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::{File, List, read};

fn lists(files: &[(&str, &str)]) -> Result<List, String> {
    let base = Path::new("/lists");
    let files: Vec<File<'_>> = files.iter().map(|(name, text)| File { name, text, base }).collect();
    read(&files).map_err(|errors| {
        let lines = errors.0.iter().map(|error| format!("{error} [{}]", error.hints().join("; ")));
        lines.collect::<Vec<_>>().join("\n")
    })
}

fn entries(name: &str, text: &str) -> Vec<String> {
    let list = lists(&[(name, text)]).unwrap();
    let line = |entry: &super::Entry| format!("{}: {} -> {}", entry.place, entry.origin(), entry.target());
    list.entries.iter().map(line).collect()
}

#[track_caller]
fn wrong(name: &str, text: &str, said: &[&str]) {
    let error = lists(&[(name, text)]).unwrap_err();
    assert_eq!(error.lines().count(), said.len(), "{error}");
    for (line, said) in error.lines().zip(said) {
        assert!(line.contains(said), "{line}\nlacks {said}");
    }
}

const STARLINGX: &str = "\
# A comment
---
images:
  - name: docker.io/starlingx/rvmc
    src_build_tag: build-1
    src_ref: https://h/metal/commit/bfbaba57310a03e60f30d44b6dc127de5c77f960
    # Tag based on something
    tag: stx.8
---
# Nothing here
---
images:
-
  tag: \"stx.9\"
  src_build_tag: build-2
  name: docker.io/starlingx/dex
";

#[test]
fn yaml_has_several_documents_comments_and_keys_in_any_order() {
    assert_eq!(
        entries("a.yaml", STARLINGX),
        [
            "a.yaml:8:10: images[0].tag: docker.io/starlingx/rvmc:build-1 -> docker.io/starlingx/rvmc:stx.8",
            "a.yaml:14:8: images[0].tag: docker.io/starlingx/dex:build-2 -> docker.io/starlingx/dex:stx.9",
        ]
    );
    let list = lists(&[("a.yml", STARLINGX)]).unwrap();
    let commit = |index: usize| list.entries[index].source_ref.as_ref().and_then(|listed| listed.commit());
    assert_eq!((commit(0), commit(1)), (Some("bfbaba57310a03e60f30d44b6dc127de5c77f960"), None));
}

/// As an editor on Windows leaves it.
#[test]
fn yaml_with_a_byte_order_mark_and_carriage_returns_is_the_same() {
    let windows = format!("\u{feff}{}", STARLINGX.replace('\n', "\r\n"));
    assert_eq!(entries("a.yaml", &windows), entries("a.yaml", STARLINGX));
}

/// Where the lines cannot be told apart, the values are right all the same.
#[test]
fn yaml_in_flow_style_is_read_with_less_exact_places() {
    let text =
        "images: [{name: h.io/a, src_build_tag: b, tag: c}, {name: h.io/d, src_build_tag: e, tag: f}]\n";
    assert_eq!(
        entries("a.yaml", text),
        [
            "a.yaml:1:9: images[0].tag: h.io/a:b -> h.io/a:c",
            "a.yaml:1:9: images[1].tag: h.io/d:e -> h.io/d:f",
        ]
    );
}

#[test]
fn toml_names_sources_in_three_ways_and_targets_elsewhere() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let text = format!(
        "[[images]]\nname = \"h.io/a\"\nsource-tag = \"b\"\ntags = [\"c\", \"d\"]\n\n\
         [[images]]\nname = \"h.io/a\"\ndigest = \"{digest}\"\nto = \"h.io/prod/a\"\ntags = [\"c\"]\n\n\
         [[images]]\nname = \"oci:x\"\ncommit = \"v1.0\"\ntags = [\"e\"]\nsource-ref = \"https://h/x\"\n"
    );
    assert_eq!(
        entries("a.toml", &text),
        [
            "a.toml:4:9: images[0].tags[0]: h.io/a:b -> h.io/a:c".to_owned(),
            "a.toml:4:14: images[0].tags[1]: h.io/a:b -> h.io/a:d".to_owned(),
            format!("a.toml:10:9: images[1].tags[0]: h.io/a@{digest} -> h.io/prod/a:c"),
            "a.toml:15:9: images[2].tags[0]: oci:x of commit v1.0 -> oci:x:e".to_owned(),
        ]
    );
}

#[test]
fn every_problem_of_a_yaml_list_is_told_with_its_place() {
    let text = "images:\n  - name: h.io/A\n    src_build_tag: b\n    tag: c d\n    srcref: x\n\
                \x20 - name: h.io/a\n    src_build_tag: 1.10\n    tag: c\n  - tag: x\n  - y\nimage: z\n";
    wrong(
        "a.yaml",
        text,
        &[
            "a.yaml:2:11: images[0].name: \"h.io/A\" is not a repository name",
            "a.yaml:4:10: images[0].tag: the tag \"c d\" has a character",
            "a.yaml:5:5: images[0].srcref: there is no key \"srcref\" here [did you mean `src_ref`?]",
            "a.yaml:7:20: images[1].src_build_tag: expected a string, found a number",
            "a.yaml:9:5: images[2]: `name` is missing",
            "a.yaml:9:5: images[2]: `src_build_tag` is missing",
            "a.yaml:10:5: images[3]: expected a mapping, found a string",
            "a.yaml:11:1: image: there is no key \"image\" here [did you mean `images`?]",
        ],
    );
}

#[test]
fn every_problem_of_a_toml_list_is_told_with_its_place() {
    let text = "[[images]]\nname = \"h.io/a\"\nsource_tag = \"b\"\ntags = \"c\"\n\
                [[images]]\nname = \"h.io/a\"\nsource-tag = \"b\"\ndigest = \"x\"\ntags = []\nto = 5\n\
                [[images]]\nname = \"h.io/a\"\ndigest = \"sha256:00\"\ntags = [7]\n";
    wrong(
        "a.toml",
        text,
        &[
            "a.toml:1:1: images[0]: nothing says which image it is",
            "a.toml:3:1: images[0].source_tag: there is no key \"source_tag\" here [did you mean `source-tag`?]",
            "a.toml:4:8: images[0].tags: expected a list, found a string",
            "a.toml:5:1: images[1]: source-tag and digest say which image it is, and only one may",
            "a.toml:9:8: images[1].tags: `tags` is empty",
            "a.toml:10:6: images[1].to: expected a string, found a number",
            "a.toml:13:10: images[2].digest",
            "a.toml:14:9: images[2].tags[0]: expected a string, found a number",
        ],
    );
}

#[test]
fn what_is_no_list_is_refused() {
    wrong("a.yaml", "images: [\n", &["this is no YAML"]);
    wrong("a.yaml", "images:\n- name: a\n  name: b\n", &["this is no YAML"]);
    wrong("a.yaml", "", &["the list has no entry"]);
    wrong("a.yaml", "---\n# none\n---\n", &["the list has no entry"]);
    wrong("a.yaml", "images: []\n", &["the list has no entry"]);
    wrong("a.yaml", "images:\n", &["expected a list, found nothing"]);
    wrong("a.yaml", "- name: x\n", &["expected a mapping, found a list"]);
    wrong("a.yaml", &"[".repeat(5000), &["too many brackets"]);
    wrong("a.toml", "images = [\n", &["this is no TOML"]);
    wrong("a.toml", "", &["`images` is missing"]);
    wrong("a.txt", "images: []\n", &["does not tell which format"]);
}

#[test]
fn one_target_has_one_source_in_all_files_together() {
    let entry = |source: &str, tag: &str| {
        format!("images:\n- name: h.io/a\n  src_build_tag: {source}\n  tag: {tag}\n")
    };
    let error = lists(&[("a.yaml", &entry("b1", "v1")), ("b.yaml", &entry("b2", "v1"))]).unwrap_err();
    assert!(
        error.contains(
            "b.yaml:4:8: images[0].tag: h.io/a:v1 is to be h.io/a:b2 here, and h.io/a:b1 at a.yaml:4:8"
        ),
        "{error}"
    );
    let list = lists(&[("a.yaml", &entry("b1", "v1")), ("b.yaml", &entry("b1", "v1"))]).unwrap();
    assert_eq!((list.entries.len(), list.twice.len()), (1, 1));
    assert_eq!(list.twice[0].first.to_string(), "a.yaml:4:8: images[0].tag");
    assert_eq!(list.twice[0].entry.place.to_string(), "b.yaml:4:8: images[0].tag");
}

/// Entries are asked about all at once, so what one of them makes, another cannot begin with.
#[test]
fn a_source_is_no_target() {
    let text = "images:\n- name: h.io/a\n  src_build_tag: v1\n  tag: v2\n- name: h.io/a\n  src_build_tag: b1\n  tag: v1\n\
                - name: h.io/a\n  src_build_tag: same\n  tag: same\n";
    wrong(
        "a.yaml",
        text,
        &[
            "a.yaml:4:8: images[0].tag: its source h.io/a:v1 is a target itself, at a.yaml:7:8",
            "a.yaml:10:8: images[2].tag: h.io/a:same is its own source",
        ],
    );
}

/// What `plan` finds at a content tag it takes for the image of that content.
#[test]
fn tags_that_are_not_for_people_to_put_are_refused() {
    let content = format!("content-{}", "a1".repeat(20));
    let hex = "0f".repeat(32);
    let yaml = |source: &str, tag: &str| {
        format!("images:\n  - name: h.io/a\n    src_build_tag: {source}\n    tag: {tag}\n")
    };
    for own in [content.clone(), format!("pr-7-{content}")] {
        wrong("a.yaml", &yaml("b", &own), &[&format!("a.yaml:4:10: images[0].tag: {own} is imgplan's own")]);
        let toml = format!("[[images]]\nname = \"h.io/a\"\nsource-tag = \"b\"\ntags = [\"v1\", \"{own}\"]\n");
        wrong("a.toml", &toml, &[&format!("images[0].tags[1]: {own} is imgplan's own")]);
        let to = format!("h.io/a:{own}");
        let error = crate::promotion::single("h.io/a:b", &[to], Path::new("/")).unwrap_err();
        assert_eq!(error.kind(), crate::error::Kind::Invalid);
    }
    for ending in [".sig", ".att", ".sbom", ""] {
        let tag = format!("sha256-{hex}{ending}");
        wrong("a.yaml", &yaml("b", &tag), &["attached to an image"]);
    }
    for fine in ["content-1", "sha256-1.sig", "v1.sig", "content"] {
        assert!(lists(&[("a.yaml", &yaml(&content, fine))]).is_ok(), "{fine}, and a source may be one");
    }
}
