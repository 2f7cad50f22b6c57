//! Every rule of the contract's table of actions, and of marks, both ways.
#![allow(clippy::unwrap_used)]

mod once;

use super::*;
use crate::error::Error;

const HASH: &str = "aa";

fn digest(n: u8) -> Digest {
    Digest::of(&[n])
}

fn image(n: u8) -> Lookup<Image> {
    Lookup::Found(Image { digest: digest(n), details: None })
}

fn with(n: u8, details: Details) -> Lookup<Image> {
    Lookup::Found(Image { digest: digest(n), details: Some(details) })
}

fn marked(n: u8, mark: &str) -> Lookup<Image> {
    with(n, Details { mark: Some(mark.to_owned()), ..Details::default() })
}

struct Case {
    content: Lookup<Image>,
    trusted: Lookup<Trusted>,
    commit: Lookup<Image>,
    floating: Vec<(Tag, Lookup<Digest>)>,
    elsewhere: Lookup<(Repository, Image)>,
    earlier: Option<Earlier>,
    rules: Rules,
    platforms: Vec<Platform>,
    not_before: Option<i64>,
    may_move: BTreeSet<String>,
    classes: Classes,
    forced: bool,
    by_commit: bool,
    parent_rebuilt: bool,
    outdated: BTreeMap<Digest, String>,
    commit_tags: bool,
    once: Vec<Once>,
    own: Lookup<(Tag, Image)>,
}

impl Case {
    fn new(content: Lookup<Image>, commit: Lookup<Image>) -> Case {
        Case {
            content,
            trusted: Lookup::Missing,
            commit,
            floating: Vec::new(),
            elsewhere: Lookup::Missing,
            earlier: None,
            rules: Rules { on_unknown: OnUnknown::Fail, verify: Verify::Mark, adopt: false },
            platforms: Vec::new(),
            not_before: None,
            may_move: BTreeSet::new(),
            classes: Classes::default(),
            forced: false,
            by_commit: false,
            parent_rebuilt: false,
            outdated: BTreeMap::new(),
            commit_tags: true,
            once: Vec::new(),
            own: Lookup::Missing,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Case)) -> Case {
        change(&mut self);
        self
    }

    fn decide(self) -> Decision {
        let rules = self.rules;
        let (content_tag, commit_tag) = (Tag::new("content-aa").unwrap(), Tag::new("abc1234").unwrap());
        let wanted = Wanted {
            content_hash: HASH,
            content_tag: &content_tag,
            unscoped_tag: &content_tag,
            commit_tag: self.commit_tags.then_some(&commit_tag),
            platforms: &self.platforms,
            not_before: self.not_before,
            may_move: &self.may_move,
            classes: &self.classes,
            forced: self.forced.then_some("--force"),
            by_commit: self.by_commit.then_some(("c0ffee", "the message asks for it")),
            parent_rebuilt: self.parent_rebuilt.then_some("base"),
            base_moved: None,
            outdated: &self.outdated,
        };
        let Case { content, commit, floating, elsewhere, .. } = self;
        let answers = Answers {
            content,
            trusted: self.trusted,
            commit,
            once: self.once,
            own: self.own,
            floating,
            elsewhere,
            earlier: self.earlier,
            unlisted: None,
        };
        decide(&wanted, &answers, rules)
    }

    /// Action, digest's number, missing tags, whether the content tag is set.
    fn short(self) -> String {
        let decision = self.decide();
        assert!(!decision.reason.is_empty());
        assert_eq!(decision.from.is_some(), decision.action == Action::Retag, "{decision:?}");
        let number = (0..9).find(|n| Some(digest(*n)) == decision.digest);
        let missing: Vec<&str> = decision.missing.iter().map(Tag::as_str).collect();
        let number = number.map_or("-".to_owned(), |n| n.to_string());
        let content = if decision.set_content_tag { " +content" } else { "" };
        format!("{} {number} [{}]{content}", decision.action.as_str(), missing.join(" "))
    }
}

