//! Classes of tags: which may move, which go away by themselves, and which are written once.
//!
//! Pure: a tag's text and what is known beside it in, its class out. It must not know where the tag is. A tag that a
//! run wants is of the class of the template that wants it; this is for the tags that are found.
//!
//! In this order: content tags; what has an expiry suffix or matches an expiring pattern; what a write-once template with an id, a count or a
//! date to the second in it could have given; what floats; and everything else is written once.

use super::expiry::Expiry;
use super::fill::Known;
use super::{Template, is_content_tag, needs, shape, tells_apart};

/// What floats where the configuration names nothing: `latest`, a branch, and `x` and `x.y` with or without a `v`.
const FLOATING: &[&str] =
    &["latest", "{branch}", "{major}", "{major}.{minor}", "v{major}", "v{major}.{minor}"];

/// The class of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// imgplan's own; it moves only when imgplan asked for another build of the same content.
    Content,
    /// It never moves, unless it is named.
    WriteOnce,
    /// It may move.
    Floating,
    /// It goes away after a time: what its suffix says (`-14days`), or what a rule says where a pattern matched it.
    Expiring {
        /// The suffix.
        after: Option<Expiry>,
    },
}

/// The patterns of the classes.
#[derive(Debug, Clone, Default)]
pub struct Classes {
    /// `tags.classes.floating`, or its default.
    pub floating: Vec<Template>,
    /// `tags.classes.expiring`
    pub expiring: Vec<Template>,
    /// `tags.commit` and `tags.write-once`
    pub write_once: Vec<Template>,
    /// `tags.floating`
    pub wanted: Vec<Template>,
}

/// What is known beside a tag.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// `--scope`
    pub scope: Option<&'a str>,
    /// Branches that are known. `{branch}` in a pattern is one of these, and never any text.
    pub branches: &'a [&'a str],
}

impl Classes {
    /// The default patterns, beside the templates of wanted tags.
    pub fn of_templates(write_once: Vec<Template>, wanted: Vec<Template>) -> Classes {
        let floating = FLOATING.iter().map(|text| Template::constant(text)).collect();
        Classes { floating, expiring: Vec::new(), write_once, wanted }
    }

    /// Whether a tag goes away after a time, by its suffix or by a pattern; all others are to last. The whole tag is
    /// looked at, a scope in front included.
    pub fn expires(&self, tag: &str) -> bool {
        matches_any(&self.expiring, tag, &Beside::default()) && !is_content_tag(tag)
            || Expiry::of(tag).is_some()
    }

    /// Whether all tags of a template expire: its literal beginning and end fit a pattern, whatever is between them.
    pub fn all_expire(&self, template: &Template) -> bool {
        let covers = |pattern: &Template| {
            let mut seen = Vec::new();
            covers(&opaque(&pattern.text, &mut seen), &opaque(&template.text, &mut seen))
        };
        Expiry::of(&template.text).is_some() || self.expiring.iter().any(covers)
    }

    /// The class of a tag.
    pub fn of(&self, tag: &str, beside: &Beside<'_>) -> Class {
        let any = |templates: &[Template]| matches_any(templates, tag, beside);
        let told_apart = || {
            let known = Known { scope: beside.scope, ..Known::default() };
            self.write_once
                .iter()
                .filter(|template| tells_apart(template) && !has_name(template))
                .any(|template| shape::matches(template, &known, tag).is_some())
        };
        let expiry = Expiry::of(tag);
        if is_content_tag(tag) {
            Class::Content
        } else if expiry.is_some() || any(&self.expiring) {
            Class::Expiring { after: expiry }
        } else if told_apart() {
            Class::WriteOnce
        } else if any(&self.floating) || any(&self.wanted) {
            Class::Floating
        } else {
            Class::WriteOnce
        }
    }
}

fn matches_any(templates: &[Template], tag: &str, beside: &Beside<'_>) -> bool {
    templates.iter().any(|template| is_of(template, tag, beside))
}

/// Whether a pattern matches a template as it is written, with `*` for anything: then it matches all its tags. It may not
/// see that it does, and never sees what is not so.
fn covers(pattern: &str, template: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == template,
        Some((before, rest)) => template.strip_prefix(before).is_some_and(|behind| {
            let starts = behind.char_indices().map(|(at, _)| at).chain([behind.len()]);
            starts.filter_map(|at| behind.get(at..)).any(|behind| covers(rest, behind))
        }),
    }
}

