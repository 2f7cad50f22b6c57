//! Which refs nothing is done for: `[skip]` and `[only]`, and a word on which variable said what the ref is.

use crate::commands::session::Session;
use crate::config::pattern::Pattern;
use crate::printer::Printer;
use crate::tags;

/// Why this ref is skipped, if it is.
pub(super) fn skip(session: &Session) -> Option<String> {
    let branch = session.branch.as_deref();
    if let Some(branch) = branch
        && let Some(pattern) = matching(&session.policy.skip_branches, branch)
    {
        return Some(format!("the branch {branch} is skipped by skip.branches ({})", pattern.as_str()));
    }
    let only = session.policy.only.as_ref()?;
    let tag = session.git_tag();
    let wanted = branch.is_some_and(|branch| matching(&only.branches, branch).is_some())
        || tag.is_some_and(|tag| matching(&only.tags, tag).is_some());
    if wanted {
        return None;
    }
    let named = |what: &str, name: Option<&str>, key: &str, patterns: &[Pattern]| {
        name.map(|name| format!("the {what} {name} matches none of only.{key} ({})", shown(patterns)))
    };
    let branch = named("branch", branch, "branches", &only.branches);
    let tag = named("git tag", tag, "tags", &only.tags);
    let said: Vec<String> = branch.into_iter().chain(tag).collect();
    Some(match said.is_empty() {
        true => "[only] names branches or git tags, and of this commit neither is known; name the branch in the commit's \
                 place, for example: imgplan plan main"
            .to_owned(),
        false => said.join(", and "),
    })
}

/// Says which of CI's variables named the branch, where a rule or a tag depends on it.
pub(super) fn say_who_named_the_branch(session: &Session, skipped: bool, printer: &Printer) {
    let policy = &session.policy;
    let in_a_tag = policy.templates().any(|template| tags::needs(template).branch);
    let acts = skipped || policy.only.is_some() || in_a_tag;
    if let (true, Some(branch), Some(variable)) = (acts, &session.branch, session.branch_from) {
        printer.note(&format!("branch {branch}, after {variable}"));
    }
}

fn matching<'p>(patterns: &'p [Pattern], name: &str) -> Option<&'p Pattern> {
    patterns.iter().find(|pattern| pattern.matches(name.into()))
}

fn shown(patterns: &[Pattern]) -> String {
    match patterns.is_empty() {
        true => "there are none".to_owned(),
        false => patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join(", "),
    }
}