fn missing() -> Lookup<Image> {
    Lookup::Missing
}

fn unknown<T>() -> Lookup<T> {
    Lookup::Unknown(Error::unavailable("HEAD https://r/v2/a/manifests/t: 500"))
}

/// A commit that asked for a build has its own, whatever came under the content tag since; without a word of which commit an
/// image is, the commit's own tag counts, and without commit tags nothing does.
#[test]
fn a_build_that_was_asked_for_is_made_once() {
    let of = |n: u8, mark: &str, revision: &str| {
        let (mark, revision) = (Some(mark.to_owned()), Some(revision.to_owned()));
        with(n, Details { mark, revision, mark_read: true, ..Details::default() })
    };
    let asked = |content, commit| Case::new(content, commit).with(|case| case.by_commit = true);
    let other = || of(1, HASH, "0ther");
    assert_eq!(asked(other(), missing()).short(), "build - [abc1234]");
    assert_eq!(asked(other(), of(2, HASH, "0ther")).short(), "build - []");
    assert_eq!(asked(other(), of(2, HASH, "c0ffee")).short(), "up-to-date 2 []");
    assert_eq!(asked(of(1, HASH, "c0ffee"), of(2, HASH, "0ther")).short(), "up-to-date 1 []");
    let main = || vec![(Tag::new("main").unwrap(), Lookup::Found(digest(1)))];
    let moving = asked(other(), of(2, HASH, "c0ffee")).with(|case| case.floating = main());
    assert_eq!(moving.short(), "retag 2 [main]");
    // What it says of its commit came with a base image.
    assert_eq!(asked(other(), of(2, "bb", "c0ffee")).short(), "conflict 1 []");
    assert_eq!(asked(image(1), image(2)).short(), "conflict 1 []");
    let without_tags = |content| asked(content, missing()).with(|case| case.commit_tags = false);
    assert_eq!(without_tags(other()).short(), "build - []");
    assert_eq!(without_tags(of(1, "bb", "c0ffee")).short(), "up-to-date 1 []");
    assert_eq!(without_tags(of(1, HASH, "c0ffee")).decide().notes, Vec::<String>::new());
    assert_eq!(without_tags(image(1)).decide().notes.len(), 1);
}

/// What could not be read of other commits' images is unknown where it could have been used.
#[test]
fn an_earlier_image_that_could_not_be_read_is_unknown() {
    let error = || Some(Error::unavailable("GET https://r/v2/a/blobs/b: 500"));
    let case = |earlier| Case::new(missing(), missing()).with(|case| case.earlier = Some(earlier));
    let unread = || Earlier { unread: error(), ..Earlier::default() };
    assert_eq!(case(unread()).short(), "unknown - []");
    let builds = |case: &mut Case| case.rules.on_unknown = OnUnknown::Build;
    assert_eq!(case(unread()).with(builds).short(), "build - [abc1234]");
    let unlisted = || Earlier { unlisted: error(), ..Earlier::default() };
    assert_eq!(case(unlisted()).short(), "build - [abc1234]");
    assert_eq!(case(unlisted()).with(|case| case.rules.adopt = true).short(), "unknown - []");
}

#[test]
fn nothing_found_is_a_build_of_all_tags() {
    assert_eq!(Case::new(missing(), missing()).short(), "build - [abc1234]");
}

#[test]
fn content_without_its_commit_tag_is_a_retag() {
    assert_eq!(Case::new(image(1), missing()).short(), "retag 1 [abc1234]");
}

#[test]
fn both_tags_at_one_digest_are_up_to_date() {
    assert_eq!(Case::new(image(1), image(1)).short(), "up-to-date 1 []");
    assert_eq!(
        Case::new(image(1), missing()).with(|case| case.commit_tags = false).short(),
        "up-to-date 1 []"
    );
}

