//! The process's surroundings, read once: environment variables, working directory, time.
//!
//! Everything below `commands` gets values from here, so that nothing else depends on where it runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::details;
use crate::error::{Error, Result};

/// The time that a run takes for now, so that all jobs of one pipeline give one time.
const NOW: &str = "IMGPLAN_NOW";

/// What the process finds around itself.
#[derive(Debug, Clone)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    directory: PathBuf,
    /// Seconds since the epoch.
    pub now: i64,
}

/// Whether GitHub's runner reads what is printed.
#[allow(clippy::disallowed_methods, reason = "the one place that reads them")]
pub(super) fn in_github_actions() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| !value.is_empty())
}

impl Environment {
    /// Reads it; with `-C DIR`, as if started there.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads them")]
    pub fn read(directory: Option<&Path>) -> Result<Environment> {
        let current = std::env::current_dir()
            .map_err(|error| Error::unavailable("the working directory cannot be read").caused_by(error))?;
        let mut variables = BTreeMap::new();
        for (name, value) in std::env::vars_os().filter(|(_, value)| !value.is_empty()) {
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => _ = variables.insert(name, value),
                // Passing over a setting of imgplan's own would mean another repository, or no credentials.
                Err(_) if name.starts_with("IMGPLAN_") => {
                    return Err(Error::invalid(format!("the variable {name} is not UTF-8"))
                        .hint("set it to text, or unset it"));
                }
                Err(_) => {}
            }
        }
        let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        let now = variables.get(NOW).map_or_else(|| Ok(clock()), |text| moment(text))?;
        let directory = directory.map_or_else(|| current.clone(), |directory| current.join(directory));
        Ok(Environment { variables, directory, now })
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// All variables, for the registry's credentials and for builders.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// Without what CI says of the project that it runs for: another one is meant.
    pub fn of_another_project(mut self) -> Environment {
        const OF_THIS: [&str; 8] = [
            "CI_REGISTRY_IMAGE",
            "CI_COMMIT_SHA",
            "CI_COMMIT_TAG",
            "CI_PROJECT_URL",
            "GITHUB_ACTIONS",
            "GITHUB_REPOSITORY",
            "GITHUB_SHA",
            "GITHUB_SERVER_URL",
        ];
        OF_THIS.iter().for_each(|name| _ = self.variables.remove(*name));
        self
    }

    /// Where fetched repositories are kept.
    pub fn cache(&self) -> Result<PathBuf> {
        let absolute = |name| self.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let own = self.get("IMGPLAN_CACHE").map(|dir| self.directory.join(dir));
        let xdg = || absolute("XDG_CACHE_HOME").map(|dir| dir.join("imgplan"));
        let home = || absolute("HOME").map(|dir| dir.join(".cache/imgplan"));
        own.or_else(xdg).or_else(home).ok_or_else(|| {
            Error::unavailable("there is no folder for fetched repositories: HOME is not set")
                .hint("name one: IMGPLAN_CACHE=DIR")
        })
    }

    /// Where relative paths start.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// A folder as a person here would write it: relative where it is below the working directory.
    pub fn show(&self, path: &Path) -> String {
        match path.strip_prefix(&self.directory) {
            Ok(relative) if relative.as_os_str().is_empty() => ".".to_owned(),
            Ok(relative) => relative.display().to_string(),
            Err(_) => path.display().to_string(),
        }
    }
}

/// A time as people and scripts have it.
fn moment(text: &str) -> Result<i64> {
    let seconds = text.parse::<i64>().ok().filter(|seconds| *seconds >= 0);
    seconds.or_else(|| details::timestamp(text)).ok_or_else(|| {
        Error::invalid(format!("the variable {NOW} is {text:?}, which is no time"))
            .hint("write 2026-07-05T14:23:49Z, or seconds since 1970 as `date +%s` prints them")
    })
}
