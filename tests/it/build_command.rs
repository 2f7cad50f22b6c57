//! `imgplan apply --build-command`: a builder that knows nothing of imgplan but its environment
//! (`scripts/tiny-builder`, which needs no more than a shell).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::remote::Fault;
use crate::support::run::Call;
use crate::support::{Image, Remote, Sandbox};

const TINY: &str = concat!("'", env!("CARGO_MANIFEST_DIR"), "/scripts/tiny-builder'");

fn apply(sandbox: &Sandbox, command: &str) -> Call {
    sandbox.apply(&["--build-command", command])
}

/// One line of CI: build what is new, and put the content tag on it so that the next commit finds it.
#[test]
fn a_build_is_found_by_the_next_commit() {
    let sandbox = Sandbox::small();
    let plan = apply(&sandbox, TINY).plan();
    let (commit, content) = (sandbox.sha7(), plan.only().content_tag().to_owned());
    let tags = sandbox.tags();
    assert!(tags.contains_key(&commit) && tags[&commit] == tags[&content], "{tags:?}");
    sandbox.plan(&[]).plan().only().expect("up-to-date");

    sandbox.append("README.md", "More.\n");
    sandbox.commit("Tell more");
    let failing = apply(&sandbox, "echo must not run >&2; exit 1").plan();
    assert_eq!(failing.only().digest(), Some(tags[&content].as_str()));
    assert_eq!(sandbox.tags()[&sandbox.sha7()], tags[&content]);
}

/// The builder is told tags without the content tag, which is imgplan's own.
#[test]
fn the_builder_pushes_no_content_tag() {
    let sandbox = Sandbox::small();
    let seen = sandbox.beside("seen");
    let command = format!("printf '%s' \"$IMGPLAN_TAGS\" >{}; {TINY}", seen.display());
    apply(&sandbox, &command).run().expect(0);
    let tags = fs::read_to_string(&seen).unwrap();
    assert_eq!(tags, format!("{}:{}", sandbox.repository(), sandbox.sha7()));
}

/// What is built is the commit: not the dirty tree, and no `.git`.
#[test]
fn a_build_sees_a_clean_checkout() {
    let sandbox = Sandbox::small();
    sandbox.write("app.txt", "dirty\n");
    sandbox.write("untracked.txt", "");
    let seen = sandbox.beside("seen");
    let command = format!("(cd \"$IMGPLAN_CONTEXT\" && ls -A && cat app.txt) >{}; {TINY}", seen.display());
    apply(&sandbox, &command).run().expect(0);
    assert_eq!(fs::read_to_string(&seen).unwrap(), "Dockerfile\nREADME.md\napp.txt\none\n");
    assert_eq!(sandbox.read("app.txt"), "dirty\n", "the working tree stays as it is");
}

/// A build of another commit takes that commit's files.
#[test]
fn an_older_commit_is_built_from_its_own_files() {
    let sandbox = Sandbox::small();
    sandbox.write("app.txt", "two\n");
    sandbox.commit("Another app");
    let seen = sandbox.beside("seen");
    let command = format!("cat \"$IMGPLAN_CONTEXT/app.txt\" >{}; {TINY}", seen.display());
    sandbox.apply(&["HEAD~1", "--build-command", &command]).run().expect(0);
    assert_eq!(fs::read_to_string(&seen).unwrap(), "one\n");
}

/// Parents are built first, and the child is told the parent by digest.
#[test]
fn parents_are_built_first() {
    let sandbox = Sandbox::new();
    sandbox.write("base/Dockerfile", "FROM scratch\nCOPY base.txt /\n");
    sandbox.write("base/base.txt", "base\n");
    sandbox.write("app/Dockerfile", "FROM base\n");
    sandbox.write(
        "imgplan.toml",
        "[images.app]\ncontext = \"app\"\ncontexts = { base = \"image:base\" }\n[images.base]\ncontext = \"base\"\n",
    );
    sandbox.commit("Two images");
    let seen = sandbox.beside("seen");
    let command = format!("echo \"$IMGPLAN_NAME $IMGPLAN_CONTEXTS\" >>{}; {TINY}", seen.display());
    apply(&sandbox, &command).run().expect(0);
    let seen = fs::read_to_string(&seen).unwrap();
    let lines: Vec<&str> = seen.lines().map(str::trim_end).collect();
    assert_eq!((lines.len(), lines[0]), (2, "base"), "{lines:?}");
    let base = crate::support::image::tags(&sandbox.layout().join("base"));
    assert!(lines[1].starts_with("app base="), "{lines:?}");
    assert!(lines[1].ends_with(&base[&sandbox.sha7()]), "by digest: {lines:?}");
}

/// A builder that fails is a failure, with what it said; its children are not built, other images are.
#[test]
fn a_builder_that_fails_is_reported() {
    let sandbox = Sandbox::small();
    let run = apply(&sandbox, "echo out of cheese >&2; exit 7").run();
    assert_eq!(run.code, 3, "{}", run.stderr);
    run.says(&["out of cheese", "error:", "7"]);
    assert_eq!(sandbox.tags().len(), 0);
}

