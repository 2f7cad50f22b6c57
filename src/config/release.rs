//! `[[release]]`: from the mirror to rules, and what two rules must not have in common.
//!
//! What the rules then mean is for `release`; nothing here knows a git tag.

use crate::config::nearest;
use crate::config::raw;
use crate::config::source::{Report, shown};
use crate::config::table::Text;
use crate::error::{Error, Errors, Place};
use crate::release::pattern::Pattern;
use crate::release::rule::{self, Rule, Tags, VERSION, Which};
use crate::tags::{self, Template};

/// The tags of a rule that names none, as docker/metadata-action's `semver` type is mostly written.
const TAGS: [&str; 4] = ["{version}", "{major}.{minor}", "{major}", "latest"];

/// The placeholders that a git tag alone fills in, which a test holds on to.
const OF_A_GIT_TAG: [&str; 7] = ["version", "major", "minor", "patch", "pre", "tag", "image"];

/// What git tags are called by a project that says nothing: `v1.2.3` or `1.2.3`.
const GIT_TAG: &str = "v?{version}";

/// The rule that holds without a configuration.
pub(super) fn default_rules() -> Vec<Rule> {
    let place = Place::file("default");
    let (written, floating) =
        TAGS.iter().partition::<Vec<&'static str>, _>(|text| rule::is_written_once(text));
    let all = |texts: Vec<&'static str>| texts.into_iter().map(Template::constant).collect();
    let tags = Tags { written: all(written), floating: all(floating) };
    // The constants are valid, which a test holds on to.
    let pattern = Pattern::new(GIT_TAG, &tags::is_placeholder).ok();
    pattern
        .into_iter()
        .map(|pattern| Rule {
            place: place.clone(),
            pattern,
            image: Which::Every,
            image_place: None,
            tags: tags.clone(),
        })
        .collect()
}

/// The rules of a file; `moved` are the templates of tags that follow a branch.
pub(super) fn rules(report: &mut Report<'_>, raw: &[raw::Release], moved: &[Template]) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for table in raw {
        let Some(rule) = rule(report, table, moved) else { continue };
        for other in &rules {
            collide(report, other, &rule);
        }
        rules.push(rule);
    }
    rules
}

fn rule(report: &mut Report<'_>, table: &raw::Release, moved: &[Template]) -> Option<Rule> {
    let before = report.count();
    let pattern = table.git_tag.as_ref().and_then(|text| pattern(report, text));
    if table.git_tag.is_none() && !table.places.contains_key("git-tag") {
        let hint = "name the git tags that are releases: git-tag = \"v{version}\"";
        report.wrong_but(&table.place, "there is no `git-tag`", hint);
    }
    // Without the pattern nobody knows what the templates may name.
    let pattern = pattern?;
    let names = pattern.groups().to_vec();
    let groups: Vec<&str> = names.iter().map(String::as_str).collect();
    let image = match &table.image {
        Some(text) => Which::Named(image(report, text, &groups)?),
        None => Which::Only,
    };
    let tags = tags(report, table, &groups, moved)?;
    let first = tags.written.first()?;
    for group in &groups {
        let named = |text: &str| text.contains(&format!("{{{group}}}"));
        if !named(&first.text) && !matches!(&image, Which::Named(name) if named(name)) {
            let hint = format!("add `{{{group}}}` to it or to `image`, or write the group as `(?:…)`");
            let message = format!(
                "the group `{group}` is not in {}: git tags that differ in it alone would have one tag",
                shown(&first.text)
            );
            report.wrong_but(&first.place, message, hint);
        }
    }
    let place = table.place.clone();
    let image_place = table.image.as_ref().map(|text| text.place.clone());
    (report.count() == before).then_some(Rule { place, pattern, image, image_place, tags })
}

fn pattern(report: &mut Report<'_>, text: &Text) -> Option<Pattern> {
    match Pattern::new(&text.value, &tags::is_placeholder) {
        Ok(pattern) => Some(pattern),
        Err((message, offset)) => {
            report.wrong(&text.inside(offset), message);
            None
        }
    }
}

/// The name of an image: text, and groups.
fn image(report: &mut Report<'_>, text: &Text, groups: &[&str]) -> Option<String> {
    let mut rest = text.value.as_str();
    while let Some((_, behind)) = rest.split_once('{') {
        let offset = text.value.chars().count() - behind.chars().count() - 1;
        let Some((name, behind)) = behind.split_once('}') else {
            report.wrong(&text.inside(offset), "`{` without its `}`");
            return None;
        };
        if !groups.contains(&name) {
            report.wrong_but(
                &text.inside(offset),
                format!("the pattern has no group {}", shown(name)),
                known(groups),
            );
            return None;
        }
        rest = behind;
    }
    if text.value.is_empty() {
        report.wrong(&text.place, "an empty name");
        return None;
    }
    Some(text.value.clone())
}

fn known(groups: &[&str]) -> String {
    match groups {
        [] => "it has none; write one as `(?<name>…)`".to_owned(),
        _ => format!("it has {}", crate::text::list(groups)),
    }
}

