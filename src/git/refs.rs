//! All branches and git tags of this clone, and the commits that they are at.

use gix::bstr::ByteSlice as _;
use gix::objs::Kind;

use super::{Commit, Git, oid_from, program};
use crate::error::{Error, Result};

/// A branch or a git tag.
#[derive(Debug, Clone)]
pub struct Ref {
    /// Its full name: `refs/heads/…`, `refs/remotes/…`, `refs/tags/…`.
    pub name: String,
    /// The commit that it is at, tags peeled.
    pub commit: Commit,
}

impl Ref {
    /// The branch's name, without its remote's; `None` for a git tag and for a remote's `HEAD`.
    pub fn branch(&self) -> Option<&str> {
        let remote = || self.name.strip_prefix("refs/remotes/")?.split_once('/').map(|(_, name)| name);
        self.name.strip_prefix("refs/heads/").or_else(remote).filter(|name| *name != "HEAD")
    }

    /// The git tag's name.
    pub fn tag(&self) -> Option<&str> {
        self.name.strip_prefix("refs/tags/")
    }
}

impl Git {
    /// Every branch, every fetched one and every git tag that is at a commit, by name. What cannot be read is an error.
    pub fn refs(&self) -> Result<Vec<Ref>> {
        let names = if self.reftable { self.names_by_git()? } else { self.names()? };
        let repo = self.repo();
        let mut refs = Vec::new();
        for name in names {
            let Some(id) = self.reference(&name)? else { continue };
            let object = repo.try_find_object(oid_from(&id)?);
            // A git tag may be at a folder or a file.
            if matches!(&object, Ok(Some(object)) if object.kind != Kind::Commit) {
                continue;
            }
            refs.push(Ref { commit: self.commit(&id.to_string())?, name });
        }
        Ok(refs)
    }

    fn names(&self) -> Result<Vec<String>> {
        let repo = self.repo();
        let failed =
            |error: String| Error::unavailable("the branches and git tags cannot be read").caused_by(error);
        let all = repo.references().map_err(|error| failed(error.to_string()))?;
        let mut names = Vec::new();
        for reference in all.all().map_err(|error| failed(error.to_string()))? {
            let reference = reference.map_err(|error| failed(error.to_string()))?;
            names.extend(
                reference.name().as_bstr().to_str().ok().filter(|name| is_one(name)).map(str::to_owned),
            );
        }
        Ok(names)
    }

    fn names_by_git(&self) -> Result<Vec<String>> {
        let output = self.program.output(&["for-each-ref", "--format=%(refname)"])?;
        if !output.status.success() {
            let what = "git cannot list branches and tags".to_owned();
            return Err(self.refused(program::refused(what, &output)));
        }
        let text = output.stdout.to_str_lossy();
        Ok(text.lines().filter(|name| is_one(name)).map(str::to_owned).collect())
    }
}

fn is_one(name: &str) -> bool {
    ["refs/heads/", "refs/remotes/", "refs/tags/"].iter().any(|kind| name.starts_with(kind))
}