/// A builder that says it is done and pushed nothing is found out.
#[test]
fn a_builder_that_pushed_nothing_is_found_out() {
    let sandbox = Sandbox::small();
    let run = apply(&sandbox, "true").run().expect(3);
    run.says(&["error:", &sandbox.sha7(), "hint: the build must push every tag that it was given"]);
}

/// One that pushed the first tag only is found out, too, before the content tag says that all is well.
#[test]
fn a_builder_that_pushed_some_tags_is_found_out() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[tags]\nfloating = [\"{branch}\"]\n");
    sandbox.commit("A floating tag");
    let first = format!("IMGPLAN_TAGS=$(echo \"$IMGPLAN_TAGS\" | head -n 1) {TINY}");
    let run = apply(&sandbox, &first).run().expect(3);
    run.says(&["images was built, but", ":main is not there", "IMGPLAN_TAGS"]);
    assert_eq!(sandbox.tags().into_keys().collect::<Vec<_>>(), [sandbox.sha7()]);
}

/// A forced build is another image; the content tag moves to it, for later commits.
#[test]
fn a_forced_build_moves_the_content_tag() {
    let sandbox = Sandbox::small();
    let first = sandbox.build_all().remove(0);
    let plan = sandbox.apply(&["--force", "--build-command", TINY]).plan();
    let tags = sandbox.tags();
    assert_ne!(tags[plan.only().content_tag()], first);
    assert_eq!(tags[&sandbox.sha7()], tags[plan.only().content_tag()]);
}

/// Another pipeline's image got there first: it keeps the content tag, and is this commit's, too, since the builder here
/// writes no mark. What becomes of marked ones is in `at_once`.
#[test]
fn the_first_image_keeps_the_content_tag() {
    let sandbox = Sandbox::small();
    let plan = sandbox.plan(&[]).plan();
    let (hash, tag) = (plan.only().hash(), plan.only().content_tag());
    // The other pipeline's image appears while ours builds.
    let elsewhere = sandbox.beside("other");
    let other = Image::new("other").marked(hash).write(&elsewhere, tag);
    let copy = format!(
        "{TINY} && cp {0}/blobs/sha256/* {1}/blobs/sha256/ && sed -i \
         's/\"manifests\":\\[/&{{\"mediaType\":\"application\\/vnd.oci.image.manifest.v1+json\",\"digest\":\"{other}\",\
         \"size\":'$(wc -c <{0}/blobs/sha256/{2})',\"annotations\":{{\"org.opencontainers.image.ref.name\":\
         \"{tag}\"}}}},/' {1}/index.json",
        elsewhere.display(),
        sandbox.layout().display(),
        other.trim_start_matches("sha256:"),
    );
    apply(&sandbox, &copy).run().expect(0);
    let tags = sandbox.tags();
    assert_eq!(tags[tag], other);
    assert_eq!(tags[&sandbox.sha7()], other);
    sandbox.plan(&[]).plan().only().expect("up-to-date");
}

/// A command that is named relative to where imgplan was started is not found in the checkout; the hint says why.
#[test]
fn a_command_that_is_not_found_says_where_it_ran() {
    let sandbox = Sandbox::small();
    let run = sandbox.apply(&["--build-command", "../build.sh"]).run().expect(3);
    run.says(&["did not build the image", "in a checkout of the commit"]);
}

/// A job with `--build` needs a builder only where there is something to build.
#[test]
fn no_builder_is_looked_for_where_nothing_is_built() {
    let sandbox = Sandbox::small();
    sandbox.build_all();
    let tools = sandbox.beside("tools");
    fs::create_dir(&tools).unwrap();
    let path = tools.display().to_string();
    let plan = sandbox.apply(&["--build"]).env("PATH", &path).plan();
    plan.only().expect("up-to-date");
    sandbox.write("app.txt", "two\n");
    sandbox.commit("Another app");
    let run = sandbox.apply(&["--build"]).env("PATH", &path).run().expect(3);
    run.plan().only().expect("build");
    run.says(&["buildx", "buildah", "podman"]);
}

/// A registry that does not answer after the build is not taken for one without the image.
#[test]
fn a_pushed_tag_that_is_not_answered_for_is_not_missing() {
    let (sandbox, remote) = (Sandbox::small(), Remote::start());
    remote.fault("acme/app", Fault::NoManifests);
    let repository = remote.repository("acme/app");
    let args = ["apply", "--build-command", "true", "--repository", &repository];
    let run = sandbox.imgplan(&args).run().expect(3).says(&["GET http", "500"]);
    assert!(!run.stderr.contains("is not there"), "{}", run.stderr);
}

