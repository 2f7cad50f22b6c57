//! The rules: which answers lead to which action.
//!
//! The table of actions and the rules of marks are those of the contract; a rule that decides says so in its reason,
//! in one sentence that a person can act on.

use super::outcome::{build, elsewhere, unknown};
use super::trusted::{self, Content};
use super::worth::{
    Mark, age_note, asked_for, asked_note, expiring, mark, mark_note, travels, unfit, unusable,
};
use super::{Action, Answers, Decision, From, How, Image, Rules, Wanted, earlier};
use crate::config::Verify;
use crate::error::Error;
use crate::lookup::Lookup;
use crate::reference::Tag;
use crate::tags::expiry::Expiry;
use crate::text::list;

/// Decides for one image.
pub fn decide(wanted: &Wanted<'_>, answers: &Answers, rules: Rules) -> Decision {
    if let Some(error) = unanswered(answers) {
        return unknown(wanted, answers, rules, error);
    }
    if let Some(by) = wanted.forced {
        return build(wanted, answers, format!("a new build was asked for by {by}"), true);
    }
    if let Some(own) = asked_for(wanted, answers) {
        return by_message(wanted, answers, rules, own);
    }
    if let Some(content) = Content::trusted(wanted, answers) {
        return by_content(wanted, answers, rules, &content);
    }
    match (&answers.content, &answers.commit) {
        (Lookup::Found(content), _) => by_content(wanted, answers, rules, &Content::own(wanted, content)),
        (_, Lookup::Found(commit)) => by_commit(wanted, answers, rules, commit),
        _ if answers.trusted.found().is_some() => {
            let reason = trusted::why_not(wanted, answers).unwrap_or_default();
            build(wanted, answers, reason, true)
        }
        _ if wanted.by_commit.is_some() => {
            build(wanted, answers, wanted.by_commit.map(|(_, why)| why.to_owned()).unwrap_or_default(), true)
        }
        _ if answers.elsewhere.found().is_some() => by_repository(wanted, answers, rules),
        _ => earlier::decide(wanted, answers, rules),
    }
}

fn unanswered(answers: &Answers) -> Option<&Error> {
    let floating = answers.floating.iter().find_map(|(_, lookup)| lookup.error());
    let content = answers.trusted.error().or(answers.content.error());
    content.or(answers.commit.error()).or(floating).or(answers.elsewhere.error())
}

fn by_content(wanted: &Wanted<'_>, answers: &Answers, rules: Rules, found: &Content<'_>) -> Decision {
    let content = found.image;
    let conflict = |reason: String| Decision {
        digest: Some(content.digest.clone()),
        ..Decision::new(Action::Conflict, reason)
    };
    if rules.verify == Verify::Required {
        match mark(wanted, content) {
            Mark::Equal => {}
            Mark::Missing => {
                return conflict(format!(
                    "the image under {} has no mark, and verify = \"required\"",
                    found.tag
                ));
            }
            Mark::Different => {
                return conflict(format!(
                    "the image under {} is marked with other content, and verify = \"required\"",
                    found.tag
                ));
            }
        }
    }
    if let Some(reason) = unusable(wanted, answers, content) {
        return build(wanted, answers, reason, true);
    }
    let mut notes: Vec<String> =
        mark_note(wanted, found.tag, content).into_iter().chain(age_note(wanted, content)).collect();
    notes.extend(found.note());
    notes.extend(asked_note(wanted, content));
    let mut missing = Vec::new();
    if let Some(tag) = wanted.commit_tag {
        match &answers.commit {
            Lookup::Found(commit) if commit.digest == content.digest => {}
            Lookup::Found(_) if wanted.may_move.contains(tag.as_str()) => missing.push(tag.clone()),
            Lookup::Found(commit) => match mark(wanted, commit) {
                Mark::Equal => {
                    notes.push(format!("{tag} is at {}, an older build of the same content", commit.digest));
                }
                Mark::Missing | Mark::Different => {
                    return conflict(format!(
                        "{tag} is at {} already, the image with these inputs is {}; --move-tag {tag} moves it",
                        commit.digest, content.digest
                    ));
                }
            },
            Lookup::Missing | Lookup::Unknown(_) => missing.push(tag.clone()),
        }
    }
    missing.extend(elsewhere(answers, &content.digest));
    let set_content_tag = found.sets_content_tag(answers, missing.is_empty());
    let (action, reason) = if missing.is_empty() && !set_content_tag {
        (Action::UpToDate, "every wanted tag is there".to_owned())
    } else {
        let content_tag = Some(wanted.content_tag).filter(|_| set_content_tag);
        let tags: Vec<Tag> = missing.iter().chain(content_tag).cloned().collect();
        (Action::Retag, format!("{}, {} will point at it", found.shown(), list(&tags)))
    };
    let from = (action == Action::Retag).then(|| found.from());
    let digest = Some(content.digest.clone());
    Decision { digest, from, missing, set_content_tag, notes, ..Decision::new(action, reason) }
}