#[test]
fn a_commit_tag_elsewhere_needs_an_equal_mark() {
    let equal = Case::new(image(1), marked(2, HASH)).decide();
    assert_eq!((equal.action, equal.notes.len()), (Action::UpToDate, 1));
    assert_eq!(Case::new(image(1), marked(2, "bb")).short(), "conflict 1 []");
    assert_eq!(Case::new(image(1), with(2, Details::default())).short(), "conflict 1 []");
    let moved = Case::new(image(1), marked(2, "bb")).with(|case| {
        case.may_move.insert("abc1234".to_owned());
    });
    assert_eq!(moved.short(), "retag 1 [abc1234]");
}

#[test]
fn a_conflict_writes_none_of_the_images_tags() {
    let case = Case::new(image(1), marked(2, "bb"))
        .with(|case| case.floating = vec![(Tag::new("main").unwrap(), Lookup::Missing)]);
    assert_eq!(case.short(), "conflict 1 []");
}

#[test]
fn the_commits_own_tag_alone_is_found_by_its_mark() {
    assert_eq!(Case::new(missing(), marked(2, HASH)).short(), "retag 2 [] +content");
    assert_eq!(Case::new(missing(), marked(2, "bb")).short(), "conflict - []");
    let unmarked = Case::new(missing(), with(2, Details::default())).decide();
    assert_eq!((unmarked.action, unmarked.digest), (Action::UpToDate, Some(digest(2))));
    assert!(unmarked.notes[0].contains("--adopt"), "{:?}", unmarked.notes);
    let adopted = Case::new(missing(), with(2, Details::default())).with(|case| case.rules.adopt = true);
    assert_eq!(adopted.short(), "retag 2 [] +content");
}

#[test]
fn floating_tags_follow_the_image() {
    let main = |at| vec![(Tag::new("main").unwrap(), at)];
    let at = |at| Case::new(image(1), image(1)).with(|case| case.floating = main(at)).short();
    assert_eq!(at(Lookup::Found(digest(1))), "up-to-date 1 []");
    assert_eq!(at(Lookup::Found(digest(2))), "retag 1 [main]");
    assert_eq!(at(Lookup::Missing), "retag 1 [main]");
    assert_eq!(at(unknown()), "unknown - []");
}

#[test]
fn what_could_not_be_answered_is_unknown_or_by_policy_a_build() {
    assert_eq!(Case::new(unknown(), missing()).short(), "unknown - []");
    assert_eq!(Case::new(image(1), unknown()).short(), "unknown - []");
    let by_policy = Case::new(unknown(), missing()).with(|case| case.rules.on_unknown = OnUnknown::Build);
    assert_eq!(by_policy.short(), "build - [abc1234]");
    // Asking for a build does not make an answer of a failure.
    assert_eq!(Case::new(unknown(), missing()).with(|case| case.forced = true).short(), "unknown - []");
}

#[test]
fn an_unusable_image_is_built_again_and_its_children_follow() {
    let amd64 = || Platform::parse("linux/amd64").unwrap();
    let arm64 = || Platform::parse("linux/arm64").unwrap();
    let details = || Details { platforms: vec![amd64()], created: Some(100), ..Details::default() };
    let case = || Case::new(with(1, details()), missing());
    let lacking = case().with(|case| case.platforms = vec![amd64(), arm64()]).decide();
    assert_eq!((lacking.action, lacking.rebuild), (Action::Build, true));
    assert!(lacking.reason.ends_with("lacks linux/arm64"), "{}", lacking.reason);
    assert_eq!(case().with(|case| case.platforms = vec![amd64()]).short(), "retag 1 [abc1234]");
    assert_eq!(case().with(|case| case.not_before = Some(101)).short(), "build - [abc1234]");
    assert_eq!(case().with(|case| case.not_before = Some(100)).short(), "retag 1 [abc1234]");
    let ageless =
        Case::new(with(1, Details::default()), missing()).with(|case| case.not_before = Some(1)).decide();
    assert_eq!(ageless.action, Action::Retag);
    assert!(ageless.notes.iter().any(|note| note.contains("max-age")), "{:?}", ageless.notes);
    assert_eq!(case().with(|case| case.parent_rebuilt = true).short(), "build - [abc1234]");
    assert_eq!(case().with(|case| case.forced = true).short(), "build - [abc1234]");
    let outdated = |n| BTreeMap::from([(digest(n), "its parent base was built again since".to_owned())]);
    let decision = case().with(|case| case.outdated = outdated(1)).decide();
    assert_eq!((decision.action, decision.rebuild), (Action::Build, true));
    assert_eq!(decision.reason, "its parent base was built again since");
    assert_eq!(case().with(|case| case.outdated = outdated(2)).short(), "retag 1 [abc1234]");
}

