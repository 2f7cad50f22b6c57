//! What stands in the files for builders, how they are kept, and when they go.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::reference::Repository;
use crate::registry::{Registry, Settings};

type Environment = BTreeMap<String, String>;

/// The logins that imgplan itself would use for these repositories.
async fn logins(environment: &Environment, repositories: &[&str]) -> Vec<Handed> {
    let settings = Settings { environment: environment.clone(), ..Settings::default() };
    let registry = Registry::new(settings).unwrap();
    let mut logins = Vec::new();
    for text in repositories {
        let repository = Repository::parse(text, Path::new("/")).unwrap();
        logins.extend(registry.logins(&repository).await.unwrap());
    }
    logins
}

/// `config.json` and `auth.json`.
fn files(file: &AuthFile) -> (PathBuf, PathBuf) {
    let variables: BTreeMap<_, _> = file.environment().into_iter().collect();
    let folder = PathBuf::from(&variables[&OsString::from("DOCKER_CONFIG")]);
    (folder.join("config.json"), PathBuf::from(&variables[&OsString::from("REGISTRY_AUTH_FILE")]))
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A user of docker whose configuration is this.
fn user(config: &str) -> (TempDir, Environment) {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".docker")).unwrap();
    std::fs::write(home.path().join(".docker/config.json"), config).unwrap();
    let environment = Environment::from([("HOME".to_owned(), home.path().to_str().unwrap().to_owned())]);
    (home, environment)
}

