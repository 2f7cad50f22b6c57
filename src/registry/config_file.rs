//! The files in which docker and podman keep credentials: `config.json` and `auth.json`.
//!
//! Formats: docker/cli `cli/config/types/authconfig.go`; containers/image `containers-auth.json(5)`, whose keys may
//! have a path. Errors of these files never quote them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use super::login::{Login, helper_key};
use super::secret::Secret;
use crate::error::{Error, Place, Result};

/// One file, its keys in one form.
#[derive(Debug)]
pub(super) struct ConfigFile {
    /// The file's name, for messages.
    pub(super) name: String,
    /// The helper for every host that has none of its own.
    pub(super) store: Option<String>,
    helpers: BTreeMap<String, (String, String)>,
    logins: BTreeMap<String, Entry>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Raw {
    auths: Option<BTreeMap<String, Option<Entry>>>,
    creds_store: Option<String>,
    cred_helpers: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl ConfigFile {
    pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<ConfigFile> {
        let blank = bytes.iter().all(u8::is_ascii_whitespace);
        let raw: Raw = if blank { Raw::default() } else { read(name, bytes)? };
        let helpers = raw.cred_helpers.unwrap_or_default();
        let logins = raw.auths.unwrap_or_default();
        Ok(ConfigFile {
            name: name.to_owned(),
            store: raw.creds_store.filter(|store| !store.is_empty()),
            helpers: helpers.into_iter().map(|(key, program)| (normalised(&key), (program, key))).collect(),
            logins: logins.into_iter().filter_map(|(key, entry)| Some((normalised(&key), entry?))).collect(),
        })
    }

    /// The helper of this host alone, and the key it knows the host by.
    pub(super) fn helper_of(&self, registry: &str) -> Option<(&str, String)> {
        let (program, key) = self.helpers.get(registry)?;
        let key = if registry == "docker.io" { helper_key(registry) } else { key.clone() };
        Some((program, key))
            .filter(|(program, _)| !program.is_empty())
            .map(|(program, key)| (program.as_str(), key))
    }

    /// The entry with the longest path that the repository is in.
    pub(super) fn login(&self, registry: &str, path: &str) -> Result<Option<Login>> {
        let mut key = format!("{registry}/{path}");
        loop {
            if let Some(entry) = self.logins.get(&key)
                && let Some(login) = self.read(&key, entry)?
            {
                return Ok(Some(login));
            }
            match key.rfind('/') {
                Some(end) => key.truncate(end),
                None => return Ok(None),
            }
        }
    }

    fn read(&self, key: &str, entry: &Entry) -> Result<Option<Login>> {
        let set = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        if let Some(token) = set(&entry.registrytoken) {
            return Ok(Some(Login::Bearer(Secret::new(token))));
        }
        if let Some(token) = set(&entry.identitytoken) {
            return Ok(Some(Login::Identity(Secret::new(token))));
        }
        if let Some(auth) = set(&entry.auth) {
            let (user, password) = decoded(&auth).ok_or_else(|| {
                Error::unavailable(format!(
                    "the `auth` of {key} in {} is not base64 of USER:PASSWORD",
                    self.name
                ))
            })?;
            return Ok(Some(Login::new(user, password)).filter(|_| auth != "Og=="));
        }
        match (set(&entry.username), set(&entry.password)) {
            (Some(user), Some(password)) => Ok(Some(Login::new(user, Secret::new(password)))),
            _ => Ok(None),
        }
    }
}

/// serde's own message would quote the value that it did not expect, which may be a password.
fn read(name: &str, bytes: &[u8]) -> Result<Raw> {
    serde_json::from_slice(bytes).map_err(|error| {
        Error::unavailable("the credentials file is not in docker's form")
            .at(Place::line(name, error.line()).column(error.column()))
            .hint("`docker login` and `podman login` write files of this form")
    })
}

/// `USER:PASSWORD` from base64, with or without padding; old versions of docker appended zero bytes.
fn decoded(auth: &str) -> Option<(String, Secret)> {
    let padding = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&base64::alphabet::STANDARD, padding);
    let text = String::from_utf8(engine.decode(auth.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), Secret::new(password.trim_end_matches('\0'))))
}

