//! The rules: which answers lead to which action.
//!
//! The table of actions and the rules of marks are those of the contract; a rule that decides says so in its reason,
//! in one sentence that a person can act on.

use super::marks::{Mark, mark, mark_note};
use super::outcome::{NOTHING, build, unknown};
use super::tagging::{self, Lacking};
use super::trusted::{self, Content};
use super::worth::{age_note, asked_for, asked_note, expiring, travels, unfit, unusable};
use super::{Action, Answers, Decision, From, How, Image, Rules, Taken, Wanted, earlier};
use crate::config::Verify;
use crate::error::Error;
use crate::lookup::Lookup;
use crate::reference::Tag;
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
        _ if own(wanted, answers).is_some() => by_own(wanted, answers, rules),
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
    let once = answers.once.iter().find_map(|once| once.at.error());
    let write_once = answers.commit.error().or(once).or(answers.own.error());
    content.or(write_once).or(floating).or(answers.elsewhere.error()).or(answers.unlisted.as_ref())
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
    let Lacking { missing, notes: stay } = match tagging::lacking(wanted, answers, &content.digest) {
        Ok(lacking) => lacking,
        Err(taken) => return Decision::taken(taken),
    };
    notes.extend(stay);
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
    let Lacking { missing, notes } = match lasting_left_out(wanted, answers, own) {
        Ok(lacking) => lacking,
        Err(taken) => return Decision::taken(taken),
    };
    let mut decision =
        Decision::new(Action::UpToDate, "this commit has the image that its message asked for");
    if !missing.is_empty() {
        decision.action = Action::Retag;
        decision.reason = format!("{}, {} will point at it", decision.reason, list(&missing));
        let named = answers.own.found().map(|(tag, _)| tag);
        let tag = wanted.commit_tag.or(named).unwrap_or(wanted.content_tag).clone();
        decision.from = Some(From { how: How::Commit, repository: None, tag });
    }
    decision.notes.extend(notes);
    decision
        .notes
        .push(format!("{} is at {}, another build of the same content", wanted.content_tag, content.digest));
    decision.notes.extend(age_note(wanted, own));
    Decision { digest: Some(own.digest.clone()), missing, ..decision }
}

/// The content tag is not there, the commit's own tag is.
fn by_commit(wanted: &Wanted<'_>, answers: &Answers, rules: Rules, commit: &Image) -> Decision {
    match wanted.commit_tag {
        Some(tag) => by_tag(wanted, answers, rules, (tag, commit)),
        None => build(wanted, answers, NOTHING.to_owned(), false),
    }
}

/// The image under another write-once tag that names this commit. One of other content counts only where that very tag is
/// wanted, which it then keeps; of a shape there can be another.
fn own<'a>(wanted: &Wanted<'_>, answers: &'a Answers) -> Option<(&'a Tag, &'a Image)> {
    let (tag, image) = answers.own.found()?;
    let counts =
        !matches!(mark(wanted, image), Mark::Different) || answers.once.iter().any(|once| once.tag == *tag);
    counts.then_some((tag, image))
}

/// Neither of them is there, but another tag that names this commit: a builder was killed in between.
fn by_own(wanted: &Wanted<'_>, answers: &Answers, rules: Rules) -> Decision {
    match own(wanted, answers) {
        Some((tag, image)) => by_tag(wanted, answers, rules, (tag, image)),
        None => build(wanted, answers, NOTHING.to_owned(), false),
    }
}

fn by_tag(wanted: &Wanted<'_>, answers: &Answers, rules: Rules, (tag, commit): (&Tag, &Image)) -> Decision {
    let adopted = match mark(wanted, commit) {
        Mark::Equal => false,
        Mark::Different if wanted.may_move.contains(tag.as_str()) => {
            return build(wanted, answers, NOTHING.to_owned(), false);
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
    let Lacking { missing, notes } = match lasting_left_out(wanted, answers, commit) {
        Ok(lacking) => lacking,
        Err(taken) => return Decision::taken(taken),
    };
    let set_content_tag = (!adopted || rules.adopt) && expiring(commit).is_none();
    let mut decision = Decision {
        digest: Some(commit.digest.clone()),
        missing,
        set_content_tag,
        notes,
        ..Decision::new(Action::Retag, "")
    };
    decision.notes.extend(age_note(wanted, commit));
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

/// What this commit's image lacks. One that a registry will delete gets no other tag that is to last, nor the content tag:
/// the commit keeps it, and no other one gets it. That is noted.
fn lasting_left_out(wanted: &Wanted<'_>, answers: &Answers, image: &Image) -> Result<Lacking, Taken> {
    let mut lacking = tagging::lacking(wanted, answers, &image.digest)?;
    if let Some(label) = expiring(image) {
        lacking.missing.retain(|tag| wanted.classes.expires(tag.as_str()));
        lacking
            .notes
            .push(format!("this commit's image gets no other tag that is to last, since {}", travels(label)));
    }
    Ok(lacking)
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
    let Lacking { missing, notes } = match tagging::lacking(wanted, answers, &image.digest) {
        Ok(lacking) => lacking,
        Err(taken) => return Decision::taken(taken),
    };
    let reason = format!("an image with the same inputs is in {repository}, it is copied from there");
    let from =
        From { how: How::Repository, repository: Some(repository.clone()), tag: wanted.unscoped_tag.clone() };
    Decision {
        digest: Some(image.digest.clone()),
        from: Some(from),
        missing,
        set_content_tag: true,
        notes,
        ..Decision::new(Action::Retag, reason)
    }
}
