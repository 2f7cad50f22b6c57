//! The search over earlier commits on a registry that fails: what could not be read is never "missing".

use crate::support::registry::{Fault, Image, Response, TestRegistry};
use crate::support::{Run, Sandbox};

const PATH: &str = "acme/app";
const MARK: &str = "dev.imgplan.content-hash";

/// A commit with a marked image under its commit tag, and the next one, with the same inputs.
struct Project {
    sandbox: Sandbox,
    registry: TestRegistry,
    digest: String,
    first: String,
}

impl Project {
    fn new() -> Project {
        let (sandbox, registry) = (Sandbox::small(), TestRegistry::start());
        let (hash, first) = (sandbox.hash_at("HEAD"), sandbox.sha7());
        let digest = registry.push_image(PATH, &first, &Image::new().label(MARK, &hash)).to_string();
        sandbox.append("README.md", "More.\n");
        sandbox.commit("Tell more");
        Project { sandbox, registry, digest, first }
    }

    fn plan(&self, args: &[&str]) -> Run {
        let repository = self.registry.repository(PATH);
        let all = [&["plan", "--format", "json", "--repository", &repository][..], args].concat();
        self.sandbox.imgplan(&all).run()
    }
}

fn broken(status: u16) -> Response {
    Response::error(status, "BROKEN", "out of order").header("Retry-After", "0")
}

#[test]
fn an_image_of_the_same_inputs_that_cannot_be_read_is_unknown() {
    for status in [500, 429, 404] {
        for place in ["manifests/sha256:", "blobs/sha256:"] {
            let project = Project::new();
            project.plan(&[]).expect(0).plan().only().expect("retag");
            project.registry.fail(Fault::on("GET", place).answer(broken(status)));
            let run = project.plan(&[]).expect(3);
            run.plan().only().expect("unknown");
            let said = format!("its image {} could not be read", project.first);
            assert!(
                run.plan().only().list("warnings").iter().any(|note| note.contains(&said)),
                "{}",
                run.stdout
            );
            let place = if status == 404 { "sha256:" } else { place };
            assert!(run.stderr.contains(place), "{status} {place}: {}", run.stderr);
            project.sandbox.write("imgplan.toml", "on-unknown = \"build\"\n");
            let plan = project.plan(&[]).expect(0).plan();
            plan.only().expect("build");
            assert!(plan.only().reason().contains("could not answer"), "{}", plan.only().reason());
        }
    }
}

/// One that is damaged does not hide another that can be used.
#[test]
fn the_next_one_may_be_read() {
    let project = Project::new();
    let hash = project.sandbox.hash_at("HEAD");
    let newer = Image::new().layer("newer").label(MARK, &hash);
    let newer = project.registry.push_image(PATH, &project.sandbox.sha7(), &newer).to_string();
    project.sandbox.append("README.md", "Still more.\n");
    project.sandbox.commit("Tell still more");
    assert_eq!(project.plan(&[]).expect(0).plan().only().digest(), Some(newer.as_str()));
    project.registry.fail(Fault::on("GET", &format!("manifests/{newer}")).answer(broken(404)));
    let plan = project.plan(&[]).expect(0).plan();
    plan.only().expect("retag");
    assert_eq!(plan.only().digest(), Some(project.digest.as_str()));
    assert_eq!(plan.only().field("from")["tag"], project.first.as_str());
}

/// Where images of other commits are to be adopted, the list of tags is a question like any other; where they are not,
/// the build says what is not known.
#[test]
fn a_list_that_cannot_be_read_is_not_empty() {
    for status in [500, 429, 401] {
        let project = Project::new();
        project.registry.fail(Fault::on("GET", "/tags/list").answer(broken(status)));
        let run = project.plan(&["--adopt"]).expect(3);
        run.plan().only().expect("unknown");
        assert!(run.stderr.contains("/tags/list"), "{}", run.stderr);
        let plan = project.plan(&[]).expect(0).plan();
        plan.only().expect("build");
        assert_eq!(
            plan.only().reason(),
            "no image is found under its tags; earlier commits could not be looked at"
        );
        let warnings = plan.only().list("warnings");
        assert!(warnings.iter().any(|note| note.contains("/tags/list")), "{warnings:?}");
        project.sandbox.write("imgplan.toml", "adopt = true\non-unknown = \"build\"\n");
        project.plan(&[]).expect(0).plan().only().expect("build");
    }
}
