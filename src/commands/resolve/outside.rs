//! A commit that is not here, by its full id: what the registry alone can tell, which is its commit tag's image.

use crate::cli::Common;
use crate::commands::definitions;
use crate::commands::environment::Environment;
use crate::commands::facts::Gathered;
use crate::commands::repository::{self, Purpose};
use crate::commands::resolve::subject::{By, Subject};
use crate::commands::shaped::Reading;
use crate::config::{self, Absent, Config, ImageId};
use crate::error::{Error, Errors};
use crate::git::Git;
use crate::reference::Repository;
use crate::tags;

/// The images that the commit with this id could have: those of the configuration where there is one here, else those
/// that are named, else the project's own.
pub(super) fn subjects(
    common: &Common,
    environment: &Environment,
    git: Option<&Git>,
    id: &str,
) -> Result<Vec<Subject>, Errors> {
    let present = match git {
        Some(git) => definitions::present(common, environment, git)?,
        None => definitions::named(common, environment)?,
    };
    let present = present.map(|(_, present)| present);
    let policy = present.as_ref().map_or_else(config::default_policy, |present| present.policy.clone());
    let flag = common.repository.as_deref();
    let configured = policy.repository.as_ref();
    let chosen = repository::choose(flag, configured, environment, git, Purpose::Resolve)?;
    if let Some(scope) = &common.scope {
        tags::scope::apart(scope, policy.templates())?;
    }
    let scoped = repository::scoped(common, &policy, &chosen, environment);
    let whole = scoped.as_ref().unwrap_or(&chosen.repository);
    let (asked, id) = (id, id.to_ascii_lowercase());
    let unknown = || {
        Error::invalid(format!("commit {id} is not here, and without it no tag of it is known"))
            .hint("run it in a clone that has the commit: `git fetch` may get it")
    };
    let template = policy.commit_tag.as_ref().filter(|template| tags::names_commit(template));
    let template = template.ok_or_else(unknown)?;
    let scope = common.scope.as_deref();
    let subject = |name: String, repository: Repository| {
        let facts = Gathered::outside(&id, &name, scope);
        let by = match Reading::new(&policy, facts.clone()).filter(Reading::is_of_commit) {
            Some(reading) => By::CommitShape(reading),
            None => By::CommitTag(tags::render(template, &facts.facts())?.ok_or_else(unknown)?),
        };
        Ok::<_, Error>(Subject {
            asked: asked.to_owned(),
            commit: id.clone(),
            name,
            repository,
            by,
            pin: None,
        })
    };
    let own = || {
        let shown = chosen.repository.to_string();
        let name = shown.rsplit(['/', ':']).next().unwrap_or_default().to_owned();
        subject(name, whole.clone())
    };
    let images = match (&present, git) {
        // The commit is not here, so the images are those of the present one.
        (Some(present), Some(git)) if present.asks_the_tree() => {
            present.images_of(&git.objects(), &git.commit("HEAD")?.tree, Absent::Passed)?
        }
        (Some(present), None) if present.asks_the_tree() && common.images.is_empty() => {
            return Err(Error::invalid(
                "which images there are is told by a commit, and there is no repository here",
            )
            .hint("name the image: --image NAME")
            .into());
        }
        // What the file's own tables say of the named images holds, whatever else a tree would tell.
        (Some(present), _) => present.images.clone(),
        (None, _) => Vec::new(),
    };
    let defines = present.as_ref().is_some_and(|present| present.asks_the_tree() || !images.is_empty());
    let is_told = defines && (git.is_some() || !present.as_ref().is_some_and(Config::asks_the_tree));
    let wanted = |name: &String| common.images.is_empty() || common.images.contains(name);
    let mut subjects = Vec::new();
    for image in &images {
        let mut found = match &image.id {
            ImageId::Own => own()?,
            ImageId::Named(name) => subject(name.clone(), whole.join(name)?)?,
        };
        if let Some(repository) = image.repository.as_ref().filter(|_| scoped.is_none()) {
            found.repository = repository.clone();
        }
        if wanted(&found.name) {
            subjects.push(found);
        }
    }
    if !is_told {
        // Whether the commit has them, only the registry can tell.
        let known: Vec<String> = subjects.iter().map(|subject| subject.name.clone()).collect();
        for name in common.images.iter().filter(|name| !known.contains(name)) {
            subjects.push(subject(name.clone(), whole.join(name)?)?);
        }
    }
    if !defines && common.images.is_empty() {
        subjects.push(own()?);
    }
    if images.is_empty() && subjects.is_empty() {
        let message = format!(
            "commit {id} is not here, and what imgplan.toml says of images finds none in the commit at HEAD"
        );
        return Err(Error::invalid(message)
            .hint("run it in a clone that has the commit: `git fetch` may get it")
            .into());
    }
    if subjects.is_empty() {
        let known: Vec<String> = images.iter().map(|image| image.id.to_string()).collect();
        return Err(Error::invalid(format!("there is no image {:?} here", common.images.join(", ")))
            .hint(format!("the images of the present configuration: {}", known.join(", ")))
            .into());
    }
    Ok(subjects)
}
