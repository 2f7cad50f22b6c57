//! A build that writes its commit into the image: found with its line, and left to the user to decide.

use crate::support::Sandbox;

fn project(policy: &str, image: &str) -> Sandbox {
    let sandbox = Sandbox::small();
    let dockerfile = "FROM scratch AS first\nARG GIT_SHA\nARG BUILD_DATE\nCOPY app.txt /\nLABEL \
                      org.opencontainers.image.revision=$GIT_SHA org.opencontainers.image.created=$BUILD_DATE\n\
                      FROM scratch AS other\nENV SHA=$GIT_SHA\nFROM first\n";
    sandbox.write("Dockerfile", dockerfile);
    sandbox.write("imgplan.toml", &format!("{policy}\n[image]\n{image}\n"));
    sandbox.commit("Bake it in");
    sandbox
}

const FOUND: &str = "Dockerfile:5: `LABEL org.opencontainers.image.revision=$GIT_SHA \
                     org.opencontainers.image.created=$BUILD_DATE`";

#[test]
fn check_names_the_line_and_the_plan_says_it() {
    let sandbox = project("", "");
    let run = sandbox.imgplan(&["check"]).run().expect(0).shows(&[FOUND, "baked-commit"]);
    assert_eq!(
        run.stdout.matches("baked-commit").count(),
        1,
        "the other stage is not reached: {}",
        run.stdout
    );
    let plan = sandbox.plan(&[]).plan();
    let warnings = plan.only().list("warnings");
    assert!(
        warnings.iter().any(|text| text.contains(FOUND) && text.contains("it says the old one")),
        "{warnings:?}"
    );
}

#[test]
fn the_user_decides_once() {
    let sandbox = project("baked-commit = \"refuse\"", "");
    sandbox.fails(&["check"], 1).says(&["Dockerfile:5", "baked-commit"]);
    sandbox.plan(&[]).run().expect(1);
    let sandbox = project("baked-commit = \"allow\"", "volatile-args = [\"GIT_SHA\"]");
    assert_eq!(sandbox.plan(&[]).plan().only().list("warnings"), [""; 0]);
    let sandbox = project("baked-commit = \"alow\"", "");
    sandbox.fails(&["check"], 1).says(&["did you mean `allow`?"]);
}

/// A volatile argument that is baked in is told once, and where a value is fixed there is nothing to tell.
#[test]
fn what_the_configuration_says_of_the_arguments_counts() {
    let sandbox = project(
        "",
        "volatile-args = [\"GIT_SHA\"]\nbuild-args = { GIT_SHA = \"none\", BUILD_DATE = \"never\" }",
    );
    let plan = sandbox.plan(&[]).plan();
    let warnings = plan.only().list("warnings");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("GIT_SHA") && !warnings[0].contains("BUILD_DATE"), "{warnings:?}");
    let sandbox = project("", "build-args = { GIT_SHA = \"none\", BUILD_DATE = \"never\" }");
    assert_eq!(sandbox.plan(&[]).plan().only().list("warnings"), [""; 0]);
}

#[test]
fn git_is_asked_where_it_is_seen() {
    let sandbox = Sandbox::small();
    sandbox.write("Dockerfile", "FROM scratch\nCOPY . .\nRUN make V=$(git describe --always)\n");
    sandbox.write("imgplan.toml", "git-directory = \"allow\"\n");
    sandbox.commit("Ask git");
    sandbox.imgplan(&["check"]).run().expect(0).shows(&["Dockerfile:3: `RUN … git describe`"]);
    sandbox.write(".dockerignore", ".git\n");
    let run = sandbox.imgplan(&["check"]).run().expect(0);
    assert!(!run.stdout.contains("git describe"), "{}", run.stdout);
}
