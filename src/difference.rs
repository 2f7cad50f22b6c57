//! What one assessment of an image has that another has not: why a commit needs a build.
//!
//! Compares what is hashed, part by part ([`parts`]) and file by file, so that two assessments of different hashes
//! always have a change between them, and two of one hash have none. Pure; it must not know how changes are shown.

mod sequence;

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use crate::inputs::{File, Inputs, Root, Why};
use crate::parts::{self, Kind, Part};
use crate::project::Assessed;
use crate::tree::{Id, Mode};

/// What happened to something that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// Only the later one has it.
    Added,
    /// Only the earlier one has it.
    Removed,
    /// Both have it, not alike.
    Changed,
}

impl How {
    /// `added`, `removed` or `changed`.
    pub fn as_str(self) -> &'static str {
        match self {
            How::Added => "added",
            How::Removed => "removed",
            How::Changed => "changed",
        }
    }
}

/// What counts of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// File, link or submodule.
    pub mode: Mode,
    /// Object id.
    pub id: Id,
    /// Git attributes that change the bytes on disk.
    pub attributes: String,
}

/// A file that changed.
#[derive(Debug, Clone)]
pub struct FileChange {
    /// What it is read from.
    pub root: Root,
    /// From the repository's root, in the later commit unless it is removed.
    pub path: BString,
    /// As it was; none if it was no input.
    pub before: Option<FileState>,
    /// As it is; none if it is no input.
    pub after: Option<FileState>,
    /// What makes it an input, or made it one.
    pub whys: Vec<Arc<Why>>,
}

/// One change.
#[derive(Debug, Clone)]
pub enum Change {
    /// Of a file.
    File(FileChange),
    /// Of something else that counts. One of the two is there.
    Part {
        /// As it was.
        before: Option<Box<Part>>,
        /// As it is.
        after: Option<Box<Part>>,
    },
}

/// All that changed between two assessments of an image.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// What is no file first, in the order of the Dockerfile; then the files by path. Empty exactly where the content
    /// hashes are the same.
    pub changes: Vec<Change>,
}

/// A summary names things in so many characters at the most.
const SHORT: usize = 60;

impl Difference {
    /// Compares two assessments of one image.
    pub fn between(before: &Assessed, after: &Assessed) -> Difference {
        if before.content_hash == after.content_hash {
            return Difference::default();
        }
        let mut changes = parts_between(parts::of(before), parts::of(after));
        changes.extend(files_between(&before.inputs, &after.inputs).into_iter().map(Change::File));
        Difference { changes }
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// One sentence without a full stop, of bounded length: `requirements.txt and 3 more inputs changed`.
    /// It may hold what paths hold: sanitise it before it is printed.
    pub fn summary(&self) -> String {
        // What was done to the image itself says more than a file. That a stage has another number, or that something
        // uses an argument now, only follows from another change.
        let rank = |change: &Change| match (change.kind(), change.how()) {
            (Some(Kind::OtherStage), _) | (Some(Kind::GlobalArg), How::Added | How::Removed) => 2,
            (Some(_), _) => 0,
            (None, _) => 1,
        };
        let Some(first) = self.changes.iter().min_by_key(|change| rank(change)) else {
            return "nothing changed".to_owned();
        };
        let how = first.how();
        let alike = self.changes.iter().all(|change| change.how() == how);
        let mut text = first.subject();
        match self.changes.len() - 1 {
            0 => {}
            1 => text.push_str(" and 1 more input"),
            more => _ = write!(text, " and {more} more inputs"),
        }
        let verb = if alike { how } else { How::Changed };
        let _ = write!(text, " {}", verb.as_str());
        text
    }
}

impl Change {
    /// What happened.
    pub fn how(&self) -> How {
        let (before, after) = match self {
            Change::File(file) => (file.before.is_some(), file.after.is_some()),
            Change::Part { before, after } => (before.is_some(), after.is_some()),
        };
        match (before, after) {
            (false, _) => How::Added,
            (_, false) => How::Removed,
            _ => How::Changed,
        }
    }

    /// What kind of part it is about; none for a file.
    pub fn kind(&self) -> Option<Kind> {
        self.part().map(|part| part.kind)
    }

    /// The part as it is, or as it was if it is gone; none for a file.
    pub fn part(&self) -> Option<&Part> {
        match self {
            Change::File(_) => None,
            Change::Part { before, after } => after.as_deref().or(before.as_deref()),
        }
    }

