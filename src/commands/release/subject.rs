//! Which git tag is released, and which images by which rules. Nothing is asked of a registry here.

use crate::cli::Release as Arguments;
use crate::commands::environment::Environment;
use crate::error::{Error, Errors, Result};
use crate::git::Git;
use crate::release::rule::{Rule, Which};
use crate::text::list;

/// The git tag, and what git resolves to its commit.
#[derive(Debug)]
pub(super) struct GitTag {
    /// Its name.
    pub(super) name: String,
    /// `refs/tags/NAME`; the commit that CI runs for, where a clone has no tags.
    pub(super) spec: String,
}

/// The names of the images at `HEAD`; `None` where one is called as its repository is.
pub(super) type Images<'a> = dyn Fn() -> Result<Option<Vec<String>>, Errors> + 'a;

/// The git tag that is named, else that which CI runs for, else the only release at `HEAD`.
pub(super) fn git_tag(
    arguments: &Arguments,
    environment: &Environment,
    git: &Git,
    rules: &[Rule],
    images: &Images<'_>,
) -> Result<GitTag, Errors> {
    let named = arguments.git_tag.as_deref().map(|name| name.strip_prefix("refs/tags/").unwrap_or(name));
    let by_ci = by_ci(environment);
    let name = match (named, &by_ci) {
        (Some(name), _) => name.to_owned(),
        (None, Some((name, _))) => name.clone(),
        (None, None) => at_head(git, rules, images)?,
    };
    if git.tagged(&name)?.is_some() {
        return Ok(GitTag { spec: format!("refs/tags/{name}"), name });
    }
    match by_ci {
        // A clone of one commit may have no tags.
        Some((tag, sha)) if tag == name => Ok(GitTag { spec: sha.unwrap_or_else(|| "HEAD".to_owned()), name }),
        _ => Err(Error::invalid(format!("there is no git tag {name:?} here"))
            .hint("`git fetch --tags` gets those of the remote; `imgplan release` takes a tag, not a branch or a commit")
            .into()),
    }
}

/// The git tag that CI runs for, and its commit.
fn by_ci(environment: &Environment) -> Option<(String, Option<String>)> {
    let get = |name| environment.get(name).map(str::to_owned);
    if let Some(tag) = get("CI_COMMIT_TAG") {
        return Some((tag, get("CI_COMMIT_SHA")));
    }
    let is_tag = get("GITHUB_REF_TYPE").as_deref() == Some("tag");
    get("GITHUB_REF_NAME").filter(|_| is_tag).map(|tag| (tag, get("GITHUB_SHA")))
}

fn at_head(git: &Git, rules: &[Rule], images: &Images<'_>) -> Result<String, Errors> {
    let head = git.head_commit_id()?;
    let mut found = Vec::new();
    for name in git.tag_names()? {
        if rules.iter().any(|rule| rule.pattern.read(&name).is_some()) && git.tagged(&name)? == head {
            found.push(name);
        }
    }
    // Of several those are meant whose image there is.
    if let [_, _, ..] = found.as_slice()
        && let Some(images) = images()?
    {
        let is_one = |name: &String| {
            let mut rules = rules.iter().filter(|rule| rule.pattern.read(name).is_some());
            rules.any(|rule| rule.image_name(name).is_none_or(|image| images.contains(&image)))
        };
        if found.iter().any(is_one) {
            found.retain(is_one);
        }
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(told(Error::invalid("HEAD has no git tag that is a release"), rules)
            .hint("name one: imgplan release GIT_TAG")
            .into()),
        several => {
            Err(Error::invalid(format!("HEAD has several git tags that are releases: {}", list(several)))
                .hint("name one: imgplan release GIT_TAG")
                .into())
        }
    }
}

/// An error with the rules that there are.
fn told(error: Error, rules: &[Rule]) -> Error {
    rules.iter().fold(error, |error, rule| {
        let place = match rule.place.line {
            Some(line) => format!(" ({}:{line})", rule.place.file),
            None => " (without a configuration)".to_owned(),
        };
        error.hint(format!("a release is called {}{place}", rule.pattern.as_str()))
    })
}

/// One image that the git tag is a release of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'r> {
    /// The rule.
    pub(super) rule: &'r Rule,
    /// The image.
    pub(super) image: &'r str,
}

/// The images that a git tag is a release of, of those that the commit has; with `only`, these alone.
pub(super) fn targets<'r>(
    rules: &'r [Rule],
    git_tag: &str,
    images: &'r [String],
    only: &[String],
) -> Result<Vec<Target<'r>>, Errors> {
    let matching: Vec<&Rule> = rules.iter().filter(|rule| rule.pattern.read(git_tag).is_some()).collect();
    if matching.is_empty() {
        return Err(told(Error::invalid(format!("the git tag {git_tag:?} is no release")), rules).into());
    }
    let mut errors = Errors::default();
    let mut targets: Vec<Target<'r>> = Vec::new();
    for rule in matching {
        let named = match of_rule(rule, git_tag, images) {
            Ok(named) => named,
            Err(error) => {
                errors.push(error.at(rule.place.clone()));
                continue;
            }
        };
        for image in named {
            if let Some(other) = targets.iter().find(|other| other.image == image) {
                let message = format!("{git_tag:?} is a release of {image} by two rules");
                let other = format!("the other is {}", other.rule.place);
                errors.push(Error::invalid(message).at(rule.place.clone()).hint(other));
            }
            targets.push(Target { rule, image });
        }
    }
    let all: Vec<&str> = targets.iter().map(|target| target.image).collect();
    if let Some(other) =
        only.iter().find(|name| !all.contains(&name.as_str())).filter(|_| errors.0.is_empty())
    {
        errors
            .push(Error::invalid(format!("{git_tag:?} is a release of {}, and not of {other}", list(&all))));
    }
    let wanted = |target: &Target<'_>| only.is_empty() || only.iter().any(|name| name == target.image);
    targets.retain(wanted);
    errors.or(targets)
}

fn of_rule<'r>(rule: &Rule, git_tag: &str, images: &'r [String]) -> Result<Vec<&'r str>> {
    match (&rule.image, images) {
        (Which::Every, _) => Ok(images.iter().map(String::as_str).collect()),
        (Which::Only, [one]) => Ok(vec![one]),
        (Which::Only, _) => Err(Error::invalid(format!("{git_tag:?} is a release of which image?"))
            .hint(format!("the project has {}: name one, image = \"…\"", list(images)))),
        (Which::Named(_), _) => {
            let name = rule.image_name(git_tag).unwrap_or_default();
            match images.iter().find(|image| **image == name) {
                Some(image) => Ok(vec![image]),
                None => Err(Error::invalid(format!(
                    "{git_tag:?} is a release of {name:?}, which its commit does not have"
                ))
                .hint(format!("it has {}", list(images)))),
            }
        }
    }
}
