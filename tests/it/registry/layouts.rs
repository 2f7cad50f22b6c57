//! Copies between registries and folders of OCI image layouts.

use std::path::Path;

use imgplan::lookup::Lookup;
use imgplan::reference::{Digest, Repository};
use imgplan::registry::Name;

use super::{client, manifest, repository, tag};
use crate::support::registry::{Fault, Image, TestRegistry};

fn layout(dir: &Path) -> Repository {
    Repository::parse("oci:images", dir).unwrap()
}

#[tokio::test]
async fn an_image_goes_into_a_layout_and_out_again_whole() {
    let (from, to) = (TestRegistry::start(), TestRegistry::start());
    let image = Image::new().layer("one").layer(vec![7; 1 << 20]).platforms(&["linux/amd64", "linux/arm64"]);
    let digest = from.push_image("app", "v1", &image);
    let (client, dir) = (client(&[]), tempfile::tempdir().unwrap());
    let (source, folder, target) = (repository(&from, "app"), layout(dir.path()), repository(&to, "app"));
    let image = manifest(&client, &source, &digest).await;
    client.copy(&source, &folder, &image).await.unwrap();
    assert!(client.put(&folder, &tag("v1"), &image).await.unwrap().is_done());
    let kept = manifest(&client, &folder, &digest).await;
    assert_eq!(kept, image);
    client.copy(&folder, &target, &kept).await.unwrap();
    assert_eq!(to.contents("app"), from.contents("app"));
}

#[tokio::test]
async fn a_download_of_other_bytes_never_becomes_a_blob() {
    let from = TestRegistry::start();
    let digest = from.push_image("app", "v1", &Image::new().layer("right"));
    let blob = Digest::of(b"right");
    from.fail(Fault::on("GET", &format!("/blobs/{blob}")).body(b"wrong"));
    let (client, dir) = (client(&[]), tempfile::tempdir().unwrap());
    let (source, folder) = (repository(&from, "app"), layout(dir.path()));
    let image = manifest(&client, &source, &digest).await;
    client.copy(&source, &folder, &image).await.unwrap_err();
    assert!(!matches!(client.blob(&folder, &blob).await, Lookup::Found(_)));
    assert!(matches!(client.head(&folder, Name::Digest(&digest)).await, Lookup::Missing));
}
