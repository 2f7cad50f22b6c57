//! What the registry's answers become on the screen of whoever runs the program.

use crate::support::registry::{Fault, Image, Response, TestRegistry};
use crate::support::{Sandbox, run::Call};

fn imgplan(sandbox: &Sandbox, command: &str, repository: &str) -> Call {
    sandbox.imgplan(&[command, "--format", "json", "--repository", repository])
}

/// The image that the sandbox's plan looks for.
fn push_planned(sandbox: &Sandbox, registry: &TestRegistry, repository: &str) {
    let run = imgplan(sandbox, "plan", repository).run();
    let plan = run.plan();
    let image = Image::new().annotation(imgplan::details::MARK, plan.only().hash());
    registry.push_image("app", plan.only().content_tag(), &image);
}

#[test]
fn a_refused_tag_that_is_elsewhere_is_a_conflict_in_the_registrys_words() {
    let (sandbox, registry) = (Sandbox::small(), TestRegistry::start());
    let repository = registry.repository("app");
    push_planned(&sandbox, &registry, &repository);
    let tag = sandbox.sha7();
    registry.push_image("app", &tag, &Image::new().layer("another pipeline was first"));
    // Not there yet when the plan is made.
    let gone = Response::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
    registry.fail(Fault::on("HEAD", &format!("/manifests/{tag}")).nth(1).answer(gone));
    let refusal = Response::error(400, "TAG_INVALID", "this tag is immutable");
    registry.fail(Fault::on("PUT", "/manifests/").answer(refusal));
    imgplan(&sandbox, "apply", &repository).run().expect(5).says(&[
        &format!("/app:{tag} is at sha256:"),
        ", and the registry refuses to put it at sha256:",
        "caused by: PUT http://127.0.0.1:",
        "400 Bad Request: TAG_INVALID: this tag is immutable",
        "hint: the registry lets this tag be written once",
    ]);
}

/// What a stranger's pull request writes into imgplan.toml gets no password; what the user names does.
#[test]
fn the_password_of_the_environment_is_for_the_repository_that_the_user_names() {
    let (sandbox, registry) = (Sandbox::small(), TestRegistry::start().with_basic("me", "correct-horse"));
    let repository = registry.repository("app");
    let with_login = |call: Call| call.env("IMGPLAN_USERNAME", "me").env("IMGPLAN_PASSWORD", "correct-horse");
    let sent = || registry.requests().iter().any(|request| request.ends_with("basic"));
    with_login(imgplan(&sandbox, "plan", &repository)).run().expect(0);
    assert!(sent());

    registry.clear_requests();
    sandbox.write("imgplan.toml", &format!("repository = \"{repository}\"\n"));
    sandbox.commit("Images elsewhere");
    with_login(sandbox.imgplan(&["plan"])).run().expect(3).says(&["IMGPLAN_REGISTRY", "--repository"]);
    assert!(!sent(), "{:?}", registry.requests());
    with_login(sandbox.imgplan(&["plan"])).env("IMGPLAN_REPOSITORY", &repository).run().expect(0);
    assert!(sent());
}

#[test]
fn a_password_in_the_repository_is_an_error_that_does_not_show_it() {
    let run = imgplan(&Sandbox::small(), "plan", "me:correct-horse@127.0.0.1:1/app").run().expect(1);
    assert!(!run.stderr.contains("correct-horse"), "{}", run.stderr);
}