/// Children stand on the image that is of no use, wherever that is.
#[test]
fn children_follow_where_the_unusable_image_is_another_repositorys_or_commits() {
    let outdated = || BTreeMap::from([(digest(3), "its parent base was built again since".to_owned())]);
    let upstream = Repository::parse("ghcr.io/upstream/shop", std::path::Path::new("")).unwrap();
    let elsewhere = Lookup::Found((upstream, Image { digest: digest(3), details: None }));
    let case = Case::new(missing(), missing()).with(|case| {
        (case.elsewhere, case.outdated) = (elsewhere, outdated());
    });
    let decision = case.decide();
    assert_eq!((decision.action, decision.rebuild, decision.nothing_found), (Action::Build, true, true));
    assert!(decision.notes.iter().any(|note| note.contains("built again since")), "{:?}", decision.notes);
    let sibling = |mark: Option<&str>| {
        let details = Details { mark: mark.map(str::to_owned), ..Details::default() };
        let earlier = Earlier { same: vec![sibling(3, details)], ..Earlier::default() };
        Case::new(missing(), missing()).with(|case| {
            (case.earlier, case.outdated) = (Some(earlier), outdated());
        })
    };
    assert!(sibling(Some(HASH)).decide().rebuild);
    // One that is not proven to be of this content has nothing to do with it.
    assert!(!sibling(None).decide().rebuild);
    assert!(!Case::new(missing(), missing()).decide().rebuild);
}

#[test]
fn a_build_never_pushes_a_write_once_tag_that_is_there() {
    let forced = || Case::new(image(1), image(1)).with(|case| case.forced = true);
    assert_eq!(forced().short(), "build - []");
    let moved = forced().with(|case| {
        case.may_move.insert("abc1234".to_owned());
    });
    assert_eq!(moved.short(), "build - [abc1234]");
}

#[test]
fn required_marks_refuse_what_has_none_or_another() {
    let required = |content| Case::new(content, missing()).with(|case| case.rules.verify = Verify::Required);
    assert_eq!(required(marked(1, HASH)).short(), "retag 1 [abc1234]");
    assert_eq!(required(marked(1, "bb")).short(), "conflict 1 []");
    assert_eq!(required(with(1, Details::default())).short(), "conflict 1 []");
    let commit =
        Case::new(missing(), with(2, Details::default())).with(|case| case.rules.verify = Verify::Required);
    assert_eq!(commit.short(), "conflict - []");
}