/// A command that leaves the target out would build another image under the same content tag.
#[test]
fn a_command_that_leaves_something_out_is_warned_of() {
    let sandbox = Sandbox::small();
    sandbox.write("Dockerfile", "FROM scratch AS runtime\nARG A\nCOPY app.txt /\nFROM scratch\n");
    sandbox.write(
        "imgplan.toml",
        "[image]\ntarget = \"runtime\"\nbuild-args = { A = \"1\" }\nplatforms = [\"linux/amd64\"]\n",
    );
    sandbox.commit("A target");
    let plain = "echo \"$IMGPLAN_CONTEXT $IMGPLAN_TAGS\"; exit 1";
    let run = apply(&sandbox, plain).run().expect(3);
    run.says(&[
        "warning: the image images has a target, build arguments and platforms, and the build command does not name \
         IMGPLAN_TARGET, IMGPLAN_BUILD_ARGS and IMGPLAN_PLATFORMS",
    ]);
    let some = "echo \"$IMGPLAN_TAGS $IMGPLAN_TARGET $IMGPLAN_PLATFORMS\"; exit 1";
    apply(&sandbox, some)
        .run()
        .expect(3)
        .says(&["the image images has build arguments, and the build command"]);
    // What it calls reads them itself, or all are there.
    let all = "echo \"$IMGPLAN_TAGS $IMGPLAN_TARGET $IMGPLAN_PLATFORMS $IMGPLAN_BUILD_ARGS\"; exit 1";
    for silent in ["./build.sh", all] {
        let run = apply(&sandbox, silent).run().expect(3);
        assert!(!run.stderr.contains("does not name"), "{}", run.stderr);
    }
}

/// A forced build that gives the old image again is no new build, whatever the command says.
#[test]
fn a_forced_build_without_a_new_image_is_said() {
    let sandbox = Sandbox::small();
    let first = sandbox.build_all().remove(0);
    sandbox.apply(&[]).run().expect(0);
    let run = sandbox.apply(&["--force", "--build-command", "true"]).run().expect(0);
    let plan = run.plan();
    assert_eq!(plan.only().digest(), Some(first.as_str()));
    assert!(plan.only().reason().starts_with("the build ended well, and the image is the same as before"));
    assert!(run.stdout.contains("the digest did not change"), "{}", run.stdout);
    let run = sandbox.apply(&["--force", "--build-command", TINY]).run().expect(0);
    assert!(run.plan().only().reason().starts_with("built and pushed as"));
    assert!(!run.stdout.contains("did not change"), "{}", run.stdout);
}

/// A builder that was named and is not there is one sentence, not a command line.
#[test]
fn a_named_builder_that_is_not_there_is_said() {
    let sandbox = Sandbox::small();
    let tools = sandbox.beside("tools");
    fs::create_dir(&tools).unwrap();
    let path = tools.display().to_string();
    for (builder, missing) in [
        ("podman", "podman is not installed"),
        ("buildah", "buildah is not installed"),
        ("buildx", "docker is not installed"),
    ] {
        let run = sandbox.apply(&[&format!("--build={builder}")]).env("PATH", &path).run().expect(3);
        let run = run.says(&[missing, "--build-command"]);
        assert!(!run.stderr.contains("the command was"), "{}", run.stderr);
        assert!(!run.stderr.contains("docker-container"), "{}", run.stderr);
        assert_eq!(run.stderr.matches("error:").count(), 1, "{}", run.stderr);
    }
}

/// The lines that people copy: those of README and of docs/gitlab.md build the target that the image has.
#[test]
fn the_samples_build_the_target() {
    let sandbox = Sandbox::small();
    sandbox.write("Dockerfile", "FROM scratch AS runtime\nCOPY app.txt /\nFROM scratch\n");
    sandbox.write("imgplan.toml", "[image]\ntarget = \"runtime\"\n");
    sandbox.commit("A target");
    let bin = sandbox.beside("bin");
    fs::create_dir(&bin).unwrap();
    for program in ["docker", "executor"] {
        let log = sandbox.beside(program);
        fs::write(bin.join(program), format!("#!/bin/sh\necho \"$@\" >>'{}'\n", log.display())).unwrap();
        fs::set_permissions(bin.join(program), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let sample = |file: &str, start: &str, end: &str| {
        let text = fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let from = text.find(start).unwrap_or_else(|| panic!("{file} lacks {start}")) + start.len();
        text[from..].split(end).next().unwrap().to_owned()
    };
    let docker = sample("README.md", "imgplan apply --build-command '", "'\n");
    let kaniko = sample("docs/gitlab.md", "  - >-\n    /kaniko/", "\n```").replace("\n    ", " ");
    for (program, command) in [("docker", docker), ("executor", kaniko)] {
        let run = apply(&sandbox, &command).env("PATH", &path).run().expect(3).says(&["is not there"]);
        assert!(!run.stderr.contains("does not name"), "{}", run.stderr);
        let told = fs::read_to_string(sandbox.beside(program)).unwrap();
        assert!(told.contains("--target runtime") || told.contains("--target=runtime"), "{told}");
    }
}
