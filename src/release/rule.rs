//! One `[[release]]`: which git tags it is for, of which image they are releases, and which tags they give.
//!
//! The tags of a release come from its git tag alone. So those of every other release can be told without looking at its
//! commit, and a registry's tags can be read back.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Place, Result};
use crate::reference::Tag;
use crate::release::known::of_git;
use crate::release::pattern::{Matched, Pattern};
use crate::release::{Floating, Release};
use crate::tags::{self, Facts, Known, Template, shape};
use crate::version::Version;

/// A checked rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Where it stands.
    pub place: Place,
    /// `git-tag`
    pub pattern: Pattern,
    /// `image`
    pub image: Which,
    /// Where `image` stands, if it does.
    pub image_place: Option<Place>,
    /// `tags`: one with `{version}` is among those that are written once, and is the first of them.
    pub tags: Tags,
}

/// Of which image a git tag is a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Of each: without a configuration.
    Every,
    /// Of the only one that there is.
    Only,
    /// Of that with this name, in which `{NAME}` is a group of the pattern.
    Named(String),
}

/// The tags of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags {
    /// With `{version}` or `{tag}`: each is one release's, and is written once.
    pub written: Vec<Template>,
    /// All others: they go from release to release.
    pub floating: Vec<Template>,
}

/// The placeholder that tells a release from every other of its line.
pub const VERSION: &str = "{version}";

/// Whether a template gives each release a tag of its own.
pub fn is_written_once(template: &str) -> bool {
    template.contains(VERSION) || template.contains("{tag}")
}

impl Rule {
    /// The release that a git tag is, with its tags; `None` where the rule is not for it.
    ///
    /// # Errors
    /// A template gives no valid tag for it, with the template's place.
    pub fn release(&self, git_tag: &str, image: &str) -> Result<Option<Release>> {
        match self.pattern.read(git_tag) {
            Some(Matched { version, groups }) => self.make(Some(git_tag), version, groups, image).map(Some),
            None => Ok(None),
        }
    }

    /// The name of the image, where the rule says it.
    pub fn image_name(&self, git_tag: &str) -> Option<String> {
        let Which::Named(template) = &self.image else { return None };
        let Matched { groups, .. } = self.pattern.read(git_tag)?;
        let named = groups
            .iter()
            .fold(template.clone(), |name, (group, value)| name.replace(&format!("{{{group}}}"), value));
        Some(named)
    }

    /// The release whose version tag this is: of one of these lines, else of any.
    pub fn read_back(
        &self,
        tag: &Tag,
        lines: &BTreeSet<&BTreeMap<String, String>>,
        image: &str,
    ) -> Option<Release> {
        let template = self.tags.written.first()?;
        let read = |names: &[(&str, &str)]| {
            let known = Known { names, image: Some(image), ..Known::default() };
            let found = shape::matches(template, &known, tag.as_str())?;
            Some((Version::parse(found.version.as_deref()?)?, found.names))
        };
        let of_line = |line: &&BTreeMap<String, String>| {
            let (version, _) = read(&pairs(line))?;
            Some((version, (*line).clone()))
        };
        let (version, groups) = lines.iter().find_map(of_line).or_else(|| read(&[]))?;
        // What makes no valid tags is no release, whoever called it so.
        let release = self.make(None, version, groups, image).ok()?;
        Some(release).filter(|release| release.written.first() == Some(tag))
    }

    /// Whether a tag that follows a branch could be one of a release of this image: by its form, as one of these git tags'
    /// releases, or, where the rule was `configured`, by its text alone (`latest`).
    ///
    /// Of a rule's tags without a version only those of git's releases are known: a group alone could be any branch.
    pub fn could_give<'t>(
        &self,
        tag: &Tag,
        image: &str,
        configured: bool,
        git_tags: impl IntoIterator<Item = &'t str>,
    ) -> bool {
        let could_be_of = match &self.image {
            Which::Every | Which::Only => true,
            Which::Named(name) => name == image || name.contains('{'),
        };
        let known = Known { image: Some(image), ..Known::default() };
        let by_form = |template: &Template| {
            let has_version = template.text.contains(VERSION) || template.text.contains("{major}");
            (has_version || configured && !template.text.contains('{'))
                && shape::matches(template, &known, tag.as_str()).is_some()
        };
        let by_git = || {
            configured
                && of_git(self, image, git_tags).iter().any(|release| {
                    release.written.contains(tag) || release.floating.iter().any(|own| own.tag == *tag)
                })
        };
        could_be_of && (self.tags.written.iter().chain(&self.tags.floating).any(by_form) || by_git())
    }

    fn make(
        &self,
        git_tag: Option<&str>,
        version: Version,
        groups: BTreeMap<String, String>,
        image: &str,
    ) -> Result<Release> {
        let names = pairs(&groups);
        let facts = Facts { git_tag, version: Some(&version), image, names: &names, ..Facts::of("", "") };
        let mut written = Vec::new();
        for template in &self.tags.written {
            written.extend(tags::render(template, &facts)?.filter(|tag| !written.contains(tag)));
        }
        let mut floating: Vec<Floating> = Vec::new();
        for template in &self.tags.floating {
            let Some(tag) = tags::render(template, &facts)? else { continue };
            let known = written.contains(&tag) || floating.iter().any(|other| other.tag == tag);
            let zero = version.is_zero_major() && is_major_alone(&template.text);
            if !known {
                floating.push(Floating { tag, zero });
            }
        }
        if written.is_empty() {
            return Err(Error::invalid(format!("{} has no tag by this rule", git_tag.unwrap_or_default()))
                .at(self.place.clone()));
        }
        Ok(Release { git_tag: git_tag.map(str::to_owned), version, groups, written, floating })
    }
}

fn pairs(groups: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
    groups.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

fn is_major_alone(template: &str) -> bool {
    template.contains("{major}") && !template.contains("{minor}")
}
