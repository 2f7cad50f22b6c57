//! Whole commits in memory, with what becomes of each of their files.

use super::*;
use crate::project::tests::Commit;
use crate::tree::Memory;

/// `path: fate` of every file in the contexts of the image.
fn fates(files: &[(&str, &str)]) -> Vec<String> {
    let project = Commit::new(files).assess(&[]);
    assert!(project.errors.0.is_empty(), "{:?}", project.errors);
    let (objects, tree) = Memory::new(files.iter().copied());
    let members = of(&objects, &tree, project.get("image").unwrap()).unwrap();
    let cause = |cause: &Cause| match cause.line {
        Some(line) => format!("{}:{line}: {}", cause.file, cause.text),
        None => format!("{}: {}", cause.file, cause.text),
    };
    let show = |fate: &Fate| match fate {
        Fate::Ignored(by) => format!("ignored by {}", cause(by)),
        Fate::Excluded(by) => format!("excluded by {}", cause(by)),
        Fate::NotListed(by) => format!("not listed in {}", cause(by)),
        other => format!("{other:?}"),
    };
    members.iter().map(|(path, member)| format!("{path}: {}", show(&member.fate))).collect()
}

#[test]
fn each_file_of_a_context_has_its_fate() {
    let found = fates(&[
        ("Dockerfile", "FROM scratch\nCOPY --exclude=*.md src /src\nCOPY run.sh /\n"),
        (".dockerignore", "# logs\n*.log\ndata\n!data/keep\nbuild\n"),
        ("imgplan.toml", "[image]\n"),
        ("src/a.py", "1"),
        ("src/notes.md", "1"),
        ("src/sub/x.md", "1"),
        ("run.sh", "1"),
        ("a.log", "1"),
        ("data/keep", "1"),
        ("data/drop", "1"),
        ("build/deep/er/x", "1"),
        ("README.md", "1"),
    ]);
    let expected = [
        ".dockerignore: IgnoreFile",
        "Dockerfile: Dockerfile",
        "README.md: Unread",
        "a.log: ignored by .dockerignore:2: *.log",
        "build/deep/er/x: ignored by .dockerignore:5: build",
        "data/drop: ignored by .dockerignore:3: data",
        "data/keep: Unread",
        "imgplan.toml: Configuration",
        "run.sh: Input",
        "src/a.py: Input",
        "src/notes.md: excluded by Dockerfile:2: COPY --exclude=*.md src /src",
        "src/sub/x.md: Input",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_context_below_the_root_and_a_named_one_are_told_apart_from_the_rest() {
    let found = fates(&[
        ("imgplan.toml", "[image]\ncontext='app'\ncontexts={certs='tls'}\n"),
        ("app/Dockerfile", "FROM scratch\nCOPY a /\nCOPY --from=certs ca.pem /\n"),
        ("app/a", "1"),
        ("app/b", "1"),
        ("tls/.dockerignore", "*.key\n"),
        ("tls/ca.pem", "1"),
        ("tls/ca.key", "1"),
        ("elsewhere", "1"),
    ]);
    let expected = [
        "app/Dockerfile: Dockerfile",
        "app/a: Input",
        "app/b: Unread",
        "tls/.dockerignore: IgnoreFile",
        "tls/ca.key: ignored by tls/.dockerignore:1: *.key",
        "tls/ca.pem: Input",
    ];
    assert_eq!(found, expected);
}

#[test]
fn explicit_inputs_leave_the_rest_out_by_their_key() {
    let found = fates(&[
        ("imgplan.toml", "[image]\ninputs=['a']\n"),
        ("Dockerfile", "FROM scratch\nCOPY . /\n"),
        ("a", "1"),
        ("b", "1"),
    ]);
    assert!(found.contains(&"a: Input".to_owned()), "{found:?}");
    assert!(found.contains(&"b: not listed in imgplan.toml:2: image.inputs".to_owned()), "{found:?}");
}