fn with(mut environment: Environment, pairs: &[(&str, &str)]) -> Environment {
    environment.extend(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    environment
}

const CI: [(&str, &str); 3] =
    [("CI_REGISTRY", "registry.example.org"), ("CI_REGISTRY_USER", "ci"), ("CI_REGISTRY_PASSWORD", "p:w")];
/// base64 of `ci:p:w`.
const CI_AUTH: &str = "Y2k6cDp3";

#[tokio::test]
async fn a_login_stands_beside_those_of_the_user() {
    let (_home, environment) =
        user(r#"{"auths":{"ghcr.io":{"auth":"b3RoZXI="}},"credHelpers":{"ecr":"ecr-login","x":""}}"#);
    let environment = with(environment, &CI);
    let file =
        AuthFile::write(&logins(&environment, &["registry.example.org/a"]).await, &environment).unwrap();
    assert!(!format!("{file:?}").contains("p:w"));
    let (docker, podman) = files(&file);
    for path in [&docker, &podman] {
        let config = json_of(path);
        assert_eq!(config["auths"]["ghcr.io"]["auth"], "b3RoZXI=");
        assert_eq!(config["auths"]["registry.example.org"]["auth"], CI_AUTH);
        assert_eq!(config["credHelpers"]["ecr"], "ecr-login");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    // "no helper" to docker; podman would run `docker-credential-`.
    assert_eq!(json_of(&docker)["credHelpers"]["registry.example.org"], "");
    assert_eq!(json_of(&podman)["credHelpers"], json!({ "ecr": "ecr-login" }));
    drop(file);
    assert!(!docker.exists() && !podman.exists());
}

#[tokio::test]
async fn a_repositorys_login_is_not_its_neighbours() {
    let text = r#"{"auths":{"r.io":{"auth":"Yjpi"},"r.io/team":{"auth":"YTph"}}}"#;
    let environment = Environment::from([("DOCKER_AUTH_CONFIG".to_owned(), text.to_owned())]);
    let logins = logins(&environment, &["r.io/team/app", "r.io/other"]).await;
    let (docker, podman) = files(&AuthFile::write(&logins, &environment).unwrap());
    assert!(!docker.exists(), "the value is gone");
    let file = AuthFile::write(&logins, &environment).unwrap();
    assert_ne!(files(&file).1, podman);
    let (docker, podman) = files(&file);
    let auths = &json_of(&podman)["auths"];
    assert_eq!(auths["r.io"]["auth"], "Yjpi");
    assert_eq!(auths["r.io/team/app"]["auth"], "YTph");
    // docker knows one login for a registry: that of the repository that is pushed to.
    assert_eq!(json_of(&docker)["auths"]["r.io"]["auth"], "YTph");
}

/// What a helper says may be renewed during a long build, so whoever would ask it does.
#[cfg(unix)]
#[tokio::test]
async fn a_helper_that_the_builder_asks_keeps_its_word() {
    let (home, environment) = user(r#"{"credHelpers":{"own.io":"test"},"credsStore":"test"}"#);
    let program = home.path().join("docker-credential-test");
    let script = r#"#!/bin/sh\necho '{"Username":"me","Secret":"pw"}'\n"#;
    // Not by this process: a test beside it may fork while the file is open, and then it cannot be run.
    let write = "printf \"$1\" >\"$2\" && chmod 755 \"$2\"";
    let mut shell = std::process::Command::new("sh");
    assert!(shell.args(["-c", write, "sh", script]).arg(&program).status().unwrap().success());
    let path = format!("{}:/usr/bin:/bin", home.path().display());
    let environment = with(environment, &[("PATH", path.as_str())]);
    let logins = logins(&environment, &["own.io/a", "stored.io/a"]).await;
    assert_eq!(logins.len(), 2);
    let file = AuthFile::write(&logins, &environment).unwrap();
    let (docker, podman) = files(&file);
    let (docker, podman) = (json_of(&docker), json_of(&podman));
    assert_eq!((&docker["auths"], &docker["credsStore"]), (&Value::Null, &json!("test")));
    assert_eq!(docker["credHelpers"], json!({ "own.io": "test" }));
    // podman knows helpers of hosts, and no store.
    assert_eq!(podman["credHelpers"], json!({ "own.io": "test" }));
    assert_eq!(podman["auths"], json!({ "stored.io": { "auth": "bWU6cHc=" } }));

    // A variable goes before both.
    let environment = with(
        environment,
        &[("IMGPLAN_USERNAME", "a"), ("IMGPLAN_PASSWORD", "a"), ("IMGPLAN_REGISTRY", "own.io")],
    );
    let file =
        AuthFile::write(&super::tests::logins(&environment, &["own.io/a"]).await, &environment).unwrap();
    let (docker, podman) = files(&file);
    assert_eq!(json_of(&docker)["credHelpers"]["own.io"], "");
    assert_eq!(json_of(&podman)["credHelpers"], json!({}));
    for path in [docker, podman] {
        assert_eq!(json_of(&path)["auths"]["own.io"]["auth"], "YTph");
    }
}

#[tokio::test]
async fn docker_hub_has_a_key_of_its_own() {
    let environment = with(
        Environment::new(),
        &[("IMGPLAN_USERNAME", "a"), ("IMGPLAN_PASSWORD", "a"), ("IMGPLAN_REGISTRY", "docker.io")],
    );
    let logins = logins(&environment, &["docker.io/acme/app"]).await;
    let file = AuthFile::write(&logins, &environment).unwrap();
    let (docker, podman) = files(&file);
    let key = "https://index.docker.io/v1/";
    assert_eq!(json_of(&docker)["auths"][key]["auth"], "YTph");
    assert_eq!(json_of(&docker)["credHelpers"][key], "");
    assert_eq!(json_of(&podman)["auths"]["docker.io"]["auth"], "YTph");
}

#[test]
fn a_broken_login_file_is_an_error_and_not_an_anonymous_build() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("auth.json");
    let environment =
        Environment::from([("REGISTRY_AUTH_FILE".to_owned(), path.to_str().unwrap().to_owned())]);
    for broken in ["{", "\"hunter22\"", "{\"auths\":hunter22}"] {
        std::fs::write(&path, broken).unwrap();
        let error = AuthFile::write(&[], &environment).unwrap_err();
        assert!(!format!("{error:?}").contains("hunter22"), "{error:?}");
    }
    std::fs::write(&path, " \n").unwrap();
    AuthFile::write(&[], &environment).unwrap();
}
