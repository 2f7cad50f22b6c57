//! Which images, which repository, which tags: `--image`, `--scope`, and the order in which repositories are taken.

use crate::support::plan::texts;
use crate::support::{Image, Remote, Sandbox};

/// Two images, the second on the first.
fn two() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("base/Dockerfile", "FROM scratch\nCOPY base.txt /\n");
    sandbox.write("base/base.txt", "base\n");
    sandbox.write("app/Dockerfile", "FROM base\nCOPY app.txt /\n");
    sandbox.write("app/app.txt", "app\n");
    sandbox.write("docs/Dockerfile", "FROM scratch\nCOPY index.html /\n");
    sandbox.write("docs/index.html", "docs\n");
    sandbox.write(
        "imgplan.toml",
        "[images.app]\ncontext = \"app\"\ncontexts = { base = \"image:base\" }\n\n\
         [images.base]\ncontext = \"base\"\n\n[images.docs]\ncontext = \"docs\"\n",
    );
    sandbox.commit("Three images");
    sandbox
}

/// Each of `[images.NAME]` lives in `<repository>/<NAME>`, and parents stand first.
#[test]
fn named_images_live_below_the_repository() {
    let sandbox = two();
    let plan = sandbox.plan(&[]).plan();
    let place = |name| plan.names().iter().position(|&other| other == name);
    assert!(place("base") < place("app"), "{:?}", plan.names());
    for name in ["base", "app", "docs"] {
        assert_eq!(plan.image(name).text("repository"), format!("{}/{name}", sandbox.repository()));
    }
}

/// `--image` plans that image; its parents stand in the plan only if they must be built.
#[test]
fn one_image_is_planned_with_the_parents_it_needs() {
    let sandbox = two();
    assert_eq!(sandbox.plan(&["--image", "app"]).plan().actions(), ["base: build", "app: build"]);
    assert_eq!(
        sandbox.plan(&["--image", "docs", "--image", "base"]).plan().names().len(),
        2,
        "repeatable, and nothing besides"
    );
    let base = sandbox.plan(&["--image", "base"]).plan();
    let (hash, tag) = (base.image("base").hash(), base.image("base").content_tag());
    sandbox.image_of("base", tag, &Image::new("base").marked(hash));
    assert_eq!(sandbox.plan(&["--image", "app"]).plan().actions(), ["app: build"]);
}

/// An image that does not exist is an error that names those that do.
#[test]
fn an_unknown_image_is_an_error() {
    let sandbox = two();
    let run = sandbox.plan(&["--image", "ap"]).run();
    assert!([1, 2].contains(&run.code), "{}", run.stderr);
    run.says(&["ap", "app"]);
}

/// A scope stands before every tag that is written; the content hash stays.
#[test]
fn a_scope_stands_before_every_tag() {
    let sandbox = Sandbox::small();
    let plain = sandbox.plan(&[]).plan();
    let scoped = sandbox.plan(&["--scope", "pr-7"]).plan();
    let image = scoped.only();
    assert_eq!(image.hash(), plain.only().hash());
    assert_eq!(image.list("tags"), [format!("pr-7-{}", sandbox.sha7())]);
    for reference in texts(&image.build()["tags"]) {
        assert!(reference.contains(":pr-7-"), "{reference}");
    }
    let content = format!("pr-7-{}", plain.only().content_tag());
    sandbox.image(&content, &Image::new("scoped").marked(image.hash()));
    sandbox.plan(&["--scope", "pr-7"]).plan().only().expect("retag");
    sandbox.apply(&["--scope", "pr-7"]).run().expect(0);
    let tags: Vec<String> = sandbox.tags().into_keys().collect();
    assert_eq!(tags, [format!("pr-7-{}", sandbox.sha7()), content]);
}

