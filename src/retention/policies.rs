//! Rules for registries that clear away by themselves: what is to be kept, in each one's own words.
//!
//! GitLab takes two regular expressions of RE2 that must match a whole tag (docs.gitlab.com, "Reduce container registry
//! storage"); Quay one for each auto-prune policy; Harbor doublestar globs of what is retained; Amazon ECR globs of what
//! expires, by image and not by tag. GHCR knows no patterns of tags (actions/delete-package-versions looks at digests).

use serde::Serialize;
use serde_json::{Value, json};

use crate::config::{Expire, Policy};
use crate::tags::expiry::Expiry;
use crate::tags::glob::glob;
use crate::tags::{self, Template, shape};

/// Any text that a tag can hold.
const ANY: &str = "[A-Za-z0-9_.-]*";
/// What `shape::regex` ends with where a template ends with a name.
const NAME: &str = "[A-Za-z0-9_][A-Za-z0-9_.-]*";
/// What `shape::regex` ends with where a template ends with a version.
const VERSION: &str = "[0-9][A-Za-z0-9_.-]*";
/// The last part of a name that does not end with an expiry suffix, so that a branch's tag is told from a tag that
/// expires. Left out are parts that are a number and then h, d, w or m: RE2 cannot look ahead.
const PART: &str = r"(?:[A-Za-z0_.][\w.]*|[1-9][0-9]*(?:[A-Zabce-gi-ln-vx-z_.][\w.]*)?)";
/// A tag that says how long it is good for.
const SUFFIX: &str = r"[\w.-]+-[1-9][0-9]*(?:hour|day|week|month)s?";
/// Content tags, of every scope.
const CONTENT: &str = r"(?:[\w.-]*-)?content-[0-9a-f]{40}";
/// Versions and `latest`, alone or behind a line's name: a release's tags.
const RELEASE: &str = r"(?:[\w.-]*-)?(?:v?[0-9]+(?:\.[0-9]+)+|latest)";
/// The most characters of an expression in GitLab's database.
const GITLAB: usize = 255;
/// More images than ECR lets a repository have, so that a rule which counts to it never expires one.
const NEVER: u32 = 100_000;
const DAY: u64 = 24 * 60 * 60;

/// All of them.
#[derive(Debug, Clone, Serialize)]
pub struct Policies {
    /// GitLab's cleanup policy.
    pub gitlab: Gitlab,
    /// Quay's auto-prune policies, one for each rule's pattern.
    pub quay: Vec<Value>,
    /// Harbor's tag retention.
    pub harbor: Harbor,
    /// Amazon ECR's lifecycle policy.
    pub ecr: Value,
    /// What none of these can say.
    pub notes: Vec<String>,
}

/// GitLab's cleanup policy.
#[derive(Debug, Clone, Serialize)]
pub struct Gitlab {
    /// Tags that are kept.
    pub name_regex_keep: String,
    /// Tags that are removed when they are old enough, unless they are kept.
    pub name_regex: String,
}

/// Harbor's tag retention: a tag that no rule retains is removed.
#[derive(Debug, Clone, Serialize)]
pub struct Harbor {
    /// "Tags matching" of a rule "retain always".
    pub always: String,
    /// "Tags matching" and the days of rules "pushed within the last # days".
    pub recent: Vec<Recent>,
}

/// One such rule.
#[derive(Debug, Clone, Serialize)]
pub struct Recent {
    /// The glob.
    pub tags: String,
    /// The days.
    pub days: u64,
}

/// What a project's templates and rules say, for each registry.
pub fn policies(policy: &Policy) -> Policies {
    let kept = kept(policy);
    let mut notes = Vec::new();
    let gitlab = gitlab(&kept, &policy.expire, &mut notes);
    let patterns = || policy.expire.iter().flat_map(|rule| rule.tags.iter().map(move |tag| (rule, tag)));
    let quay = patterns().map(|(rule, tag)| {
        json!({
            "method": "creation_date", "value": format!("{}d", days(rule)),
            "tagPattern": format!("^{}$", regex(tag)), "tagPatternMatches": true,
        })
    });
    let mut always: Vec<String> = vec!["content-*".into(), "*latest".into(), "*[0-9].[0-9]*".into()];
    always.extend(kept.iter().map(|template| glob(template, true)));
    always.dedup();
    let recent = patterns().map(|(rule, tag)| Recent { tags: glob(tag, true), days: days(rule) }).collect();
    notes.push(
        "suffixes like -14days are only for GitLab's pattern and `imgplan expire`: the others cannot read a number in a tag"
            .to_owned(),
    );
    notes.push(
        "Amazon ECR expires images with all their tags: those with a content tag are kept by the first rule"
            .to_owned(),
    );
    let harbor = Harbor { always: format!("{{{}}}", always.join(",")), recent };
    Policies { gitlab, quay: quay.collect(), harbor, ecr: ecr(&kept, policy), notes }
}

