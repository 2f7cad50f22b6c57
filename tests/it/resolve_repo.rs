//! `imgplan resolve --repo URL`: without a clone, with one commit's trees and the few files that are read.

use std::path::Path;

use crate::support::{Run, Sandbox};

/// A project that lets others fetch as the forges do, and a folder that is no repository.
struct Elsewhere {
    project: Sandbox,
    here: Sandbox,
    digest: String,
}

impl Elsewhere {
    fn new() -> Elsewhere {
        let project = Sandbox::small();
        // A name that tells nothing: such a file is fetched when it is read.
        project.write("imgplan.toml", "[image]\ncontext = \".\"\ndockerfile = \"build/image\"\n");
        project.remove("Dockerfile");
        project.write("build/image", "FROM scratch\nCOPY app.txt link /\n");
        project.symlink("link", "app.txt");
        project.write("large.bin", &noise());
        project.commit("A large file that no image reads");
        project.git(&["config", "uploadpack.allowFilter", "true"]);
        project.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
        let digest = project.build_all().remove(0);
        Elsewhere { project, here: Sandbox::without_git(), digest }
    }

    fn url(&self) -> String {
        format!("file://{}", self.project.root().display())
    }

    fn resolve(&self, args: &[&str]) -> Run {
        let (url, repository) = (self.url(), self.project.repository());
        let all = [&["resolve", "--repo", &url, "--repository", &repository], args].concat();
        self.here.imgplan(&all).run()
    }
}

/// HEAD, a branch and a full id resolve; nothing is cloned, and the large file never comes.
#[test]
fn a_commit_of_another_repository_is_resolved() {
    let there = Elsewhere::new();
    let expected = format!("{}@{}", there.project.repository(), there.digest);
    for commit in ["HEAD", "main", &there.project.head()] {
        assert_eq!(there.resolve(&[commit]).expect(0).line(), expected, "{commit}");
    }
    let cache = there.here.beside("home").join(".cache/imgplan/git");
    let size: u64 = sizes(&cache);
    assert!(size > 0 && size < 100_000, "{size} bytes in {}", cache.display());
    assert!(!there.here.root().join(".git").exists());
}

/// A new commit is seen, and a full id that is known needs the other repository no more.
#[test]
fn what_is_known_is_not_fetched_again() {
    let there = Elsewhere::new();
    let first = there.project.head();
    there.resolve(&[]).expect(0);
    there.project.write("app.txt", "two\n");
    there.project.commit("Two");
    there.resolve(&[]).expect(4).says(&["hint:"]);
    std::fs::rename(there.project.root(), there.project.beside("moved")).unwrap();
    let run = there.resolve(&[&first]).expect(0);
    assert!(run.line().ends_with(&there.digest), "{}", run.stdout);
    there.resolve(&["HEAD"]).expect(3).says(&["hint:"]);
}

/// Addresses that git could take for options or programs are refused before git sees them; nothing in the other
/// repository is run, nor are passwords kept or shown.
#[test]
fn addresses_that_run_something_are_refused() {
    let here = Sandbox::without_git();
    let witness = here.beside("witness");
    for url in [
        format!("ext::sh -c touch% {}", witness.display()),
        format!("ext::touch% {}", witness.display()),
        format!("--upload-pack=touch {}", witness.display()),
        "ssh://-oProxyCommand=x/y".to_owned(),
    ] {
        let url = format!("--repo={url}");
        here.imgplan(&["resolve", &url, "--repository", "oci:images"]).run().expect(1).says(&["hint:"]);
    }
    let url = "--repo=http://me:hunter2-hunter2@127.0.0.1:1/a/b";
    let run = here.imgplan(&["resolve", url, "--repository", "oci:images"]).run().expect(3);
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    assert!(!witness.exists());
    let mut files = Vec::new();
    walk(&here.beside("home"), &mut |path| files.push(std::fs::read(path).unwrap()));
    assert!(!files.iter().any(|bytes| String::from_utf8_lossy(bytes).contains("hunter2")));
    for name in ["main~1", "a:b", "--all"] {
        let there = Elsewhere::new();
        let code = if name == "--all" { 2 } else { 1 };
        there.resolve(&[name]).expect(code);
    }
}

/// The variables of a CI job are about that job's project, not about the one that is asked for.
#[test]
fn the_jobs_own_repository_is_not_the_others() {
    let there = Elsewhere::new();
    let url = there.url();
    let call = there.here.imgplan(&["resolve", "--repo", &url]);
    let call = call.env("CI_REGISTRY_IMAGE", "registry.example.org/this/one");
    call.run().expect(1).says(&["--repository"]);
}

/// Text that hardly gets smaller when it is packed.
fn noise() -> String {
    let mut state: u64 = 1;
    let mut digit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from_digit((state >> 60) as u32, 16).unwrap()
    };
    (0..400_000).map(|_| digit()).collect()
}

fn walk(dir: &Path, visit: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() { walk(&entry.path(), visit) } else { visit(&entry.path()) }
    }
}

fn sizes(dir: &Path) -> u64 {
    let mut all = 0;
    walk(dir, &mut |path| all += path.metadata().unwrap().len());
    all
}

/// What defines images besides `imgplan.toml` has names that tell nothing: it is fetched when it is read.
#[test]
fn definitions_in_other_files_are_fetched() {
    let project = Sandbox::new();
    project.write(
        "imgplan.toml",
        "discover = [{ dockerfile = \"*/*/Containerfile\", name = \"{1}-{2}\", build-args-files = [\"{1}/{2}/app.conf\"] }]\n\
         definitions = [\"stack.yaml\", \"targets.json\"]\n",
    );
    project.write("cuda/12/Containerfile", "FROM scratch\nARG V\nCOPY f$V /x\n");
    project.write("cuda/12/app.conf", "V=1\n");
    project.write("cuda/12/f1", "one");
    project.write("web/Dockerfile", "FROM scratch\nCOPY Dockerfile /web\n");
    project.write("api/Dockerfile", "FROM scratch\nCOPY Dockerfile /api\n");
    project.write("stack.yaml", "services:\n  web:\n    build: ./web\n");
    project.write("targets.json", "{\"target\": {\"api\": {\"context\": \"api\"}}}");
    project.commit("Images that are defined in three files");
    project.git(&["config", "uploadpack.allowFilter", "true"]);
    project.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    project.build_all();
    let here = Sandbox::without_git();
    let (url, repository) = (format!("file://{}", project.root().display()), project.repository());
    let run = here.imgplan(&["resolve", "--repo", &url, "--repository", &repository]).run().expect(0);
    let there = project.imgplan(&["resolve", "--repository", &repository]).run().expect(0);
    assert_eq!((run.stdout.lines().count(), &run.stdout), (3, &there.stdout));
}
