//! Git tags: which there are, and the commit of each.

use gix::bstr::ByteSlice;

use super::{Git, program};
use crate::error::{Error, Result};
use crate::tree::Id;

const PREFIX: &str = "refs/tags/";

impl Git {
    /// The names of all git tags, without `refs/tags/`, in order. Names that are no UTF-8 are left out: no tag of a registry
    /// could be made of them.
    pub fn tag_names(&self) -> Result<Vec<String>> {
        let names = if self.reftable { self.program_tags()? } else { self.listed_tags()? };
        let mut names: Vec<String> =
            names.into_iter().filter_map(|name| name.strip_prefix(PREFIX).map(str::to_owned)).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// What a git tag names, peeled; `None` where there is no such tag.
    pub fn tagged(&self, name: &str) -> Result<Option<Id>> {
        let full = format!("{PREFIX}{name}");
        match gix::validate::reference::name(full.as_str().into()) {
            Ok(_) => self.reference(&full),
            Err(_) => Ok(None),
        }
    }

    fn listed_tags(&self) -> Result<Vec<String>> {
        let repo = self.repo();
        let failed = |error: gix::Error| Error::unavailable("the git tags cannot be listed").caused_by(error);
        let platform = repo.references().map_err(failed)?;
        let mut names = Vec::new();
        for reference in platform.tags().map_err(failed)? {
            let reference = reference.map_err(failed)?;
            names.extend(reference.name().as_bstr().to_str().ok().map(str::to_owned));
        }
        Ok(names)
    }

    fn program_tags(&self) -> Result<Vec<String>> {
        let output = self.program.output(&["for-each-ref", "--format=%(refname)", PREFIX])?;
        if output.status.code() != Some(0) {
            return Err(self.refused(program::refused("cannot list the git tags".to_owned(), &output)));
        }
        Ok(output.stdout.lines().filter_map(|line| line.to_str().ok().map(str::to_owned)).collect())
    }
}
