//! The working tree as `git add -A` would see it.

use super::{Sandbox, told};
use crate::tree::{Mode, Objects as _, lookup};

#[test]
fn tracked_and_untracked_files_are_there_ignored_and_deleted_ones_are_not() {
    let sandbox = Sandbox::with_repo();
    sandbox.write("repo/.gitignore", "*.log\n!keep.log\n");
    sandbox.write("repo/gone.txt", "");
    sandbox.commit("repo", "two");
    std::fs::remove_file(sandbox.path("repo/gone.txt")).unwrap();
    sandbox.write("repo/a.txt", "changed\n");
    sandbox.write("repo/new/deep/x.txt", "x\n");
    sandbox.write("repo/debug.log", "");
    sandbox.write("repo/keep.log", "");
    let files = sandbox.open("repo/d").worktree_files().unwrap();
    let at = |path: &str| lookup(&files, &files.root(), path.into()).unwrap();
    let names: Vec<String> =
        files.tree(&files.root()).unwrap().iter().map(|entry| entry.name.to_string()).collect();
    assert_eq!(names, [".gitignore", "a.txt", "d", "keep.log", "new"]);
    assert_eq!(*files.blob(&at("a.txt").unwrap().id).unwrap(), b"changed\n");
    assert_eq!(*files.blob(&at("new/deep/x.txt").unwrap().id).unwrap(), b"x\n");
    assert_eq!(at("d/b.txt").unwrap().mode, Mode::File);
    assert_eq!(at("new/deep").unwrap().mode, Mode::Folder);
}

#[cfg(unix)]
#[test]
fn modes_links_and_odd_names_are_those_on_disk() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let sandbox = Sandbox::with_repo();
    std::fs::set_permissions(sandbox.path("repo/a.txt"), std::fs::Permissions::from_mode(0o755)).unwrap();
    symlink("a.txt", sandbox.path("repo/link")).unwrap();
    sandbox.write("repo/new\nline", "n");
    // A tracked folder that became a link.
    std::fs::rename(sandbox.path("repo/d"), sandbox.path("elsewhere")).unwrap();
    symlink("../elsewhere", sandbox.path("repo/d")).unwrap();
    let files = sandbox.open("repo").worktree_files().unwrap();
    let at = |path: &str| lookup(&files, &files.root(), path.into()).unwrap().unwrap();
    assert_eq!(at("a.txt").mode, Mode::Executable);
    assert_eq!(*files.blob(&at("link").id).unwrap(), b"a.txt");
    assert_eq!(*files.blob(&at("new\nline").id).unwrap(), b"n");
    assert_eq!(at("d").mode, Mode::Symlink);
}

#[test]
fn files_left_out_by_a_sparse_checkout_stay_as_they_are_committed() {
    let sandbox = Sandbox::with_repo();
    sandbox.git("repo", &["sparse-checkout", "set", "--cone", "nothing"]);
    let files = sandbox.open("repo").worktree_files().unwrap();
    let entry = lookup(&files, &files.root(), "d/b.txt".into()).unwrap().unwrap();
    assert_eq!(*files.blob(&entry.id).unwrap(), b"b\n");
}

#[test]
fn an_empty_repository_is_an_empty_folder_and_a_bare_one_has_none() {
    let sandbox = Sandbox::new();
    sandbox.git(".", &["init", "--quiet", "repo"]);
    sandbox.git(".", &["init", "--quiet", "--bare", "bare"]);
    let files = sandbox.open("repo").worktree_files().unwrap();
    assert!(files.tree(&files.root()).unwrap().is_empty());
    let error = sandbox.open("bare").worktree_files().unwrap_err();
    assert!(told(&error).contains("bare"), "{}", told(&error));
}

#[cfg(unix)]
#[test]
fn no_program_of_the_repositorys_configuration_is_run() {
    let sandbox = Sandbox::with_repo();
    let trap = sandbox.path("trap").display().to_string();
    for key in ["core.fsmonitor", "core.pager", "core.sshCommand", "filter.x.clean", "alias.ls-files"] {
        sandbox.git("repo", &["config", key, &format!("touch {trap};:")]);
    }
    sandbox.write("repo/.gitattributes", "* filter=x\n");
    sandbox.write("repo/a.txt", "changed\n");
    // The trap works where nothing is switched off.
    sandbox.git("repo", &["status"]);
    std::fs::remove_file(&trap).unwrap();
    let git = sandbox.open("repo");
    git.worktree_files().unwrap();
    git.commit(":/one").unwrap();
    assert!(!sandbox.path("trap").exists());
}
