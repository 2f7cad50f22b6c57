//! Write-once tags that are wanted beside the commit tag, with and without a time in them.

use super::*;

fn tag(text: &str) -> Tag {
    Tag::new(text).unwrap()
}

fn once(text: &str, at: Lookup<Image>) -> Once {
    Once { tag: tag(text), at, instead: None, names_commit: false }
}

fn shaped(text: &str, instead: &str) -> Once {
    Once { instead: Some(tag(instead)), ..once(text, Lookup::Missing) }
}

fn unknown() -> Lookup<Image> {
    Lookup::Unknown(Error::unavailable("no"))
}

#[test]
fn a_tag_at_the_image_is_fine_and_one_that_is_nowhere_is_missing() {
    let there = Case::new(image(1), image(1)).with(|case| case.once = vec![once("v1", image(1))]);
    assert_eq!(there.decide().action, Action::UpToDate);
    let missing = Case::new(image(1), image(1)).with(|case| case.once = vec![once("v1", Lookup::Missing)]);
    let decision = missing.decide();
    assert_eq!((decision.action, decision.missing), (Action::Retag, vec![tag("v1")]));
    assert!(decision.reason.contains("v1 will point at it"), "{}", decision.reason);
}

#[test]
fn an_older_build_of_the_same_content_keeps_its_tag() {
    let case = Case::new(image(1), image(1)).with(|case| case.once = vec![once("v1", marked(2, HASH))]);
    let decision = case.decide();
    assert_eq!((decision.action, decision.missing.len()), (Action::UpToDate, 0));
    assert!(decision.notes[0].contains("v1 is at"), "{:?}", decision.notes);
}

#[test]
fn a_tag_at_anything_else_is_a_conflict_with_both_digests() {
    for other in [image(2), marked(2, "bb")] {
        let case = Case::new(image(1), image(1)).with(|case| case.once = vec![once("v1", other)]);
        let decision = case.decide();
        assert_eq!(decision.action, Action::Conflict);
        let (at, wanted) = (digest(2), digest(1));
        assert!(decision.reason.contains(at.as_str()) && decision.reason.contains(wanted.as_str()));
        assert!(decision.reason.contains("--move-tag v1"), "{}", decision.reason);
        assert_eq!(decision.taken, Some(Taken { tag: tag("v1"), at, wanted }));
        assert_eq!(decision.missing, []);
    }
}

#[test]
fn only_the_tag_that_is_named_moves() {
    let named = |name: &str| {
        let case = Case::new(image(1), image(1)).with(|case| {
            case.once = vec![once("v1", image(2)), once("v2", image(1))];
            case.may_move = BTreeSet::from([name.to_owned()]);
        });
        case.decide()
    };
    assert_eq!(named("v1").missing, [tag("v1")]);
    assert_eq!(named("v2").action, Action::Conflict);
}

#[test]
fn any_tag_of_the_shape_will_do() {
    let case = Case::new(image(1), image(1)).with(|case| case.once = vec![shaped("2026-b", "2026-a")]);
    let decision = case.decide();
    assert_eq!((decision.action, decision.missing.len()), (Action::UpToDate, 0));
    assert_eq!(shaped("2026-b", "2026-a").given(), &tag("2026-a"));
    assert_eq!(once("2026-b", Lookup::Missing).given(), &tag("2026-b"));
}

#[test]
fn a_build_pushes_what_is_not_there_and_nothing_over_what_is() {
    let case = Case::new(Lookup::Missing, Lookup::Missing)
        .with(|case| case.once = vec![once("new", Lookup::Missing), once("old", image(2))]);
    let decision = case.decide();
    assert_eq!(decision.action, Action::Build);
    assert_eq!(decision.missing, [tag("abc1234"), tag("new")]);
    assert!(decision.notes.iter().any(|note| note.contains("old stays at")), "{:?}", decision.notes);
}

#[test]
fn a_tag_that_could_not_be_asked_is_unknown_and_never_missing() {
    let case = || Case::new(image(1), image(1)).with(|case| case.once = vec![once("v1", unknown())]);
    assert_eq!(case().decide().action, Action::Unknown);
    let build = case().with(|case| case.rules.on_unknown = OnUnknown::Build).decide();
    assert_eq!(build.action, Action::Build);
    assert!(!build.missing.contains(&tag("v1")), "it may be there");
    let own = Case::new(Lookup::Missing, Lookup::Missing)
        .with(|case| case.own = Lookup::Unknown(Error::unavailable("no")));
    assert_eq!(own.decide().action, Action::Unknown);
}

/// A builder was killed between two pushes.
#[test]
fn the_image_under_another_tag_of_this_commit_is_this_commits() {
    let own = |at: Lookup<Image>| {
        Case::new(Lookup::Missing, Lookup::Missing).with(|case| {
            case.own = at.map(|image| (tag("2026-abc1234"), image));
            case.once = vec![shaped("2027-abc1234", "2026-abc1234")];
        })
    };
    let decision = own(marked(1, HASH)).decide();
    assert_eq!((decision.action, decision.missing), (Action::Retag, vec![tag("abc1234")]));
    assert!(decision.set_content_tag);
    assert_eq!(decision.from.unwrap().tag, tag("2026-abc1234"));
    assert_eq!(own(marked(1, "bb")).decide().action, Action::Build, "another of its shape can be given");
    let fixed = own(marked(1, "bb")).with(|case| case.once = vec![once("2026-abc1234", marked(1, "bb"))]);
    assert_eq!(fixed.decide().action, Action::Conflict, "it is written once");
    let unmarked = own(image(1)).decide();
    assert!(!unmarked.set_content_tag, "that it has this content is not proven");
}

#[test]
fn every_way_to_an_image_gives_the_write_once_tags() {
    let once = || vec![once("v1", Lookup::Missing)];
    let repository = Repository::parse("ghcr.io/a/b", std::path::Path::new("/")).unwrap();
    let found = Image { digest: digest(1), details: None };
    let elsewhere = Case::new(Lookup::Missing, Lookup::Missing).with(|case| {
        case.elsewhere = Lookup::Found((repository, found.clone()));
        case.once = once();
    });
    let by_commit = Case::new(Lookup::Missing, marked(1, HASH)).with(|case| case.once = once());
    for case in [elsewhere, by_commit] {
        let decision = case.decide();
        assert_eq!(decision.action, Action::Retag);
        assert!(decision.missing.contains(&tag("v1")), "{decision:?}");
    }
}
