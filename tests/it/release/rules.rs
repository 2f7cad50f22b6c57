//! Which git tag, which rule, which image; and what a configuration gets wrong.

use super::Project;
use crate::support::Sandbox;

const LINES: &str = "[[release]]\ngit-tag = \"cuda-(?<line>[0-9.]+)-v{version}\"\n\
     tags = [\"{line}-v{version}\", \"{line}-v{major}.{minor}\", \"{line}-v{major}\", \"{line}-latest\"]\n";

/// Open Data Hub's tags.
#[test]
fn lines_are_released_side_by_side() {
    let project = Project::new(LINES);
    let old = project.tag("cuda-12.8-v1.2.3");
    project.release(&[]);
    let new = project.tag("cuda-13.0-v1.3.0");
    project.release(&[]);
    let tags = project.sandbox.tags();
    let of = |digest: &String| {
        let own = tags.iter().filter(|(tag, at)| *at == digest && !tag.starts_with("content-"));
        own.map(|(tag, _)| tag.as_str()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of(&old), "12.8-latest 12.8-v1 12.8-v1.2 12.8-v1.2.3");
    assert_eq!(of(&new), "13.0-latest 13.0-v1 13.0-v1.3 13.0-v1.3.0");
}

/// A group names the image of a monorepo; `--image` takes only this one.
#[test]
fn each_image_of_a_monorepo_has_its_own_releases() {
    let sandbox = Sandbox::new();
    for name in ["api", "web"] {
        sandbox.write(&format!("{name}/Dockerfile"), "FROM scratch\nCOPY app.txt /\n");
        sandbox.write(&format!("{name}/app.txt"), name);
    }
    sandbox.write(
        "imgplan.toml",
        "[[release]]\ngit-tag = \"(?<name>[a-z]+)-v{version}\"\nimage = \"{name}\"\n\
         [[release]]\ngit-tag = \"api-lts-{version}\"\nimage = \"api\"\ntags = [\"lts-{version}\", \"lts\"]\n\
         [images.api]\ncontext = \"api\"\n[images.web]\ncontext = \"web\"\n",
    );
    sandbox.commit("Two images");
    let digests = sandbox.build_all();
    for git_tag in ["api-v1.0.0", "web-v2.0.0", "api-lts-1.0.0", "other-v1.0.0"] {
        sandbox.git(&["tag", git_tag]);
    }
    let repository = sandbox.repository();
    let call = |args: &[&str]| {
        sandbox.imgplan(&[&["release", "--repository", &repository][..], args].concat()).run()
    };
    let at =
        |name: &str, tag: &str| crate::support::image::tags(&sandbox.layout().join(name)).get(tag).cloned();
    call(&["web-v2.0.0"]).expect(0).shows(&["web 2.0.0"]);
    assert_eq!((at("web", "2").as_ref(), at("api", "2")), (digests.get(1), None));
    call(&["api-lts-1.0.0"]).expect(0);
    assert_eq!(at("api", "lts").as_ref(), digests.first());
    call(&["api-v1.0.0", "--image", "web"]).expect(1).says(&["is a release of api, and not of web"]);
    call(&["other-v1.0.0"]).expect(1).says(&[
        "\"other\", which its commit does not have",
        "it has api and web",
        "imgplan.toml:1",
    ]);
    let run = call(&[]).expect(1).says(&["several git tags that are releases", "api-v1.0.0", "web-v2.0.0"]);
    assert!(!run.stderr.contains("other-v1.0.0"), "of an image that there is not: {}", run.stderr);
    sandbox.git(&["tag", "--delete", "api-v1.0.0", "api-lts-1.0.0"]);
    call(&[]).expect(0).shows(&["web 2.0.0"]);
}

/// Without a rule every image is released.
#[test]
fn without_a_rule_every_image_is_released() {
    let sandbox = Sandbox::new();
    sandbox.write("imgplan.toml", "[images.api]\ndockerfile = \"Dockerfile\"\n[images.web]\ndockerfile = \"Dockerfile\"\nsalt = \"1\"\n");
    sandbox.write("Dockerfile", "FROM scratch\n");
    sandbox.commit("Two images");
    sandbox.build_all();
    sandbox.git(&["tag", "1.0.0"]);
    let repository = sandbox.repository();
    let args = ["release", "--repository", &repository];
    sandbox.imgplan(&args).run().expect(0).shows(&["api 1.0.0", "web 1.0.0", "8 tags put"]);
}

#[test]
fn a_git_tag_that_is_no_release_is_told_with_the_rules() {
    let project = Project::new(LINES);
    project.tag("v1.0.0");
    let says = ["\"v1.0.0\" is no release", "cuda-(?<line>[0-9.]+)-v{version} (imgplan.toml:1)"];
    project.call(&["v1.0.0"]).run().expect(1).says(&says);
    project.call(&[]).run().expect(1).says(&["HEAD has no git tag that is a release"]);
    project
        .call(&["v7.7.7"])
        .run()
        .expect(1)
        .says(&["there is no git tag \"v7.7.7\" here", "git fetch --tags"]);
    project.call(&["main"]).run().expect(1).says(&["takes a tag, not a branch"]);
}

/// CI's own variables name the tag, also where the clone has none.
#[test]
fn the_git_tag_is_the_one_that_ci_runs_for() {
    let project = Project::new("");
    let digest = project.tag("v1.0.0");
    project.sandbox.git(&["tag", "v1.0.1"]);
    project.call(&[]).env("CI_COMMIT_TAG", "v1.0.0").run().expect(0);
    let github = |kind: &str| {
        let call = project.call(&[]).env("GITHUB_REF_TYPE", kind).env("GITHUB_REF_NAME", "v1.0.1");
        call.run()
    };
    github("branch").expect(1).says(&["several git tags"]);
    github("tag").expect(0);
    let head = project.sandbox.head();
    project.sandbox.git(&["tag", "--delete", "v1.0.0", "v1.0.1"]);
    project.call(&[]).env("CI_COMMIT_TAG", "v1.0.2").env("CI_COMMIT_SHA", &head).run().expect(0);
    for tag in ["1.0.0", "1.0.1", "1.0.2", "latest"] {
        assert_eq!(project.at(tag).as_ref(), Some(&digest), "{tag}");
    }
}

/// What a pull request's pipeline builds is not released.
#[test]
fn a_scope_has_no_releases() {
    let project = Project::new("");
    project.tag("v1.0.0");
    project.call(&[]).env("IMGPLAN_SCOPE", "pr-7").run().expect(2).says(&["IMGPLAN_SCOPE"]);
    assert_eq!(project.at("1.0.0"), None);
}

/// Build metadata is no part of the order, and `_` stands for its plus, which no tag can hold.
#[test]
fn build_metadata_is_in_the_version_tag_alone() {
    let project = Project::new("");
    let digest = project.tag("v1.0.0+build.7");
    project.release(&[]);
    assert_eq!(project.at("1.0.0_build.7").as_ref(), Some(&digest));
    assert_eq!(project.at("latest").as_ref(), Some(&digest));
}

#[test]
fn every_problem_of_the_rules_is_told_at_its_place() {
    let project = Project::new(
        "[tags]\nfloating = [\"latest\"]\n\
         [[release]]\ngit-tag = \"v(1{version}\"\n\
         [[release]]\ntags = [\"{version}\"]\n\
         [[release]]\ngit-tag = \"a-(?<line>.+)-{version}\"\nimage = \"{name}\"\n\
         [[release]]\ngit-tag = \"b-(?<line>.+)-{version}\"\nimage = \"b\"\ntags = [\"{version}\", \"{lime}\", \"latest\", \"{sha:7}\"]\n\
         [[release]]\ngit-tag = \"c-{version}\"\nimage = \"c\"\ntags = [\"{major}\"]\n\
         [[release]]\ngit-tag = \"d-(?<a>.+)-{version}\"\nimage = \"d\"\ntags = [\"{a}-{version}\"]\n\
         [[release]]\ngit-tag = \"e-(?<b>.+)-{version}\"\nimage = \"d\"\ntags = [\"{b}-{version}\"]\n\
         [[release]]\ngit-tag = \"x-{version}\"\nimages = [\"x\"]\nimage = \"x\"\n",
    );
    let run = project.call(&["v1.0.0"]).run().expect(1);
    insta::assert_snapshot!("problems", run.snapshot());
}

/// Long before a tag is pushed.
#[test]
fn a_check_finds_a_rule_for_an_image_that_there_is_not() {
    let sandbox = Sandbox::new();
    sandbox.write("web/Dockerfile", "FROM scratch\n");
    sandbox.write(
        "imgplan.toml",
        "[[release]]\ngit-tag = \"web-v{version}\"\nimage = \"wbe\"\n[images.web]\ncontext = \"web\"\n",
    );
    sandbox.commit("One image");
    let run = sandbox.fails(&["check"], 1);
    run.says(&["imgplan.toml:3:9: release[0].image: there is no image \"wbe\"", "did you mean `web`?"]);
}
