//! History: commits and their parents, newest first, as far as this clone has them.
//!
//! From the commit-graph where git would use it (it holds trees, parents and times, so no commit is read), else from the
//! commits themselves. As git does, the graph is left alone where objects are replaced or history was cut off. There is no
//! walk that is limited to paths: whoever wants one compares trees. It knows nothing of images.

use std::collections::{BinaryHeap, HashMap};

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::Kind;

use super::objects::{broken, missing};
use super::{Commit, Git, id_from, oid_from};
use crate::error::{Error, Result};
use crate::tree::Id;

/// A commit with its place in history.
#[derive(Debug, Clone)]
pub struct Step {
    /// The commit.
    pub commit: Commit,
    /// Its parents, first parent first; those beyond the end of a shallow clone are left out.
    pub parents: Vec<Id>,
    /// Whether history was cut off here, so that its parents are not known.
    pub cut_off: bool,
}

/// Which parents are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// All of them.
    All,
    /// The first one: what a branch was at.
    FirstParent,
}

/// Commits, newest first by committer time; a child always before its parents where clocks were right.
pub struct Walk {
    reader: Reader,
    follow: Follow,
    /// By time, then in the order in which they were met.
    queue: BinaryHeap<(i64, std::cmp::Reverse<usize>, ObjectId)>,
    /// Read and not yet given, or `None` once it was given.
    known: HashMap<ObjectId, Option<Step>>,
    met: usize,
}

/// Reads commits.
pub(super) struct Reader {
    repo: gix::Repository,
    graph: Option<gix::commitgraph::Graph>,
    shallow: Option<gix::shallow::Commits>,
}

impl Git {
    /// Walks back from these commits.
    pub fn walk(&self, tips: &[Id], follow: Follow) -> Result<Walk> {
        let mut walk =
            Walk { reader: self.reader()?, follow, queue: BinaryHeap::new(), known: HashMap::new(), met: 0 };
        for tip in tips {
            walk.meet(oid_from(tip)?)?;
        }
        Ok(walk)
    }

    /// The commits that can be reached from `tips` and not from `hidden`, newest first. At most `limit`; whether there
    /// are more is the second value.
    pub fn commits(
        &self,
        tips: &[Id],
        hidden: &[Id],
        follow: Follow,
        limit: Option<usize>,
    ) -> Result<(Vec<Step>, bool)> {
        let mut found = Vec::new();
        let more = self.each_commit(tips, hidden, follow, limit, &mut |step| found.push(step))?;
        Ok((found, more))
    }

    /// The same, one by one as they are found; whether there are more than `limit`.
    pub fn each_commit(
        &self,
        tips: &[Id],
        hidden: &[Id],
        follow: Follow,
        limit: Option<usize>,
        found: &mut dyn FnMut(Step),
    ) -> Result<bool> {
        let limit = limit.unwrap_or(usize::MAX);
        let hidden = self.reached(hidden, tips)?;
        let mut walk = self.walk(tips, follow)?;
        let mut count = 0;
        while let Some(step) = walk.step(&|id| hidden.contains_key(id))? {
            if count == limit {
                return Ok(true);
            }
            count += 1;
            found(step);
        }
        Ok(false)
    }

    /// The first line of a commit's message; bytes that are no UTF-8 are shown as such.
    pub fn subject(&self, id: &Id) -> Result<String> {
        let repo = self.repo();
        let commit = repo.find_commit(oid_from(id)?).map_err(|error| broken(id).caused_by(error))?;
        let message = commit.message_raw().map_err(|error| broken(id).caused_by(error))?;
        let mut lines = message.lines().map(|line| line.trim().to_str_lossy().into_owned());
        Ok(lines.find(|line| !line.is_empty()).unwrap_or_default())
    }

    /// All that can be reached from `hidden`.
    fn reached(&self, hidden: &[Id], tips: &[Id]) -> Result<HashMap<ObjectId, Option<Step>>> {
        if hidden.is_empty() || tips.is_empty() {
            return Ok(HashMap::new());
        }
        let mut walk = self.walk(hidden, Follow::All)?;
        while walk.step(&|_| false)?.is_some() {}
        Ok(walk.known)
    }

