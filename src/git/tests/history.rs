//! History beside `git rev-list`: ranges, first parents, commit-graphs, cut-off clones.

use super::Sandbox;
use crate::git::{Follow, Git, Step};

/// A history with merges, of which every commit has a time of its own.
fn branched() -> Sandbox {
    let sandbox = Sandbox::with_repo();
    let mut time = 1_700_000_000;
    let mut commit = |message: &str| {
        time += 60;
        let date = format!("{time} +0000");
        let mut command = sandbox.command("repo");
        command.env("GIT_COMMITTER_DATE", &date).env("GIT_AUTHOR_DATE", &date);
        command.args(["-c", "user.name=a", "-c", "user.email=a@b.c"]);
        match message.strip_prefix("merge ") {
            Some(other) => command.args(["merge", "--quiet", "--no-ff", "--no-edit", other]),
            None => command.args(["commit", "--quiet", "--allow-empty", "-m", message]),
        };
        assert!(command.status().unwrap().success(), "{message}");
    };
    for round in 0..4 {
        sandbox.git("repo", &["checkout", "--quiet", "-b", &format!("side{round}")]);
        commit("aside");
        commit("aside again");
        sandbox.git("repo", &["checkout", "--quiet", "main"]);
        commit("on main");
        commit(&format!("merge side{round}"));
    }
    sandbox
}

fn ids(steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| step.commit.id.to_string()).collect()
}

fn rev_list(sandbox: &Sandbox, repo: &str, args: &[&str]) -> Vec<String> {
    sandbox.git(repo, &[&["rev-list"], args].concat()).lines().map(str::to_owned).collect()
}

fn walked(git: &Git, tip: &str, hidden: &[&str], follow: Follow, limit: Option<usize>) -> (Vec<Step>, bool) {
    let id = |spec: &str| git.commit(spec).unwrap().id;
    let hidden: Vec<_> = hidden.iter().map(|spec| id(spec)).collect();
    git.commits(&[id(tip)], &hidden, follow, limit).unwrap()
}

#[test]
fn commits_are_gits_in_gits_order_with_and_without_a_graph() {
    let sandbox = branched();
    for graph in [false, true] {
        if graph {
            sandbox.git("repo", &["commit-graph", "write", "--reachable"]);
        }
        let git = sandbox.open("repo");
        let all = walked(&git, "main", &[], Follow::All, None);
        assert_eq!((ids(&all.0), all.1), (rev_list(&sandbox, "repo", &["main"]), false), "graph: {graph}");
        for step in &all.0 {
            let expected = git.commit(&step.commit.id.to_string()).unwrap();
            assert_eq!((step.commit.tree, step.commit.time), (expected.tree, expected.time));
        }
        let first = walked(&git, "main", &[], Follow::FirstParent, None).0;
        assert_eq!(ids(&first), rev_list(&sandbox, "repo", &["--first-parent", "main"]));
        let range = walked(&git, "main", &["side1"], Follow::All, None).0;
        assert_eq!(ids(&range), rev_list(&sandbox, "repo", &["side1..main"]));
        assert_eq!(walked(&git, "side0", &["main"], Follow::All, None).0.len(), 0);
        let (few, more) = walked(&git, "main", &[], Follow::All, Some(3));
        assert_eq!((few.len(), more), (3, true));
    }
}

#[test]
fn a_clone_that_was_cut_off_says_where() {
    let sandbox = branched();
    let url = sandbox.url("repo");
    sandbox.git(".", &["clone", "--quiet", "--depth=3", &url, "shallow"]);
    let git = sandbox.open("shallow");
    let steps = walked(&git, "HEAD", &[], Follow::All, None).0;
    assert_eq!(ids(&steps), rev_list(&sandbox, "shallow", &["HEAD"]));
    assert!(steps.iter().any(|step| step.cut_off && step.parents.is_empty()));
    assert!(!walked(&sandbox.open("repo"), "main", &[], Follow::All, None).0.iter().any(|step| step.cut_off));
}

#[test]
fn a_subject_is_the_first_line() {
    let sandbox = Sandbox::with_repo();
    sandbox.git(
        "repo",
        &["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "--allow-empty", "-m", "one\n\ntwo"],
    );
    let git = sandbox.open("repo");
    assert_eq!(git.subject(&git.commit("HEAD").unwrap().id).unwrap(), "one");
}
