//! Builds with the builders of this machine, pushed to a registry on loopback and to an `oci:` folder.
//!
//! They need Debian's buildah and docker-registry and the right to chroot, so they run on request:
//! `cargo test --test it -- --ignored build::`.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use imgplan::build::{self, Build, Builder, Checkout, Options, Outcome, Source};
use imgplan::error::Result;
use imgplan::reference::{Digest, Platform, Repository, Tag};
use serde_json::Value;

/// A docker-registry on a port of its own choice, stopped when dropped.
struct Server {
    child: Child,
    host: String,
}

impl Server {
    fn start(dir: &Path) -> Server {
        let config = dir.join("registry.yml");
        let data = dir.join("registry");
        fs::write(
            &config,
            format!(
                "version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '127.0.0.1:0'}}\n",
                data.display()
            ),
        )
        .unwrap();
        let mut child = Command::new("docker-registry")
            .args(["serve".as_ref(), config.as_os_str()])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // It says where it listens: `msg="listening on 127.0.0.1:40001"`.
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let host = lines
            .find_map(|line| {
                Some(line.unwrap().split_once("listening on ")?.1.split(['"', ',']).next()?.to_owned())
            })
            .unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Server { child, host }
    }

    fn raw(&self, path: &str) -> (Digest, Value) {
        let output = Command::new("skopeo")
            .args(["inspect", "--raw", "--tls-verify=false"])
            .arg(format!("docker://{}/{path}", self.host))
            .output()
            .unwrap();
        assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
        (Digest::of(&output.stdout), serde_json::from_slice(&output.stdout).unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Bench {
    temp: tempfile::TempDir,
    commit: String,
    options: Options,
}

impl Bench {
    fn new() -> Bench {
        let temp = tempfile::tempdir().unwrap();
        let repo = temp.path().join("repo");
        for (path, text) in [
            ("base/Dockerfile", "FROM scratch\nARG NOTE\nLABEL note=$NOTE\nCOPY . /base/\n"),
            ("base/a.txt", "a"),
            ("base/dropped.txt", "dropped"),
            ("base/.dockerignore", "dropped.txt\n"),
            ("base/.containerignore", "a.txt\n"),
            ("app/Dockerfile", "FROM base\nCOPY b.txt /app/\n"),
            ("app/b.txt", "b"),
        ] {
            fs::create_dir_all(repo.join(path).parent().unwrap()).unwrap();
            fs::write(repo.join(path), text).unwrap();
        }
        let git = |arguments: &[&str]| {
            let output = Command::new("git")
                .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
                .args(arguments)
                .current_dir(&repo)
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        git(&["init", "--quiet"]);
        git(&["add", "."]);
        git(&["commit", "--quiet", "--message=x"]);
        let commit = git(&["rev-parse", "HEAD"]);
        let storage = temp.path().join("storage.conf");
        let root = temp.path().display().to_string();
        fs::write(
            &storage,
            format!("[storage]\ndriver = \"vfs\"\ngraphroot = \"{root}/root\"\nrunroot = \"{root}/run\"\n"),
        )
        .unwrap();
        let environment = [
            ("STORAGE_DRIVER", "vfs"),
            ("BUILDAH_ISOLATION", "chroot"),
            ("CONTAINERS_STORAGE_CONF", storage.to_str().unwrap()),
            ("HOME", &root),
            ("XDG_RUNTIME_DIR", &root),
        ];
        let environment = environment.map(|(name, value)| (name.into(), value.into())).to_vec();
        Bench { temp, commit, options: Options { environment, ..Options::default() } }
    }

    fn build(&self, name: &str, repository: &str) -> Build {
        let map = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        Build {
            name: name.into(),
            commit: self.commit.clone(),
            context: name.into(),
            dockerfile: format!("{name}/Dockerfile"),
            target: None,
            args: map("NOTE", "two words"),
            contexts: BTreeMap::new(),
            platforms: Vec::new(),
            repository: Repository::parse(repository, self.temp.path()).unwrap(),
            tags: vec![Tag::new("abc1234").unwrap(), Tag::new("main").unwrap()],
            labels: map("dev.imgplan.content-hash", "ff"),
            annotations: map("dev.imgplan.content-hash", "ff"),
            generated: Vec::new(),
            cache_from: Vec::new(),
            created: 1_600_000_000,
        }
    }

    async fn run(&self, builder: &Builder, build: &Build) -> Result<Outcome> {
        let repo = self.temp.path().join("repo");
        let source = Source {
            common_dir: &repo.join(".git"),
            work_dir: Some(&repo),
            commit: &self.commit,
            time: build.created,
        };
        let checkout = Checkout::create(source, &build.generated).await?;
        build::run(builder, build, &checkout, &self.options).await
    }
}

#[tokio::test]
#[ignore = "needs buildah, skopeo and docker-registry"]
async fn a_child_is_built_on_its_parent_by_digest() {
    let bench = Bench::new();
    let server = Server::start(bench.temp.path());
    let base = bench.build("base", &format!("{}/shop/base", server.host));
    assert!(matches!(bench.run(&Builder::Buildah, &base).await.unwrap(), Outcome::Pushed));
    let (digest, parent) = server.raw("shop/base:abc1234");
    assert_eq!(server.raw("shop/base:main").0, digest);
    assert_eq!(parent["annotations"]["dev.imgplan.content-hash"], "ff");

    let mut app = bench.build("app", &format!("{}/shop/app", server.host));
    app.contexts.insert("base".into(), format!("docker-image://{}", base.repository.at(&digest)));
    bench.run(&Builder::Buildah, &app).await.unwrap();
    let (_, child) = server.raw("shop/app:abc1234");
    assert_eq!(child["layers"][0]["digest"], parent["layers"][0]["digest"]);
    assert_eq!(child["layers"].as_array().unwrap().len(), 2);
}

#[tokio::test]
#[ignore = "needs buildah, skopeo and docker-registry"]
async fn each_platform_gets_its_own_image_and_its_own_parent() {
    let bench = Bench::new();
    let server = Server::start(bench.temp.path());
    let platforms = ["linux/amd64", "linux/arm64"].map(|name| Platform::parse(name).unwrap()).to_vec();
    let mut base = bench.build("base", &format!("{}/shop/base", server.host));
    base.platforms = platforms.clone();
    bench.run(&Builder::Buildah, &base).await.unwrap();
    let (digest, _) = server.raw("shop/base:abc1234");
    let mut app = bench.build("app", &format!("{}/shop/app", server.host));
    app.platforms = platforms;
    app.contexts.insert("base".into(), format!("docker-image://{}", base.repository.at(&digest)));
    bench.run(&Builder::Buildah, &app).await.unwrap();
    for path in ["shop/base", "shop/app"] {
        let (_, index) = server.raw(&format!("{path}:main"));
        let entries = index["manifests"].as_array().unwrap();
        let mut found = Vec::new();
        for entry in entries {
            let (_, manifest) = server.raw(&format!("{path}@{}", entry["digest"].as_str().unwrap()));
            assert_eq!(manifest["annotations"]["dev.imgplan.content-hash"], "ff");
            found.push(entry["platform"]["architecture"].as_str().unwrap());
        }
        assert_eq!(found, ["amd64", "arm64"]);
    }
}

#[tokio::test]
#[ignore = "needs buildah"]
async fn a_layout_is_filled_through_an_export_and_is_a_parent_too() {
    let bench = Bench::new();
    let mut base = bench.build("base", "oci:images/base");
    base.platforms = ["linux/amd64", "linux/arm64"].map(|name| Platform::parse(name).unwrap()).to_vec();
    let Outcome::Exported(parent) = bench.run(&Builder::Buildah, &base).await.unwrap() else {
        panic!("not exported")
    };
    let Repository::Layout { dir, .. } = parent.repository() else { panic!("no layout") };
    assert!(!bench.temp.path().join("images").exists());

    let mut app = bench.build("app", "oci:images/app");
    app.contexts.insert("base".into(), format!("oci-layout://{}@{}", dir.display(), parent.digest()));
    app.platforms = vec![Platform::parse("linux/arm64").unwrap()];
    let Outcome::Exported(child) = bench.run(&Builder::Buildah, &app).await.unwrap() else {
        panic!("not exported")
    };
    let Repository::Layout { dir, .. } = child.repository() else { panic!("no layout") };
    let blob = |digest: &str| -> Value {
        let path = dir.join("blobs").join(digest.replace(':', "/"));
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    };
    let manifest = blob(child.digest().as_str());
    let config = blob(manifest["config"]["digest"].as_str().unwrap());
    assert_eq!(config["architecture"], "arm64");
    assert_eq!(config["config"]["Labels"]["note"], "two words");
    // The ignore file is the one that the content hash knows, not buildah's own.
    let names = Command::new("tar")
        .arg("-tzf")
        .arg(dir.join("blobs").join(manifest["layers"][0]["digest"].as_str().unwrap().replace(':', "/")))
        .output()
        .unwrap();
    let names = String::from_utf8(names.stdout).unwrap();
    assert!(names.contains("base/a.txt") && !names.contains("dropped.txt"), "{names}");
}

#[tokio::test]
#[ignore = "needs buildah, skopeo and docker-registry"]
async fn the_users_own_command_builds_and_pushes() {
    let bench = Bench::new();
    let server = Server::start(bench.temp.path());
    let command = r#"set -e
        for tag in $IMGPLAN_TAGS; do set -- "$@" --tag "$tag"; done
        buildah build --label "$IMGPLAN_LABELS" "$@" -f "$IMGPLAN_DOCKERFILE" "$IMGPLAN_CONTEXT"
        for tag in $IMGPLAN_TAGS; do buildah push --tls-verify=false "$tag"; done"#;
    let build = bench.build("base", &format!("{}/shop/base", server.host));
    bench.run(&Builder::Command(command.into()), &build).await.unwrap();
    assert_eq!(server.raw("shop/base:abc1234").0, server.raw("shop/base:main").0);
}

#[tokio::test]
#[ignore = "needs buildah"]
async fn a_dockerfile_that_fails_fails_the_build() {
    let bench = Bench::new();
    let mut build = bench.build("app", "oci:images/app");
    build.contexts.insert("base".into(), "./nowhere".into());
    assert!(bench.run(&Builder::Buildah, &build).await.is_err());
    build.contexts.insert("base".into(), "docker-image://scratch".into());
    build.dockerfile = "app/b.txt".into();
    let error = bench.run(&Builder::Buildah, &build).await.unwrap_err();
    assert_eq!(error.message(), "buildah did not build the image app");
    assert!(error.hints().iter().any(|hint| hint.contains("--file=")), "{error:?}");
}