fn tags(report: &mut Report<'_>, table: &raw::Release, groups: &[&str], moved: &[Template]) -> Option<Tags> {
    let place = table.places.get("tags").unwrap_or(&table.place);
    let defaults: Vec<Text>;
    let texts = match &table.tags {
        Some(texts) => texts,
        None if table.places.contains_key("tags") => return None,
        None => {
            defaults = TAGS.iter().map(|text| Text::made((*text).to_owned(), place.clone())).collect();
            &defaults
        }
    };
    let mut tags = Tags::default();
    for text in texts {
        let Some(template) = template(report, text, groups) else { continue };
        let same = |other: &Template| other.text == template.text;
        if tags.written.iter().chain(&tags.floating).any(same) {
            report.wrong(&text.place, format!("{} is there twice", shown(&text.value)));
        }
        if moved.iter().any(same) {
            let hint = "a tag follows a branch or releases; leave it out of one of the two";
            report.wrong_but(&template.place, "`tags.floating` moves the same tag", hint);
        }
        match rule::is_written_once(&template.text) {
            true => tags.written.push(template),
            false => tags.floating.push(template),
        }
    }
    // What is read back from a registry comes first.
    tags.written.sort_by_key(|template| !template.text.contains(VERSION));
    if !texts.iter().any(|text| text.value.contains(VERSION)) {
        let hint = "by its tag with the whole version a release is known to be out";
        report.wrong_but(place, format!("no tag has `{VERSION}`"), hint);
        return None;
    }
    Some(tags)
}

/// Of a placeholder that there is not: those that a release's tag can have, and no others.
fn unknown(name: &str, groups: &[&str]) -> String {
    let all: Vec<String> = OF_A_GIT_TAG.iter().chain(groups).map(|name| format!("`{{{name}}}`")).collect();
    format!("unknown placeholder {name:?}, a release's tag can have {}", crate::text::list(&all))
}

fn template(report: &mut Report<'_>, text: &Text, groups: &[&str]) -> Option<Template> {
    let template = match Template::parse_with(&text.value, text.place.clone(), groups) {
        Ok(template) => template,
        Err(fault) => {
            let place = text.inside(fault.offset);
            match &fault.unknown {
                Some(name) => report.wrong(&place, unknown(name, groups)),
                None => report.wrong_but(&place, fault.message, known(groups)),
            }
            return None;
        }
    };
    if is_foreign(&tags::needs(&template)) {
        let hint = "it can have `{version}` and its parts, `{tag}`, `{image}` and the groups of the pattern";
        report.wrong_but(&text.place, "a release's tag is made of its git tag alone", hint);
        return None;
    }
    Some(template)
}

/// Whether something beside the git tag is needed.
fn is_foreign(needs: &tags::Needs) -> bool {
    needs.sha
        || needs.branch
        || needs.content_hash
        || needs.commit_date
        || needs.build_date
        || needs.describe
        || needs.count
        || needs.input_sha
}

/// What `imgplan check` says of rules for an image that the project does not have; a name with groups is a git tag's word.
pub fn strays(rules: &[Rule], images: &[&str]) -> Errors {
    let mut errors = Errors::default();
    for rule in rules {
        let Which::Named(name) = &rule.image else { continue };
        if name.contains('{') || images.contains(&name.as_str()) {
            continue;
        }
        let place = rule.image_place.as_ref().unwrap_or(&rule.place);
        let error = Error::invalid(format!("there is no image {}", shown(name))).at(place.clone());
        errors.push(match nearest(name, images.iter().copied()) {
            Some(word) => error.hint(format!("did you mean `{word}`?")),
            None => error.hint(format!("the project has {}", crate::text::list(images))),
        });
    }
    errors
}

/// Two rules for one image whose tags look alike would take each other's.
fn collide(report: &mut Report<'_>, first: &Rule, second: &Rule) {
    let could_be_one = match (&first.image, &second.image) {
        (Which::Named(a), Which::Named(b)) => a == b || a.contains('{') || b.contains('{'),
        _ => true,
    };
    if !could_be_one {
        return;
    }
    let all = |rule: &Rule| rule.tags.written.iter().chain(&rule.tags.floating).cloned().collect::<Vec<_>>();
    for template in all(second) {
        let alike = |other: &&Template| {
            likeness(&other.text, first.pattern.groups()) == likeness(&template.text, second.pattern.groups())
        };
        if let Some(other) = all(first).iter().find(alike) {
            let line = other
                .place
                .line
                .or(first.place.line)
                .map(|line| format!(" of line {line}"))
                .unwrap_or_default();
            let hint = "begin the tags of each rule differently, or write one rule for both";
            report.wrong_but(
                &template.place,
                format!("{}{line} can be the same tag, of the same image", shown(&other.text)),
                hint,
            );
        }
    }
}

/// A template in which all groups are alike.
fn likeness(template: &str, groups: &[String]) -> String {
    groups.iter().fold(template.to_owned(), |text, group| text.replace(&format!("{{{group}}}"), "{}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_to_be_allowed_in_a_releases_tag_is() {
        for name in OF_A_GIT_TAG {
            let template = Template::parse(&format!("{{{name}}}"), Place::file("a")).unwrap();
            assert!(!is_foreign(&tags::needs(&template)), "{name}");
        }
        let told = unknown("verison", &["line"]);
        assert!(told.contains("`{image}` and `{line}`") && !told.contains("sha"), "{told}");
    }

    #[test]
    fn a_rule_for_an_image_that_there_is_not_is_told() {
        let named = |name: &str| Rule { image: Which::Named(name.to_owned()), ..default_rules().remove(0) };
        let told = |name: &str| {
            let errors = strays(&[named(name)], &["web", "worker"]);
            errors.0.iter().map(|error| format!("{error} [{}]", error.hints().join(""))).collect::<String>()
        };
        assert_eq!(told("web"), "");
        assert_eq!(told("{name}"), "");
        assert!(told("wbe").contains("there is no image") && told("wbe").contains("did you mean `web`?"));
        assert!(told("other").contains("[the project has web and worker]"), "{}", told("other"));
    }
}
