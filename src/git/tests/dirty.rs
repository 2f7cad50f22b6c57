//! Files of the working tree that are not the commit's.

use bstr::{BString, ByteSlice as _};

use super::{Sandbox, id};
use crate::git::Git;
use crate::tree::{Id, Mode, Objects};

/// Every file of the commit, as inputs.
fn inputs(objects: &dyn Objects, tree: &Id, below: &str, found: &mut Vec<(BString, Mode, Id)>) {
    for entry in objects.tree(tree).unwrap().iter() {
        let path = format!("{below}{}", entry.name);
        match entry.mode {
            Mode::Folder => inputs(objects, &entry.id, &format!("{path}/"), found),
            mode => found.push((path.into(), mode, entry.id)),
        }
    }
}

fn dirty(git: &Git) -> Vec<String> {
    let commit = git.commit("HEAD").unwrap();
    let mut all = Vec::new();
    inputs(&git.objects(), &commit.tree, "", &mut all);
    let all = all.iter().map(|(path, mode, id)| (path.as_bstr(), *mode, *id));
    git.dirty(&commit, all).unwrap().iter().map(BString::to_string).collect()
}

#[test]
fn a_clean_tree_is_clean_also_where_only_times_differ() {
    let sandbox = Sandbox::with_repo();
    assert_eq!(dirty(&sandbox.open("repo")), [""; 0]);
    sandbox.write("repo/a.txt", "a\n");
    assert_eq!(dirty(&sandbox.open("repo")), [""; 0]);
    std::fs::remove_file(sandbox.path("repo/.git/index")).unwrap();
    assert_eq!(dirty(&sandbox.open("repo")), [""; 0], "without an index everything is read");
}

#[test]
fn a_change_of_the_same_size_within_the_same_second_is_seen() {
    let sandbox = Sandbox::with_repo();
    sandbox.write("repo/a.txt", "A\n");
    assert_eq!(dirty(&sandbox.open("repo")), ["a.txt"]);
    sandbox.git("repo", &["add", "a.txt"]);
    assert_eq!(dirty(&sandbox.open("repo")), ["a.txt"], "staged is not committed");
}

