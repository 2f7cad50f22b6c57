//! Putting manifests: identical bytes, identical type, read back.
//!
//! There is no conditional PUT (`If-None-Match: *` on an existing tag gave 201 everywhere), so the HEAD that follows
//! decides how it ended, whatever the PUT's own answer was.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;

use super::client::{Client, Remote};
use super::exchange::Request;
use super::read::stated_digest;
use super::reply::Reply;
use super::{Name, Put};
use crate::error::{Error, Result};
use crate::lookup::{Lookup, Manifest};
use crate::reference::Tag;

impl Client {
    /// PUT under a tag, then HEAD.
    pub(super) async fn put(&self, remote: &Remote, tag: &Tag, manifest: &Manifest) -> Result<Put> {
        let refused = match self.try_put(remote, tag.as_str(), manifest).await {
            Ok(()) => None,
            Err(Refused { error, final_word: true }) => return Err(error),
            Err(refused) => Some(refused.error),
        };
        match (self.head(remote, Name::Tag(tag)).await, refused) {
            (Lookup::Found(now), _) if now.digest == manifest.digest => Ok(Put::Done),
            (Lookup::Found(now), refusal) => Ok(Put::Elsewhere { digest: now.digest, refusal }),
            // Why it was refused says more than that it is not there.
            (_, Some(refused)) => Err(refused),
            (Lookup::Missing, None) => Err(Error::unavailable(format!(
                "{remote}:{tag} was put, and then the registry said that it is not there"
            ))),
            (Lookup::Unknown(error), None) => Err(Error::unavailable(format!(
                "{remote}:{tag} was put, but could not be read back to verify it"
            ))
            .caused_by(error)),
        }
    }

    /// PUT by digest, without a tag.
    pub(super) async fn put_untagged(&self, remote: &Remote, manifest: &Manifest) -> Result<()> {
        self.try_put(remote, manifest.digest.as_str(), manifest).await.map_err(|refused| refused.error)
    }

    async fn try_put(&self, remote: &Remote, name: &str, manifest: &Manifest) -> Result<(), Refused> {
        let request = Request::new(Method::PUT, self.url(remote, &format!("manifests/{name}"))?)
            .header(CONTENT_TYPE, &manifest.media_type)?
            .body(manifest.bytes.clone());
        let reply = self.send(&self.key(remote, true), &request).await?;
        if !reply.status.is_success() {
            return Err(with_hint(&reply).into());
        }
        match stated_digest(&reply)? {
            // No HEAD can make good what the registry itself says: it stored something else.
            Some(stated) if stated != manifest.digest => Err(Refused {
                error: reply
                    .nonsense(format!("the registry stored {stated} where {} was sent", manifest.digest)),
                final_word: true,
            }),
            _ => Ok(()),
        }
    }
}

/// A PUT that did not succeed, as far as its answer tells.
struct Refused {
    error: Error,
    /// Whether no HEAD could change the verdict.
    final_word: bool,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Refused { error, final_word: false }
    }
}

/// The refusals that are documented to have one cause.
fn with_hint(reply: &Reply) -> Error {
    let words = reply.words().to_lowercase();
    let about_tags = words.contains("tag")
        && (words.contains("limit") || words.contains("exceed") || words.contains("maximum"));
    let error = reply.refusal();
    if words.contains("limitexceeded") || about_tags {
        return error.hint(
            "some registries allow only so many tags an image (ECR 1,000): with `tags.commit = false` imgplan sets no commit tags",
        );
    }
    // The words of the documented ones: ECR 400 TAG_INVALID ("cannot be overwritten because the tag is immutable"), Harbor
    // 412 ("configured as immutable"), others 403 or 409.
    let immutable = ["immutable", "immutability", "tag_invalid", "cannot be overwritten", "protected"]
        .iter()
        .any(|word| words.contains(word));
    match reply.status.as_u16() {
        400 | 403 | 409 | 412 if immutable => error.hint(
            "the registry lets this tag be written once or by some only (immutable or protected tags), and it may have been \
             written and deleted before",
        ),
        403 => error.hint("a tag that the registry keeps (immutable or protected tags) may be refused in the same words"),
        405 => error.hint("this registry, or this address of it, is for reading only"),
        _ => error,
    }
}
