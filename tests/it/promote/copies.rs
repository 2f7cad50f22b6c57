//! One image across repositories and registries: TVM's way from staging to production.

use super::World;
use crate::support::image::tags;
use crate::support::registry::{Image, TestRegistry};

const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];
const TAG: &str = "20260705-142349-cfb98e93";

fn image() -> Image {
    Image::new().layer("files").platforms(&PLATFORMS)
}

/// A world with the image in staging.
fn staging() -> (World, String) {
    let world = World::new();
    let digest = world.registry.push_image("tlcpackstaging/ci_arm", TAG, &image()).to_string();
    (world, digest)
}

#[test]
fn an_image_gets_a_new_name_within_a_registry_by_mounts() {
    let (world, digest) = staging();
    let from = world.registry.repository(&format!("tlcpackstaging/ci_arm:{TAG}"));
    let to = world.registry.repository("tlcpack/ci-arm");
    let also = format!("{to}:stable");
    let args = ["--from", &from, "--to", &to, "--to", &also];
    let run = world.promote(&args).run().expect(0);
    run.shows(&[&format!("{to}:{TAG}"), &digest, "2 entries: 2 retagged"]);
    let tags = world.registry.tags("tlcpack/ci-arm");
    assert_eq!((&tags[TAG], &tags["stable"], tags.len()), (&digest, &digest, 2));
    let contents = world.registry.contents("tlcpack/ci-arm");
    assert_eq!(contents, world.registry.contents("tlcpackstaging/ci_arm"), "both platforms, all blobs");
    let pulled = world.registry.requests().into_iter().filter(|request| request.starts_with("GET"));
    assert!(
        pulled.clone().all(|request| !request.contains("/blobs/") || configuration(&request, &world)),
        "{pulled:?}"
    );
    assert!(world.registry.requests().iter().all(|request| !request.starts_with("PATCH")));

    world.registry.clear_requests();
    world.promote(&args).run().expect(0).shows(&["2 entries: 2 already there"]);
    assert_eq!((world.count("HEAD"), world.registry.requests().len()), (3, 3));
}

/// Whether a request reads a configuration, which says when the image expires; no layer may be read.
fn configuration(request: &str, world: &World) -> bool {
    let digest = request.split(' ').nth(1).unwrap().rsplit('/').next().unwrap().to_owned();
    let layer = imgplan::reference::Digest::of(b"files").to_string();
    digest != layer && world.registry.contents("tlcpackstaging/ci_arm").1.contains(&digest)
}

/// cosign keeps a signature under a tag made of the digest; it is there before the image's own tag is.
#[test]
fn signatures_come_along_before_the_tag() {
    let (world, digest) = staging();
    let signature = format!("{}.sig", digest.replace(':', "-"));
    world.registry.push_image("tlcpackstaging/ci_arm", &signature, &Image::new().layer("signed"));
    let (from, to) = (
        world.registry.repository(&format!("tlcpackstaging/ci_arm:{TAG}")),
        world.registry.repository("tlcpack/ci-arm"),
    );
    let run = world.promote(&["--from", &from, "--to", &to]).run().expect(0);
    run.shows(&[&format!(", with {signature}")]);
    let puts = |name: &str| {
        let path = format!("PUT /v2/tlcpack/ci-arm/manifests/{name} ");
        world.registry.requests().iter().position(|request| request.starts_with(&path))
    };
    assert!(puts(&signature).unwrap() < puts(TAG).unwrap());
    let (here, there) = (world.registry.tags("tlcpack/ci-arm"), world.registry.tags("tlcpackstaging/ci_arm"));
    assert_eq!(here, there);
}

#[test]
fn across_registries_everything_is_streamed() {
    let (world, digest) = staging();
    let production = TestRegistry::start();
    let from = world.registry.repository(&format!("tlcpackstaging/ci_arm@{digest}"));
    let to = production.repository("tlcpack/ci-arm:v1");
    world.promote(&["--from", &from, "--to", &to]).run().expect(0);
    assert_eq!(production.tags("tlcpack/ci-arm")["v1"], digest);
    assert_eq!(production.contents("tlcpack/ci-arm"), world.registry.contents("tlcpackstaging/ci_arm"));
}

#[test]
fn folders_are_repositories_too() {
    let (world, digest) = staging();
    let from = world.registry.repository(&format!("tlcpackstaging/ci_arm:{TAG}"));
    let dir = world.sandbox.beside("copies");
    let to = format!("oci:{}:v1", dir.display());
    world.promote(&["--from", &from, "--to", &to]).run().expect(0);
    assert_eq!(tags(&dir).get("v1"), Some(&digest));
    let back = world.registry.repository("back");
    world.promote(&["--from", &to, "--to", &back]).run().expect(0);
    assert_eq!(world.registry.tags("back")["v1"], digest);
}

/// A list in TOML: several targets of one source are one copy, and one look at the source.
#[test]
fn a_list_copies_once_for_all_tags_of_an_image() {
    let (world, digest) = staging();
    world.list(
        "a.toml",
        &format!(
            "[[images]]\nname = \"HOST/tlcpackstaging/ci_arm\"\nsource-tag = \"{TAG}\"\n\
             to = \"HOST/tlcpack/ci-arm\"\ntags = [\"{TAG}\", \"v1\", \"v2\"]\n\n\
             [[images]]\nname = \"HOST/tlcpackstaging/ci_arm\"\ndigest = \"{digest}\"\ntags = [\"kept\"]\n"
        ),
    );
    world.promote(&["a.toml"]).run().expect(0).shows(&["4 entries: 4 retagged"]);
    let tags = world.registry.tags("tlcpack/ci-arm");
    assert!(["v1", "v2", TAG].iter().all(|tag| tags[*tag] == digest), "{tags:?}");
    let source = format!("HEAD /v2/tlcpackstaging/ci_arm/manifests/{TAG} none");
    let asked = world.registry.requests().into_iter().filter(|request| *request == source).count();
    assert_eq!(asked, 1);
    assert_eq!(world.count("POST"), 3, "two configurations and a layer are mounted once");
}

/// A source may have many entries: its name moves none of their tags.
#[test]
fn a_repush_names_no_source() {
    let (world, _) = staging();
    let from = world.registry.repository(&format!("tlcpackstaging/ci_arm:{TAG}"));
    let to = world.registry.repository("tlcpack/ci-arm");
    let run = world.promote(&["--from", &from, "--to", &to, "--repush", "ci_arm"]).run().expect(2);
    run.says(&["is the name of no entry"]);
    assert_eq!(world.registry.requests().len(), 0);
}

#[test]
fn mistakes_on_the_command_line_are_usage_errors() {
    let world = World::new();
    for (args, says) in [
        (&[][..], "required"),
        (&["--from", "h.io/a:1"], "--to"),
        (&["--to", "h.io/a:1"], "--from"),
        (&["a.yaml", "--from", "h.io/a:1", "--to", "h.io/b"], "cannot be used with"),
        (&["--from", "h.io/a", "--to", "h.io/b"], "neither --from nor --to has a tag"),
        (&["--from", "h.io/a:1", "--to", "h.io/a"], "is what --from is"),
        (&["--from", "h.io/A:1", "--to", "h.io/b"], "--from: \"h.io/A\" is not a repository name"),
        (&["--from", "h.io/a:1", "--to", "h.io/b", "--to", "h.io/b:1"], "is there twice"),
        (&["--from", "me:secret@h.io/a:1", "--to", "h.io/b"], "***@h.io/a"),
    ] {
        let run = world.promote(args).run().expect(2).says(&[says]);
        assert!(!run.stderr.contains("secret"), "{}", run.stderr);
    }
}
