//! `apply --refresh`: every wanted tag is put again, and no tag is moved.

use crate::support::image::MARK;
use crate::support::registry::{Fault, Response};
use crate::support::{Image, Remote, Sandbox};

const PATH: &str = "acme/app";

struct Project {
    sandbox: Sandbox,
    remote: Remote,
    hash: String,
    tag: String,
}

impl Project {
    fn new() -> Project {
        let (sandbox, remote) = (Sandbox::small(), Remote::start());
        sandbox.write("imgplan.toml", "[tags]\nfloating = [\"{branch}\"]\n");
        sandbox.commit("Follow the branch");
        let plan = sandbox.plan(&[]).plan();
        let (hash, tag) = (plan.only().hash().to_owned(), plan.only().content_tag().to_owned());
        Project { sandbox, remote, hash, tag }
    }

    fn apply(&self, code: i32) -> (crate::support::Plan, Vec<String>) {
        let before = self.remote.requests().len();
        let repository = self.remote.repository(PATH);
        let args = ["apply", "--refresh", "--format", "json", "--repository", &repository];
        let plan = self.sandbox.imgplan(&args).run().expect(code).plan();
        (plan, self.remote.requests().split_off(before))
    }
}

fn of(requests: &[String], method: &str) -> usize {
    requests.iter().filter(|request| request.starts_with(method)).count()
}

/// Content, commit and floating tag, each at the image it was at; the manifest is read once.
#[test]
fn every_wanted_tag_is_put_again_though_it_is_there() {
    let project = Project::new();
    let image = Image::new("built").annotation(MARK, &project.hash);
    let tags = [project.tag.clone(), project.sandbox.sha7(), "main".to_owned()];
    let [digest, ..] = tags.clone().map(|tag| project.remote.push(PATH, &tag, &image));
    let (plan, requests) = project.apply(0);
    plan.only().expect("up-to-date");
    assert!(plan.only().text("reason").ends_with("put again"), "{:#}", plan.0);
    let put: Vec<_> = requests.iter().filter(|request| request.starts_with("PUT")).collect();
    for tag in &tags {
        assert!(put.iter().any(|request| request.contains(&format!("/manifests/{tag} "))), "{put:?}");
        assert_eq!(project.remote.digest(PATH, tag).as_ref(), Some(&digest));
    }
    // The plan's three HEADs; for each tag one before and one after it is put; one GET.
    assert_eq!((of(&requests, "HEAD"), of(&requests, "GET"), of(&requests, "PUT")), (9, 1, 3));
}

/// What a retag writes is not written twice.
#[test]
fn what_is_missing_is_put_once() {
    let project = Project::new();
    let image = Image::new("built").annotation(MARK, &project.hash);
    project.remote.push(PATH, &project.tag, &image);
    let (_, requests) = project.apply(0);
    assert_eq!(of(&requests, "PUT"), 3, "{requests:#?}");
    assert_eq!(project.remote.tags(PATH).len(), 3);
}

/// An older build of the content keeps its commit's tag: each tag is put at its own image.
#[test]
fn a_tag_is_put_at_the_image_that_it_is_at() {
    let project = Project::new();
    let of = |content: &str| Image::new(content).annotation(MARK, &project.hash);
    let newer = project.remote.push(PATH, &project.tag, &of("newer"));
    project.remote.push(PATH, "main", &of("newer"));
    let older = project.remote.push(PATH, &project.sandbox.sha7(), &of("older"));
    project.apply(0);
    assert_eq!(project.remote.digest(PATH, &project.sandbox.sha7()), Some(older));
    assert_eq!(project.remote.digest(PATH, &project.tag), Some(newer));
}

/// Between the plan and the refresh somebody moved a tag: it stays where it was moved to.
#[test]
fn a_tag_that_moved_meanwhile_is_left() {
    let project = Project::new();
    let image = Image::new("built").annotation(MARK, &project.hash);
    for tag in [project.tag.clone(), project.sandbox.sha7(), "main".to_owned()] {
        project.remote.push(PATH, &tag, &image);
    }
    let other = project.remote.push(PATH, "other", &Image::new("other"));
    let moved = Response::new(200)
        .header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
        .header("Content-Length", "7")
        .header("Docker-Content-Digest", &other);
    project.remote.registry().fail(Fault::on("HEAD", "/manifests/main").nth(2).answer(moved));
    let (plan, requests) = project.apply(0);
    assert!(
        plan.only().list("warnings").iter().any(|note| note.contains("main came to be at")),
        "{:#}",
        plan.0
    );
    assert_eq!(of(&requests, "PUT"), 2);
}

/// Where there is nothing, there is nothing to put: a build stays a build, and a conflict writes nothing.
#[test]
fn what_is_not_there_is_not_put() {
    let project = Project::new();
    let (plan, requests) = project.apply(0);
    plan.only().expect("build");
    assert_eq!(of(&requests, "PUT"), 0);
    project.remote.push(PATH, &project.tag, &Image::new("built").annotation(MARK, &project.hash));
    project.remote.push(PATH, &project.sandbox.sha7(), &Image::new("other"));
    let (plan, requests) = project.apply(5);
    plan.only().expect("conflict");
    assert_eq!(of(&requests, "PUT"), 0);
}
