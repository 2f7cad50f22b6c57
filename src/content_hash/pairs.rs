//! Pairs of commits that build differently by BuildKit's rules and that a careless hash takes for one. Each was, or
//! could have been, a false hit.

use crate::difference::Difference;
use crate::project::tests::Commit;

/// Two commits: what they share, and the files of the one and the other.
type Files = &'static [(&'static str, &'static str)];

fn differ(what: &str, shared: Files, one: Files, other: Files) {
    let project = |files: Files| {
        let mut commit = Commit::new(shared);
        files.iter().for_each(|(path, text)| commit.put(path, text));
        commit.assess(&[])
    };
    let (one, other) = (project(one), project(other));
    let (one, other) = (one.get("image").unwrap(), other.get("image").unwrap());
    assert_ne!(one.content_hash, other.content_hash, "{what}");
    assert!(!Difference::between(one, other).is_empty(), "no change is named: {what}");
}

#[test]
fn texts_that_buildkit_reads_otherwise() {
    let dockerfiles: &[(&str, &'static str, &'static str)] = &[
        ("a tab is no JSON", "FROM scratch\nVOLUME [\"a\tb\"]\n", "FROM scratch\nVOLUME [\"a b\"]\n"),
        ("shell and exec", "FROM a\nRUN [\"x\"]\n", "FROM a\nRUN x\n"),
        ("escape", "# escape=`\nFROM a\nRUN a\\b\n", "FROM a\nRUN a\\b\n"),
        ("syntax", "# syntax=docker/dockerfile:1\nFROM a\n", "FROM a\n"),
        ("heredocs change places", "FROM a\nRUN <<A <<B\nx\nA\nB\n", "FROM a\nRUN <<A <<B\nA\nx\nB\n"),
        ("a trigger", "FROM a AS b\nONBUILD RUN x\nFROM b\n", "FROM a AS b\nONBUILD RUN y\nFROM b\n"),
        (
            "numbers of stages",
            "FROM a AS x\nFROM b AS y\nFROM scratch\nCOPY --from=0 /f /\nCOPY --from=1 /g /\n",
            "FROM b AS y\nFROM a AS x\nFROM scratch\nCOPY --from=0 /f /\nCOPY --from=1 /g /\n",
        ),
        (
            "names of stages",
            "FROM a AS x\nFROM b AS y\nFROM scratch\nCOPY --from=x /f /\nCOPY --from=y /g /\n",
            "FROM a AS y\nFROM b AS x\nFROM scratch\nCOPY --from=x /f /\nCOPY --from=y /g /\n",
        ),
        (
            "a flag that only a newer BuildKit knows",
            "FROM a AS x\nCOPY --new b /\nFROM c\n",
            "FROM a AS x\nFROM c\n",
        ),
        ("the same in FROM", "FROM --new a AS x\nFROM c\n", "FROM a AS x\nFROM c\n"),
        ("platforms", "FROM --platform=linux/amd64 a\n", "FROM --platform=linux/arm64 a\n"),
        ("a base through an argument", "ARG X=a\nFROM $X\n", "ARG X=b\nFROM $X\n"),
    ];
    for &(what, one, other) in dockerfiles {
        let hash = |text: &str| Commit::new(&[("Dockerfile", text)]).hash("image");
        assert_ne!(hash(one), hash(other), "{what}");
    }
}

#[test]
fn the_target_as_an_argument() {
    let two =
        "ARG X=$TARGETSTAGE\nFROM scratch AS a\nARG X\nRUN echo $X\nFROM scratch AS b\nARG X\nRUN echo $X\n";
    for dockerfile in
        [two.to_owned(), two.replace("ARG X=$TARGETSTAGE\n", "").replace("ARG X", "ARG TARGETSTAGE")]
    {
        let hash = |target: &str| {
            let toml = format!("[image]\ntarget='{target}'\n");
            Commit::new(&[("Dockerfile", &dockerfile), ("imgplan.toml", &toml)]).hash("image")
        };
        assert_ne!(hash("a"), hash("b"), "{dockerfile}");
    }
}

