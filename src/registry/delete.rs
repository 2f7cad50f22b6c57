//! Deleting tags: what the specification has for it, and what was there before.
//!
//! OCI distribution specification 1.1, "Deleting tags": `DELETE /v2/<name>/manifests/<tag>` is answered with 202, or with
//! 400 or 405 by a registry that deletes no tags. GitLab's own `DELETE /v2/<name>/tags/reference/<tag>` is older. Whether
//! the image goes with the tag is the registry's choice: it cannot be told from the answer. It must not know which tags
//! are in use.

use reqwest::{Method, StatusCode};

use super::client::{Client, Remote};
use super::exchange::Request;
use super::read::is_missing;
use super::reply::Reply;
use crate::error::{Error, Kind, Result};
use crate::reference::Tag;

/// How the deletion of a tag ended.
#[derive(Debug)]
pub enum Deleted {
    /// The tag is no more; it may have gone before.
    Done,
    /// The registry deletes no tags: what it said, and what there is to do instead.
    Refused(Error),
}

impl Client {
    /// Deletes a tag. Where the specification's way is refused, GitLab's is tried.
    pub(super) async fn delete_tag(&self, remote: &Remote, tag: &Tag) -> Result<Deleted> {
        let reply = self.delete(remote, &format!("manifests/{tag}")).await?;
        if is_gone(&reply) {
            return Ok(Deleted::Done);
        }
        if !refuses(&reply) {
            return Err(reply.refusal());
        }
        let older = self.delete(remote, &format!("tags/reference/{tag}")).await?;
        if older.status.is_success() {
            return Ok(Deleted::Done);
        }
        let error = Error::new(Kind::Conflict, format!("{}, which deletes no tags", reply.refusal()));
        Ok(Deleted::Refused(error.hint(instead(&remote.registry))))
    }

    async fn delete(&self, remote: &Remote, below: &str) -> Result<Reply> {
        let request = Request::new(Method::DELETE, self.url(remote, below)?);
        self.send(&self.key(remote, true), &request).await
    }
}

fn is_gone(reply: &Reply) -> bool {
    reply.status.is_success() || is_missing(reply, &["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "TAG_UNKNOWN"])
}

/// A registry's word that this is not done: 405, or 400 with one of the codes that are used for it (`UNSUPPORTED` by
/// Harbor, `DIGEST_INVALID` by distribution before 2.8).
fn refuses(reply: &Reply) -> bool {
    match reply.status {
        StatusCode::METHOD_NOT_ALLOWED => true,
        StatusCode::BAD_REQUEST => reply.has_code(&["UNSUPPORTED", "DIGEST_INVALID"]),
        _ => false,
    }
}

/// What there is to do instead, by the registry's host.
fn instead(host: &str) -> String {
    let of = |name: &str| host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
    if of("ghcr.io") {
        return "GHCR deletes whole versions of a package, with all their tags, on its page and by GitHub's API \
                (actions/delete-package-versions)"
            .to_owned();
    }
    if of("docker.io") {
        return "Docker Hub deletes tags on its page and by its own API: DELETE \
                https://hub.docker.com/v2/namespaces/NAMESPACE/repositories/NAME/tags/TAG"
            .to_owned();
    }
    if host.contains(".dkr.ecr.") {
        return "ECR deletes tags by its own API: aws ecr batch-delete-image --repository-name NAME --image-ids imageTag=TAG"
            .to_owned();
    }
    if of("azurecr.io") {
        return "ACR deletes tags by its own API: az acr repository untag --name REGISTRY --image NAME:TAG"
            .to_owned();
    }
    "distribution deletes tags from version 3 on, with REGISTRY_STORAGE_DELETE_ENABLED=true; Harbor on its page, by its own \
     API and by tag retention; `imgplan check --retention` prints rules for registries that clear away by themselves"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_registry_has_its_own_way() {
        assert!(instead("ghcr.io").contains("delete-package-versions"));
        assert!(instead("index.docker.io").contains("hub.docker.com"));
        assert!(instead("1.dkr.ecr.eu-west-1.amazonaws.com").contains("batch-delete-image"));
        assert!(instead("acme.azurecr.io").contains("untag"));
        assert!(instead("notghcr.io").contains("distribution"));
    }
}
