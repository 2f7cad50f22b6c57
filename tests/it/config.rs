//! `imgplan.toml` through the binary: parents and children, circles, and what is read from which commit.

use crate::support::Sandbox;

const PARENT: &str = "FROM scratch\nCOPY base.txt /\n";

/// `base` and `app`, where `app` stands on `base` by a named context.
fn family() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("base/Dockerfile", PARENT);
    sandbox.write("base/base.txt", "base\n");
    sandbox.write("app/Dockerfile", "FROM base\nCOPY app.txt /\n");
    sandbox.write("app/app.txt", "app\n");
    sandbox.write(
        "imgplan.toml",
        "[images.app]\ncontext = \"app\"\ncontexts = { base = \"image:base\" }\n\n[images.base]\ncontext = \"base\"\n",
    );
    sandbox.commit("Two images");
    sandbox
}

/// The hash of each image, in the order of the plan.
fn hashes(sandbox: &Sandbox) -> Vec<String> {
    sandbox.plan(&[]).plan().images().iter().map(|image| image.hash().to_owned()).collect()
}

/// A parent by a named context: it stands first, the child names it, and the builder is told where it will be.
#[test]
fn a_parent_by_context() {
    let sandbox = family();
    let plan = sandbox.plan(&[]).plan();
    assert_eq!(plan.names(), ["base", "app"]);
    assert_eq!(plan.image("app").list("depends_on"), ["base"]);
    assert_eq!(plan.image("base").list("depends_on"), [""; 0]);
    let told = plan.image("app").build()["contexts"]["base"].as_str().expect("the parent").to_owned();
    assert!(
        told.contains(plan.image("base").content_tag()),
        "by content tag while it is to be built: {told}"
    );

    let digests = sandbox.build_all();
    sandbox.write("app/app.txt", "another\n");
    sandbox.commit("Another app");
    let plan = sandbox.plan(&[]).plan();
    assert_eq!(plan.actions(), ["base: retag", "app: build"]);
    let told = plan.image("app").build()["contexts"]["base"].as_str().expect("the parent").to_owned();
    assert!(told.contains(&digests[0]), "by digest once it is there: {told}");
}

/// A parent by `FROM` of its repository, as written; with another tag it is somebody else's image.
#[test]
fn a_parent_by_its_repository() {
    let sandbox = family();
    let remote = crate::support::Remote::start();
    let shop = remote.repository("acme/shop");
    sandbox.write(
        "imgplan.toml",
        &format!("repository = \"{shop}\"\n\n[images.app]\ncontext = \"app\"\n\n[images.base]\ncontext = \"base\"\n"),
    );
    let plan_with = |from: &str| {
        sandbox.write("app/Dockerfile", &format!("FROM {from}\nCOPY app.txt /\n"));
        sandbox.commit(from);
        sandbox.imgplan(&["plan", "--format", "json"]).plan()
    };
    for from in [format!("{shop}/base"), format!("{shop}/base:latest"), format!("{shop}/base:abc1234")] {
        let plan = plan_with(&from);
        assert_eq!(plan.names(), ["base", "app"], "{from}");
        assert_eq!(plan.image("app").list("depends_on"), ["base"], "{from}");
        let contexts = &plan.image("app").build()["contexts"];
        assert!(contexts.get(&from).is_some(), "the name as written: {contexts}");
    }
    for from in [format!("{shop}/base:1.2"), format!("{shop}/base@sha256:{}", "0".repeat(64))] {
        assert_eq!(plan_with(&from).image("app").list("depends_on"), [""; 0], "{from}");
    }
}

/// A change of a parent reaches its children, a change of a child only itself.
#[test]
fn a_parents_change_reaches_its_children() {
    let sandbox = family();
    let before = hashes(&sandbox);
    sandbox.write("base/base.txt", "another\n");
    sandbox.commit("Another base");
    let base = hashes(&sandbox);
    assert!(base[0] != before[0] && base[1] != before[1]);
    sandbox.write("base/base.txt", "base\n");
    sandbox.write("app/app.txt", "another\n");
    sandbox.commit("Another app");
    let app = hashes(&sandbox);
    assert!(app[0] == before[0] && app[1] != before[1]);
}

