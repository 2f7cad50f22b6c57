//! `imgplan init`: writes what a project needs to begin, from what is there, and overwrites nothing unasked.
//!
//! Everything is looked at first, so that either all files are written or none. stdout has what a person (or a pipe)
//! takes from here: the job for a CI file that is there already, or with `--dry-run` all files.

mod facts;
mod files;

use crate::cli::{Ci, Common, Format, Init};
use crate::commands::environment::Environment;
use crate::commands::{Ended, output};
use crate::config::{FILE as CONFIGURATION, OWN_NAME};
use crate::draft::ci::{self, Platform};
use crate::draft::{self, Draft, LeftOut, Why, pipeline};
use crate::error::{Error, Errors, Kind, Result};
use crate::git::Git;
use crate::printer::Printer;
use crate::render;
use crate::text::list;
use files::{File, Root};

/// How many images are named.
const NAMED: usize = 15;

/// How many Dockerfiles that are left out are named.
const SHOWN: usize = 5;

/// All that is to be done.
struct Work {
    draft: Draft,
    /// To be written.
    files: Vec<File>,
    /// A CI file that is there.
    present: Option<Present>,
    /// The platform that is known.
    platform: Option<Platform>,
    /// Whether no CI file is wanted.
    unwanted: bool,
    /// Whether there is a commit to plan.
    committed: bool,
}

/// A CI file that is there, and stays as it is.
struct Present {
    path: String,
    /// The job that it lacks.
    job: Option<String>,
    /// What to do about it.
    advice: String,
}

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Init, printer: &Printer) -> Result<Ended, Errors> {
    if common.config.is_some() || !common.images.is_empty() {
        let message = "init takes neither --config nor --image";
        let hint =
            format!("it writes {CONFIGURATION} at the repository's root, for all images that it finds");
        return Err(Error::new(Kind::Usage, message).hint(hint).into());
    }
    let environment = Environment::read(common.directory.as_deref())?;
    let git = Git::open(environment.directory())?;
    let Some(folder) = git.work_dir() else {
        return Err(Error::invalid("this is a bare repository: there is no working tree to write into")
            .hint("run `imgplan init` in a clone of it")
            .into());
    };
    let root = Root::new(folder);
    let work = work(common, arguments, &environment, &git, &root)?;
    root.may_write(&work.files, arguments.overwrite)?;
    if !arguments.dry_run {
        root.write(&work.files, arguments.overwrite)?;
    }
    let errors = output::write_each(common, printer, |format, _| match format {
        Format::Json => render::json::value(&json(&work, !arguments.dry_run)),
        _ => Ok(text(&work, arguments.dry_run).into_bytes()),
    });
    say(&work, arguments.dry_run, printer, |path| environment.show(&root.path(path)));
    Ok(Ended::with(errors))
}

fn work(
    common: &Common,
    arguments: &Init,
    environment: &Environment,
    git: &Git,
    root: &Root,
) -> Result<Work, Errors> {
    let facts = facts::of(common, environment, git, root)?;
    let objects = git.worktree_files()?;
    let draft = draft::draft(&objects, &objects.root(), &facts)?;
    let mut files = Vec::new();
    match &draft.text {
        Some(text) => files.push(File { path: CONFIGURATION, contents: text.clone() }),
        // It is not needed, but whoever has one has set something in it.
        None if root.has(CONFIGURATION) && !arguments.overwrite => {
            files.push(File { path: CONFIGURATION, contents: String::new() });
        }
        None => {}
    }
    let platform = match arguments.ci {
        Some(Ci::Gitlab) => Some(Platform::GitLab),
        Some(Ci::Github) => Some(Platform::GitHub),
        Some(Ci::None) => None,
        None => ci::platform(facts::signs(git, root)?),
    };
    let mut present = None;
    if let Some(platform) = platform {
        let (path, contents) = (platform.file(), platform.contents());
        // A pipeline is the user's own: a job can be added to it, and nothing is ever replaced.
        if platform == Platform::GitLab && root.has(path) {
            let text = root.read(path)?;
            let job = (!pipeline::runs_imgplan(&text)).then(|| platform.addition());
            present = Some(Present { path: path.to_owned(), job, advice: pipeline::advice(&text) });
        } else if let Some(other) = workflow(platform, root)? {
            present = Some(Present { path: other, job: None, advice: "it runs imgplan already".to_owned() });
        } else {
            files.push(File { path, contents: contents.to_owned() });
        }
    }
    let unwanted = arguments.ci == Some(Ci::None);
    // What is wrong with it, `plan` will say.
    let committed = git.commit("HEAD").is_ok();
    Ok(Work { draft, files, present, platform, unwanted, committed })
}

