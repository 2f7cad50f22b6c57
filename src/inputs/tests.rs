//! What counts for whole images over commits in memory, and what is said where something is wrong.

use crate::project::tests::{Commit, errors};

/// The inputs as `root:path`, sorted, on one line; else the errors.
fn inputs(files: &[(&str, &str)]) -> String {
    let project = Commit::new(files).assess(&["image"]);
    let Some(image) = project.get("image") else { return errors(&project).join("\n") };
    let show = |key: super::File| match key.root {
        super::Root::Main => key.path.to_string(),
        super::Root::Context(name) => format!("{name}:{}", key.path),
        super::Root::Repository => format!("//{}", key.path),
    };
    image.inputs.files.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn warnings(files: &[(&str, &str)]) -> Vec<String> {
    let project = Commit::new(files).assess(&["image"]);
    assert_eq!(errors(&project), [""; 0]);
    let warnings = project.get("image").map(|image| image.inputs.warnings.clone()).unwrap_or_default();
    warnings.iter().map(|why| format!("{}: {}", why.place, why.text)).collect()
}

const COPY: &str = "FROM scratch\nCOPY a b /\n";

#[test]
fn sources_that_are_not_there_name_the_line_and_what_to_do() {
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[("Dockerfile", COPY), ("a", "1")],
            "Dockerfile:2: COPY a b /: `b` is not in the repository at this commit (commit the file, or if it is \
             generated say from what: generated = { \"b\" = [\"src/**\"] })",
        ),
        (
            &[("imgplan.toml", "[image]\ncontext='app'\n"), ("app/Dockerfile", COPY), ("app/a", "1")],
            "app/Dockerfile:2: COPY a b /: `b` is not in the context app at this commit (commit the file, or if it is \
             generated say from what: generated = { \"app/b\" = [\"src/**\"] })",
        ),
        (
            &[("Dockerfile", COPY), ("a", "1"), ("b", "1"), (".dockerignore", "# x\n\n b \n")],
            "Dockerfile:2: COPY a b /: `b` is left out by the ignore file (.dockerignore line 3: b)",
        ),
        (
            &[("Dockerfile", COPY), ("a", "1"), ("b", "1"), ("Dockerfile.dockerignore", "*\n!a\n")],
            "Dockerfile:2: COPY a b /: `b` is left out by the ignore file (Dockerfile.dockerignore line 1: *)",
        ),
        (&[("Dockerfile", "FROM scratch\nCOPY [a /\n")], "Dockerfile:2: COPY [a /: `[a` is not a pattern"),
        (
            &[
                ("imgplan.toml", "[image]\ncontexts={c='c'}\n"),
                ("Dockerfile", "FROM scratch\nCOPY --from=c b /\n"),
                ("c/b", "1"),
                ("c/.dockerignore", "b\n"),
            ],
            "Dockerfile:2: COPY --from=c b /: `b` is left out by the ignore file (c/.dockerignore line 1: b)",
        ),
        (
            &[
                ("imgplan.toml", "[image]\ncontexts={c='c'}\n"),
                ("Dockerfile", "FROM scratch\nCOPY --from=c b /\n"),
                ("c/a", "1"),
            ],
            "Dockerfile:2: COPY --from=c b /: `b` is not in the context `c` at this commit (commit the file, or if it \
             is generated say from what: generated = { \"c/b\" = [\"src/**\"] })",
        ),
        (
            &[
                ("imgplan.toml", "[image]\ncontexts={c='c'}\n"),
                ("Dockerfile", "FROM scratch\nCOPY --from=c b /\n"),
            ],
            "imgplan.toml:2:13: image.contexts.c: there is no folder c in this commit (folders are paths from the \
             repository's root)",
        ),
    ];
    for (files, expected) in cases {
        assert!(inputs(files).starts_with(expected), "{}\nexpected {expected}", inputs(files));
    }
}