/// Images that stand on each other in a circle cannot be built; the error names them.
#[test]
fn a_circle_is_an_error() {
    let sandbox = family();
    sandbox.append("imgplan.toml", "contexts = { app = \"image:app\" }\n");
    sandbox.commit("Round and round");
    for command in ["plan", "check"] {
        sandbox.fails(&[command, "--repository", &sandbox.repository()], 1).says(&[
            "imgplan.toml:",
            "app",
            "base",
        ]);
    }
}

/// What enters the hash is the commit's own; what does not is the present file's.
#[test]
fn definitions_are_the_commits_and_policy_is_the_present_files() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[image]\nsalt = \"a\"\n");
    sandbox.commit("Salted");
    let old = sandbox.hash_at("HEAD");
    // Not committed: the image table of the working tree is not read, the rest is.
    sandbox.write("imgplan.toml", "[tags]\ncommit = \"new-{sha:8}\"\n\n[image]\nsalt = \"b\"\n");
    let plan = sandbox.plan(&[]).plan();
    assert_eq!(plan.only().hash(), old);
    assert_eq!(plan.only().list("tags"), [format!("new-{}", &sandbox.head()[..8])]);
    let tags = sandbox.commit("Another salt, other tags");
    assert_ne!(sandbox.hash_at("HEAD"), old);
    let plan = sandbox.plan(&["HEAD~1"]).plan();
    assert_eq!(plan.only().hash(), old, "{tags}");
    assert!(plan.only().list("tags")[0].starts_with("new-"), "policy is the present file's");
}

/// A commit from before there was a file is read with the present definitions, and stderr says so.
#[test]
fn a_commit_from_before_the_file_is_read_with_the_present_one() {
    let sandbox = Sandbox::new();
    sandbox.write("base/Dockerfile", PARENT);
    sandbox.write("base/base.txt", "base\n");
    sandbox.commit("No configuration yet");
    sandbox.write("imgplan.toml", "[images.base]\ncontext = \"base\"\n");
    sandbox.commit("Configure");
    let run = sandbox.plan(&["HEAD~1"]).run().expect(0).says(&["imgplan.toml"]);
    let other = family();
    let base = other.plan(&["--image", "base"]).plan();
    assert_eq!(run.plan().image("base").hash(), base.image("base").hash(), "content, not history, decides");
}

/// `--config FILE` is used for all of it.
#[test]
fn a_named_file_is_used_for_all() {
    let sandbox = Sandbox::small();
    let hash = sandbox.hash_at("HEAD");
    let file = sandbox.beside("other.toml");
    std::fs::write(&file, "[tags]\ncommit = \"{sha:9}\"\n[image]\nsalt = \"x\"\n").unwrap();
    let plan = sandbox.plan(&["--config", file.to_str().unwrap()]).plan();
    assert_ne!(plan.only().hash(), hash);
    assert_eq!(plan.only().list("tags")[0].len(), 9);
}

/// Where the image lives, what it is called, how it is tagged: none of it is content.
#[test]
fn names_are_not_content() {
    let sandbox = Sandbox::small();
    let hash = sandbox.hash_at("HEAD");
    sandbox.write("imgplan.toml", "adopt = true\n[tags]\ncommit = \"x{sha:7}\"\n[images.other]\n");
    sandbox.commit("Another name");
    assert_eq!(sandbox.hash_at("HEAD"), hash);
}

