//! The expressions and globs against the tags that templates give, and against those that expire.
#![allow(clippy::unwrap_used)]
use std::path::Path;

use super::*;
use crate::config;
use crate::reference::Tag;
use crate::tags::Facts;
use crate::tags::expiry::Expiry;

fn policy(text: &str) -> Policy {
    config::parse("imgplan.toml", text, Path::new("/")).unwrap().policy
}

/// As GitLab does it: the whole tag must match.
fn matches(regex: &str, tag: &str) -> bool {
    regex::Regex::new(&format!(r"\A(?:{regex})\z")).unwrap().is_match(tag)
}

const PROJECT: &str = r#"
    [tags]
    commit = "{build_date:%Y%m%d-%H%M%S}-{sha:8}"
    write-once = ["v{version}"]
    floating = ["{branch}", "edge-{branch}", "{image}-{sha:12}"]
    [[expire]]
    tags = ["pr-*", "tmp-{count}"]
    after = "36h"
"#;

#[test]
fn every_wanted_tag_is_kept_and_none_that_expires() {
    let policies = policies(&policy(PROJECT));
    let keep = &policies.gitlab.name_regex_keep;
    let (sha, hash) = ("0123456789abcdef0123456789abcdef01234567", "c".repeat(64));
    for branch in ["main", "feature/x", "release-2", "2024-07", "x-2d-y", "a.b", "3rd", "v1-rc.1"] {
        let facts = Facts {
            branch: Some(branch),
            git_tag: Some("v1.2.3-rc.1"),
            build_date: Some(1_704_067_200),
            image: "app",
            ..Facts::of(sha, &hash)
        };
        for template in policy(PROJECT).templates() {
            let tag = tags::render(template, &facts).unwrap().unwrap();
            assert!(matches(keep, tag.as_str()), "{tag} of {}\n{keep}", template.text);
            let expiring = Tag::new(format!("{tag}-14days")).unwrap();
            assert!(!matches(keep, expiring.as_str()), "{expiring} of {}\n{keep}", template.text);
        }
    }
    let content = tags::content_tag(&hash, None).unwrap();
    let scoped = tags::content_tag(&hash, Some("pr-7")).unwrap();
    for tag in [content.as_str(), scoped.as_str(), "latest", "1.2", "v1.2.3", "12.8-v1.2.3", "12.8-latest"] {
        assert!(matches(keep, tag), "{tag}\n{keep}");
    }
}

#[test]
fn what_the_classes_let_expire_is_not_kept() {
    let text =
        "[tags]\nwrite-once = [\"pr-{sha:7}\", \"edge-{sha:7}\"]\nclasses = { expiring = [\"pr-*\"] }\n";
    let policies = policies(&policy(text));
    let keep = &policies.gitlab.name_regex_keep;
    assert!(matches(keep, "edge-abc1234") && !matches(keep, "pr-abc1234"), "{keep}");
    assert!(!policies.harbor.always.contains("pr-"), "{}", policies.harbor.always);
    assert!(!policies.ecr.to_string().contains("pr-"), "{}", policies.ecr);
}

#[test]
fn a_glob_stands_once_in_the_list_of_harbor() {
    let text =
        "[tags]\nwrite-once = [\"x-{commit_date}-{sha:7}\", \"y-{sha:7}\", \"x-{build_date}-{sha:7}\"]\n";
    let policies = policies(&policy(text));
    let mut globs: Vec<&str> = policies.harbor.always.trim_matches(['{', '}']).split(',').collect();
    let all = globs.len();
    globs.sort_unstable();
    globs.dedup();
    assert_eq!(globs.len(), all, "{}", policies.harbor.always);
}

#[test]
fn every_suffix_is_removed_and_what_rules_name() {
    let policies = policies(&policy(PROJECT));
    let (keep, remove) = (&policies.gitlab.name_regex_keep, &policies.gitlab.name_regex);
    for tag in ["a-1hour", "a-2days", "main-3weeks", "v1.2.3-12months", "x-99999hours", "tmp-3"] {
        assert!(matches(remove, tag), "{tag}\n{remove}");
        assert!(tag.starts_with("tmp") || !matches(keep, tag), "{tag}\n{keep}");
        assert_eq!(Expiry::of(tag).is_some(), !tag.starts_with("tmp"), "{tag}");
    }
    for tag in ["main", "a-0days", "a-03days", "3days", "tmp-03", "v1.2.3", "a-3d"] {
        assert!(!matches(remove, tag), "{tag}\n{remove}");
    }
    assert!(matches(remove, "pr-7"));
}

#[test]
fn a_small_project_fits_gitlab() {
    let policies = policies(&policy("[tags]\nfloating = [\"{branch}\"]\n"));
    assert!(policies.gitlab.name_regex_keep.len() <= GITLAB, "{}", policies.gitlab.name_regex_keep);
    assert!(policies.notes.iter().all(|note| !note.contains("255")), "{:?}", policies.notes);
}

/// No pattern tells which content a commit needs: no other registry is told to delete any.
#[test]
fn content_tags_are_left_to_expire() {
    let rules = "[[expire]]\ntags = [\"content-*\", \"pr-*\"]\nafter = \"1d\"\n";
    let policies = policies(&policy(rules));
    let content = tags::content_tag(&"c".repeat(64), None).unwrap();
    assert!(!matches(&policies.gitlab.name_regex, content.as_str()), "{}", policies.gitlab.name_regex);
    assert_eq!((policies.quay.len(), policies.harbor.recent.len()), (1, 1));
    assert_eq!(policies.ecr["rules"].as_array().unwrap().len(), 2);
}

/// A branch's tag can have any name, and that is said.
#[test]
fn a_name_alone_keeps_everything_and_is_noted() {
    let noted = |text: &str| policies(&policy(text)).notes.iter().any(|note| note.contains("any name"));
    assert!(noted("[tags]\nfloating = [\"{branch}\"]\n"));
    assert!(!noted("[tags]\nfloating = [\"branch-{branch}\"]\n"));
}

#[test]
fn ecr_keeps_before_it_expires() {
    let policies = policies(&policy(PROJECT));
    let rules = policies.ecr["rules"].as_array().unwrap();
    let patterns: Vec<&str> =
        rules.iter().map(|rule| rule["selection"]["tagPatternList"][0].as_str().unwrap()).collect();
    assert_eq!(patterns, ["content-*", "v*", "edge-*", "pr-*", "tmp-*"]);
    let priorities: Vec<u64> = rules.iter().map(|rule| rule["rulePriority"].as_u64().unwrap()).collect();
    assert_eq!(priorities, [1, 2, 3, 4, 5]);
    assert_eq!(rules[3]["selection"]["countNumber"], 2, "36 hours are 2 days");
    assert_eq!(policies.quay[0]["value"], "2d");
    assert_eq!(policies.harbor.recent[0].tags, "pr-*");
}