#[test]
fn contexts_dockerfiles_and_ignore_files_are_found() {
    let dot = "FROM scratch\nCOPY . /\n";
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("dockerfile", dot), ("a", "1")], "a dockerfile"),
        (&[("Dockerfile", dot), ("dockerfile", "x"), (".dockerignore", "[dD]*\n.d*\n"), ("a", "1")], "a"),
        (
            &[
                ("Dockerfile", dot),
                ("Dockerfile.dockerignore", "*\n!a\n"),
                (".dockerignore", "a\n"),
                ("a", "1"),
            ],
            "a",
        ),
        // By the link's name, and the bytes of what is behind.
        (
            &[("Dockerfile@", "d/file"), ("d/file", dot), ("Dockerfile.dockerignore", "*\n!a\n"), ("a", "1")],
            "a",
        ),
        (&[("Dockerfile", dot), (".dockerignore@", "d/ignore"), ("d/ignore", "*\n!a\n"), ("a", "1")], "a"),
        (
            &[("imgplan.toml", "[image]\ncontext='l'\n"), ("l@", "real"), ("real/Dockerfile", dot)],
            "Dockerfile",
        ),
        (&[("imgplan.toml", "[image]\ncontext='c'\n"), ("Dockerfile", dot), ("c/a", "1")], "a"),
        (
            &[
                ("imgplan.toml", "[image]\ndockerfile='c/D'\n"),
                ("c/D", dot),
                ("c/D.dockerignore", "D*\n"),
                ("c/a", "1"),
            ],
            "a",
        ),
        (
            &[
                ("imgplan.toml", "[image]\ncontexts={c='c'}\n"),
                ("Dockerfile", "FROM scratch\nCOPY --from=c . /\n"),
                (".dockerignore", "x\n"),
                ("c/.dockerignore", "y\n.d*\n"),
                ("c/x", "1"),
                ("c/y", "1"),
            ],
            "c:x",
        ),
    ];
    for (files, expected) in cases {
        assert_eq!(inputs(files), *expected, "{files:?}");
    }
}

#[test]
fn files_that_cannot_be_found_name_their_key() {
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[("imgplan.toml", "[image]\ndockerfile='x'\n")],
            "imgplan.toml:2:12: image.dockerfile: there is no file x in this commit",
        ),
        (
            &[("imgplan.toml", "[image]\ncontext='x'\n"), ("Dockerfile", COPY)],
            "imgplan.toml:2:9: image.context: there is no folder x in this commit",
        ),
        (
            &[("imgplan.toml", "[image]\ncontext='x'\n"), ("x", "1")],
            "imgplan.toml:2:9: image.context: x is a file, not a folder",
        ),
        (
            &[("imgplan.toml", "[image]\ncontext='x'\n"), ("x^", "1")],
            "imgplan.toml:2:9: image.context: x is a submodule",
        ),
        (&[("imgplan.toml", "[image]\n")], "imgplan.toml:1:2: image: there is no Dockerfile in the root"),
        (
            &[("imgplan.toml", "[image]\ncontext='x'\n"), ("x/y", "1")],
            "imgplan.toml:1:2: image: there is no Dockerfile in x nor in the root",
        ),
        (&[("Dockerfile", "FROM scratch\n"), (".dockerignore", "a\n[\n")], ".dockerignore:2: "),
        (
            &[("Dockerfile@", "gone"), ("imgplan.toml", "[image]\n")],
            "Dockerfile: a symbolic link to what is no file in this commit",
        ),
    ];
    for (files, expected) in cases {
        assert!(inputs(files).starts_with(expected), "{}\nexpected {expected}", inputs(files));
    }
}

#[test]
fn explicit_inputs_replace_and_extra_inputs_add() {
    let with = |keys: &str| {
        let toml = format!("[image]\n{keys}\n");
        inputs(&[
            ("imgplan.toml", toml.as_str()),
            ("Dockerfile", "FROM scratch\nCOPY src /\n"),
            ("src/a", "1"),
            ("req.txt", "1"),
            ("env/x", "1"),
            ("env/deep/y", "1"),
            ("link@", "env/x"),
        ])
    };
    assert_eq!(with("inputs=['req.txt']"), "//req.txt");
    assert_eq!(with("inputs=['req.txt', 'Dockerfile']"), "//Dockerfile //req.txt");
    assert_eq!(with("inputs=['env/*']"), "//env/x", "a star stays in its folder");
    assert_eq!(with("inputs=['env/**']"), "//env/deep/y //env/x");
    assert_eq!(with("inputs=['env/']"), "//env/deep/y //env/x");
    assert_eq!(with("inputs=['link']"), "//env/x //link");
    assert_eq!(with("inputs=['**/x']"), "//env/x");
    assert_eq!(with("extra-inputs=['req.txt']"), "src/a //req.txt");
    assert_eq!(with("inputs=[]"), "");
    let nothing =
        [("imgplan.toml", "[image]\ninputs=['Dockerfile',\n 'gone/**']\n"), ("Dockerfile", "FROM scratch\n")];
    assert_eq!(
        warnings(&nothing),
        ["imgplan.toml:3:2: image.inputs[1]: `gone/**` matches nothing in this commit"]
    );
}

