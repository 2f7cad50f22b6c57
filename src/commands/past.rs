//! Content hashes of other commits of the session's repository.

use crate::cli::Common;
use crate::commands::session::Session;
use crate::content_hash::ContentHash;
use crate::error::{Errors, Kind, Result};
use crate::git;

/// Content hashes of other commits of the session's repository, remembered by what was read of a tree.
pub(super) struct Past<'s> {
    session: &'s Session,
    common: Common,
    scope: Option<String>,
}

impl<'s> Past<'s> {
    pub(super) fn new(session: &'s Session, common: &Common, scope: Option<&str>) -> Past<'s> {
        Past { session, common: common.clone(), scope: scope.map(str::to_owned) }
    }

    /// The image's content hash at a commit; `None` where that commit has no such image or refuses it. An object that
    /// cannot be read is an error.
    pub(super) fn hash(&self, commit: &git::Commit, image: &str) -> Result<Option<ContentHash>> {
        let refused = |errors: Errors| match errors.0.into_iter().find(|error| error.kind() != Kind::Invalid)
        {
            Some(error) => Err(error),
            None => Ok(None),
        };
        let session = match self.session.at(&self.common, commit) {
            Ok(session) => session,
            Err(errors) => return refused(errors),
        };
        let project = match session.assess(&self.common, self.scope.as_deref()) {
            Ok(project) => project,
            Err(error) => return refused(error.into()),
        };
        match project.get(image) {
            Some(assessed) => Ok(Some(assessed.content_hash)),
            None => refused(project.errors),
        }
    }
}
