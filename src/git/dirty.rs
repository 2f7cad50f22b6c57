//! Which of a commit's files differ in the working tree, so that a plan can say that it reads the commit.
//!
//! Only a courtesy: nothing here enters a hash. What the index's stat data vouches for is not read; the rest
//! is hashed as git would. Of git's conversions only line endings and LFS pointers are undone, since filters
//! are programs that the repository names, and those are never run: a file with another filter (or a
//! `working-tree-encoding`, or `ident`) whose stat data changed counts as differing, which it may not.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::index::entry::{Flags, Stage, Stat, stat};
use gix::objs::Kind;

use super::conversion::{self, Conversion, Conversions};
use super::disk::{Folders, is_absent, link_bytes, on_disk, place, submodule_head, unreadable};
use super::{Commit, Git, id_from, oid_from};
use gix::index::fs::Metadata;

use crate::error::{Error, Result};
use crate::tree::{Id, Mode, Objects as _};

/// Files on disk are looked at by so many threads at the most: it is the calls that take the time.
const WORKERS: usize = 8;
/// Fewer files than this are not worth another thread.
const LEAST: usize = 500;

impl Git {
    /// The paths among `inputs` (from the root) whose file in the working tree differs from the commit: other
    /// content, other executable bit, another link target, or not there. Empty unless there is a working tree
    /// and the commit is the one at `HEAD`. Folders are passed over; so are files that a sparse checkout left
    /// out, submodules that are not checked out, and what the user told git to assume unchanged.
    pub fn dirty<'a>(
        &self,
        commit: &Commit,
        inputs: impl IntoIterator<Item = (&'a BStr, Mode, Id)>,
    ) -> Result<Vec<BString>> {
        let Some(root) = self.work_dir() else { return Ok(Vec::new()) };
        if self.head_commit_id()? != Some(commit.id) {
            return Ok(Vec::new());
        }
        let inputs: Vec<_> = inputs.into_iter().filter(|(_, mode, _)| *mode != Mode::Folder).collect();
        // The first one reads the index, the others share it.
        let mut check = Check::new(self, root, commit)?;
        let workers = std::thread::available_parallelism().map_or(1, usize::from).min(WORKERS);
        let (mine, others) = inputs.split_at(inputs.len().div_ceil(workers).max(LEAST).min(inputs.len()));
        std::thread::scope(|scope| {
            let others = others.chunks(mine.len().max(1));
            let others: Vec<_> =
                others.map(|inputs| scope.spawn(|| Check::new(self, root, commit)?.all(inputs))).collect();
            let mut dirty = check.all(mine)?;
            for other in others {
                dirty.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
            }
            Ok(dirty)
        })
    }
}

/// One comparison of a working tree with the commit at its `HEAD`.
struct Check<'a> {
    root: &'a Path,
    repo: gix::Repository,
    index: Option<gix::worktree::Index>,
    stat_options: stat::Options,
    file_mode: bool,
    symlinks: bool,
    autocrlf: bool,
    folders: Folders,
    conversions: Conversions,
}

impl<'a> Check<'a> {
    fn new(git: &Git, root: &'a Path, commit: &Commit) -> Result<Self> {
        let repo = git.repo();
        let index = repo
            .try_index()
            .map_err(|error| Error::unavailable("git's index cannot be read").caused_by(error))?;
        let mut stat_options = repo.stat_options().map_err(|error| {
            Error::invalid("git's configuration of `core.checkStat` cannot be understood").caused_by(error)
        })?;
        // Stricter than git's default: a mismatch only costs reading the file.
        stat_options.use_nsec = true;
        let flag = |name: &str| repo.config_snapshot().boolean(name).unwrap_or(true);
        let autocrlf = repo.config_snapshot().boolean("core.autocrlf") == Some(true)
            || repo.config_snapshot().string("core.autocrlf").is_some_and(|value| value == "input");
        Ok(Check {
            root,
            index,
            stat_options,
            file_mode: cfg!(unix) && flag("core.fileMode"),
            symlinks: flag("core.symlinks"),
            autocrlf,
            folders: Folders::default(),
            conversions: Conversions::new(git.objects(), commit.tree),
            repo,
        })
    }

    fn all(&mut self, inputs: &[(&BStr, Mode, Id)]) -> Result<Vec<BString>> {
        let mut dirty = Vec::new();
        for (path, mode, id) in inputs {
            if self.differs(path, *mode, id)? {
                dirty.push((*path).to_owned());
            }
        }
        Ok(dirty)
    }

