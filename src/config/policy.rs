//! Everything but the image tables, from the mirror to the valid form, and its defaults.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::config::pattern::Pattern;
use crate::config::source::Report;
use crate::config::table::Text;
use crate::config::{raw, release, values};
use crate::error::Place;
use crate::reference::Repository;
use crate::release::rule::Rule;
use crate::tags::class::Classes;
use crate::tags::expiry::{Expiry, Limits};
use crate::tags::{self, Template};

/// Renku saves work in progress under such branches; nobody starts an image from them.
const SKIPPED_BRANCHES: &str = "renku/autosave/**";
/// Renku looks images up by 7 characters of the commit.
const COMMIT_TAG: &str = "{sha:7}";

/// Commits that are looked at in search of an image: years of most projects, and a moment's work.
const HISTORY: usize = 1000;

/// Everything but the image tables.
#[derive(Debug, Clone)]
pub struct Policy {
    /// `repository`
    pub repository: Option<Repository>,
    /// `look-in`
    pub look_in: Vec<Repository>,
    /// `adopt`
    pub adopt: bool,
    /// `history`
    pub history: usize,
    /// `on-unknown`
    pub on_unknown: OnUnknown,
    /// `verify`
    pub verify: Verify,
    /// `git-directory`
    pub git_directory: Severity,
    /// `remote-add`
    pub remote_add: Severity,
    /// `tags.commit`: a template, or none.
    pub commit_tag: Option<Template>,
    /// `tags.write-once`: more tags that are written once, beside the commit's.
    pub write_once: Vec<Template>,
    /// `tags.floating`
    pub floating_tags: Vec<Template>,
    /// `[tags.classes]`: what the tags are that are found.
    pub classes: Classes,
    /// `baked-commit`
    pub baked_commit: Severity,
    /// `skip.branches`
    pub skip_branches: Vec<Pattern>,
    /// `[only]`, where it is there.
    pub only: Option<Only>,
    /// `[scopes.NAME]`: where the images of a scope are written, by the scope's name.
    pub scopes: BTreeMap<String, Repository>,
    /// `[[release]]`; without one, the rule for `v1.2.3` and `1.2.3`.
    pub releases: Vec<Rule>,
    /// `[[expire]]`
    pub expire: Vec<Expire>,
    /// `expiry-limits`
    pub expiry_limits: Limits,
}

/// One of `[[expire]]`.
#[derive(Debug, Clone)]
pub struct Expire {
    /// Where the rule stands.
    pub place: Place,
    /// `tags`: patterns, in which `*` is anything.
    pub tags: Vec<Template>,
    /// `after`
    pub after: Duration,
    /// `keep`
    pub keep: Option<Duration>,
    /// `images`, with the place of each; empty for all.
    pub images: Vec<(String, Place)>,
}

/// `[only]`: the refs for which something is done.
#[derive(Debug, Clone)]
pub struct Only {
    /// `only.branches`
    pub branches: Vec<Pattern>,
    /// `only.tags`
    pub tags: Vec<Pattern>,
}

impl Policy {
    /// All templates of tags.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.commit_tag.iter().chain(&self.write_once).chain(&self.floating_tags)
    }

    /// The repository that a scope's images are written to, if it has one of its own. `[scopes.pr]` holds for the scope
    /// `pr` and for every `pr-…` without a table of its own, so that `--scope pr-7` cannot miss it.
    pub fn repository_of_scope(&self, scope: &str) -> Option<&Repository> {
        let holds = |name: &str| scope.strip_prefix(name).is_some_and(|r| r.is_empty() || r.starts_with('-'));
        let of = self.scopes.iter().filter(|(name, _)| holds(name));
        of.max_by_key(|(name, _)| name.len()).map(|(_, repository)| repository)
    }
}

/// What an `unknown` answer of the registry leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// Exit 3, the default.
    Fail,
    /// A build.
    Build,
}

/// Whether a mark must be there and equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// A different mark warns, a missing one is noted: the default.
    Mark,
    /// Both refuse.
    Required,
}

/// What becomes of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Said in the plan, the default.
    Warn,
    /// An error.
    Refuse,
    /// Nothing is said.
    Allow,
}

/// What holds where there is no file, or where it says nothing.
pub fn default_policy() -> Policy {
    let commit_tag = Some(Template::constant(COMMIT_TAG));
    Policy {
        repository: None,
        look_in: Vec::new(),
        adopt: false,
        history: HISTORY,
        on_unknown: OnUnknown::Fail,
        verify: Verify::Mark,
        git_directory: Severity::Warn,
        remote_add: Severity::Warn,
        write_once: Vec::new(),
        floating_tags: Vec::new(),
        classes: Classes::of_templates(commit_tag.iter().cloned().collect(), Vec::new()),
        commit_tag,
        // The constant is a valid glob, which a test holds on to.
        skip_branches: Pattern::new(SKIPPED_BRANCHES).into_iter().collect(),
        baked_commit: Severity::Warn,
        only: None,
        scopes: BTreeMap::new(),
        releases: release::default_rules(),
        expire: Vec::new(),
        expiry_limits: Limits::default(),
    }
}

