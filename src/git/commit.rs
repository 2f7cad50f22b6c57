//! A commit by any name that git understands, and what to say where there is none.

use gix::bstr::ByteSlice;
use gix::objs::Kind;
use gix::revision::spec::parse::{Error as SpecError, ObjectKindHint, Options};

use super::objects::{broken, missing};
use super::{Commit, Git, id_from, program, remote_in_hint};
use crate::error::{Error, Result};
use crate::tree::Id;

impl Git {
    /// The commit that `spec` names: whatever git resolves, tags peeled.
    pub fn commit(&self, spec: &str) -> Result<Commit> {
        // No file system holds a longer name of a branch or a tag.
        let too_long = spec.split(['/', ':']).any(|part| part.len() > 255) && !spec.contains(['{', ' ']);
        if too_long {
            return Err(Error::invalid(format!(
                "the name of the commit has {} characters, too many",
                spec.len()
            ))
            .hint("name a branch, a tag or a commit id; the default is HEAD"));
        }
        if spec.starts_with('-') || spec.is_empty() {
            return Err(Error::invalid(format!("{spec:?} is not a commit"))
                .hint("name a branch, a tag or a commit id; the default is HEAD"));
        }
        let repo = self.repo();
        let oid = if self.reftable { self.ask_git(spec)? } else { self.resolve(&repo, spec)? };
        self.read_commit(&repo, oid, spec)
    }

    /// Whether there is no object of this full id here.
    pub fn lacks(&self, id: &str) -> Result<bool> {
        let repo = self.repo();
        let Ok(oid) = gix::ObjectId::from_hex(id.as_bytes()) else { return Ok(true) };
        match repo.try_find_object(oid) {
            Ok(Some(_)) => Ok(false),
            // It may lie where only git looks.
            Ok(None) => Ok(self.program_id(id)?.is_none()),
            Err(error) => Err(broken(&id_from(&oid)?).caused_by(error)),
        }
    }

    /// The commit at `HEAD`; `None` if its branch has no commit yet.
    pub fn head_commit_id(&self) -> Result<Option<Id>> {
        if self.reftable {
            return self.reference("HEAD");
        }
        let repo = self.repo();
        let head = repo.head().map_err(|error| Error::unavailable("cannot read HEAD").caused_by(error))?;
        if head.is_unborn() {
            return Ok(None);
        }
        let id = head.into_peeled_id().map_err(|error| {
            Error::unavailable("HEAD names an object that cannot be read").caused_by(error)
        })?;
        id_from(&id).map(Some)
    }

    fn resolve(&self, repo: &gix::Repository, spec: &str) -> Result<gix::ObjectId> {
        // Searches in messages: git takes a regular expression, gix (as built here) plain text, which could
        // find another commit.
        if spec.starts_with(":/") || spec.contains("^{/") {
            return self.ask_git(spec);
        }
        // git prefers commits, too, where a short id fits more than one object.
        let options = Options { object_kind_hint: Some(ObjectKindHint::Committish), ..Options::default() };
        let parsed = gix::revision::Spec::from_bstr(spec, repo, options);
        let error = match parsed.map(|parsed| parsed.single().map(gix::Id::detach)) {
            Ok(Some(id)) => return Ok(id),
            Ok(None) => {
                return Err(Error::invalid(format!("{spec:?} names a range, not one commit"))
                    .hint("name its last commit"));
            }
            Err(error) => error,
        };
        if let Some(SpecError::AmbiguousPrefix { candidates, .. }) = error.downcast_any_ref() {
            let error = Error::invalid(format!("the short id {spec:?} fits more than one object"));
            return Err(candidates.iter().fold(error.hint("give more digits"), |error, (id, info)| {
                error.hint(format!("{id} {}", info.to_string().escape_debug()))
            }));
        }
        // git may know a form that gix does not.
        match self.program_id(spec) {
            Ok(Some(id)) => Ok(id),
            _ => Err(self.unresolved(repo, spec, error)),
        }
    }

