//! Real handshakes with certificates of an authority of the tests' own.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use imgplan::error::Error;
use imgplan::lookup::{Descriptor, Lookup};
use imgplan::reference::Repository;
use imgplan::registry::{Registry, Settings};

use super::{client, head, repository, unknown};
use crate::support::Sandbox;
use crate::support::registry::{Authority, Image, TestRegistry};

/// A folder with the authority's file in it.
struct Trust {
    authority: Authority,
    dir: tempfile::TempDir,
}

impl Trust {
    fn new() -> Trust {
        let trust = Trust { authority: Authority::new(), dir: tempfile::tempdir().unwrap() };
        trust.authority.write(&trust.file());
        trust
    }

    fn file(&self) -> std::path::PathBuf {
        self.dir.path().join("ca.pem")
    }

    async fn ask(&self, registry: &TestRegistry, trusted: bool) -> Lookup<Descriptor> {
        let ca_file = trusted.then(|| self.file());
        let settings = Settings { ca_file, timeout: Some(Duration::from_secs(2)), ..Settings::default() };
        head(&Registry::new(settings).unwrap(), &repository(registry, "app"), "v1").await
    }

    /// The error of a handshake that failed: said at once, and nothing was sent.
    async fn refused(&self, registry: &TestRegistry, trusted: bool) -> Error {
        let error = unknown(self.ask(registry, trusted).await);
        assert!(error.to_string().ends_with("/v2/app/manifests/v1: the TLS connection failed"), "{error}");
        assert!(registry.requests().is_empty());
        error
    }
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_by_its_file_alone() {
    let trust = Trust::new();
    let registry = TestRegistry::start_with_tls(trust.authority.certificate());
    let digest = registry.push_image("app", "v1", &Image::new());
    let error = trust.refused(&registry, false).await;
    assert!(error.hints()[0].contains("IMGPLAN_CA_FILE=FILE"), "{error:?}");
    assert_eq!(trust.ask(&registry, true).await.found().map(|found| &found.digest), Some(&digest));
    assert_eq!(registry.requests(), ["HEAD /v2/app/manifests/v1 none"]);
}

#[tokio::test]
async fn a_certificate_that_is_over_or_for_another_host_is_not_trusted() {
    let trust = Trust::new();
    for (certificate, hint) in
        [(trust.authority.expired(), "expired"), (trust.authority.for_another_host(), "another name")]
    {
        let registry = TestRegistry::start_with_tls(certificate);
        registry.push_image("app", "v1", &Image::new());
        let error = trust.refused(&registry, true).await;
        assert!(error.hints()[0].contains(hint), "{error:?}");
        assert!(!error.hints()[0].contains("CA_FILE"), "the file is there already: {error:?}");
    }
}

#[tokio::test]
async fn another_authority_is_not_trusted() {
    let (trust, other) = (Trust::new(), Authority::new());
    let registry = TestRegistry::start_with_tls(other.certificate());
    let error = trust.refused(&registry, true).await;
    assert!(error.hints()[0].contains("IMGPLAN_CA_FILE=FILE"), "{error:?}");
}

/// As Go's servers answer to a handshake on a port of plain http.
#[tokio::test]
async fn a_server_of_plain_http_is_told_from_one_that_is_not_trusted() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("0.0.0.0:{}", listener.local_addr().unwrap().port());
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut hello = [0; 5];
        stream.read_exact(&mut hello).unwrap();
        stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTPS request.\n").unwrap();
        // Until the client has closed: what was not read would turn the end into a reset.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let repository = Repository::parse(&format!("{host}/app"), Path::new("")).unwrap();
    let error = unknown(head(&client(&[]), &repository, "v1").await);
    answering.join().unwrap();
    assert!(error.hints()[0].contains(&format!("IMGPLAN_PLAIN_HTTP={host}")), "{error:?}");
    assert!(!error.hints()[0].contains("CA_FILE"), "{error:?}");
}

#[test]
fn the_program_takes_the_file_from_its_variable() {
    let (trust, sandbox) = (Trust::new(), Sandbox::small());
    let registry = TestRegistry::start_with_tls(trust.authority.certificate());
    let plan = || sandbox.imgplan(&["plan", "--repository", &registry.repository("app")]);
    plan().run().expect(3).says(&[
        "the TLS connection failed",
        "caused by:",
        "hint:",
        "IMGPLAN_CA_FILE=FILE",
    ]);
    plan().env("IMGPLAN_CA_FILE", &trust.file().display().to_string()).run().expect(0);
}
