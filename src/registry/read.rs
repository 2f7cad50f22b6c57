//! Reading manifests and small blobs from a registry: found, missing, or not known.
//!
//! Only the registry's own word makes something missing (distribution specification, "Pulling manifests" and "Error
//! codes"); a page of something in between, a refusal or a digest that does not fit is not known.

use reqwest::header::CONTENT_LENGTH;
use reqwest::{Method, StatusCode};

use super::Name;
use super::client::{Client, Remote};
use super::exchange::Request;
use super::reply::Reply;
use crate::error::{Error, Result};
use crate::lookup::{Descriptor, Lookup, Manifest};
use crate::reference::Digest;

/// All of them in each request: without the OCI types distribution 2.8 answers 404 for an OCI image.
pub(super) const MANIFEST_TYPES: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json, \
                      application/vnd.docker.distribution.manifest.v2+json";
/// Registries must take 4 MiB ("Pushing manifests"); no index comes near this.
const MANIFEST_CAP: usize = 16 * 1024 * 1024;
/// An image's configuration, not a layer.
const BLOB_CAP: usize = 8 * 1024 * 1024;

impl Client {
    /// HEAD of a manifest; a GET where the answer leaves something out (ECR may omit the digest).
    pub(super) async fn head(&self, remote: &Remote, name: Name<'_>) -> Lookup<Descriptor> {
        match self.try_head(remote, name).await {
            Ok(Some(answer)) => answer,
            Ok(None) => self.manifest(remote, name).await.map(|manifest| Descriptor {
                size: manifest.bytes.len() as u64,
                digest: manifest.digest,
                media_type: manifest.media_type,
            }),
            Err(error) => Lookup::Unknown(error),
        }
    }

    /// `None` if a GET must tell.
    async fn try_head(&self, remote: &Remote, name: Name<'_>) -> Result<Option<Lookup<Descriptor>>> {
        let reply = self.ask(remote, Method::HEAD, name).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return match head_404(&reply) {
                Some(true) => Ok(Some(Lookup::Missing)),
                Some(false) => Err(reply.refusal()),
                None => Ok(None),
            };
        }
        if reply.status != StatusCode::OK {
            return Err(reply.refusal());
        }
        if reply.content_type().is_some() {
            media_type(&reply)?;
        }
        let size = reply.header(CONTENT_LENGTH).and_then(|size| size.trim().parse().ok());
        let (Some(digest), Some(kind), Some(size)) = (stated_digest(&reply)?, reply.content_type(), size)
        else {
            return Ok(None);
        };
        if let Name::Digest(wanted) = name
            && *wanted != digest
        {
            return Err(reply.nonsense(format!("the registry says that this is {digest}")));
        }
        Ok(Some(Lookup::Found(Descriptor { digest, media_type: kind.to_owned(), size })))
    }

    /// GET of a manifest, its bytes checked.
    pub(super) async fn manifest(&self, remote: &Remote, name: Name<'_>) -> Lookup<Manifest> {
        match self.try_manifest(remote, name).await {
            Ok(Some(manifest)) => Lookup::Found(manifest),
            Ok(None) => Lookup::Missing,
            Err(error) => Lookup::Unknown(error),
        }
    }

    async fn try_manifest(&self, remote: &Remote, name: Name<'_>) -> Result<Option<Manifest>> {
        let reply = self.ask(remote, Method::GET, name).await?;
        if is_missing(&reply, &["MANIFEST_UNKNOWN", "NAME_UNKNOWN"]) {
            return Ok(None);
        }
        if reply.status != StatusCode::OK {
            return Err(reply.refusal());
        }
        let media_type = media_type(&reply)?;
        let digest = match (name, stated_digest(&reply)?) {
            (Name::Digest(wanted), _) => wanted.clone(),
            (Name::Tag(_), Some(stated)) => stated,
            (Name::Tag(_), None) => Digest::of(&reply.body),
        };
        checked(&reply, &digest)?;
        if let Some(stated) = stated_digest(&reply)? {
            checked(&reply, &stated)?;
        }
        Ok(Some(Manifest { digest, media_type, bytes: reply.body }))
    }

    /// GET of a small blob, its bytes checked.
    pub(super) async fn blob(&self, remote: &Remote, digest: &Digest) -> Lookup<Vec<u8>> {
        match self.try_blob(remote, digest).await {
            Ok(Some(bytes)) => Lookup::Found(bytes),
            Ok(None) => Lookup::Missing,
            Err(error) => Lookup::Unknown(error),
        }
    }

    async fn try_blob(&self, remote: &Remote, digest: &Digest) -> Result<Option<Vec<u8>>> {
        let url = self.url(remote, &format!("blobs/{digest}"))?;
        let request = Request::new(Method::GET, url).cap(BLOB_CAP);
        let reply = self.send(&self.key(remote, false), &request).await?;
        if is_missing(&reply, &["BLOB_UNKNOWN", "NAME_UNKNOWN"]) {
            return Ok(None);
        }
        if reply.status != StatusCode::OK {
            return Err(reply.refusal());
        }
        checked(&reply, digest)?;
        Ok(Some(reply.body))
    }

    async fn ask(&self, remote: &Remote, method: Method, name: Name<'_>) -> Result<Reply> {
        let reference = match name {
            Name::Tag(tag) => tag.as_str(),
            Name::Digest(digest) => digest.as_str(),
        };
        let url = self.url(remote, &format!("manifests/{reference}"))?;
        let request = Request::new(method, url).accept(ACCEPT).cap(MANIFEST_CAP);
        self.send(&self.key(remote, false), &request).await
    }
}

