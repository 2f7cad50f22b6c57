//! Templates: every placeholder, every fault, and what may never become a tag.

use super::*;

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
const HASH: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

fn facts() -> Facts<'static> {
    Facts { sha: SHA, branch: Some("main"), git_tag: Some("v1.2"), content_hash: HASH, scope: None }
}

fn rendered(text: &str, facts: &Facts<'_>) -> String {
    let template = Template { text: text.to_owned(), place: Place::file("default") };
    match render(&template, facts) {
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
        assert_eq!(check(template), Ok(()), "{template}");
        assert_eq!(rendered(template, &facts()), expected, "{template}");
    }
}

#[test]
fn faults_of_templates_are_placed() {
    let known = "known are `{sha}`, `{sha:N}`, `{branch}`, `{tag}`, `{content_hash}`, `{content_hash:N}`";
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
        assert_eq!(check(template), Err((expected, offset)), "{template}");
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
    let could = |text: &str, tag: &str| {
        let template = Template { text: text.to_owned(), place: crate::error::Place::file("t") };
        could_be(&template, None, tag)
    };
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
