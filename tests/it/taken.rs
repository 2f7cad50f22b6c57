//! Tags that are elsewhere: what a registry that keeps its tags makes of a move, and what a person reads of it.

use crate::support::Sandbox;
use crate::support::registry::{Fault, Image, Response, TestRegistry};

/// A project whose content is there under the content tag, and whose floating tag `latest` is at an older image.
struct Moving {
    sandbox: Sandbox,
    registry: TestRegistry,
    repository: String,
}

impl Moving {
    fn new() -> Moving {
        let (sandbox, registry) = (Sandbox::small(), TestRegistry::start());
        sandbox.write("imgplan.toml", "tags.floating = [\"latest\"]\n");
        sandbox.commit("A floating tag");
        let repository = registry.repository("app");
        let args = ["plan", "--format", "json", "--repository", &repository];
        let plan = sandbox.imgplan(&args).run().plan();
        let image = Image::new()
            .annotation(imgplan::details::MARK, plan.only().hash())
            .annotation(imgplan::details::CREATED, "2026-02-03T04:05:06Z");
        registry.push_image("app", plan.only().content_tag(), &image);
        let old = Image::new().annotation(imgplan::details::CREATED, "2025-01-02T03:04:05Z");
        registry.push_image("app", "latest", &old);
        Moving { sandbox, registry, repository }
    }

    fn refuse(&self, status: u16, code: &str, message: &str) {
        let refusal = Response::error(status, code, message);
        self.registry.fail(Fault::on("PUT", "/manifests/latest").answer(refusal));
    }

    fn apply(&self) -> crate::support::run::Run {
        self.sandbox.imgplan(&["apply", "--repository", &self.repository]).run()
    }
}

#[test]
fn a_registry_that_keeps_a_tag_is_told_with_both_digests_and_their_dates() {
    for (status, code, message) in [
        (400, "TAG_INVALID", "The image tag 'latest' cannot be overwritten because the tag is immutable."),
        (412, "PRECONDITION", "Failed to process request due to 'app:latest' configured as immutable."),
        (403, "DENIED", "requested access to the resource is denied"),
        (409, "TAG_IMMUTABLE", "immutable"),
    ] {
        let moving = Moving::new();
        moving.refuse(status, code, message);
        let run = moving.apply().expect(5).says(&[
            "/app:latest is at sha256:",
            " (made 2025-01-02T03:04:05Z), and the registry refuses to put it at sha256:",
            " (made 2026-02-03T04:05:06Z)",
            "caused by: PUT http://127.0.0.1:",
            &format!("{status} "),
            message,
            "hint: an immutable or protected tag stays where it is",
        ]);
        assert_eq!(
            run.stderr.matches("may they do this here").count(),
            usize::from(status == 403),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_date_that_cannot_be_read_is_said_to_be_that() {
    let moving = Moving::new();
    let at = moving.registry.tags("app")["latest"].clone();
    moving.refuse(412, "PRECONDITION", "configured as immutable");
    let broken = Response::error(500, "UNKNOWN", "a bad day");
    moving.registry.fail(Fault::on("GET", &format!("/manifests/{at}")).answer(broken));
    moving.apply().expect(5).says(&[
        &format!("/app:latest is at {at} (when it was made cannot be read: "),
        "500 Internal Server Error: UNKNOWN: a bad day",
        "(made 2026-02-03T04:05:06Z)",
    ]);
}

/// ECR refuses even what is there already: another pipeline wrote the same between this one's plan and its write.
#[test]
fn a_refusal_of_what_is_there_already_is_none() {
    let moving = Moving::new();
    moving.registry.delete_tag("app", "latest");
    moving.apply().expect(0);
    let gone = Response::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
    moving.registry.fail(Fault::on("HEAD", "/manifests/latest").nth(1).answer(gone));
    moving.refuse(400, "TAG_INVALID", "cannot be overwritten");
    moving.registry.clear_requests();
    moving.apply().expect(0);
    assert!(moving.registry.requests().iter().any(|request| request.starts_with("PUT ")));
}

/// A tag that is not there and cannot be written: in the registry's words, with what may be behind them.
#[test]
fn a_protected_tag_that_is_not_there_is_an_error_in_the_registrys_words() {
    let moving = Moving::new();
    moving.registry.delete_tag("app", "latest");
    moving.refuse(403, "DENIED", "the tag is protected");
    moving
        .apply()
        .expect(3)
        .says(&["403 Forbidden: DENIED: the tag is protected", "immutable or protected tags"]);
}
