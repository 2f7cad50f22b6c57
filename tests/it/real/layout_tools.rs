//! `oci:` layouts beside the programs that people use them with: skopeo, buildah and a registry.
//!
//! A program that is missing fails the test; `scripts/install-test-tools` installs them.

use std::fs;
use std::path::PathBuf;

use imgplan::lookup::{Lookup, Manifest};
use imgplan::reference::{Digest, Tag};
use imgplan::registry::Name;
use imgplan::registry::layout::Layout;

use super::world::{self, DockerRegistry};
use crate::support::Sandbox;

const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";

/// A folder of its own for everything that the programs write, with a context to build.
struct Desk {
    sandbox: Sandbox,
}

impl Desk {
    fn new() -> Desk {
        let desk = Desk { sandbox: Sandbox::without_git() };
        let context = desk.path("context");
        fs::create_dir(&context).unwrap();
        fs::write(context.join("Dockerfile"), "FROM scratch\nCOPY hello /hello\n").unwrap();
        fs::write(context.join("hello"), "hello\n").unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.sandbox.beside(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// `oci:DIR:TAG` of the layout under test.
    fn oci(&self, tag: &str) -> String {
        format!("oci:{}:{tag}", self.text("oci"))
    }

    fn layout(&self) -> Layout {
        Layout::open(&self.path("oci"))
    }

    fn skopeo(&self, arguments: &[&str]) -> String {
        world::skopeo(&self.sandbox, arguments)
    }

    fn buildah(&self, arguments: &[&str]) {
        world::buildah(&self.sandbox, arguments);
    }

    /// Builds the context, each time with other content, as `demo`.
    fn build(&self, content: &str) {
        fs::write(self.path("context").join("hello"), content).unwrap();
        self.buildah(&["bud", "--layers=false", "-t", "demo", &self.text("context")]);
    }

    /// Builds the context for two platforms as the manifest list `demo`.
    fn build_index(&self) {
        self.buildah(&["manifest", "create", "demo"]);
        for platform in ["linux/amd64", "linux/arm64"] {
            let context = self.text("context");
            self.buildah(&["bud", "--layers=false", "--platform", platform, "--manifest", "demo", &context]);
        }
    }

    /// What skopeo says about a tag: the digest it prints and the one of the bytes it hands out.
    #[track_caller]
    fn assert_skopeo_sees(&self, tag: &str, digest: &Digest) {
        let printed = self.skopeo(&["inspect", "--format", "{{.Digest}}", &self.oci(tag)]);
        assert_eq!(printed.trim(), digest.as_str());
        let raw = self.skopeo(&["inspect", "--raw", &self.oci(tag)]);
        assert_eq!(&Digest::of(raw.as_bytes()), digest);
    }
}

fn tag(text: &str) -> Tag {
    Tag::new(text).unwrap()
}

#[track_caller]
fn found(layout: &Layout, name: &str) -> Manifest {
    match layout.manifest(Name::Tag(&tag(name))) {
        Lookup::Found(manifest) => manifest,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn an_image_that_buildah_pushed_is_read_and_retagged() {
    let desk = Desk::new();
    let layout = desk.layout();
    desk.build("one");
    desk.buildah(&["push", "demo", &desk.oci("one")]);
    let image = found(&layout, "one");
    desk.assert_skopeo_sees("one", &image.digest);

    assert!(layout.put(&tag("two"), &image).unwrap().is_done());
    desk.assert_skopeo_sees("two", &image.digest);
    desk.assert_skopeo_sees("one", &image.digest);
}

#[test]
fn buildah_goes_on_writing_to_a_layout_that_imgplan_wrote() {
    let desk = Desk::new();
    let layout = desk.layout();
    desk.build("one");
    desk.buildah(&["push", "demo", &desk.oci("one")]);
    let one = found(&layout, "one");
    layout.put(&tag("latest"), &one).unwrap();

    desk.build("two");
    desk.buildah(&["push", "demo", &desk.oci("two")]);
    let two = found(&layout, "two");
    assert_ne!(one.digest, two.digest);
    desk.assert_skopeo_sees("latest", &one.digest);
    layout.put(&tag("latest"), &two).unwrap();
    desk.assert_skopeo_sees("latest", &two.digest);
    desk.assert_skopeo_sees("one", &one.digest);
    // A tag of imgplan's that another program moves is read where it is now.
    desk.skopeo(&["copy", &desk.oci("one"), &desk.oci("latest")]);
    assert_eq!(found(&layout, "latest").digest, one.digest);
    assert_eq!(found(&layout, "two").digest, two.digest);
}

#[test]
fn an_index_keeps_its_digest_through_the_registry_skopeo_and_a_second_tag() {
    let desk = Desk::new();
    let layout = desk.layout();
    let registry = DockerRegistry::start(&desk.sandbox);
    let remote = |tag: &str| format!("docker://{}/demo:{tag}", registry.host);
    desk.build_index();
    desk.buildah(&["manifest", "push", "--all", "--tls-verify=false", "demo", &remote("1")]);
    desk.skopeo(&["copy", "--all", "--src-tls-verify=false", &remote("1"), &desk.oci("1")]);

    let index = found(&layout, "1");
    assert_eq!(index.media_type, INDEX_TYPE);
    let raw = desk.skopeo(&["inspect", "--raw", "--tls-verify=false", &remote("1")]);
    assert_eq!(index.bytes, raw.as_bytes(), "the registry's own bytes");
    assert!(layout.put(&tag("2"), &index).unwrap().is_done());
    desk.assert_skopeo_sees("2", &index.digest);

    let listed: serde_json::Value = serde_json::from_slice(&index.bytes).unwrap();
    let children = listed["manifests"].as_array().unwrap();
    assert_eq!(children.len(), 2);
    for child in children {
        let digest = Digest::new(child["digest"].as_str().unwrap()).unwrap();
        assert!(matches!(layout.head(Name::Digest(&digest)), Lookup::Found(_)), "{digest}");
    }

    desk.skopeo(&["copy", "--all", "--dest-tls-verify=false", &desk.oci("2"), &remote("2")]);
    let raw = desk.skopeo(&["inspect", "--raw", "--tls-verify=false", &remote("2")]);
    assert_eq!(Digest::of(raw.as_bytes()), index.digest);
}

#[test]
fn a_layout_that_imgplan_made_from_nothing_is_read_by_skopeo() {
    let desk = Desk::new();
    desk.build("one");
    desk.buildah(&["push", "demo", &desk.oci("one")]);
    let (from, image) = (desk.layout(), found(&desk.layout(), "one"));
    let to = Layout::open(&desk.path("copied/app"));
    let listed: serde_json::Value = serde_json::from_slice(&image.bytes).unwrap();
    for entry in listed["layers"].as_array().unwrap().iter().chain([&listed["config"]]) {
        let digest = Digest::new(entry["digest"].as_str().unwrap()).unwrap();
        let mut blob = from.read_blob(&digest).unwrap();
        to.write_blob(&digest, entry["size"].as_u64(), &mut blob).unwrap();
    }
    assert!(to.put(&tag("copy"), &image).unwrap().is_done());
    let name = format!("oci:{}:copy", desk.text("copied/app"));
    let raw = desk.skopeo(&["inspect", "--raw", &name]);
    assert_eq!(Digest::of(raw.as_bytes()), image.digest);
    desk.skopeo(&["copy", &name, &format!("dir:{}", desk.text("unpacked"))]);
}
