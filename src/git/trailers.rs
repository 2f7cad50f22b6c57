//! Trailers of a commit's message: `Key: value` lines in its last paragraph, by git's own rules of what is one.

use gix::bstr::ByteSlice;

use super::objects::broken;
use super::{Git, oid_from};
use crate::error::Result;
use crate::tree::Id;

impl Git {
    /// The values of all trailers with this key, in order; upper and lower case are the same, as in git.
    pub fn trailers(&self, id: &Id, key: &str) -> Result<Vec<String>> {
        let repo = self.repo();
        let commit = repo.find_commit(oid_from(id)?).map_err(|error| broken(id).caused_by(error))?;
        let message = commit.message().map_err(|error| broken(id).caused_by(error))?;
        let Some(body) = message.body() else { return Ok(Vec::new()) };
        let of_key = body.trailers().filter(|trailer| trailer.token.eq_ignore_ascii_case(key.as_bytes()));
        Ok(of_key.map(|trailer| trailer.value.to_str_lossy().into_owned()).collect())
    }
}
