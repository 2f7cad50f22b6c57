//! Every problem is told, with its place, its key and what to do.

use super::problems;
use crate::config::pattern::Pattern;

const TWELVE: &str = r#"repositry = "ghcr.io/acme/shop"
look-in = ["ghcr.io/Acme/Shop"]
on-unknown = "biuld"

[tags]
commit = "{sha:3}"
floating = ["{branch}", "v{vresion}"]

[images.base]
context = "../base"
platforms = ["linux/amd64", "linux"]
build-args = { PYTHON = 3.12 }
max-age = "30 days"
adopt = true

[images.a]
inputs = ["["]
contexts = { base = "image:bsae" }
"#;

#[test]
fn all_problems_are_told_at_once() {
    let glob = Pattern::new("[").map(|_| String::new()).unwrap_or_else(|(message, _)| message);
    let expected = format!(
        r#"imgplan.toml:1:1: repositry: there is no such key (did you mean `repository`?)
imgplan.toml:2:12: look-in[0]: "ghcr.io/Acme/Shop" is not a repository name (repository names are lower case: ghcr.io/acme/shop)
imgplan.toml:3:14: on-unknown: "biuld" is none of `fail`, `build` (did you mean `build`?)
imgplan.toml:6:11: tags.commit: `{{sha}}` takes a number of digits from 4 to 64
imgplan.toml:7:27: tags.floating[1]: unknown placeholder "vresion", known are `{{sha}}`, `{{sha:N}}`, `{{branch}}`, `{{tag}}`, `{{content_hash}}`, `{{content_hash:N}}`, `{{input_sha}}`, `{{input_sha:N}}`, `{{commit_date}}`, `{{commit_date:FORMAT}}`, `{{build_date}}`, `{{build_date:FORMAT}}`, `{{describe}}`, `{{version}}`, `{{major}}`, `{{minor}}`, `{{patch}}`, `{{pre}}`, `{{image}}`, `{{count}}`
imgplan.toml:10:12: images.base.context: a path with `..`; it may not leave the repository
imgplan.toml:11:29: images.base.platforms[1]: "linux" is not a platform (write it as OS/ARCHITECTURE, for example linux/amd64 or linux/arm/v7)
imgplan.toml:12:25: images.base.build-args.PYTHON: expected a string, found a float (write it in quotes: "3.12")
imgplan.toml:13:11: images.base.max-age: "30 days" is no length of time (write a positive number and a unit: `90m` (minutes), `12h`, `30d` or `2w`)
imgplan.toml:14:1: images.base.adopt: there is no such key (`adopt` belongs at the top of the file, before the first table)
imgplan.toml:17:12: images.a.inputs[0]: {glob}
imgplan.toml:18:21: images.a.contexts.base: there is no image "bsae" (did you mean `image:base`?)"#
    );
    assert_eq!(problems(TWELVE), expected);
}

