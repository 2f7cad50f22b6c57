//! `git-tag` of a rule: a regular expression over the whole name of a git tag, in which `{version}` stands for a version.
//!
//! Pure: a pattern and a name give the version and the named groups. It must not know which tags they are for. The
//! expressions are those of Rust's `regex`, which takes time in proportion to the name whatever is written.

use std::collections::BTreeMap;
use std::fmt;

use regex_automata::meta::Regex;
use regex_syntax::ast::parse::Parser;
use regex_syntax::hir::translate::Translator;
use regex_syntax::hir::{Hir, Look};

use crate::version::Version;

/// What stands for a version in a pattern.
const PLACEHOLDER: &str = "{version}";

/// The group that it becomes. At least two numbers, so that neither `v1`, which GitHub's actions move along, nor the 12 of
/// `cuda-12` is a release; what is behind them is for [`Version::parse`] to judge.
const GROUP: &str = r"(?<version>[0-9]+(?:\.[0-9]+)+[0-9A-Za-z.+-]*)";

/// Its name.
const VERSION: &str = "version";

/// No tag of a registry is longer, so nobody needs a longer expression to make one.
const LONGEST: usize = 1024;

/// A checked pattern.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
    groups: Vec<String>,
}

/// The text says all.
impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// What a pattern finds in the name of a git tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// Of `{version}`.
    pub version: Version,
    /// The named groups; one that took no part is empty.
    pub groups: BTreeMap<String, String>,
}