#[test]
fn an_image_of_another_repository_is_copied_where_this_one_has_none() {
    let upstream = || Repository::parse("ghcr.io/upstream/shop", std::path::Path::new("")).unwrap();
    let there = |details| Lookup::Found((upstream(), Image { digest: digest(3), details }));
    let found = Case::new(missing(), missing()).with(|case| case.elsewhere = there(None)).decide();
    assert_eq!((found.action, found.digest.clone()), (Action::Retag, Some(digest(3))));
    assert_eq!(found.from.unwrap().repository, Some(upstream()));
    assert!(found.set_content_tag);
    let own = Case::new(image(1), missing()).with(|case| case.elsewhere = there(None));
    assert_eq!(own.short(), "retag 1 [abc1234]");
    let unproven = Case::new(missing(), missing()).with(|case| {
        case.elsewhere = there(Some(Details::default()));
        case.rules.verify = Verify::Required;
    });
    let unproven = unproven.decide();
    assert_eq!((unproven.action, unproven.digest.clone()), (Action::Build, None));
    let note = "ghcr.io/upstream/shop has the same inputs, but its content-aa is not used: it has no mark, and verify = \"required\"";
    assert_eq!(unproven.notes, [note]);
    let lacking = Case::new(missing(), missing()).with(|case| {
        case.elsewhere = there(Some(Details::default()));
        case.platforms = vec![Platform::parse("linux/arm64").unwrap()];
    });
    let notes = lacking.decide().notes;
    assert!(
        notes.len() == 1 && notes[0].ends_with("is not used: the image with these inputs lacks linux/arm64")
    );
    assert_eq!(
        Case::new(missing(), missing()).with(|case| case.elsewhere = unknown()).short(),
        "unknown - []"
    );
}

fn sibling(n: u8, details: Details) -> Sibling {
    Sibling {
        commit: "def5678".to_owned(),
        tag: Tag::new("def5678").unwrap(),
        image: Image { digest: digest(n), details: Some(details) },
        base_moved: None,
        base_note: None,
    }
}

#[test]
fn another_commits_image_needs_an_equal_mark_or_to_be_adopted() {
    let marked = |mark: &str| Details { mark: Some(mark.to_owned()), ..Details::default() };
    let case = |same: Vec<Sibling>, adopt| {
        Case::new(missing(), missing()).with(|case| {
            case.earlier = Some(Earlier { same, ..Earlier::default() });
            case.rules.adopt = adopt;
        })
    };
    let unmarked = || vec![sibling(1, Details::default())];
    assert_eq!(case(unmarked(), true).short(), "retag 1 [abc1234] +content");
    let left = case(unmarked(), false).decide();
    assert_eq!((left.action, left.nothing_found), (Action::Build, true));
    assert!(left.reason.contains("def5678") && left.reason.contains("--adopt"), "{}", left.reason);
    assert_eq!(case(vec![sibling(1, marked(HASH))], false).short(), "retag 1 [abc1234] +content");
    let other = case(vec![sibling(1, marked("bb"))], true).decide();
    assert_eq!(other.action, Action::Build);
    assert!(!other.reason.contains("--adopt"), "{}", other.reason);
    // One that is proven goes before a newer one that is not.
    let both = || vec![sibling(1, Details::default()), sibling(2, marked(HASH))];
    assert_eq!(case(both(), false).short(), "retag 2 [abc1234] +content");
    assert_eq!(case(both(), true).short(), "retag 1 [abc1234] +content");
    let required = case(both(), true).with(|case| case.rules.verify = Verify::Required);
    assert_eq!(required.short(), "retag 2 [abc1234] +content");
    // A parent that is built again, and a base that moved, go before it.
    let rebuilt = case(both(), true).with(|case| case.parent_rebuilt = true);
    assert_eq!(rebuilt.short(), "build - [abc1234]");
    let moved = Sibling { base_moved: Some("the base moved".to_owned()), ..sibling(1, Details::default()) };
    let moved = case(vec![moved], true).decide();
    assert_eq!(moved.action, Action::Build);
    assert!(moved.notes.iter().any(|note| note.contains("the base moved")), "{:?}", moved.notes);
}

#[test]
fn other_commits_count_only_where_nothing_else_does() {
    let adopting = |content, commit| {
        Case::new(content, commit).with(|case| {
            case.earlier = Some(Earlier { same: vec![sibling(3, Details::default())], ..Earlier::default() });
            case.rules.adopt = true;
        })
    };
    assert_eq!(adopting(image(1), missing()).short(), "retag 1 [abc1234]");
    assert_eq!(adopting(missing(), marked(2, HASH)).short(), "retag 2 [] +content");
    assert_eq!(adopting(unknown(), missing()).short(), "unknown - []");
    assert_eq!(adopting(missing(), missing()).with(|case| case.forced = true).short(), "build - [abc1234]");
}

