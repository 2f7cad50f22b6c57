//! A certificate authority of the tests' own, and servers' certificates from it.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Leads to this machine, and is not a loopback address by its name.
pub(super) const HOST: &str = "0.0.0.0";

/// An authority that no machine knows.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new one.
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Writes its certificate as users have it: a PEM file.
    pub fn write(&self, path: &Path) {
        let text = base64::engine::general_purpose::STANDARD.encode(self.0.der());
        std::fs::write(path, format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"))
            .unwrap();
    }

    /// For the test registry's own address, and valid.
    pub fn certificate(&self) -> ServerConfig {
        self.issue(HOST, 2100)
    }

    /// For another host.
    pub fn for_another_host(&self) -> ServerConfig {
        self.issue("registry.example.org", 2100)
    }

    /// Over since long.
    pub fn expired(&self) -> ServerConfig {
        self.issue(HOST, 2001)
    }

    fn issue(&self, host: &str, until: i32) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap()
    }
}