impl Pattern {
    /// Checks and compiles. `reserved` are names that a group cannot have, since they are placeholders of tags.
    ///
    /// # Errors
    /// A sentence, and the 0-based character of the pattern that it is about.
    pub fn new(text: &str, reserved: &dyn Fn(&str) -> bool) -> Result<Pattern, (String, usize)> {
        if text.len() > LONGEST {
            return Err((format!("a pattern has at most {LONGEST} bytes"), 0));
        }
        let mut places = text.match_indices(PLACEHOLDER).map(|(at, _)| at);
        let (Some(at), None) = (places.next(), places.next()) else {
            return Err((
                format!("`{PLACEHOLDER}` must stand in it once: without it there is no release"),
                0,
            ));
        };
        let expression = text.replacen(PLACEHOLDER, GROUP, 1);
        // Behind the placeholder everything is shifted.
        let shift = |byte: usize| match byte {
            byte if byte <= at => byte,
            byte => byte.saturating_sub(GROUP.len() - PLACEHOLDER.len()).max(at),
        };
        let character =
            |byte: usize| text.char_indices().take_while(|(start, _)| *start < shift(byte)).count();
        let ast = Parser::new().parse(&expression).map_err(|error| {
            (format!("this is no regular expression: {}", error.kind()), character(error.span().start.offset))
        })?;
        let hir = Translator::new().translate(&expression, &ast).map_err(|error| {
            (format!("this is no regular expression: {}", error.kind()), character(error.span().start.offset))
        })?;
        let whole = Hir::concat(vec![Hir::look(Look::Start), hir, Hir::look(Look::End)]);
        let regex = Regex::builder()
            .build_from_hir(&whole)
            .map_err(|_| ("this regular expression becomes too large".to_owned(), 0))?;
        let names = regex.group_info().pattern_names(regex_automata::PatternID::ZERO).flatten();
        let groups: Vec<String> = names.filter(|name| *name != VERSION).map(str::to_owned).collect();
        if !regex
            .group_info()
            .pattern_names(regex_automata::PatternID::ZERO)
            .flatten()
            .any(|name| name == VERSION)
        {
            return Err((format!("`{PLACEHOLDER}` cannot stand in a class of characters"), character(at)));
        }
        for group in &groups {
            let place = text.find(&format!("<{group}>")).map_or(0, |at| character(at + 1));
            let mut bytes = group.bytes();
            let plain = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase())
                && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            if !plain {
                return Err((
                    format!("the group {group:?} is not called by small letters, digits and `_`"),
                    place,
                ));
            }
            if reserved(group) {
                return Err((format!("the group `{group}` has the name of a placeholder"), place));
            }
        }
        Ok(Pattern { text: text.to_owned(), regex, groups })
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names of its groups.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// What it finds in the name of a git tag; `None` where it does not match all of it, or `{version}` is no version there.
    pub fn read(&self, git_tag: &str) -> Option<Matched> {
        let mut captures = self.regex.create_captures();
        self.regex.captures(git_tag, &mut captures);
        let group = |name: &str| captures.get_group_by_name(name).and_then(|span| git_tag.get(span.range()));
        let version = Version::parse(group(VERSION)?)?;
        let groups =
            self.groups.iter().map(|name| (name.clone(), group(name).unwrap_or_default().to_owned()));
        Some(Matched { version, groups: groups.collect() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pattern(text: &str) -> Result<Pattern, (String, usize)> {
        Pattern::new(text, &|name| name == "sha")
    }

    /// The version and the groups, `name=value` each.
    fn read(text: &str, git_tag: &str) -> Option<String> {
        let Matched { version, groups } = pattern(text).unwrap().read(git_tag)?;
        let groups = groups.into_iter().map(|(name, value)| format!(" {name}={value}"));
        Some(version.text().to_owned() + &groups.collect::<String>())
    }

    #[test]
    fn a_git_tag_gives_a_version_and_groups() {
        for (text, git_tag, expected) in [
            ("v?{version}", "v1.2.3", "1.2.3"),
            ("v?{version}", "1.2.3-rc.1", "1.2.3-rc.1"),
            ("cuda-(?<line>[0-9.]+)-v{version}", "cuda-12.8-v1.2.3", "1.2.3 line=12.8"),
            (r"python-(?<x>\d+)\.(?<y>\d+)-v{version}", "python-3.12-v2.1.0", "2.1.0 x=3 y=12"),
            ("(?<name>.+)/v{version}", "images/app/v1.0.0", "1.0.0 name=images/app"),
            ("{version}(?:-(?<flavour>alpine|slim))?", "1.2.3-rc.1-alpine", "1.2.3-rc.1-alpine flavour="),
            ("{version}(?:_(?<flavour>[a-z]+))?", "1.2.3_slim", "1.2.3 flavour=slim"),
            ("release-(?<year>[0-9]{4})-{version}", "release-2026-1.2", "1.2 year=2026"),
        ] {
            assert_eq!(read(text, git_tag).as_deref(), Some(expected), "{text} {git_tag}");
        }
    }

    #[test]
    fn all_of_the_name_must_match() {
        for (text, git_tag) in [
            ("v{version}", "xv1.2.3"),
            ("v{version}", "v1.2.3 "),
            ("v{version}|w{version2}", "v1.2.3x\n"),
            ("v{version}", "v1"),
            ("v{version}", "v1.2.3-"),
            ("v{version}", "V1.2.3"),
            ("cuda-(?<line>[0-9.]+)-v{version}", "cuda--v1.2.3"),
        ] {
            if let Ok(pattern) = pattern(text) {
                assert_eq!(pattern.read(git_tag), None, "{text} {git_tag}");
            }
        }
    }

    #[test]
    fn an_alternative_at_the_end_is_anchored_as_well() {
        assert_eq!(read("v{version}|w", "w"), None);
        assert_eq!(read("(?x) v{version} # a comment", "v1.2.3").as_deref(), Some("1.2.3"));
    }

    #[test]
    fn what_is_wrong_is_said_where_it_is() {
        for (text, words, at) in [
            ("v1", "must stand in it once", 0),
            ("{version}-{version}", "must stand in it once", 0),
            ("v(1{version}", "unclosed group", 1),
            ("v{version}(", "unclosed group", 10),
            ("ä{version}-[z-a]", "invalid character class range", 12),
            ("[{version}]", "class of characters", 1),
            ("(?<Line>.)-{version}", "small letters", 3),
            ("(?<sha>.)-{version}", "placeholder", 3),
            ("(?<version>.)-{version}", "duplicate", 0),
            ("a{9999999}{version}", "", 0),
        ] {
            let (message, place) = pattern(text).unwrap_err();
            assert!(message.contains(words), "{text}: {message}");
            if at > 0 {
                assert_eq!(place, at, "{text}: {message}");
            }
        }
    }
}
