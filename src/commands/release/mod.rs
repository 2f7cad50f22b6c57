//! `imgplan release`: version tags and floating tags on the image of a git tag's commit.
//!
//! The image is the one that `imgplan resolve GIT_TAG` prints; nothing is built, and no commit tag or content tag is
//! written. Which tags go there is for the pure `release`; here git and the registry are asked, and tags are put.

mod act;
mod changes;
mod image;
mod output;
mod refused;
mod state;
mod subject;

use std::collections::BTreeSet;

use self::subject::{GitTag, Target};
use crate::cli::{Common, Format, Release as Arguments};
use crate::commands::environment::Environment;
use crate::commands::repository::Purpose;
use crate::commands::resolve::images;
use crate::commands::session::{self, Session};
use crate::commands::{Ended, definitions, wait_for};
use crate::config::{self, Absent, Config, Image, ImageId};
use crate::error::{Error, Errors, Kind, Result};
use crate::git::Git;
use crate::printer::Printer;
use crate::reference::Tag;
use crate::registry::Registry;
use crate::release::known;
use crate::release::report::{Entry, Report};

/// The formats of a release.
pub(super) const FORMATS: &[Format] = &[Format::Text, Format::Json, Format::Markdown, Format::Tekton];

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Arguments, printer: &Printer) -> Result<Ended, Errors> {
    let environment = Environment::read(common.directory.as_deref())?;
    if environment.get("IMGPLAN_SCOPE").is_some() {
        return Err(Error::new(
            Kind::Usage,
            "the images of a scope are not released, and IMGPLAN_SCOPE is set",
        )
        .hint("release in the pipeline of the git tag, without a scope")
        .into());
    }
    let git = Git::open(environment.directory())?;
    let present = definitions::present(common, &environment, &git)?;
    let policy = present.as_ref().map_or_else(config::default_policy, |(_, present)| present.policy.clone());
    let at_head = || images_at_head(common, &environment, &git, present.as_ref());
    let git_tag = subject::git_tag(arguments, &environment, &git, &policy.releases, &at_head)?;
    // With Tekton only the pipeline may write.
    let writes = !arguments.dry_run && !output::for_tekton(common);
    let purpose = if writes { Purpose::Apply } else { Purpose::Plan };
    let spec = session::Subject::Commit(&git_tag.spec);
    let session = Session::open_in(environment, git, common, spec, &[], purpose, printer)?;
    let names: Vec<String> = session.definitions.iter().map(|placed| placed.defined.name.clone()).collect();
    let targets = subject::targets(&session.policy.releases, &git_tag.name, &names, &common.images)?;
    let wanted = targets.iter().map(|target| target.image.to_owned()).collect();
    let common = &Common { images: wanted, scope: None, ..common.clone() };
    output::expected(common, targets.len())?;
    may_move(arguments, &targets, &git_tag.name)?;
    let registry = session.registry()?;
    let run = Run { registry: &registry, session: &session, common, arguments, git_tag: &git_tag, writes };
    let (report, errors) = wait_for(run.all(&targets))?;
    Ok(output::write(common, &report, errors, printer))
}

/// What the images of `HEAD` are called, as far as their tables say it.
fn images_at_head(
    common: &Common,
    environment: &Environment,
    git: &Git,
    present: Option<&(String, Config)>,
) -> Result<Option<Vec<String>>, Errors> {
    let named = definitions::named_config(common, environment).is_some();
    let head = git.commit("HEAD")?;
    let (images, _) = definitions::definitions(named, git, &git.objects(), &head, present, Absent::Passed)?;
    let name = |image: Image| match image.id {
        ImageId::Named(name) => Some(name),
        ImageId::Own => None,
    };
    Ok(images.into_iter().map(name).collect())
}

/// Refuses tags to move that the release does not have.
fn may_move(arguments: &Arguments, targets: &[Target<'_>], git_tag: &str) -> Result<()> {
    let mut unused: BTreeSet<&Tag> = arguments.move_tags.iter().collect();
    for Target { rule, image } in targets {
        if let Some(own) = rule.release(git_tag, image)? {
            unused.retain(|tag| !own.written.contains(tag) && !own.could_give(tag));
        }
    }
    match unused.first() {
        Some(tag) => Err(Error::new(Kind::Usage, format!("--move-tag {tag}: {git_tag} has no such tag"))),
        None => Ok(()),
    }
}

/// What all images of one release have in common.
struct Run<'a> {
    registry: &'a Registry,
    session: &'a Session,
    common: &'a Common,
    arguments: &'a Arguments,
    git_tag: &'a GitTag,
    writes: bool,
}

impl Run<'_> {
    /// Every image, one after the other; what one fails with does not stop the next.
    async fn all(&self, targets: &[Target<'_>]) -> Result<(Report, Errors), Errors> {
        if self.writes {
            let placed = targets.iter().filter_map(|target| self.session.repository_of(target.image));
            placed.for_each(|repository| self.registry.expect_writes(repository));
        }
        let asked = &self.git_tag.name;
        let (images, mut errors) =
            images::images(self.registry, self.common, self.session, asked, self.arguments.history).await?;
        let git_tags = self.session.git.tag_names()?;
        let may_move: BTreeSet<Tag> = self.arguments.move_tags.iter().cloned().collect();
        let mut releases = Vec::new();
        for image in images {
            let target = targets.iter().find(|target| target.image == image.name);
            let own = target.map(|target| target.rule.release(asked, target.image)).transpose()?.flatten();
            let (Some(target), Some(own)) = (target, own) else {
                let message = format!("{asked:?} was found to be a release of {}, and is none", image.name);
                errors.push(Error::invalid(message));
                continue;
            };
            let by_git = known::of_git(target.rule, target.image, git_tags.iter().map(String::as_str));
            let about = image::About { target: *target, own: &own, by_git: &by_git, may_move: &may_move };
            let (entry, failed): (Entry, Errors) = self.one(about, image).await?;
            errors.extend(failed.0);
            releases.push(entry);
        }
        let commit = self.session.sha.clone();
        let written = self.writes && releases.iter().any(Entry::is_written);
        let report = Report { version: 1, git_tag: asked.clone(), commit, written, releases };
        Ok((report, errors))
    }
}
