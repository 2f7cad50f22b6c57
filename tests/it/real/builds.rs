//! What buildah is told: parents by digest, every platform its own, and the ignore file that the hash knows.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::world::{self, Real};
use crate::support::Sandbox;
use crate::support::image::tags;

/// `base`, and `app` that is built on it.
pub(super) fn family(platforms: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "base/Dockerfile",
        "FROM scratch\nARG NOTE\nARG TARGETARCH\nLABEL note=$NOTE arch=$TARGETARCH\nCOPY . /base/\n",
    );
    sandbox.write("base/a.txt", "a\n");
    sandbox.write("base/dropped.txt", "dropped\n");
    sandbox.write("base/.dockerignore", "dropped.txt\n");
    sandbox.write("base/.containerignore", "a.txt\n");
    sandbox.write("app/Dockerfile", "FROM base\nCOPY b.txt /app/\n");
    sandbox.write("app/b.txt", "b\n");
    sandbox.write(
        "imgplan.toml",
        &format!(
            "[images.app]\ncontext = \"app\"\ncontexts = {{ base = \"image:base\" }}\n{platforms}\n\
             [images.base]\ncontext = \"base\"\nbuild-args = {{ NOTE = \"two words\" }}\n{platforms}\n"
        ),
    );
    sandbox.commit("Two images");
    sandbox
}

const BOTH: &str = "platforms = [\"linux/amd64\", \"linux/arm64\"]";

fn layers(sandbox: &Sandbox, reference: &str) -> Vec<Value> {
    let manifest: Value = serde_json::from_str(&world::raw(sandbox, reference)).unwrap();
    manifest["layers"].as_array().unwrap().clone()
}

/// Parents first, the child by the digest that its parent got, whatever its tags say by then.
#[test]
fn a_child_is_built_on_its_parent_by_digest() {
    let real = Real::around(family(""));
    let path = world::shim(&real.sandbox, "echo \"$*\" >>\"$log\"");
    let plan = real.imgplan(&["apply", "--build=buildah"]).env("PATH", &path).plan();
    assert_eq!(plan.actions(), ["base: up-to-date", "app: up-to-date"]);
    let commit = real.sandbox.sha7();
    let tagged = |name: &str| format!("docker://{}/{name}:{commit}", real.repository());
    let base = world::digest(&real.sandbox, &tagged("base"));
    let told = fs::read_to_string(real.sandbox.beside("log")).unwrap();
    let pulled = told.lines().find(|line| line.starts_with("pull ")).expect("the parent is pulled");
    assert!(pulled.ends_with(&format!("docker://{}/base@{base}", real.repository())), "{pulled}");

    let (parent, child) = (layers(&real.sandbox, &tagged("base")), layers(&real.sandbox, &tagged("app")));
    assert_eq!((child.len(), &child[0]["digest"]), (2, &parent[0]["digest"]));

    // A change of the parent alone builds both.
    real.sandbox.append("base/a.txt", "more\n");
    real.sandbox.commit("Another base");
    let plan = real.imgplan(&["apply", "--build=buildah"]).plan();
    assert!(plan.images().iter().all(|image| image.reason().starts_with("built")), "{:#}", plan.0);
}

/// The same on layouts, where buildah knows no digests.
#[test]
fn a_child_is_built_on_its_parent_in_a_layout() {
    let sandbox = family("");
    let apply = || {
        world::imgplan(&sandbox, &["apply", "--build=buildah", "--repository", &sandbox.repository()]).plan()
    };
    assert_eq!(apply().actions(), ["base: up-to-date", "app: up-to-date"]);
    let tagged = |name: &str| format!("{}/{name}:{}", sandbox.repository(), sandbox.sha7());
    let (parent, child) = (layers(&sandbox, &tagged("base")), layers(&sandbox, &tagged("app")));
    assert_eq!((child.len(), &child[0]["digest"]), (2, &parent[0]["digest"]));
    assert_eq!(world::inspect(&sandbox, &tagged("app"))["Labels"]["note"], "two words");

    // The ignore file is the one that the content hash knows, not buildah's own.
    let layer = parent[0]["digest"].as_str().unwrap().replace(':', "/");
    let blob = sandbox.layout().join("base/blobs").join(layer);
    let names = world::output(Command::new("tar").arg("-tzf").arg(blob));
    assert!(names.contains("base/a.txt") && !names.contains("dropped.txt"), "{names}");
}

/// An index of images, each built on the parent of its own platform.
fn each_platform(sandbox: &Sandbox, apply: impl Fn() -> crate::support::Plan, place: &str) {
    let plan = apply();
    assert_eq!(plan.actions(), ["base: up-to-date", "app: up-to-date"]);
    for name in ["base", "app"] {
        let reference = format!("{place}/{name}:{}", sandbox.sha7());
        let index: Value = serde_json::from_str(&world::raw(sandbox, &reference)).unwrap();
        let entries = index["manifests"].as_array().expect("an index");
        let platforms: Vec<_> = entries.iter().map(|entry| &entry["platform"]["architecture"]).collect();
        assert_eq!(platforms, ["amd64", "arm64"]);
        for architecture in ["amd64", "arm64"] {
            let image = world::inspect_for(sandbox, architecture, &reference);
            assert_eq!(image["Architecture"], architecture);
            // Inherited from the parent: it is the parent of this platform.
            assert_eq!(image["Labels"]["arch"], architecture, "{name}");
            assert_eq!(image["Labels"]["dev.imgplan.content-hash"], plan.image(name).hash());
        }
    }
    sandbox.append("imgplan.toml", "# Said.\n");
    sandbox.commit("Say something");
    let again = apply();
    for name in ["base", "app"] {
        assert_eq!(again.image(name).digest(), plan.image(name).digest());
        assert!(again.image(name).reason().starts_with("retagged"), "{}", again.image(name).reason());
    }
}

#[test]
fn each_platform_has_its_own_parent_on_a_registry() {
    let real = Real::around(family(BOTH));
    let apply = || real.imgplan(&["apply", "--build=buildah"]).plan();
    each_platform(&real.sandbox, apply, &format!("docker://{}", real.repository()));
}

#[test]
fn each_platform_has_its_own_parent_in_a_layout() {
    let sandbox = family(BOTH);
    let repository = sandbox.repository();
    let apply =
        || world::imgplan(&sandbox, &["apply", "--build=buildah", "--repository", &repository]).plan();
    each_platform(&sandbox, apply, &repository);
    let base = tags(&sandbox.layout().join("base"));
    assert_eq!(base.len(), 3, "two commits and the content: {base:?}");
}
