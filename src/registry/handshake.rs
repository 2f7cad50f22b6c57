//! TLS handshakes that failed: how they are told from broken connections, and what to do about each.

use std::error::Error as StdError;
use std::io;

use rustls::CertificateError as Certificate;
use url::Url;

/// Whether a request failed for TLS, which another attempt cannot help.
pub(super) fn is_reason(error: &reqwest::Error) -> bool {
    find(error.source()).is_some()
}

/// What to do about a handshake that failed, by its reason.
pub(super) fn hint(error: &reqwest::Error, url: &Url) -> String {
    let host = url.host_str().unwrap_or("the host");
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let plain = format!("if {host} speaks plain http, allow that for it: IMGPLAN_PLAIN_HTTP={host}{port}");
    let authority = "is of its own CA, name the CA's file (PEM): IMGPLAN_CA_FILE=FILE";
    let certificate = match find(error.source()) {
        Some(rustls::Error::InvalidCertificate(certificate)) => certificate,
        // No TLS at all came back.
        Some(rustls::Error::InvalidMessage(_)) => return plain,
        _ => return format!("if the certificate of {host} {authority}; {plain}"),
    };
    match certificate {
        Certificate::Expired | Certificate::ExpiredContext { .. } => {
            format!("the certificate of {host} has expired, or the clock of this machine is wrong")
        }
        Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
            format!("the certificate is for another name than {host}: use the name that it is for")
        }
        _ => format!("if the certificate of {host} {authority}"),
    }
}

/// The reason in a chain of causes. The `source` of an `io::Error` is that of what it wraps, which leaves out what is
/// looked for here, and they come one in another.
fn find<'a>(error: Option<&'a (dyn StdError + 'static)>) -> Option<&'a rustls::Error> {
    let error = error?;
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => find(Some(wrapped)),
        None => find(error.source()),
    }
}
