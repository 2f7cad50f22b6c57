//! Finding and opening a repository as git would, but without git's refusals and without running anything.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use gix::open::{Options, Permissions};
use gix::sec::trust::Mapping;

use super::{Git, Program};
use crate::error::{Error, Result};

/// Objects of a repository that another user owns are capped at 16 MiB by gix, unless this says otherwise.
const NO_LIMIT: &str = "gitoxide.objects.allocLimitIfReducedTrust=0";

impl Git {
    /// Opens the repository that holds `dir`, searching upwards.
    ///
    /// `GIT_DIR` is honoured as git honours it (hooks set it): it goes before `dir`, and if relative starts
    /// there. So are `GIT_WORK_TREE`, `GIT_INDEX_FILE` and `GIT_CEILING_DIRECTORIES`.
    ///
    /// A repository that another user owns is opened, too: CI containers run as root in checkouts that are
    /// not root's. git refuses since the repository's configuration might run programs; here none ever does.
    #[allow(
        clippy::disallowed_methods,
        reason = "gix reads the other GIT_ variables itself, at the same moment"
    )]
    pub fn open(dir: &Path) -> Result<Git> {
        Git::open_with(dir, std::env::var_os("GIT_DIR"), Permissions::all())
    }

    /// The same with what else would come from the environment: `GIT_DIR`, and whether its other variables
    /// and the user's own configuration count (in tests they do not).
    pub(super) fn open_with(dir: &Path, git_dir: Option<OsString>, allowed: Permissions) -> Result<Git> {
        let isolated = allowed.is_isolated();
        let options = options().permissions(allowed);
        let shared = match &git_dir {
            Some(git_dir) => {
                let git_dir = dir.join(git_dir);
                let opened = options.open_path_as_is(true).open(&git_dir);
                opened.map_err(|error| not_opened(&git_dir, "GIT_DIR", error))?
            }
            None => discover(dir, options)?,
        };
        // So that neither `-C .` nor a later change of folder matters.
        let mut repo = shared.to_thread_local();
        repo.make_paths_absolute().map_err(|error| {
            Error::unavailable("the repository's folder cannot be named").caused_by(error)
        })?;
        let work_dir = repo.workdir().map(Path::to_owned);
        let program = Arc::new(Program::new(repo.git_dir().to_owned(), work_dir, isolated));
        Ok(Git { reftable: is_reftable(&repo)?, shared: repo.into_sync(), program, elsewhere: None })
    }
}

fn options() -> Options {
    Options::default().config_overrides([NO_LIMIT])
}

/// Opens the repository of a checked-out submodule, with the same caution.
pub(super) fn submodule(folder: &Path) -> gix::Result<gix::ThreadSafeRepository> {
    options().open(folder)
}

fn discover(dir: &Path, options: Options) -> Result<gix::ThreadSafeRepository> {
    if !dir.is_dir() {
        return Err(Error::invalid(format!("{} is not a folder", dir.display())));
    }
    let search = gix::discover::upwards::Options { match_ceiling_dir_or_error: false, ..Default::default() };
    // gix's own options for a repository of another user also limit it to 32 packs; a checkout that
    // fetched often has more. So both levels of trust get the same ones.
    let levels = Mapping { full: options.clone(), reduced: options };
    gix::ThreadSafeRepository::discover_opts(dir, search.apply_environment(), levels)
        .map_err(|error| not_found(dir, error))
}

fn not_found(dir: &Path, error: gix::Error) -> Error {
    use gix::discover::upwards::Error as Search;
    let nothing_there = matches!(
        error.downcast_any_ref::<Search>(),
        Some(
            Search::NoGitRepository { .. }
                | Search::NoGitRepositoryWithinCeiling { .. }
                | Search::NoGitRepositoryWithinFs { .. }
        )
    );
    if !nothing_there {
        return not_opened(dir, "the folder", error);
    }
    let start = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    if let Some(root) = start.ancestors().find(|folder| folder.join(".jj").is_dir()) {
        return Error::invalid(format!("{} is a jj workspace without a .git folder", root.display()))
            .hint("run `jj git colocation enable` in it (older jj: `jj git init --colocate` in a new clone)")
            .hint("or point GIT_DIR at the repository that jj keeps: `.jj/repo/store/git`");
    }
    if let Some(dot_git) = start.ancestors().map(|folder| folder.join(".git")).find(|path| path.exists()) {
        return incomplete(&dot_git);
    }
    Error::invalid(format!("{} is not in a git repository", dir.display()))
        .hint("name the repository's folder with -C")
}

/// There is a `.git`, and it is none: often a linked worktree or a submodule that was copied or mounted alone.
fn incomplete(dot_git: &Path) -> Error {
    let shown = dot_git.display();
    if dot_git.is_dir() {
        return Error::invalid(format!("{shown} is not a complete git repository"))
            .hint("it lacks HEAD, objects or refs; a fresh clone repairs it");
    }
    let target = match std::fs::read_to_string(dot_git) {
        Ok(text) => text.trim().trim_start_matches("gitdir:").trim_start().escape_debug().to_string(),
        Err(error) => return Error::unavailable(format!("{shown} cannot be read")).caused_by(error),
    };
    Error::invalid(format!("{shown} points to {target}, where there is no git repository")).hint(
        "a linked worktree or a submodule needs the main repository, at the same path (in a container, too)",
    )
}

fn not_opened(dir: &Path, what: &str, error: gix::Error) -> Error {
    let message = format!("cannot open the git repository at {} ({what})", dir.display());
    if error.is_not_found() { Error::invalid(message) } else { Error::unavailable(message) }.caused_by(error)
}

/// gix opens a repository whose references are in a reftable, and then finds none of them.
fn is_reftable(repo: &gix::Repository) -> Result<bool> {
    let storage: Option<gix::bstr::BString> = repo.config_snapshot().string("extensions.refStorage");
    match storage {
        None => Ok(false),
        // The value may carry a location: `reftable://…`.
        Some(storage) if storage.eq_ignore_ascii_case(b"files") => Ok(false),
        Some(storage) if storage.to_ascii_lowercase().starts_with(b"reftable") => Ok(true),
        Some(storage) => Err(Error::unavailable(format!(
            "this repository keeps its references in a format that is not known here: {storage}"
        ))
        .hint("`git refs migrate --ref-format=files` turns it into the usual one")),
    }
}
