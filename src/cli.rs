//! The command line, as clap sees it. It parses and checks single values; what they mean together is for
//! `commands`.

mod expire;
mod history;
mod pin;
mod promote;
mod release;
mod start;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::error::Error;
use crate::reference::{Platform, Tag};
use crate::tags;

pub use expire::{Check, Expire};
pub use history::{Explain, Log, Simulate};
pub use pin::{Pin, PinKind};
pub use promote::Promote;
pub use release::Release;
pub use start::{Ci, Generate, Generated, Init};

/// Decides, for a commit, whether its container images have to be built or only retagged.
#[derive(Debug, Parser)]
#[command(name = "imgplan", version, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Exit status: 0 done, 1 configuration, Dockerfile or commit wrong, 2 usage, 3 git, registry or \
    credentials could not answer, 4 no image found (resolve), 5 a tag conflicts, or \
    release, promote, pin --check or expire has a finding, 10 builds are needed (only with --detailed-exitcode)."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Run as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// Use this configuration for everything, not the commit's own and the working tree's imgplan.toml [env:
    /// IMGPLAN_CONFIG]
    // Not by clap's `env`: an empty variable, as CI systems leave it, is no value.
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Where the images are: HOST/PATH of a registry, or oci:DIR [env: IMGPLAN_REPOSITORY]
    #[arg(long, value_name = "REPOSITORY", global = true)]
    pub repository: Option<String>,
    /// Only this image (repeatable)
    #[arg(long = "image", value_name = "NAME", global = true)]
    pub images: Vec<String>,
    /// What stdout gets
    #[arg(long, value_name = "FORMAT", global = true, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write FORMAT to PATH, too (repeatable)
    #[arg(long = "output", value_name = "FORMAT=PATH", global = true, value_parser = parse_output)]
    pub outputs: Vec<Output>,
    /// Say more
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Say only what went wrong
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// When to colour
    #[arg(long, value_name = "WHEN", global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// The scope that holds for this run: `--scope` of a command that has it, else IMGPLAN_SCOPE. `commands` fills it in.
    #[arg(skip)]
    pub scope: Option<String>,
}

/// What a plan is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs, version 1
    Json,
    /// Variables for GitLab's `artifacts: reports: dotenv` (plan, apply)
    Dotenv,
    /// A definition for docker buildx bake, of what must be built (plan, apply)
    Bake,
    /// A folder with a file for each value: --output files=DIR (plan, apply)
    Files,
    /// A GitLab child pipeline with a job for each image to build: --output gitlab=child.yml (plan, apply)
    Gitlab,
    /// Outputs, summary and annotations of a step in GitHub Actions; stdout gets the text (plan, apply)
    Github,
    /// A table for an issue or a job's summary (plan, apply, simulate, promote, release)
    Markdown,
    /// A picture (simulate)
    Svg,
    /// What Konflux' task apply-tags takes; imgplan then writes no tag itself (release)
    Tekton,
}

/// `--output FORMAT=PATH`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// As what.
    pub format: Format,
    /// Where to.
    pub path: PathBuf,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// At a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what would happen to each image; reads only
    Plan(PlanOnly),
    /// Plan, then retag; with --build, build what is left
    Apply(Apply),
    /// Print the image of a commit: repository@sha256:…
    Resolve(Resolve),
    /// Show commits beside the images they run on
    Log(Log),
    /// Show what imgplan would have saved over a history, and which input costs most; asks no registry
    Simulate(Simulate),
    /// Show every input of the images and why it is one, offline; with --against, what changed
    Explain(Explain),
    /// Rewrite references to the images in files to tag@digest; with --check, find what floats or is behind
    Pin(Pin),
    /// Put tags by lists on images that are there, within a registry or across; builds and pulls nothing
    Promote(Promote),
    /// Put version tags and floating tags on the image of a git tag's commit
    Release(Release),
    /// Show which tags' time is over; with --delete, delete them
    Expire(Expire),
    /// Check the configuration and the Dockerfiles, offline
    Check(Check),
    /// Write imgplan.toml, and the CI file of the platform found
    Init(Init),
    /// Write completions for a shell, man pages, or the JSON Schema of imgplan.toml
    Generate(Generate),
}

