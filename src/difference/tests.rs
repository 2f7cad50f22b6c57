//! Pairs of commits with what is said of the change between them. That different hashes always have a change, and the
//! same hash none, is also asked of every pair in `content_hash`'s tests.

use super::*;
use crate::project::tests::Commit;

fn difference(before: &Commit, after: &Commit) -> Difference {
    let (before, after) = (before.assess(&[]), after.assess(&[]));
    Difference::between(before.get("image").unwrap(), after.get("image").unwrap())
}

const DOCKERFILE: &str = "ARG TAG=3.12\nFROM python:$TAG\nCOPY requirements.txt /tmp/\nRUN pip install -r /tmp/requirements.txt\nRUN rm -r /var/lib/apt/lists /root/.cache /tmp/requirements.txt /usr/share/doc\nCOPY . /app\n";

fn project() -> Commit {
    Commit::new(&[
        ("Dockerfile", DOCKERFILE),
        ("requirements.txt", "numpy\n"),
        ("src/a.py", "1"),
        (".dockerignore", "Dockerfile\nimgplan.toml\n"),
        ("imgplan.toml", "[image]\n"),
    ])
}

fn summary(edit: impl FnOnce(&mut Commit)) -> String {
    let (before, mut after) = (project(), project());
    edit(&mut after);
    difference(&before, &after).summary()
}

#[test]
fn summaries_name_what_matters_and_count_the_rest() {
    type Edit = fn(&mut Commit);
    let cases: &[(Edit, &str)] = &[
        (|_| {}, "nothing changed"),
        (|c| c.put("requirements.txt", "2"), "requirements.txt changed"),
        (|c| c.put("src/b.py", "2"), "src/b.py added"),
        (|c| c.remove("src/a.py"), "src/a.py removed"),
        (|c| c.rename("src/a.py", "src/a.py*"), "src/a.py changed"),
        (|c| c.put(".gitattributes", "a.py eol=crlf\n"), ".gitattributes and 1 more input changed"),
        (
            |c| {
                c.put("requirements.txt", "2");
                c.put("a", "");
                c.remove("src/a.py");
            },
            "a and 2 more inputs changed",
        ),
        (
            |c| c.edit("Dockerfile", "RUN pip", "RUN pip3"),
            "Dockerfile:4: RUN pip3 install -r /tmp/requirements.txt changed",
        ),
        (
            |c| {
                c.edit("Dockerfile", "RUN rm -r", "RUN rm -rf");
                c.put("src/a.py", "2");
            },
            "Dockerfile:5: RUN rm -rf /var/lib/apt/lists /root/.cache /tmp/requirements… and 1 more input changed",
        ),
        (|c| c.edit("Dockerfile", "COPY . /app\n", "COPY . /app\nUSER 5\n"), "Dockerfile:7: USER 5 added"),
        (
            |c| c.edit("Dockerfile", "python:$TAG", "pypy"),
            "Dockerfile:2: the base image docker.io/library/pypy:latest and 1 more input changed",
        ),
        (|c| c.put("imgplan.toml", "[image]\nsalt='x'\n"), "the salt changed"),
        (|c| c.put("imgplan.toml", "[image]\nplatforms=['linux/amd64']\n"), "the platforms changed"),
        (
            |c| c.put("imgplan.toml", "[image]\nbuild-args={TAG='3.13'}\n"),
            "Dockerfile:2: the base image docker.io/library/python:3.13 and 1 more input changed",
        ),
    ];
    for (edit, expected) in cases {
        assert_eq!(summary(edit), *expected);
    }
}

#[test]
fn a_summary_is_bounded() {
    let long = "x".repeat(5_000);
    let text = summary(|c| c.put(&format!("src/{long}"), "1"));
    assert!(text.chars().count() < 100, "{text}");
    let text = summary(|c| c.edit("Dockerfile", "RUN pip", &format!("RUN {long}")));
    assert!(text.chars().count() < 100, "{text}");
    let tag = "x".repeat(128);
    let text = summary(|c| c.put("imgplan.toml", &format!("[image]\nbuild-args={{TAG='{tag}'}}\n")));
    assert!(text.chars().count() < 200, "{text}");
}

#[test]
fn a_parent_is_named() {
    let family = |file: &str| {
        Commit::new(&[
            ("imgplan.toml", "[image]\ncontexts={base='image:base'}\n[images.base]\ncontext='base'\n"),
            ("Dockerfile", "FROM base\n"),
            ("base/Dockerfile", "FROM scratch\nCOPY f /\n"),
            ("base/f", file),
        ])
    };
    assert_eq!(difference(&family("1"), &family("2")).summary(), "the parent base changed");
}

#[test]
fn a_file_that_changes_tells_both_states_and_why_it_is_read() {
    let (before, mut after) = (project(), project());
    after.put("requirements.txt", "2");
    let Difference { changes } = difference(&before, &after);
    let [Change::File(file)] = changes.as_slice() else { unreachable!("{changes:?}") };
    assert_ne!(file.before.as_ref().unwrap().id, file.after.as_ref().unwrap().id);
    let whys: Vec<String> = file.whys.iter().map(|why| format!("{}: {}", why.place, why.text)).collect();
    assert_eq!(whys, ["Dockerfile:3: COPY requirements.txt /tmp/", "Dockerfile:6: COPY . /app"]);
}

#[test]
fn what_moves_within_a_file_of_very_many_instructions_is_still_a_change() {
    let file = |from: usize| {
        let runs: String = (0..2_100).map(|at| format!("RUN {}\n", (at + from) % 2_100)).collect();
        Commit::new(&[("Dockerfile", &format!("FROM scratch\n{runs}"))])
    };
    assert!(!difference(&file(0), &file(1)).is_empty());
}
