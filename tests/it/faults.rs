//! Registries that fail: never taken for "missing", always said with method, URL, status and what to do, and one
//! image's failure does not stop the others.

use std::time::Duration;

use crate::support::remote::{Fault, PASSWORD};
use crate::support::{Image, Remote, Run, Sandbox};

/// How long imgplan waits for an answer in these tests, so that a silent registry does not cost a minute.
const PATIENCE: (&str, &str) = ("IMGPLAN_TIMEOUT", "2s");

/// Two images, the second of which the registry answers for.
struct Two {
    sandbox: Sandbox,
    remote: Remote,
    repository: String,
}

impl Two {
    fn new() -> Two {
        let (sandbox, remote) = (Sandbox::new(), Remote::start());
        for name in ["bad", "good"] {
            sandbox.write(&format!("{name}/Dockerfile"), "FROM scratch\nCOPY file /\n");
            sandbox.write(&format!("{name}/file"), name);
        }
        sandbox.write("imgplan.toml", "[images.bad]\ncontext = \"bad\"\n[images.good]\ncontext = \"good\"\n");
        sandbox.commit("Two images");
        let repository = remote.repository("acme");
        let two = Two { sandbox, remote, repository };
        for image in two.run("plan").plan().images() {
            let path = format!("acme/{}", image.text("name"));
            two.remote.push(&path, image.content_tag(), &Image::new("built").marked(image.hash()));
        }
        two
    }

    fn run(&self, command: &str) -> Run {
        let call = self.sandbox.imgplan(&[command, "--format", "json", "--repository", &self.repository]);
        self.remote.login(call.env(PATIENCE.0, PATIENCE.1)).run()
    }
}

/// What every fault has in common.
#[track_caller]
fn check(fault: Fault, says: &[&str]) -> Run {
    // Beside the other run, not before it: most of their time is pauses between attempts.
    let plan = std::thread::spawn(move || {
        let two = Two::new();
        two.remote.fault("acme/bad", fault);
        let plan = two.run("plan").expect(3);
        plan.plan().image("bad").expect("unknown");
        plan.plan().image("good").expect("retag");
    });

    let two = Two::new();
    two.remote.fault("acme/bad", fault);
    let apply = two.run("apply").expect(3).says(&["acme/bad", "hint:"]).says(says);
    apply.plan().image("bad").expect("unknown");
    assert!(apply.stderr.contains("HEAD http") || apply.stderr.contains("GET http"), "{}", apply.stderr);
    let tag = two.sandbox.sha7();
    assert_eq!(two.remote.digest("acme/bad", &tag), None, "nothing is retagged");
    assert!(two.remote.digest("acme/good", &tag).is_some(), "the other image gets its tag");
    assert!(apply.took < Duration::from_secs(60), "{:?}", apply.took);
    plan.join().expect("the plan is as it must be");
    apply
}

#[test]
fn unauthorized() {
    check(Fault::Status(401), &["401"]);
}

#[test]
fn forbidden() {
    check(Fault::Status(403), &["403"]);
}

#[test]
fn too_many_requests() {
    check(Fault::Status(429), &["429"]);
}

#[test]
fn internal_error() {
    check(Fault::Status(500), &["500"]);
}

#[test]
fn a_connection_that_is_reset() {
    check(Fault::Reset, &[]);
}

#[test]
fn a_registry_that_says_nothing() {
    check(Fault::Hang, &[]);
}

/// A proxy's page is not the registry's own "there is none".
#[test]
fn a_page_instead_of_a_registry() {
    check(Fault::Html, &["404"]);
}

/// An image whose bytes are not those of its digest is never put under a tag.
#[test]
fn a_digest_that_lies() {
    let two = Two::new();
    two.remote.fault("acme/bad", Fault::LyingDigest);
    let run = two.run("apply").expect(3).says(&["acme/bad", "digest"]);
    let tag = two.sandbox.sha7();
    assert_eq!(two.remote.digest("acme/bad", &tag), None);
    assert!(two.remote.digest("acme/good", &tag).is_some(), "{}", run.stderr);
}

/// A refused connection is reported within 15 seconds, retries included.
#[test]
fn a_refused_connection_is_reported_soon() {
    let sandbox = Sandbox::small();
    // A port that was free a moment ago: nothing listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let repository = format!("127.0.0.1:{port}/acme/app");
    let run = sandbox.imgplan(&["plan", "--format", "json", "--repository", &repository]).run().expect(3);
    run.plan().only().expect("unknown");
    assert!(run.took < Duration::from_secs(15), "{:?}", run.took);
    run.says(&[&repository.replace("/acme", "/v2/acme"), "hint:"]);
}

/// Wrong credentials are an error, not an anonymous try, and are never printed.
#[test]
fn wrong_credentials_are_not_missing() {
    let sandbox = Sandbox::small();
    let remote = Remote::with_tokens();
    let repository = remote.repository("acme/app");
    let auths = serde_json::json!({ "auths": { remote.host(): { "username": "ada", "password": "hunter2-hunter2" } } });
    let call = sandbox.imgplan(&["plan", "-v", "--format", "json", "--repository", &repository]);
    let run = call.env("DOCKER_AUTH_CONFIG", &auths.to_string()).run().expect(3).says(&["hint:"]);
    run.plan().only().expect("unknown");
    assert!(!run.stderr.contains("hunter2") && !run.stdout.contains("hunter2"), "{}", run.stderr);
}

/// Right ones are never printed either, however much is asked to be said.
#[test]
fn a_password_is_never_printed() {
    let sandbox = Sandbox::small();
    let remote = Remote::with_tokens();
    remote.fault("acme/app", Fault::Status(403));
    let repository = remote.repository("acme/app");
    let call = sandbox.imgplan(&["plan", "-v", "--format", "json", "--repository", &repository]);
    let run = remote.login(call).run().expect(3);
    assert!(!run.stderr.contains(PASSWORD) && !run.stdout.contains(PASSWORD), "{}", run.stderr);
}
