//! The whole way on programs that people use: Debian's docker-registry, buildah that builds what the plan says, and
//! skopeo as the judge. Behind the feature `real-tools`, since it needs them; where one is missing, it fails.
//!
//! `cargo test --features real-tools --test it real`

mod bake;
mod builds;
mod client;
mod expire;
mod github;
mod gitlab;
mod layout_tools;
mod login;
mod promote;
mod renku;
mod trouble;
mod world;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::plan::texts;
use crate::support::{Image, Sandbox};
use world::{Real, inspect, output, raw};

/// A program that `scripts/install-test-tools` puts below the target folder.
fn tool(path: &str) -> PathBuf {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let tool = target.parent().unwrap().join(path);
    assert!(tool.exists(), "{} is not there: scripts/install-test-tools", tool.display());
    tool
}

/// A builder that only reads the plan, a README edit, a retag: the same image, to the byte.
#[test]
fn a_readme_edit_is_a_retag() {
    let real = Real::new();
    let plan = real.imgplan(&["plan"]).plan();
    let image = plan.only();
    image.expect("build");
    let tags = texts(&image.build()["tags"]);
    real.build(image, &[], &["--tag", tags[0]]);
    for tag in &tags {
        real.buildah(&["push", "--tls-verify=false", tags[0], &format!("docker://{tag}")]);
    }
    let first = real.sandbox.sha7();
    let digest = real.digest(&first);
    real.imgplan(&["plan"]).plan().only().expect("up-to-date");

    real.sandbox.append("README.md", "More.\n");
    real.sandbox.commit("Tell more");
    let plan = real.imgplan(&["plan"]).plan();
    plan.only().expect("retag");
    assert_eq!(plan.only().digest(), Some(digest.as_str()));
    real.imgplan(&["apply"]).run().expect(0);
    let second = real.sandbox.sha7();
    assert_eq!(real.digest(&second), digest);
    let manifest = |tag: &str| raw(&real.sandbox, &format!("docker://{}:{tag}", real.repository()));
    assert_eq!(manifest(&second), manifest(&first));

    let repository = real.repository();
    let run = real.sandbox.imgplan(&["resolve", "--repository", &repository]).run().expect(0);
    assert_eq!(run.line(), format!("{repository}@{digest}"));
    real.skopeo(run.line());

    real.sandbox.write("app.txt", "two\n");
    real.sandbox.commit("Another app");
    real.imgplan(&["plan"]).plan().only().expect("build");
}

/// An image for two platforms keeps both, and the digest of its index.
#[test]
fn an_index_is_retagged_with_its_platforms() {
    let real = Real::new();
    real.sandbox.write("imgplan.toml", "[image]\nplatforms = [\"linux/amd64\", \"linux/arm64\"]\n");
    real.sandbox.commit("Two platforms");
    let plan = real.imgplan(&["plan"]).plan();
    let image = plan.only();
    let tags = texts(&image.build()["tags"]);
    real.buildah(&["manifest", "create", "both"]);
    for platform in texts(&image.build()["platforms"]) {
        real.build(image, &["--platform", platform], &["--manifest", "both"]);
    }
    let first = real.sandbox.sha7();
    for tag in &tags {
        real.buildah(&[
            "manifest",
            "push",
            "--all",
            "--tls-verify=false",
            "both",
            &format!("docker://{tag}"),
        ]);
    }
    let (repository, content) = (real.repository(), image.content_tag().to_owned());
    let manifest = |tag: &str| raw(&real.sandbox, &format!("docker://{repository}:{tag}"));
    real.sandbox.append("README.md", "More.\n");
    real.sandbox.commit("Tell more");
    let plan = real.imgplan(&["apply"]).plan();
    let second = real.sandbox.sha7();
    for tag in [&first, &content] {
        assert_eq!(manifest(&second), manifest(tag));
    }
    assert_eq!(plan.only().digest(), Some(real.digest(&first).as_str()));
    let index: Value = serde_json::from_str(&manifest(&second)).unwrap();
    let mut found: Vec<_> = index["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["platform"]["architecture"].clone())
        .collect();
    found.sort_by_key(|architecture| architecture.to_string());
    assert_eq!(found, ["amd64", "arm64"]);
}

/// What `resolve --tag` prints of a folder is what skopeo reads.
#[test]
fn skopeo_reads_what_resolve_prints() {
    let sandbox = Sandbox::small();
    let digest = sandbox.image(&sandbox.sha7(), &Image::new("one"));
    let repository = sandbox.repository();
    let run = sandbox.imgplan(&["resolve", "--tag", "--repository", &repository]).run().expect(0);
    assert_eq!(inspect(&sandbox, run.line())["Digest"], digest);
}

/// The user's own command, here two lines of shell around buildah that know nothing of imgplan but its variables.
#[test]
fn apply_builds_with_a_command_on_a_registry() {
    let real = Real::new();
    let script = real.sandbox.beside("build.sh");
    fs::write(
        &script,
        "set -eu\nbuildah bud --layers=false -t built -f \"$IMGPLAN_DOCKERFILE\" \"$IMGPLAN_CONTEXT\"\n\
         for tag in $IMGPLAN_TAGS; do buildah push --tls-verify=false built \"docker://$tag\"; done\n",
    )
    .unwrap();
    let command = format!("sh {}", script.display());
    let plan = real.imgplan(&["apply", "--build-command", &command]).plan();
    let digest = real.digest(&real.sandbox.sha7());
    assert_eq!(real.digest(plan.only().content_tag()), digest, "imgplan sets the content tag itself");

    real.sandbox.append("README.md", "More.\n");
    real.sandbox.commit("Tell more");
    real.imgplan(&["apply", "--build-command", "exit 1"]).plan();
    assert_eq!(real.digest(&real.sandbox.sha7()), digest);
}

/// The images that the other tests write by hand are images: skopeo reads and copies them, index included.
#[test]
fn hand_written_images_are_images() {
    let sandbox = Sandbox::small();
    let single = sandbox.image("single", &Image::new("one").label("a", "b"));
    let index = sandbox.image("index", &Image::new("two").platforms(&["linux/amd64", "linux/arm64"]));
    let copies = sandbox.beside("copies");
    for (tag, digest) in [("single", single), ("index", index)] {
        let (from, to) =
            (format!("{}:{tag}", sandbox.repository()), format!("oci:{}:{tag}", copies.display()));
        let mut command = sandbox.command("skopeo");
        output(command.args(["copy", "--all", "--preserve-digests", "--insecure-policy", &from, &to]));
        assert_eq!(crate::support::image::tags(&copies).get(tag), Some(&digest));
    }
    assert_eq!(inspect(&sandbox, &format!("{}:single", sandbox.repository()))["Labels"]["a"], "b");
}

/// The builder of the demonstration writes images, too.
#[test]
fn the_tiny_builder_builds_images() {
    let sandbox = Sandbox::small();
    let mut command = sandbox.command(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/tiny-builder"));
    command.env("IMGPLAN_CONTEXT", sandbox.root());
    let tags = format!("{0}:one\n{0}:two", sandbox.repository());
    output(command.env("IMGPLAN_TAGS", tags));
    let digests: Vec<_> = sandbox.tags().into_values().collect();
    assert!(digests.len() == 2 && digests[0] == digests[1], "{digests:?}");
    let copy = format!("oci:{}:two", sandbox.beside("copy").display());
    let mut command = sandbox.command("skopeo");
    let from = format!("{}:two", sandbox.repository());
    output(command.args(["copy", "--insecure-policy", &from, &copy]));
}
