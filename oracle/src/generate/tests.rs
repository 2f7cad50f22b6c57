use super::{Project, config, dockerfile};
use std::collections::BTreeMap;

#[test]
fn a_seed_gives_one_project_and_one_mutant() {
    for seed in 0..50 {
        let draw = || {
            let mut rng = fastrand::Rng::with_seed(seed);
            let project = Project::generate(&mut rng);
            let mutant = project.mutant(&mut rng);
            (project.snapshot(), mutant.kind, mutant.detail, mutant.snapshot)
        };
        assert_eq!(draw(), draw(), "seed {seed}");
    }
}

#[test]
fn every_image_has_its_dockerfile_and_its_parents_before_it() {
    for seed in 0..1000 {
        let snapshot = Project::generate(&mut fastrand::Rng::with_seed(seed)).snapshot();
        assert!(!snapshot.images.is_empty(), "seed {seed}");
        let mut before = Vec::new();
        for image in &snapshot.images {
            assert!(snapshot.files.contains_key(&image.dockerfile), "seed {seed}: {}", image.dockerfile);
            for context in image.contexts.values() {
                if let crate::snapshot::Context::Parent(name) = context {
                    assert!(before.contains(&name), "seed {seed}: {name}");
                }
            }
            before.push(&image.name);
        }
    }
}

#[test]
fn every_kind_of_change_occurs_and_changes_the_commit() {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..500 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let project = Project::generate(&mut rng);
        let before = project.snapshot();
        for _ in 0..10 {
            let mutant = project.mutant(&mut rng);
            assert_ne!(mutant.snapshot, before, "seed {seed}: {} {}", mutant.kind, mutant.detail);
            *seen.entry(mutant.kind).or_default() += 1;
        }
    }
    for kind in dockerfile::kinds().chain(config::kinds()).chain(["two at once", "text: character changed"]) {
        assert!(seen.contains_key(kind), "{kind} never occurs: {seen:#?}");
    }
}