/// A template with one character for each placeholder, the same for the same, which no literal text has.
fn opaque<'t>(text: &'t str, seen: &mut Vec<&'t str>) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once('{') {
        let (placeholder, behind) = behind.split_once('}').unwrap_or((behind, ""));
        let index = seen.iter().position(|known| *known == placeholder).unwrap_or_else(|| {
            seen.push(placeholder);
            seen.len() - 1
        });
        out.push_str(before);
        out.extend(u32::try_from(index).ok().and_then(|index| char::from_u32(0xE000 + index)));
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Whether a template has a part that any text could be: its shape tells nothing.
fn has_name(template: &Template) -> bool {
    let needs = needs(template);
    needs.branch || needs.git_tag || needs.describe || needs.image
}

/// Whether a pattern matches; a branch in it is one that is known.
fn is_of(template: &Template, tag: &str, beside: &Beside<'_>) -> bool {
    let known = Known { scope: beside.scope, ..Known::default() };
    let needs = needs(template);
    // What could be any text makes nothing floating.
    if needs.describe || needs.git_tag && !needs.version {
        return false;
    }
    if !needs.branch {
        return shape::matches(template, &known, tag).is_some();
    }
    beside.branches.iter().any(|branch| {
        let known = Known { branch: Some(branch), ..known };
        shape::matches(template, &known, tag).is_some()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::error::Place;
    use crate::tags::expiry::Unit;

    fn pattern(text: &str) -> Template {
        Template::pattern(text, Place::file("t")).unwrap()
    }

    fn classes() -> Classes {
        Classes::of_templates(vec![pattern("{sha:7}")], vec![pattern("edge"), pattern("tip-{branch}")])
    }

    fn of(classes: &Classes, tag: &str) -> Class {
        classes.of(tag, &Beside { scope: None, branches: &["main", "feature/a"] })
    }

    #[test]
    fn what_floats_by_default() {
        for tag in ["latest", "main", "feature-a", "1", "1.2", "v1", "v1.2", "edge", "tip-main", "2026.11"] {
            assert_eq!(of(&classes(), tag), Class::Floating, "{tag}");
        }
        for tag in
            ["1.2.3", "v1.2.3", "other", "latest-1", "1.2-rc1", "tip-other", "vlatest", "main2", "pr-latest"]
        {
            assert_eq!(of(&classes(), tag), Class::WriteOnce, "{tag}");
        }
    }

    #[test]
    fn a_commits_tag_of_digits_alone_is_no_major_version() {
        assert_eq!(of(&classes(), "1234567"), Class::WriteOnce);
        assert_eq!(of(&classes(), "12345678"), Class::Floating);
    }

    #[test]
    fn what_could_be_any_text_makes_nothing_float() {
        let wanted = vec![pattern("{tag}"), pattern("{describe}")];
        let classes = Classes::of_templates(Vec::new(), wanted);
        assert_eq!(of(&classes, "1.2.3"), Class::WriteOnce);
    }

    #[test]
    fn content_tags_are_their_own() {
        assert_eq!(of(&classes(), &format!("content-{}", "a".repeat(40))), Class::Content);
    }

    #[test]
    fn patterns_of_the_configuration_hold() {
        let mut classes = classes();
        classes.floating = vec![pattern("nightly-*")];
        classes.expiring = vec![pattern("pr-*"), pattern("tmp-{count}")];
        for (tag, class) in [
            ("nightly-", Class::Floating),
            ("nightly-a.b", Class::Floating),
            ("latest", Class::WriteOnce),
            ("pr-7", Class::Expiring { after: None }),
            ("tmp-3", Class::Expiring { after: None }),
            ("main-3days", Class::Expiring { after: Some(Expiry { count: 3, unit: Unit::Days }) }),
            ("tmp-03", Class::WriteOnce),
        ] {
            assert_eq!(of(&classes, tag), class, "{tag}");
        }
    }

    #[test]
    fn tags_and_templates_that_expire() {
        let mut classes = classes();
        classes.expiring =
            vec![pattern("pr-*"), pattern("tmp-{count}"), pattern("*-try"), pattern("*ran*-h*x")];
        for tag in ["pr-7", "pr-7-abc1234", "tmp-3", "x-try", "main-3days"] {
            assert!(classes.expires(tag), "{tag}");
        }
        let content = format!("pr-7-content-{}", "a".repeat(40));
        for tag in ["main", "tmp-x", "a-pr-7", content.as_str()] {
            assert!(!classes.expires(tag), "{tag}");
        }
        for (text, expected) in [
            ("pr-{sha:7}", true),
            ("tmp-{count}", true),
            ("{branch}-try", true),
            ("{branch}-3days", true),
            ("{branch}", false),
            ("pr{sha:7}", false),
            ("tmp-{sha:7}", false),
            ("x-try-{sha:7}", false),
            ("{branch}-h-{sha:7}", false),
        ] {
            assert_eq!(classes.all_expire(&pattern(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_scopes_tags_are_of_the_class_behind_the_scope() {
        let of = |scope| classes().of("pr-latest", &Beside { scope, branches: &[] });
        assert_eq!(of(Some("pr")), Class::Floating);
        assert_eq!(of(None), Class::WriteOnce);
    }
}
