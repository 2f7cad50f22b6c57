//! The working tree as `git add -A` would store it, with the object ids that its files would get.
//!
//! What the index's stat data vouches for has the index's id, as git takes it, too. Everything else is read and hashed as
//! git would store it, line ends converted. Nothing is written and no filter is run: where a file's stored bytes cannot be
//! told for certain, it has an id of its own that names no content, and [`WorktreeContents::doubt`] says why. Ids of
//! folders name places, which no hash holds.

use std::collections::{BTreeMap, HashMap};
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix::bstr::{BStr, BString, ByteSlice};
use gix::index::entry::{Flags, Stage, Stat, stat};
use gix::index::fs::Metadata;
use gix::objs::Kind;
use sha2::{Digest as _, Sha256};

use super::clean::{self, LineEnds, Rules};
use super::disk::{self, link_bytes, place, unreadable};
use super::worktree::{Content, folders};
use super::{Git, Store, conversion, id_from, program};
use crate::error::{Error, Result};
use crate::tree::{Absence, Id, Mode, Objects, Tree};

/// The files of a working tree by what git would store of them.
pub struct WorktreeContents {
    root: Id,
    trees: HashMap<Id, Arc<Tree>>,
    /// Files whose stored bytes may be in no object yet.
    changed: HashMap<Id, Changed>,
    /// Files of which nobody knows the stored bytes: path and reason.
    doubts: HashMap<Id, (BString, String)>,
    /// Where it is.
    dir: PathBuf,
    store: Store,
    hash: gix::hash::Kind,
}

struct Changed {
    path: BString,
    file: PathBuf,
    mode: Mode,
    action: clean::Action,
    /// What the index holds of the path.
    held: Option<Id>,
}

impl std::fmt::Debug for WorktreeContents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorktreeContents").field("changed", &self.changed.len()).finish_non_exhaustive()
    }
}

impl Git {
    /// The working tree as `git add -A` would store it. An error in a bare repository.
    pub fn worktree_contents(&self) -> Result<WorktreeContents> {
        let listing = self.worktree_listing()?;
        let repo = self.repo();
        let hash = repo.object_hash();
        let index = Index::open(&repo)?;
        let mut entries = BTreeMap::new();
        let mut open = Vec::new();
        for (path, (mode, content)) in listing {
            match content {
                Content::Object(id) => _ = entries.insert(path, (mode, id)),
                Content::Disk(file) => match index.vouched(path.as_bstr(), mode, &file)? {
                    Some(id) => _ = entries.insert(path, (mode, id)),
                    None => open.push((path, mode, file)),
                },
            }
        }
        let regular: Vec<&BStr> =
            open.iter().filter(|(_, mode, _)| mode.is_file()).map(|(path, ..)| path.as_bstr()).collect();
        let mut rules = self.rules(&regular)?;
        let mut contents = WorktreeContents {
            root: place_id(hash, "folder", BStr::new(""))?,
            trees: HashMap::new(),
            changed: HashMap::new(),
            doubts: HashMap::new(),
            dir: self.work_dir().map(Path::to_path_buf).unwrap_or_default(),
            store: self.objects(),
            hash,
        };
        let ends = line_ends(&repo);
        for (path, mode, file) in open {
            let rules = rules.remove(&path).unwrap_or_default();
            let held = index.held(path.as_bstr())?;
            let changed = Changed { action: rules.action(ends), path: path.clone(), file, mode, held };
            let id = contents.add(changed, &rules, &|name| has_driver(&repo, name))?;
            entries.insert(path, (mode, id));
        }
        (contents.root, contents.trees) = folders(entries, &|path| place_id(hash, "folder", path))?;
        Ok(contents)
    }