/// Each row: a file and its only line of problems, without the file's name.
pub(super) fn table(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        let found = problems(text).replace("imgplan.toml:", "");
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn faults_of_toml_are_told_alone() {
    for (text, place) in [
        ("a = ", "imgplan.toml:1:"),
        ("x = 1\n[image", "imgplan.toml:2:"),
        ("[image]\n[image]", "imgplan.toml:2:"),
        ("ä = \"\\q\"", "imgplan.toml:1:"),
    ] {
        let found = problems(text);
        assert!(found.starts_with(place) && !found.contains('\n'), "{found}");
    }
}

#[test]
fn types_are_told() {
    table(&[
        ("history = -1", "1:11: history: expected a number from 0 to 4294967295, found an integer"),
        ("adopt = 'yes'", "1:9: adopt: expected `true` or `false`, found a string"),
        (
            "repository = 1",
            "1:14: repository: expected a string, found an integer (write it in quotes: \"1\")",
        ),
        (
            "look-in = 'a'",
            "1:11: look-in: expected a list of strings, found a string (write it as a list: ['a'])",
        ),
        ("look-in = [[]]", "1:12: look-in[0]: expected a string, found a list"),
        ("tags = 1", "1:8: tags: expected a table, found an integer"),
        ("tags.commit = true", "1:15: tags.commit: expected a string or `false`, found a boolean"),
        ("[[images]]", "1:3: images: expected a table, found a list"),
        ("[images]\na = 'x'", "2:5: images.a: expected a table, found a string"),
        ("[repository]", "1:2: repository: expected a string, found a table"),
        (
            "image.build-args = { A = true }",
            "1:26: image.build-args.A: expected a string, found a boolean (write it in quotes: \"true\")",
        ),
        (
            "image.salt = 1979-05-27",
            "1:14: image.salt: expected a string, found a date (write it in quotes: \"1979-05-27\")",
        ),
        (
            "image.generated = { 'd/' = 's' }",
            "1:28: image.generated.\"d/\": expected a list of strings, found a string (write it as a list: ['s'])",
        ),
    ]);
}

#[test]
fn unknown_keys_are_told() {
    table(&[
        ("image.build_args = {}", "1:7: image.build_args: there is no such key (did you mean `build-args`?)"),
        (
            "context = '.'",
            "1:1: context: there is no such key (`context` belongs in [image] or [images.NAME])",
        ),
        ("[skip]\nbranch = []", "2:1: skip.branch: there is no such key (did you mean `branches`?)"),
        (
            "[tags]\nxyz = 1",
            "2:1: tags.xyz: there is no such key (known here are `commit`, `write-once`, `floating`, `classes`)",
        ),
        (
            "tags.branches = []",
            "1:6: tags.branches: there is no such key (`branches` belongs in [skip] or [only])",
        ),
        (
            "image.'a b' = 1",
            "1:7: image.\"a b\": there is no such key (known here are `repository`, `context`, `dockerfile`, `target`, `platforms`, `build-args`, `build-args-files`, `volatile-args`, `base-images`, `max-age`, `salt`, `inputs`, `extra-inputs`, `generated`, `contexts`, `matrix`)",
        ),
    ]);
}

#[test]
fn words_are_told() {
    table(&[
        ("verify = 'x'", "1:10: verify: \"x\" is none of `mark`, `required`"),
        (
            "git-directory = 'warm'",
            "1:17: git-directory: \"warm\" is none of `warn`, `refuse`, `allow` (did you mean `warn`?)",
        ),
        ("remote-add = ''", "1:14: remote-add: \"\" is none of `warn`, `refuse`, `allow`"),
        (
            "image.base-images = 'PIN'",
            "1:21: image.base-images: \"PIN\" is none of `ignore`, `check`, `pin` (did you mean `pin`?)",
        ),
    ]);
}

#[test]
fn names_of_images_are_told() {
    let name = "(a name is lower-case letters and digits, with `.`, `_`, `__`, dashes or `/` between them)";
    for (written, expected) in [
        ("''", "an empty name".to_owned()),
        ("blobs", "no image may be called `blobs`, a name inside OCI image layouts".to_owned()),
        ("'a/blobs'", "no image may be called `blobs`, a name inside OCI image layouts".to_owned()),
        (
            "self",
            "no image may be called `self` (`image:self` is the image of [image]; choose another name)"
                .to_owned(),
        ),
        ("Base", "\"Base\" cannot be the end of a repository's name (names are lower case: base)".to_owned()),
        ("'a b'", format!("\"a b\" cannot be the end of a repository's name {name}")),
        ("'a/'", format!("\"a/\" cannot be the end of a repository's name {name}")),
        ("'/a'", format!("\"/a\" cannot be the end of a repository's name {name}")),
        ("'a//b'", format!("\"a//b\" cannot be the end of a repository's name {name}")),
        ("'a..b'", format!("\"a..b\" cannot be the end of a repository's name {name}")),
        ("-a", format!("\"-a\" cannot be the end of a repository's name {name}")),
        ("a_", format!("\"a_\" cannot be the end of a repository's name {name}")),
        ("'ä'", format!("\"ä\" cannot be the end of a repository's name {name}")),
        ("\"\\u001b[0m\"", format!("\"\\u{{1b}}[0m\" cannot be the end of a repository's name {name}")),
    ] {
        for text in [format!("[images.{written}]"), format!("repository = 'a.b/c'\n[images.{written}]")] {
            let found = problems(&text);
            assert!(found.ends_with(&format!(": {expected}")) && !found.contains('\n'), "{text}: {found}");
        }
    }
    for right in ["a", "'a/b'", "a-b", "a--b", "a__b", "'a.b'", "1", "images", "image"] {
        assert_eq!(problems(&format!("[images.{right}]")), "", "{right}");
    }
}

#[test]
fn names_that_differ_in_case_alone_are_told() {
    table(&[(
        "[images.base]\n[images.Base]",
        "2:9: images.Base: \"Base\" is \"base\" but for the case (names are lower case, so only one of them can stay)",
    )]);
}

#[test]
fn repositories_are_told_without_credentials() {
    let hint = "(write it as HOST/PATH, for example ghcr.io/acme/shop, or as oci:DIR)";
    for (written, expected) in [
        ("", "an empty repository"),
        ("https://user:secret@ghcr.io/a", "a repository has no `…://`"),
        ("user:secret@ghcr.io/a", "a repository has no `@`, neither a digest nor credentials"),
        ("ghcr.io/a@sha256:secret", "a repository has no `@`, neither a digest nor credentials"),
        ("a\\nb", "a repository has no control characters"),
    ] {
        let found = problems(&format!("image.repository = \"{written}\""));
        assert_eq!(found, format!("imgplan.toml:1:20: image.repository: {expected} {hint}"));
    }
    table(&[
        (
            "repository = 'a.b/c:1'",
            "1:14: repository: \"a.b/c:1\" is an image, not a repository (leave out the tag and the digest)",
        ),
        (
            "repository = 'oci:'",
            "1:14: repository: \"oci:\" names no folder (write the folder of OCI image layouts as oci:DIR)",
        ),
    ]);
}

#[test]
fn paths_are_told() {
    table(&[
        ("image.context = ''", "1:17: image.context: an empty path (write `.` for the repository's root)"),
        ("image.context = 'a//b'", "1:19: image.context: a path with `//`"),
        (
            "image.dockerfile = '/a'",
            "1:21: image.dockerfile: a path that starts with `/`; paths go from the repository's root",
        ),
        (
            "image.dockerfile = '.'",
            "1:20: image.dockerfile: a folder, not a file (name the Dockerfile itself)",
        ),
        (
            "image.dockerfile = 'a/'",
            "1:20: image.dockerfile: a folder, not a file (name the Dockerfile itself)",
        ),
        (
            "image.contexts.x = 'a\\b'",
            "1:22: image.contexts.x: a path with a backslash; folders are divided by `/`",
        ),
        (
            "image.generated = { 'a/../b' = ['x'] }",
            "1:24: image.generated.\"a/../b\": a path with `..`; it may not leave the repository",
        ),
        (
            "image.generated = { '.' = ['x'] }",
            "1:21: image.generated.\".\": the whole repository cannot be generated",
        ),
        (
            "image.generated = { a = [] }",
            "1:21: image.generated.a: made from nothing (list what it is made from, or changes of it would go unseen)",
        ),
        (
            "image.generated = { a = ['x'], 'a/' = ['x'] }",
            "1:32: image.generated.\"a/\": \"a\" is there twice",
        ),
    ]);
}

#[test]
fn single_values_are_told() {
    let hint = "(write a positive number and a unit: `90m` (minutes), `12h`, `30d` or `2w`)";
    for (written, expected) in [
        ("", "no length of time"),
        ("d", "no length of time"),
        ("30", "no length of time"),
        ("-1d", "no length of time"),
        ("1.5h", "no length of time"),
        ("30s", "no length of time"),
        ("1dä", "no length of time"),
        ("0d", "no time at all"),
        ("36501d", "longer than 100 years"),
        ("99999999999999999999999d", "longer than 100 years"),
        ("18446744073709551615w", "longer than 100 years"),
    ] {
        let found = problems(&format!("image.max-age = '{written}'"));
        assert_eq!(found, format!("imgplan.toml:1:17: image.max-age: \"{written}\" is {expected} {hint}"));
    }
    table(&[
        ("image.target = ''", "1:16: image.target: an empty name"),
        ("image.volatile-args = ['']", "1:24: image.volatile-args[0]: an empty name"),
        (
            "image.volatile-args = ['A=secret']",
            "1:24: image.volatile-args[0]: not the name of a build argument (only the name stands here, without `=` and its value)",
        ),
        (
            "image.build-args = { 'A B' = 'x' }",
            "1:22: image.build-args.\"A B\": not the name of a build argument (only the name stands here, without `=` and its value)",
        ),
        ("tags.commit = 'x/y'", "1:17: tags.commit: '/' cannot stand in a tag"),
        (
            "tags.commit = 'content-{sha:7}'",
            "1:16: tags.commit: tags that start with `content-` belong to imgplan",
        ),
        (
            "tags.floating = ['{sha:7}']",
            "1:18: tags.floating[0]: the same template as `tags.commit` (the one is written once, a floating tag moves; change one of them)",
        ),
    ]);
}

#[test]
fn contexts_are_told_without_credentials() {
    let kinds = "(write a folder of the repository, or something with `image:`, `docker-image://`, `oci-layout://`, `https://`, `http://`, `git://`, `ssh://`, `git@`)";
    let out = "(leave them out, and give them to the builder (for git by --secret or --ssh))";
    for (written, expected) in [
        ("image:", "`image:` without a name (write image:NAME for [images.NAME], or image:self for [image])".to_owned()),
        ("image:x", "there is no image \"x\" (add [images.x])".to_owned()),
        ("docker-image://", "no image reference behind `docker-image://` (write it as docker-image://NAME, for example docker-image://debian:12)".to_owned()),
        ("docker-image://u:secret@Debian", "no image reference behind `docker-image://` (write it as docker-image://NAME, for example docker-image://debian:12)".to_owned()),
        ("https://", "no address behind `https://`".to_owned()),
        ("https://secret@x.org/a", format!("an address with credentials in it {out}")),
        ("ssh://git:secret@x.org/a", format!("an address with credentials in it {out}")),
        ("target:x", format!("an unknown kind of context {kinds}")),
        ("ftp://u:secret@x", format!("an unknown kind of context {kinds}")),
    ] {
        let found = problems(&format!("image.contexts.x = '{written}'"));
        assert_eq!(found, format!("imgplan.toml:1:20: image.contexts.x: {expected}"));
    }
    table(&[
        (
            "[images.a]\ncontexts.x = 'image:self'",
            "2:14: images.a.contexts.x: `image:self` is the image of [image], which is not there (add [image], an empty table will do)",
        ),
        (
            "image.contexts.Base = '.'",
            "1:16: image.contexts.Base: \"Base\" cannot name a context (BuildKit looks names up in lower case: write \"base\")",
        ),
        (
            "image.contexts = { '' = '.' }",
            "1:20: image.contexts.\"\": \"\" cannot name a context (a name is what the Dockerfile has behind FROM or --from=, for example base or docker.io/library/debian)",
        ),
        (
            "image.contexts = { debian = '.', 'docker.io/library/debian' = '.' }",
            "1:34: image.contexts.\"docker.io/library/debian\": \"debian\" and \"docker.io/library/debian\" are one name to BuildKit",
        ),
    ]);
}

#[test]
fn circles_are_told() {
    let out = "(take one of these contexts out)";
    let circle = |place: &str, names: &str| format!("{place}: images are their own parents: {names} {out}");
    for (text, expected) in [
        ("[images.a]\ncontexts.x='image:a'", circle("2:12: images.a.contexts.x", "a -> a")),
        ("[image]\ncontexts.x='image:self'", circle("2:12: image.contexts.x", "self -> self")),
        (
            "[images.a]\ncontexts.x='image:b'\n[images.b]\ncontexts.x='image:a'\n[images.c]\ncontexts.x='image:a'",
            circle("2:12: images.a.contexts.x", "a -> b -> a"),
        ),
        (
            "[images.a]\ncontexts={x='image:b', y='image:c'}\n[images.b]\ncontexts.x='image:a'\n\
             [images.c]\ncontexts.x='image:d'\n[images.d]\ncontexts.x='image:a'",
            [
                circle("2:13: images.a.contexts.x", "a -> b -> a"),
                circle("2:26: images.a.contexts.y", "a -> c -> d -> a"),
            ]
            .join("\n"),
        ),
    ] {
        assert_eq!(problems(text).replace("imgplan.toml:", ""), expected, "{text}");
    }
}

#[test]
fn images_with_the_same_tags_are_told() {
    let both = |place: &str, repository: &str, other: &str| {
        format!(
            "{place}: the repository {repository} is also that of [{other}], so both have the same tags \
             (give one of them a `repository` of its own)"
        )
    };
    for (text, expected) in [
        (
            "[images.a]\nrepository='x.y/z'\n[images.b]\nrepository='x.y/z'",
            both("4:12: images.b.repository", "x.y/z", "images.a"),
        ),
        (
            "repository='x.y/z'\n[images.a]\n[images.b]\nrepository='X.Y/z/a'",
            both("4:12: images.b.repository", "X.Y/z/a", "images.a"),
        ),
        (
            "repository='x.y/z'\n[image]\n[images.b]\nrepository='x.y/z'",
            both("4:12: images.b.repository", "x.y/z", "image"),
        ),
        (
            "repository='x.y/z'\n[image]\nrepository='x.y/z/b'\n[images.b]",
            both("4:9: images.b", "x.y/z/b", "image"),
        ),
        (
            "repository='oci:o'\n[image]\nrepository='oci:./o/b/'\n[images.b]",
            both("4:9: images.b", "oci:o/b", "image"),
        ),
        ("repository='x.y/z'\n[image]\n[images.a]\n[images.b]", String::new()),
        ("[image]\n[images.a]\n[images.b]\nrepository='x.y/z/a'", String::new()),
    ] {
        assert_eq!(problems(text).replace("imgplan.toml:", ""), expected, "{text}");
    }
}
