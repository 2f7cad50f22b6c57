//! Answers to verdicts, each rule both ways.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::*;
use crate::promotion::{Source, SourceRef};
use crate::reference::{Repository, Tag};

const COMMIT: &str = "bfbaba57310a03e60f30d44b6dc127de5c77f960";

fn entry(source_ref: bool) -> Entry {
    let repository = Repository::parse("h.io/a", Path::new("")).unwrap();
    let text = format!("https://h.io/x/commit/{COMMIT}");
    Entry {
        place: Place::line("a.yaml", 4),
        from: repository.clone(),
        source: Source::Tag(Tag::new("b").unwrap()),
        to: repository,
        tag: Tag::new("v1").unwrap(),
        source_ref: source_ref.then_some(SourceRef { text }),
    }
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn found(text: &str) -> Answer {
    Answer::Found(digest(text))
}

fn put(over: Option<&str>) -> Move {
    Move { digest: digest("new"), over: over.map(digest) }
}

#[test]
fn only_what_is_missing_is_put() {
    let unknown = Answer::Unknown("503".to_owned());
    use Call::{Listed, Moves, Typed};
    let settled = Step::Settled;
    let no_source = |at: Option<&str>| settled(super::no_source(at.map(digest)));
    for (source, target, call, step) in [
        (found("new"), Answer::Missing, Listed, Step::Put(put(None))),
        (found("new"), found("new"), Listed, Step::There(digest("new"))),
        (found("new"), found("new"), Moves, Step::There(digest("new"))),
        (found("new"), found("old"), Listed, Step::Elsewhere { at: digest("old"), wanted: digest("new") }),
        (found("new"), found("old"), Typed, Step::Elsewhere { at: digest("old"), wanted: digest("new") }),
        (found("new"), found("old"), Moves, Step::Put(put(Some("old")))),
        (Answer::Missing, found("old"), Listed, settled(Verdict::NotVerifiable(digest("old")))),
        (Answer::Missing, found("old"), Typed, no_source(Some("old"))),
        (Answer::Missing, found("old"), Moves, no_source(Some("old"))),
        (Answer::Missing, Answer::Missing, Listed, no_source(None)),
        (Answer::Missing, Answer::Missing, Moves, no_source(None)),
        (unknown.clone(), Answer::Missing, Listed, settled(Verdict::Unknown("503".to_owned()))),
        (found("new"), unknown.clone(), Moves, settled(Verdict::Unknown("503".to_owned()))),
        (Answer::Missing, unknown, Listed, settled(Verdict::Unknown("503".to_owned()))),
    ] {
        assert_eq!(first(&source, &target, call), step, "{source:?} {target:?} {call:?}");
    }
}

#[test]
fn of_what_is_there_only_a_review_asks_more() {
    let there = Step::There(digest("new"));
    for (listed, mode, reads) in [
        (true, Mode::Check, true),
        (false, Mode::Check, false),
        (true, Mode::Promote, false),
        (true, Mode::DryRun, false),
    ] {
        assert_eq!(to_read(&entry(listed), &there, mode).0.is_some(), reads, "{listed} {mode:?}");
    }
    let elsewhere = Step::Elsewhere { at: digest("old"), wanted: digest("new") };
    assert_eq!(
        to_read(&entry(false), &elsewhere, Mode::Promote),
        (Some(&digest("new")), Some(&digest("old")))
    );
}

#[test]
fn an_image_that_expires_gets_no_tag() {
    let said =
        Said { expires_after: Some("2w".to_owned()), revision: Some("a".repeat(40)), ..Said::default() };
    let verdict = second(&entry(true), Step::Put(put(None)), Some(&Ok(said.clone())), None);
    let finding = Finding::Expires { digest: digest("new"), after: "2w".to_owned() };
    assert_eq!(verdict, Verdict::Finding(finding));
    let expiring = Entry { tag: Tag::new("try-14days").unwrap(), ..entry(false) };
    let verdict = second(&expiring, Step::Put(put(None)), Some(&Ok(said.clone())), None);
    assert_eq!(verdict, Verdict::Put(put(None)), "a tag that will go may be at an image that will");
    // A tag that is there already is nobody's to refuse.
    let verdict = second(&entry(false), Step::There(digest("new")), Some(&Ok(said)), None);
    assert_eq!(verdict, Verdict::There(digest("new")));
}

#[test]
fn an_image_of_another_commit_than_the_list_says_gets_no_tag() {
    let said = |revision: &str| Ok(Said { revision: Some(revision.to_owned()), ..Said::default() });
    let judge = |step: Step, said: &Result<Said, String>| second(&entry(true), step, Some(said), None);
    let other = "a".repeat(40);
    let finding = |there| {
        Verdict::Finding(Finding::SourceRef { digest: digest("new"), revision: other.clone(), there })
    };
    assert_eq!(judge(Step::Put(put(None)), &said(&other)), finding(false));
    assert_eq!(judge(Step::There(digest("new")), &said(&other)), finding(true));
    assert_eq!(judge(Step::Put(put(None)), &said(COMMIT)), Verdict::Put(put(None)));
    assert_eq!(judge(Step::Put(put(None)), &Ok(Said::default())), Verdict::Put(put(None)));
}

/// What could not be read is not known; it is neither right nor wrong.
#[test]
fn an_image_that_cannot_be_read_is_unknown() {
    let failed = Err("500".to_owned());
    let unknown = Verdict::Unknown("500".to_owned());
    assert_eq!(second(&entry(true), Step::Put(put(None)), Some(&failed), None), unknown);
    assert_eq!(second(&entry(true), Step::There(digest("new")), Some(&failed), None), unknown);
    assert!(matches!(second(&entry(true), Step::Put(put(None)), None, None), Verdict::Unknown(_)));
    // That the two differ is known without their dates.
    let elsewhere = Step::Elsewhere { at: digest("old"), wanted: digest("new") };
    let verdict = second(&entry(true), elsewhere, Some(&failed), Some(&failed));
    assert!(matches!(verdict, Verdict::Finding(Finding::Elsewhere { .. })));
}
