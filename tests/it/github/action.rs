//! The action's steps: what is planned and retagged, with which words, and which program is run at all.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::github::runner::{Job, copy_of_action};
use crate::support::Sandbox;

/// The first push of a project: all is to be built, and the outputs say so.
#[test]
fn a_first_push_has_builds() {
    let sandbox = Sandbox::small();
    let ended = Job::new(&sandbox).run().expect(0);
    assert_eq!((&*ended.outputs["has-builds"], &*ended.outputs["count"]), ("true", "1"));
    let entry = &ended.json("matrix")["include"][0];
    assert_eq!((entry["context"].as_str(), entry["dockerfile"].as_str()), (Some("."), Some("Dockerfile")));
    let plan = sandbox
        .plan(&[])
        .env("GITHUB_SERVER_URL", "https://github.com")
        .env("GITHUB_REPOSITORY", "acme/shop");
    assert_eq!(ended.json("plan"), plan.plan().0);
    assert!(ended.summary.contains("1 to build"), "{}", ended.summary);
    assert!(ended.stdout.contains("1 to build"), "{}", ended.stdout);
    assert_eq!(ended.path, "", "a given binary is on nobody's path");
}

/// A commit that changes nothing is retagged, and the matrix has the one entry that no guarded job runs.
#[test]
fn what_is_there_is_retagged() {
    let sandbox = Sandbox::small();
    let digest = sandbox.build_all().remove(0);
    let ended = Job::new(&sandbox).run().expect(0);
    assert_eq!((&*ended.outputs["has-builds"], &*ended.outputs["count"]), ("false", "0"));
    assert_eq!(ended.json("matrix"), serde_json::json!({ "include": [{ "name": "" }] }));
    assert_eq!(sandbox.tags()[&sandbox.sha7()], digest);
    let images: BTreeMap<String, String> = serde_json::from_value(ended.json("images")).unwrap();
    assert_eq!(images.into_values().collect::<Vec<_>>(), [format!("{}@{digest}", sandbox.repository())]);
}

/// A fork's pull request is planned: no tag is written, no builder runs, and a notice says why.
#[test]
fn a_forks_pull_request_is_planned() {
    for event in ["pull_request", "pull_request_target", "pull_request_review", "another"] {
        for head in ["stranger/shop", ""] {
            if event == "another" && head.is_empty() {
                continue;
            }
            let sandbox = Sandbox::small();
            sandbox.build_all();
            let before = sandbox.layout_files();
            let job = Job::new(&sandbox)
                .context("github.event_name", event)
                .context("github.event.pull_request.head.repo.full_name", head)
                .input("build", "buildx")
                .input(
                    "args",
                    "--build-command\ntouch ran\n--build=podman\n--build-command=touch ran\n--verbose",
                );
            let ended = job.run().expect(0);
            assert!(ended.command("notice").data.contains("the retag is left out"), "{ended:#?}");
            assert_eq!(ended.json("plan")["images"][0]["action"], "retag");
            assert_eq!(sandbox.layout_files(), before, "nothing is written");
            assert!(ended.stdout.contains("content hash"), "the other arguments stay: {}", ended.stdout);
        }
    }
    let sandbox = Sandbox::small();
    sandbox.build_all();
    let own = Job::new(&sandbox)
        .context("github.event_name", "pull_request")
        .context("github.event.pull_request.head.repo.full_name", "acme/shop");
    own.run().expect(0);
    assert!(sandbox.tags().contains_key(&sandbox.sha7()), "one's own pull request is applied");
}

/// Inputs are words: no shell reads them, and a value is never an option.
#[test]
fn inputs_are_words() {
    let sandbox = Sandbox::small();
    let mark = sandbox.beside("ran");
    let shell = format!("$(touch {0})`touch {0}`; touch {0} #'\"", mark.display());
    for input in
        ["commit", "repository", "config", "image", "scope", "build", "args", "working-directory", "binary"]
    {
        let ended = Job::new(&sandbox).input(input, &shell).run();
        assert_ne!(ended.code, 0, "{input}: {ended:#?}");
        assert!(!mark.exists(), "{input} is run by a shell");
    }
    for (input, value) in [
        ("commit", "--help"),
        ("image", "--help"),
        ("scope", "--help"),
        ("command", "log"),
        ("bake", "1"),
        ("adopt", "yes"),
    ] {
        let ended = Job::new(&sandbox).input(input, value).run();
        assert!([1, 2].contains(&ended.code), "{input}: {ended:#?}");
    }
}

/// Each input reaches its option.
#[test]
fn inputs_reach_their_options() {
    let sandbox = Sandbox::new();
    for name in ["one", "two", "three"] {
        sandbox.write(&format!("{name}/Dockerfile"), "FROM scratch\nCOPY . /\n");
    }
    sandbox.write("other.toml", "[images.one]\ncontext = \"one\"\n[images.two]\ncontext = \"two\"\n[images.three]\ncontext = \"three\"\n");
    let first = sandbox.commit("Three images");
    sandbox.commit("Nothing");
    let job = Job::new(&sandbox)
        .input("command", "plan")
        .input("commit", "HEAD~1")
        .input("config", "../other.toml")
        .input("image", "\n  one\r\n\ttwo \n")
        .input("scope", "pr-7")
        .input("adopt", "true")
        .input("repository", "oci:../elsewhere")
        .input("working-directory", "one")
        .input("args", "--platform\nlinux/arm64\n\n");
    let ended = job.run().expect(0);
    let plan = ended.json("plan");
    assert_eq!(plan["commit"], first);
    assert_eq!(ended.outputs["count"], "2");
    let build = &plan["images"][0]["build"];
    assert_eq!(build["platforms"], serde_json::json!(["linux/arm64"]));
    let tag = build["tags"][1].as_str().unwrap();
    assert!(tag.ends_with(&format!(":pr-7-{}", &first[..7])), "{tag}");
    assert!(tag.contains("elsewhere"), "{tag}");
}

