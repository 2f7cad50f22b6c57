//! Which image a release is: the one of the git tag's content, and none that cannot be relied on.

use super::Project;
use crate::support::image::MARK;
use crate::support::remote::Fault;
use crate::support::{Image, Remote};

/// The tagged commit changed no input: the image of the commit before is the release's.
#[test]
fn the_image_is_found_by_content() {
    let project = Project::new("");
    let digest = project.tag("v1.0.0");
    project.sandbox.append("README.md", "More.\n");
    project.sandbox.commit("Tell more");
    project.sandbox.git(&["tag", "v1.0.1"]);
    let run = project.release(&[]);
    assert_eq!(project.at("1.0.1").as_ref(), Some(&digest));
    assert_eq!(project.at("latest").as_ref(), Some(&digest));
    run.shows(&[
        "since v1.0.0 no commit changed its inputs",
        "its inputs are those of v1.0.0: the same content",
    ]);
    assert_eq!(
        project.at(&project.sandbox.sha7()),
        None,
        "the commit's own tag is not the release's to write"
    );
}

/// Annotated tags name the commit behind them.
#[test]
fn an_annotated_tag_is_peeled() {
    let project = Project::new("");
    let digest = project.tag("v1.0.0");
    project.sandbox.git(&["tag", "--annotate", "--message", "Out", "v1.0.1"]);
    project.release(&["v1.0.1"]);
    project.release(&["refs/tags/v1.0.1"]);
    assert_eq!(project.at("1.0.1"), Some(digest));
}

/// Without an image nothing is written; the hash and the build that is needed are named.
#[test]
fn a_release_without_an_image_says_what_to_build() {
    let project = Project::new("");
    project.sandbox.git(&["tag", "v1.0.0"]);
    let hash = project.sandbox.hash_at("HEAD");
    let run = project.call(&["v1.0.0"]).run().expect(5);
    run.says(&["so there is nothing to release", &hash, "imgplan apply --build", "v1.0.0"])
        .shows(&["no image"]);
    let report = project.call(&["v1.0.0", "--format", "json"]).run().expect(5).json();
    assert_eq!((&report["written"], &report["releases"][0]["unknown"]), (&false.into(), &().into()));
    assert_eq!(project.sandbox.tags().len(), 0);
}

/// A registry that cannot answer is no registry without the image.
#[test]
fn what_cannot_be_asked_is_unknown() {
    for fault in [Fault::Status(403), Fault::NoTags, Fault::NoManifests] {
        let project = Project::new("");
        project.sandbox.git(&["tag", "v1.0.0"]);
        let plan = project.sandbox.plan(&[]).plan();
        let remote = Remote::start();
        let image = Image::new("built").marked(plan.only().hash());
        remote.push("acme/app", plan.only().content_tag(), &image);
        remote.fault("acme/app", fault);
        let repository = remote.repository("acme/app");
        let call = ["release", "v1.0.0", "--repository", &repository];
        let run = project.sandbox.fails(&call, 3);
        let run = run.shows(&["not known: the registry could not answer"]);
        assert!(!run.stdout.contains("no image"), "{fault:?}: {}", run.stdout);
        let formats = ["--format", "json", "--output", "markdown=notes.md"];
        let report = project.sandbox.fails(&[&call[..], &formats].concat(), 3).json();
        assert_eq!(report["written"], false, "{fault:?}");
        assert!(report["releases"][0]["unknown"].is_string(), "{fault:?}");
        assert!(project.sandbox.read("notes.md").contains("not known: the registry"), "{fault:?}");
        assert_eq!(remote.digest("acme/app", "1.0.0"), None, "{fault:?}");
        assert!(remote.requests().iter().all(|request| !request.starts_with("PUT")), "{fault:?}");
    }
}

/// The commit's tag is at an image that says that it is of other content.
#[test]
fn an_image_with_another_mark_is_not_released() {
    let project = Project::new("");
    project.sandbox.git(&["tag", "v1.0.0"]);
    let image = Image::new("other").marked(&"ab".repeat(32));
    project.sandbox.image(&project.sandbox.sha7(), &image);
    project.call(&[]).run().expect(5).says(&["is marked with other content"]);
    assert_eq!(project.at("1.0.0"), None);
}

/// An unmarked image of another commit is assumed to be of the same content, and that only where `adopt` says so.
#[test]
fn an_unmarked_image_of_another_commit_is_released_only_where_it_is_adopted() {
    for (configuration, status) in [("", 5), ("adopt = true\n", 0)] {
        let project = Project::new(configuration);
        project.sandbox.image(&project.sandbox.sha7(), &Image::new("before imgplan"));
        project.sandbox.append("README.md", "More.\n");
        project.sandbox.commit("Tell more");
        project.sandbox.git(&["tag", "v1.0.0"]);
        let run = project.call(&[]).run().expect(status);
        assert_eq!(project.at("1.0.0").is_some(), status == 0, "{}", run.stderr);
    }
}

