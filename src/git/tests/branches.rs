//! Branches and remotes.

use super::{Sandbox, id};

#[test]
fn a_detached_head_is_on_no_branch() {
    let sandbox = Sandbox::with_repo();
    assert_eq!(sandbox.open("repo").branch().unwrap().as_deref(), Some("main"));
    sandbox.git("repo", &["checkout", "--quiet", "--detach"]);
    let git = sandbox.open("repo");
    assert_eq!(git.branch().unwrap(), None);
    assert_eq!(git.head_commit_id().unwrap(), Some(git.commit("main").unwrap().id));
}

#[test]
fn a_name_is_a_branch_only_if_it_is_one() {
    let sandbox = Sandbox::with_repo();
    sandbox.git("repo", &["branch", "feature/x"]);
    sandbox.git("repo", &["branch", "both"]);
    sandbox.git("repo", &["tag", "both"]);
    sandbox.git(".", &["clone", "--quiet", &sandbox.url("repo"), "clone"]);
    let git = sandbox.open("clone");
    for (spec, expected) in [
        ("main", Some("main")),
        ("refs/heads/main", Some("main")),
        ("heads/main", Some("main")),
        ("origin/feature/x", Some("feature/x")),
        ("remotes/origin/feature/x", Some("feature/x")),
        ("feature/x", None),
        ("origin/HEAD", None),
        ("both", None),
        ("main~0", None),
        ("HEAD", None),
        ("nothing", None),
        ("..", None),
        ("", None),
    ] {
        assert_eq!(git.named_branch(spec).unwrap().as_deref(), expected, "{spec}");
    }
}

#[test]
fn only_the_newest_known_commit_of_a_branch_is_its_tip() {
    let sandbox = Sandbox::with_repo();
    let one = id(&sandbox.git("repo", &["rev-parse", "HEAD"]));
    sandbox.git(".", &["clone", "--quiet", &sandbox.url("repo"), "clone"]);
    let two = id(&sandbox.commit("repo", "two"));
    let git = sandbox.open("clone");
    assert!(git.is_branch_tip("main", &one).unwrap(), "as far as is known");
    assert!(!git.is_branch_tip("main", &two).unwrap(), "not known yet");
    sandbox.git("clone", &["fetch", "--quiet"]);
    assert!(git.is_branch_tip("main", &two).unwrap(), "the fetched branch has moved on");
    assert!(!git.is_branch_tip("main", &one).unwrap(), "the local branch is behind");
    sandbox.git("clone", &["merge", "--quiet", "--ff-only", "origin/main"]);
    let three = id(&sandbox.commit("clone", "three"));
    assert!(git.is_branch_tip("main", &three).unwrap(), "not pushed yet");
    assert!(!git.is_branch_tip("main", &two).unwrap(), "the local branch is ahead");
    assert!(git.is_branch_tip("unheard-of", &one).unwrap(), "the caller's word");
    assert!(git.is_branch_tip("no..branch", &one).is_err());
}

#[test]
fn a_remotes_address_is_given_without_credentials_and_as_rewritten() {
    let sandbox = Sandbox::with_repo();
    assert_eq!(sandbox.open("repo").remote_url("origin").unwrap(), None);
    sandbox.git("repo", &["remote", "add", "origin", "https://gitlab-ci-token:secret@gitlab.com/G/P.git"]);
    sandbox.git("repo", &["remote", "add", "short", "gh:Acme/Shop"]);
    sandbox.git("repo", &["config", "url.git@github.com:.insteadOf", "gh:"]);
    let git = sandbox.open("repo");
    assert_eq!(git.remote_url("origin").unwrap().as_deref(), Some("https://gitlab.com/G/P.git"));
    let short = git.remote_url("short").unwrap().unwrap();
    assert_eq!(crate::git::forge_repository(&short).as_deref(), Some("ghcr.io/acme/shop"));
}

/// On disk a reference is called what it is called: one that is no text is at its commit all the same.
#[cfg(target_os = "linux")]
#[test]
fn a_branch_whose_name_is_no_text_is_at_its_commit() {
    use std::os::unix::ffi::OsStrExt as _;
    let sandbox = Sandbox::with_repo();
    let head = sandbox.open("repo").head_commit_id().unwrap().unwrap();
    let folder = sandbox.path("repo/.git/refs/heads");
    std::fs::write(folder.join(std::ffi::OsStr::from_bytes(b"caf\xe9")), format!("{head}\n")).unwrap();
    let refs = sandbox.open("repo").refs().unwrap();
    let names: Vec<&str> = refs.iter().filter_map(crate::git::Ref::branch).collect();
    assert_eq!(names, ["caf\u{fffd}", "main"]);
    assert!(refs.iter().all(|one| one.commit.id == head));
}
