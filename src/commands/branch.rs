//! Which branch and which git tag a commit is planned for, and who says so.

use crate::commands::environment::Environment;
use crate::error::Result;
use crate::git::{Commit, Git};

/// What a commit is planned for, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Ref {
    /// The branch.
    pub(super) branch: Option<String>,
    /// The variable that named it, if it was not git.
    pub(super) branch_from: Option<&'static str>,
    /// The git tag that was named in the commit's place.
    pub(super) named_tag: Option<String>,
    /// The variable that says that the branch is one of a merge or pull request.
    pub(super) proposal: Option<&'static str>,
}

/// The branch: what CI says if it is CI's commit, else the branch that was named or that is checked out at it.
pub(super) fn of(environment: &Environment, git: &Git, commit: &Commit, spec: &str) -> Result<Ref> {
    // Whoever proposes a change names its branch, `main` if they like: a name for rules, and none for tags to follow.
    let proposal =
        ["CI_MERGE_REQUEST_IID", "GITHUB_HEAD_REF"].into_iter().find(|name| environment.get(name).is_some());
    let by = |names: &[&'static str]| {
        let mut set = names.iter().filter_map(|name| Some((environment.get(name)?.to_owned(), *name)));
        let (branch, branch_from) = set.next().unzip();
        Ref { branch, branch_from, named_tag: None, proposal }
    };
    let is = |name| environment.get(name).is_some_and(|id| id == commit.id.to_string());
    if is("CI_COMMIT_SHA") && environment.get("CI_COMMIT_TAG").is_none() {
        return Ok(by(&["CI_COMMIT_BRANCH", "CI_COMMIT_REF_NAME"]));
    }
    if is("GITHUB_SHA") {
        return Ok(match environment.get("GITHUB_REF_TYPE") {
            Some("branch") => by(&["GITHUB_HEAD_REF", "GITHUB_REF_NAME"]),
            _ => by(&["GITHUB_HEAD_REF"]),
        });
    }
    if let Some(branch) = git.named_branch(spec)? {
        return Ok(Ref { branch: Some(branch), ..Ref::default() });
    }
    let named_tag = git.named_tag(spec)?;
    let at_head = git.head_commit_id()?.is_some_and(|head| head == commit.id);
    let branch = if at_head { git.branch()? } else { None };
    // What such a job has checked out is the proposal, by whatever name; a branch that is named is the caller's word.
    let proposal = proposal.filter(|_| at_head);
    Ok(Ref { branch, branch_from: None, named_tag, proposal })
}
