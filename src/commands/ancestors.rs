//! Commits before the session's that may have an image: a walk over history beside one list of tags.
//!
//! A commit counts where its commit tag is in the list; only for those are content hashes worth their while. How far it
//! was looked, and what could not be asked, is told in notes: none of it stops a plan.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::cli::Common;
use crate::commands::lists::Listed;
use crate::commands::past::Past;
use crate::commands::session::Session;
use crate::content_hash::ContentHash;
use crate::difference::Difference;
use crate::error::{Errors, Result};
use crate::git::{Commit, Follow};
use crate::project::Assessed;
use crate::reference::Tag;
use crate::tags::readback::{self, ByCommit};
use crate::tags::{self, Known, shape};

/// Images of the same content that are looked at, so that many of a kind that is never usable do not cost many requests.
pub(super) const LOOKED_AT: usize = 8;

/// The commits before the session's, as far back as is looked.
pub(super) struct Ancestors<'s> {
    session: &'s Session,
    scope: Option<&'s str>,
    limit: usize,
    past: Past<'s>,
    walked: OnceCell<Walked>,
}

/// What the walk came by, newest first.
#[derive(Default)]
struct Walked {
    commits: Vec<(Commit, String)>,
    /// Why it ended before the first commit did, if so.
    ended: Option<String>,
}

/// Commits with images, newest first, and what to know about the look.
#[derive(Default)]
pub(super) struct Tagged<'a> {
    /// Each with its tag in the list.
    pub commits: Vec<(&'a Commit, Tag)>,
    /// Notes.
    pub notes: Vec<String>,
}

impl<'s> Ancestors<'s> {
    /// Nothing is read yet. The images of `common` are those that can be asked for.
    pub(super) fn new(
        session: &'s Session,
        common: &'s Common,
        scope: Option<&'s str>,
        limit: usize,
    ) -> Ancestors<'s> {
        let past = Past::new(session, common);
        Ancestors { session, scope, limit, past, walked: OnceCell::new() }
    }

    /// Whose commits they are.
    pub(super) fn session(&self) -> &'s Session {
        self.session
    }

    /// Whether a list of tags would be looked at.
    pub(super) fn looks(&self) -> bool {
        self.limit > 0 && self.session.policy.commit_tag.as_ref().is_some_and(tags::names_commit)
    }

    /// The commits whose commit tag for an image is in a list, each with the newest such; there is a walk only where the
    /// list has such tags at all. A tag that could be that of two commits is nobody's.
    pub(super) fn tagged(&self, listed: &Listed, image: &str) -> Tagged<'_> {
        let Some(template) = self.session.policy.commit_tag.as_ref().filter(|_| self.looks()) else {
            return Tagged::default();
        };
        // A branch is taken for the session's.
        let branch = self.session.branch.as_deref();
        let known = Known { branch, scope: self.scope, image: Some(image), ..Known::default() };
        let named = match listed {
            Ok(tags) => ByCommit::of(readback::of_shape(template, &known, tags)),
            Err(error) => {
                let note = format!("whether another commit has such an image could not be asked: {error}");
                return Tagged { commits: Vec::new(), notes: vec![note] };
            }
        };
        if named.is_empty() {
            return Tagged::default();
        }
        let walked = self.walked.get_or_init(|| self.walk());
        let mut owners: HashMap<&Tag, usize> = HashMap::new();
        let mut commits = Vec::new();
        for (commit, sha) in &walked.commits {
            let known = Known { sha: Some(sha), commit_date: Some(commit.time), ..known };
            let tags =
                named.of_commit(sha).filter(|tag| shape::matches(template, &known, tag.as_str()).is_some());
            if let Some(tag) = tags.inspect(|tag| *owners.entry(tag).or_default() += 1).next() {
                commits.push((commit, tag));
            }
        }
        let beyond = commits.len() < named.len();
        let commits = commits.into_iter().filter(|(_, tag)| owners.get(tag) == Some(&1));
        let commits = commits.map(|(commit, tag)| (commit, tag.clone())).collect();
        Tagged { commits, notes: walked.ended.iter().filter(|_| beyond).cloned().collect() }
    }

    /// An image's content hash at a commit.
    pub(super) fn hash(&self, commit: &Commit, image: &str) -> Result<Option<ContentHash>, Errors> {
        self.past.hash(commit, image)
    }

    /// One sentence on what differs between an image's inputs at a commit and now; `None` where that commit has no such
    /// image.
    pub(super) fn changed(&self, commit: &Commit, now: &Assessed) -> Result<Option<String>, Errors> {
        let then = self.past.assessed_at(commit, &now.defined.name)?;
        Ok(then.map(|then| Difference::between(&then, now).summary()))
    }

    fn walk(&self) -> Walked {
        let mut walked = Walked::default();
        if let Err(error) = self.try_walk(&mut walked) {
            walked.ended =
                Some(format!("history could not be read further in search of another image: {error}"));
        }
        walked
    }

    fn try_walk(&self, walked: &mut Walked) -> Result<()> {
        let mut cut_off = false;
        for step in self.session.git.walk(&[self.session.commit.id], Follow::All)? {
            let step = step?;
            cut_off |= step.cut_off;
            if step.commit.id == self.session.commit.id {
                continue;
            }
            if walked.commits.len() == self.limit {
                walked.ended = Some(format!(
                    "only the last {} commits were looked at for another image (--history N looks further)",
                    self.limit
                ));
                return Ok(());
            }
            let sha = step.commit.id.to_string();
            walked.commits.push((step.commit, sha));
        }
        if cut_off {
            walked.ended = Some(format!(
                "this clone is shallow: only the {} before this one could be looked at for another image (`git fetch \
                 --unshallow` gets the rest)",
                match walked.commits.len() {
                    1 => "commit".to_owned(),
                    count => format!("{count} commits"),
                }
            ));
        }
        Ok(())
    }
}
