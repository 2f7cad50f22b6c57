//! What becomes of every file of an image's contexts: an input, or left out, and by what.
//!
//! It walks whole contexts, ignored folders included, which no hash needs: for `explain` alone. What is ignored follows
//! the same walk as the hash (`context::descent`), so that the two never disagree.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use crate::config::NamedContext;
use crate::dockerfile::{Copy, What};
use crate::error::{Error, Errors, Place, Result};
use crate::ignore::Ignore;
use crate::ignore::patterns::Trail;
use crate::inputs::context::View;
use crate::inputs::{Root, find_context, locate};
use crate::project::Assessed;
use crate::tree::{Id, Mode, Objects};

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It is an input.
    Input,
    /// It is the Dockerfile, whose instructions count and not its bytes.
    Dockerfile,
    /// It is an ignore file that applies: what it leaves out counts, and not its bytes.
    IgnoreFile,
    /// It defines images: what it says of this one counts, and not its bytes.
    Configuration,
    /// A pattern of an ignore file leaves it out.
    Ignored(Cause),
    /// An `--exclude` of an instruction leaves it out, and nothing else reads it.
    Excluded(Cause),
    /// The configuration lists the inputs, and it is not among them.
    NotListed(Cause),
    /// No instruction reads it.
    Unread,
}

/// What leaves a file out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cause {
    /// File, and line where there is one, and the key of a configuration.
    pub file: String,
    /// 1-based.
    pub line: Option<usize>,
    /// The pattern, the instruction or the key.
    pub text: String,
}

/// One file of a context.
#[derive(Debug, Clone)]
pub struct Member {
    /// File, link or submodule.
    pub mode: Mode,
    /// What becomes of it.
    pub fate: Fate,
}

/// Files by path from the repository's root.
pub type Members = BTreeMap<BString, Member>;

/// Every file of an image's contexts. What is in several of them is an input if it is one of any.
///
/// # Errors
/// An object that cannot be read, or a named context that is not in the commit.
pub fn of(objects: &dyn Objects, repository: &Id, assessed: &Assessed) -> Result<Members, Errors> {
    let inputs = &assessed.inputs;
    let known: HashSet<BString> =
        inputs.files.iter().map(|file| inputs.repository_path(&file).into_owned()).collect();
    let contexts = contexts(objects, repository, assessed)?;
    let excluded = excluded(objects, assessed, &contexts)?;
    let mut members = Members::new();
    for context in contexts.values() {
        walk(objects, context, &mut |path, mode, ignored| {
            let fate = match known.contains(path) {
                true => Fate::Input,
                false => fate(assessed, context, path.as_bstr(), ignored, &excluded),
            };
            members.entry(path.clone()).or_insert(Member { mode, fate });
        })?;
    }
    Ok(members)
}

/// A context of files.
struct Context {
    folder: BString,
    tree: Id,
    ignore: Arc<Ignore>,
    /// The ignore file's path, whether it is there or not.
    ignore_file: String,
}

fn contexts(
    objects: &dyn Objects,
    repository: &Id,
    assessed: &Assessed,
) -> Result<BTreeMap<Root, Context>, Errors> {
    let (located, image) = (&assessed.located, &assessed.defined.image);
    // A frontend that is not known reads the ignore file as it likes.
    let seen = |ignore: &Arc<Ignore>| match assessed.reading.configured.sees_ignored {
        true => Arc::default(),
        false => Arc::clone(ignore),
    };
    let main = Context {
        folder: located.context.clone(),
        tree: located.context_id,
        ignore: seen(&located.ignore),
        ignore_file: located.ignore_shown.clone(),
    };
    let mut contexts = BTreeMap::from([(Root::Main, main)]);
    for (key, context) in &image.contexts {
        let NamedContext::Folder(path) = context else { continue };
        let place = image.places.get(&format!("contexts.{key}")).unwrap_or(&image.place);
        let folder = locate::folder(objects, repository, path, place)?;
        let ignore_file = join(folder.path.as_bstr(), BStr::new(".dockerignore")).to_str_lossy().into_owned();
        let context =
            Context { ignore: seen(&folder.ignore), tree: folder.id, folder: folder.path, ignore_file };
        contexts.insert(Root::Context(key.clone()), context);
    }
    Ok(contexts)
}