    /// What it is about, in a few words of bounded length: a path, `Dockerfile:3: RUN pip install …`, `salt`.
    /// It may hold what paths hold: sanitise it before it is printed.
    pub fn subject(&self) -> String {
        match self {
            Change::File(file) => shorten_path(&file.path.to_str_lossy()),
            Change::Part { .. } => self.part().map(subject).unwrap_or_default(),
        }
    }
}

/// A part in a few words of bounded length.
pub(crate) fn subject(part: &Part) -> String {
    let place = || match part.place.line {
        Some(line) => format!("{}:{line}: ", shorten_path(&part.place.file)),
        None => format!("{}: ", shorten_path(&part.place.file)),
    };
    let name = shorten(&part.name);
    match part.kind {
        Kind::Scheme => "the hash's scheme".to_owned(),
        Kind::Salt => "the salt".to_owned(),
        Kind::Platforms => "the platforms".to_owned(),
        Kind::Syntax => format!("{}the syntax {}", place(), shorten(&part.text)),
        Kind::StagePlatform => format!("{}the stage's platform", place()),
        Kind::Scratch => format!("{}FROM scratch", place()),
        Kind::OtherStage => format!("{}another stage of the file", place()),
        Kind::BaseImage => format!("{}the base image {name}", place()),
        Kind::NamedContext => format!("{}the context {name}", place()),
        Kind::Parent => format!("the parent {name}"),
        Kind::Target => "the target".to_owned(),
        Kind::ConfiguredContext => format!("the context {name}"),
        Kind::BuildArg => format!("the build argument {name}"),
        Kind::ContextAddress => format!("the address of the context {name}"),
        Kind::Dockerfile => shorten_path(&part.place.file),
        Kind::DockerfileAttributes => format!("{}its git attributes", place()),
        Kind::Generated => format!("the generated path {}", shorten_path(&part.text)),
        Kind::ContextFolder if part.name.is_empty() => "the place of the context".to_owned(),
        Kind::ContextFolder => format!("the place of the context {name}"),
        Kind::GlobalArg | Kind::Stage | Kind::Instruction | Kind::NotKnown | Kind::IgnorePattern => {
            format!("{}{}", place(), shorten(&part.text))
        }
        Kind::Other => shorten(&format!("{} {}", part.name, part.text)),
    }
}

/// The beginning of one line of a text.
fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default().trim_end()),
        None if line.len() < text.trim_end().len() => format!("{line} …"),
        None => line.to_owned(),
    }
}

/// The end of a path, which says more than its beginning.
fn shorten_path(path: &str) -> String {
    let over = path.chars().count().saturating_sub(SHORT);
    if over == 0 { path.to_owned() } else { format!("…{}", path.chars().skip(over).collect::<String>()) }
}

/// Files that are not alike, by path. What is read through several contexts stands there once.
fn files_between(before: &Inputs, after: &Inputs) -> Vec<FileChange> {
    let mut old = before.files.iter().peekable();
    let mut new = after.files.iter().peekable();
    let mut changes = Vec::new();
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => (old.root, old.path).cmp(&(new.root, new.path)),
        };
        let old = if order.is_le() { old.next() } else { None };
        let new = if order.is_ge() { new.next() } else { None };
        let (before_state, after_state) = (old.as_ref().map(state), new.as_ref().map(state));
        if before_state == after_state {
            continue;
        }
        let new = new.map(|file| (file, after));
        let Some((file, inputs)) = new.or(old.map(|file| (file, before))) else { continue };
        changes.push(FileChange {
            root: file.root.clone(),
            path: inputs.repository_path(&file).into_owned(),
            before: before_state,
            after: after_state,
            whys: file.whys.to_vec(),
        });
    }
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    changes.dedup_by(|later, kept| {
        let same = (&later.path, &later.before, &later.after) == (&kept.path, &kept.before, &kept.after);
        if same {
            kept.whys.append(&mut later.whys);
        }
        same
    });
    changes
}

fn state(file: &File<'_>) -> FileState {
    FileState { mode: file.mode, id: file.id, attributes: file.attributes.to_owned() }
}

fn parts_between(before: Vec<Part>, after: Vec<Part>) -> Vec<Change> {
    let kept = sequence::common(&before, &after);
    let (mut before, mut after) = (before.into_iter(), after.into_iter());
    let (mut old_at, mut new_at) = (0, 0);
    let mut changes = Vec::new();
    let ends = [(before.len(), after.len())];
    for (old, new) in kept.into_iter().chain(ends) {
        let removed: Vec<Part> = before.by_ref().take(old - old_at).collect();
        let added: Vec<Part> = after.by_ref().take(new - new_at).collect();
        pair(removed, added, &mut changes);
        before.next();
        after.next();
        (old_at, new_at) = (old + 1, new + 1);
    }
    changes
}

/// What stands between two things that stayed: each old part with the first new one that it may have become.
fn pair(removed: Vec<Part>, added: Vec<Part>, changes: &mut Vec<Change>) {
    let mut removed: Vec<Option<Box<Part>>> = removed.into_iter().map(|part| Some(Box::new(part))).collect();
    let mut paired: Vec<Change> = added
        .into_iter()
        .map(|part| {
            let like = |old: &&mut Option<Box<Part>>| old.as_ref().is_some_and(|old| old.is_like(&part));
            let before = removed.iter_mut().find(like).and_then(Option::take);
            Change::Part { before, after: Some(Box::new(part)) }
        })
        .collect();
    let gone = removed.into_iter().flatten().map(|part| Change::Part { before: Some(part), after: None });
    paired.extend(gone);
    // That nothing is set any more, or not yet, is said by what was or is set; alone it stays.
    let speaks = |change: &Change| {
        change.how() == How::Changed || change.part().is_some_and(|part| !part.is_nothing())
    };
    if paired.iter().any(speaks) {
        paired.retain(speaks);
    }
    changes.extend(paired);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