/// The policy of a file; what is wrong in it is reported and left at its default.
pub(super) fn policy(report: &mut Report<'_>, raw: &raw::File, base: &Path) -> Policy {
    let mut policy = default_policy();
    policy.repository = raw.repository.as_ref().and_then(|text| values::repository(report, text, base));
    policy.look_in = raw.look_in.iter().filter_map(|text| values::repository(report, text, base)).collect();
    policy.adopt = raw.adopt.unwrap_or(policy.adopt);
    let answers = [("fail", OnUnknown::Fail), ("build", OnUnknown::Build)];
    policy.history = raw.history.map_or(policy.history, |commits| commits as usize);
    policy.on_unknown = chosen(report, raw.on_unknown.as_ref(), &answers, policy.on_unknown);
    let marks = [("mark", Verify::Mark), ("required", Verify::Required)];
    policy.verify = chosen(report, raw.verify.as_ref(), &marks, policy.verify);
    let severities = [("warn", Severity::Warn), ("refuse", Severity::Refuse), ("allow", Severity::Allow)];
    policy.git_directory = chosen(report, raw.git_directory.as_ref(), &severities, policy.git_directory);
    policy.remote_add = chosen(report, raw.remote_add.as_ref(), &severities, policy.remote_add);
    policy.baked_commit = chosen(report, raw.baked_commit.as_ref(), &severities, policy.baked_commit);
    tags(report, &raw.tags, &mut policy);
    if let Some(branches) = &raw.skip_branches {
        policy.skip_branches = values::patterns(report, branches);
    }
    policy.only = raw.only.as_ref().map(|only| Only {
        branches: values::patterns(report, &only.branches),
        tags: values::patterns(report, &only.tags),
    });
    if !raw.releases.is_empty() {
        policy.releases = release::rules(report, &raw.releases, &policy.floating_tags);
    }
    policy.scopes = scopes(report, &raw.scopes, &policy, base);
    policy.expire = raw.expire.iter().filter_map(|raw| expire(report, raw)).collect();
    let limits = raw.expiry_limits.iter();
    policy.expiry_limits =
        Limits(limits.filter_map(|text| report.checked(&text.place, Expiry::parse(&text.value))).collect());
    policy
}

/// The scopes' repositories. What keeps their tags apart is checked here, too, so that nobody finds out in a pull request.
fn scopes(
    report: &mut Report<'_>,
    raw: &[(Text, Place, Option<Text>)],
    policy: &Policy,
    base: &Path,
) -> BTreeMap<String, Repository> {
    let mut scopes = BTreeMap::new();
    for (name, place, repository) in raw {
        let sound = tags::scope::check(&name.value)
            .map_err(|error| error.at(place.clone()))
            .and_then(|()| tags::scope::apart(&name.value, policy.templates()));
        if let Err(error) = sound {
            report.push(error);
        }
        let Some(text) = repository else { continue };
        let Some(repository) = values::repository(report, text, base) else { continue };
        if policy.repository.as_ref() == Some(&repository) {
            let hint = "give the scope another one, which its jobs alone may write to";
            report.wrong_but(&text.place, "this is the project's own repository", hint);
        }
        scopes.insert(name.value.clone(), repository);
    }
    scopes
}

/// A rule; one that is wrong is none.
fn expire(report: &mut Report<'_>, raw: &raw::Expire) -> Option<Expire> {
    let tags = raw.tags.iter().filter_map(|text| values::pattern(report, text)).collect();
    let after = raw.after.as_ref().and_then(|text| values::duration(report, text));
    let keep = raw.keep.as_ref().and_then(|text| values::duration(report, text));
    let images = raw.images.iter().map(|text| (text.value.clone(), text.place.clone())).collect();
    Some(Expire { place: raw.place.clone(), tags, after: after?, keep, images })
}

fn chosen<T: Copy>(
    report: &mut Report<'_>,
    text: Option<&Text>,
    allowed: &[(&'static str, T)],
    default: T,
) -> T {
    text.and_then(|text| values::choice(report, text, allowed)).unwrap_or(default)
}

/// `[tags]`: templates that stand twice, and those that can have no place where they stand, are told.
fn tags(report: &mut Report<'_>, raw: &raw::Tags, policy: &mut Policy) {
    match &raw.commit {
        None => {}
        Some(None) => policy.commit_tag = None,
        Some(Some(text)) => policy.commit_tag = values::template(report, text),
    }
    for text in &raw.write_once {
        let Some(template) = values::template(report, text) else { continue };
        if let Some(same) = policy.templates().find(|other| other.text == template.text) {
            let message = format!("the same template as {}", named(same));
            report.wrong_but(&text.place, message, "leave one of them out");
        }
        policy.write_once.push(template);
    }
    for text in &raw.floating {
        let Some(template) = values::template(report, text) else { continue };
        if let Some(same) = policy.templates().find(|other| other.text == template.text) {
            let message = format!("the same template as {}", named(same));
            let hint = match policy.floating_tags.contains(same) {
                true => "leave one of them out",
                false => "the one is written once, a floating tag moves; change one of them",
            };
            report.wrong_but(&text.place, message, hint);
        }
        cannot_float(report, text, &template);
        policy.floating_tags.push(template);
    }
    let write_once = policy.commit_tag.iter().chain(&policy.write_once).cloned().collect();
    policy.classes = Classes::of_templates(write_once, policy.floating_tags.clone());
    if let Some(floating) = &raw.classes.floating {
        policy.classes.floating = values::tag_patterns(report, floating);
    }
    policy.classes.expiring = values::tag_patterns(report, &raw.classes.expiring);
}

/// A template's key without the number, for a message.
fn named(template: &Template) -> String {
    let key = template.place.key.as_deref().and_then(|key| key.split('[').next());
    format!("`{}`", key.unwrap_or("tags.commit"))
}

fn cannot_float(report: &mut Report<'_>, text: &Text, template: &Template) {
    if tags::needs(template).version {
        let hint = "tags of versions are for `imgplan release`, which knows the other versions";
        report.wrong_but(&text.place, "this tag would go back to an old line with its next patch", hint);
    } else if tags::is_shaped(template) {
        let hint = "put it into `tags.write-once`";
        report.wrong_but(&text.place, "this is another tag at every build, so that none would move", hint);
    }
}
