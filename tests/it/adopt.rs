//! Images of other commits: a project whose registry knows nothing but commit tags, as every project has it before
//! imgplan comes.

use crate::support::plan::texts;
use crate::support::remote::Fault;
use crate::support::{Image, Plan, Remote, Run, Sandbox};

const PATH: &str = "group/project";

/// A Renku project in which each commit with another content has an image under its commit tag, built by others.
struct Project {
    sandbox: Sandbox,
    remote: Remote,
}

impl Project {
    fn new() -> Project {
        let sandbox = Sandbox::fixture("renku-python");
        Project { sandbox, remote: Remote::with_tokens() }
    }

    /// An image under the commit tag of HEAD, without any mark; its digest.
    fn built(&self) -> String {
        let tag = self.sandbox.sha7();
        self.remote.push(PATH, &tag, &Image::new(&format!("built for {tag}")))
    }

    /// A commit that changes nothing that is read.
    fn idle(&self, words: &str) {
        self.sandbox.append("README.md", words);
        self.sandbox.commit(words);
    }

    fn run(&self, args: &[&str]) -> Run {
        let repository = self.remote.repository(PATH);
        let all = [&args[..1], &["--format", "json", "--repository", &repository], &args[1..]].concat();
        self.remote.login(self.sandbox.imgplan(&all)).run()
    }

    #[track_caller]
    fn plan(&self, args: &[&str]) -> Plan {
        self.run(&[&["plan"], args].concat()).expect(0).plan()
    }
}

#[track_caller]
fn says(plan: &Plan, text: &str) {
    let said = format!("{}\n{}", plan.only().reason(), plan.only().list("warnings").join("\n"));
    assert!(said.contains(text), "{text:?} is not in {said}");
}

/// The whole way: the plan says that it could be adopted, `apply --adopt` retags, then all is as if imgplan had built it.
#[test]
fn a_project_with_nothing_but_commit_tags_is_adopted() {
    let project = Project::new();
    let digest = project.built();
    let first = project.sandbox.sha7();
    project.idle("More words.\n");
    project.idle("Yet more words.\n");

    let plan = project.plan(&[]);
    plan.only().expect("build");
    says(&plan, &format!("commit {first}"));
    says(&plan, "--adopt");
    assert_eq!(
        texts(&plan.only().build()["cache_from"]),
        [format!("{}:{first}", project.remote.repository(PATH))]
    );

    let plan = project.plan(&["--adopt"]);
    plan.only().expect("retag");
    assert_eq!((plan.only().how(), plan.only().digest()), (Some("commit"), Some(digest.as_str())));
    assert_eq!(plan.only().field("from")["tag"], first.as_str());
    says(&plan, "assumed");

    project.run(&["apply", "--adopt"]).expect(0).plan().only().expect("up-to-date");
    let tag = project.sandbox.sha7();
    assert_eq!(project.remote.digest(PATH, &tag), Some(digest.clone()));
    assert_eq!(project.remote.digest(PATH, plan.only().content_tag()), Some(digest.clone()));
    project.run(&["apply"]).expect(0).plan().only().expect("up-to-date");

    // The next commit is found by its content, and nobody has to adopt anything.
    project.idle("The last words.\n");
    let plan = project.plan(&[]);
    plan.only().expect("retag");
    assert_eq!(plan.only().how(), Some("content"));
}

/// The reason of a build names what changed since the nearest commit with an image, which is its cache.
#[test]
fn a_build_says_what_changed() {
    let project = Project::new();
    project.built();
    project.sandbox.append("requirements.txt", "pandas\n");
    project.sandbox.commit("Add pandas");
    project.built();
    let nearest = project.sandbox.sha7();
    project.idle("More words.\n");
    project.sandbox.append("requirements.txt", "polars\n");
    project.sandbox.commit("Add polars");
    let plan = project.plan(&["--adopt"]);
    plan.only().expect("build");
    says(&plan, &format!("since commit {nearest}, requirements.txt changed"));
    assert_eq!(
        texts(&plan.only().build()["cache_from"]),
        [format!("{}:{nearest}", project.remote.repository(PATH))]
    );
}