/// A workflow by another name that runs imgplan.
fn workflow(platform: Platform, root: &Root) -> Result<Option<String>> {
    if platform != Platform::GitHub {
        return Ok(None);
    }
    for path in root.list(".github/workflows")? {
        if path != platform.file() && pipeline::runs_imgplan(&root.read(&path)?) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// stdout: with `--dry-run` all files with their names; else the job that is to be added.
fn text(work: &Work, dry_run: bool) -> String {
    let mut text = String::new();
    if dry_run {
        for File { path, contents } in &work.files {
            text.push_str(&format!("--- {path}\n{contents}\n"));
        }
    }
    if let Some(Present { path, job: Some(job), .. }) = &work.present {
        if dry_run {
            text.push_str(&format!("--- {path}, to be added by hand\n"));
        }
        text.push_str(job);
    }
    text
}

fn json(work: &Work, written: bool) -> serde_json::Value {
    let files =
        work.files.iter().map(|file| serde_json::json!({ "path": file.path, "contents": file.contents }));
    let left_out = work.draft.left_out.iter();
    let left_out =
        left_out.map(|left| serde_json::json!({ "path": left.dockerfile, "reason": reason(left) }));
    serde_json::json!({
        "version": 1,
        "written": written,
        "images": work.draft.images,
        "files": files.collect::<Vec<_>>(),
        "to_add": work.present.as_ref().and_then(|there| {
            Some(serde_json::json!({ "path": there.path, "contents": there.job.as_ref()? }))
        }),
        "left_out": left_out.collect::<Vec<_>>(),
    })
}

/// Why a Dockerfile is left out.
fn reason(left: &LeftOut) -> &str {
    match &left.why {
        Why::Aside => "it looks like an example or a test",
        Why::Fails(reason) => reason,
    }
}

/// stderr: what was done, what was not, and what to try next.
fn say(work: &Work, dry_run: bool, printer: &Printer, show: impl Fn(&str) -> String) {
    let (aside, failed): (Vec<_>, Vec<_>) =
        work.draft.left_out.iter().partition(|left| left.why == Why::Aside);
    for left in failed.iter().take(SHOWN) {
        match reason(left) {
            // It begins with the place.
            reason if reason.starts_with(&left.dockerfile) => printer.warn(&format!("left out: {reason}")),
            reason => printer.warn(&format!("left out: {}: {reason}", left.dockerfile)),
        }
    }
    if failed.len() > SHOWN {
        printer.warn(&format!("{} more are left out; {CONFIGURATION} says why", failed.len() - SHOWN));
    }
    match aside.as_slice() {
        [] => {}
        [left] => printer.note(&format!("{} is left out: {}", left.dockerfile, reason(left))),
        [left, rest @ ..] => printer.note(&format!(
            "{} and {} more are left out: they look like examples or tests",
            left.dockerfile,
            rest.len()
        )),
    }
    if work.draft.text.is_none() {
        printer.note(&format!(
            "no {CONFIGURATION} is needed: the Dockerfile at the root is the project's image, and the defaults hold"
        ));
    }
    let verb = if dry_run { "would write" } else { "wrote" };
    for File { path, .. } in &work.files {
        let own =
            |name: &String| if name == OWN_NAME { "the project's own".to_owned() } else { name.clone() };
        let images: Vec<String> = work.draft.images.iter().map(own).collect();
        let what = match images.len() {
            _ if *path != CONFIGURATION => String::new(),
            1 => ", with 1 image".to_owned(),
            count if count > NAMED => format!(", with {count} images"),
            count => format!(", with {count} images: {}", list(&images)),
        };
        printer.note(&format!("{verb} {}{what}", show(path)));
    }
    if let Some(Present { path, advice, .. }) = &work.present {
        printer.note(&format!("{} is there and is left as it is: {advice}", show(path)));
    }
    if let Some(note) = of_platform(work) {
        printer.note(&note);
    }
    if !dry_run {
        let commit = if work.files.is_empty() && work.committed { "" } else { ", then commit" };
        printer.note(&format!("next: `imgplan check`{commit}, then `imgplan plan`"));
    }
}

/// What to know of the CI file.
fn of_platform(work: &Work) -> Option<String> {
    let taken = match &work.present {
        Some(there) => there.job.is_some(),
        None => true,
    };
    match work.platform {
        None => (!work.unwanted).then(|| "no CI file: `--ci gitlab` or `--ci github` writes one".to_owned()),
        Some(Platform::GitLab) if taken && work.draft.images.len() > 1 => Some(format!(
            "the job builds {} images one after another; a child pipeline gives each a job of its own: docs/gitlab.md, \
             \"A job for each build\"",
            work.draft.images.len()
        )),
        Some(Platform::GitHub) if taken && !ci::is_released() => Some(format!(
            "imgplan {} is not released, so the workflow's step `uses: imgplan/imgplan` has nothing to download and fails: \
             build imgplan in a step before it, and name the program with `binary:` (docs/github.md, \"Before the first \
             release\")",
            env!("CARGO_PKG_VERSION")
        )),
        Some(_) => None,
    }
}