/// What decides the build is content: each of these alone changes the hash.
#[test]
fn what_decides_the_build_is_content() {
    let sandbox = Sandbox::small();
    sandbox.write("Dockerfile", "FROM scratch AS a\nARG V=1\nCOPY app.txt /$V\nFROM a\nLABEL x=y\n");
    sandbox.write("certs/a.pem", "");
    sandbox.commit("Two stages and an argument");
    let plain = sandbox.hash_at("HEAD");
    let settings = [
        "target = \"a\"",
        "build-args = { V = \"2\" }",
        "platforms = [\"linux/amd64\"]",
        "platforms = [\"linux/arm64\"]",
        "salt = \"x\"",
        "extra-inputs = [\"certs/**\"]",
        "inputs = [\"app.txt\", \"README.md\"]",
    ];
    let mut seen = vec![plain.clone()];
    for setting in settings {
        sandbox.write("imgplan.toml", &format!("[image]\n{setting}\n"));
        sandbox.commit(setting);
        let hash = sandbox.hash_at("HEAD");
        assert!(!seen.contains(&hash), "{setting}");
        seen.push(hash);
    }
    for setting in
        ["build-args = { UNDECLARED = \"2\" }", "volatile-args = [\"V\"]\nbuild-args = { V = \"3\" }"]
    {
        sandbox.write("imgplan.toml", &format!("[image]\n{setting}\n"));
        sandbox.commit(setting);
        let first = sandbox.hash_at("HEAD");
        sandbox.write("imgplan.toml", &format!("[image]\n{}\n", setting.replace(['2', '3'], "4")));
        sandbox.commit("Another value that does not count");
        assert_eq!(sandbox.hash_at("HEAD"), first, "{setting}");
    }
}

/// What is in .git may hold the token that cloned the repository: no build gets it.
#[test]
fn nothing_in_git_is_generated() {
    let sandbox = Sandbox::small();
    for path in [".git/", ".git/config", "sub/.GIT/config"] {
        sandbox.write("imgplan.toml", &format!("[image]\ngenerated = {{ {path:?} = [\"Dockerfile\"] }}\n"));
        sandbox.fails(&["check"], 1).says(&["what is in .git is not generated"]);
    }
}

/// A generated file counts by what it is made from.
#[test]
fn a_generated_file_counts_by_its_sources() {
    let sandbox = Sandbox::small();
    sandbox.append("Dockerfile", "COPY dist/ /dist/\n");
    sandbox.write("src/main.js", "1\n");
    sandbox.write("imgplan.toml", "[image]\ngenerated = { \"dist/\" = [\"src/**\"] }\n");
    sandbox.commit("Copy what is generated");
    let hash = sandbox.hash_at("HEAD");
    sandbox.write("src/main.js", "2\n");
    sandbox.commit("Another source");
    assert_ne!(sandbox.hash_at("HEAD"), hash);
}

/// The project's own image is named after the repository's last part, unless a table has that name.
#[test]
fn two_images_never_have_one_name() {
    let sandbox = Sandbox::small();
    sandbox.write("shop/Dockerfile", "FROM scratch\n");
    sandbox
        .write("imgplan.toml", "[image]\ndockerfile = \"Dockerfile\"\n\n[images.shop]\ncontext = \"shop\"\n");
    sandbox.commit("A shop in a shop");
    let plan = |repository: &str| {
        let args = ["plan", "--format", "json", "--repository", repository];
        sandbox.imgplan(&args).run().plan().names().join(" ")
    };
    assert_eq!(plan("oci:shop"), "self shop");
    assert_eq!(plan("oci:market"), "market shop");
}

/// What the policy refuses has no place in a plan, and so no image can be built on it.
#[test]
fn a_child_of_a_refused_parent_is_not_planned() {
    let sandbox = Sandbox::new();
    sandbox.write("Dockerfile", "FROM scratch\nCOPY . /\n");
    sandbox.write("app/Dockerfile", "FROM base\n");
    sandbox.write("other/Dockerfile", "FROM scratch\n");
    sandbox.write(
        "imgplan.toml",
        "git-directory = \"refuse\"\n[images.base]\ncontext = \".\"\n[images.app]\ncontext = \"app\"\n\
         contexts = { base = \"image:base\" }\n[images.other]\ncontext = \"other\"\n",
    );
    sandbox.commit("Refused");
    let run = sandbox.plan(&[]).run().expect(1);
    assert_eq!(run.plan().names(), ["other"]);
    run.says(&["Dockerfile:2", ".git", "app cannot be planned", "base"]);
}