/// After a revert it is an older commit's image, not the nearest one's.
#[test]
fn a_revert_finds_the_older_commit() {
    let project = Project::new();
    let (digest, first) = (project.built(), project.sandbox.sha7());
    project.sandbox.append("requirements.txt", "pandas\n");
    project.sandbox.commit("Add pandas");
    project.built();
    project.sandbox.replace("requirements.txt", "pandas\n", "");
    project.sandbox.commit("No pandas");
    let plan = project.plan(&["--adopt"]);
    plan.only().expect("retag");
    assert_eq!(plan.only().digest(), Some(digest.as_str()));
    assert_eq!(plan.only().field("from")["tag"], first.as_str());
}

/// The limit holds, can be set both ways, and is said.
#[test]
fn how_far_it_is_looked_can_be_set() {
    let project = Project::new();
    project.built();
    for words in ["One.\n", "Two.\n", "Three.\n"] {
        project.idle(words);
    }
    let plan = project.plan(&["--adopt", "--history", "2"]);
    plan.only().expect("build");
    says(&plan, "last 2 commits");
    project.plan(&["--adopt", "--history", "3"]).only().expect("retag");
    project.sandbox.write("imgplan.toml", "history = 2\nadopt = true\n");
    project.plan(&[]).only().expect("build");
    project.plan(&["--history", "3"]).only().expect("retag");
    let before = project.remote.requests().len();
    project.plan(&["--history", "0"]).only().expect("build");
    let requests = project.remote.requests().split_off(before);
    assert!(!requests.iter().any(|request| request.contains("/tags/list")), "{requests:#?}");
}

/// In a shallow clone the limit is what is there, and the plan says so.
#[test]
fn a_shallow_clone_says_how_far_it_goes() {
    let project = Project::new();
    project.built();
    project.idle("One.\n");
    project.idle("Two.\n");
    let clone = project.sandbox.beside("clone");
    let url = format!("file://{}", project.sandbox.root().display());
    project.sandbox.git(&["clone", "--quiet", "--depth", "2", &url, clone.to_str().unwrap()]);
    let plan = project.plan(&["--adopt", "-C", clone.to_str().unwrap()]);
    plan.only().expect("build");
    says(&plan, "shallow");
}

/// A list that cannot be had is never "no such image": where images are to be adopted nothing is known without it, and a
/// build says that it could not be asked.
#[test]
fn a_list_that_fails_is_said() {
    let project = Project::new();
    project.built();
    project.idle("One.\n");
    project.remote.fault(PATH, Fault::NoTags);
    let run = project.run(&["plan", "--adopt"]).expect(3).says(&["/tags/list"]);
    run.plan().only().expect("unknown");
    let plan = project.plan(&[]);
    plan.only().expect("build");
    says(&plan, "could not be asked");
    says(&plan, "earlier commits could not be looked at");
    says(&plan, "/tags/list");
}

/// An equal mark is proof enough; another one is proof of the contrary, whatever is to be adopted.
#[test]
fn marks_go_before_what_is_said() {
    let project = Project::new();
    let hash = project.plan(&[]).only().hash().to_owned();
    let tag = project.sandbox.sha7();
    project.idle("One.\n");
    project.remote.push(PATH, &tag, &Image::new("another").marked(&"0".repeat(64)));
    project.plan(&["--adopt"]).only().expect("build");
    let digest = project.remote.push(PATH, &tag, &Image::new("this one").marked(&hash));
    let plan = project.plan(&[]);
    plan.only().expect("retag");
    assert_eq!((plan.only().how(), plan.only().digest()), (Some("commit"), Some(digest.as_str())));
    project.run(&["apply"]).expect(0);
    assert_eq!(project.remote.digest(PATH, plan.only().content_tag()), Some(digest));
}