#[test]
fn a_frontend_that_is_not_known() {
    let foreign: Files = &[
        ("Dockerfile", "# syntax=acme/other\nFROM scratch AS a\nFROM scratch AS b\n"),
        (".dockerignore", "hidden\n"),
        ("hidden", "1"),
        ("one/x", "1"),
    ];
    differ("reads what is ignored", foreign, &[], &[("hidden", "2")]);
    for (what, one, other) in [
        ("has targets", "target='a'", "target='b'"),
        ("has arguments", "build-args={A='1'}", "build-args={A='2'}"),
        ("has images", "contexts={x='docker-image://a:1'}", "contexts={x='docker-image://a:2'}"),
        ("has addresses", "contexts={x='https://a.org/1.git'}", "contexts={x='https://a.org/2.git'}"),
    ] {
        for dockerfile in [
            "# syntax=acme/other\nFROM scratch AS a\nFROM scratch AS b\n",
            "FROM scratch AS a\nFROM scratch AS b\nFROB x\n",
        ] {
            let hash = |key: &str| {
                let toml = format!("[image]\n{key}\n");
                Commit::new(&[("Dockerfile", dockerfile), ("imgplan.toml", &toml)]).hash("image")
            };
            assert_ne!(hash(one), hash(other), "{what}: {dockerfile}");
        }
    }
    let parent = |base: &str| {
        Commit::new(&[
            ("imgplan.toml", "[image]\ncontexts={x='image:base'}\n[images.base]\ncontext='base'\n"),
            ("Dockerfile", "# syntax=acme/other\n{}\n"),
            ("base/Dockerfile", base),
            (".dockerignore", "base\n"),
        ])
        .hash("image")
    };
    assert_ne!(parent("FROM a\n"), parent("FROM b\n"), "has parents");
}

#[test]
fn explicit_inputs_in_another_context() {
    let explicit: Files =
        &[("a/f", "1"), ("b/f", "2"), ("Dockerfile", "FROM scratch\nCOPY f /\nCOPY --from=c f /g\n")];
    let toml = |context: &str, named: &str| {
        let text = format!(
            "[image]\ndockerfile='Dockerfile'\ncontext='{context}'\ninputs=['a/f','b/f']\ncontexts={{c='{named}'}}\n"
        );
        let mut commit = Commit::new(explicit);
        commit.put("imgplan.toml", &text);
        commit.hash("image")
    };
    assert_ne!(toml("a", "a"), toml("b", "a"));
    assert_ne!(toml("a", "a"), toml("a", "b"));
}

#[test]
fn ignore_files_where_nothing_derived_shows_them() {
    let explicit: Files = &[
        ("imgplan.toml", "[image]\ninputs=['app/**']\n"),
        ("Dockerfile", "FROM scratch\nCOPY app /app\n"),
        ("app/f", "1"),
        ("app/g", "1"),
    ];
    differ("explicit inputs", explicit, &[], &[(".dockerignore", "app/g\n")]);
    let generated: Files = &[
        ("imgplan.toml", "[image]\ngenerated={'dist/'=['src/**']}\n"),
        ("Dockerfile", "FROM scratch\nCOPY dist /app\n"),
        ("src/f", "1"),
    ];
    differ("generated files", generated, &[], &[(".dockerignore", "dist/*.map\n")]);
}

#[test]
fn another_path_is_generated_from_the_same() {
    differ(
        "a key of generated",
        &[("Dockerfile", "FROM scratch\nCOPY . /app\n"), ("src/f", "1"), (".dockerignore", "imgplan.toml\n")],
        &[("imgplan.toml", "[image]\ngenerated={'dist/'=['src/**']}\n")],
        &[("imgplan.toml", "[image]\ngenerated={'out/'=['src/**']}\n")],
    );
}

