//! Checkouts of real repositories: what stands on disk is what git says, whatever the clone's own settings.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::*;

const TIME: i64 = 1_600_000_000;

fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_COMMITTER_DATE", format!("{TIME} +0000"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn commit(root: &Path) -> String {
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message=x"]);
    git(root, &["rev-parse", "HEAD"])
}

fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    git(temp.path(), &["init", "--quiet"]);
    write(temp.path(), files);
    temp
}

fn checkout(root: &Path, commit: &str, generated: &[&str]) -> Result<Checkout> {
    let source = Source { common_dir: &root.join(".git"), work_dir: Some(root), commit, time: TIME };
    let generated: Vec<String> = generated.iter().map(ToString::to_string).collect();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(Checkout::create(source, &generated))
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn attributes_modes_links_and_times_are_the_commits() {
    let temp = repository(&[
        (".gitattributes", "*.bat text eol=crlf\n*.id ident\n"),
        ("run.bat", "a\nb\n"),
        ("x.id", "$Id$\n"),
        ("bin/run", "#!/bin/sh\n"),
        ("plain", "kept\n"),
    ]);
    let root = temp.path();
    fs::set_permissions(root.join("bin/run"), fs::Permissions::from_mode(0o700)).unwrap();
    symlink("bin/run", root.join("link")).unwrap();
    let id = commit(root);
    fs::write(root.join("plain"), "dirty").unwrap();
    fs::write(root.join("untracked"), "dirty").unwrap();

    let made = checkout(root, &id, &[]).unwrap();
    let tree = made.root().to_owned();
    assert_eq!(fs::read_to_string(tree.join("run.bat")).unwrap(), "a\r\nb\r\n");
    assert!(fs::read_to_string(tree.join("x.id")).unwrap().starts_with("$Id: "));
    assert_eq!(fs::read_to_string(tree.join("plain")).unwrap(), "kept\n");
    assert_eq!((mode(&tree.join("bin/run")), mode(&tree.join("plain"))), (0o755, 0o644));
    assert_eq!((mode(&tree), mode(&tree.join("bin"))), (0o755, 0o755));
    assert_eq!(fs::read_link(tree.join("link")).unwrap(), Path::new("bin/run"));
    for path in ["", "bin", "bin/run", "plain"] {
        let time = fs::metadata(tree.join(path)).unwrap().modified().unwrap();
        assert_eq!(time, SystemTime::UNIX_EPOCH + Duration::from_secs(TIME as u64), "{path:?}");
    }
    assert!(!tree.join(".git").exists() && !tree.join("untracked").exists());
    drop(made);
    assert!(!tree.parent().unwrap().exists(), "the temporary folder stays");
}

#[test]
fn nothing_that_the_clone_configures_runs_or_changes_a_byte() {
    let temp =
        repository(&[(".gitattributes", "*.txt filter=evil text\n"), ("a.txt", "a\n"), ("b.md", "b\n")]);
    let root = temp.path();
    let id = commit(root);
    let ran = root.join(".git/ran");
    let touch = format!("touch {}; cat", ran.display());
    git(root, &["config", "filter.evil.smudge", &touch]);
    git(root, &["config", "core.fsmonitor", &touch]);
    git(root, &["config", "core.autocrlf", "true"]);
    git(root, &["config", "core.sparseCheckout", "true"]);
    write(
        root,
        &[(".git/info/attributes", "*.md text eol=crlf\n"), (".git/info/sparse-checkout", "/none\n")],
    );
    write(root, &[(".git/hooks/post-index-change", &format!("#!/bin/sh\ntouch {}\n", ran.display()))]);
    fs::set_permissions(root.join(".git/hooks/post-index-change"), fs::Permissions::from_mode(0o755))
        .unwrap();

    let made = checkout(root, &id, &[]).unwrap();
    assert_eq!(fs::read_to_string(made.root().join("a.txt")).unwrap(), "a\n");
    assert_eq!(fs::read_to_string(made.root().join("b.md")).unwrap(), "b\n");
    assert!(!ran.exists());
}

#[test]
fn submodules_are_checked_out_in_depth_or_named() {
    let inner = repository(&[("inner.txt", "inner")]);
    commit(inner.path());
    let middle = repository(&[("middle.txt", "middle")]);
    git(middle.path(), &["submodule", "--quiet", "add", inner.path().to_str().unwrap(), "deep/inner"]);
    commit(middle.path());
    let temp = repository(&[("app/Dockerfile", "FROM scratch\n")]);
    let root = temp.path();
    git(
        root,
        &["submodule", "--quiet", "add", "--name", "a/b", middle.path().to_str().unwrap(), "lib/middle"],
    );
    git(root, &["submodule", "--quiet", "update", "--init", "--recursive"]);
    let id = commit(root);

    // The working tree is not asked: the clone's own repositories have the commits.
    fs::remove_dir_all(root.join("lib")).unwrap();
    let made = checkout(root, &id, &[]).unwrap();
    let text = |path: &str| fs::read_to_string(made.root().join(path)).unwrap();
    assert_eq!(text("lib/middle/middle.txt"), "middle");
    assert_eq!(text("lib/middle/deep/inner/inner.txt"), "inner");
    assert!(!made.root().join("lib/middle/.git").exists());
    made.require("").unwrap();

    fs::remove_dir_all(root.join(".git/modules")).unwrap();
    let made = checkout(root, &id, &[]).unwrap();
    for folder in ["", "lib", "lib/middle", "lib/middle/deep"] {
        let error = made.require(folder).unwrap_err();
        assert_eq!(error.place().unwrap().file, "lib/middle");
        assert!(error.hints()[0].contains("submodule update --init --recursive"));
    }
    made.require("app").unwrap();
}

#[test]
fn generated_paths_come_from_the_working_tree_and_never_leave_the_checkout() {
    let temp = repository(&[("a", "a")]);
    let outside = tempfile::tempdir().unwrap();
    let root = temp.path();
    symlink(outside.path(), root.join("dist")).unwrap();
    let id = commit(root);
    fs::remove_file(root.join("dist")).unwrap();
    write(root, &[("dist/js/app.js", "made"), ("one", "made")]);
    fs::set_permissions(root.join("one"), fs::Permissions::from_mode(0o600)).unwrap();

    let made = checkout(root, &id, &["dist/js/", "one"]).unwrap();
    assert_eq!(fs::read_to_string(made.root().join("dist/js/app.js")).unwrap(), "made");
    assert_eq!(mode(&made.root().join("one")), 0o644);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    symlink("/etc", root.join("out")).unwrap();
    for wrong in ["gone/", "../a", "/etc/passwd", "out/passwd"] {
        assert!(checkout(root, &id, &[wrong]).is_err(), "{wrong}");
    }
}

#[test]
fn a_partial_clone_is_told_what_to_fetch() {
    let temp = repository(&[("a", "a")]);
    let id = commit(temp.path());
    git(temp.path(), &["config", "uploadpack.allowFilter", "true"]);
    let clone = tempfile::tempdir().unwrap();
    let url = format!("file://{}", temp.path().display());
    git(clone.path(), &["clone", "--quiet", "--no-checkout", "--filter=blob:none", &url, "c"]);
    let error = checkout(&clone.path().join("c"), &id, &[]).unwrap_err();
    assert!(error.hints().iter().any(|hint| hint.contains("git archive")), "{error:?}");
}

#[test]
fn repositories_with_sha256_ids_work() {
    let temp = tempfile::tempdir().unwrap();
    git(temp.path(), &["init", "--quiet", "--object-format=sha256"]);
    write(temp.path(), &[("a", "a")]);
    let id = commit(temp.path());
    let made = checkout(temp.path(), &id, &[]).unwrap();
    assert_eq!(fs::read_to_string(made.root().join("a")).unwrap(), "a");
}