#[test]
fn a_build_names_the_nearest_commit_and_what_changed() {
    let nearest = |changed: Option<&str>| {
        Case::new(missing(), missing())
            .with(|case| {
                let (commit, tag) = ("def5678".to_owned(), Tag::new("def5678").unwrap());
                let nearest = Nearest { commit, tag, changed: changed.map(str::to_owned) };
                case.earlier = Some(Earlier { nearest: Some(nearest), ..Earlier::default() });
            })
            .decide()
            .reason
    };
    assert!(nearest(Some("a changed")).ends_with("since commit def5678, a changed"));
    assert!(nearest(None).ends_with("nearest commit with an image is def5678"));
}

fn under_scope(n: u8, details: Option<Details>, repository: Option<Repository>) -> Lookup<Trusted> {
    let (tag, image) = (Tag::new("content-bb").unwrap(), Image { digest: digest(n), details });
    Lookup::Found(Trusted { tag, repository, image, base_moved: None, base_note: None })
}

#[test]
fn the_trusted_image_goes_before_the_scopes_own() {
    let case = |trusted, content, commit| Case::new(content, commit).with(|case| case.trusted = trusted);
    let trusted = || under_scope(1, None, None);
    assert_eq!(case(trusted(), missing(), missing()).short(), "retag 1 [abc1234] +content");
    assert_eq!(case(trusted(), image(2), missing()).short(), "retag 1 [abc1234]");
    assert_eq!(case(trusted(), image(1), image(1)).short(), "up-to-date 1 []");
    assert_eq!(case(trusted(), missing(), image(1)).short(), "retag 1 [] +content");
    // The commit has its image.
    assert_eq!(case(trusted(), image(2), image(2)).short(), "up-to-date 2 []");
    assert_eq!(case(trusted(), missing(), marked(2, "bb")).short(), "conflict 1 []");
    let from = case(trusted(), missing(), missing()).decide().from.unwrap();
    assert_eq!((from.how, from.tag.as_str()), (How::Content, "content-bb"));
    assert_eq!(case(unknown_trusted(), image(2), image(2)).short(), "unknown - []");
    let required = case(trusted(), missing(), missing()).with(|case| case.rules.verify = Verify::Required);
    assert_eq!(required.short(), "conflict 1 []");
}

fn unknown_trusted() -> Lookup<Trusted> {
    Lookup::Unknown(Error::unavailable("out of order"))
}

#[test]
fn a_trusted_image_that_cannot_be_used_leaves_the_scopes_own() {
    let old = || Some(Details { created: Some(1), ..Details::default() });
    let new = || with(2, Details { created: Some(9), ..Details::default() });
    let case = |content| {
        Case::new(content, missing()).with(|case| {
            case.trusted = under_scope(1, old(), None);
            case.not_before = Some(5);
        })
    };
    assert_eq!(case(new()).short(), "retag 2 [abc1234]");
    let built = case(missing()).decide();
    assert_eq!((built.action, built.rebuild), (Action::Build, true));
    assert!(built.reason.contains("max-age"), "{}", built.reason);
}

#[test]
fn a_trusted_image_of_another_repository_is_always_brought_over() {
    let there = || Repository::parse("ghcr.io/acme/shop", std::path::Path::new("")).unwrap();
    let case = |content, commit| {
        Case::new(content, commit).with(|case| case.trusted = under_scope(1, None, Some(there())))
    };
    let found = case(missing(), missing()).decide();
    assert_eq!(found.from.map(|from| (from.how, from.repository)), Some((How::Repository, Some(there()))));
    assert_eq!(case(image(1), image(1)).short(), "up-to-date 1 []");
    // Neither the commit's older build nor the scope's image is the one that the plan names.
    assert_eq!(case(image(3), marked(2, HASH)).short(), "retag 1 [] +content");
}

fn expiring(n: u8) -> Lookup<Image> {
    let (mark, expires_after) = (Some(HASH.to_owned()), Some("2w".to_owned()));
    with(n, Details { mark, mark_read: true, expires_after, ..Details::default() })
}

