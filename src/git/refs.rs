//! All branches and git tags of this clone, and the commits that they are at.

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice as _};
use gix::objs::Kind;

use super::{Commit, Git, program};
use crate::error::{Error, Result};

/// A branch or a git tag.
#[derive(Debug, Clone)]
pub struct Ref {
    /// Its full name: `refs/heads/…`, `refs/remotes/…`, `refs/tags/…`. Bytes that are no text are replaced: it is for
    /// people and templates, and not for git.
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
        let ids = if self.reftable { self.ids_by_git()? } else { self.ids()? };
        let repo = self.repo();
        let mut refs = Vec::new();
        for (name, oid) in ids {
            let object = repo.try_find_object(oid);
            // A git tag may be at a folder or a file.
            if matches!(&object, Ok(Some(object)) if object.kind != Kind::Commit) {
                continue;
            }
            refs.push(Ref { commit: self.commit(&oid.to_string())?, name: name.to_str_lossy().into_owned() });
        }
        Ok(refs)
    }

    /// Names, which are any bytes, and what they are at, git tags peeled.
    fn ids(&self) -> Result<Vec<(BString, ObjectId)>> {
        let repo = self.repo();
        let failed =
            |error: String| Error::unavailable("the branches and git tags cannot be read").caused_by(error);
        let all = repo.references().map_err(|error| failed(error.to_string()))?;
        let mut ids = Vec::new();
        for reference in all.all().map_err(|error| failed(error.to_string()))? {
            let mut reference = reference.map_err(|error| failed(error.to_string()))?;
            let name = reference.name().as_bstr().to_owned();
            if is_one(&name) {
                let id = reference
                    .peel_to_id()
                    .map_err(|error| failed(format!("the reference {name} cannot be read: {error}")))?;
                ids.push((name, id.detach()));
            }
        }
        Ok(ids)
    }

    fn ids_by_git(&self) -> Result<Vec<(BString, ObjectId)>> {
        let output = self.program.output(&["for-each-ref", "--format=%(objectname) %(refname)"])?;
        if !output.status.success() {
            let what = "git cannot list branches and tags".to_owned();
            return Err(self.refused(program::refused(what, &output)));
        }
        let mut ids = Vec::new();
        for line in output.stdout.lines() {
            let Some((id, name)) = line.split_once_str(" ").filter(|(_, name)| is_one(name)) else {
                continue;
            };
            // A git tag may be at a folder or a file.
            let Some(oid) = self.program_id(&id.to_str_lossy())? else { continue };
            ids.push((name.into(), oid));
        }
        Ok(ids)
    }
}

fn is_one(name: &[u8]) -> bool {
    ["refs/heads/", "refs/remotes/", "refs/tags/"].iter().any(|kind| name.starts_with(kind.as_bytes()))
}
