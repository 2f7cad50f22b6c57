//! The registry client on Debian's docker-registry (distribution 2.8), open and with a password: what the registry of
//! the other tests is modelled on.

use std::path::Path;

use imgplan::lookup::{Lookup, Manifest};
use imgplan::reference::{Digest, Repository, Tag};
use imgplan::registry::{Name, Registry, Settings};

use super::world::{DockerRegistry, output};
use crate::support::{Image, Sandbox};

/// An image for two platforms in a layout, and a registry to bring it to.
struct World {
    sandbox: Sandbox,
    registry: DockerRegistry,
    client: Registry,
    layout: Repository,
    digest: Digest,
}

impl World {
    fn new(htpasswd: Option<&str>, password: &str) -> World {
        let sandbox = Sandbox::small();
        let registry = DockerRegistry::start_with(&sandbox, htpasswd);
        let image = Image::new("one").platforms(&["linux/amd64", "linux/arm64"]);
        let digest = Digest::new(sandbox.image("v1", &image)).unwrap();
        let layout = Repository::parse(&sandbox.repository(), &sandbox.root()).unwrap();
        let login = [("USERNAME", "me"), ("PASSWORD", password), ("REGISTRY", &registry.host)];
        let environment =
            login.iter().map(|(name, value)| (format!("IMGPLAN_{name}"), (*value).to_owned())).collect();
        let client = Registry::new(Settings { environment, ..Settings::default() }).unwrap();
        World { sandbox, registry, client, layout, digest }
    }

    fn repository(&self, path: &str) -> Repository {
        Repository::parse(&format!("{}/{path}", self.registry.host), Path::new("")).unwrap()
    }

    async fn manifest(&self, repository: &Repository) -> Manifest {
        match self.client.manifest(repository, Name::Digest(&self.digest)).await {
            Lookup::Found(manifest) => manifest,
            other => panic!("{other:?}"),
        }
    }

    /// Copies, tags and reads back; what is there is what was there before, to skopeo as well.
    async fn round(&self, from: &Repository, to: &Repository, tags: &[&str]) {
        let name = tag(tags[0]);
        assert!(matches!(self.client.head(to, Name::Tag(&name)).await, Lookup::Missing));
        assert!(matches!(self.client.manifest(to, Name::Tag(&name)).await, Lookup::Missing));
        assert!(matches!(self.client.tags(to).await, Lookup::Missing));
        let image = self.manifest(from).await;
        self.client.copy(from, to, &image).await.unwrap();
        for name in tags {
            assert!(self.client.put(to, &tag(name), &image).await.unwrap().is_done());
        }
        assert_eq!(self.manifest(to).await, image, "the identical bytes and type");
        let head = self.client.head(to, Name::Tag(&name)).await;
        let head = head.found().unwrap();
        assert_eq!((&head.digest, &head.media_type), (&image.digest, &image.media_type));
        assert_eq!(head.size, image.bytes.len() as u64);
        let listed = self.client.tags(to).await;
        let mut listed: Vec<&str> = listed.found().unwrap().iter().map(Tag::as_str).collect();
        listed.sort_unstable();
        assert_eq!(listed, tags);
        let none = tag("none");
        assert!(matches!(self.client.head(to, Name::Tag(&none)).await, Lookup::Missing));
        assert!(matches!(self.client.manifest(to, Name::Tag(&none)).await, Lookup::Missing));
        let unknown = Digest::of(b"none");
        assert!(matches!(self.client.blob(to, &unknown).await, Lookup::Missing));
    }

    /// The blobs of a repository, as the registry keeps them on its disk: links, made by an upload or a mount.
    fn blobs(&self, path: &str) -> usize {
        let links = format!("registry/docker/registry/v2/repositories/{path}/_layers/sha256");
        std::fs::read_dir(self.sandbox.beside(&links)).unwrap().count()
    }

    /// skopeo copies all of it out again.
    fn judge(&self, path: &str, login: &[&str]) {
        let from = format!("docker://{}/{path}@{}", self.registry.host, self.digest);
        let to = format!("oci:{}:judged", self.sandbox.beside("judged").display());
        let mut command = self.sandbox.command("skopeo");
        command.args(["copy", "--all", "--preserve-digests", "--insecure-policy", "--src-tls-verify=false"]);
        output(command.args(login).args([&from, &to]));
    }
}

fn tag(name: &str) -> Tag {
    Tag::new(name).unwrap()
}

/// Uploads from a layout, then a copy within the registry, which uploads nothing.
#[tokio::test]
async fn images_come_from_a_layout_and_are_mounted_across_repositories() {
    let world = World::new(None, "not asked for");
    let (first, second) = (world.repository("acme/app"), world.repository("fork/other/app"));
    world.round(&world.layout, &first, &["a", "b", "v1"]).await;
    world.round(&first, &second, &["v1"]).await;
    assert_eq!(world.blobs("fork/other/app"), world.blobs("acme/app"));
    let uploads = |path: &str| {
        world.sandbox.beside(&format!("registry/docker/registry/v2/repositories/{path}/_uploads")).exists()
    };
    assert!(uploads("acme/app") && !uploads("fork/other/app"), "nothing is uploaded where it can be mounted");
    world.judge("fork/other/app", &[]);
}

#[tokio::test]
async fn a_registry_with_a_password_takes_the_right_one_alone() {
    // bcrypt of "secret", as `htpasswd -B` writes it.
    let line = "me:$2b$04$peGGogbW3PUc25BjraQQJe56HZh3xV/EvNsYRNfvCtFKBkKEen.Bi\n";
    let world = World::new(Some(line), "secret");
    let (first, second) = (world.repository("acme/app"), world.repository("fork/app"));
    world.round(&world.layout, &first, &["a", "v1"]).await;
    world.round(&first, &second, &["v1"]).await;
    world.judge("fork/app", &["--src-creds", "me:secret"]);

    let wrong = World::new(Some(line), "wrong-password");
    for error in [
        wrong.client.head(&wrong.repository("app"), Name::Tag(&tag("v1"))).await.into_error().unwrap(),
        wrong.client.tags(&wrong.repository("app")).await.into_error().unwrap(),
    ] {
        assert!(error.to_string().contains("401 Unauthorized"), "{error}");
        assert!(error.hints()[0].contains("IMGPLAN_USERNAME and IMGPLAN_PASSWORD were refused"), "{error:?}");
        assert!(!format!("{error:?}").contains("wrong-password"));
    }
}
