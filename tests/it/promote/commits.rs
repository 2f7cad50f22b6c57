//! Entries whose source is a commit: its image is found as `imgplan resolve` finds it.

use crate::support::Sandbox;
use crate::support::image::MARK;
use crate::support::registry::{Image, TestRegistry};

struct Project {
    sandbox: Sandbox,
    registry: TestRegistry,
    tag: String,
    hash: String,
}

impl Project {
    fn new() -> Project {
        let sandbox = Sandbox::small();
        let registry = TestRegistry::start();
        sandbox.write("imgplan.toml", &format!("repository = \"{}\"\n", registry.repository("acme/app")));
        sandbox.commit("Configure");
        let plan = sandbox.imgplan(&["plan", "--format", "json"]).plan();
        let (tag, hash) = (plan.only().content_tag().to_owned(), plan.only().hash().to_owned());
        registry.clear_requests();
        sandbox.append("README.md", "More.\n");
        sandbox.commit("Tell more");
        sandbox.git(&["tag", "v1.0"]);
        Project { sandbox, registry, tag, hash }
    }

    fn list(&self, name: &str, commit: &str) {
        let name = self.registry.repository(name);
        let text = format!("[[images]]\nname = \"{name}\"\ncommit = \"{commit}\"\ntags = [\"1.0\"]\n");
        self.sandbox.write("a.toml", &text);
    }
}

#[test]
fn a_commit_is_found_by_its_content() {
    let project = Project::new();
    let image = Image::new().layer("built").annotation(MARK, &project.hash);
    let digest = project.registry.push_image("acme/app", &project.tag, &image).to_string();
    project.list("acme/app", "v1.0");
    let run = project.sandbox.imgplan(&["promote", "a.toml"]).run().expect(0);
    run.shows(&[&format!("-> {digest}, from commit v1.0"), "1 entry: 1 retagged"]);
    assert_eq!(project.registry.tags("acme/app")["1.0"], digest);
    project.sandbox.imgplan(&["promote", "a.toml"]).run().expect(0).shows(&["1 entry: 1 already there"]);
}

/// A scope of the environment is for what a pipeline tries out; lists are about what everybody uses.
#[test]
fn a_scope_changes_nothing() {
    let project = Project::new();
    let image = Image::new().layer("built").annotation(MARK, &project.hash);
    project.registry.push_image("acme/app", &project.tag, &image);
    project.list("acme/app", "HEAD");
    let run = project.sandbox.imgplan(&["promote", "a.toml"]).env("IMGPLAN_SCOPE", "pr").run().expect(0);
    run.shows(&["1 entry: 1 retagged"]);
}

#[test]
fn a_commit_without_an_image_is_a_finding_that_says_what_was_looked_for() {
    let project = Project::new();
    project.list("acme/app", "v1.0");
    let run = project.sandbox.imgplan(&["promote", "a.toml"]).run().expect(5);
    run.says(&["a.toml:4:9: images[0].tags[0]: ", "there is no image", &project.tag]);

    // With the target there it cannot be told whether that was it.
    project.registry.push_image("acme/app", "1.0", &Image::new());
    project.sandbox.imgplan(&["promote", "a.toml"]).run().expect(0).shows(&["1 entry: 1 not verifiable"]);
}

#[test]
fn commits_and_repositories_that_are_none_of_the_project_are_wrong() {
    let project = Project::new();
    project.list("acme/other", "HEAD");
    let run = project.sandbox.imgplan(&["promote", "a.toml"]).run().expect(1);
    run.says(&["a.toml:4:9", "acme/other is no repository of an image of this project at HEAD"]);
    project.list("acme/app", "no-such");
    project
        .sandbox
        .imgplan(&["promote", "a.toml"])
        .run()
        .expect(1)
        .says(&["a.toml:4:9: images[0].tags[0]", "no-such"]);
    // All of them at once.
    let entry = |name: &str, commit: &str, tag: &str| {
        let name = project.registry.repository(name);
        format!("[[images]]\nname = \"{name}\"\ncommit = \"{commit}\"\ntags = [\"{tag}\"]\n")
    };
    let all = [
        entry("acme/app", "no-such", "1"),
        entry("acme/other", "HEAD", "2"),
        entry("acme/app", "0123456789", "3"),
        entry("acme/app", "no-such", "4"),
    ];
    project.sandbox.write("a.toml", &all.concat());
    let run = project.sandbox.imgplan(&["promote", "a.toml"]).run().expect(1);
    run.says(&["a.toml:4:9", "a.toml:8:9", "a.toml:12:9", "a.toml:16:9", "0123456789"]);
    assert_eq!(project.registry.requests().len(), 0);
}
