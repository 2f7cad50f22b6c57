//! The client of all registries, as the environment configures it.

use std::time::Duration;

use crate::commands::environment::Environment;
use crate::error::{Error, Result};
use crate::registry::{Registry, Settings};

impl Environment {
    /// All registries and layouts; nothing is asked yet. `named` is the repository on the command line, as it was written.
    pub(super) fn registry(&self, named: Option<&str>) -> Result<Registry> {
        let timeout = match self.get("IMGPLAN_TIMEOUT") {
            Some(text) => {
                let number = text.strip_suffix('s').unwrap_or(text).parse::<u32>();
                let seconds = number.ok().filter(|seconds| *seconds > 0).ok_or_else(|| {
                    Error::invalid(format!("IMGPLAN_TIMEOUT is {text:?}, not a number of seconds from 1"))
                        .hint("write it as 60 or 60s, or unset it")
                })?;
                Some(Duration::from_secs(seconds.into()))
            }
            None => None,
        };
        Registry::new(Settings {
            environment: self.variables().clone(),
            named: named.map(str::to_owned),
            plain_http: self.plain_http(),
            ca_file: self.get("IMGPLAN_CA_FILE").map(|file| self.directory().join(file)),
            timeout,
        })
    }

    /// Hosts that are spoken to in plain http besides the loopback addresses.
    pub(super) fn plain_http(&self) -> Vec<String> {
        let hosts = self.get("IMGPLAN_PLAIN_HTTP").unwrap_or_default();
        hosts.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::to_owned).collect()
    }
}
