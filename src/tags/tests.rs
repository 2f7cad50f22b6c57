//! Templates: every placeholder, every fault, and what may never become a tag.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::error::Place;
use crate::version::Version;

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
const HASH: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

fn facts() -> Facts<'static> {
    Facts { branch: Some("main"), git_tag: Some("v1.2"), ..Facts::of(SHA, HASH) }
}

fn template(text: &str) -> Template {
    let names: Vec<&str> = ["line"].to_vec();
    Template::parse_with(text, Place::file("default"), &names).unwrap()
}

fn rendered(text: &str, facts: &Facts<'_>) -> String {
    match render(&template(text), facts) {
        Ok(Some(tag)) => tag.to_string(),
        Ok(None) => "none".to_owned(),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn templates_are_filled() {
    for (template, expected) in [
        ("{sha}", SHA),
        ("{sha:7}", "0123456"),
        ("{sha:64}", SHA),
        ("{branch}", "main"),
        ("{tag}", "v1.2"),
        ("{content_hash:8}", "fedcba98"),
        ("{content_hash}", HASH),
        ("v{sha:4}_x.{branch}", "v0123_x.main"),
        ("latest", "latest"),
    ] {
        assert_eq!(rendered(template, &facts()), expected, "{template}");
    }
}

/// 2026-07-05 14:23:49 UTC
const MOMENT: i64 = 1_783_261_429;

fn all(version: &Version) -> Facts<'_> {
    Facts {
        commit_date: Some(MOMENT - 86_400),
        build_date: Some(MOMENT),
        describe: Some("v1.2-14-g0123456"),
        version: Some(version),
        image: "app",
        count: Some(3),
        input_sha: Some("89abcdef0123456789abcdef0123456789abcdef"),
        names: &[("line", "cuda/12.8")],
        ..facts()
    }
}

#[test]
fn every_placeholder_is_filled() {
    let version = Version::parse("v1.2.3-rc.1+b5").unwrap();
    for (template, expected) in [
        ("{build_date:%Y%m%d-%H%M%S}-{sha:8}", "20260705-142349-01234567"),
        ("{build_date}", "20260705-142349"),
        ("{commit_date:%F}-{input_sha:7}", "2026-07-04-89abcde"),
        ("{commit_date:%Y.%-m}.{count}", "2026.7.3"),
        ("{describe}", "v1.2-14-g0123456"),
        ("v{version}", "v1.2.3-rc.1_b5"),
        ("{major}.{minor}.{patch}-{pre}", "1.2.3-rc.1"),
        ("{image}-{input_sha}", "app-89abcdef0123456789abcdef0123456789abcdef"),
        ("{line}-v{major}", "cuda-12.8-v1"),
    ] {
        assert_eq!(rendered(template, &all(&version)), expected, "{template}");
        for part in [
            "{commit_date}",
            "{build_date:%Y}",
            "{describe}",
            "{pre}",
            "{image}",
            "{count}",
            "{input_sha:4}",
            "{line}",
        ] {
            let name = part.split([':', '}']).next().unwrap();
            let part = if template.contains(name) { "" } else { part };
            let bare = Facts { git_tag: None, ..facts() };
            assert_eq!(rendered(&format!("{template}{part}"), &bare), "none", "{template}{part}");
        }
    }
}

#[test]
fn a_version_is_the_git_tags_where_no_other_is_told() {
    assert_eq!(rendered("{version}", &facts()), "1.2");
    assert_eq!(rendered("{major}-{minor}", &facts()), "1-2");
    assert_eq!(rendered("{patch}", &facts()), "none");
    assert_eq!(rendered("{version}", &Facts { git_tag: Some("nightly"), ..facts() }), "none");
    let told = Version::parse("2.0").unwrap();
    assert_eq!(rendered("{version}", &Facts { version: Some(&told), ..facts() }), "2.0");
}

#[test]
fn dates_and_names_have_their_faults_placed() {
    for (template, expected, offset) in [
        ("x-{build_date:%Y:%m}", "`{build_date}` ':' cannot stand in a tag", 16),
        ("{commit_date:%Y-%b}", "`{commit_date}` \"%b\" is no part of a date in a tag", 16),
        ("{commit_date:}", "`{commit_date}` is no date: there is no `%…` in it", 0),
        ("{build_date:-%Y}", "a tag cannot start with '-'", 0),
        ("{version:2}", "`{version}` takes nothing behind a colon", 0),
        ("{branch}-{branch}", "`{branch}` stands in it a second time", 9),
        ("{line}", "unknown placeholder \"line\"", 0),
        ("a*", "'*' cannot stand in a tag", 1),
        ("x-content-{input_sha:40}", "its tags look like content tags", 0),
    ] {
        let fault = Template::parse(template, Place::default()).unwrap_err();
        assert!(fault.message.starts_with(expected), "{template}: {}", fault.message);
        assert_eq!(fault.offset, offset, "{template}");
    }
    let fault = Template::parse_with("{lime}", Place::default(), &["line"]).unwrap_err();
    assert!(fault.message.ends_with("`{count}`, `{line}`"), "{}", fault.message);
}

#[test]
fn only_what_a_template_needs_is_asked_for() {
    assert_eq!(needs(&template("latest")), Needs::default());
    assert_eq!(needs(&template("{sha:7}")), Needs { sha: true, ..Needs::default() });
    let of_version = Needs { git_tag: true, version: true, ..Needs::default() };
    assert_eq!(needs(&template("{major}.{minor}")), of_version);
    let both = Needs::of([&template("{describe}"), &template("{count}-{build_date}-{image}")]);
    assert_eq!(
        both,
        Needs { describe: true, count: true, build_date: true, image: true, ..Needs::default() }
    );
    assert!(is_shaped(&template("{build_date:%F}")) && is_shaped(&template("{count}")));
    assert!(!is_shaped(&template("{commit_date}-{sha}-{describe}")));
}

#[test]
fn what_tells_builds_apart() {
    for text in [
        "{sha:7}",
        "{input_sha}",
        "{content_hash:8}",
        "{count}",
        "v{version}",
        "{tag}",
        "{describe}",
        "{build_date}",
    ] {
        assert!(tells_apart(&template(text)), "{text}");
    }
    for text in ["latest", "{branch}", "{commit_date:%Y%m%d}", "{major}.{minor}", "{image}", "{line}"] {
        assert!(!tells_apart(&template(text)), "{text}");
    }
}

#[test]
fn faults_of_templates_are_placed() {
    let known = "known are `{sha}`, `{sha:N}`, `{branch}`, `{tag}`, `{content_hash}`, `{content_hash:N}`, \
                 `{input_sha}`, `{input_sha:N}`, `{commit_date}`, `{commit_date:FORMAT}`, `{build_date}`, \
                 `{build_date:FORMAT}`, `{describe}`, `{version}`, `{major}`, `{minor}`, `{patch}`, `{pre}`, `{image}`, \
                 `{count}`";
    let range = "takes a number of digits from 4 to 64";
    for (template, expected, offset) in [
        ("", "is empty".to_owned(), 0),
        ("{sah}", format!("unknown placeholder \"sah\", {known}"), 0),
        ("x-{}", format!("unknown placeholder \"\", {known}"), 2),
        ("x-{sha", "`{` without its `}`".to_owned(), 2),
        ("{{sha}}", "`{` without its `}`".to_owned(), 0),
        ("x}", "`}` without its `{`".to_owned(), 1),
        ("{sha:3}", format!("`{{sha}}` {range}"), 0),
        ("{sha:65}", format!("`{{sha}}` {range}"), 0),
        ("{sha:07}", format!("`{{sha}}` {range}"), 0),
        ("{sha:+7}", format!("`{{sha}}` {range}"), 0),
        ("{sha:}", format!("`{{sha}}` {range}"), 0),
        ("{sha:99999999999999999999999}", format!("`{{sha}}` {range}"), 0),
        ("a{content_hash:x}", format!("`{{content_hash}}` {range}"), 1),
        ("{branch:3}", "`{branch}` takes nothing behind a colon".to_owned(), 0),
        ("{sha}/x", "'/' cannot stand in a tag".to_owned(), 5),
        ("aä", "'ä' cannot stand in a tag".to_owned(), 1),
        ("-{sha}", "a tag cannot start with '-'".to_owned(), 0),
        (".a", "a tag cannot start with '.'".to_owned(), 0),
        ("content-{sha:7}", "tags that start with `content-` belong to imgplan".to_owned(), 0),
        ("x-content-{sha}", "its tags look like content tags".to_owned(), 0),
        (&"a".repeat(129), "its tags are longer than 128 characters".to_owned(), 0),
    ] {
        let fault = Template::parse(template, Place::default()).unwrap_err();
        assert_eq!((fault.message, fault.offset), (expected, offset), "{template}");
    }
}

#[test]
fn a_missing_fact_is_no_tag() {
    let bare = Facts { branch: None, git_tag: None, ..facts() };
    assert_eq!(rendered("{branch}", &bare), "none");
    assert_eq!(rendered("{sha:7}-{tag}", &bare), "none");
    assert_eq!(rendered("{sha:7}", &bare), "0123456");
    assert_eq!(rendered("{branch}", &Facts { branch: Some("日本"), ..facts() }), "none");
}

#[test]
fn names_of_git_are_cleaned() {
    for (branch, expected) in [
        ("feature/a", "feature-a"),
        ("a//b@{c}", "a-b-c-"),
        ("-.x", "x"),
        ("/x", "x"),
        ("_x", "_x"),
        ("dependabot/npm_and_yarn/@types/node-1.2", "dependabot-npm_and_yarn-types-node-1.2"),
        ("a--b", "a--b"),
    ] {
        assert_eq!(rendered("{branch}", &Facts { branch: Some(branch), ..facts() }), expected, "{branch}");
    }
    assert_eq!(rendered("{tag}", &Facts { git_tag: Some("v1+b.2"), ..facts() }), "v1-b.2");
}

#[test]
fn only_names_are_cut_to_the_longest_tag() {
    let long = "b".repeat(300);
    let facts = Facts { branch: Some(&long), scope: Some("pr"), ..facts() };
    assert_eq!(rendered("{branch}", &facts), format!("pr-{}", "b".repeat(125)));
    assert_eq!(rendered("{branch}-{sha:7}", &facts), format!("pr-{}-0123456", "b".repeat(117)));
    let scope = "s".repeat(100);
    let wrong = rendered("{sha}", &Facts { scope: Some(&scope), ..facts });
    assert!(wrong.ends_with("is longer than 128 characters"), "{wrong}");
}

#[test]
fn no_name_can_write_a_content_tag() {
    let branch = format!("content-{}", &HASH[..40]);
    let scoped = format!("pr-{branch}");
    for (template, facts) in [
        ("{branch}", Facts { branch: Some(&branch), ..facts() }),
        ("{branch}", Facts { branch: Some(&scoped), ..facts() }),
        ("{sha}", Facts { scope: Some("content"), ..facts() }),
    ] {
        let error = rendered(template, &facts);
        assert!(error.contains("looks like a content tag"), "{error}");
    }
    assert_eq!(rendered("{branch}", &Facts { branch: Some("content-types"), ..facts() }), "content-types");
}

#[test]
fn content_tags_have_forty_digits() {
    let tag = |hash: &str, scope: Option<&str>| content_tag(hash, scope).map(|tag| tag.to_string()).ok();
    assert_eq!(tag(HASH, None), Some(format!("content-{}", &HASH[..40])));
    assert_eq!(tag(HASH, Some("pr-1")), Some(format!("pr-1-content-{}", &HASH[..40])));
    assert_eq!(tag("abc", None), None);
    assert_eq!(tag(&"X".repeat(64), None), None);
    assert_eq!(tag(HASH, Some("a/b")), None);
}

#[test]
fn scopes_stand_in_front() {
    assert_eq!(rendered("{sha:7}", &Facts { scope: Some("pr-1"), ..facts() }), "pr-1-0123456");
    assert!(rendered("{sha:7}", &Facts { scope: Some("a b"), ..facts() }).starts_with("error: default: "));
}

#[test]
fn tags_that_a_template_could_give_are_recognised() {
    let could = |text: &str, tag: &str| could_be(&template(text), None, tag);
    for (template, tag) in [
        ("{sha:7}", "abc1234"),
        ("{sha}", &"a".repeat(40)),
        ("{sha}", &"a".repeat(64)),
        ("{branch}-{sha:7}", "a-b-abc1234"),
        ("v{sha:8}", "v12345678"),
    ] {
        assert!(could(template, tag), "{template} {tag}");
    }
    for (template, tag) in [
        ("{sha:7}", "3.12"),
        ("{sha:7}", "abc12345"),
        ("{sha:7}", "abcdefg"),
        ("{branch}", "main"),
        ("v{sha:8}", "v1"),
    ] {
        assert!(!could(template, tag), "{template} {tag}");
    }
}

/// All templates and patterns of this program's own: what holds without a configuration is made of them.
#[test]
fn constants_are_templates() {
    let policy = crate::config::default_policy();
    assert_eq!(policy.commit_tag.unwrap().text, "{sha:7}");
    assert_eq!(policy.classes.floating.len(), 6);
    let tags = &policy.releases.first().unwrap().tags;
    assert_eq!((tags.written.len(), tags.floating.len()), (1, 3));
    assert_eq!(policy.skip_branches.len(), 1);
    assert_eq!(Template::constant("{tag}").text, "{tag}");
}