/// What a 404 without a body tells: missing, or a web page of something in between. `None` if only the body
/// can tell: where another host answered, and for Go's own "404 page not found" (plain text marked `nosniff`), which
/// is a proxy without a route and no registry.
fn head_404(reply: &Reply) -> Option<bool> {
    let plain = reply.essence().is_some_and(|kind| kind == "text/plain");
    match () {
        () if reply.is_html() => Some(false),
        () if reply.elsewhere || plain && reply.header("x-content-type-options").is_some() => None,
        () => Some(true),
    }
}

/// A 404 with the registry's own error.
pub(super) fn is_missing(reply: &Reply, codes: &[&str]) -> bool {
    reply.status == StatusCode::NOT_FOUND && reply.has_code(codes)
}

/// The digest that the registry states; one that is none is a lie, not an omission.
pub(super) fn stated_digest(reply: &Reply) -> Result<Option<Digest>> {
    let Some(value) = reply.headers.get("docker-content-digest") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    match Digest::new(text) {
        Ok(digest) => Ok(Some(digest)),
        Err(_) => Err(reply.nonsense("the registry states a digest that is none")),
    }
}

fn checked(reply: &Reply, digest: &Digest) -> Result<()> {
    if digest.matches(&reply.body) {
        return Ok(());
    }
    Err(reply
        .nonsense(format!("the bytes do not have the digest {digest}"))
        .hint("the registry, or something on the way, gives out other content than it says"))
}

/// The media type as it came, if it is one of a manifest.
fn media_type(reply: &Reply) -> Result<String> {
    let known = |kind: &String| MANIFEST_TYPES.contains(&kind.as_str());
    match (reply.content_type(), reply.essence()) {
        (Some(whole), Some(kind)) if known(&kind) => Ok(whole.to_owned()),
        (Some(_), _) if reply.is_html() => Err(in_between(reply)),
        (Some(whole), _) => {
            let whole = reply.clean(whole);
            Err(reply
                .nonsense(format!("the answer's type is {whole:?}, which is no manifest that imgplan knows")))
        }
        (None, _) => Err(reply.nonsense("the answer has no content type")),
    }
}

fn in_between(reply: &Reply) -> Error {
    reply
        .nonsense("a web page came instead of a manifest")
        .hint("something between here and the registry answers in its place: a proxy, or a login page")
}
