//! `imgplan pin`: references in files of every kind, to the image of a commit or a release.

use crate::support::remote::Fault;
use crate::support::run::{Call, Run};
use crate::support::{Image, Remote, Sandbox};

const PATH: &str = "acme/shop";

/// A small project whose image at the first commit is in a registry, under its content's and its commit's tag.
pub struct Project {
    pub sandbox: Sandbox,
    pub remote: Remote,
}

impl Project {
    pub fn new() -> Project {
        let project = Project { sandbox: Sandbox::small(), remote: Remote::start() };
        project.build();
        project
    }

    pub fn repository(&self) -> String {
        self.remote.repository(PATH)
    }

    /// The image of `HEAD`, built and tagged; its digest.
    pub fn build(&self) -> String {
        let plan = self.sandbox.plan(&[]).plan();
        let image = Image::new(plan.only().hash()).marked(plan.only().hash());
        self.remote.push(PATH, plan.only().content_tag(), &image);
        self.remote.push(PATH, &self.sandbox.sha7(), &image)
    }

    /// A commit that changes the image, and its image.
    pub fn change(&self, text: &str) -> String {
        self.sandbox.write("app.txt", text);
        self.sandbox.commit("Change the image");
        self.build()
    }

    pub fn call(&self, args: &[&str]) -> Call {
        let repository = self.repository();
        self.sandbox.imgplan(&[&["pin", "--repository", &repository], args].concat())
    }

    pub fn pin(&self, args: &[&str]) -> Run {
        self.call(args).run()
    }

    /// `repository:tag@digest` of `HEAD`.
    pub fn reference(&self) -> String {
        let digest = self.remote.digest(PATH, &self.sandbox.sha7()).unwrap();
        format!("{}:{}@{digest}", self.repository(), self.sandbox.sha7())
    }

    /// A file that names the image `times` times by this tag, and others.
    pub fn manifest(&self, path: &str, tag: &str) {
        let repository = self.repository();
        self.sandbox.write(
            path,
            &format!("# Ours\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: debian:12\n  - name: shop\n    image: \"{repository}:{tag}\"  # ours\n"),
        );
    }
}

/// The whole of it: what floats is found, then pinned, then found right, also at the commit that holds the pin.
#[test]
fn what_floats_is_found_and_pinned_and_then_right() {
    let project = Project::new();
    project.manifest("deploy/pod.yaml", "latest");
    let before = project.sandbox.read("deploy/pod.yaml");
    let place = "deploy/pod.yaml:8:12: spec.containers[1].image: floats: ";
    project.pin(&["--check", "deploy/pod.yaml"]).expect(5).shows(&[place, &project.reference()]);
    assert_eq!(project.sandbox.read("deploy/pod.yaml"), before);

    let run = project.pin(&["deploy/pod.yaml"]).expect(0).says(&["becomes"]);
    let tag = project.sandbox.sha7();
    assert!(run.stdout.starts_with(&format!("Pin shop to {tag}\n\nshop:\n  from ")), "{}", run.stdout);
    let old = format!("{}:latest", project.repository());
    assert_eq!(project.sandbox.read("deploy/pod.yaml"), before.replace(&old, &project.reference()));

    project.sandbox.commit("Pin");
    let after = project.sandbox.read("deploy/pod.yaml");
    assert_eq!(project.pin(&["--check", "deploy/pod.yaml"]).expect(0).stdout, "");
    assert_eq!(project.pin(&["deploy/pod.yaml"]).expect(0).stdout, "");
    assert_eq!(project.sandbox.read("deploy/pod.yaml"), after);
}

#[test]
fn what_is_behind_names_its_commit_and_what_changed_since() {
    let project = Project::new();
    project.manifest("pod.yaml", "latest");
    project.pin(&["pod.yaml"]).expect(0);
    let (old, old_tag) = (project.reference(), project.sandbox.sha7());
    project.change("two\n");
    let run = project.pin(&["--check", "pod.yaml"]).expect(5);
    let run =
        run.shows(&[": behind: ", &old, &format!("it is of commit {old_tag}"), "since then app.txt changed"]);
    insta::assert_snapshot!("behind", run.snapshot());
    let run = project.pin(&["pod.yaml"]).expect(0);
    insta::assert_snapshot!("message", run.snapshot());
    assert!(project.sandbox.read("pod.yaml").contains(&project.reference()));
}