/// Nothing unmarked is adopted where marks are required.
#[test]
fn required_marks_leave_nothing_to_adopt() {
    let project = Project::new();
    project.built();
    project.sandbox.write("imgplan.toml", "verify = \"required\"\nadopt = true\n");
    project.sandbox.commit("Marks are required");
    let plan = project.plan(&[]);
    plan.only().expect("build");
    assert!(!plan.only().reason().contains("--adopt"), "{}", plan.only().reason());
}

/// An image that could not be used anyway is not adopted, and the plan says why.
#[test]
fn an_adopted_image_must_be_usable() {
    let sandbox = Sandbox::small();
    sandbox.write(
        "imgplan.toml",
        "[image]\nplatforms = [\"linux/amd64\", \"linux/arm64\"]\nmax-age = \"30d\"\n",
    );
    sandbox.commit("Two platforms");
    let tag = sandbox.sha7();
    sandbox.write("README.md", "More.\n");
    sandbox.commit("More");
    let both = ["linux/amd64", "linux/arm64"];
    let lacking = Image::new("one platform").created("2999-01-01T00:00:00Z");
    let old = Image::new("old").platforms(&both).created("2001-01-01T00:00:00Z");
    for (image, why) in [(lacking, "lacks linux/arm64"), (old, "older than max-age")] {
        sandbox.image(&tag, &image);
        let plan = sandbox.plan(&["--adopt"]).plan();
        plan.only().expect("build");
        says(&plan, why);
    }
    let good = Image::new("good").platforms(&both).created("2999-01-01T00:00:00Z");
    let digest = sandbox.image(&tag, &good);
    let plan = sandbox.apply(&["--adopt"]).plan();
    plan.only().expect("up-to-date");
    assert_eq!(sandbox.tags().get(plan.only().content_tag()), Some(&digest));
}

/// On a folder of layouts it is the same.
#[test]
fn layouts_are_searched_too() {
    let sandbox = Sandbox::small();
    let first = sandbox.sha7();
    let digest = sandbox.image(&first, &Image::new("by hand"));
    sandbox.append("README.md", "More.\n");
    sandbox.commit("More");
    let plan = sandbox.plan(&[]).plan();
    plan.only().expect("build");
    says(&plan, &format!("--adopt would use its image {first}"));
    sandbox.apply(&["--adopt"]).plan().only().expect("up-to-date");
    assert_eq!(sandbox.tags().get(&sandbox.sha7()), Some(&digest));
    sandbox.apply(&[]).plan().only().expect("up-to-date");
}

/// A tag that names no commit is no commit's image, though it looks like one of this commit's.
#[test]
fn a_template_without_an_id_finds_nothing() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "adopt = true\n[tags]\ncommit = \"{branch}\"\n");
    sandbox.commit("A tag a branch");
    sandbox.image("main", &Image::new("of some commit").marked(&"0".repeat(64)));
    sandbox.git(&["checkout", "--quiet", "-b", "other"]);
    sandbox.append("README.md", "More.\n");
    sandbox.commit("More");
    sandbox.plan(&[]).plan().only().expect("build");
}

/// Parents that were not asked for are looked for, too.
#[test]
fn a_parent_is_adopted_with_its_child() {
    let sandbox = Sandbox::new();
    sandbox.write("base/Dockerfile", "FROM scratch\nCOPY file /\n");
    sandbox.write("base/file", "base\n");
    sandbox.write("app/Dockerfile", "FROM base\nCOPY file /\n");
    sandbox.write("app/file", "app\n");
    sandbox.write(
        "imgplan.toml",
        "[images.base]\ncontext = \"base\"\n[images.app]\ncontext = \"app\"\ncontexts = { base = \"image:base\" }\n",
    );
    sandbox.commit("Two images");
    let first = sandbox.sha7();
    let base = sandbox.image_of("base", &first, &Image::new("base"));
    sandbox.write("app/file", "another app\n");
    sandbox.commit("Another app");
    let plan = sandbox.plan(&["--image", "app", "--adopt"]).plan();
    plan.only().expect("build");
    let context = plan.only().build()["contexts"]["base"].as_str().unwrap();
    assert!(context.ends_with(&format!("@{base}")), "{context}");
}
