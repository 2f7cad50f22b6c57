//! What a scheme holds fast: the encoding, golden hashes, and for each part of the preimage both ways (this changes
//! the hash, that does not).

use super::*;
use crate::difference::{Change, Difference};
use crate::project::tests::Commit;

fn preimage(records: &[(&'static str, &[&str])]) -> String {
    let record = |(name, values): &(&'static str, &[&str])| Record {
        name,
        values: values.iter().map(|value| value.as_bytes().to_vec()).collect(),
    };
    Preimage { definition: records.iter().map(record).collect(), files: Arc::default() }.hash().to_string()
}

#[test]
fn the_encoding_is_unambiguous() {
    let mut record = Vec::new();
    encode(&mut record, "file", &[&b"ab"[..], b""]);
    assert_eq!(record, b"4:file2:2:ab0:\n");
    let all = [
        preimage(&[]),
        preimage(&[("", &[])]),
        preimage(&[("a", &["ab", "c"])]),
        preimage(&[("a", &["a", "bc"])]),
        preimage(&[("a", &["abc"])]),
        preimage(&[("a", &["abc", ""])]),
        preimage(&[("a", &["ab"]), ("a", &["c"])]),
        preimage(&[("aa", &["b", "c"])]),
        preimage(&[("a", &["2:ab1:c"])]),
        preimage(&[("a", &["ab\n1:a1:1:c"])]),
        preimage(&[("a", &["c", "ab"])]),
    ];
    for (index, hash) in all.iter().enumerate() {
        assert!(!all[..index].contains(hash), "the preimage {index} is not alone");
    }
}

#[test]
fn a_preimage_can_be_read() {
    let record =
        Record { name: "file", values: vec![b"main".to_vec(), b"a \"b\"\n\xff".to_vec(), Vec::new()] };
    assert_eq!(record.to_string(), r#"file: "main" "a \"b\"\n\xff" """#);
}

/// One image that uses most of what counts.
fn app() -> Commit {
    Commit::new(&[
        (
            "imgplan.toml",
            "[images.app]\ncontext='app'\ntarget='final'\nplatforms=['linux/amd64', 'linux/arm64']\n\
             build-args={MODE='a', UNUSED='b'}\nvolatile-args=['GIT_SHA']\nsalt='s'\nextra-inputs=['extra/*']\n\
             contexts={certs='certs', base='image:base', far='https://example.org/a.git'}\n\
             [images.base]\ncontext='base'\n",
        ),
        ("README", "1"),
        ("extra/one", "1"),
        ("certs/ca.pem", "1"),
        ("certs/README", "1"),
        ("base/Dockerfile", "FROM debian:12\nCOPY b /b\n"),
        ("base/b", "1"),
        (".gitattributes", "*.nothing text\n"),
        ("app/.dockerignore", "src/*.md\n"),
        (
            "app/Dockerfile",
            "# syntax=docker/dockerfile:1.7\n# a comment\nARG TAG=3.12\nARG LONE=1\nFROM python:$TAG AS tools\n\
             COPY tool /t\n\nFROM alpine AS unreached\nCOPY README /r\n\nFROM base AS final\nARG MODE\nARG GIT_SHA\n\
             ENV LANG=C\nCOPY src/ link vendor /app/\nCOPY --chmod=755 run.sh /\nCOPY --from=tools /t /t\n\
             COPY --from=certs ca.pem /\nCOPY --from=far x /\nRUN <<EOF\necho hello\nEOF\n",
        ),
        ("app/README", "1"),
        ("app/tool", "1"),
        ("app/src/a.py", "1"),
        ("app/src/notes.md", "1"),
        ("app/src/here@", "a.py"),
        ("app/link@", "src/c.py"),
        ("app/src/c.py", "1"),
        ("app/vendor^", "1"),
        ("app/run.sh", "1"),
    ])
}

/// Between [`app`] and another commit.
fn changes(after: &Commit) -> Vec<Change> {
    let (before, after) = (app().assess(&["app"]), after.assess(&["app"]));
    Difference::between(before.get("app").unwrap(), after.get("app").unwrap()).changes
}

type Edit = (&'static str, fn(&mut Commit));

const DOCKERFILE: &str = "app/Dockerfile";
const TOML: &str = "imgplan.toml";

#[test]
fn this_changes_the_hash() {
    let edits: &[Edit] = &[
        ("a file's bytes", |c| c.put("app/src/a.py", "2")),
        ("a file's path", |c| c.rename("app/src/a.py", "app/src/b.py")),
        ("a file's folder", |c| c.rename("app/src/here@", "app/src/x/here@")),
        ("a file's mode", |c| c.rename("app/run.sh", "app/run.sh*")),
        ("another file", |c| c.put("app/src/b.py", "1")),
        ("a link's target", |c| c.put("app/src/here@", "b.py")),
        ("a link instead of a file", |c| c.rename("app/src/a.py", "app/src/a.py@")),
        ("a submodule's commit", |c| c.put("app/vendor^", "2")),
        ("an attribute", |c| c.edit(".gitattributes", "*.nothing", "*.py")),
        ("an attribute of the context", |c| c.put("app/.gitattributes", "src/a.py eol=crlf\n")),
        ("an attribute of a named context", |c| c.put("certs/.gitattributes", "* -text\n")),
        ("an attribute of the Dockerfile", |c| c.edit(".gitattributes", "*.nothing", "Dockerfile")),
        ("the target", |c| c.edit(TOML, "target='final'", "target='tools'")),
        ("a build arg", |c| c.edit(TOML, "MODE='a'", "MODE='b'")),
        ("a build arg for FROM", |c| c.edit(TOML, "MODE='a'", "MODE='a', TAG='3.13'")),
        ("a platform", |c| c.edit(TOML, ", 'linux/arm64'", "")),
        ("the salt", |c| c.edit(TOML, "salt='s'", "salt='t'")),
        ("a parent's file", |c| c.put("base/b", "2")),
        ("a parent's base", |c| c.edit("base/Dockerfile", "debian:12", "debian:13")),
        ("a named context's file", |c| c.put("certs/ca.pem", "2")),
        ("an address", |c| c.edit(TOML, "a.git", "b.git")),
        ("the syntax", |c| c.edit(DOCKERFILE, "dockerfile:1.7", "dockerfile:1.8")),
        ("no syntax", |c| c.edit(DOCKERFILE, "# syntax", "# no syntax")),
        ("a heredoc's body", |c| c.edit(DOCKERFILE, "hello", "bye")),
        ("a comment in a heredoc", |c| c.edit(DOCKERFILE, "echo hello", "# x\necho hello")),
        ("a heredoc's quotes", |c| c.edit(DOCKERFILE, "<<EOF", "<<'EOF'")),
        ("an instruction", |c| c.edit(DOCKERFILE, "ENV LANG=C", "ENV LANG=D")),
        ("a flag", |c| c.edit(DOCKERFILE, "--chmod=755", "--chmod=644")),
        ("a link flag", |c| c.edit(DOCKERFILE, "--chmod=755", "--chmod=755 --link")),
        ("the order", |c| c.edit(DOCKERFILE, "ARG MODE\nARG GIT_SHA", "ARG GIT_SHA\nARG MODE")),
        ("a base", |c| c.edit(DOCKERFILE, "python:", "pypy:")),
        ("a stage's platform", |c| c.edit(DOCKERFILE, "FROM python", "FROM --platform=linux/arm64 python")),
        ("the file of an earlier stage", |c| c.put("app/tool", "2")),
        ("a global default", |c| c.edit(DOCKERFILE, "TAG=3.12", "TAG=3.13")),
        ("another source", |c| c.edit(DOCKERFILE, "--from=tools", "--from=base")),
        ("an extra input", |c| c.put("extra/one", "2")),
        ("what is ignored", |c| c.put("app/.dockerignore", "")),
    ];
    let before = app().hash("app");
    for (what, edit) in edits {
        let mut commit = app();
        edit(&mut commit);
        assert_ne!(commit.hash("app"), before, "{what}");
        assert!(!changes(&commit).is_empty(), "no change is named: {what}");
    }
}

#[test]
fn that_does_not() {
    let edits: &[Edit] = &[
        ("the image's repository", |c| {
            c.edit(TOML, "context='app'\n", "context='app'\nrepository='ghcr.io/x/y'\n")
        }),
        ("its age", |c| c.edit(TOML, "salt='s'", "salt='s'\nmax-age='30d'")),
        ("how bases count", |c| c.edit(TOML, "salt='s'", "salt='s'\nbase-images='check'")),
        ("tag templates", |c| c.edit(TOML, "[images.base]", "[tags]\ncommit='{sha:9}'\n[images.base]")),
        ("a parent's name", |c| {
            c.edit(TOML, "image:base", "image:root");
            c.edit(TOML, "[images.base]", "[images.root]");
        }),
        ("a build arg that nothing declares", |c| c.edit(TOML, "UNUSED='b'", "UNUSED='c'")),
        ("a build arg of an unreached stage", |c| {
            c.edit(DOCKERFILE, "AS unreached\n", "AS unreached\nARG UNUSED\n")
        }),
        ("a volatile value", |c| c.edit(TOML, "MODE='a'", "MODE='a', GIT_SHA='1'")),
        ("a global arg that nothing uses", |c| c.edit(DOCKERFILE, "LONE=1", "LONE=2")),
        ("an unreached stage", |c| c.edit(DOCKERFILE, "COPY README /r", "RUN x")),
        ("no unreached stage", |c| c.edit(DOCKERFILE, "FROM alpine AS unreached\nCOPY README /r\n", "")),
        ("a stage behind the target", |c| c.edit(DOCKERFILE, "\nEOF\n", "\nEOF\nFROM scratch\nCOPY x /\n")),
        ("a comment", |c| c.edit(DOCKERFILE, "# a comment\n", "")),
        ("another comment", |c| c.edit(DOCKERFILE, "ENV", "# more\nENV")),
        ("a blank line", |c| c.edit(DOCKERFILE, "ENV", "\n\nENV")),
        ("a keyword's case", |c| c.edit(DOCKERFILE, "ENV", "env")),
        ("a check directive", |c| c.edit(DOCKERFILE, "# a comment", "# check=skip=all")),
        ("a file that is ignored", |c| c.put("app/src/notes.md", "2")),
        ("another pattern for it", |c| c.put("app/.dockerignore", "**/*.md\n")),
        ("a file outside all sources", |c| c.put("app/README", "2")),
        ("a file outside the context", |c| c.put("README", "2")),
        ("a file beside a named context's", |c| c.put("certs/README", "2")),
        ("an attribute that writes no bytes", |c| c.put("app/.gitattributes", "* diff=x -merge\n")),
        ("the order of keys", |c| {
            c.edit(TOML, "target='final'\n", "");
            c.edit(TOML, "salt='s'\n", "salt='s'\ntarget='final'\n");
        }),
        ("the order of build args", |c| c.edit(TOML, "{MODE='a', UNUSED='b'}", "{UNUSED='b', MODE='a'}")),
        ("the order of platforms", |c| {
            c.edit(TOML, "'linux/amd64', 'linux/arm64'", "'linux/arm64', 'linux/amd64'")
        }),
        ("another image", |c| c.edit(TOML, "[images.base]", "[images.more]\ncontext='base'\n[images.base]")),
        ("a moved context", |c| {
            c.edit(TOML, "context='app'", "context='apps/app'");
            for name in [
                ".dockerignore",
                "Dockerfile",
                "README",
                "tool",
                "src/a.py",
                "src/c.py",
                "src/notes.md",
                "src/here@",
                "link@",
                "vendor^",
                "run.sh",
            ] {
                c.rename(&format!("app/{name}"), &format!("apps/app/{name}"));
            }
        }),
        ("a moved named context", |c| {
            c.edit(TOML, "certs='certs'", "certs='tls'");
            c.rename("certs/ca.pem", "tls/ca.pem");
        }),
        ("a Dockerfile of another name", |c| {
            c.edit(TOML, "context='app'", "context='app'\ndockerfile='Dockerfile.app'");
            c.rename("app/Dockerfile", "Dockerfile.app");
        }),
        ("an ignore file of the Dockerfile's own", |c| {
            c.rename("app/.dockerignore", "app/Dockerfile.dockerignore")
        }),
    ];
    let before = app().hash("app");
    for (what, edit) in edits {
        let mut commit = app();
        edit(&mut commit);
        assert_eq!(commit.hash("app"), before, "{what}");
        assert!(changes(&commit).is_empty(), "a change is named: {what}");
    }
}

/// They change with [`SCHEME`], and with nothing else.
const GOLDEN: [&str; 6] = [
    "a4fea8099f307284ec2f59b0cd7f28a9f319a1bdc9a2e9b013c8c0d23bb785f0",
    "adc195ab6baa385016f54ddd9270237bf4ac393db9c3077ee26b12d4eb415d99",
    "8dd58112c6bea9b412247e0189d7ee971ab0d6ef4110187450e8a2ae91b5eb04",
    "c68674f608ad49a43ebadaa373dc909bcda787aa379334df36f39eb1f1ec1a8b",
    "fd12af2015775d4285c4a02ba095a617cf2160b24a7c56562439655db8d4275c",
    "8c4586df8ba7bcd76b47d1446806e3e2c70fd64676aa6e790d0f9e88a8cafa07",
];

#[test]
fn golden_hashes_of_scheme_1() {
    assert_eq!(SCHEME, 1);
    let scratch = Commit::new(&[("Dockerfile", "FROM scratch\nCOPY a /a\n"), ("a", "1")]);
    let renku = Commit::new(&[
        (
            "Dockerfile",
            "ARG BASE=renku/renkulab-py:3.11\nFROM ${BASE}\nCOPY requirements.txt /tmp/\nCOPY . .\n",
        ),
        ("requirements.txt", "numpy\n"),
        (".dockerignore", "data\n"),
        ("data/x", "1"),
        ("README.md", "1"),
        ("post-init.sh*", "1"),
    ]);
    let explicit = Commit::new(&[
        (
            "imgplan.toml",
            "[image]\ninputs=['requirements.txt', 'Dockerfile']\ngenerated={'dist/'=['src/**']}\n",
        ),
        ("Dockerfile", "FROM scratch\nCOPY . /\n"),
        ("requirements.txt", "1"),
        (".dockerignore", "data\n"),
    ]);
    let foreign = Commit::new(&[("Dockerfile", "# syntax=acme/other\nFROM scratch\n"), ("a", "1")]);
    let hashes = [
        scratch.hash("image"),
        renku.hash("image"),
        explicit.hash("image"),
        foreign.hash("image"),
        app().hash("base"),
        app().hash("app"),
    ];
    assert_eq!(hashes, GOLDEN);
}
