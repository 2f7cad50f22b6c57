//! Tags read back, with much, little and nothing known.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::error::Place;
use crate::tags::render;

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
const HASH: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
/// 2026-07-05 14:23:49 UTC
const MOMENT: i64 = 1_783_261_429;

fn template(text: &str) -> Template {
    Template::parse_with(text, Place::file("t"), &["line"]).unwrap()
}

fn read(text: &str, tag: &str) -> Option<Captures> {
    matches(&template(text), &Known::default(), tag)
}

#[test]
fn a_tag_tells_when_it_was_built_and_up_to_which_commit() {
    let captures = read("{build_date:%Y%m%d-%H%M%S}-{sha:8}", "20260705-142349-cfb98e93").unwrap();
    assert_eq!(captures.sha.as_deref(), Some("cfb98e93"));
    let date = captures.build_date.unwrap();
    assert_eq!((date.text.as_str(), date.seconds), ("20260705-142349", Some(MOMENT)));
}

#[test]
fn tags_of_a_shape_are_exact() {
    for (text, tag) in [
        ("{sha:7}", "abc123"),
        ("{sha:7}", "abc12345"),
        ("{sha:7}", "ABC1234"),
        ("{sha}", "abc1234"),
        ("{content_hash:8}", "abcdefg0"),
        ("{build_date}", "20260230-000000"),
        ("{build_date}", "2026070-5142349"),
        ("{commit_date:%F}-{count}", "2026-07-05-0"),
        ("{commit_date:%F}-{count}", "2026-07-05-01"),
        ("{count}", "99999999999999999999999"),
        ("v{version}", "vlatest"),
        ("v{version}", "vv1"),
        ("{major}", "x"),
        ("{branch}", ".x"),
        ("{branch}", ""),
        ("x{branch}", "x-a"),
    ] {
        assert_eq!(read(text, tag), None, "{text} {tag}");
    }
    for (text, tag) in [("{sha}", SHA), ("{sha}", HASH), ("{version}", "1.2.3-rc.1")] {
        assert!(read(text, tag).is_some(), "{text} {tag}");
    }
}

#[test]
fn everything_that_is_rendered_is_read_back() {
    let version = Version::parse("1.2.3-rc.1").unwrap();
    let facts = Facts {
        branch: Some("feature/a-1"),
        git_tag: Some("app/v1.2.3"),
        scope: Some("pr-7"),
        commit_date: Some(0),
        build_date: Some(MOMENT),
        describe: Some("v1-2-gabcdef0"),
        version: Some(&version),
        image: "app",
        count: Some(12),
        input_sha: Some(SHA),
        names: &[("line", "12.8")],
        ..Facts::of(SHA, HASH)
    };
    for text in [
        "{sha}",
        "{sha:7}-{branch}",
        "{branch}-{count}",
        "{branch}-{build_date:%Y%m%d}-{sha:8}",
        "{content_hash:9}.{input_sha:12}",
        "{commit_date:%s}-{describe}",
        "{image}-v{version}",
        "v{version}-{count}",
        "{line}-{major}.{minor}.{patch}-{pre}",
        "{tag}_{build_date:%Y.%-m.%-d}",
        "latest",
    ] {
        let tag = render(&template(text), &facts).unwrap().unwrap();
        let only_scope = Known { scope: facts.scope, ..Known::default() };
        assert!(matches(&template(text), &only_scope, tag.as_str()).is_some(), "{text} {tag}");
        assert!(matches(&template(text), &Known::from(&facts), tag.as_str()).is_some(), "{text} {tag}");
    }
}

#[test]
fn another_scopes_tag_is_none() {
    for (scope, fits) in [(Some("pr-7"), true), (Some("pr"), false), (None, false)] {
        let known = Known { scope, ..Known::default() };
        assert_eq!(matches(&template("{sha:7}"), &known, "pr-7-abc1234").is_some(), fits, "{scope:?}");
    }
}

#[test]
fn what_is_known_must_stand_in_the_tag() {
    let text = "{build_date:%Y%m%d}-{branch}-{sha:8}";
    let tag = "20260705-main-01234567";
    let with = |known: Known<'_>| matches(&template(text), &known, tag).is_some();
    assert!(with(Known {
        sha: Some(SHA),
        branch: Some("main"),
        build_date: Some(MOMENT),
        ..Known::default()
    }));
    assert!(!with(Known { sha: Some(&SHA[1..]), ..Known::default() }));
    assert!(!with(Known { branch: Some("mai"), ..Known::default() }));
    assert!(!with(Known { build_date: Some(MOMENT + 86_400), ..Known::default() }));
    let none = Version::parse("1").unwrap();
    let known = Known { version: Some(&none), ..Known::default() };
    assert_eq!(matches(&template("{major}.{minor}"), &known, "1.2"), None);
}

#[test]
fn a_cut_name_is_known_again() {
    let branch = "b".repeat(300);
    let facts = Facts { branch: Some(&branch), ..Facts::of(SHA, HASH) };
    let template = template("{branch}-{sha:7}");
    let tag = render(&template, &facts).unwrap().unwrap();
    assert_eq!(tag.as_str().len(), LONGEST);
    assert!(matches(&template, &Known::from(&facts), tag.as_str()).is_some());
    assert_eq!(matches(&template, &Known::from(&facts), "bbb-0123456"), None);
}

