//! Which images a commit defines, what they are called and where they live.
//!
//! Definitions of images come from the commit, policy from the present file; the project's own place decides which `FROM`
//! means an image of this plan.

use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

use crate::cli::Common;
use crate::commands::environment::Environment;
use crate::commands::repository::{self, Chosen};
use crate::config::{self, Absent, Config, FILE, Image, ImageId, detect};
use crate::error::{Error, Errors, Place, Result};
use crate::git::{self, Commit, Git};
use crate::project::Defined;
use crate::reference::{ImageName, Repository};
use crate::tree::{Id, Objects};

/// A definition with its repository.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    /// For `project`.
    pub defined: Defined,
    /// Where this image lives.
    pub repository: Repository,
    /// In a scoped run, where a run without a scope has it: its content is trusted.
    pub trusted: Option<Repository>,
}

/// The present configuration: the named file, else the working tree's, in a bare repository that of HEAD.
pub(super) fn present(
    common: &Common,
    environment: &Environment,
    git: &Git,
) -> Result<Option<(String, Config)>, Errors> {
    if let Some(named) = named(common, environment)? {
        return Ok(Some(named));
    }
    let Some((place, bytes)) = git.show_present(FILE)? else { return Ok(None) };
    let base = git.work_dir().map_or_else(|| git.common_dir(), Path::to_path_buf);
    parse(&place, &bytes, &base).map(Some)
}

/// The configuration that was named, if one was.
pub(super) fn named(common: &Common, environment: &Environment) -> Result<Option<(String, Config)>, Errors> {
    let Some(file) = named_config(common, environment) else { return Ok(None) };
    let path = environment.directory().join(&file);
    let bytes = read(&path)?;
    let base = path.parent().unwrap_or(Path::new("")).to_path_buf();
    parse(&file.display().to_string(), &bytes, &base).map(Some)
}

/// The configuration named by `--config` or `IMGPLAN_CONFIG`.
pub(super) fn named_config(common: &Common, environment: &Environment) -> Option<PathBuf> {
    common.config.clone().or_else(|| environment.get("IMGPLAN_CONFIG").map(PathBuf::from))
}

fn read(path: &PathBuf) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        Error::invalid(format!("the configuration {} cannot be read", path.display())).caused_by(error).hint(
            "--config FILE or IMGPLAN_CONFIG names it; without either, imgplan.toml at the root is read",
        )
    })
}

fn parse(place: &str, bytes: &[u8], base: &Path) -> Result<(String, Config), Errors> {
    let text = bytes.to_str().map_err(|error| {
        let before = String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default());
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Error::invalid("a byte that is not UTF-8")
            .at(Place::line(place, line).column(column))
            .hint("TOML is UTF-8: save the file as UTF-8")
    })?;
    Ok((text.to_owned(), config::parse(place, text, base)?))
}

/// The image tables of the commit's own file; from before it was there, those of the present one, and a sentence that
/// says so; without either, what is found. `named`: the present file is for all commits.
pub(super) fn definitions(
    named: bool,
    git: &Git,
    objects: &dyn Objects,
    commit: &Commit,
    present: Option<&(String, Config)>,
    absent: Absent,
) -> Result<(Vec<Image>, Option<String>), Errors> {
    let images = |config: Option<&Config>, absent| images(objects, &commit.tree, config, absent);
    let presently = |absent| images(present.map(|(_, config)| config), absent);
    if named {
        return Ok((presently(absent)?, None));
    }
    let place = format!("{FILE} at {}", commit.short());
    match (git::file_at(objects, &commit.tree, FILE, &place)?, present) {
        (Some(own), Some((text, config))) if *own == text.as_bytes() => {
            Ok((images(Some(config), absent)?, None))
        }
        (Some(own), _) => {
            let base = git.work_dir().map_or_else(|| git.common_dir(), Path::to_path_buf);
            let (_, config) = parse(&place, &own, &base)?;
            Ok((images(Some(&config), absent)?, None))
        }
        (None, present) => {
            let note =
                present.filter(|(_, config)| config.asks_the_tree() || !config.images.is_empty()).map(|_| {
                    format!(
                        "{} has no {FILE}: its images are read as the present file defines them",
                        commit.short()
                    )
                });
            // The present file was not written for this commit: what it lacks is no mistake.
            Ok((presently(Absent::Passed)?, note))
        }
    }
}

/// The images that a configuration defines in a tree; without any definition, what is found there.
pub(super) fn images(
    objects: &dyn Objects,
    tree: &Id,
    config: Option<&Config>,
    absent: Absent,
) -> Result<Vec<Image>, Errors> {
    match config {
        Some(config) if config.asks_the_tree() => config.images_of(objects, tree, absent),
        Some(config) if !config.images.is_empty() => Ok(config.images.clone()),
        _ => Ok(detect::images(objects.tree(tree)?.as_ref())),
    }
}

/// The same for a run with a scope: images have the names that they have without one, and are written where `scoped`
/// says, if the scope has a repository of its own; then no image's own `repository` holds, which is a trusted one.
pub(super) fn in_scope(placed: &mut [Placed], scoped: Option<&Repository>) -> Result<(), Errors> {
    let mut errors = Errors::default();
    for placed in placed.iter_mut() {
        placed.trusted = Some(placed.repository.clone());
        match (scoped, &placed.defined.image.id) {
            (None, _) => {}
            (Some(scoped), ImageId::Own) => placed.repository = scoped.clone(),
            (Some(scoped), ImageId::Named(name)) => match scoped.join(name) {
                Ok(repository) => placed.repository = repository,
                Err(error) => errors.push(error.at(placed.defined.image.place.clone())),
            },
        }
    }
    errors.or(())
}

