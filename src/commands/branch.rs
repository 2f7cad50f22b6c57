//! Which branch a commit is planned for.

use crate::commands::environment::Environment;
use crate::error::Result;
use crate::git::{Commit, Git};

/// The branch: what CI says if it is CI's commit, else the branch that was named or that
/// is checked out at it.
pub(super) fn of(
    environment: &Environment,
    git: &Git,
    commit: &Commit,
    spec: &str,
) -> Result<Option<String>> {
    let get = |name| environment.get(name).map(str::to_owned);
    let is = |name| environment.get(name).is_some_and(|id| id == commit.id.to_string());
    if is("CI_COMMIT_SHA") && get("CI_COMMIT_TAG").is_none() {
        return Ok(get("CI_COMMIT_BRANCH").or_else(|| get("CI_COMMIT_REF_NAME")));
    }
    if is("GITHUB_SHA") {
        let branch = get("GITHUB_REF_NAME").filter(|_| environment.get("GITHUB_REF_TYPE") == Some("branch"));
        return Ok(get("GITHUB_HEAD_REF").or(branch));
    }
    if let Some(branch) = git.named_branch(spec)? {
        return Ok(Some(branch));
    }
    let at_head = git.head_commit_id()?.is_some_and(|head| head == commit.id);
    if at_head { git.branch() } else { Ok(None) }
}