    /// The attributes that convert these files, by all files of attributes that git itself would read.
    fn rules(&self, paths: &[&BStr]) -> Result<HashMap<BString, Rules>> {
        const ARGS: [&str; 9] = [
            "check-attr",
            "--stdin",
            "-z",
            "text",
            "crlf",
            "eol",
            "filter",
            "ident",
            "working-tree-encoding",
        ];
        let mut found: HashMap<BString, Rules> = HashMap::new();
        if paths.is_empty() {
            return Ok(found);
        }
        let failed =
            |error: std::io::Error| Error::unavailable("a temporary file cannot be written").caused_by(error);
        let mut input = tempfile::tempfile().map_err(failed)?;
        let mut names = bstr::join("\0", paths);
        names.push(0);
        input.write_all(&names).map_err(failed)?;
        input.rewind().map_err(failed)?;
        let output = self.program.output_with_file(&ARGS, input)?;
        if !output.status.success() {
            let message = "git cannot tell the attributes of the working tree".to_owned();
            return Err(self.refused(program::refused(message, &output)));
        }
        let mut fields = output.stdout.split(|byte| *byte == 0);
        while let (Some(path), Some(name), Some(value)) = (fields.next(), fields.next(), fields.next()) {
            found.entry(path.into()).or_default().set(name, value);
        }
        // An answer that lacks a file says nothing of it, and nothing is no answer.
        if found.len() < paths.len() {
            return Err(Error::unavailable("`git check-attr` did not answer for every file"));
        }
        Ok(found)
    }
}

/// `core.autocrlf`
fn line_ends(repo: &gix::Repository) -> LineEnds {
    let config = repo.config_snapshot();
    let auto = config.boolean("core.autocrlf") == Some(true)
        || config.string("core.autocrlf").is_some_and(|value| value.eq_ignore_ascii_case(b"input"));
    LineEnds { auto }
}

/// Whether a filter is configured: git stores the file as it is where none is.
fn has_driver(repo: &gix::Repository, name: &str) -> bool {
    let config = repo.config_snapshot();
    let plumbing = config.plumbing();
    ["clean", "process", "required"]
        .iter()
        .any(|key| plumbing.string_by("filter", Some(name.into()), key).is_some())
}

fn place_id(hash: gix::hash::Kind, kind: &str, path: &BStr) -> Result<Id> {
    let digest = Sha256::new().chain_update(kind).chain_update([0]).chain_update(path).finalize();
    let digest = digest.get(..hash.len_in_bytes()).unwrap_or_default();
    Id::new(digest).ok_or_else(|| Error::unavailable("a digest has the wrong length"))
}

impl WorktreeContents {
    /// The root folder.
    pub fn root(&self) -> Id {
        self.root
    }

    /// Why an id is none that git would give: the path, and the reason.
    pub fn doubt(&self, id: &Id) -> Option<(&BStr, &str)> {
        self.doubts.get(id).map(|(path, reason)| (path.as_bstr(), reason.as_str()))
    }

    /// The id of one file, which is kept to be read again.
    fn add(&mut self, file: Changed, rules: &Rules, has_driver: &dyn Fn(&str) -> bool) -> Result<Id> {
        let bytes = file.read()?;
        let driver = rules.driver().filter(|name| file.mode.is_file() && has_driver(name));
        let doubt = match driver {
            None => rules.doubt(&bytes).filter(|_| file.mode.is_file()),
            Some("lfs") => match self.lfs(&file, &bytes)? {
                Some(id) => return Ok(id),
                None => Some("git-lfs would store it".to_owned()),
            },
            Some(name) => Some(format!("the filter {name} would change it, and no filter is run")),
        };
        if let Some(doubt) = doubt {
            let id = place_id(self.hash, "doubt", file.path.as_bstr())?;
            self.doubts.insert(id, (file.path, doubt));
            return Ok(id);
        }
        let id = self.blob_id(&self.stored(&file, bytes)?)?;
        self.changed.insert(id, file);
        Ok(id)
    }

    /// What git-lfs leaves as it is: the pointer that the index holds, if the file is still what it points to.
    fn lfs(&self, file: &Changed, bytes: &[u8]) -> Result<Option<Id>> {
        let Some(held) = &file.held else { return Ok(None) };
        let pointer = self.store.blob(held)?;
        let digest = crate::text::hex(&Sha256::digest(bytes));
        let same = **pointer == *bytes || conversion::lfs_oid(&pointer) == Some(digest);
        Ok(same.then_some(*held))
    }

    /// The bytes as git would store them.
    fn stored(&self, file: &Changed, bytes: Vec<u8>) -> Result<Vec<u8>> {
        if !file.mode.is_file() {
            return Ok(bytes);
        }
        let held = || match &file.held {
            Some(id) => self.store.blob(id).map(|held| Some(held.to_vec())),
            None => Ok(None),
        };
        Ok(clean::line_ends(&bytes, file.action, held)?.unwrap_or(bytes))
    }