/// A release: an archive whose program says that it ran, and is imgplan otherwise.
pub struct Release {
    pub address: String,
    sum: String,
}

const ARCHIVE: &str = "imgplan-v0.1.0-x86_64-unknown-linux-musl.tar.gz";

impl Release {
    pub fn new(sandbox: &Sandbox) -> Release {
        let folder = sandbox.beside("release");
        fs::create_dir_all(&folder).unwrap();
        let ran = sandbox.beside("ran");
        let script =
            format!("#!/bin/sh\ntouch {}\nexec {} \"$@\"\n", ran.display(), env!("CARGO_BIN_EXE_imgplan"));
        fs::write(folder.join("imgplan"), script).unwrap();
        let mut tar = sandbox.command("tar");
        tar.args(["-czf", ARCHIVE, "imgplan"]).current_dir(&folder);
        assert!(tar.status().unwrap().success());
        let bytes = fs::read(folder.join(ARCHIVE)).unwrap();
        let sum = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Release { address: serve(format!("/v0.1.0/{ARCHIVE}"), bytes), sum }
    }

    /// A copy of the action that has this release pinned.
    pub fn pinned(&self, sandbox: &Sandbox) -> PathBuf {
        let action = copy_of_action(sandbox);
        let file = action.join("action/checksums.txt");
        fs::write(&file, format!("{}{} *{ARCHIVE}\n", fs::read_to_string(&file).unwrap(), self.sum)).unwrap();
        action
    }

    fn job<'a>(&self, sandbox: &'a Sandbox) -> Job<'a> {
        Job::new(sandbox).input("binary", "").env("IMGPLAN_RELEASES", &self.address)
    }
}

/// A server on the loopback address with one file; it ends with the tests' process.
fn serve(path: String, bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let first = lines.next().unwrap().unwrap();
            lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
            let found = first.starts_with(&format!("GET {path} "));
            let (status, body) = if found { ("200 OK", &bytes[..]) } else { ("404 Not Found", &b""[..]) };
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).unwrap();
        }
    });
    address
}

/// The pinned release is installed and run, and later steps have it.
#[test]
fn a_pinned_release_is_installed() {
    let sandbox = Sandbox::small();
    let release = Release::new(&sandbox);
    let ended = release.job(&sandbox).run_at(&release.pinned(&sandbox)).expect(0);
    assert_eq!(ended.outputs["has-builds"], "true");
    assert!(sandbox.beside("ran").exists());
    assert!(Path::new(ended.path.trim_end()).join("imgplan").exists(), "{}", ended.path);
}

/// The caller's checksum counts where none is pinned.
#[test]
fn a_checksum_can_be_given() {
    let sandbox = Sandbox::small();
    let release = Release::new(&sandbox);
    let upper = release.sum.to_uppercase();
    release.job(&sandbox).input("checksum", &upper).run().expect(0);
    assert!(sandbox.beside("ran").exists());
}

/// Another archive than the pinned one: an error, and nothing of it is run.
#[test]
fn a_wrong_checksum_runs_nothing() {
    let sandbox = Sandbox::small();
    let release = Release::new(&sandbox);
    let ended = release.job(&sandbox).input("checksum", &"0".repeat(64)).run().expect(2);
    assert!(ended.command("error").data.contains("another checksum"), "{ended:#?}");
    assert!(!sandbox.beside("ran").exists());
    assert!(!sandbox.beside("temp").join("imgplan-0.1.0-x86_64-unknown-linux-musl").join("imgplan").exists());
}

/// A release that nobody has pinned is not even asked for.
#[test]
fn a_release_without_a_checksum_is_refused() {
    let sandbox = Sandbox::small();
    let release = Release::new(&sandbox);
    let ended = release.job(&sandbox).input("version", "9.9.9").run().expect(2);
    let error = ended.command("error");
    assert!(error.data.contains("no checksum is pinned") && error.data.contains("binary:"), "{error:?}");
    for (input, value) in [("version", "1.0.0/../x"), ("version", ""), ("checksum", "abc")] {
        let ended = release.job(&sandbox).input(input, value).run().expect(2);
        assert!(ended.command("error").data.starts_with(input), "{ended:#?}");
    }
    let ended = release.job(&sandbox).context("runner.arch", "RISCV").run().expect(2);
    assert!(ended.command("error").data.contains("RISCV"), "{ended:#?}");
    assert!(!sandbox.beside("ran").exists());
}

/// A version that is not there, and a place without TLS.
#[test]
fn a_download_that_fails_is_said() {
    let sandbox = Sandbox::small();
    let release = Release::new(&sandbox);
    let sum = "0".repeat(64);
    let ended = release.job(&sandbox).input("version", "0.2.0").input("checksum", &sum).run().expect(2);
    assert!(ended.command("error").data.contains("cannot be downloaded"), "{ended:#?}");
    let ended = release
        .job(&sandbox)
        .env("IMGPLAN_RELEASES", "http://192.0.2.1/x")
        .input("checksum", &sum)
        .run()
        .expect(2);
    assert!(ended.command("error").data.contains("cannot be downloaded"), "{ended:#?}");
}
