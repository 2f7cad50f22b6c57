//! Templates that would overwrite: found before the first image is, from the templates alone.
//!
//! A tag that is written once must tell builds apart, and must not be one that moves. Whether two templates can give one
//! tag is tried with commits that were made up, so what only chance would bring together (a branch that is called like
//! a version) is not found here, but where it is written.

use crate::config::Policy;
use crate::error::{Error, Errors};
use crate::tags::{self, Facts, Known, Template, shape};

/// What `imgplan check` says of the templates, each with its place.
pub fn findings(policy: &Policy) -> Errors {
    let mut errors = Errors::default();
    for template in &policy.classes.write_once {
        let found = indistinct(template)
            .or_else(|| policy.classes.wanted.iter().find_map(|other| moves(template, other)))
            .or_else(|| policy.classes.floating.iter().find_map(|pattern| floats(template, pattern)));
        errors.extend(found);
    }
    errors
}

/// A template whose tags many commits share.
fn indistinct(template: &Template) -> Option<Error> {
    if tags::tells_apart(template) {
        return None;
    }
    let text = format!(
        "the tag {:?} is written once, but nothing in it tells one build from the next: the second would be refused, or \
         overwrite the first",
        template.text
    );
    Some(Error::invalid(text).at(template.place.clone()).hint(
        "add {sha:7}, {version}, {count} or a date down to the second; a tag that is to move belongs in `tags.floating`",
    ))
}

/// A template that gives some commit the same tag as a floating one.
fn moves(template: &Template, floating: &Template) -> Option<Error> {
    let tag = probes().iter().find_map(|probe| {
        let tag = tags::render(template, probe).ok()??;
        let other = tags::render(floating, probe).ok()??;
        (tag == other).then_some(tag)
    })?;
    let text = format!(
        "the tag {:?} is written once, but {:?} in `tags.floating` would move it: both give {tag}",
        template.text, floating.text
    );
    Some(Error::invalid(text).at(template.place.clone()).hint("change one of the two"))
}

/// A pattern of the configuration's that would let a write-once tag move.
fn floats(template: &Template, pattern: &Template) -> Option<Error> {
    // The default patterns are for tags that nothing else explains.
    if pattern.place.file == "default" {
        return None;
    }
    let tag = probes().iter().find_map(|probe| {
        let tag = tags::render(template, probe).ok()??;
        let known = Known { branch: probe.branch, ..Known::default() };
        shape::matches(pattern, &known, tag.as_str()).map(|_| tag)
    })?;
    let text = format!(
        "the pattern {:?} makes a tag floating that {:?} wants to be written once, such as {tag}",
        pattern.text, template.text
    );
    Some(Error::invalid(text).at(pattern.place.clone()).hint("make the pattern narrower"))
}

/// Commits that were made up: on a branch, at a version, at a prerelease.
fn probes() -> [Facts<'static>; 3] {
    const SHA: &str = "c0ffee0123456789abcdef0123456789abcdef01";
    const HASH: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
    let commit = Facts {
        branch: Some("main"),
        commit_date: Some(1_700_000_000),
        build_date: Some(1_700_000_060),
        describe: Some("v1.2.3-4-gc0ffee0"),
        image: "app",
        count: Some(1),
        input_sha: Some(SHA),
        ..Facts::of(SHA, HASH)
    };
    [
        commit,
        Facts { git_tag: Some("v1.2.3"), describe: Some("v1.2.3"), ..commit },
        Facts { git_tag: Some("v2.0.0-rc.1"), describe: Some("v2.0.0-rc.1"), ..commit },
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;

    fn found(text: &str) -> Vec<String> {
        let config = crate::config::parse("imgplan.toml", text, Path::new("/base")).unwrap();
        findings(&config.policy).0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_tells_builds_apart_is_no_finding() {
        for text in [
            "",
            "tags.commit = '{build_date:%Y%m%d-%H%M%S}-{sha:8}'",
            "tags.commit = '{branch}-{count}'",
            "tags.write-once = ['{version}', 'v{tag}', '{describe}', '{commit_date}', '{input_sha:12}']",
            "tags = { write-once = ['{version}'], floating = ['latest', '{branch}'] }",
            "tags = { write-once = ['{version}'], classes.floating = ['{major}', 'nightly-*'] }",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn templates_that_would_overwrite_are_found_all_at_once() {
        let text = "[tags]\ncommit = '{branch}'\nwrite-once = ['latest', '{commit_date:%Y%m%d}', '{image}-{sha:7}']\n\
                    classes.floating = ['app-*']\n";
        let said = found(text);
        assert_eq!(said.len(), 4, "{said:#?}");
        assert!(said[0].starts_with(
            "imgplan.toml:2:10: tags.commit: the tag \"{branch}\" is written once, but nothing"
        ));
        assert!(said[1].starts_with("imgplan.toml:3:15: tags.write-once[0]: the tag \"latest\""));
        assert!(
            said[2].starts_with("imgplan.toml:3:25: tags.write-once[1]: the tag \"{commit_date:%Y%m%d}\"")
        );
        assert_eq!(
            said[3],
            "imgplan.toml:4:21: tags.classes.floating[0]: the pattern \"app-*\" makes a tag floating that \
             \"{image}-{sha:7}\" wants to be written once, such as app-c0ffee0"
        );
    }

    #[test]
    fn a_tag_that_a_floating_template_gives_too_is_found() {
        let said = found("tags = { write-once = ['{tag}'], floating = ['{describe}'] }");
        assert!(said[0].ends_with("would move it: both give v1.2.3"), "{said:?}");
    }
}
