//! Histories in a line, of a project with one image.

use super::*;
use crate::project::tests::Commit;

/// A history in a line, each commit with its files, of a project with one image.
fn simulated(commits: &[&[(&'static str, &'static str)]]) -> Simulation {
    let states: Vec<(ContentHash, Ledger)> = commits
        .iter()
        .map(|files| {
            let project = Commit::new(files).assess(&[]);
            let image = project.get("image").unwrap();
            (image.content_hash, Ledger::of(image))
        })
        .collect();
    let points: Vec<Point<'_>> = states
        .iter()
        .enumerate()
        .map(|(index, (hash, ledger))| Point {
            id: format!("c{index}"),
            cut_off: false,
            parents: index.checked_sub(1).into_iter().collect(),
            images: BTreeMap::from([("image", Some(State { hash: *hash, ledger }))]),
        })
        .collect();
    simulate(&points, false)
}

const DOCKERFILE: (&str, &str) = ("Dockerfile", "FROM scratch\nCOPY req /\nCOPY . /app\n");

#[test]
fn builds_are_hashes_that_were_not_there_before() {
    let narrow = ("Dockerfile", "FROM scratch\nCOPY req /\n");
    let simulation = simulated(&[
        &[narrow, ("req", "1"), ("README.md", "1")],
        &[narrow, ("req", "1"), ("README.md", "2")],
        &[narrow, ("req", "2"), ("README.md", "2")],
        &[narrow, ("req", "1"), ("README.md", "3")],
    ]);
    let image = &simulation.images[0];
    assert_eq!((simulation.commits, simulation.builds, simulation.builds_without), (4, 2, 4));
    assert_eq!(image.timeline, [Some(true), Some(false), Some(true), Some(false)], "a revert builds nothing");
    assert_eq!(image.built_at, ["c0", "c2"]);
    let causes: Vec<_> = image.causes.iter().map(|cause| (cause.why.as_str(), cause.builds)).collect();
    assert_eq!(causes, [("Dockerfile:2: COPY req /", 1), ("the first build", 1)]);
    assert_eq!(image.advice, None);
}

#[test]
fn what_no_instruction_names_and_nobody_runs_is_proposed_with_the_builds_that_remain() {
    let simulation = simulated(&[
        &[DOCKERFILE, ("req", "1"), ("README.md", "1"), ("docs/a", "1"), ("src/a", "1")],
        &[DOCKERFILE, ("req", "1"), ("README.md", "2"), ("docs/a", "1"), ("src/a", "1")],
        &[DOCKERFILE, ("req", "1"), ("README.md", "2"), ("docs/a", "2"), ("src/a", "1")],
        &[DOCKERFILE, ("req", "1"), ("README.md", "3"), ("docs/a", "2"), ("src/a", "2")],
        &[DOCKERFILE, ("req", "2"), ("README.md", "3"), ("docs/a", "2"), ("src/a", "2")],
    ]);
    let image = &simulation.images[0];
    assert_eq!(image.builds, 5);
    let advice = image.advice.as_ref().unwrap();
    assert_eq!(
        (advice.file.as_str(), advice.ignore.as_slice(), advice.builds),
        (".dockerignore", &["README.md".to_owned(), "docs/".to_owned()][..], 3)
    );
    // The suggestion's figure is what the hashes are where it is followed.
    let ignored = (".dockerignore", "README.md\ndocs/\n");
    let followed = simulated(&[
        &[DOCKERFILE, ignored, ("req", "1"), ("README.md", "1"), ("docs/a", "1"), ("src/a", "1")],
        &[DOCKERFILE, ignored, ("req", "1"), ("README.md", "2"), ("docs/a", "1"), ("src/a", "1")],
        &[DOCKERFILE, ignored, ("req", "1"), ("README.md", "2"), ("docs/a", "2"), ("src/a", "1")],
        &[DOCKERFILE, ignored, ("req", "1"), ("README.md", "3"), ("docs/a", "2"), ("src/a", "2")],
        &[DOCKERFILE, ignored, ("req", "2"), ("README.md", "3"), ("docs/a", "2"), ("src/a", "2")],
    ]);
    assert_eq!((followed.builds, followed.images[0].advice.clone()), (advice.builds, None));
    let of = |why: &str| image.causes.iter().find(|cause| cause.why == why).map(|cause| cause.builds);
    assert_eq!(of("Dockerfile:3: COPY . /app"), Some(3));
    assert_eq!(of("Dockerfile:2: COPY req /"), Some(1), "a file counts for the first line that reads it");
}

#[test]
fn a_dockerfile_that_changes_is_a_cause_of_its_own() {
    let simulation = simulated(&[
        &[("Dockerfile", "FROM scratch\nCOPY a /\n"), ("a", "1")],
        &[("Dockerfile", "FROM scratch\nENV X=1\nCOPY a /\n"), ("a", "1")],
    ]);
    let whys: Vec<&str> = simulation.images[0].causes.iter().map(|cause| cause.why.as_str()).collect();
    assert_eq!(whys, ["the Dockerfile's instructions or the configuration", "the first build"]);
}
