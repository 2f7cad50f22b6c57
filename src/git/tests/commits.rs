//! Names of commits, and what is said of names that are none.

use super::{Sandbox, id, told};
use crate::error::Kind;

#[test]
fn everything_that_git_resolves_is_a_commit() {
    let sandbox = Sandbox::with_repo();
    let one = sandbox.git("repo", &["rev-parse", "HEAD"]);
    let two = sandbox.commit("repo", "two");
    let three = sandbox.commit("repo", "fix: three (a.c)");
    sandbox.git("repo", &["tag", "--annotate", "--message", "release", "v1", "HEAD~1"]);
    sandbox.git("repo", &["tag", "--annotate", "--message", "again", "v1-again", "v1"]);
    sandbox.git("repo", &["tag", "light", "HEAD~2"]);
    sandbox.git("repo", &["checkout", "--quiet", "-b", "topic"]);
    let git = sandbox.open("repo");
    for (spec, expected) in [
        ("HEAD", &three),
        ("@", &three),
        ("main", &three),
        ("refs/heads/topic", &three),
        (&three, &three),
        (&three[..8], &three),
        ("v1", &two),
        ("v1-again", &two),
        ("v1^{commit}", &two),
        ("v1^{}", &two),
        ("light", &one),
        ("HEAD~2", &one),
        ("main^", &two),
        ("main^^", &one),
        (&format!("v1-0-g{}", &two[..8]), &two),
        ("main@{0}", &three),
        ("main@{1}", &two),
        ("@{-1}", &three),
        (":/fix: .*(a.c)", &three),
        ("main^{/tw.}", &two),
    ] {
        assert_eq!(git.commit(spec).unwrap().id, id(expected), "{spec}");
    }
    let commit = git.commit("HEAD").unwrap();
    assert_eq!(commit.tree, id(&sandbox.git("repo", &["rev-parse", "HEAD^{tree}"])));
    assert_eq!(commit.time, 1_700_000_000);
}

#[test]
fn what_is_no_commit_is_said_to_be_what_it_is() {
    let sandbox = Sandbox::with_repo();
    sandbox.git("repo", &["tag", "tree", "HEAD^{tree}"]);
    let blob = sandbox.git("repo", &["rev-parse", "HEAD:a.txt"]);
    let git = sandbox.open("repo");
    for (spec, expected) in [
        ("nothing", "is no commit, branch or tag here"),
        ("main~7", "main~7"),
        ("HEAD:a.txt", "is a blob"),
        ("HEAD:d", "is a tree"),
        ("tree", "is a tree"),
        (&blob, "is a blob"),
        ("main..HEAD", "names a range"),
        ("", "is not a commit"),
        ("--help", "is not a commit"),
        ("--output=x", "is not a commit"),
        ("a b\u{7}\n", "is no commit, branch or tag here"),
        ("main@{", "is no commit, branch or tag here"),
        ("\u{0}", "is no commit, branch or tag here"),
    ] {
        let error = git.commit(spec).unwrap_err();
        let text = told(&error);
        assert_eq!(error.kind(), Kind::Invalid, "{spec}: {text}");
        assert!(text.contains(expected), "{spec}: {text}");
        assert!(!error.hints().is_empty(), "{spec}: {text}");
    }
}

#[test]
fn a_name_that_looks_like_an_option_is_never_one_for_git() {
    let sandbox = Sandbox::with_repo();
    let git = sandbox.open("repo");
    for spec in ["--git-dir", "--help", "-h", "--all"] {
        assert_eq!(git.program_id(spec).unwrap(), None, "{spec}");
    }
    assert!(git.program_id("main").unwrap().is_some());
}

#[test]
fn a_branch_without_a_commit_is_said_to_have_none() {
    let sandbox = Sandbox::new();
    sandbox.git(".", &["init", "--quiet", "--initial-branch=trunk", "repo"]);
    let git = sandbox.open("repo");
    assert_eq!(git.head_commit_id().unwrap(), None);
    assert_eq!(git.branch().unwrap().as_deref(), Some("trunk"));
    for spec in ["HEAD", "@", "HEAD~1", "HEAD^{commit}", "trunk", "trunk~1"] {
        let error = git.commit(spec).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
        assert!(told(&error).contains("the branch trunk has no commit yet"), "{spec}: {}", told(&error));
    }
}

