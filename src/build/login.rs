//! A temporary file of registry logins, for builders that cannot know what only CI's variables say.
//!
//! docker reads `$DOCKER_CONFIG/config.json`, buildah and podman `$REGISTRY_AUTH_FILE`; the format is one. What the
//! user's own files say is taken along, since a builder reads either them or this one.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::error::{Error, Place, Result};

/// A folder that stands for docker's configuration folder, with one more login. It goes away with this value,
/// which does not hold the password.
#[derive(Debug)]
pub struct AuthFile {
    folder: TempDir,
    buildx: Option<PathBuf>,
}

impl AuthFile {
    /// Writes a login for a host beside those that the environment's own files hold.
    pub fn write(
        host: &str,
        user: &str,
        password: &str,
        environment: &BTreeMap<String, String>,
    ) -> Result<AuthFile> {
        let get = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        let docker = match get("DOCKER_CONFIG") {
            Some(dir) => Some(PathBuf::from(dir)),
            None => get("HOME").map(|home| Path::new(home).join(".docker")),
        };
        let docker_file = docker.as_ref().map(|dir| dir.join("config.json"));
        let runtime = get("XDG_RUNTIME_DIR").map(|dir| Path::new(dir).join("containers/auth.json"));
        let named = get("REGISTRY_AUTH_FILE").map(PathBuf::from);
        let mut config = Map::new();
        for file in [named.or(runtime), docker_file].into_iter().flatten() {
            merge(&mut config, read(&file)?);
        }
        let login = STANDARD.encode(format!("{user}:{password}"));
        add(&mut config, "auths", host, json!({ "auth": login }));
        // docker asks `credsStore` before `auths`, except for a host whose own helper is empty.
        add(&mut config, "credHelpers", host, json!(""));
        let folder = tempfile::Builder::new()
            .prefix("imgplan-")
            .tempdir()
            .map_err(|error| Error::unavailable("cannot make a temporary folder").caused_by(error))?;
        write_private(&folder.path().join("config.json"), &Value::Object(config).to_string())?;
        let buildx = match get("BUILDX_CONFIG") {
            Some(_) => None,
            None => docker.as_ref().map(|dir| dir.join("buildx")),
        };
        if let Some(docker) = &docker {
            share(docker, folder.path());
        }
        Ok(AuthFile { folder, buildx })
    }

    /// The variables that point builders at the file.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let folder = self.folder.path();
        let mut variables: Vec<(OsString, OsString)> = vec![
            ("DOCKER_CONFIG".into(), folder.into()),
            ("REGISTRY_AUTH_FILE".into(), folder.join("config.json").into()),
        ];
        // buildx keeps its builders below docker's configuration folder.
        variables.extend(self.buildx.iter().map(|dir| ("BUILDX_CONFIG".into(), dir.into())));
        variables
    }
}

fn read(file: &Path) -> Result<Map<String, Value>> {
    let wrong = |error: Box<dyn std::error::Error + Send + Sync>| {
        Error::unavailable("the registry logins cannot be read")
            .at(Place::file(file.display().to_string()))
            .caused_by(error)
    };
    match std::fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| wrong(error.into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Map::new()),
        Err(error) => Err(wrong(error.into())),
    }
}

/// Adds what is not there yet: the first file that knows a host has the word.
fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(known)), Value::Object(more)) => {
                for (name, value) in more {
                    known.entry(name).or_insert(value);
                }
            }
            (Some(_), _) => {}
            (None, value) => _ = into.insert(key, value),
        }
    }
}

/// Adds to the object under a key; one is made where there is none.
fn add(map: &mut Map<String, Value>, key: &str, host: &str, value: Value) {
    match map.entry(key).or_insert_with(|| json!({})) {
        Value::Object(inner) => _ = inner.insert(host.to_owned(), value),
        other => *other = json!({ host: value }),
    }
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        Error::unavailable("cannot write a temporary file")
            .at(Place::file(path.display().to_string()))
            .caused_by(error)
    })
}

/// Links docker's contexts and plugins into the folder. Without one of them docker says itself what it lacks.
fn share(docker: &Path, folder: &Path) {
    for name in ["contexts", "cli-plugins"] {
        #[cfg(unix)]
        let _ = std::os::unix::fs::symlink(docker.join(name), folder.join(name));
        #[cfg(not(unix))]
        let _ = std::os::windows::fs::symlink_dir(docker.join(name), folder.join(name));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_login_stands_beside_those_of_the_user() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".docker")).unwrap();
        std::fs::write(
            home.path().join(".docker/config.json"),
            r#"{"auths":{"ghcr.io":{"auth":"b3RoZXI="}},"credsStore":"desktop"}"#,
        )
        .unwrap();
        let environment = BTreeMap::from([("HOME".to_owned(), home.path().to_str().unwrap().to_owned())]);
        let file = AuthFile::write("registry.example.org", "ci", "p:w", &environment).unwrap();
        assert!(!format!("{file:?}").contains("p:w"));
        let variables: BTreeMap<_, _> = file.environment().into_iter().collect();
        let path = PathBuf::from(&variables[&OsString::from("REGISTRY_AUTH_FILE")]);
        let config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(config["auths"]["ghcr.io"]["auth"], "b3RoZXI=");
        assert_eq!(config["auths"]["registry.example.org"]["auth"], STANDARD.encode("ci:p:w"));
        assert_eq!(config["credHelpers"]["registry.example.org"], "");
        assert_eq!(config["credsStore"], "desktop");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn a_broken_login_file_is_an_error_and_not_an_anonymous_build() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("auth.json"), "{").unwrap();
        let path = home.path().join("auth.json").to_str().unwrap().to_owned();
        let environment = BTreeMap::from([("REGISTRY_AUTH_FILE".to_owned(), path)]);
        assert!(AuthFile::write("h", "u", "p", &environment).is_err());
    }
}
