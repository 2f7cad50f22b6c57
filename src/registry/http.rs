//! The HTTP clients: TLS roots, proxies, time limits and one connection pool for each of plain http and
//! https.
//!
//! No redirect is followed here and no credential is known; `exchange` does both. The https client is built
//! only when an https address is contacted: reading a machine's CA files costs milliseconds that a local
//! registry need not pay, and fails on machines that have none.

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, NoProxy, Proxy};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::Settings;
use crate::error::{Error, Result};

/// How long a connection may take to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How long one small request and its answer may take.
const WHOLE_LIMIT: Duration = Duration::from_secs(60);
/// How long a layer's transfer may stand still.
const STALL_LIMIT: Duration = Duration::from_secs(60);

/// The clients and the limits.
#[derive(Debug)]
pub(super) struct Http {
    settings: Settings,
    plain: Mutex<Option<Client>>,
    tls: Mutex<Option<Client>>,
    /// For one small request and its whole answer.
    pub(super) whole: Duration,
    /// For a transfer of any length to move on.
    pub(super) stall: Duration,
}

impl Http {
    pub(super) fn new(settings: Settings) -> Http {
        let whole = settings.timeout.unwrap_or(WHOLE_LIMIT);
        Http {
            plain: Mutex::new(None),
            tls: Mutex::new(None),
            whole,
            stall: settings.timeout.unwrap_or(STALL_LIMIT),
            settings,
        }
    }

    /// The client for an address; the same one each time.
    pub(super) fn client(&self, url: &Url) -> Result<Client> {
        let secure = url.scheme() == "https" || self.http_proxy().is_some_and(|p| p.starts_with("https:"));
        let slot = if secure { &self.tls } else { &self.plain };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*slot {
            return Ok(client.clone());
        }
        let roots = if secure { self.roots()? } else { RootCertStore::empty() };
        let client = self.build(roots)?;
        *slot = Some(client.clone());
        Ok(client)
    }

    /// Whether this host (with its port, if it has one) is spoken to in plain http.
    pub(super) fn is_plain(&self, registry: &str) -> bool {
        let host = host_of(registry);
        is_loopback(host) || self.settings.plain_http.iter().any(|named| named == registry || named == host)
    }

    fn build(&self, roots: RootCertStore) -> Result<Client> {
        let broken = |error: rustls::Error| Error::unavailable("TLS could not be set up").caused_by(error);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(broken)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut builder = Client::builder()
            .user_agent(concat!("imgplan/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(self.whole.min(CONNECT_LIMIT))
            .no_proxy();
        for proxy in self.proxies()? {
            builder = builder.proxy(proxy);
        }
        builder.build().map_err(|error| {
            Error::unavailable("the HTTP client could not be set up").caused_by(error.without_url())
        })
    }

    /// The machine's own roots together with Mozilla's: a scratch container has none of its own.
    fn roots(&self) -> Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        let path = |name: &str| self.variable(&[name]).map(Path::new);
        let (file, dir) = (path("SSL_CERT_FILE"), path("SSL_CERT_DIR"));
        let native = if file.is_some() || dir.is_some() {
            rustls_native_certs::load_certs_from_paths(file, dir)
        } else {
            rustls_native_certs::load_native_certs()
        };
        // Files that cannot be read are no error of their own: the handshake that needed one fails and says so.
        roots.add_parsable_certificates(native.certs);
        roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        if let Some(file) = &self.settings.ca_file {
            let wrong = || Error::unavailable(format!("the CA file {} cannot be used", file.display()));
            let bytes = std::fs::read(file).map_err(|error| wrong().caused_by(error))?;
            let mut added = 0;
            for certificate in CertificateDer::pem_slice_iter(&bytes) {
                let certificate = certificate.map_err(|error| wrong().caused_by(error.to_string()))?;
                roots.add(certificate).map_err(|error| wrong().caused_by(error))?;
                added += 1;
            }
            if added == 0 {
                return Err(wrong().hint("it must hold at least one certificate in PEM form"));
            }
        }
        Ok(roots)
    }

    /// As Go's `httpproxy.FromEnvironment`: loopback addresses never go through a proxy, and `HTTP_PROXY` is
    /// a request's header, not a setting, where a web server runs this program.
    fn proxies(&self) -> Result<Vec<Proxy>> {
        let wrong = |name: &str| {
            Error::unavailable(format!("{name} is not the address of a proxy"))
                .hint("write it as http://HOST:PORT")
        };
        let listed = self.variable(&["NO_PROXY", "no_proxy"]).unwrap_or_default();
        let except = NoProxy::from_string(&format!("{listed},localhost,127.0.0.0/8,::1"));
        let mut proxies = Vec::new();
        if let Some(proxy) = self.http_proxy() {
            proxies.push(Proxy::http(proxy).map_err(|_| wrong("HTTP_PROXY"))?.no_proxy(except.clone()));
        }
        if let Some(proxy) = self.variable(&["HTTPS_PROXY", "https_proxy"]) {
            proxies.push(Proxy::https(proxy).map_err(|_| wrong("HTTPS_PROXY"))?.no_proxy(except));
        }
        Ok(proxies)
    }

    fn http_proxy(&self) -> Option<&str> {
        let cgi = self.settings.environment.contains_key("REQUEST_METHOD");
        if cgi { self.variable(&["http_proxy"]) } else { self.variable(&["HTTP_PROXY", "http_proxy"]) }
    }

    /// The first of these variables that is set and not empty.
    fn variable(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            self.settings.environment.get(*name).map(String::as_str).filter(|v| !v.is_empty())
        })
    }
}

/// The host without its port.
fn host_of(registry: &str) -> &str {
    match registry.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => registry,
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn http(settings: Settings) -> Http {
        Http::new(settings)
    }

    #[test]
    fn plain_http_is_for_loopback_addresses_and_for_hosts_named() {
        let http =
            http(Settings { plain_http: vec!["lab:5000".into(), "inner".into()], ..Settings::default() });
        for plain in
            ["localhost", "localhost:5000", "127.0.0.1:1", "127.1.2.3", "[::1]:5000", "lab:5000", "inner:8"]
        {
            assert!(http.is_plain(plain), "{plain}");
        }
        for tls in
            ["ghcr.io", "lab", "lab:5001", "localhost.example.org", "127.0.0.1.example.org", "10.0.0.1:5000"]
        {
            assert!(!http.is_plain(tls), "{tls}");
        }
    }

    #[test]
    fn the_tls_client_builds_on_a_machine_without_ca_files() {
        let missing = std::path::PathBuf::from("/nonexistent/ca.pem");
        let environment = [("SSL_CERT_FILE".to_owned(), missing.display().to_string())].into();
        let url = Url::parse("https://registry.example.org/v2/").unwrap();
        assert!(http(Settings { environment, ..Settings::default() }).client(&url).is_ok());
        let error =
            http(Settings { ca_file: Some(missing), ..Settings::default() }).client(&url).unwrap_err();
        assert_eq!(error.to_string(), "the CA file /nonexistent/ca.pem cannot be used");
    }

    #[test]
    fn a_proxy_that_is_none_is_an_error_and_its_password_is_not_shown() {
        let environment = [("HTTPS_PROXY".to_owned(), "http://me:hunter22@[".to_owned())].into();
        let url = Url::parse("http://127.0.0.1/").unwrap();
        let error = http(Settings { environment, ..Settings::default() }).client(&url).unwrap_err();
        assert!(!format!("{error:?}").contains("hunter22"), "{error:?}");
    }
}