#[test]
fn an_ambiguous_short_id_lists_what_it_fits() {
    let sandbox = Sandbox::with_repo();
    let (short, candidates) = colliding(&sandbox);
    let error = sandbox.open("repo").commit(&short).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    for candidate in candidates {
        assert!(told(&error).contains(&candidate[..5]), "{candidate}: {}", told(&error));
    }
}

/// A short id of four digits that fits two commits.
fn colliding(sandbox: &Sandbox) -> (String, [String; 2]) {
    let tree = sandbox.git("repo", &["rev-parse", "HEAD^{tree}"]);
    let mut seen = std::collections::HashMap::new();
    for number in 0.. {
        let line = "Someone <someone@example.org> 1700000000 +0000";
        let text = format!("tree {tree}\nauthor {line}\ncommitter {line}\n\n{number}\n");
        let kind = gix::objs::Kind::Commit;
        let found =
            gix::objs::compute_hash(gix::hash::Kind::Sha1, kind, text.as_bytes()).unwrap().to_string();
        if let Some(other) = seen.insert(found[..4].to_owned(), text.clone()) {
            let written = [other, text].map(|text| {
                sandbox.write("repo/.git/new", text);
                sandbox.git("repo", &["hash-object", "-t", "commit", "-w", ".git/new"])
            });
            return (found[..4].to_owned(), written);
        }
    }
    unreachable!()
}

#[test]
fn a_branch_and_a_tag_whose_commit_is_gone_are_there_but_unreadable() {
    let sandbox = Sandbox::with_repo();
    let one = sandbox.git("repo", &["rev-parse", "HEAD"]);
    sandbox.git("repo", &["tag", "--annotate", "--message", "release", "v1"]);
    std::fs::remove_file(sandbox.path(&format!("repo/.git/objects/{}/{}", &one[..2], &one[2..]))).unwrap();
    let git = sandbox.open("repo");
    for spec in ["HEAD", "main", "v1"] {
        let error = git.commit(spec).unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable, "{spec}: {}", told(&error));
        assert!(told(&error).contains(&one), "{spec}: {}", told(&error));
    }
}

#[test]
fn a_commit_with_a_malformed_time_has_the_time_that_git_gives_it() {
    let sandbox = Sandbox::with_repo();
    let tree = sandbox.git("repo", &["rev-parse", "HEAD^{tree}"]);
    let line = "Someone <someone@example.org> no-number +0000";
    sandbox.write("repo/.git/new", format!("tree {tree}\nauthor {line}\ncommitter {line}\n\nodd\n"));
    let odd = sandbox.git("repo", &["hash-object", "-t", "commit", "--literally", "-w", ".git/new"]);
    let commit = sandbox.open("repo").commit(&odd).unwrap();
    assert_eq!((commit.tree, commit.time), (id(&tree), 0));
}

#[test]
fn replaced_objects_are_read_as_git_reads_them() {
    let sandbox = Sandbox::with_repo();
    let one = sandbox.git("repo", &["rev-parse", "HEAD"]);
    sandbox.write("repo/a.txt", "other\n");
    let two = sandbox.commit("repo", "two");
    sandbox.git("repo", &["replace", &one, &two]);
    let commit = sandbox.open("repo").commit(&one).unwrap();
    assert_eq!(commit.tree, id(&sandbox.git("repo", &["rev-parse", &format!("{one}^{{tree}}")])));
    assert_eq!(commit.tree, id(&sandbox.git("repo", &["rev-parse", "HEAD^{tree}"])));
}

#[test]
fn ids_of_sha256_repositories_are_full_and_short() {
    let sandbox = Sandbox::new();
    sandbox.git(".", &["init", "--quiet", "--initial-branch=main", "--object-format=sha256", "repo"]);
    sandbox.write("repo/a.txt", "a\n");
    let head = sandbox.commit("repo", "one");
    let git = sandbox.open("repo");
    assert_eq!(head.len(), 64);
    for spec in ["HEAD", head.as_str(), &head[..9]] {
        assert_eq!(git.commit(spec).unwrap().id, id(&head));
    }
}
