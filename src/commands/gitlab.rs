//! What the jobs of a GitLab child pipeline repeat of this run: read once, from the command line and the environment.

use std::path::{Path, PathBuf};

use clap::ValueEnum as _;

use crate::cli::{BuilderName, Common, Format, Plan as Arguments};
use crate::commands::definitions::named_config;
use crate::commands::environment::Environment;
use crate::commands::output;
use crate::error::{Error, Kind, Result};
use crate::render::gitlab::{Jobs, Template};

/// None where no child pipeline was asked for. Reads the user's job, so that what is wrong with it is said before
/// anything is done.
pub(super) fn jobs(
    environment: &Environment,
    common: &Common,
    arguments: &Arguments,
) -> Result<Option<Jobs>> {
    if !output::formats_of(common).any(|format| format == Format::Gitlab) {
        return Ok(None);
    }
    let template = match &arguments.gitlab_job {
        Some(file) => template(&environment.directory().join(file), file)?,
        None => Template::default(),
    };
    let builder = builder(arguments, environment)?;
    if let (Some(builder), Some(_)) = (&builder, &template.script) {
        return Err(Error::new(
            Kind::Usage,
            format!("the images are built with {builder} or by the job's script?"),
        )
        .hint("leave out either --gitlab-builder (IMGPLAN_GITLAB_BUILDER) or the script of --gitlab-job"));
    }
    let place = place(common, environment)?;
    Ok(Some(Jobs {
        place,
        builder,
        image: environment.get("CI_JOB_IMAGE").map(str::to_owned),
        options: options(common, arguments, environment)?,
        template,
    }))
}

/// Refuses a child pipeline for the working tree.
pub(super) fn needs_a_commit(common: &Common) -> Result<()> {
    if !output::formats_of(common).any(|format| format == Format::Gitlab) {
        return Ok(());
    }
    Err(Error::new(Kind::Usage, "no job can build the working tree: it has a clone of a commit")
        .hint("leave --worktree out, or take another format than gitlab"))
}

fn template(path: &Path, shown: &Path) -> Result<Template> {
    let shown = shown.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| {
        Error::invalid(format!("the job {shown} cannot be read"))
            .caused_by(error)
            .hint("--gitlab-job FILE names YAML with the keys of one job")
    })?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Error::invalid(format!("the job {shown} is not UTF-8")).hint("save the file as UTF-8")
    })?;
    Template::parse(&shown, &text)
}

fn builder(arguments: &Arguments, environment: &Environment) -> Result<Option<String>> {
    let named = match (arguments.gitlab_builder, environment.get("IMGPLAN_GITLAB_BUILDER")) {
        (Some(builder), _) => builder,
        (None, None) => return Ok(None),
        (None, Some(text)) => BuilderName::from_str(text, false).map_err(|_| {
            Error::new(Kind::Usage, format!("IMGPLAN_GITLAB_BUILDER is {text:?}, which is no builder"))
                .hint("there are auto, buildx, buildah and podman")
        })?,
    };
    let name = named.to_possible_value().map(|value| value.get_name().to_owned());
    Ok(name.filter(|_| named != BuilderName::Auto))
}

/// Where the jobs run. A job starts in its clone, whose place on a runner may be another one.
fn place(common: &Common, environment: &Environment) -> Result<Vec<String>> {
    let here = environment.directory();
    let clone = environment.get("CI_PROJECT_DIR").map(Path::new);
    let folder = match clone.and_then(|clone| here.strip_prefix(clone).ok()) {
        Some(below) => below.to_owned(),
        None => common.directory.clone().unwrap_or_default(),
    };
    if folder.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let folder = if folder.to_string_lossy().starts_with('-') { Path::new(".").join(folder) } else { folder };
    Ok(vec!["-C".to_owned(), text(&folder)?])
}

fn options(common: &Common, arguments: &Arguments, environment: &Environment) -> Result<Vec<String>> {
    let mut options = Vec::new();
    if let Some(file) = named_config(common, environment) {
        let here = environment.directory();
        let file = file.strip_prefix(here).map(PathBuf::from).unwrap_or(file);
        options.push(format!("--config={}", text(&file)?));
    }
    let repository = common.repository.as_deref().or_else(|| environment.get("IMGPLAN_REPOSITORY"));
    options.extend(repository.map(|repository| format!("--repository={repository}")));
    options.extend(common.scope.iter().map(|scope| format!("--scope={scope}")));
    options.extend(arguments.platforms.iter().map(|platform| format!("--platform={platform}")));
    options.extend(arguments.move_tags.iter().map(|tag| format!("--move-tag={tag}")));
    options.extend(arguments.history.iter().map(|history| format!("--history={history}")));
    let flags = [(arguments.adopt, "--adopt"), (arguments.force, "--force")];
    options.extend(flags.iter().filter(|(set, _)| *set).map(|(_, flag)| (*flag).to_owned()));
    Ok(options)
}

fn text(path: &Path) -> Result<String> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| {
        Error::invalid(format!(
            "the path {} cannot stand in a child pipeline: it is not UTF-8",
            path.display()
        ))
        .hint("give the file or folder a name in UTF-8")
    })
}