#[test]
fn explicit_inputs_that_are_links() {
    let toml = "[image]\ndockerfile='app/Dockerfile'\ninputs=['app/requirements.txt', 'app/*.conf']\n";
    let mut commit = Commit::new(&[
        ("imgplan.toml", toml),
        ("app/Dockerfile", "FROM scratch\nCOPY requirements.txt *.conf /\n"),
        ("app/requirements.txt@", "/env/r.txt"),
        ("app/a.conf@", "conf"),
        ("app/conf/x", "1"),
        ("app/env/r.txt", "1"),
        ("app/other", "1"),
    ]);
    let first = commit.hash("image");
    commit.put("app/other", "2");
    assert_eq!(commit.hash("image"), first);
    commit.put("app/env/r.txt", "2");
    let second = commit.hash("image");
    assert_ne!(first, second, "the file behind a link of the context");
    commit.put("app/conf/x", "2");
    assert_ne!(commit.hash("image"), second, "the folder behind a link");
}

#[test]
fn what_a_checkout_makes_of_the_same_blobs() {
    let heredoc: Files = &[("Dockerfile", "FROM scratch\nCOPY <<E /x\na\nE\n")];
    differ("line ends of a heredoc", heredoc, &[], &[(".gitattributes", "Dockerfile eol=crlf\n")]);
    let ident: Files = &[(".gitattributes", "Dockerfile ident\n")];
    differ(
        "the Dockerfile's own id",
        ident,
        &[("Dockerfile", "FROM scratch\n# 1\nRUN echo $Id$\n")],
        &[("Dockerfile", "FROM scratch\n# 2\nRUN echo $Id$\n")],
    );
    let linked: Files =
        &[("Dockerfile@", "docker/file"), ("docker/file", "FROM scratch\nCOPY <<E /x\na\nE\n")];
    differ("behind a link", linked, &[], &[("docker/.gitattributes", "file eol=crlf\n")]);
    let submodule: Files = &[("Dockerfile", "FROM scratch\nCOPY vendor /v\n"), ("vendor/sub^", "1")];
    const MODULES: &str = "[submodule \"v\"]\n\tpath = vendor/sub\n\turl = ../v\n";
    differ("a submodule without a name is empty", submodule, &[], &[(".gitmodules", MODULES)]);
}

#[test]
fn what_is_seen_without_another_file() {
    let dot: Files = &[("Dockerfile", "FROM scratch\nCOPY . /\n"), ("a", "1"), ("data/x", "1")];
    differ(
        "an ignore file that is copied",
        dot,
        &[(".dockerignore", "data\n")],
        &[(".dockerignore", "# x\ndata\n")],
    );
    differ("a Dockerfile that is copied", dot, &[], &[("Dockerfile", "FROM scratch\n# x\nCOPY . /\n")]);
    let hidden: Files = &[("Dockerfile", "FROM scratch\nCOPY . /\n"), ("a", "1"), ("data/x", "1")];
    differ(
        "an empty folder",
        hidden,
        &[("Dockerfile.dockerignore", "Dockerfile*\ndata\n")],
        &[("Dockerfile.dockerignore", "Dockerfile*\ndata/*\n")],
    );
    let links: Files = &[("Dockerfile", "FROM scratch\nCOPY l /x\n"), ("a/f", "1"), ("b/f", "1")];
    differ("a link to a folder alike", links, &[("l@", "a")], &[("l@", "b")]);
    differ("a chain of links", links, &[("l@", "m"), ("m@", "a")], &[("l@", "m"), ("m@", "b")]);
    differ(
        "two filters with one union",
        &[("a", "1"), ("b", "1")],
        &[("Dockerfile", "FROM scratch\nCOPY --exclude=a . /x/\nCOPY --exclude=b . /y/\n")],
        &[("Dockerfile", "FROM scratch\nCOPY --exclude=b . /x/\nCOPY --exclude=a . /y/\n")],
    );
    differ(
        "a file that moves between contexts",
        &[
            ("imgplan.toml", "[image]\ncontext='m'\ncontexts={c='c'}\n"),
            ("m/Dockerfile", "FROM scratch\nCOPY a* /\nCOPY --from=c a* /\n"),
        ],
        &[("m/a", "1"), ("c/b", "1"), ("c/a2", "1"), ("m/a1", "1")],
        &[("c/a", "1"), ("c/b", "1"), ("c/a2", "1"), ("m/a1", "1")],
    );
}