/// What instructions would read without their `--exclude`, with the first such instruction.
fn excluded(
    objects: &dyn Objects,
    assessed: &Assessed,
    contexts: &BTreeMap<Root, Context>,
) -> Result<HashMap<BString, Cause>> {
    let mut excluded = HashMap::new();
    for read in &assessed.reading.reads {
        let What::Copy(copy) = &read.what else { continue };
        let root = match &read.context {
            None => Root::Main,
            Some(name) => match find_context(&assessed.defined.image, name) {
                Some((key, _)) => Root::Context(key.clone()),
                None => continue,
            },
        };
        let Some(context) = contexts.get(&root).filter(|_| !copy.excludes.is_empty()) else { continue };
        let view = View { objects, root: context.tree, ignore: &context.ignore };
        // What is not there was an error before, or is generated.
        let copy = Copy { excludes: Vec::new(), widened: true, ..copy.clone() };
        let Ok(found) = view.copy(&copy)? else { continue };
        for (path, ..) in found.iter() {
            let path = join(context.folder.as_bstr(), path);
            excluded.entry(path).or_insert_with(|| Cause {
                file: assessed.located.dockerfile_shown.clone(),
                line: Some(read.line),
                text: read.instruction.clone(),
            });
        }
    }
    Ok(excluded)
}

/// What becomes of a file that is no input.
fn fate(
    assessed: &Assessed,
    context: &Context,
    path: &BStr,
    ignored: Option<(usize, &str)>,
    excluded: &HashMap<BString, Cause>,
) -> Fate {
    if let Some(role) = role(assessed, path) {
        return role;
    }
    if path == context.ignore_file.as_bytes() {
        return Fate::IgnoreFile;
    }
    if let Some((line, pattern)) = ignored {
        let file = context.ignore_file.clone();
        return Fate::Ignored(Cause { file, line: Some(line), text: pattern.to_owned() });
    }
    let image = &assessed.defined.image;
    if image.inputs.is_some() {
        let Place { file, line, key, .. } = image.places.get("inputs").unwrap_or(&image.place).clone();
        return Fate::NotListed(Cause { file, line, text: key.unwrap_or_else(|| "inputs".to_owned()) });
    }
    excluded.get(path).map_or(Fate::Unread, |cause| Fate::Excluded(cause.clone()))
}

/// What a file is to an image by its place alone, whether a context holds it or not: the Dockerfile, the ignore file, the
/// configuration.
pub fn role(assessed: &Assessed, path: &BStr) -> Option<Fate> {
    let located = &assessed.located;
    if path == located.dockerfile || path == located.dockerfile_real {
        return Some(Fate::Dockerfile);
    }
    if path == located.ignore_shown.as_bytes() && !located.ignore.is_empty() {
        return Some(Fate::IgnoreFile);
    }
    (path == crate::config::FILE).then_some(Fate::Configuration)
}

/// More entries than any checkout has: see `context::walk`.
const MOST_ENTRIES: usize = 20_000_000;

/// Takes a file with the line and the pattern that leave it out.
type Visit<'v> = dyn FnMut(&BString, Mode, Option<(usize, &str)>) + 'v;

/// Visits every file of a context, with the line and the pattern that leave it out, if some do.
fn walk(objects: &dyn Objects, context: &Context, visit: &mut Visit<'_>) -> Result<()> {
    let ignore = &context.ignore;
    // A folder of which nothing returns is left out as a whole, by one pattern.
    let mut pending = vec![(BString::default(), context.tree, Trail::default(), None)];
    let mut entries = 0;
    while let Some((folder, tree, trail, whole)) = pending.pop() {
        let tree = objects.tree(&tree)?;
        entries += tree.len();
        if entries > MOST_ENTRIES {
            return Err(Error::invalid(format!("the context holds more than {MOST_ENTRIES} entries")));
        }
        for entry in tree.iter() {
            let path = join(folder.as_bstr(), entry.name);
            let (rule, below) = match whole {
                Some(_) => (whole, Trail::default()),
                None => ignore.step(&path, &trail),
            };
            if entry.mode == Mode::Folder {
                let whole = rule.filter(|_| !ignore.may_return_below(path.as_bstr()));
                pending.push((path, entry.id, below, whole));
            } else {
                let path = join(context.folder.as_bstr(), path.as_bstr());
                visit(&path, entry.mode, rule.map(|rule| (rule.line, rule.pattern.as_str())));
            }
        }
    }
    Ok(())
}

fn join(folder: &BStr, name: &BStr) -> BString {
    match folder.is_empty() {
        true => name.to_owned(),
        false => bstr::concat([folder.as_bytes(), b"/", name.as_bytes()]).into(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
