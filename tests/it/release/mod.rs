//! `imgplan release`: version tags and floating tags on the image of a git tag's commit.

mod content;
mod interrupted;
mod order;
mod rules;
mod tekton;

use crate::support::Sandbox;
use crate::support::run::{Call, Run};

/// A project with an image in a layout, and releases.
struct Project {
    sandbox: Sandbox,
}

impl Project {
    fn new(configuration: &str) -> Project {
        let sandbox = Sandbox::small();
        if !configuration.is_empty() {
            sandbox.write("imgplan.toml", configuration);
            sandbox.commit("Say which tags are releases");
        }
        Project { sandbox }
    }

    /// A commit that changes the inputs, its image, and a git tag; the image's digest.
    fn tag(&self, git_tag: &str) -> String {
        self.sandbox.write("app.txt", git_tag);
        self.sandbox.commit(&format!("Work on {git_tag}"));
        let digest = self.sandbox.build_all().remove(0);
        self.sandbox.git(&["tag", git_tag]);
        digest
    }

    fn call(&self, args: &[&str]) -> Call {
        let repository = self.sandbox.repository();
        self.sandbox.imgplan(&[&["release", "--repository", &repository][..], args].concat())
    }

    fn release(&self, args: &[&str]) -> Run {
        self.call(args).run().expect(0)
    }

    fn at(&self, tag: &str) -> Option<String> {
        self.sandbox.tags().get(tag).cloned()
    }
}

/// The main path as a person sees it: the second release moves what the first had, a patch of an old line only its line.
#[test]
fn releases_are_shown() {
    let project = Project::new("");
    let first = project.tag("v1.1.0");
    insta::assert_snapshot!("first", project.release(&["v1.1.0"]).snapshot());
    let second = project.tag("v1.2.0");
    insta::assert_snapshot!("second", project.release(&["v1.2.0"]).snapshot());
    project.sandbox.git(&["checkout", "--quiet", "v1.1.0"]);
    let patch = project.tag("v1.1.1");
    insta::assert_snapshot!("dry_run", project.release(&["--dry-run"]).snapshot());
    assert_eq!(project.at("1.1.1"), None, "nothing was written");
    insta::assert_snapshot!("patch", project.release(&[]).snapshot());
    for (tag, digest) in [
        ("1.1.0", &first),
        ("1.2.0", &second),
        ("1.1.1", &patch),
        ("1.1", &patch),
        ("1.2", &second),
        ("1", &second),
        ("latest", &second),
    ] {
        assert_eq!(project.at(tag).as_ref(), Some(digest), "{tag}");
    }
    insta::assert_snapshot!("again", project.release(&["v1.1.0"]).snapshot());
}
