//! The order of the sources, and what helpers may do.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use base64::Engine as _;

use super::*;

/// A folder with every source in it, each with a user of its own.
struct Sandbox {
    dir: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

impl Sandbox {
    fn new() -> Sandbox {
        let dir = tempfile::tempdir().unwrap();
        let path = format!("{}:/usr/bin:/bin", dir.path().display());
        let home = dir.path().join("home").display().to_string();
        let environment = [("PATH".to_owned(), path), ("HOME".to_owned(), home)].into();
        Sandbox { dir, environment }
    }

    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.environment.insert(name.to_owned(), value.into());
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Another process writes the program: one that this process still had open for writing while another
    /// thread forks could not be run ("text file busy").
    #[cfg(unix)]
    fn helper(&self, name: &str, script: &str) {
        let source = self.write("source", &format!("#!/bin/sh\n{script}\n"));
        let target = self.path(&format!("docker-credential-{name}"));
        let done = std::process::Command::new("install").args(["-m", "755", &source, &target]).status();
        assert!(done.unwrap().success());
    }

    fn credentials(&self) -> Credentials {
        let settings = Settings { environment: self.environment.clone(), ..Settings::default() };
        Credentials::new(&settings, Duration::from_millis(1500))
    }

    async fn user(&self, registry: &str) -> String {
        shown(self.credentials().find(registry, "team/app").await.unwrap())
    }