/// Where every image has to be marked, an unmarked one is not released.
#[test]
fn a_mark_may_be_required() {
    let project = Project::new("verify = \"required\"\n");
    project.sandbox.git(&["tag", "v1.0.0"]);
    project.sandbox.image(&project.sandbox.sha7(), &Image::new("unmarked"));
    project.call(&[]).run().expect(5).says(&["verify = \"required\""]);
    assert_eq!(project.at("1.0.0"), None);
}

/// `quay.expires-after` is in the image, so it would take the release along.
#[test]
fn an_image_that_expires_is_not_released() {
    let project = Project::new("");
    project.sandbox.git(&["tag", "v1.0.0"]);
    let plan = project.sandbox.plan(&[]).plan();
    let image = Image::new("built").label(MARK, plan.only().hash()).label("quay.expires-after", "2w");
    project.sandbox.image(plan.only().content_tag(), &image);
    project.call(&[]).run().expect(5).says(&["quay.expires-after=2w", "a release is to last"]);
    assert_eq!(project.at("1.0.0"), None);
}

/// Of an index one image is enough; an empty label takes back what a base image says.
#[test]
fn any_image_of_an_index_may_expire_and_an_empty_label_does_not() {
    let project = Project::new("");
    project.sandbox.git(&["tag", "v1.0.0"]);
    let plan = project.sandbox.plan(&[]).plan();
    let (hash, tag) = (plan.only().hash(), plan.only().content_tag());
    let index = Image::new("index").marked(hash).platforms(&["linux/amd64", "linux/arm64"]);
    project.sandbox.image(tag, &index.clone().label_of("linux/arm64", "quay.expires-after", "2w"));
    project.call(&[]).run().expect(5).says(&["quay.expires-after=2w", "a release is to last"]);
    assert_eq!(project.at("1.0.0"), None);
    let digest = project.sandbox.image(tag, &index.label("quay.expires-after", ""));
    project.release(&[]);
    assert_eq!(project.at("1.0.0"), Some(digest));
}

/// An index stays whole: what is put is what is there.
#[test]
fn an_index_is_released_whole() {
    let project = Project::new("");
    project.sandbox.git(&["tag", "v1.0.0"]);
    let plan = project.sandbox.plan(&[]).plan();
    let index = Image::new("index").marked(plan.only().hash()).platforms(&["linux/amd64", "linux/arm64"]);
    let digest = project.sandbox.image(plan.only().content_tag(), &index);
    project.release(&[]);
    assert_eq!(project.at("latest"), Some(digest));
}

/// What changed is told by commits that changed inputs, those of a merged branch among them and the merge not.
#[test]
fn what_went_into_a_release_is_told() {
    let project = Project::new("");
    project.tag("v1.0.0");
    let sandbox = &project.sandbox;
    sandbox.append("README.md", "More.\n");
    sandbox.commit("Only tell more");
    sandbox.git(&["checkout", "--quiet", "-b", "side"]);
    sandbox.write("app.txt", "side\n");
    sandbox.commit("Change the app on the side");
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.append("README.md", "And more.\n");
    sandbox.commit("Tell even more");
    sandbox.git(&["merge", "--quiet", "--no-ff", "--message", "Merge the side", "side"]);
    sandbox.build_all();
    sandbox.head();
    sandbox.git(&["tag", "v1.1.0"]);
    let json = project.release(&["--format", "json"]).json();
    let changes = &json["releases"][0]["changes"];
    let subjects: Vec<&str> = changes["commits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["subject"].as_str().unwrap())
        .collect();
    assert_eq!(subjects, ["Change the app on the side"], "{changes:#}");
    assert_eq!((&changes["since"], &changes["complete"]), (&"v1.0.0".into(), &true.into()));
    let run = project.release(&["v1.1.0", "--format", "markdown"]);
    insta::assert_snapshot!("markdown", run.snapshot());
}

/// A clone of one commit has an image and no history: that is said, and the release is made.
#[test]
fn a_shallow_clone_says_so() {
    let project = Project::new("");
    project.tag("v1.0.0");
    let digest = project.tag("v1.1.0");
    let sandbox = &project.sandbox;
    let (from, to) = (format!("file://{}", sandbox.root().display()), sandbox.beside("shallow"));
    sandbox.git(&["clone", "--quiet", "--depth", "1", "--branch", "v1.1.0", &from, to.to_str().unwrap()]);
    let run = project.call(&["-C", to.to_str().unwrap()]).run().expect(0);
    run.shows(&["this clone is shallow"]);
    assert_eq!(project.at("1.1.0"), Some(digest));
}