/// The commit has the image that its message asked for. Another build of the same content, which may have come after it, is
/// the other commits'.
fn by_message(wanted: &Wanted<'_>, answers: &Answers, rules: Rules, own: &Image) -> Decision {
    let content = match &answers.content {
        Lookup::Found(content) if content.digest == own.digest => {
            return by_content(wanted, answers, rules, &Content::own(wanted, content));
        }
        Lookup::Found(content) => content,
        Lookup::Missing | Lookup::Unknown(_) => return by_commit(wanted, answers, rules, own),
    };
    let (missing, kept) = lasting_left_out(answers, own);
    let mut decision =
        Decision::new(Action::UpToDate, "this commit has the image that its message asked for");
    decision.notes.extend(kept);
    if !missing.is_empty() {
        decision.action = Action::Retag;
        decision.reason = format!("{}, {} will point at it", decision.reason, list(&missing));
        let tag = wanted.commit_tag.unwrap_or(wanted.content_tag).clone();
        decision.from = Some(From { how: How::Commit, repository: None, tag });
    }
    decision
        .notes
        .push(format!("{} is at {}, another build of the same content", wanted.content_tag, content.digest));
    decision.notes.extend(age_note(wanted, own));
    Decision { digest: Some(own.digest.clone()), missing, ..decision }
}

/// The content tag is not there, the commit's own tag is.
fn by_commit(wanted: &Wanted<'_>, answers: &Answers, rules: Rules, commit: &Image) -> Decision {
    let Some(tag) = wanted.commit_tag else {
        return build(wanted, answers, "no image has these inputs yet".to_owned(), false);
    };
    let adopted = match mark(wanted, commit) {
        Mark::Equal => false,
        Mark::Different if wanted.may_move.contains(tag.as_str()) => {
            return build(wanted, answers, "no image has these inputs yet".to_owned(), false);
        }
        Mark::Different => {
            let reason = format!(
                "{tag} is at {}, which is marked with other content; --move-tag {tag} lets a build replace it",
                commit.digest
            );
            return Decision::new(Action::Conflict, reason);
        }
        Mark::Missing if rules.verify == Verify::Required => {
            let reason =
                format!("{tag} is at {}, which has no mark, and verify = \"required\"", commit.digest);
            return Decision::new(Action::Conflict, reason);
        }
        Mark::Missing => true,
    };
    if let Some(reason) = unfit(wanted, answers, commit) {
        return build(wanted, answers, reason, true);
    }
    let (missing, kept) = lasting_left_out(answers, commit);
    let set_content_tag = (!adopted || rules.adopt) && expiring(commit).is_none();
    let mut decision = Decision {
        digest: Some(commit.digest.clone()),
        missing,
        set_content_tag,
        ..Decision::new(Action::Retag, "")
    };
    decision.notes.extend(age_note(wanted, commit));
    decision.notes.extend(kept);
    if adopted && expiring(commit).is_none() {
        decision.notes.push(match rules.adopt {
            true => format!("that {tag} was built from these inputs is assumed, not proven: it has no mark"),
            false => {
                format!("{tag} has no mark; --adopt would let other commits with the same inputs find it")
            }
        });
    }
    if !set_content_tag && decision.missing.is_empty() {
        decision.action = Action::UpToDate;
        "this commit has its image already".clone_into(&mut decision.reason);
        return decision;
    }
    let mut tags = decision.missing.clone();
    if set_content_tag {
        tags.push(wanted.content_tag.clone());
    }
    decision.reason = format!("this commit has its image already, {} will point at it", list(&tags));
    decision.from = Some(From { how: How::Commit, repository: None, tag: tag.clone() });
    decision
}

/// Floating tags that are elsewhere. An image that a registry will delete gets none that is to last, nor the content tag: the
/// commit keeps it, and no other one gets it. The second value says so.
fn lasting_left_out(answers: &Answers, image: &Image) -> (Vec<Tag>, Option<String>) {
    let missing = elsewhere(answers, &image.digest);
    let Some(label) = expiring(image) else { return (missing.collect(), None) };
    let missing = missing.filter(|tag| Expiry::of(tag.as_str()).is_some()).collect();
    let note = format!("this commit's image gets no other tag that is to last, since {}", travels(label));
    (missing, Some(note))
}

/// Neither tag is there, but another repository (a fork's parent, staging) has the content: it is copied.
fn by_repository(wanted: &Wanted<'_>, answers: &Answers, rules: Rules) -> Decision {
    let Some((repository, image)) = answers.elsewhere.found() else {
        return earlier::decide(wanted, answers, rules);
    };
    let unproven = match (rules.verify, mark(wanted, image)) {
        (Verify::Required, Mark::Missing) => Some("it has no mark, and verify = \"required\"".to_owned()),
        (Verify::Required, Mark::Different) => {
            Some("it is marked with other content, and verify = \"required\"".to_owned())
        }
        _ => None,
    };
    let proven = unproven.is_none();
    if let Some(why) = unproven.or_else(|| unusable(wanted, answers, image)) {
        let mut decision = earlier::decide(wanted, answers, rules);
        // The children that are there, too, stand on the image that is of no use.
        decision.rebuild |= proven && decision.action == Action::Build;
        let tag = wanted.unscoped_tag;
        let note = format!("{repository} has the same inputs, but its {tag} is not used: {why}");
        decision.notes.insert(0, note);
        return decision;
    }
    let missing: Vec<Tag> =
        wanted.commit_tag.cloned().into_iter().chain(elsewhere(answers, &image.digest)).collect();
    let reason = format!("an image with the same inputs is in {repository}, it is copied from there");
    let from =
        From { how: How::Repository, repository: Some(repository.clone()), tag: wanted.unscoped_tag.clone() };
    Decision {
        digest: Some(image.digest.clone()),
        from: Some(from),
        missing,
        set_content_tag: true,
        ..Decision::new(Action::Retag, reason)
    }
}