/// Flag, then `IMGPLAN_REPOSITORY`, then the file, then `CI_REGISTRY_IMAGE`.
#[test]
fn the_repository_is_taken_in_this_order() {
    let sandbox = Sandbox::small();
    let remote = Remote::start();
    let layout = |name: &str| format!("oci:{}", sandbox.beside(name).display());
    let (flag, variable, file) = (layout("flag"), layout("variable"), layout("file"));
    let ci = remote.repository("group/project");
    let repository = |args: &[&str], env: &[(&str, &str)]| {
        let call = sandbox.imgplan(&[&["plan", "--format", "json"], args].concat());
        let call = env.iter().fold(call, |call, (key, value)| call.env(key, value));
        call.plan().only().text("repository").to_owned()
    };
    let ci_env = [("CI_REGISTRY_IMAGE", ci.as_str()), ("GITLAB_CI", "true")];
    let both = [("IMGPLAN_REPOSITORY", variable.as_str()), ci_env[0], ci_env[1]];
    assert_eq!(repository(&[], &ci_env), ci);
    sandbox.write("imgplan.toml", &format!("repository = \"{file}\"\n"));
    sandbox.commit("A repository");
    assert_eq!(repository(&[], &ci_env), file);
    assert_eq!(repository(&[], &both), variable);
    assert_eq!(repository(&["--repository", &flag], &both), flag);
}

/// A project's own image is named after the repository's last part.
#[test]
fn the_own_image_bears_the_repositorys_name() {
    let sandbox = Sandbox::small();
    let remote = Remote::start();
    let repository = remote.repository("group/project");
    let plan = sandbox.imgplan(&["plan", "--format", "json", "--repository", &repository]).plan();
    assert_eq!(plan.names(), ["project"]);
    assert_eq!(plan.only().text("repository"), repository);
}

/// `-C DIR` and a subfolder both find the project.
#[test]
fn the_project_is_found_from_anywhere() {
    let sandbox = Sandbox::small();
    let hash = sandbox.hash_at("HEAD");
    sandbox.write("sub/deep/file", "");
    assert_eq!(sandbox.plan(&[]).dir("sub/deep").plan().only().hash(), hash);
    let root = sandbox.root();
    let call = sandbox.plan(&["-C", root.to_str().unwrap()]).dir("..");
    assert_eq!(call.plan().only().hash(), hash);
}

/// The commit tag is a template; none at all is allowed, where a registry limits the tags of an image.
#[test]
fn the_commit_tag_is_configured() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[tags]\ncommit = \"git-{sha:12}\"\n");
    let id = sandbox.commit("Longer tags");
    assert_eq!(sandbox.plan(&[]).plan().only().list("tags"), [format!("git-{}", &id[..12])]);
    sandbox.write("imgplan.toml", "[tags]\ncommit = false\n");
    sandbox.commit("No commit tags");
    let plan = sandbox.plan(&[]).plan();
    assert_eq!(plan.only().list("tags"), [""; 0]);
    sandbox.image(plan.only().content_tag(), &Image::new("x").marked(plan.only().hash()));
    sandbox.plan(&[]).plan().only().expect("up-to-date");
}

/// `FROM` of an image's own repository means that image, wherever this run keeps its images: here in `oci:`, while the
/// project's place is known from the remote alone.
#[test]
fn a_parent_by_repository_is_one_in_every_run() {
    let sandbox = Sandbox::new();
    sandbox.git(&["remote", "add", "origin", "https://github.com/acme/shop.git"]);
    sandbox.write("base/Dockerfile", "FROM scratch\nCOPY base.txt /\n");
    sandbox.write("base/base.txt", "base\n");
    sandbox.write("app/Dockerfile", "FROM ghcr.io/acme/shop/base\n");
    sandbox.write("imgplan.toml", "[images.app]\ncontext = \"app\"\n\n[images.base]\ncontext = \"base\"\n");
    sandbox.commit("Two images");
    let first = sandbox.plan(&[]).plan();
    assert_eq!(first.image("app").list("depends_on"), ["base"]);

    let text = sandbox.read("imgplan.toml");
    sandbox.write("imgplan.toml", &format!("repository = \"ghcr.io/acme/shop\"\n\n{text}"));
    sandbox.commit("Name the repository");
    assert_eq!(sandbox.plan(&[]).plan().image("app").hash(), first.image("app").hash());
}
