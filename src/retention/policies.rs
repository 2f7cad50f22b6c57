//! Rules for registries that clear away by themselves: what is to be kept, in each one's own words.
//!
//! GitLab takes two regular expressions of RE2 that must match a whole tag (docs.gitlab.com, "Reduce container registry
//! storage"); Quay one for each auto-prune policy; Harbor doublestar globs of what is retained; Amazon ECR globs of what
//! expires, by image and not by tag. GHCR knows no patterns of tags (actions/delete-package-versions looks at digests).

use serde::Serialize;
use serde_json::{Value, json};

use crate::config::{Expire, Policy};
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
/// More images than a repository has, so that a rule which counts to it never expires one.
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
    let patterns = || policy.expire.iter().flat_map(|rule| named(rule).map(move |tag| (rule, tag)));
    let quay = patterns().map(|(rule, tag)| {
        json!({
            "method": "creation_date", "value": format!("{}d", days(rule)),
            "tagPattern": format!("^{}$", regex(tag)), "tagPatternMatches": true,
        })
    });
    let mut always: Vec<String> = vec!["content-*".into(), "*latest".into(), "*[0-9].[0-9]*".into()];
    for glob in kept.iter().map(|template| glob(template, true)) {
        if !always.contains(&glob) {
            always.push(glob);
        }
    }
    let recent = patterns().map(|(rule, tag)| Recent { tags: glob(tag, true), days: days(rule) }).collect();
    let any_name = |glob: &str| !told(glob) && !glob.contains('?');
    for template in kept.iter().filter(|template| any_name(&glob(template, true))) {
        notes.push(format!(
            "tags of {0} can have any name, so GitLab keeps all but suffixes by them, and Harbor all: begin them with a word \
             (x-{0}), or take them out of the lists by hand",
            template.text
        ));
    }
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

/// Whether a glob has a word in it.
fn told(glob: &str) -> bool {
    glob.chars().any(|c| c.is_ascii_alphanumeric())
}

/// The templates of tags that are to last.
fn kept(policy: &Policy) -> Vec<&Template> {
    let lasts = |template: &&Template| !policy.classes.all_expire(template);
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
    remove.extend(rules.iter().flat_map(named).map(regex));
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

/// What a rule names, but for content tags: which of them a commit needs only `imgplan expire` can tell.
fn named(rule: &Expire) -> impl Iterator<Item = &Template> {
    let of_content = |tag: &Template| tag.text.contains("content-") || tags::needs(tag).content_hash;
    rule.tags.iter().filter(move |tag| !of_content(tag))
}

fn days(rule: &Expire) -> u64 {
    rule.after.as_secs().div_ceil(DAY).max(1)
}

/// Rules that keep come first: an image that matches one cannot be expired by a later one.
fn ecr(kept: &[&Template], policy: &Policy) -> Value {
    let mut rules = Vec::new();
    // Any other would keep what rules are about, too.
    let globs = kept.iter().map(|template| glob(template, false)).filter(|glob| told(glob));
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
    for rule in &policy.expire {
        for tag in named(rule) {
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
mod tests;