/// A tag that is to last is never put on an image whose label has every tag of it deleted.
#[test]
fn an_image_that_a_registry_deletes_gets_no_tag_that_is_to_last() {
    let case = || Case::new(expiring(1), missing());
    assert_eq!(case().short(), "build - [abc1234]");
    let reason = case().decide().reason;
    assert!(reason.contains("would be deleted: its label quay.expires-after=2w travels with it"), "{reason}");
    assert!(case().decide().rebuild, "a new image takes the content tag");
    let latest = |at| (Tag::new("latest").unwrap(), at);
    let floating = |at| Case::new(expiring(1), expiring(1)).with(|case| case.floating = vec![latest(at)]);
    assert_eq!(floating(Lookup::Found(digest(2))).short(), "build - [latest]");
    // Nothing is put on it: it is what this commit has.
    assert_eq!(floating(Lookup::Found(digest(1))).short(), "up-to-date 1 []");
    assert_eq!(Case::new(expiring(1), expiring(2)).short(), "up-to-date 1 []");
}

/// A tag that says itself how long it is good for may be on such an image, and one that is to last on any other.
#[test]
fn a_tag_that_expires_may_be_on_an_image_that_does() {
    let latest = Tag::new("latest-2weeks").unwrap();
    let case = |content| {
        Case::new(content, marked(1, HASH))
            .with(|case| case.floating = vec![(latest.clone(), Lookup::Missing)])
    };
    assert_eq!(case(expiring(1)).short(), "retag 1 [latest-2weeks]");
    assert_eq!(case(marked(1, HASH)).short(), "retag 1 [latest-2weeks]");
    assert_eq!(Case::new(marked(1, HASH), missing()).short(), "retag 1 [abc1234]");
}

/// The same for a tag that the project's own patterns let expire.
#[test]
fn a_tag_of_an_expiring_class_may_be_on_an_image_that_expires() {
    let tag = Tag::new("pr-7").unwrap();
    let case = |patterns: &[&'static str]| {
        let classes = Classes {
            expiring: patterns.iter().copied().map(crate::tags::Template::constant).collect(),
            ..Classes::default()
        };
        Case::new(expiring(1), marked(1, HASH)).with(|case| {
            case.floating = vec![(tag.clone(), Lookup::Missing)];
            case.classes = classes;
        })
    };
    assert_eq!(case(&["pr-*"]).short(), "retag 1 [pr-7]");
    assert_eq!(case(&["tmp-*"]).short(), "build - [pr-7]");
}

/// A commit keeps the image that it has, though no other commit gets it: the content tag is not put on it.
#[test]
fn a_commits_own_image_that_is_deleted_one_day_is_nobody_elses() {
    let own = || Case::new(missing(), expiring(1));
    assert_eq!(own().short(), "up-to-date 1 []");
    assert!(own().decide().notes.iter().any(|note| note.contains("quay.expires-after=2w")));
    assert_eq!(
        own().with(|case| case.floating = vec![(Tag::new("latest").unwrap(), Lookup::Missing)]).short(),
        "up-to-date 1 []"
    );
    let asked = Case::new(missing(), expiring(1)).with(|case| case.rules.adopt = true);
    assert_eq!(asked.short(), "up-to-date 1 []");
}

/// Nor is it copied from elsewhere or adopted.
#[test]
fn an_image_of_elsewhere_that_is_deleted_one_day_is_not_copied() {
    let repository = Repository::parse("r.example.org/up", std::path::Path::new("/")).unwrap();
    let elsewhere = expiring(1).map(|image| (repository, image));
    let case = Case::new(missing(), missing()).with(|case| case.elsewhere = elsewhere);
    let decision = case.decide();
    assert_eq!(decision.action, Action::Build);
    assert!(decision.notes.iter().any(|note| note.contains("quay.expires-after=2w")), "{decision:?}");
}
