//! Drafts of small trees: contexts, names, parents, and what is left out.

use std::path::Path;

use super::{Draft, Facts, draft};
use crate::error::Errors;
use crate::reference::Repository;
use crate::tree::Memory;

fn try_of(files: &[(&str, &str)], facts: &Facts) -> Result<Draft, Errors> {
    let (objects, root) = Memory::new(files.iter().copied());
    draft(&objects, &root, facts)
}

fn of(files: &[(&str, &str)]) -> Draft {
    try_of(files, &Facts::default()).unwrap()
}

/// The file without comments and empty lines.
fn lines(draft: &Draft) -> Vec<&str> {
    let text = draft.text.as_deref().unwrap_or("");
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

const PLAIN: &str = "FROM scratch\n";

#[test]
fn a_dockerfile_at_the_root_needs_no_file() {
    let draft = of(&[("Dockerfile", "FROM debian\nCOPY . /\n"), ("README.md", "")]);
    assert_eq!((draft.text, draft.images), (None, vec!["self".to_owned()]));
    let facts = Facts { repository: Some("ghcr.io/acme/shop".to_owned()), ..Facts::default() };
    let draft = try_of(&[("dockerfile", PLAIN)], &facts).unwrap();
    assert_eq!(lines(&draft), ["repository = \"ghcr.io/acme/shop\"", "[image]"]);
}

#[test]
fn tables_say_what_differs_from_the_defaults() {
    let draft = of(&[
        ("Dockerfile", PLAIN),
        ("Dockerfile.dev", PLAIN),
        ("api/Dockerfile", PLAIN),
        ("api/Dockerfile.test", PLAIN),
        ("web/app.Dockerfile", PLAIN),
    ]);
    let expected = [
        "[image]",
        "[images.dev]",
        "dockerfile = \"Dockerfile.dev\"",
        "[images.api]",
        "context = \"api\"",
        "[images.api-test]",
        "dockerfile = \"api/Dockerfile.test\"",
        "[images.app]",
        "dockerfile = \"web/app.Dockerfile\"",
    ];
    assert_eq!(lines(&draft), expected);
}

#[test]
fn the_context_is_where_the_files_are() {
    let copies = "FROM scratch\nCOPY src/main.c /\n";
    let draft = of(&[("src/main.c", ""), ("docker/Dockerfile", copies), ("a/b/Dockerfile", PLAIN)]);
    let expected = [
        "[images.b]",
        "context = \"a/b\"",
        "[images.app]",
        "context = \".\"",
        "dockerfile = \"docker/Dockerfile\"",
    ];
    assert_eq!(lines(&draft), expected);
    // All of a folder that holds nothing but the Dockerfile is hardly meant.
    let draft = of(&[("src/main.c", ""), ("docker/Dockerfile", "FROM scratch\nCOPY . /\n")]);
    assert_eq!(lines(&draft), ["[image]", "context = \".\"", "dockerfile = \"docker/Dockerfile\""]);
}

#[test]
fn names_are_set_apart_by_their_folders() {
    let names = |paths: &[&str]| {
        let files: Vec<_> = paths.iter().map(|path| (*path, PLAIN)).collect();
        of(&files).images.join(" ")
    };
    assert_eq!(names(&["a/x/Dockerfile", "b/x/Dockerfile"]), "a-x b-x");
    assert_eq!(names(&["images/x/Dockerfile", "images/x/cuda/Dockerfile"]), "x x-cuda");
    assert_eq!(names(&["src/cart/src/Dockerfile", "src/dockerfile.go", "src/Dockerfile.md"]), "cart");
    assert_eq!(names(&["a/Dockerfile.dev", "b/Dockerfile.dev"]), "a-dev b-dev");
    assert_eq!(names(&["a b/Dockerfile", "a-b/Dockerfile"]), "a-b a-b-2");
    assert_eq!(
        names(&["blobs/Dockerfile", "self/Dockerfile", "ä/Dockerfile"]),
        "image-blobs image-self image"
    );
}

#[test]
fn parents_are_certain_or_a_comment() {
    let facts = Facts {
        homes: vec![Repository::parse("ghcr.io/acme/shop", Path::new("")).unwrap()],
        owner: Some("acme".to_owned()),
        ..Facts::default()
    };
    let files = [
        (
            "app/Dockerfile",
            "ARG BASE=quay.io/acme/base\nFROM $BASE\nCOPY --from=ghcr.io/acme/shop/tool /t /t\n",
        ),
        ("base/Dockerfile", "FROM redis\n"),
        ("more/Dockerfile", "FROM base\nCOPY --from=bitnami/redis /r /r\n"),
        ("old/Dockerfile", "FROM base:1.2\nCOPY --from=registry.example.org/acme/common/tool /t /t\n"),
        ("redis/Dockerfile", "FROM redis\n"),
        ("tool/Dockerfile", "FROM ghcr.io/acme/shop/base:latest\n"),
    ];
    let draft = try_of(&files, &facts).unwrap();
    assert_eq!(draft.images, ["base", "more", "old", "redis", "tool", "app"]);
    let text = draft.text.unwrap();
    let has = |line: &str| text.lines().any(|other| other == line);
    assert!(has(
        "contexts = { \"ghcr.io/acme/shop/tool\" = \"image:tool\", \"quay.io/acme/base\" = \"image:base\" }"
    ));
    assert!(has("contexts = { base = \"image:base\" }"), "{text}");
    assert!(has("contexts = { \"ghcr.io/acme/shop/base:latest\" = \"image:base\" }"), "{text}");
    let common = "# contexts = { \"registry.example.org/acme/common/tool\" = \"image:tool\" }";
    assert!(has(common), "{text}");
    assert!(has("# contexts = { redis = \"image:redis\" }"), "{text}");
    assert!(has("# contexts = { \"bitnami/redis\" = \"image:redis\" }"), "{text}");
    assert!(has("# repository = \"quay.io/acme\""), "{text}");
    assert!(!text.contains("base:1.2"), "{text}");
}

#[test]
fn images_that_name_each_other_are_no_circle() {
    let draft = of(&[("one/Dockerfile", "FROM two\n"), ("two/Dockerfile", "FROM one\n")]);
    assert_eq!(draft.images, ["two", "one"]);
    assert!(draft.text.unwrap().contains("# contexts = { one = \"image:one\" }"));
}

#[test]
fn what_cannot_be_built_is_left_out_with_the_reason() {
    let draft = of(&[
        ("api/Dockerfile", "FROM base\nCOPY dist /\n"),
        ("app/Dockerfile", "FROM api\n"),
        ("examples/Dockerfile", PLAIN),
        ("a\nb/Dockerfile", PLAIN),
    ]);
    assert_eq!(lines(&draft), ["[images.app]", "context = \"app\""]);
    let text = draft.text.unwrap();
    assert!(text.contains("# api/Dockerfile:2: COPY dist /") && text.contains("# [images.api]"), "{text}");
    assert!(text.contains("# a path with a control character\n"), "{text}");
    assert!(text.contains("# context = \"a\\U0000000ab\"\n"), "{text}");
    assert!(text.contains("#   examples/Dockerfile"), "{text}");
}

#[test]
fn nothing_to_build_is_an_error() {
    let errors = |files: &[(&str, &str)]| format!("{:?}", try_of(files, &Facts::default()).unwrap_err());
    assert!(errors(&[("README.md", "")]).contains("no Dockerfile"));
    assert!(errors(&[("Dockerfile", "FROM scratch\nCOPY dist /\n")]).contains("dist"));
    // Documentation is an image as any other.
    assert_eq!(of(&[("app/Dockerfile", PLAIN), ("docs/Dockerfile", PLAIN)]).images, ["app", "docs"]);
    // Where there are only examples, they are what is meant.
    assert_eq!(of(&[("examples/a/Dockerfile", PLAIN)]).images, ["a"]);
}

#[test]
fn hostile_names_stay_in_their_strings() {
    let odd = "a\"b ${x}]'\u{202e}\\";
    let draft = of(&[(&format!("{odd}/Dockerfile"), PLAIN), ("b/Dockerfile", PLAIN)]);
    // A backslash is no part of a path here; the rest is.
    assert!(format!("{:?}", draft.left_out).contains("backslash"), "{draft:?}");
    let odd = "a\"b ${x}]'\u{202e}";
    let draft = of(&[(&format!("{odd}/Dockerfile"), PLAIN), ("b/Dockerfile", PLAIN)]);
    assert_eq!(draft.images, ["a-b-x", "b"]);
    assert!(lines(&draft).contains(&"context = \"a\\\"b ${x}]'\\U0000202e\""), "{draft:?}");
}

/// Whatever the tree: no name twice, no image that is its own parent by another, and the same draft each time.
#[test]
fn every_tree_gives_a_file_that_is_right() {
    let folders =
        ["", "a/", "b/", "a/a/", "a/b/", "docker/", "src/", "a b/", "a-b/", "docs/", "self/", "redis/"];
    let names =
        ["Dockerfile", "dockerfile", "Dockerfile.a", "a.Dockerfile", "Dockerfile.", "f", ".dockerignore"];
    let texts = [
        PLAIN,
        "FROM a\nCOPY f /\n",
        "FROM b AS a\nFROM a\n",
        "FROM self\n",
        "FROM redis\nCOPY . /\n",
        "",
        "*\n",
        "ARG X\nFROM $X\n",
        "FROM a-b\nCOPY --from=acme/b /x /x\n",
        "FROM ghcr.io/acme/shop\n",
        "FROM scratch\nCOPY a/f /\n",
    ];
    let facts = Facts {
        homes: vec![Repository::parse("ghcr.io/acme/shop", Path::new("")).unwrap()],
        owner: Some("acme".to_owned()),
        ..Facts::default()
    };
    let (mut seed, mut drafts, mut with_parents) = (1u64, 0, 0);
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for _ in 0..2000 {
        let mut files = std::collections::BTreeMap::new();
        for _ in 0..=next(9) {
            let path = format!("{}{}", folders[next(folders.len())], names[next(names.len())]);
            files.insert(path, texts[next(texts.len())]);
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        // Where nothing can be built that is said, which is another test's.
        let Ok(draft) = try_of(&files, &facts) else { continue };
        assert_eq!(try_of(&files, &facts).unwrap(), draft);
        drafts += 1;
        let Some(text) = draft.text else { continue };
        let config = crate::config::parse("imgplan.toml", &text, Path::new("")).unwrap();
        assert_eq!(config.images.len(), draft.images.len(), "{files:?}\n{text}");
        with_parents += usize::from(config.images.iter().any(|image| !image.contexts.is_empty()));
    }
    assert!(drafts > 500 && with_parents > 100, "{drafts} {with_parents}");
}