    /// The id by the `git` program; `None` if it knows of none.
    pub(super) fn program_id(&self, spec: &str) -> Result<Option<gix::ObjectId>> {
        // A search takes all that follows as its text. Behind `--end-of-options` nothing is an option.
        let peel = if spec.starts_with(":/") { "" } else { "^{commit}" };
        let spec = format!("{spec}{peel}");
        let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", spec.as_str()];
        let output = self.program.output(&args)?;
        match output.status.code() {
            Some(0) => gix::ObjectId::from_hex(output.stdout.trim_end()).map(Some).map_err(|error| {
                Error::unavailable("git answered with something else than an object id").caused_by(error)
            }),
            Some(1) => Ok(None),
            _ => Err(self.refused(program::refused(format!("git cannot resolve {spec:?}"), &output))),
        }
    }

    fn ask_git(&self, spec: &str) -> Result<gix::ObjectId> {
        match self.program_id(spec) {
            Ok(Some(id)) => Ok(id),
            Ok(None) if matches!(self.head_commit_id(), Ok(None)) => Err(self.unborn()),
            Ok(None) => Err(unknown(spec)),
            Err(error) => Err(error),
        }
    }

    /// A reference by its full name, peeled to a commit.
    pub(super) fn reference(&self, name: &str) -> Result<Option<Id>> {
        if self.reftable {
            return self.program_id(name)?.map(|oid| id_from(&oid)).transpose();
        }
        let repo = self.repo();
        let failed = |error: gix::Error| {
            Error::unavailable(format!("the reference {name} cannot be read")).caused_by(error)
        };
        let Some(mut reference) = repo.try_find_reference(name).map_err(failed)? else { return Ok(None) };
        if reference.name().as_bstr() != name {
            return Ok(None);
        }
        let id = reference.peel_to_id().map_err(failed)?;
        id_from(&id).map(Some)
    }

    /// What the repository's format adds to a refusal of the `git` program.
    pub(super) fn refused(&self, error: Error) -> Error {
        if !self.reftable {
            return error;
        }
        error
            .hint("this repository keeps its references in a reftable, which git 2.45 or later reads")
            .hint("`git refs migrate --ref-format=files` turns it into the usual format")
    }

    fn read_commit(&self, repo: &gix::Repository, oid: gix::ObjectId, spec: &str) -> Result<Commit> {
        let named = id_from(&oid)?;
        let object = match repo.try_find_object(oid) {
            Ok(Some(object)) => object,
            Ok(None) if is_full_id(spec) => return Err(self.absent(repo, spec)),
            Ok(None) if self.is_shallow()? => return Err(cut_off(spec)),
            Ok(None) => return Err(missing(repo, &named, Kind::Commit)),
            Err(error) => return Err(broken(&named).caused_by(error)),
        };
        let object = object
            .peel_tags_to_end()
            .map_err(|error| Error::unavailable(format!("tag {named} cannot be peeled")).caused_by(error))?;
        if object.kind != Kind::Commit {
            return Err(Error::invalid(format!("{spec:?} is a {}, not a commit", object.kind))
                .hint("name a branch, a tag or a commit id"));
        }
        let id = id_from(&object.id)?;
        let mut fields = gix::objs::CommitRefIter::from_bytes(&object.data, object.id.kind());
        let tree = fields.tree_id().map_err(|error| broken(&id).caused_by(error))?;
        // Histories converted long ago have dates that nothing can read; git reads them as the epoch.
        let time = object.try_to_commit_ref().and_then(|commit| Ok(commit.time()?.seconds)).unwrap_or(0);
        Ok(Commit { id, tree: id_from(&tree)?, time })
    }