#[test]
fn generated_files_count_by_what_they_are_made_from() {
    let with = |copy: &str| {
        let dockerfile = format!("FROM scratch\n{copy}\n");
        inputs(&[
            ("imgplan.toml", "[image]\ngenerated={ 'dist/' = ['src/**'], 'x.whl' = ['setup.py'] }\n"),
            ("Dockerfile", dockerfile.as_str()),
            (".dockerignore", "imgplan.toml\nDockerfile\n.dockerignore\n"),
            ("src/a", "1"),
            ("setup.py", "1"),
            ("y.whl", "1"),
        ])
    };
    assert_eq!(with("COPY dist /"), "//src/a");
    assert_eq!(with("COPY dist/app.js /"), "//src/a");
    assert_eq!(with("COPY *.whl /"), "y.whl //setup.py");
    assert_eq!(with("COPY setup.py /"), "setup.py");
    assert_eq!(with("COPY . /"), "setup.py src/a y.whl //setup.py //src/a");
    assert_eq!(with("RUN --mount=source=dist,target=/d true"), "//src/a");
}

#[test]
fn what_is_in_doubt_widens_and_counts_whole() {
    let files = |dockerfile| [("Dockerfile", dockerfile), ("a", "1"), ("b/c", "1")];
    for dockerfile in
        ["FROM scratch\nCOPY --new a /\n", "FROM scratch\nFROB x\n", "# syntax=acme/x\nFROM scratch\n"]
    {
        let project = Commit::new(&files(dockerfile)).assess(&[]);
        let image = project.get("image");
        assert!(image.is_some_and(|image| image.inputs.whole_dockerfile.is_some()), "{dockerfile}");
        assert_eq!(inputs(&files(dockerfile)), "Dockerfile a b/c", "{dockerfile}");
        assert!(warnings(&files(dockerfile))[0].starts_with("Dockerfile:"), "{dockerfile}");
    }
}

#[test]
fn a_dockerfile_that_git_rewrites_counts_whole() {
    let whole = |rule: &str, dockerfile: &str| {
        let rules = format!("Dockerfile {rule}\n");
        let project = Commit::new(&[("Dockerfile", dockerfile), (".gitattributes", &rules)]).assess(&[]);
        project.get("image").is_some_and(|image| image.inputs.whole_dockerfile.is_some())
    };
    assert!(whole("filter=lfs", "FROM scratch\n"));
    assert!(whole("ident", "# $Id$\nFROM scratch\n"));
    assert!(whole("ident", "FROM scratch\nLABEL v=\"$Id: 0 $\"\n"));
    assert!(!whole("ident", "FROM scratch\n"));
    assert!(!whole("text", "FROM scratch\n"));
}

#[test]
fn attributes_are_those_in_force_at_the_real_path() {
    let project = Commit::new(&[
        ("imgplan.toml", "[image]\ncontext='l'\n"),
        ("l@", "real/app"),
        (".gitattributes", "[attr]mine text eol=lf\n*.sh mine\n*.bin filter=lfs\n"),
        ("real/.gitattributes", "*.txt working-tree-encoding=UTF-16\n"),
        ("real/app/.gitattributes", "x.sh -text !eol\n"),
        ("real/app/Dockerfile", "FROM scratch\nCOPY *.* d /\n"),
        ("real/app/a.sh", "1"),
        ("real/app/x.sh", "1"),
        ("real/app/a.txt", "1"),
        ("real/app/d/a.bin", "1"),
        ("real/app/d/l.sh@", "1"),
        ("other/.gitattributes", "[broken\n"),
    ])
    .assess(&[]);
    assert_eq!(errors(&project), [""; 0]);
    let inputs = &project.get("image").unwrap().inputs;
    let found: Vec<String> = inputs
        .files
        .iter()
        .filter(|file| !file.attributes.is_empty())
        .map(|file| format!("{} {}", file.path, file.attributes))
        .collect();
    assert_eq!(
        found,
        ["a.sh eol=lf text", "a.txt working-tree-encoding=UTF-16", "d/a.bin filter=lfs", "x.sh -text"]
    );
}
