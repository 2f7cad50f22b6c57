//! `imgplan check`: configuration and Dockerfiles, offline; findings name the line.

use crate::support::Sandbox;

/// A sound project: exit 0, without a repository, without a registry, without writing.
#[test]
fn a_sound_project_passes_offline() {
    for name in ["renku-python", "renku-r", "renku-bioc", "renku-julia", "renku-minimal", "docker-stacks"] {
        let sandbox = Sandbox::fixture(name);
        sandbox.imgplan(&["check"]).run().expect(0);
        assert!(!sandbox.root().join(".git/imgplan").exists(), "{name}");
    }
}

/// A copied root with `.git` in it is a finding with its line: warned about, refused or allowed by configuration.
#[test]
fn a_build_that_sees_git_is_named() {
    let sandbox = Sandbox::new();
    sandbox.write("Dockerfile", "FROM scratch\n\nCOPY . /app\n");
    sandbox.commit("Copy all");
    sandbox.imgplan(&["check"]).run().expect(0).shows(&[".git", "Dockerfile:3"]);
    sandbox.write(".dockerignore", ".git\n");
    sandbox.commit("Ignore .git");
    let run = sandbox.imgplan(&["check"]).run().expect(0);
    assert!(!run.stdout.contains("Dockerfile:3"), "{}", run.stdout);
    sandbox.remove(".dockerignore");
    sandbox.write("imgplan.toml", "git-directory = \"refuse\"\n");
    sandbox.commit("Refuse");
    sandbox.fails(&["check"], 1).says(&[".git", "Dockerfile:3"]);
}

/// Explicit inputs that miss a copied file are a false hit waiting to happen.
#[test]
fn explicit_inputs_that_miss_a_copied_file_are_named() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[image]\ninputs = [\"Dockerfile\"]\n");
    sandbox.commit("Only the Dockerfile");
    let run = sandbox.imgplan(&["check"]).run();
    run.shows(&["app.txt"]);
}

/// What is not understood widens with a warning that names the line; it is no error.
#[test]
fn an_unknown_instruction_widens() {
    let sandbox = Sandbox::small();
    let hash = sandbox.hash_at("HEAD");
    sandbox.append("Dockerfile", "TELEPORT app.txt /\n");
    sandbox.commit("From the future");
    sandbox.imgplan(&["check"]).run().expect(0).shows(&["Dockerfile:3"]);
    let wide = sandbox.hash_at("HEAD");
    sandbox.append("README.md", "More.\n");
    sandbox.commit("Tell more");
    let readme = sandbox.hash_at("HEAD");
    assert_ne!(wide, hash);
    assert_ne!(wide, readme, "the whole context counts");
}

/// `check` reads the working tree: it does not speak of a commit, and knows a file that git does not see.
#[test]
fn a_missing_file_is_said_in_words_of_the_working_tree() {
    let sandbox = Sandbox::new();
    sandbox.write("Dockerfile", "FROM scratch\nCOPY model.bin /\n");
    let run = sandbox.fails(&["check"], 1).says(&["`model.bin` is not in the working tree"]);
    assert!(!run.stderr.contains("commit"), "{}", run.stderr);
    sandbox.write(".gitignore", "*.bin\n");
    sandbox.write("model.bin", "");
    sandbox.fails(&["check"], 1).says(&[
        "is there, but git does not see it",
        "git check-ignore",
        "generated = {",
    ]);
    sandbox.commit("Without the model");
    sandbox
        .fails(&["plan"], 1)
        .says(&["`model.bin` is not in the repository at this commit", "commit the file"]);
    sandbox.fails(&["explain", "--worktree"], 1).says(&["git does not see it"]);
}

/// Rules for registries that clear away by themselves, from the project's templates and rules.
#[test]
fn rules_for_registries_are_printed() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[[expire]]\ntags = [\"pr-*\"]\nafter = \"14d\"\n");
    sandbox.imgplan(&["check", "--retention"]).run().expect(0).shows(&[
        "content-[0-9a-f]{40}|",
        "|[0-9a-f]{7}",
        "|pr-[\\w.-]*",
        "\"tagPattern\":\"^pr-[\\\\w.-]*$\"",
        "{content-*,*latest,*[0-9].[0-9]*,???????}",
        "within the last 14 days, tags matching:  pr-*",
        "\"tagPatternList\"",
    ]);
    let json = sandbox.imgplan(&["check", "--retention", "--format", "json"]).run().expect(0).json();
    assert_eq!(json["version"], 1);
    assert_eq!(json["retention"]["ecr"]["rules"][1]["selection"]["countNumber"], 14);
}