/// Refuses a scope whose repository is one that a run without a scope trusts.
pub(super) fn check_scope(placed: &[Placed], scope: &str) -> Result<(), Errors> {
    let mut errors = Errors::default();
    for image in placed {
        if let Some(other) = placed.iter().find(|other| other.trusted.as_ref() == Some(&image.repository)) {
            let text = format!(
                "the scope {scope:?} would write {} to {}, where the trusted images of {} are",
                image.defined.name, image.repository, other.defined.name
            );
            errors.push(Error::invalid(text).hint("give the scope a repository of its own in [scopes]"));
        }
    }
    errors.or(())
}

/// Gives every image its name and its repository.
pub(super) fn locate(
    images: Vec<Image>,
    present: &[Image],
    chosen: &Chosen,
    configured: Option<&Repository>,
    environment: &Environment,
    git: &Git,
) -> Result<Vec<Placed>, Errors> {
    let mut errors = Errors::default();
    let mut located = Vec::new();
    for image in images {
        let own =
            present.iter().find(|other| other.id == image.id).and_then(|other| other.repository.clone());
        match place(image, own, chosen, configured, environment, git) {
            Ok(image) => located.push(image),
            Err(error) => errors.push(error),
        }
    }
    name_apart(&mut located);
    for (index, image) in located.iter().enumerate() {
        if let Some(other) = located[..index].iter().find(|other| other.repository == image.repository) {
            errors.push(
                Error::invalid(format!(
                    "the images {} and {} have the same repository {}, and so the same tags",
                    other.defined.name, image.defined.name, image.repository
                ))
                .at(image.defined.image.place.clone())
                .hint("give one of them another: repository = \"…\""),
            );
        }
    }
    errors.or(located)
}

/// `ghcr.io/acme/shop` with an `[images.shop]`: the project's own image then goes by the name that no table can have.
fn name_apart(located: &mut [Placed]) {
    let is_own = |placed: &Placed| placed.defined.image.id == ImageId::Own;
    let taken: Vec<String> =
        located.iter().filter(|placed| !is_own(placed)).map(|placed| placed.defined.name.clone()).collect();
    for own in located.iter_mut().filter(|placed| is_own(placed)) {
        if taken.contains(&own.defined.name) {
            config::OWN_NAME.clone_into(&mut own.defined.name);
        }
    }
}

fn place(
    image: Image,
    own: Option<Repository>,
    chosen: &Chosen,
    configured: Option<&Repository>,
    environment: &Environment,
    git: &Git,
) -> Result<Placed> {
    let below = |base: &Repository| match &image.id {
        ImageId::Own => Ok(base.clone()),
        ImageId::Named(name) => base.join(name),
    };
    let name = match &image.id {
        ImageId::Named(name) => name.clone(),
        ImageId::Own => project_name(chosen, environment, git),
    };
    let repository = match own {
        Some(repository) => repository,
        None => below(&chosen.repository)?,
    };
    // A FROM is matched against where the image is and against where it belongs, so that another repository for one
    // run (a test, `oci:`) changes no hash.
    let home = repository::home(configured, environment, git)?;
    let home = home.iter().map(&below).collect::<Result<Vec<_>>>()?;
    let known_as = std::iter::once(&repository)
        .chain(&home)
        .filter_map(|repository| match repository {
            Repository::Remote { .. } => ImageName::parse(&repository.to_string()),
            Repository::Layout { .. } => None,
        })
        .collect();
    Ok(Placed { defined: Defined { image, name, known_as }, repository, trusted: None })
}

/// The project's own image is named after the repository's last part; for the embedded folder, after the project's.
fn project_name(chosen: &Chosen, environment: &Environment, git: &Git) -> String {
    let last = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = match &chosen.repository {
        Repository::Remote { path, .. } => path.rsplit('/').next().map(str::to_owned),
        Repository::Layout { dir, .. } if !chosen.embedded => last(dir),
        Repository::Layout { .. } => {
            git.work_dir().and_then(|dir| last(&environment.directory().join(dir))).or_else(|| {
                let name = last(&git.common_dir())?;
                Some(name.strip_suffix(".git").unwrap_or(&name).to_owned())
            })
        }
    };
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "image".to_owned())
}

/// Refuses a tree that defines no image at all.
pub(super) fn check_any(definitions: &[Placed], objects: &dyn Objects, tree: &Id) -> Result<()> {
    if !definitions.is_empty() {
        return Ok(());
    }
    if detect::has_containerfile(objects.tree(tree)?.as_ref()) {
        let name = detect::CONTAINERFILE;
        return Err(Error::invalid(format!(
            "no image is defined: at the root there is a {name}, which must be named, and no Dockerfile"
        ))
        .hint(format!("this line of {FILE} takes it: image.dockerfile = \"{name}\"")));
    }
    let message = format!(
        "no image is defined: there is no Dockerfile at the root, and no {FILE} that names one or finds one here"
    );
    Err(Error::invalid(message).hint(format!(
        "`imgplan init` writes {FILE} for the Dockerfiles that it finds; by hand: [images.app] with context = \"app\""
    )))
}

/// Refuses names that no image has; without any image there is nothing to compare them with.
pub(super) fn check_names(definitions: &[Placed], wanted: &[String]) -> Result<(), Errors> {
    let mut errors = Errors::default();
    let names: Vec<&str> = definitions.iter().map(|located| located.defined.name.as_str()).collect();
    for name in wanted.iter().filter(|name| !names.is_empty() && !names.contains(&name.as_str())) {
        errors.push(
            Error::invalid(format!("there is no image {name:?} in this commit"))
                .hint(format!("its images: {}", names.join(", "))),
        );
    }
    errors.or(())
}