#[cfg(unix)]
#[test]
fn modes_links_and_missing_files_count() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let sandbox = Sandbox::with_repo();
    for name in ["mode", "gone", "kind", "same"] {
        sandbox.write(&format!("repo/{name}"), name);
    }
    symlink("a.txt", sandbox.path("repo/link")).unwrap();
    symlink("nowhere", sandbox.path("repo/dangling")).unwrap();
    sandbox.commit("repo", "two");
    std::fs::set_permissions(sandbox.path("repo/mode"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::remove_file(sandbox.path("repo/gone")).unwrap();
    std::fs::remove_file(sandbox.path("repo/kind")).unwrap();
    symlink("same", sandbox.path("repo/kind")).unwrap();
    std::fs::remove_file(sandbox.path("repo/link")).unwrap();
    symlink("same", sandbox.path("repo/link")).unwrap();
    // The same bytes behind a link are not the commit's folder.
    std::fs::rename(sandbox.path("repo/d"), sandbox.path("elsewhere")).unwrap();
    symlink("../elsewhere", sandbox.path("repo/d")).unwrap();
    assert_eq!(dirty(&sandbox.open("repo")), ["d/b.txt", "gone", "kind", "link", "mode"]);
    sandbox.git("repo", &["config", "core.fileMode", "false"]);
    assert_eq!(dirty(&sandbox.open("repo")), ["d/b.txt", "gone", "kind", "link"]);
}

#[test]
fn only_the_commit_at_head_is_compared() {
    let sandbox = Sandbox::with_repo();
    let one = sandbox.git("repo", &["rev-parse", "HEAD"]);
    sandbox.write("repo/a.txt", "two\n");
    sandbox.commit("repo", "two");
    let git = sandbox.open("repo");
    let commit = git.commit(&one).unwrap();
    let entry = crate::tree::lookup(&git.objects(), &commit.tree, "a.txt".into()).unwrap().unwrap();
    assert!(git.dirty(&commit, [("a.txt".into(), entry.mode, entry.id)]).unwrap().is_empty());
}

#[test]
fn line_endings_that_git_converts_are_no_change() {
    let sandbox = Sandbox::with_repo();
    sandbox.write("repo/.gitattributes", "*.txt text\n*.bin -text\n");
    sandbox.write("repo/x.bin", "x\n");
    sandbox.commit("repo", "attributes");
    for name in ["a.txt", "d/b.txt", "x.bin"] {
        let text = std::fs::read_to_string(sandbox.path(&format!("repo/{name}"))).unwrap();
        sandbox.write(&format!("repo/{name}"), text.replace('\n', "\r\n"));
    }
    assert_eq!(dirty(&sandbox.open("repo")), ["x.bin"]);
    sandbox.write("repo/a.txt", "other\r\n");
    assert_eq!(dirty(&sandbox.open("repo")), ["a.txt", "x.bin"]);
}

#[test]
fn no_filter_is_run_and_lfs_files_are_compared_by_their_pointer() {
    let sandbox = Sandbox::with_repo();
    let content = "large\n";
    let oid = "16fef5b7ec0a1c20a78e3a2e06a1f1f3eb3ee3ee2b9cba7f1d9fff31c1b0e4c2";
    let real: String =
        <sha2::Sha256 as sha2::Digest>::digest(content).iter().map(|b| format!("{b:02x}")).collect();
    assert_ne!(oid, real);
    sandbox.write("repo/.gitattributes", "*.lfs filter=lfs -text\n*.own filter=own\n");
    for (name, oid) in [("smudged.lfs", real.as_str()), ("pointer.lfs", oid), ("other.lfs", oid)] {
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 6\n");
        sandbox.write(&format!("repo/{name}"), pointer);
    }
    sandbox.write("repo/x.own", "clean\n");
    sandbox.commit("repo", "lfs");
    let trap = sandbox.path("trap").display().to_string();
    for filter in ["lfs", "own"] {
        for what in ["clean", "smudge", "process"] {
            sandbox
                .git("repo", &["config", &format!("filter.{filter}.{what}"), &format!("touch {trap}; cat")]);
        }
    }
    sandbox.write("repo/smudged.lfs", content);
    sandbox.write("repo/other.lfs", content);
    sandbox.write("repo/x.own", "smudged\n");
    assert_eq!(dirty(&sandbox.open("repo")), ["other.lfs", "x.own"]);
    assert!(!sandbox.path("trap").exists());
}

#[test]
fn what_a_sparse_checkout_left_out_is_clean() {
    for extra in [&[][..], &["--sparse-index"]] {
        let sandbox = Sandbox::with_repo();
        sandbox.write("repo/kept/c.txt", "c\n");
        sandbox.commit("repo", "two");
        let mut args = vec!["sparse-checkout", "set", "--cone"];
        args.extend(extra);
        args.push("kept");
        sandbox.git("repo", &args);
        assert!(!sandbox.path("repo/d").exists());
        let git = sandbox.open("repo");
        assert_eq!(dirty(&git), [""; 0], "{extra:?}");
        sandbox.write("repo/kept/c.txt", "C\n");
        assert_eq!(dirty(&git), ["kept/c.txt"], "{extra:?}");
    }
}

#[test]
fn a_submodule_is_compared_by_its_head_if_it_is_checked_out() {
    let sandbox = Sandbox::with_repo();
    sandbox.git(".", &["clone", "--quiet", &sandbox.url("repo"), "library"]);
    sandbox.git("repo", &["submodule", "--quiet", "add", &sandbox.url("library"), "sub"]);
    sandbox.commit("repo", "submodule");
    assert_eq!(dirty(&sandbox.open("repo")), [""; 0]);
    let moved = sandbox.commit("repo/sub", "moved");
    assert_eq!(dirty(&sandbox.open("repo")), ["sub"]);
    let files = sandbox.open("repo").worktree_files().unwrap();
    let root = files.tree(&files.root()).unwrap();
    let sub = root.find("sub".into()).unwrap();
    assert_eq!((sub.mode, sub.id), (Mode::Submodule, id(&moved)));
    sandbox.git("repo", &["submodule", "--quiet", "deinit", "--force", "sub"]);
    assert_eq!(dirty(&sandbox.open("repo")), [""; 0]);
}

/// More files than one thread looks at: what differs is found in every part, and named in order.
#[test]
fn many_files_are_shared_among_threads() {
    let sandbox = Sandbox::with_repo();
    for number in 0..1_300 {
        sandbox.write(&format!("repo/many/{number:04}"), "same\n");
    }
    sandbox.commit("repo", "many");
    assert_eq!(dirty(&sandbox.open("repo")), [""; 0]);
    for number in ["0000", "0700", "1299"] {
        sandbox.write(&format!("repo/many/{number}"), "other\n");
    }
    assert_eq!(dirty(&sandbox.open("repo")), ["many/0000", "many/0700", "many/1299"]);
}
