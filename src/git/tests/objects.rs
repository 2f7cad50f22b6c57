//! Trees and blobs, and every way in which they cannot be read.

use bstr::ByteSlice as _;

use super::{Sandbox, id, told};
use crate::error::Kind;
use crate::tree::{Mode, Objects as _, lookup};

#[test]
fn trees_are_in_the_order_of_paths_and_read_once() {
    let sandbox = Sandbox::with_repo();
    for name in ["d-x", "d.x", "d0"] {
        sandbox.write(&format!("repo/{name}"), name);
    }
    sandbox.commit("repo", "names around a folder's");
    let git = sandbox.open("repo");
    let (commit, objects) = (git.commit("HEAD").unwrap(), git.objects());
    let names =
        |entries: &crate::tree::Tree| entries.iter().map(|entry| entry.name.to_string()).collect::<Vec<_>>();
    let root = objects.tree(&commit.tree).unwrap();
    assert_eq!(names(&root), ["a.txt", "d-x", "d.x", "d", "d0"]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let found = lookup(&objects, &commit.tree, "d/b.txt".into()).unwrap().unwrap();
                assert_eq!(*objects.blob(&found.id).unwrap(), b"b\n");
            });
        }
    });
    assert_eq!(objects.trees_read(), 2, "the root and d, however often they are asked for");
}

#[test]
fn a_repository_can_be_used_from_many_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<crate::git::Git>();
    is_shared::<crate::git::Store>();
    is_shared::<crate::git::WorktreeFiles>();
}

#[cfg(unix)]
#[test]
fn every_mode_and_every_name_is_kept() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::with_repo();
    sandbox.write("repo/run.sh", "#!/bin/sh\n");
    std::fs::set_permissions(sandbox.path("repo/run.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("a.txt", sandbox.path("repo/link")).unwrap();
    sandbox.write("repo/new\nline", "");
    std::fs::write(sandbox.path("repo").join(std::ffi::OsStr::from_bytes(b"\xff\xfe")), "").unwrap();
    sandbox.git("repo", &["add", "--all"]);
    let foreign = "1234567812345678123456781234567812345678";
    sandbox.git("repo", &["update-index", "--add", "--cacheinfo", &format!("160000,{foreign},sub")]);
    sandbox.git("repo", &["commit", "--quiet", "--message", "all modes"]);
    let git = sandbox.open("repo");
    let (commit, objects) = (git.commit("HEAD").unwrap(), git.objects());
    let root = objects.tree(&commit.tree).unwrap();
    let mode = |name: &[u8]| root.find(name.as_bstr()).unwrap().mode;
    assert_eq!(mode(b"run.sh"), Mode::Executable);
    assert_eq!(mode(b"a.txt"), Mode::File);
    assert_eq!(mode(b"d"), Mode::Folder);
    assert_eq!(mode(b"new\nline"), Mode::File);
    assert_eq!(mode(b"\xff\xfe"), Mode::File);
    assert_eq!(mode(b"link"), Mode::Symlink);
    assert_eq!(*objects.blob(&root.find("link".into()).unwrap().id).unwrap(), b"a.txt");
    let submodule = root.find("sub".into()).unwrap();
    assert_eq!((submodule.mode, submodule.id), (Mode::Submodule, id(foreign)));
}

/// Writes a tree by hand, past git's own checks.
fn tree(sandbox: &Sandbox, entries: &[(&str, &str)]) -> String {
    let blob = gix::ObjectId::from_hex(sandbox.git("repo", &["rev-parse", "HEAD:a.txt"]).as_bytes()).unwrap();
    let mut bytes = Vec::new();
    for (mode, name) in entries {
        bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        bytes.extend_from_slice(blob.as_bytes());
    }
    sandbox.write("repo/.git/new", bytes);
    sandbox.git("repo", &["hash-object", "-t", "tree", "--literally", "-w", ".git/new"])
}

#[test]
fn modes_of_the_first_years_are_read_and_unknown_ones_refused() {
    let sandbox = Sandbox::with_repo();
    let objects = sandbox.open("repo").objects();
    let old = tree(&sandbox, &[("100664", "old")]);
    assert_eq!(objects.tree(&id(&old)).unwrap().get(0).unwrap().mode, Mode::File);
    for entries in [
        &[("100600", "private")][..],
        &[("107777", "x")],
        &[("0", "x")],
        &[("100644", "a/b")],
        &[("100644", "")],
        &[("100644", "x"), ("100644", "x")],
        &[("mode", "x")],
    ] {
        let bad = tree(&sandbox, entries);
        let error = objects.tree(&id(&bad)).unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable, "{entries:?}");
        assert!(error.message().contains(&bad), "{entries:?}: {}", told(&error));
    }
}

#[test]
fn a_damaged_object_is_an_error_with_its_id() {
    let sandbox = Sandbox::with_repo();
    let blob = sandbox.git("repo", &["rev-parse", "HEAD:a.txt"]);
    let root = sandbox.git("repo", &["rev-parse", "HEAD^{tree}"]);
    for id in [&blob, &root] {
        let file = sandbox.path(&format!("repo/.git/objects/{}/{}", &id[..2], &id[2..]));
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, "no zlib stream").unwrap();
    }
    let objects = sandbox.open("repo").objects();
    for (error, expected) in
        [(objects.blob(&id(&blob)).unwrap_err(), blob), (objects.tree(&id(&root)).unwrap_err(), root)]
    {
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(error.message().contains(&expected), "{}", told(&error));
        assert!(told(&error).contains("git fsck"), "{}", told(&error));
    }
}

#[test]
fn a_missing_object_and_a_wrong_kind_are_errors_with_the_id() {
    let sandbox = Sandbox::with_repo();
    let blob = sandbox.git("repo", &["rev-parse", "HEAD:a.txt"]);
    let objects = sandbox.open("repo").objects();
    let nowhere = "1234567812345678123456781234567812345678";
    for error in [objects.blob(&id(nowhere)).unwrap_err(), objects.tree(&id(nowhere)).unwrap_err()] {
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(error.message().contains(nowhere), "{}", told(&error));
    }
    let error = objects.tree(&id(&blob)).unwrap_err();
    assert!(error.message().contains(&blob) && error.message().contains("blob"), "{}", told(&error));
}

#[test]
fn a_folder_of_a_damaged_commit_is_no_empty_folder() {
    let sandbox = Sandbox::with_repo();
    let head = sandbox.git("repo", &["rev-parse", "HEAD"]);
    let file = sandbox.path(&format!("repo/.git/objects/{}/{}", &head[..2], &head[2..]));
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, "no zlib stream").unwrap();
    let error = sandbox.open("repo").commit("HEAD").unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable, "{}", told(&error));
    assert!(told(&error).contains(&head), "{}", told(&error));
}