/// `https://index.docker.io/v1/` is `docker.io`; a key without a scheme may have a path.
fn normalised(key: &str) -> String {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
    let mut text = bare.unwrap_or(key).trim_end_matches('/');
    if bare.is_some() {
        // What follows the host of an address is docker's API version, not a repository.
        text = text.strip_suffix("/v1").or_else(|| text.strip_suffix("/v2")).unwrap_or(text);
    }
    let (host, path) = text.split_once('/').map_or((text, None), |(host, path)| (host, Some(path)));
    let host = match host.to_ascii_lowercase().as_str() {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        host => host.to_owned(),
    };
    match path {
        // docker's own key, written without its scheme.
        Some("v1" | "v2") if host == "docker.io" => host,
        Some(path) => format!("{host}/{path}"),
        None => host,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn login(text: &str, registry: &str, path: &str) -> Option<Login> {
        ConfigFile::parse("test", text.as_bytes()).unwrap().login(registry, path).unwrap()
    }

    fn user(login: Option<Login>) -> String {
        match login {
            Some(Login::Basic { user, password }) => format!("{user}:{}", password.expose()),
            Some(Login::Identity(token)) => format!("identity {}", token.expose()),
            Some(Login::Bearer(token)) => format!("bearer {}", token.expose()),
            None => "nobody".to_owned(),
        }
    }

    #[test]
    fn the_longest_path_wins_and_only_at_slashes() {
        let text = r#"{"auths":{"r.io":{"auth":"YTph"},"r.io/team":{"auth":"Yjpi"},"r.io/team/app":{"auth":"Yzpj"}}}"#;
        for (path, expected) in
            [("team/app", "c:c"), ("team/app/x", "c:c"), ("team/other", "b:b"), ("teamwork", "a:a")]
        {
            assert_eq!(user(login(text, "r.io", path)), expected, "{path}");
        }
        assert_eq!(user(login(text, "r.io.evil.org", "team")), "nobody");
    }

    #[test]
    fn every_form_of_an_entry_is_read() {
        let one =
            |entry: &str| user(login(&format!(r#"{{"auths":{{"https://r.io/v1/":{entry}}}}}"#), "r.io", "a"));
        assert_eq!(one(r#"{"auth":"YTphOmI"}"#), "a:a:b");
        assert_eq!(one(r#"{"auth":"PHRva2VuPjp4"}"#), "identity x");
        assert_eq!(one(r#"{"auth":"YTph","identitytoken":"t"}"#), "identity t");
        assert_eq!(one(r#"{"registrytoken":"t"}"#), "bearer t");
        assert_eq!(one(r#"{"username":"u","password":"p"}"#), "u:p");
        for nobody in [r#"{"auth":""}"#, "{}", "null", r#"{"email":"x"}"#] {
            assert_eq!(one(nobody), "nobody", "{nobody}");
        }
    }

    #[test]
    fn docker_hub_is_found_by_its_old_key() {
        for key in ["https://index.docker.io/v1/", "docker.io", "index.docker.io/v1", "registry-1.docker.io"]
        {
            let text = format!(r#"{{"auths":{{"{key}":{{"auth":"YTph"}}}}}}"#);
            assert_eq!(user(login(&text, "docker.io", "library/debian")), "a:a", "{key}");
        }
    }

    #[test]
    fn errors_do_not_quote_the_file() {
        let wrong = ConfigFile::parse("f", br#"{"auths":{"r.io":"hunter22"}}"#).unwrap_err();
        assert_eq!(wrong.to_string(), "f:1:27: the credentials file is not in docker's form");
        let file = ConfigFile::parse("f", br#"{"auths":{"r.io":{"auth":"hunter22!"}}}"#).unwrap();
        let wrong = file.login("r.io", "a").unwrap_err();
        assert!(!format!("{wrong:?} {file:?}").contains("hunter22"));
    }
}
