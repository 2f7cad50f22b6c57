//! How much of a repository a hash reads: with narrow inputs no more than the trees on the way. Exact numbers, since
//! times say nothing on a shared machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use imgplan::config;
use imgplan::dockerfile::Readings;
use imgplan::error::Result;
use imgplan::git::{Git, Store};
use imgplan::project::{self, Defined, Snapshot};
use imgplan::tree::{Id, Objects, Tree};

use crate::support::Sandbox;

/// A store that remembers which objects were read.
struct Counting {
    store: Store,
    blobs: Mutex<Vec<(Id, usize)>>,
}

impl Objects for Counting {
    fn tree(&self, id: &Id) -> Result<Arc<Tree>> {
        self.store.tree(id)
    }

    fn blob(&self, id: &Id) -> Result<Arc<Vec<u8>>> {
        let bytes = self.store.blob(id)?;
        self.blobs.lock().unwrap().push((*id, bytes.len()));
        Ok(bytes)
    }
}

/// Trees, blobs, and the bytes of the blobs that the hash of the project's image reads; and the number of its inputs.
fn read(sandbox: &Sandbox) -> ([usize; 3], usize) {
    let git = Git::open(&sandbox.root()).unwrap();
    let commit = git.commit("HEAD").unwrap();
    let objects = Counting { store: git.objects(), blobs: Mutex::default() };
    let images = config::parse("imgplan.toml", "[image]\n", Path::new("/")).unwrap().images;
    let define = |image| Defined { image, name: "image".to_owned(), known_as: Vec::new() };
    let definitions: Vec<Defined> = images.into_iter().map(define).collect();
    let snapshot = Snapshot {
        objects: &objects,
        tree: commit.tree,
        is_commit_tag: &|_| false,
        readings: &Readings::default(),
    };
    let project = project::assess(snapshot, &definitions, &|_| true);
    assert!(project.errors.0.is_empty(), "{:?}", project.errors);
    let inputs = project.get("image").unwrap().inputs.files.len();
    let blobs = objects.blobs.lock().unwrap();
    let bytes = blobs.iter().map(|(_, len)| len).sum();
    ([objects.store.trees_read(), blobs.len(), bytes], inputs)
}

/// Twelve folders, each with twelve folders, each with a folder and three files: 301 trees, 433 files.
fn deep() -> Sandbox {
    let sandbox = Sandbox::new();
    for folder in 0..144 {
        for name in ["one", "two", "deep/three"] {
            let path = format!("{}/{}/{name}", folder / 12, folder % 12);
            sandbox.write(&path, &path);
        }
    }
    sandbox
}

fn define(sandbox: &Sandbox, dockerfile: &str, ignore: &str) {
    sandbox.write("Dockerfile", dockerfile);
    sandbox.write(".dockerignore", ignore);
    sandbox.commit("Another build");
}

#[test]
fn narrow_inputs_read_the_trees_on_the_way() {
    let (sandbox, ignore) = (deep(), "*.log\n");
    for (sources, trees, inputs) in [
        // The root, 3, 3/4; 5, 5/6, 5/6/deep.
        ("3/4/one 5/6/deep/three", 6, 2),
        ("3/4/one 3/4/two 3/5/one", 4, 3),
        ("3/4", 4, 3),
        ("3/*/one", 14, 12),
        ("Dockerfile", 1, 1),
        (".", 301, 434),
    ] {
        let dockerfile = format!("FROM scratch\nCOPY {sources} /srv/\n");
        define(&sandbox, &dockerfile, ignore);
        // Of blobs the Dockerfile and the ignore file, whatever is copied.
        let blobs = [2, dockerfile.len() + ignore.len()];
        assert_eq!(read(&sandbox), ([trees, blobs[0], blobs[1]], inputs), "{sources}");
    }
}

#[test]
fn what_is_ignored_is_not_read() {
    let (sandbox, dockerfile) = (deep(), "FROM scratch\nCOPY . /srv/\n");
    for (ignore, trees, inputs) in [
        // All but the root and the folder 3 with what is below it.
        ("*\n!3\n", 26, 36),
        // `!3/4` may bring something back below 3 alone.
        ("*\n!3/4\n", 4, 3),
        ("**/deep\n", 157, 290),
    ] {
        define(&sandbox, dockerfile, ignore);
        let read = read(&sandbox);
        assert_eq!(read, ([trees, 2, dockerfile.len() + ignore.len()], inputs), "{ignore:?}");
    }
}

/// The whole program, in a repository that has nothing but what it has to read.
#[test]
fn a_plan_needs_no_other_object() {
    let sandbox = deep();
    define(&sandbox, "FROM scratch\nCOPY 3/4/one 5/6/deep/three /srv/\n", "*.log\n");
    let expected = sandbox.hash_at("HEAD");
    let needed: BTreeSet<String> = ["HEAD", "HEAD^{tree}", "HEAD:Dockerfile", "HEAD:.dockerignore"]
        .into_iter()
        .map(str::to_owned)
        .chain(["3", "3/4", "5", "5/6", "5/6/deep"].map(|folder| format!("HEAD:{folder}")))
        .map(|name| sandbox.git(&["rev-parse", &name]))
        .collect();
    let mut removed = 0;
    for folder in fs::read_dir(sandbox.root().join(".git/objects")).unwrap() {
        let folder = folder.unwrap().path();
        let start = folder.file_name().unwrap().to_string_lossy().into_owned();
        for object in fs::read_dir(&folder).unwrap().filter(|_| start.len() == 2) {
            let object = object.unwrap().path();
            if !needed.contains(&format!("{start}{}", object.file_name().unwrap().to_string_lossy())) {
                fs::remove_file(object).unwrap();
                removed += 1;
            }
        }
    }
    assert!(removed > 700, "only {removed} objects were removed");
    assert_eq!(sandbox.hash_at("HEAD"), expected);
}