/// The templates of tags that are to last.
fn kept(policy: &Policy) -> Vec<&Template> {
    let lasts = |template: &&Template| Expiry::of(&template.text).is_none();
    let mut kept: Vec<&Template> = Vec::new();
    for template in policy.templates().filter(lasts) {
        if !kept.iter().any(|known| known.text == template.text) {
            kept.push(template);
        }
    }
    kept
}

fn gitlab(kept: &[&Template], rules: &[Expire], notes: &mut Vec<String>) -> Gitlab {
    let mut keep = vec![CONTENT.to_owned(), RELEASE.to_owned()];
    for template in kept {
        let regex = lasting(&shape::regex(template, None));
        if !keep.contains(&regex) {
            keep.push(regex);
        }
    }
    let mut remove = vec![SUFFIX.to_owned()];
    remove.extend(rules.iter().flat_map(|rule| rule.tags.iter().map(regex)));
    let gitlab = Gitlab { name_regex_keep: keep.join("|"), name_regex: remove.join("|") };
    for (name, regex) in [("name_regex_keep", &gitlab.name_regex_keep), ("name_regex", &gitlab.name_regex)] {
        if regex.len() > GITLAB {
            notes.push(format!("GitLab takes {GITLAB} characters, and {name} has {}", regex.len()));
        }
    }
    gitlab
}

fn regex(pattern: &Template) -> String {
    shape::regex(pattern, None).replace(ANY, r"[\w.-]*")
}

/// An expression that does not match a tag that expires.
fn lasting(regex: &str) -> String {
    let regex = match (regex.strip_suffix(NAME), regex.strip_suffix(VERSION)) {
        (Some(before), _) => format!(r"{before}(?:[\w.-]*-)?{PART}"),
        (_, Some(before)) => format!(r"{before}[0-9](?:[\w.]*|[\w.-]*-{PART})"),
        (None, None) => regex.to_owned(),
    };
    regex.replace(ANY, r"[\w.-]*")
}

fn days(rule: &Expire) -> u64 {
    rule.after.as_secs().div_ceil(DAY).max(1)
}

/// Rules that keep come first: an image that matches one cannot be expired by a later one.
fn ecr(kept: &[&Template], policy: &Policy) -> Value {
    let mut rules = Vec::new();
    // A glob without a word in it would keep what rules are about, too.
    let told = |glob: &String| glob.chars().any(|c| c.is_ascii_alphanumeric());
    let globs = kept.iter().map(|template| glob(template, false)).filter(told);
    for pattern in std::iter::once("content-*".to_owned()).chain(globs) {
        rules.push(json!({
            "rulePriority": rules.len() + 1, "description": "kept",
            "selection": {
                "tagStatus": "tagged", "tagPatternList": [pattern],
                "countType": "imageCountMoreThan", "countNumber": NEVER,
            },
            "action": { "type": "expire" },
        }));
    }
    let of_content = |tag: &Template| tag.text.contains("content-");
    for rule in &policy.expire {
        for tag in rule.tags.iter().filter(|tag| !of_content(tag) && !tags::needs(tag).content_hash) {
            rules.push(json!({
                "rulePriority": rules.len() + 1, "description": rule.place.to_string(),
                "selection": {
                    "tagStatus": "tagged", "tagPatternList": [glob(tag, false)],
                    "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days(rule),
                },
                "action": { "type": "expire" },
            }));
        }
    }
    json!({ "rules": rules })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;
    use crate::config;
    use crate::reference::Tag;
    use crate::tags::Facts;

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
        floating = ["{branch}", "edge-{branch}", "v{version}", "{image}-{sha:12}"]
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
        for tag in
            [content.as_str(), scoped.as_str(), "latest", "1.2", "v1.2.3", "12.8-v1.2.3", "12.8-latest"]
        {
            assert!(matches(keep, tag), "{tag}\n{keep}");
        }
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

    #[test]
    fn ecr_keeps_before_it_expires() {
        let policies = policies(&policy(PROJECT));
        let rules = policies.ecr["rules"].as_array().unwrap();
        let patterns: Vec<&str> =
            rules.iter().map(|rule| rule["selection"]["tagPatternList"][0].as_str().unwrap()).collect();
        assert_eq!(patterns, ["content-*", "edge-*", "v*", "pr-*", "tmp-*"]);
        let priorities: Vec<u64> = rules.iter().map(|rule| rule["rulePriority"].as_u64().unwrap()).collect();
        assert_eq!(priorities, [1, 2, 3, 4, 5]);
        assert_eq!(rules[3]["selection"]["countNumber"], 2, "36 hours are 2 days");
        assert_eq!(policies.quay[0]["value"], "2d");
        assert_eq!(policies.harbor.recent[0].tags, "pr-*");
    }
}