    /// Why `spec` could not be resolved.
    fn unresolved(&self, repo: &gix::Repository, spec: &str, error: gix::Error) -> Error {
        let name = spec.split(['~', '^', '@']).next().unwrap_or_default();
        if matches!(self.head_commit_id(), Ok(None))
            && (matches!(name, "HEAD" | "") || matches!(self.branch(), Ok(Some(branch)) if branch == name))
        {
            return self.unborn();
        }
        if error.is_corrupted() || error.is_permission_denied() {
            return Error::unavailable(format!("{spec:?} cannot be resolved: an object cannot be read"))
                .hint("`git fsck` says which")
                .caused_by(error);
        }
        if is_full_id(spec) {
            return self.absent(repo, spec);
        }
        if generations(spec) > 0 && matches!(self.is_shallow(), Ok(true)) {
            return cut_off(spec);
        }
        let is_name = gix::validate::reference::name_partial(spec.into()).is_ok();
        if is_name && matches!(repo.try_find_reference(spec), Err(_) | Ok(Some(_))) {
            return Error::unavailable(format!("{spec:?} is there, but what it names cannot be read"))
                .hint("`git fsck` says what is missing; a fresh clone repairs it")
                .caused_by(error);
        }
        let wrong_kind = repo
            .rev_parse_single(spec)
            .ok()
            .and_then(|id| id.object().ok())
            .filter(|object| !matches!(object.kind, Kind::Commit | Kind::Tag));
        match wrong_kind {
            Some(object) => Error::invalid(format!("{spec:?} is a {}, not a commit", object.kind))
                .hint("name a branch, a tag or a commit id"),
            None => match why(&error) {
                Some(why) => unknown(spec).caused_by(why),
                None => unknown(spec),
            },
        }
    }

    fn unborn(&self) -> Error {
        let branch = match self.branch() {
            Ok(Some(branch)) => format!("the branch {branch} has no commit yet"),
            _ => "there is no commit yet".to_owned(),
        };
        Error::invalid(branch).hint("imgplan reads commits, never the working tree: commit first")
    }

    /// A full id that this clone has no object for.
    fn absent(&self, repo: &gix::Repository, id: &str) -> Error {
        let remote = remote_in_hint(repo.remote_default_name(gix::remote::Direction::Fetch));
        let error = Error::invalid(format!("commit {id} is not in this clone"));
        if matches!(self.is_shallow(), Ok(true)) {
            error.hint(format!("the clone is shallow: `git fetch --depth=1 {remote} {id}` gets that commit"))
        } else {
            error.hint(format!("`git fetch {remote} {id}` gets it if the remote has it"))
        }
    }
}

/// What gix says that a person can use; the rest of its chain names its own functions.
fn why(error: &gix::Error) -> Option<String> {
    const INNER: [&str; 4] = ["delegate.", "couldn't parse", "unknown navigation", "could not parse"];
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !INNER.iter().any(|inner| text.starts_with(inner)) {
            return Some(text);
        }
        next = error.source();
    }
    None
}

fn unknown(spec: &str) -> Error {
    Error::invalid(format!("{spec:?} is no commit, branch or tag here"))
        .hint("`git branch --all` and `git tag` list the names; a CI checkout often has one branch only")
}

/// Past the end of a shallow clone.
fn cut_off(spec: &str) -> Error {
    let error = Error::invalid(format!("{spec:?} is further back than this shallow clone goes"));
    match generations(spec) {
        0 => error,
        count => error.hint(format!("`git fetch --deepen={count}` gets enough of the history")),
    }
    .hint("`git fetch --unshallow` gets all of it")
}

/// Whether this is an id with all its digits.
pub fn is_full_id(spec: &str) -> bool {
    matches!(spec.len(), 40 | 64) && spec.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// How many generations back a name such as `main~2^` goes, at least 0.
fn generations(spec: &str) -> usize {
    let mut total: usize = 0;
    let mut rest = spec;
    while let Some(at) = rest.find(['~', '^']) {
        let (_, tail) = rest.split_at(at);
        let many = tail.starts_with('~');
        let tail = tail.get(1..).unwrap_or_default();
        let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let number = tail.get(..digits).and_then(|number| number.parse::<usize>().ok());
        let step = match (many, number) {
            (true, number) => number.unwrap_or(1),
            (false, Some(0)) => 0,
            (false, None) if tail.starts_with('{') => 0,
            (false, _) => 1,
        };
        total = total.saturating_add(step);
        rest = tail;
    }
    total
}
