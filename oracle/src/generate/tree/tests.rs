//! What holds for every generated tree and after every change.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A tree and its first changes, all from one seed.
fn history(seed: u64, changes: usize, mut look: impl FnMut(&Tree, &str, &str)) -> Tree {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut tree = Tree::generate(&mut rng);
    look(&tree, "", "");
    for _ in 0..changes {
        let (kind, detail) = tree.mutate(&mut rng);
        look(&tree, kind, &detail);
    }
    tree
}

#[test]
fn one_seed_gives_one_tree_and_one_history() {
    let all = |seed| {
        let mut all = Vec::new();
        history(seed, 20, |tree, kind, detail| all.push((tree.clone(), kind.to_owned(), detail.to_owned())));
        all
    };
    for seed in 0..50 {
        assert_eq!(all(seed), all(seed), "seed {seed}");
    }
    assert_ne!(all(1), all(2));
}

#[test]
fn every_change_makes_a_difference() {
    for seed in 0..2000 {
        let mut before = None;
        history(seed, 4, |tree, kind, detail| {
            assert_ne!(before.as_ref(), Some(&tree.files()), "seed {seed}: {kind}: {detail}");
            before = Some(tree.files());
        });
    }
}

#[test]
fn every_kind_occurs_and_daily_life_is_near_half() {
    let mut seen = BTreeMap::<String, usize>::new();
    for seed in 0..1250 {
        history(seed, 4, |_, kind, _| *seen.entry(kind.to_owned()).or_default() += 1);
    }
    seen.remove("");
    let (quiet, loud) = mutate::names();
    let missing: Vec<_> = quiet.iter().chain(&loud).filter(|kind| !seen.contains_key(**kind)).collect();
    assert!(missing.is_empty(), "{missing:?} never occur");
    assert_eq!(seen.len(), quiet.len() + loud.len(), "two kinds have one name");
    let share = quiet.iter().map(|kind| seen[*kind]).sum::<usize>() * 100 / 5000;
    assert!((40..=50).contains(&share), "{share} % of the changes are of the quiet kinds");
}

#[test]
fn git_takes_every_path() {
    for seed in 0..2000 {
        history(seed, 4, |tree, kind, detail| {
            let files = tree.files();
            for (path, node) in &files {
                let bad = |part: &str| matches!(part, "" | "." | "..") || part.eq_ignore_ascii_case(".git");
                assert!(!path.split('/').any(bad), "seed {seed}: {kind}: {detail}: {path:?}");
                for parent in parents(path) {
                    assert!(
                        !files.contains_key(parent),
                        "seed {seed}: {kind}: {detail}: {parent:?} and {path:?}"
                    );
                }
                let own = path.ends_with(".gitattributes") || path.ends_with(".gitmodules");
                assert!(!own || matches!(node, Node::File { .. }), "git refuses {path:?} as a link");
                assert!(!matches!(node, Node::Link(to) if to.is_empty()), "{path:?} leads nowhere");
            }
            let modules: BTreeSet<&str> = files
                .iter()
                .filter(|(_, n)| matches!(n, Node::Submodule(_)))
                .map(|(path, _)| path.as_str())
                .collect();
            let text = tree.text(".gitmodules").unwrap_or_default();
            for path in modules {
                assert!(
                    text.contains(&format!("\tpath = {path}\n")),
                    "seed {seed}: {kind}: {path} in {text}"
                );
            }
        });
    }
}

#[test]
fn a_tree_is_small_and_most_of_it_can_be_copied() {
    let (mut all, mut copied) = (0, 0);
    for seed in 0..500 {
        let tree = history(seed, 0, |_, _, _| ());
        assert!((3..=40).contains(&tree.files().len()), "seed {seed}: {} files", tree.files().len());
        assert!(!tree.folders(".").is_empty(), "seed {seed}: no folder to copy");
        all += tree.checkout(".").len();
        copied += tree.paths(".").len();
        for folder in [".".to_owned()].into_iter().chain(tree.folders(".")) {
            let paths = tree.paths(&folder);
            assert!(tree.links(&folder).iter().all(|link| paths.contains(link)), "seed {seed}: {folder}");
            assert!(!paths.iter().any(|path| path.ends_with(".dockerignore")), "seed {seed}: {folder}");
        }
    }
    assert!(copied * 100 / all >= 70, "{copied} of {all} can be copied from the root");
}

#[test]
fn paths_are_those_that_the_ignore_file_leaves_in_and_links_lead_to() {
    let mut tree = Tree::default();
    for path in ["a.txt", "b.md", "docs/in.md", "docs/deep/x", "src/main.py", "[x].txt"] {
        tree.write(path, Node::text("1\n"));
    }
    for (path, target) in
        [("to-md", "b.md"), ("to-src", "/src"), ("round", "round"), ("src/up", "../../a.txt")]
    {
        tree.write(path, Node::Link(target.to_owned()));
    }
    tree.write(".dockerignore", Node::text("\u{feff}# no\n./*.md\r\ndocs/\n!docs/deep\n\\[x\\].txt \n"));
    assert_eq!(tree.paths("."), ["a.txt", "docs/deep/x", "src/main.py", "src/up", "to-src"]);
    assert_eq!(tree.folders("."), ["docs", "docs/deep", "src"]);
    assert_eq!(tree.links("."), ["src/up", "to-src"]);
    // As a context of its own, the folder has no ignore file, and its link does not leave it.
    assert_eq!(tree.paths("src"), ["main.py"]);
}

#[test]
fn what_is_written_replaces_what_is_in_its_way() {
    let mut tree = Tree::default();
    tree.write("a/b", Node::text("1"));
    tree.write("a/b/c", Node::text("2"));
    assert_eq!(tree.files().into_keys().collect::<Vec<_>>(), ["a/b/c"]);
    tree.write("a", Node::text("3"));
    assert_eq!(tree.files().into_keys().collect::<Vec<_>>(), ["a"]);
}