    async fn error(&self, registry: &str) -> Error {
        self.credentials().find(registry, "team/app").await.unwrap_err()
    }
}

fn shown(found: Option<Found>) -> String {
    match found.map(|found| found.login) {
        Some(Login::Basic { user, password }) => format!("{user}/{}", password.expose()),
        Some(Login::Identity(token)) => format!("identity/{}", token.expose()),
        Some(Login::Bearer(token)) => format!("bearer/{}", token.expose()),
        None => "anonymous".to_owned(),
    }
}

fn auths(user: &str) -> String {
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("{user}:pw"));
    format!(r#"{{"auths":{{"r.io":{{"auth":"{auth}"}}}}}}"#)
}

#[tokio::test]
async fn the_first_source_that_knows_the_host_wins() {
    let mut sandbox = Sandbox::new();
    let sources = [
        ("IMGPLAN_USERNAME", "own"),
        ("DOCKER_AUTH_CONFIG", "config"),
        ("REGISTRY_AUTH_FILE", "file"),
        ("DOCKER_CONFIG", "docker"),
        ("XDG_RUNTIME_DIR", "runtime"),
        ("XDG_CONFIG_HOME", "xdg"),
        ("CI_REGISTRY", "gitlab"),
    ];
    sandbox.set("IMGPLAN_USERNAME", "own");
    sandbox.set("IMGPLAN_PASSWORD", "pw");
    sandbox.set("IMGPLAN_REGISTRY", "r.io");
    sandbox.set("DOCKER_AUTH_CONFIG", auths("config"));
    sandbox.set("REGISTRY_AUTH_FILE", sandbox.write("file.json", &auths("file")));
    sandbox.write("docker/config.json", &auths("docker"));
    sandbox.set("DOCKER_CONFIG", sandbox.path("docker"));
    sandbox.write("runtime/containers/auth.json", &auths("runtime"));
    sandbox.set("XDG_RUNTIME_DIR", sandbox.path("runtime"));
    sandbox.write("xdg/containers/auth.json", &auths("xdg"));
    sandbox.set("XDG_CONFIG_HOME", sandbox.path("xdg"));
    sandbox.set("CI_REGISTRY", "r.io");
    sandbox.set("CI_REGISTRY_USER", "gitlab");
    sandbox.set("CI_REGISTRY_PASSWORD", "pw");
    for (variable, user) in sources {
        assert_eq!(sandbox.user("r.io").await, format!("{user}/pw"));
        assert_eq!(sandbox.user("other.io").await, "anonymous");
        sandbox.environment.remove(variable);
        if variable == "IMGPLAN_USERNAME" {
            sandbox.environment.remove("IMGPLAN_PASSWORD");
        }
    }
    assert_eq!(sandbox.user("r.io").await, "anonymous");
}

#[tokio::test]
async fn the_home_folder_is_where_the_files_are_by_default() {
    let sandbox = Sandbox::new();
    sandbox.write("home/.config/containers/auth.json", &auths("podman"));
    assert_eq!(sandbox.user("r.io").await, "podman/pw");
    sandbox.write("home/.docker/config.json", &auths("docker"));
    assert_eq!(sandbox.user("r.io").await, "docker/pw");
}

#[tokio::test]
async fn half_a_login_is_an_error_and_not_anonymous() {
    for (name, value) in [("IMGPLAN_USERNAME", "me"), ("IMGPLAN_PASSWORD", "hunter22")] {
        let mut sandbox = Sandbox::new();
        sandbox.set("IMGPLAN_REGISTRY", "r.io");
        sandbox.set(name, value);
        let error = sandbox.error("r.io").await;
        assert!(error.to_string().starts_with(name), "{error}");
        assert!(!format!("{error:?}").contains("hunter22"));
    }
    let mut sandbox = Sandbox::new();
    sandbox.set("IMGPLAN_USERNAME", "me");
    sandbox.set("IMGPLAN_PASSWORD", "hunter22");
    assert!(sandbox.error("r.io").await.to_string().contains("not for which registry"));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_an_error() {
    let mut sandbox = Sandbox::new();
    sandbox.set("DOCKER_AUTH_CONFIG", "{");
    assert!(sandbox.error("r.io").await.to_string().starts_with("DOCKER_AUTH_CONFIG:1:"));
    sandbox.set("DOCKER_AUTH_CONFIG", "");
    sandbox.set("REGISTRY_AUTH_FILE", sandbox.path(""));
    assert!(sandbox.error("r.io").await.to_string().ends_with("cannot be read"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_hosts_own_helper_comes_first_and_the_store_last() {
    let sandbox = Sandbox::new();
    sandbox.helper("own", r#"printf '{"Username":"own","Secret":"%s"}' "$1-$(cat)""#);
    sandbox.helper("all", r#"printf '{"Username":"<token>","Secret":"%s"}' "$(cat)""#);
    let with_auth = auths("auths").replace("{\"auths\"", r#"{"credsStore":"all","auths""#);
    sandbox.write("home/.docker/config.json", &with_auth);
    assert_eq!(sandbox.user("r.io").await, "auths/pw");
    assert_eq!(sandbox.user("other.io").await, "identity/other.io");
    assert_eq!(sandbox.user("docker.io").await, "identity/https://index.docker.io/v1/");
    let with_helper = with_auth.replace("{\"credsStore\"", r#"{"credHelpers":{"r.io":"own"},"credsStore""#);
    sandbox.write("home/.docker/config.json", &with_helper);
    assert_eq!(sandbox.user("r.io").await, "own/get-r.io");
}

#[cfg(unix)]
#[tokio::test]
async fn an_empty_auth_is_no_credential_and_leads_to_the_store() {
    let sandbox = Sandbox::new();
    sandbox.helper("all", r#"cat >/dev/null; echo '{"Username":"store","Secret":"pw"}'"#);
    sandbox.write("home/.docker/config.json", r#"{"auths":{"r.io":{"auth":""}},"credsStore":"all"}"#);
    assert_eq!(sandbox.user("r.io").await, "store/pw");
}

#[cfg(unix)]
#[tokio::test]
async fn a_helper_without_credentials_is_anonymous_and_every_other_failure_an_error() {
    let sandbox = Sandbox::new();
    sandbox.write("home/.docker/config.json", r#"{"credHelpers":{"r.io":"x"}}"#);
    sandbox.helper("x", "cat >/dev/null; echo 'credentials not found in native keychain'; exit 1");
    assert_eq!(sandbox.user("r.io").await, "anonymous");
    for (script, message) in [
        ("cat >/dev/null; echo 'no such account' >&2; exit 1", "no such account"),
        ("cat >/dev/null; echo '{\"Secret\": 5}'", "did not answer in the helpers' form"),
        ("cat >/dev/null; exec sleep 30", "gave no answer within 1.5 s"),
    ] {
        sandbox.helper("x", script);
        let start = Instant::now();
        let error = sandbox.error("r.io").await;
        assert!(error.to_string().contains(message), "{error}");
        assert!(start.elapsed() < Duration::from_secs(5));
    }
    sandbox.write("home/.docker/config.json", r#"{"credHelpers":{"r.io":"none"}}"#);
    let error = sandbox.error("r.io").await;
    assert_eq!(error.to_string(), "the credential helper docker-credential-none could not be run");
    sandbox.write("home/.docker/config.json", r#"{"credHelpers":{"r.io":"../../x"}}"#);
    assert!(sandbox.error("r.io").await.to_string().contains("is not the name of a credential helper"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_helper_runs_once_for_a_host() {
    let sandbox = Sandbox::new();
    let log = sandbox.path("log");
    sandbox
        .helper("x", &format!(r#"echo run >>{log}; cat >/dev/null; echo '{{"Username":"u","Secret":"s"}}'"#));
    sandbox.write("home/.docker/config.json", r#"{"credHelpers":{"r.io":"x"}}"#);
    let credentials = sandbox.credentials();
    let (one, two) = tokio::join!(credentials.find("r.io", "a"), credentials.find("r.io", "b"));
    assert_eq!((shown(one.unwrap()), shown(two.unwrap())), ("u/s".to_owned(), "u/s".to_owned()));
    assert_eq!(fs::read_to_string(log).unwrap(), "run\n");
}

#[test]
fn a_host_is_found_in_every_way_it_is_written() {
    for (text, host) in [
        ("r.io", "r.io"),
        ("https://R.io/v2/", "r.io"),
        ("r.io:5000/team/app", "r.io:5000"),
        ("localhost/app", "localhost"),
        ("library/debian", "docker.io"),
        ("index.docker.io", "docker.io"),
    ] {
        assert_eq!(host_of(text), host, "{text}");
    }
}