#[test]
fn the_next_number_is_behind_the_greatest_of_the_day() {
    let facts = Facts { build_date: Some(MOMENT), ..Facts::of(SHA, HASH) };
    let next = |text: &str, tags: &[&str]| next_count(&template(text), &facts, tags.iter().copied());
    let text = "{build_date:%Y.%m.%d}-{count}";
    assert_eq!(next(text, &[]), 1);
    assert_eq!(next(text, &["2026.07.05-1", "2026.07.05-9", "2026.07.05-10"]), 11);
    assert_eq!(next(text, &["2026.07.04-7", "latest", "2026.07.05-08", "x2026.07.05-3"]), 1);
    let scoped = Facts { scope: Some("pr"), count: Some(99), ..facts };
    assert_eq!(next_count(&template(text), &scoped, ["2026.07.05-3", "pr-2026.07.05-4"]), 5);
}

#[test]
fn a_template_of_many_names_stays_quick() {
    let text = "{branch}{tag}{describe}{image}{line}{pre}{version}{major}{minor}{patch}".to_owned()
        + "{build_date:%-m%-d%-H%-M%-S%-j%-U%-W%-V}{commit_date:%-m%-d%-H%-M%-S%-j%-U%-W%-V}"
        + "x{count}";
    assert_eq!(read(&text, &"1".repeat(128)), None);
}

#[test]
fn patterns_have_a_wildcard() {
    let pattern = |text: &str| Template::pattern(text, Place::file("t")).unwrap();
    let is = |text: &str, tag: &str| matches(&pattern(text), &Known::default(), tag).is_some();
    assert!(is("pr-*", "pr-7") && is("pr-*", "pr-") && is("*", "x") && is("*-{sha:7}", "a-b-abc1234"));
    assert!(!is("pr-*", "spr-7") && !is("*-{sha:7}", "a-abc123") && !is("a**b", "a"));
}

#[test]
fn regular_expressions_match_what_is_rendered() {
    for (text, expected) in [
        ("{sha:7}", "[0-9a-f]{7}"),
        ("{sha}", "(?:[0-9a-f]{40}|[0-9a-f]{64})"),
        ("v{major}.{minor}", r"v[0-9]+\.[0-9]+"),
        ("{build_date:%Y.%-m}-{count}", r"[0-9]{4}\.[0-9]{1,2}-[1-9][0-9]*"),
        ("x_{branch}", "x_[A-Za-z0-9_][A-Za-z0-9_.-]*"),
        ("{version}", "[0-9][A-Za-z0-9_.-]*"),
    ] {
        assert_eq!(regex(&template(text), None), expected, "{text}");
    }
    assert_eq!(regex(&template("{sha:8}"), Some("my.pr")), r"my\.pr-[0-9a-f]{8}");
}

/// Whatever text a template and a tag are, nothing panics, and what is rendered is read back as it was.
#[test]
fn any_template_and_any_tag() {
    const PARTS: &[&str] = &[
        "{sha:8}",
        "{sha}",
        "{branch}",
        "{tag}",
        "{content_hash:12}",
        "{commit_date:%Y.%-m.%-d}",
        "{build_date}",
        "{build_date:%s}",
        "{describe}",
        "{version}",
        "{major}",
        "{minor}",
        "{patch}",
        "{pre}",
        "{image}",
        "{count}",
        "{input_sha:7}",
        "{line}",
        "-",
        ".",
        "_",
        "v",
        "x-",
        "2026",
        "{",
        "}",
        "*",
        "ä",
        "{commit_date:%Y%j%H}",
    ];
    const NAMES: &[&str] =
        &["main", "feature/ä-1", "1.2.3", "-x", "2026-1", "a.b_c", "v1.0.0-rc.1+b", "@", "abc1234"];
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    };
    let mut rendered = 0;
    for _ in 0..20_000 {
        let text: String = (0..=next(5)).map(|_| PARTS[next(PARTS.len())]).collect();
        let Ok(template) = Template::parse_with(&text, Place::file("t"), &["line"]) else { continue };
        let version = Version::parse(NAMES[next(NAMES.len())]);
        let names = [("line", NAMES[next(NAMES.len())])];
        let facts = Facts {
            branch: Some(NAMES[next(NAMES.len())]),
            git_tag: Some(NAMES[next(NAMES.len())]),
            scope: [None, Some("pr-7")][next(2)],
            commit_date: i64::try_from(next(4_000_000_000)).ok(),
            build_date: i64::try_from(next(4_000_000_000)).ok(),
            describe: Some(NAMES[next(NAMES.len())]),
            version: version.as_ref(),
            image: NAMES[next(NAMES.len())],
            count: u64::try_from(next(1000)).ok(),
            input_sha: Some(SHA),
            names: &names,
            ..Facts::of(SHA, HASH)
        };
        // A count is from 1, and a tag may not begin with what only stands in the middle.
        let Ok(Some(tag)) =
            render(&template, &Facts { count: facts.count.filter(|count| *count > 0), ..facts })
        else {
            continue;
        };
        rendered += 1;
        let read = matches(&template, &Known::from(&facts), tag.as_str());
        assert!(read.is_some(), "{text} {tag} {facts:?}");
        let only_scope = Known { scope: facts.scope, ..Known::default() };
        assert!(matches(&template, &only_scope, tag.as_str()).is_some(), "{text} {tag}");
        let date = read.unwrap().build_date.and_then(|date| date.seconds);
        assert!(date.is_none_or(|seconds| Some(seconds) == facts.build_date), "{text} {tag}");
        let other: String =
            (0..next(40)).map(|_| char::from(b'-' + u8::try_from(next(78)).unwrap())).collect();
        matches(&template, &only_scope, &other);
        regex(&template, facts.scope);
    }
    assert!(rendered > 2000, "{rendered}");
}
