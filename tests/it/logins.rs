//! The logins that builders are given: those that imgplan's own requests used, in files that go with the run.
//! `tests/it/real/login.rs` is the same with real builders on a real registry.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::remote::{PASSWORD, USER};
use crate::support::run::{Call, Run};
use crate::support::{Remote, Sandbox};

/// Keeps what the command is given, and fails.
const KEEP: &str = "cp \"$DOCKER_CONFIG/config.json\" \"$SEEN.docker\"; cp \"$REGISTRY_AUTH_FILE\" \"$SEEN.podman\"; \
                    stat -c %a \"$DOCKER_CONFIG/config.json\" \"$REGISTRY_AUTH_FILE\" >\"$SEEN.modes\"; \
                    echo \"$DOCKER_CONFIG\" >\"$SEEN.folder\"; exit 1";

fn build(sandbox: &Sandbox, repository: &str, command: &str) -> Call {
    let seen = sandbox.beside("seen").display().to_string();
    sandbox.imgplan(&["apply", "--build-command", command, "--repository", repository]).env("SEEN", &seen)
}

/// USER:PASSWORD as the files have it.
const AUTH: &str = "YWRhOmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ==";

fn seen(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.beside(&format!("seen.{name}"))).unwrap()
}

fn auths(sandbox: &Sandbox, name: &str) -> Value {
    serde_json::from_str::<Value>(&seen(sandbox, name)).unwrap()["auths"].take()
}

/// The run has ended, and left neither the files nor the password.
#[track_caller]
fn nothing_is_left(sandbox: &Sandbox, run: Run) {
    assert!(!format!("{}{}", run.stdout, run.stderr).contains(PASSWORD), "{}", run.stderr);
    let folder = seen(sandbox, "folder");
    assert!(!std::path::Path::new(folder.trim()).exists(), "{folder} is left");
}

#[test]
fn imgplans_own_login_reaches_the_builder() {
    let (sandbox, remote) = (Sandbox::small(), Remote::with_tokens());
    let call = build(&sandbox, &remote.repository("acme/app"), KEEP);
    let run = call.env("IMGPLAN_USERNAME", USER).env("IMGPLAN_PASSWORD", PASSWORD).run().expect(3);
    for file in ["docker", "podman"] {
        assert_eq!(auths(&sandbox, file)[remote.host()]["auth"], AUTH, "{file}");
    }
    assert_eq!(seen(&sandbox, "modes"), "600\n600\n");
    nothing_is_left(&sandbox, run.says(&["refused the push", "IMGPLAN_USERNAME and IMGPLAN_PASSWORD"]));
}

#[test]
fn the_login_in_docker_auth_config_reaches_the_builder() {
    let (sandbox, remote) = (Sandbox::small(), Remote::with_tokens());
    let run = remote.login(build(&sandbox, &remote.repository("acme/app"), KEEP)).run().expect(3);
    for file in ["docker", "podman"] {
        assert_eq!(auths(&sandbox, file)[remote.host()]["auth"], AUTH, "{file}");
    }
    nothing_is_left(&sandbox, run.says(&["refused the push", "DOCKER_AUTH_CONFIG"]));
}

/// `repository` may be a stranger's: what was named with another host stays there.
#[test]
fn a_login_is_never_written_for_a_host_that_it_was_not_named_with() {
    let (sandbox, remote) = (Sandbox::small(), Remote::start());
    sandbox.write("imgplan.toml", &format!("repository = \"{}\"\n", remote.repository("evil/app")));
    sandbox.commit("Send it to me");
    let seen = sandbox.beside("seen").display().to_string();
    let call = sandbox.imgplan(&["apply", "--build-command", KEEP]).env("SEEN", &seen);
    let call = call.env("IMGPLAN_USERNAME", USER).env("IMGPLAN_PASSWORD", PASSWORD);
    let run = call.env("IMGPLAN_REGISTRY", "registry.example.org").run().expect(3);
    for file in ["docker", "podman"] {
        let auths = auths(&sandbox, file);
        let hosts: Vec<&String> = auths.as_object().unwrap().keys().collect();
        assert_eq!(hosts, ["registry.example.org"], "{file}");
    }
    nothing_is_left(&sandbox, run.says(&["refused the push", "knows no login for 127.0.0.1"]));
}

#[test]
fn an_interrupt_leaves_no_login_behind() {
    let (sandbox, remote) = (Sandbox::small(), Remote::with_tokens());
    let wait = KEEP.replace("exit 1", "sleep 60");
    let running = remote.login(build(&sandbox, &remote.repository("acme/app"), &wait)).group().start();
    let start = Instant::now();
    let folder = sandbox.beside("seen.folder");
    while !fs::read_to_string(&folder).is_ok_and(|text| text.ends_with('\n')) {
        assert!(start.elapsed() < Duration::from_secs(60), "the command never ran");
        std::thread::sleep(Duration::from_millis(10));
    }
    running.interrupt();
    nothing_is_left(&sandbox, running.finish().expect(130));
}

/// A user whose builder has all it needs keeps the own configuration: nothing is written.
#[test]
fn without_a_login_nothing_is_written() {
    let (sandbox, remote) = (Sandbox::small(), Remote::start());
    let say = "echo \"DOCKER_CONFIG=$DOCKER_CONFIG.\" >&2; exit 1";
    build(&sandbox, &remote.repository("acme/app"), say).run().expect(3).says(&["DOCKER_CONFIG=."]);
}
