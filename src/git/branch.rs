//! Branches: which one `HEAD` is on, whether a name is one, and whether a commit is the tip.

use gix::bstr::ByteSlice;

use super::{Git, oid_from, program};
use crate::error::{Error, Result};
use crate::tree::Id;

impl Git {
    /// The branch that `HEAD` is on, by its short name; `None` when detached. It may have no commit yet.
    pub fn branch(&self) -> Result<Option<String>> {
        let name = if self.reftable {
            let output = self.program.output(&["symbolic-ref", "--quiet", "HEAD"])?;
            match output.status.code() {
                Some(0) => Some(output.stdout.trim_end().to_str_lossy().into_owned()),
                Some(1) => None,
                _ => return Err(self.refused(program::refused("cannot read HEAD".to_owned(), &output))),
            }
        } else {
            let name = self.repo().head_name();
            let name = name.map_err(|error| Error::unavailable("cannot read HEAD").caused_by(error))?;
            name.map(|name| name.as_bstr().to_str_lossy().into_owned())
        };
        Ok(name.and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned)))
    }

    /// The branch that `spec` is the name of: a local one, or one of the default remote (`origin/main`, which
    /// gives `main`). `None` for everything else that git resolves, such as tags, ids and `main~1`.
    pub fn named_branch(&self, spec: &str) -> Result<Option<String>> {
        let short = spec.strip_prefix("refs/").unwrap_or(spec);
        let full = |kind: &str| {
            let name = short.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/')).unwrap_or(spec);
            (name.to_owned(), format!("refs/{kind}/{name}"))
        };
        let is_name = |name: &str| gix::validate::reference::name(name.into()).is_ok();
        // A tag goes before a branch of the same name, as in git.
        let tag = format!("refs/tags/{spec}");
        if is_name(&tag) && self.reference(&tag)?.is_some() {
            return Ok(None);
        }
        let (name, local) = full("heads");
        if is_name(&local) && self.reference(&local)?.is_some() {
            return Ok(Some(name));
        }
        let (name, remote) = full("remotes");
        if is_name(&remote) && self.reference(&remote)?.is_some() {
            let own = format!("{}/", self.default_remote());
            return Ok(name.strip_prefix(&own).filter(|name| *name != "HEAD").map(str::to_owned));
        }
        Ok(None)
    }

    /// The git tag that `spec` is the name of, `v1` or `refs/tags/v1`.
    pub fn named_tag(&self, spec: &str) -> Result<Option<String>> {
        let short = spec.strip_prefix("refs/").unwrap_or(spec);
        let name = short.strip_prefix("tags/").unwrap_or(spec);
        let full = format!("refs/tags/{name}");
        let is_name = gix::validate::reference::name(full.as_str().into()).is_ok();
        Ok(if is_name && self.reference(&full)?.is_some() { Some(name.to_owned()) } else { None })
    }

    /// Whether the commit is the tip of that branch, as far as this clone knows: the local branch or the one
    /// that was last fetched is at the commit, and neither has moved past it. A branch of which nothing is
    /// known (a CI checkout is often detached, with no branches) is the caller's word: true.
    pub fn is_branch_tip(&self, branch: &str, id: &Id) -> Result<bool> {
        let local = format!("refs/heads/{branch}");
        if gix::validate::reference::name(local.as_str().into()).is_err() {
            return Err(Error::invalid(format!("{branch:?} cannot be the name of a branch")));
        }
        let fetched = format!("refs/remotes/{}/{branch}", self.remote_of(branch));
        let tips = [self.reference(&local)?, self.reference(&fetched)?];
        let known: Vec<Id> = tips.into_iter().flatten().collect();
        if known.is_empty() {
            return Ok(true);
        }
        if !known.contains(id) {
            return Ok(false);
        }
        for tip in known.iter().filter(|tip| *tip != id) {
            if self.is_ancestor(id, tip)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether `tip` was built on `id`. Where a shallow clone ends, so does what is known.
    fn is_ancestor(&self, id: &Id, tip: &Id) -> Result<bool> {
        let repo = self.repo();
        let (wanted, start) = (oid_from(id)?, oid_from(tip)?);
        let failed =
            |error: gix::Error| Error::unavailable(format!("cannot walk back from {tip}")).caused_by(error);
        for step in repo.rev_walk([start]).all().map_err(&failed)? {
            if step.map_err(&failed)?.id == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn remote_of(&self, branch: &str) -> String {
        let repo = self.repo();
        let own = repo.config_snapshot().string(format!("branch.{branch}.remote").as_str());
        own.map_or_else(|| self.default_remote(), |name| name.to_string())
    }

    fn default_remote(&self) -> String {
        let name = self.repo().remote_default_name(gix::remote::Direction::Fetch);
        name.map_or_else(|| "origin".to_owned(), |name| name.to_string())
    }
}