    fn differs(&mut self, path: &BStr, mode: Mode, id: &Id) -> Result<bool> {
        let entry = self.index.as_ref().and_then(|index| entry(index, path));
        if entry.as_ref().is_some_and(|entry| entry.passed_over) {
            return Ok(false);
        }
        let file = on_disk(self.root, path)?;
        if mode == Mode::Submodule {
            return submodule_differs(&file, path, id);
        }
        if !self.folders.reach(self.root, path)? {
            return Ok(true);
        }
        // Once for all questions: a large commit has as many of these calls as files.
        let metadata = match Metadata::from_path_no_follow(&file) {
            Ok(metadata) => metadata,
            Err(error) if is_absent(&error) => return Ok(true),
            Err(error) => return Err(unreadable(path, error)),
        };
        if metadata.is_symlink() != (mode == Mode::Symlink && self.symlinks) {
            return Ok(true);
        }
        if metadata.is_symlink() {
            let target = file.read_link().map_err(|error| unreadable(path, error))?;
            return Ok(self.blob_id(&link_bytes(&target))? != *id);
        }
        if !metadata.is_file() {
            return Ok(true);
        }
        if self.file_mode && mode.is_file() && metadata.is_executable() != (mode == Mode::Executable) {
            return Ok(true);
        }
        if entry.is_some_and(|entry| entry.id == *id && self.is_unchanged(&entry.stat, &metadata)) {
            return Ok(false);
        }
        self.content_differs(&file, path, id)
    }

    /// Whether the stat data of the index vouches for the file.
    fn is_unchanged(&self, known: &Stat, file: &Metadata) -> bool {
        let Some(index) = &self.index else { return false };
        // A time that cannot be told means that the file is read.
        let Ok(now) = Stat::from_fs(file) else { return false };
        // git takes whole seconds for the race with the index, and so would read every file of a fresh clone, which was
        // written in the index's second. Nanoseconds can miss a change within one tick of a coarse clock; that costs a
        // note on stderr, never a hash.
        known.matches(&now, self.stat_options) && !known.is_racy(index.timestamp(), self.stat_options)
    }

    fn content_differs(&mut self, file: &Path, path: &BStr, id: &Id) -> Result<bool> {
        let unread = |error: std::io::Error| unreadable(path, error);
        let mut content = File::open(file).map_err(unread)?;
        let size = content.metadata().map_err(unread)?.len();
        let never = AtomicBool::new(false);
        let found = gix::objs::compute_stream_hash(
            self.repo.object_hash(),
            Kind::Blob,
            &mut content,
            size,
            &mut gix::progress::Discard,
            &never,
        )
        .map_err(|error| Error::unavailable("the file cannot be read").at(place(path)).caused_by(error))?;
        if found.as_bytes() == id.as_bytes() {
            return Ok(false);
        }
        match self.conversions.of(path, self.autocrlf)? {
            Conversion::None => Ok(true),
            Conversion::LineEndings => {
                let bytes = std::fs::read(file).map_err(unread)?;
                Ok(self.blob_id(&bytes.replace("\r\n", "\n"))? != *id)
            }
            Conversion::Lfs => {
                let pointer = self.conversions.objects.blob(id)?;
                let Some(expected) = conversion::lfs_oid(&pointer) else { return Ok(true) };
                Ok(conversion::sha256(file).map_err(unread)? != expected)
            }
        }
    }

    fn blob_id(&self, bytes: &[u8]) -> Result<Id> {
        let id = gix::objs::compute_hash(self.repo.object_hash(), Kind::Blob, bytes)
            .map_err(|error| Error::unavailable("a file's object id cannot be computed").caused_by(error))?;
        id_from(&id)
    }
}

/// What the index knows of a path.
struct Known {
    id: Id,
    stat: Stat,
    passed_over: bool,
}

fn entry(index: &gix::index::File, path: &BStr) -> Option<Known> {
    let passed_over = Flags::SKIP_WORKTREE | Flags::ASSUME_VALID;
    if let Some(entry) = index.entry_by_path_and_stage(path, Stage::Unconflicted) {
        let id = Id::new(entry.id.as_bytes())?;
        return Some(Known { id, stat: entry.stat, passed_over: entry.flags.intersects(passed_over) });
    }
    // A sparse index has one entry for a whole folder that is not checked out.
    if !index.is_sparse() {
        return None;
    }
    path.find_iter("/").find_map(|end| {
        let folder = path.get(..=end)?.as_bstr();
        let entry = index.entry_by_path_and_stage(folder, Stage::Unconflicted)?;
        let id = Id::new(entry.id.as_bytes())?;
        entry.mode.is_sparse().then_some(Known { id, stat: entry.stat, passed_over: true })
    })
}

/// A submodule that is checked out differs if its `HEAD` does; its own working tree is its own matter.
fn submodule_differs(folder: &Path, path: &BStr, id: &Id) -> Result<bool> {
    Ok(submodule_head(folder, path)?.is_some_and(|head| head != oid_from(id).ok()))
}