    pub(super) fn reader(&self) -> Result<Reader> {
        let repo = self.repo();
        let shallow = repo.shallow_commits().map_err(|error| {
            Error::unavailable("cannot tell where this clone's history was cut off").caused_by(error)
        })?;
        let graph = match shallow {
            Some(_) => None,
            None => repo.commit_graph_if_enabled().map_err(|error| {
                Error::unavailable("the commit-graph cannot be read")
                    .hint("`git commit-graph write --reachable` writes it anew")
                    .caused_by(error)
            })?,
        };
        Ok(Reader { repo, graph, shallow })
    }
}

impl Walk {
    /// The next commit; those that are hidden are left out with all that is behind them alone.
    fn step(&mut self, hidden: &dyn Fn(&ObjectId) -> bool) -> Result<Option<Step>> {
        while let Some((_, _, oid)) = self.queue.pop() {
            let Some(step) = self.known.insert(oid, None).flatten() else { continue };
            if hidden(&oid) {
                continue;
            }
            let followed = match self.follow {
                Follow::All => step.parents.len(),
                Follow::FirstParent => 1,
            };
            for parent in step.parents.iter().take(followed) {
                self.meet(oid_from(parent)?)?;
            }
            return Ok(Some(step));
        }
        Ok(None)
    }

    fn meet(&mut self, oid: ObjectId) -> Result<()> {
        if self.known.contains_key(&oid) {
            return Ok(());
        }
        let step = self.reader.read(oid)?;
        self.queue.push((step.commit.time, std::cmp::Reverse(self.met), oid));
        self.met += 1;
        self.known.insert(oid, Some(step));
        Ok(())
    }
}

impl Iterator for Walk {
    type Item = Result<Step>;

    fn next(&mut self) -> Option<Result<Step>> {
        self.step(&|_| false).transpose()
    }
}

impl Reader {
    /// Whether this clone's history ends somewhere before its beginning.
    pub(super) fn is_cut_off(&self) -> bool {
        self.shallow.is_some()
    }

    pub(super) fn read(&self, oid: ObjectId) -> Result<Step> {
        if let Some(graph) = &self.graph
            && let Some(commit) = graph.commit_by_id(oid)
        {
            let failed = |error| {
                Error::unavailable("the commit-graph is damaged")
                    .hint("`git commit-graph write --reachable` writes it anew")
                    .caused_by(error)
            };
            let mut parents = Vec::new();
            for parent in commit.iter_parents() {
                parents.push(id_from(graph.id_at(parent.map_err(failed)?))?);
            }
            let time = i64::try_from(commit.committer_timestamp()).unwrap_or(0);
            let commit = Commit { id: id_from(&oid)?, tree: id_from(commit.root_tree_id())?, time };
            return Ok(Step { commit, parents, cut_off: false });
        }
        let id = id_from(&oid)?;
        let object = match self.repo.try_find_object(oid) {
            Ok(Some(object)) if object.kind == Kind::Commit => object,
            Ok(Some(_)) => return Err(broken(&id)),
            Ok(None) => return Err(missing(&self.repo, &id, Kind::Commit)),
            Err(error) => return Err(broken(&id).caused_by(error)),
        };
        let cut_off = self.shallow.as_ref().is_some_and(|commits| commits.binary_search(&oid).is_ok());
        self.decode(&id, &object, cut_off)
    }

    fn decode(&self, id: &Id, object: &gix::Object<'_>, cut_off: bool) -> Result<Step> {
        let mut tree = None;
        let mut parents = Vec::new();
        let mut time = 0;
        for token in gix::objs::CommitRefIter::from_bytes(&object.data, object.id.kind()) {
            use gix::objs::commit::ref_iter::Token;
            match token.map_err(|error| broken(id).caused_by(error))? {
                Token::Tree { id } => tree = Some(id_from(&id)?),
                Token::Parent { id } if !cut_off => parents.push(id_from(&id)?),
                // Dates that nothing can read are the epoch, as in git.
                Token::Committer { signature } => time = signature.seconds(),
                // What follows is for people.
                Token::Encoding(_) | Token::ExtraHeader(_) | Token::Message(_) => break,
                Token::Parent { .. } | Token::Author { .. } => {}
            }
        }
        let tree = tree.ok_or_else(|| broken(id))?;
        Ok(Step { commit: Commit { id: *id, tree, time }, parents, cut_off })
    }
}