/// Where the tag says nothing, the image says of which commit it is; where that cannot be read, nothing is lost but that.
#[test]
fn what_is_behind_is_named_by_what_the_image_says_of_itself() {
    let project = Project::new();
    let revision = project.sandbox.head();
    let built = Image::new("old").annotation("org.opencontainers.image.revision", &revision);
    let digest = project.remote.push(PATH, "stable", &built);
    project.change("two\n");
    project.manifest("pod.yaml", &format!("stable@{digest}"));
    let of = format!("it is of commit {}", &revision[..7]);
    project.pin(&["--check", "pod.yaml"]).expect(5).shows(&[": behind: ", &of, "since then app.txt changed"]);
    project.remote.silent(&digest);
    let run =
        project.pin(&["--check", "pod.yaml"]).expect(5).shows(&[": behind: "]).says(&["could not be asked"]);
    assert!(!run.stdout.contains("of commit"), "{}", run.stdout);
}

#[test]
fn a_tag_that_moved_or_went_is_found_although_the_digest_is_right() {
    let project = Project::new();
    project.manifest("pod.yaml", "latest");
    project.pin(&["pod.yaml"]).expect(0);
    let tag = project.sandbox.sha7();
    project.sandbox.replace("pod.yaml", &format!(":{tag}@"), ":stable@");
    project.pin(&["--check", "pod.yaml"]).expect(5).shows(&[": gone: "]);
    let other = project.remote.push(PATH, "stable", &Image::new("another"));
    project.pin(&["--check", "pod.yaml"]).expect(5).shows(&[": disagrees: ", &other]);
    project.pin(&["pod.yaml"]).expect(0);
    assert!(project.sandbox.read("pod.yaml").contains(&project.reference()));
}

#[test]
fn a_release_is_a_tag_of_the_registry() {
    let project = Project::new();
    project.manifest("pod.yaml", "latest");
    project.pin(&["--release", "1.2.3", "pod.yaml"]).expect(1).says(&["there is no image 1.2.3"]);
    let digest = project.remote.push(PATH, "1.2.3", &Image::new("released"));
    let run = project.pin(&["--release", "1.2.3", "pod.yaml"]).expect(0);
    assert!(run.stdout.starts_with("Pin shop to 1.2.3\n"), "{}", run.stdout);
    assert!(project.sandbox.read("pod.yaml").contains(&format!(":1.2.3@{digest}\"")));
}

#[test]
fn an_older_commit_can_be_pinned_to() {
    let project = Project::new();
    let pin = project.reference();
    project.change("two\n");
    project.manifest("pod.yaml", "latest");
    project.pin(&["--at", "HEAD~1", "pod.yaml"]).expect(0);
    assert!(project.sandbox.read("pod.yaml").contains(&pin));
}

/// Nothing is guessed: neither a registry that cannot answer nor a commit without an image changes a file.
#[test]
fn without_an_answer_nothing_is_written() {
    let project = Project::new();
    project.manifest("pod.yaml", "latest");
    let before = project.sandbox.read("pod.yaml");
    project.sandbox.write("app.txt", "never built\n");
    project.sandbox.commit("Not built");
    for args in [&["pod.yaml"][..], &["--check", "pod.yaml"]] {
        project.pin(args).expect(1).says(&["there is no image", "build it"]);
    }
    project.remote.fault(PATH, Fault::Status(403));
    for args in [&["pod.yaml"][..], &["--check", "pod.yaml"], &["--release", "1", "pod.yaml"]] {
        project.pin(args).expect(3);
    }
    assert_eq!(project.sandbox.read("pod.yaml"), before);
}

/// The pin may be right, but whether its tag still is at it cannot be told.
#[test]
fn a_tag_that_cannot_be_asked_for_is_no_finding_and_not_right() {
    let project = Project::new();
    project.manifest("pod.yaml", "latest");
    project.pin(&["pod.yaml"]).expect(0);
    project.sandbox.replace("pod.yaml", &format!(":{}@", project.sandbox.sha7()), ":stable@");
    project.remote.silent("stable");
    let run = project.pin(&["--check", "pod.yaml"]).expect(3);
    assert_eq!(run.stdout, "");
}

/// With `--check`, what cannot be read does not hide what is found: 1 beats 5.
#[test]
fn a_check_reports_all_and_one_beats_five() {
    let project = Project::new();
    project.manifest("pod.yaml", "latest");
    project.sandbox.write("broken.yaml", "kind: [");
    project
        .pin(&["--check", "broken.yaml", "pod.yaml"])
        .expect(1)
        .shows(&["pod.yaml:8:12"])
        .says(&["broken.yaml:"]);
}

