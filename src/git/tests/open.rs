//! Which repository is opened, and what is said where there is none.

use super::{Git, Sandbox, id, open, told};
use crate::error::Kind;
use crate::tree::Objects as _;

#[test]
fn a_repository_is_found_from_a_folder_inside_it() {
    let sandbox = Sandbox::with_repo();
    let git = sandbox.open("repo/d");
    assert_eq!(git.work_dir().unwrap().canonicalize().unwrap(), sandbox.path("repo").canonicalize().unwrap());
    assert_eq!(git.common_dir(), sandbox.path("repo/.git").canonicalize().unwrap());
    assert!(!git.is_bare() && !git.is_shallow().unwrap());
}

#[test]
fn a_linked_worktree_has_the_common_folder_of_the_main_one() {
    let sandbox = Sandbox::with_repo();
    sandbox.git("repo", &["worktree", "add", "--quiet", "-b", "side", "../linked"]);
    let side = sandbox.commit("linked", "two");
    let git = sandbox.open("linked");
    assert_eq!(git.common_dir(), sandbox.path("repo/.git").canonicalize().unwrap());
    assert_eq!(git.branch().unwrap().as_deref(), Some("side"));
    assert_eq!(git.commit("HEAD").unwrap().id, id(&side));
    assert_eq!(git.commit("main").unwrap().id, id(&sandbox.git("repo", &["rev-parse", "main"])));
}

#[test]
fn a_bare_repository_has_no_working_tree_and_shows_files_of_head() {
    let sandbox = Sandbox::with_repo();
    sandbox.git(".", &["clone", "--quiet", "--bare", "repo", "bare"]);
    let git = sandbox.open("bare");
    assert!(git.is_bare() && git.work_dir().is_none());
    let (place, bytes) = git.show_present("d/b.txt").unwrap().unwrap();
    assert_eq!((place.as_str(), bytes.as_slice()), ("d/b.txt at HEAD", b"b\n".as_slice()));
    assert!(git.show_present("imgplan.toml").unwrap().is_none());
}

#[test]
fn a_present_file_is_the_working_trees() {
    let sandbox = Sandbox::with_repo();
    sandbox.write("repo/a.txt", "changed\n");
    let git = sandbox.open("repo/d");
    assert_eq!(git.show_present("a.txt").unwrap().unwrap().1, b"changed\n");
    assert!(git.show_present("imgplan.toml").unwrap().is_none());
    assert!(git.show_present("a.txt/imgplan.toml").unwrap().is_none());
}

#[test]
fn no_repository_and_no_folder_are_told_apart() {
    let sandbox = Sandbox::new();
    let error = open(sandbox.dir.path()).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    assert!(told(&error).contains("is not in a git repository"), "{}", told(&error));
    let error = open(&sandbox.path("nowhere")).unwrap_err();
    assert!(told(&error).contains("is not a folder"), "{}", told(&error));
}

#[test]
fn a_worktree_whose_repository_is_elsewhere_is_said_not_to_open() {
    let sandbox = Sandbox::new();
    sandbox.write("repo/.git", "gitdir: /nowhere/.git/worktrees/repo\n");
    let error = open(&sandbox.path("repo")).unwrap_err();
    assert!(told(&error).contains("/nowhere"), "{}", told(&error));
}

#[test]
fn paths_are_absolute_wherever_the_search_started() {
    let git = open(std::path::Path::new(".")).unwrap();
    assert!(git.work_dir().unwrap().is_absolute() && git.common_dir().is_absolute());
}

#[test]
fn a_jj_workspace_without_git_gets_a_hint() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.path("ws/.jj/repo")).unwrap();
    std::fs::create_dir_all(sandbox.path("ws/src")).unwrap();
    let error = open(&sandbox.path("ws/src")).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    assert!(told(&error).contains("jj git"), "{}", told(&error));
}

#[test]
fn git_dir_goes_before_the_folder_and_starts_there() {
    let sandbox = Sandbox::with_repo();
    sandbox.git(".", &["init", "--quiet", "other"]);
    let allowed = gix::open::Permissions::isolated();
    let git = Git::open_with(&sandbox.path("other"), Some("../repo/.git".into()), allowed).unwrap();
    assert_eq!(git.common_dir(), sandbox.path("repo/.git").canonicalize().unwrap());
    sandbox.git("repo", &["worktree", "add", "--quiet", "-b", "side", "../linked"]);
    // As a hook in a linked worktree has it.
    let git_dir = sandbox.path("repo/.git/worktrees/linked");
    let git = Git::open_with(&sandbox.path("linked"), Some(git_dir.into()), allowed).unwrap();
    assert_eq!(
        git.work_dir().unwrap().canonicalize().unwrap(),
        sandbox.path("linked").canonicalize().unwrap()
    );
    let error = Git::open_with(&sandbox.path("repo"), Some("nowhere".into()), allowed).unwrap_err();
    assert!(told(&error).contains("GIT_DIR"), "{}", told(&error));
}