/// What `plan` and `apply` share.
#[derive(Debug, Clone, Args)]
pub struct Plan {
    /// Anything that git resolves to a commit
    #[arg(value_name = "COMMIT", default_value = "HEAD", hide_default_value = false)]
    pub commit: String,
    /// Exit with 10 where builds are needed
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Build again, even what is there
    #[arg(long, env = "IMGPLAN_FORCE", value_parser = clap::builder::FalseyValueParser::new())]
    pub force: bool,
    /// Let this write-once tag move (repeatable)
    #[arg(long = "move-tag", value_name = "TAG", value_parser = tag)]
    pub move_tags: Vec<Tag>,
    /// Platforms of every image, instead of the configured ones (repeatable, or with commas)
    #[arg(long = "platform", value_name = "OS/ARCH", value_delimiter = ',', value_parser = platform)]
    pub platforms: Vec<Platform>,
    /// Begin every tag that is written with NAME-, so that a run without it does not find the image [env: IMGPLAN_SCOPE]
    #[arg(long, value_name = "NAME", value_parser = scope)]
    pub scope: Option<String>,
    /// Trust the unmarked image of a commit, this one or an earlier one with the same inputs, to hold its content
    #[arg(long)]
    pub adopt: bool,
    /// Where no image is found, look at the last N commits for one (0: at none; default 1000, or as configured)
    #[arg(long, value_name = "N")]
    pub history: Option<usize>,
    /// What the jobs of the format gitlab build with; without it, the first that works there [env:
    /// IMGPLAN_GITLAB_BUILDER]
    #[arg(long, value_name = "BUILDER", value_enum)]
    pub gitlab_builder: Option<BuilderName>,
    /// YAML of a job (image, tags, services, variables …) that the jobs of the format gitlab are made of; its script, if
    /// it has one, builds the images
    #[arg(long, value_name = "FILE")]
    pub gitlab_job: Option<PathBuf>,
}

/// `imgplan plan`
#[derive(Debug, Clone, Args)]
pub struct PlanOnly {
    /// What `apply` takes, too.
    #[command(flatten)]
    pub plan: Plan,
    /// Read the working tree in place of a commit, as `git add -A` would see it
    #[arg(long, conflicts_with = "commit")]
    pub worktree: bool,
}

/// `imgplan apply`
#[derive(Debug, Clone, Args)]
pub struct Apply {
    /// Everything that `plan` takes.
    #[command(flatten)]
    pub plan: Plan,
    /// Do what FILE says, a plan.json of `imgplan plan`, after checking that its digests still stand
    #[arg(long = "plan", value_name = "FILE", conflicts_with = "commit")]
    pub reviewed: Option<PathBuf>,
    /// Put every wanted tag again, also where it is there: for registries that delete what was not pushed for a while
    #[arg(long, conflicts_with = "reviewed")]
    pub refresh: bool,
    /// Build what is left, with the builder found or named
    #[arg(
        long,
        value_name = "BUILDER",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "auto",
        value_enum,
        conflicts_with = "build_command"
    )]
    pub build: Option<BuilderName>,
    /// Build what is left with this shell command (see IMGPLAN_CONTEXT, IMGPLAN_DOCKERFILE, IMGPLAN_TAGS)
    #[arg(long, value_name = "CMD")]
    pub build_command: Option<String>,
}

/// A builder by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BuilderName {
    /// The first that works here
    Auto,
    /// docker buildx
    Buildx,
    /// buildah
    Buildah,
    /// podman
    Podman,
}

/// `imgplan resolve`
#[derive(Debug, Clone, Args)]
pub struct Resolve {
    /// Anything that git resolves to a commit; a full id, also of a commit that is not here
    #[arg(value_name = "COMMIT", default_value = "HEAD")]
    pub commits: Vec<String>,
    /// Print repository:tag instead of the digest
    #[arg(long)]
    pub tag: bool,
    /// Follow the commit's pin (Renku: `image` in .renku/renku.ini)
    #[arg(long)]
    pub pin: bool,
    /// Where no image is found, look at the last N commits for one (0: at none; default 1000, or as configured)
    #[arg(long, value_name = "N")]
    pub history: Option<usize>,
    /// Resolve commits of the repository at URL, without a clone: HEAD, branches, tags and full ids
    #[arg(long, value_name = "URL")]
    pub repo: Option<String>,
    /// Look at tags that begin with NAME- [env: IMGPLAN_SCOPE]
    #[arg(long, value_name = "NAME", value_parser = scope)]
    pub scope: Option<String>,
}

fn explained(error: &Error) -> String {
    [error.message()]
        .into_iter()
        .chain(error.hints().iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join("; ")
}

fn tag(text: &str) -> Result<Tag, String> {
    Tag::new(text).map_err(|error| explained(&error))
}

fn platform(text: &str) -> Result<Platform, String> {
    Platform::parse(text).map_err(|error| explained(&error))
}

/// What every tag can begin with.
fn scope(text: &str) -> Result<String, String> {
    tags::scope::check(text).map(|()| text.to_owned()).map_err(|error| explained(&error))
}

fn parse_output(text: &str) -> Result<Output, String> {
    let (format, path) = text.split_once('=').ok_or("write it as FORMAT=PATH, for example json=plan.json")?;
    if path.is_empty() {
        return Err("the path is empty".to_owned());
    }
    let format = Format::from_str(format, false).map_err(|_| {
        let known: Vec<String> = Format::value_variants()
            .iter()
            .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
            .collect();
        format!("{format:?} is no format; there are {}", known.join(", "))
    })?;
    Ok(Output { format, path: PathBuf::from(path) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