#[test]
fn json_tells_every_reference() {
    let project = Project::new();
    project.manifest("pod.yaml", "latest");
    let report = project.pin(&["--check", "--format", "json", "pod.yaml"]).expect(5).json();
    assert_eq!((&report["version"], &report["commit"]), (&1.into(), &project.sandbox.head().into()));
    let file = &report["files"][0];
    assert_eq!(
        (&file["kind"], &file["others"], &file["written"]),
        (&"kubernetes".into(), &1.into(), &false.into())
    );
    let reference = &file["references"][0];
    assert_eq!((&reference["finding"], &reference["to"]), (&"floats".into(), &project.reference().into()));
    let report = project.pin(&["--format", "json", "pod.yaml"]).expect(0).json();
    assert_eq!(report["files"][0]["written"], true);
    assert!(report["message"].as_str().unwrap().starts_with("Pin shop to "));
}

#[test]
fn only_the_wanted_image_is_pinned_and_each_is_asked_for_once() {
    let sandbox = Sandbox::new();
    for name in ["a", "b"] {
        sandbox.write(&format!("{name}/Dockerfile"), "FROM scratch\nCOPY file /\n");
        sandbox.write(&format!("{name}/file"), name);
    }
    sandbox.write("imgplan.toml", "[images.a]\ncontext = \"a\"\n[images.b]\ncontext = \"b\"\n");
    sandbox.commit("Two images");
    let project = Project { sandbox, remote: Remote::start() };
    let tag = project.sandbox.sha7();
    for name in ["a", "b"] {
        project.remote.push(&format!("{PATH}/{name}"), &tag, &Image::new(name));
    }
    let ours = project.repository();
    let text = format!(
        "services:\n  a: {{image: \"{ours}/a\"}}\n  a2: {{image: \"{ours}/a:x\"}}\n  b: {{image: \"{ours}/b\"}}\n"
    );
    project.sandbox.write("compose.yaml", &text);
    let run = project.pin(&["--image", "b", "compose.yaml"]).expect(0);
    assert!(run.stdout.starts_with("Pin b to "), "{}", run.stdout);
    // The commit tag and the content tag of one image.
    assert_eq!(project.remote.requests().len(), 2, "{:?}", project.remote.requests());
    project.pin(&["--image", "c", "compose.yaml"]).expect(1);
    let run = project.pin(&["compose.yaml"]).expect(0);
    assert!(run.stdout.starts_with("Pin a to "), "{}", run.stdout);
    assert_eq!(project.remote.requests().len(), 2 + 4);
    project.pin(&["--check", "compose.yaml"]).expect(0);
}

/// Two images, each with a trouble of its own: both are told, and 1 beats 3.
#[test]
fn every_image_has_its_own_error() {
    let sandbox = Sandbox::new();
    sandbox.write("a/Dockerfile", "FROM scratch\nCOPY missing /\n");
    sandbox.write("b/Dockerfile", "FROM scratch\n");
    sandbox.write("imgplan.toml", "[images.a]\ncontext = \"a\"\n[images.b]\ncontext = \"b\"\n");
    sandbox.commit("Two images");
    let project = Project { sandbox, remote: Remote::start() };
    let ours = project.repository();
    project.sandbox.write("values.yaml", &format!("a: {{image: {ours}/a}}\nb: {{image: {ours}/b}}\n"));
    project.remote.fault(&format!("{PATH}/b"), Fault::Status(403));
    let run = project.pin(&["values.yaml"]).expect(1).says(&["a/Dockerfile:2", "403"]);
    assert_eq!(run.stdout, "");
    let run = project.pin(&["--check", "values.yaml"]).expect(1).says(&["a/Dockerfile:2", "403"]);
    assert_eq!(run.stdout.matches(": floats: ").count(), 2, "{}", run.stdout);
}

/// A reference to a fork's or a mirror's repository is pinned there, to what is there.
#[test]
fn a_repository_of_look_in_is_asked_itself() {
    let project = Project::new();
    let mirror = project.remote.repository("mirror/shop");
    project.sandbox.write("imgplan.toml", &format!("look-in = [\"{mirror}\"]\n"));
    project.sandbox.write("values.yaml", &format!("image: {mirror}:1\n"));
    project.sandbox.commit("A mirror");
    project.build();
    project.pin(&["values.yaml"]).expect(1).says(&["there is no image", "mirror/shop"]);
    let digest = project.remote.push("mirror/shop", &project.sandbox.sha7(), &Image::new("there"));
    project.pin(&["values.yaml"]).expect(0);
    assert_eq!(
        project.sandbox.read("values.yaml"),
        format!("image: {mirror}:{}@{digest}\n", project.sandbox.sha7())
    );
}

#[test]
fn images_in_a_folder_cannot_be_named() {
    let project = Project::new();
    project.manifest("pod.yaml", "latest");
    let repository = project.sandbox.repository();
    project.sandbox.fails(&["pin", "--repository", &repository, "pod.yaml"], 1).says(&["oci: folder"]);
}