/// Gives all of a repository to another user; false where this user may not do that.
#[cfg(unix)]
fn give_away(dir: &std::path::Path) -> bool {
    let status = std::process::Command::new("chown").args(["-R", "54321:54321"]).arg(dir).status();
    status.is_ok_and(|status| status.success())
}

#[cfg(unix)]
#[test]
#[allow(clippy::print_stderr)]
fn a_repository_of_another_user_is_read_like_any_other() {
    let sandbox = Sandbox::with_repo();
    sandbox.git("repo", &["remote", "add", "origin", "https://user:secret@github.com/Acme/Shop.git"]);
    // More than the 16 MiB and the 32 packs to which gix limits such repositories by itself.
    sandbox.write("repo/large", vec![0; 17 << 20]);
    let head = sandbox.commit("repo", "large");
    sandbox.git("repo", &["config", "core.bigFileThreshold", "1"]);
    for number in 0..40 {
        sandbox.write("repo/n", number.to_string());
        let blob = sandbox.git("repo", &["hash-object", "-w", "n"]);
        let mut pack = sandbox.command("repo");
        pack.args(["pack-objects", "--quiet", ".git/objects/pack/pack"]);
        let mut pack =
            pack.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::io::Write::write_all(&mut pack.stdin.take().unwrap(), blob.as_bytes()).unwrap();
        assert!(pack.wait().unwrap().success());
    }
    sandbox.git("repo", &["prune-packed"]);
    if !give_away(&sandbox.path("repo")) {
        eprintln!("NOT TESTED: only root can give a repository to another user");
        return;
    }
    assert!(
        !sandbox.command("repo").args(["rev-parse", "HEAD"]).output().unwrap().status.success(),
        "git refuses"
    );
    let git = sandbox.open("repo");
    let (commit, objects) = (git.commit("HEAD").unwrap(), git.objects());
    assert_eq!(commit.id, id(&head));
    let root = objects.tree(&commit.tree).unwrap();
    let large = root.find("large".into()).unwrap();
    assert_eq!(objects.blob(&large.id).unwrap().len(), 17 << 20);
    for number in 0..40 {
        let hash = gix::hash::Kind::Sha1;
        let blob =
            gix::objs::compute_hash(hash, gix::objs::Kind::Blob, number.to_string().as_bytes()).unwrap();
        assert_eq!(*objects.blob(&id(&blob.to_string())).unwrap(), number.to_string().into_bytes());
    }
    assert_eq!(git.remote_url("origin").unwrap().as_deref(), Some("https://github.com/Acme/Shop.git"));
    // The `git` program, which refuses by itself, is asked, too.
    assert_eq!(git.commit(":/large").unwrap().id, id(&head));
    let files = git.worktree_files().unwrap();
    assert!(files.tree(&files.root()).unwrap().find("n".into()).is_some());
}

#[test]
fn a_reftable_repository_is_asked_about_by_the_git_program() {
    let sandbox = Sandbox::with_repo();
    // A git that cannot read reftables refuses, and the error says so. One that can finds no references in a
    // repository that only claims to have one, which is an error alike.
    sandbox.git("repo", &["config", "core.repositoryFormatVersion", "1"]);
    sandbox.git("repo", &["config", "extensions.refStorage", "reftable"]);
    let git = sandbox.open("repo");
    let error = git.commit("main").unwrap_err();
    assert!(told(&error).contains("main"), "{}", told(&error));
    if error.kind() == Kind::Unavailable {
        assert!(told(&error).contains("2.45"), "{}", told(&error));
    }
}

#[cfg(unix)]
#[test]
fn what_the_git_program_says_of_a_reftable_counts() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::with_repo();
    let head = sandbox.git("repo", &["rev-parse", "HEAD"]);
    sandbox.git(".", &["clone", "--quiet", "--bare", "repo", "plain"]);
    sandbox.git("repo", &["config", "core.repositoryFormatVersion", "1"]);
    sandbox.git("repo", &["config", "extensions.refStorage", "reftable"]);
    // Stands in for a git that reads reftables: it answers from a plain copy of the same repository.
    let script = "#!/bin/sh\nfor word do shift\ncase $word in --git-dir=*) word=--git-dir=PLAIN;; --work-tree=*) continue;; esac\nset -- \"$@\" \"$word\"\ndone\nexec git \"$@\"\n";
    sandbox.write("git", script.replace("PLAIN", &sandbox.path("plain").display().to_string()));
    std::fs::set_permissions(sandbox.path("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut git = sandbox.open("repo");
    let program = super::super::Program::new(sandbox.path("repo/.git"), None, true);
    git.program = std::sync::Arc::new(program.with_executable(sandbox.path("git")));
    assert_eq!(git.commit("main").unwrap().id, id(&head));
    assert_eq!(git.head_commit_id().unwrap(), Some(id(&head)));
    assert_eq!(git.branch().unwrap().as_deref(), Some("main"));
    assert_eq!(git.named_branch("main").unwrap().as_deref(), Some("main"));
    assert!(git.is_branch_tip("main", &id(&head)).unwrap());
    assert_eq!(git.commit("nothing").unwrap_err().kind(), Kind::Invalid);
}
