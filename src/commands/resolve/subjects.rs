//! What is asked for: each image of each commit, as far as git and the configuration tell.

use crate::cli::{Common, Resolve};
use crate::commands::environment::Environment;
use crate::commands::facts::Gatherer;
use crate::commands::repository::Purpose;
use crate::commands::resolve::outside;
use crate::commands::resolve::subject::{By, Subject};
use crate::commands::session::{self, Session};
use crate::commands::shaped::Reading;
use crate::error::{Error, Errors, Place, Result};
use crate::git::{self, Commit, Elsewhere, Git};
use crate::printer::Printer;
use crate::reference::{Digest, ImageName, Repository, Tag};
use crate::renku;
use crate::tags;
use crate::tree::Objects;

/// All that is asked for.
pub(super) struct Asked {
    pub(super) environment: Environment,
    pub(super) subjects: Vec<Subject>,
    /// Commits and images that could not be read.
    pub(super) errors: Errors,
}

/// Reads all commits. One that cannot be read does not stop the others.
pub(super) fn read(common: &Common, arguments: &Resolve, printer: &Printer) -> Result<Asked, Errors> {
    let environment = Environment::read(common.directory.as_deref())?;
    let mut all = Asked { environment, subjects: Vec::new(), errors: Errors::default() };
    // The cache is held until all is read.
    let elsewhere = match &arguments.repo {
        None => None,
        Some(url) => Some(Elsewhere::open(url, &all.environment.cache()?)?),
    };
    let elsewhere = elsewhere.as_ref().map(|(elsewhere, _held)| elsewhere);
    // What is said of the surroundings is said once.
    let silent = Printer::silent();
    for (index, asked) in arguments.commits.iter().enumerate() {
        let said = if index == 0 { printer } else { &silent };
        match commit(common, arguments, &mut all, asked, elsewhere, said) {
            Ok(subjects) => all.subjects.extend(subjects),
            Err(errors) => all.errors.extend(errors.0),
        }
    }
    if all.subjects.is_empty() && !all.errors.0.is_empty() {
        return Err(all.errors);
    }
    Ok(all)
}

fn commit(
    common: &Common,
    arguments: &Resolve,
    all: &mut Asked,
    asked: &str,
    elsewhere: Option<&Elsewhere>,
    printer: &Printer,
) -> Result<Vec<Subject>, Errors> {
    let environment = all.environment.clone();
    if let Some(elsewhere) = elsewhere {
        let (git, id) = elsewhere.commit(asked)?;
        let environment = environment.of_another_project();
        return here(common, arguments, all, (asked, &id.to_string()), (environment, git), printer);
    }
    let git = match Git::open(environment.directory()) {
        Ok(git) => git,
        Err(error) if git::is_full_id(asked) && error.kind() == crate::error::Kind::Invalid => {
            return outside::subjects(common, &environment, None, asked);
        }
        Err(error) if could_be_short(asked) => {
            let hint = "outside of a clone only a full commit id can be looked up, with --repository; this is a short one";
            return Err(error.hint(hint).into());
        }
        Err(error) => return Err(error.into()),
    };
    if git::is_full_id(asked) && git.lacks(asked)? {
        return outside::subjects(common, &environment, Some(&git), asked);
    }
    here(common, arguments, all, (asked, asked), (environment, git), printer)
}

fn could_be_short(asked: &str) -> bool {
    (4..40).contains(&asked.len()) && asked.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A commit that is here: as it was written, and as this repository knows it.
fn here(
    common: &Common,
    arguments: &Resolve,
    all: &mut Asked,
    (asked, spec): (&str, &str),
    (environment, git): (Environment, Git),
    printer: &Printer,
) -> Result<Vec<Subject>, Errors> {
    let commit = git.commit(spec)?;
    let pin = pin(&git, &commit, arguments.pin, printer)?;
    if let Some(pin) = pin.as_deref().filter(|_| arguments.pin) {
        return Ok(vec![pinned(pin, asked, &commit)?]);
    }
    let session = Session::open_in(
        environment,
        git,
        common,
        session::Subject::Commit(spec),
        &[],
        Purpose::Resolve,
        printer,
    )?;
    of_session(&session, common, asked, pin.as_deref(), &mut all.errors)
}

/// The wanted images of a session's commit, which was asked for as `asked`; those that cannot be read are in `errors`.
pub(super) fn of_session(
    session: &Session,
    common: &Common,
    asked: &str,
    pin: Option<&str>,
    errors: &mut Errors,
) -> Result<Vec<Subject>, Errors> {
    let scope = common.scope.as_deref();
    let gatherer = Gatherer::new(session, common);
    let mut project = session.assess(common)?;
    errors.extend(std::mem::take(&mut project.errors.0));
    let wanted = |name: &str| common.images.is_empty() || common.images.iter().any(|image| image == name);
    let mut subjects = Vec::new();
    for assessed in project.images.iter().filter(|assessed| wanted(&assessed.defined.name)) {
        let name = assessed.defined.name.clone();
        let Some(repository) = session.repository_of(&name) else { continue };
        let content_hash = assessed.content_hash.to_string();
        let facts = gatherer.of(&session.commit, (&name, &content_hash), scope)?;
        let commit_tag = gatherer.commit_tag(&facts)?;
        let reading = Reading::new(&session.policy, facts);
        let content_tag = tags::content_tag(&content_hash, scope)?;
        let trusted = match session.trusted_of(&name) {
            Some(there) => Some((there.clone(), tags::content_tag(&content_hash, None)?)),
            None => None,
        };
        subjects.push(Subject {
            asked: asked.to_owned(),
            commit: session.sha.clone(),
            name,
            repository: repository.clone(),
            by: By::Content { commit_tag, trusted, content_tag, content_hash, reading },
            pin: pin.map(str::to_owned),
        });
    }
    Ok(subjects)
}

/// The pin of a commit; where it is not followed, one that cannot be read is only said.
fn pin(git: &Git, commit: &Commit, follow: bool, printer: &Printer) -> Result<Option<String>> {
    let objects = git.objects();
    match read_pin(&objects, commit) {
        Err(error) if !follow => {
            printer
                .warn(&format!("whether {} is pinned to an image cannot be told: {error}", commit.short()));
            Ok(None)
        }
        pin => pin,
    }
}

fn read_pin(objects: &dyn Objects, commit: &Commit) -> Result<Option<String>> {
    let bytes = git::file_at(objects, &commit.tree, renku::FILE, &place(commit))?;
    Ok(bytes.and_then(|bytes| renku::pinned_image(&bytes)))
}

fn place(commit: &Commit) -> String {
    format!("{} at {}", renku::FILE, commit.short())
}

/// The pinned image instead of the commit's own.
fn pinned(pin: &str, asked: &str, commit: &Commit) -> Result<Subject> {
    let wrong = || {
        Error::invalid(format!("{pin:?} is not the name of an image"))
            .at(Place::file(place(commit)).key("interactive.image"))
            .hint("without --pin the commit's own image is resolved")
    };
    let name = ImageName::parse(pin).ok_or_else(wrong)?;
    let by = match (name.tag, name.digest) {
        (_, Some(digest)) => Err(Digest::new(digest)?),
        (Some(tag), None) => Ok(Tag::new(tag)?),
        (None, None) => return Err(wrong()),
    };
    Ok(Subject {
        asked: asked.to_owned(),
        commit: commit.id.to_string(),
        name: name.path.rsplit('/').next().unwrap_or(&name.path).to_owned(),
        repository: Repository::Remote { registry: name.registry, path: name.path },
        by: By::Pin(by),
        pin: Some(pin.to_owned()),
    })
}
