//! Temporary files of registry logins, for builders that cannot know what only imgplan's and CI's variables say.
//!
//! docker reads `$DOCKER_CONFIG/config.json`, buildah and podman `$REGISTRY_AUTH_FILE`. The format is one, its meaning is
//! not: an empty helper of a host is "no helper" to docker, and to podman a program without a name; a key with a
//! path is a repository to podman, and nothing to docker. So there are two files. What the user's own files say is
//! taken along, since a builder reads either them or these.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::error::{Error, Place, Result};
use crate::registry::Handed;

/// A folder that stands for docker's configuration folder, with further logins. It goes away with this value, which
/// does not hold the passwords.
#[derive(Debug)]
pub struct AuthFile {
    folder: TempDir,
    buildx: Option<PathBuf>,
}

impl AuthFile {
    /// Writes logins beside those that the environment's own sources hold; the first one for a registry is docker's.
    pub fn write(logins: &[Handed], environment: &BTreeMap<String, String>) -> Result<AuthFile> {
        let docker = docker_folder(environment);
        let known = known(docker.as_deref(), environment)?;
        let folder = tempfile::Builder::new()
            .prefix("imgplan-")
            .tempdir()
            .map_err(|error| Error::unavailable("cannot make a temporary folder").caused_by(error))?;
        write_private(&folder.path().join("config.json"), for_docker(known.clone(), logins))?;
        write_private(&folder.path().join("auth.json"), for_podman(known, logins))?;
        let own = variable(environment, "BUILDX_CONFIG").is_some();
        let buildx = docker.as_ref().filter(|_| !own).map(|dir| dir.join("buildx"));
        if let Some(docker) = &docker {
            share(docker, folder.path());
        }
        Ok(AuthFile { folder, buildx })
    }

    /// The variables that point builders at the files.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let folder = self.folder.path();
        let mut variables: Vec<(OsString, OsString)> = vec![
            ("DOCKER_CONFIG".into(), folder.into()),
            ("REGISTRY_AUTH_FILE".into(), folder.join("auth.json").into()),
        ];
        // buildx keeps its builders below docker's configuration folder.
        variables.extend(self.buildx.iter().map(|dir| ("BUILDX_CONFIG".into(), dir.into())));
        variables
    }
}

fn variable<'a>(environment: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

/// Where docker keeps its configuration.
fn docker_folder(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    let named = variable(environment, "DOCKER_CONFIG").map(PathBuf::from);
    named.or_else(|| home(environment).map(|home| home.join(".docker")))
}

fn home(environment: &BTreeMap<String, String>) -> Option<&Path> {
    variable(environment, "HOME").or_else(|| variable(environment, "USERPROFILE")).map(Path::new)
}

/// What the user's own sources say, in the order in which imgplan asks them itself.
fn known(docker: Option<&Path>, environment: &BTreeMap<String, String>) -> Result<Map<String, Value>> {
    let get = |name| variable(environment, name);
    let mut known = Map::new();
    if let Some(text) = get("DOCKER_AUTH_CONFIG") {
        merge(&mut known, parse("DOCKER_AUTH_CONFIG", text.as_bytes())?);
    }
    let below_home = || home(environment).map(|home| home.join(".config"));
    let files = [
        get("REGISTRY_AUTH_FILE").map(PathBuf::from),
        docker.map(|dir| dir.join("config.json")),
        get("XDG_RUNTIME_DIR").map(|dir| Path::new(dir).join("containers/auth.json")),
        get("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .or_else(below_home)
            .map(|dir| dir.join("containers/auth.json")),
    ];
    for file in files.into_iter().flatten() {
        merge(&mut known, read(&file)?);
    }
    Ok(known)
}

/// docker knows one login for a registry, and asks `credsStore` before `auths`, except for a host whose own helper is
/// empty. A helper that it would ask itself keeps its word.
fn for_docker(mut config: Map<String, Value>, logins: &[Handed]) -> Map<String, Value> {
    for login in logins.iter().rev() {
        let key = login.docker_key();
        let own = helper(&config, &key);
        let asked = match login.store() {
            Some(store) => own.is_none() && config.get("credsStore").and_then(Value::as_str) == Some(store),
            None => own.is_some() && own == login.host_helper(),
        };
        if !asked {
            add(&mut config, "auths", &key, login.entry());
            add(&mut config, "credHelpers", &key, json!(""));
        }
    }
    config
}

/// podman and buildah ask a host's helper before `auths`, even one without a name, and know no `credsStore`.
fn for_podman(mut config: Map<String, Value>, logins: &[Handed]) -> Map<String, Value> {
    let asks = |login: &&Handed| {
        let own = helper(&config, &login.registry);
        own.is_some() && own == login.host_helper()
    };
    let (asked, written): (Vec<&Handed>, Vec<&Handed>) = logins.iter().partition(asks);
    for login in &written {
        add(&mut config, "auths", &login.podman_key(), login.entry());
    }
    if let Some(Value::Object(helpers)) = config.get_mut("credHelpers") {
        let of = |logins: &[&Handed], host: &str| logins.iter().any(|login| login.registry == host);
        helpers
            .retain(|host, helper| helper.as_str() != Some("") && (of(&asked, host) || !of(&written, host)));
    }
    config
}

/// The helper of a host alone.
fn helper<'a>(config: &'a Map<String, Value>, host: &str) -> Option<&'a str> {
    config.get("credHelpers").and_then(|helpers| helpers.get(host)).and_then(Value::as_str)
}

fn read(file: &Path) -> Result<Map<String, Value>> {
    match std::fs::read(file) {
        Ok(bytes) => parse(&file.display().to_string(), &bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Map::new()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Ok(Map::new()),
        Err(error) => Err(Error::unavailable("the registry logins cannot be read")
            .at(Place::file(file.display().to_string()))
            .caused_by(error)),
    }
}

/// Errors never quote the text: it holds passwords.
fn parse(name: &str, bytes: &[u8]) -> Result<Map<String, Value>> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Error::unavailable("the registry logins are no JSON object").at(Place::file(name))),
        Err(error) => {
            Err(Error::unavailable("the registry logins are no JSON")
                .at(Place::line(name, error.line()).column(error.column())))
        }
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

fn write_private(path: &Path, config: Map<String, Value>) -> Result<()> {
    let text = Value::Object(config).to_string();
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
#[path = "login_tests.rs"]
mod tests;