    fn blob_id(&self, bytes: &[u8]) -> Result<Id> {
        let id = gix::objs::compute_hash(self.hash, Kind::Blob, bytes)
            .map_err(|error| Error::unavailable("a file's object id cannot be computed").caused_by(error))?;
        id_from(&id)
    }
}

impl Changed {
    fn read(&self) -> Result<Vec<u8>> {
        let read = match self.mode {
            Mode::Symlink if self.file.is_symlink() => {
                self.file.read_link().map(|target| link_bytes(&target))
            }
            _ => std::fs::read(&self.file),
        };
        read.map_err(|error| unreadable(self.path.as_bstr(), error))
    }
}

impl Objects for WorktreeContents {
    fn absence(&self, path: &BStr) -> Absence {
        disk::absence(&self.dir, path)
    }

    fn tree(&self, id: &Id) -> Result<Arc<Tree>> {
        match self.trees.get(id) {
            Some(entries) => Ok(Arc::clone(entries)),
            None => self.store.tree(id),
        }
    }

    fn blob(&self, id: &Id) -> Result<Arc<Vec<u8>>> {
        if let Some((path, reason)) = self.doubt(id) {
            return Err(in_doubt(path, reason));
        }
        let Some(file) = self.changed.get(id) else { return self.store.blob(id) };
        let bytes = self.stored(file, file.read()?)?;
        if self.blob_id(&bytes)? != *id {
            return Err(Error::unavailable("the file changed while it was read")
                .at(place(file.path.as_bstr()))
                .hint("run this again once nothing writes to it"));
        }
        Ok(Arc::new(bytes))
    }
}

/// The error for a file whose stored bytes are not known.
pub fn in_doubt(path: &BStr, reason: &str) -> Error {
    Error::invalid(format!("what git would store of this file is not known: {reason}"))
        .at(place(path))
        .hint("commit it, and ask for the commit")
        .hint("or, if it has not changed, run `git status` once, which notes that in git's index")
}

/// What the index knows of the files on disk.
struct Index {
    index: Option<gix::worktree::Index>,
    options: stat::Options,
}

impl Index {
    fn open(repo: &gix::Repository) -> Result<Index> {
        let index = repo
            .try_index()
            .map_err(|error| Error::unavailable("git's index cannot be read").caused_by(error))?;
        let mut options = repo.stat_options().map_err(|error| {
            Error::invalid("git's configuration of `core.checkStat` cannot be understood").caused_by(error)
        })?;
        // The race with the index is told in whole seconds, as git does: this enters a hash.
        options.use_nsec = false;
        Ok(Index { index, options })
    }

    /// The id of a file that git itself would take for unchanged without reading it.
    fn vouched(&self, path: &BStr, mode: Mode, file: &Path) -> Result<Option<Id>> {
        let Some(index) = &self.index else { return Ok(None) };
        let Some(entry) = index.entry_by_path_and_stage(path, Stage::Unconflicted) else { return Ok(None) };
        let id = id_from(&entry.id)?;
        if entry.flags.contains(Flags::ASSUME_VALID) {
            return Ok(Some(id));
        }
        let same_kind = match mode {
            Mode::Symlink => entry.mode == gix::index::entry::Mode::SYMLINK,
            _ => entry.mode.contains(gix::index::entry::Mode::FILE),
        };
        if !same_kind || entry.flags.contains(Flags::INTENT_TO_ADD) {
            return Ok(None);
        }
        let metadata = Metadata::from_path_no_follow(file).map_err(|error| unreadable(path, error))?;
        // A time that cannot be told means that the file is read.
        let Ok(now) = Stat::from_fs(&metadata) else { return Ok(None) };
        let strict = stat::Options { use_nsec: true, ..self.options };
        let same = entry.stat.matches(&now, strict) && !entry.stat.is_racy(index.timestamp(), self.options);
        Ok(same.then_some(id))
    }

    /// What is stored of a path, in a merge of our side.
    fn held(&self, path: &BStr) -> Result<Option<Id>> {
        let Some(index) = &self.index else { return Ok(None) };
        let entry = [Stage::Unconflicted, Stage::Ours]
            .into_iter()
            .find_map(|stage| index.entry_by_path_and_stage(path, stage))
            .filter(|entry| entry.mode.contains(gix::index::entry::Mode::FILE));
        entry.map(|entry| id_from(&entry.id)).transpose()
    }
}
