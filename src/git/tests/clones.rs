//! Clones that lack something: what is there is enough, and what is not is named with the way to get it.

use super::{Sandbox, id, told};
use crate::error::Kind;
use crate::tree::Objects as _;

/// `repo` with three commits; their ids, oldest first.
fn history() -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::with_repo();
    let mut ids = vec![sandbox.git("repo", &["rev-parse", "HEAD"])];
    for number in ["2", "3"] {
        sandbox.write("repo/d/b.txt", number);
        ids.push(sandbox.commit("repo", number));
    }
    (sandbox, ids)
}

#[test]
fn a_clone_of_depth_one_is_enough_and_its_end_is_said() {
    let (sandbox, ids) = history();
    sandbox.git(".", &["clone", "--quiet", "--depth=1", &sandbox.url("repo"), "shallow"]);
    let git = sandbox.open("shallow");
    assert!(git.is_shallow().unwrap());
    let commit = git.commit("HEAD").unwrap();
    assert_eq!(commit.id, id(&ids[2]));
    assert_eq!(git.objects().tree(&commit.tree).unwrap().len(), 2);
    for spec in ["HEAD~2", "HEAD^^", "main~1^"] {
        let error = git.commit(spec).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
        assert!(told(&error).contains("git fetch --deepen=2"), "{spec}: {}", told(&error));
        assert!(told(&error).contains("git fetch --unshallow"), "{spec}: {}", told(&error));
    }
    let error = git.commit("HEAD~1").unwrap_err();
    sandbox.follow("shallow", &error.hints()[0]);
    assert_eq!(sandbox.open("shallow").commit("HEAD~1").unwrap().id, id(&ids[1]));
}

#[test]
fn a_full_id_that_a_shallow_clone_lacks_is_fetched_by_what_the_hint_says() {
    let (sandbox, ids) = history();
    sandbox.git(".", &["clone", "--quiet", "--depth=1", &sandbox.url("repo"), "shallow"]);
    let error = sandbox.open("shallow").commit(&ids[0]).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    sandbox.follow("shallow", error.hints()[0].trim_start_matches("the clone is shallow: "));
    assert_eq!(sandbox.open("shallow").commit(&ids[0]).unwrap().id, id(&ids[0]));
}

#[test]
fn what_a_partial_clone_left_out_is_named_never_fetched_and_the_hint_works() {
    let (sandbox, ids) = history();
    let tree = sandbox.git("repo", &["rev-parse", "HEAD^{tree}"]);
    let blob = sandbox.git("repo", &["rev-parse", "HEAD:d/b.txt"]);
    for (name, filter, depth, left_out) in [
        ("blobs", "--filter=blob:none", None, &blob),
        ("trees", "--filter=tree:0", None, &tree),
        ("shallow-blobs", "--filter=blob:none", Some("--depth=1"), &blob),
        ("shallow-trees", "--filter=tree:0", Some("--depth=1"), &tree),
    ] {
        let mut args = vec!["clone", "--quiet", "--no-checkout", filter];
        args.extend(depth);
        let url = sandbox.url("repo");
        args.extend([url.as_str(), name]);
        sandbox.git(".", &args);
        // A repository's own configuration must not bring the fetching back.
        sandbox.git(name, &["config", "protocol.file.allow", "always"]);
        let git = sandbox.open(name);
        assert_eq!(git.commit("HEAD").unwrap().id, id(&ids[2]), "{name}: commits are there");
        let read = |git: &crate::git::Git| match *left_out == tree {
            true => git.objects().tree(&id(&tree)).map(|_| ()),
            false => {
                let objects = git.objects();
                let root = objects.tree(&id(&tree)).unwrap();
                let folder = objects.tree(&root.find("d".into()).unwrap().id).unwrap();
                objects.blob(&folder.get(0).unwrap().id).map(|_| ())
            }
        };
        for _ in 0..2 {
            let error = read(&git).unwrap_err();
            assert_eq!(error.kind(), Kind::Unavailable, "{name}");
            assert!(error.message().contains(left_out.as_str()), "{name}: {}", told(&error));
        }
        let error = read(&git).unwrap_err();
        sandbox.follow(name, &error.hints()[0]);
        assert!(read(&sandbox.open(name)).is_ok(), "{name}: {}", told(&error));
    }
}

#[test]
fn objects_of_an_alternate_are_read() {
    let (sandbox, ids) = history();
    sandbox.git(".", &["clone", "--quiet", "--shared", "repo", "shared"]);
    let git = sandbox.open("shared");
    let commit = git.commit("HEAD").unwrap();
    assert_eq!(commit.id, id(&ids[2]));
    assert_eq!(git.objects().tree(&commit.tree).unwrap().len(), 2);
}
