//! Content hashes of other commits of the session's repository.
//!
//! A commit that changed nothing of what an image's hash was made of has the same hash: what was read is remembered with
//! each result ([`trace`]), so most commits of a history cost a few lookups in their root folder. Definitions come from
//! each commit and policy from the present file, as for a plan.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};

use bstr::BString;

use crate::cli::Common;
use crate::commands::definitions::Placed;
use crate::commands::session::Session;
use crate::content_hash::ContentHash;
use crate::dockerfile::Readings;
use crate::error::{Errors, Kind, Result};
use crate::git::{Commit, Step};
use crate::project::{self, Assessed, Defined, Project, Snapshot};
use crate::tags;
use crate::tree::trace::{Memo, Trace, Traced};
use crate::tree::{Id, Mode, Objects};

/// Results that are remembered for each image: branches that live side by side, and what was there before a revert.
const REMEMBERED: usize = 16;

/// An image at a commit, as far as a history shows it.
#[derive(Debug)]
pub(super) struct Seen<T> {
    /// Its name.
    pub name: String,
    /// Its content hash, or why it has none there.
    pub hash: Result<ContentHash, String>,
    /// What was made of it; none where it has no hash.
    pub kept: Option<T>,
}

/// Content hashes of other commits of the session's repository, remembered by what was read of a tree. `T` is what a
/// command keeps of each image whose inputs it has not met before.
pub(super) struct Past<'s, T = ()> {
    session: &'s Session,
    common: &'s Common,
    keep: fn(&Assessed) -> T,
    memory: RefCell<Memory<T>>,
    readings: Readings,
}

struct Memory<T> {
    definitions: Memo<Arc<Definitions>>,
    /// Those that were met before, by all that they say: where a tree is asked for its images, most commits that touch
    /// one of their folders define what the commit before defined.
    same: HashMap<Arc<Said>, Arc<Definitions>>,
    /// By the definitions and the image's place in them.
    images: HashMap<(usize, usize), Memo<Arc<Seen<T>>>>,
    /// The last commit: most commits show what was read just as the one before.
    last: Option<Last<T>>,
    numbers: usize,
    assessed: usize,
}

/// A commit's images, and all that was looked up for them at its root.
struct Last<T> {
    tree: Id,
    names: Option<Vec<BString>>,
    looks: Vec<Option<(Mode, Id)>>,
    images: Images<T>,
}

/// The wanted images of a commit.
pub(super) type Images<T> = Arc<Vec<Arc<Seen<T>>>>;

struct Definitions {
    /// Tells them from those of other commits.
    number: usize,
    images: Arc<Said>,
}

impl Definitions {
    fn all(&self) -> &[Defined] {
        self.images.as_ref().as_deref().unwrap_or_default()
    }
}

/// The images of a commit, or why there are none.
type Said = Result<Vec<Defined>, String>;

impl<'s> Past<'s> {
    /// Hashes alone.
    pub(super) fn new(session: &'s Session, common: &'s Common) -> Past<'s> {
        Past::keeping(session, common, |_| ())
    }
}

impl<'s, T> Past<'s, T> {
    /// Hashes, and what `keep` makes of an image.
    pub(super) fn keeping(session: &'s Session, common: &'s Common, keep: fn(&Assessed) -> T) -> Past<'s, T> {
        let memory = Memory {
            definitions: Memo::new(REMEMBERED),
            same: HashMap::new(),
            images: HashMap::new(),
            last: None,
            numbers: 0,
            assessed: 0,
        };
        Past { session, common, keep, memory: RefCell::new(memory), readings: Readings::default() }
    }

    /// The image's content hash at a commit; `None` where that commit has no such image, or refuses it. An object that
    /// cannot be read is an error.
    pub(super) fn hash(&self, commit: &Commit, image: &str) -> Result<Option<ContentHash>, Errors> {
        let seen = self.at(commit)?;
        Ok(seen.iter().find(|seen| seen.name == image).and_then(|seen| seen.hash.as_ref().ok().copied()))
    }

    /// The wanted images of a commit, in the order of their definitions; none where nothing is defined.
    pub(super) fn at(&self, commit: &Commit) -> Result<Images<T>, Errors> {
        let objects = &self.session.objects;
        let memory = &mut *self.memory.borrow_mut();
        if let Some(last) = &memory.last {
            let same = last.tree == commit.tree
                || match &last.names {
                    Some(names) => objects.glance(&commit.tree, names)? == last.looks,
                    None => false,
                };
            if same {
                return Ok(Arc::clone(&last.images));
            }
        }
        let definitions = self.definitions(memory, commit)?;
        let mut names = Names::default();
        names.add(memory.definitions.last());
        let mut all = Vec::new();
        for (index, defined) in definitions.all().iter().enumerate() {
            if self.is_wanted(&defined.name) {
                all.push(self.image(memory, commit, (&definitions, index))?);
                names.add(memory.images.get(&(definitions.number, index)).and_then(Memo::last));
            }
        }
        if let Err(why) = &*definitions.images {
            // What the commit would have had is not known; the images that are asked for have no hash there.
            all.extend(self.wanted().map(|name| Arc::new(Seen { name, hash: Err(why.clone()), kept: None })));
        }
        let images = Arc::new(all);
        let names = names.all();
        let looks = objects.glance(&commit.tree, names.as_deref().unwrap_or_default())?;
        memory.last = Some(Last { tree: commit.tree, names, looks, images: Arc::clone(&images) });
        Ok(images)
    }

    fn is_wanted(&self, name: &String) -> bool {
        self.common.images.is_empty() || self.common.images.contains(name)
    }

    /// The wanted images of the session's own commit.
    fn wanted(&self) -> impl Iterator<Item = String> {
        let names = self.session.definitions.iter().map(|placed| placed.defined.name.clone());
        names.filter(|name| self.is_wanted(name))
    }

    /// How many images were worked out, and not remembered.
    pub(super) fn assessed(&self) -> usize {
        self.memory.borrow().assessed
    }

    fn definitions(&self, memory: &mut Memory<T>, commit: &Commit) -> Result<Arc<Definitions>, Errors> {
        let objects = &self.session.objects;
        if let Some(known) = memory.definitions.get(objects, &commit.tree)? {
            return Ok(known);
        }
        let traced = Traced::new(objects);
        let images: Said = match self.session.definitions_at(&traced, commit) {
            Ok(placed) => Ok(placed.into_iter().map(|Placed { defined, .. }| defined).collect()),
            Err(errors) => Err(refused(errors)?),
        };
        let images = Arc::new(images);
        let numbers = &mut memory.numbers;
        let known = memory.same.entry(Arc::clone(&images)).or_insert_with(|| {
            *numbers += 1;
            Arc::new(Definitions { number: *numbers, images })
        });
        let known = Arc::clone(known);
        memory.definitions.put(traced.finish(&commit.tree), Arc::clone(&known));
        Ok(known)
    }

    fn image(
        &self,
        memory: &mut Memory<T>,
        commit: &Commit,
        (definitions, index): (&Definitions, usize),
    ) -> Result<Arc<Seen<T>>, Errors> {
        let objects = &self.session.objects;
        let key = (definitions.number, index);
        let memo = memory.images.entry(key).or_insert_with(|| Memo::new(REMEMBERED));
        if let Some(known) = memo.get(objects, &commit.tree)? {
            return Ok(known);
        }
        let all = definitions.all();
        let name = all.get(index).map(|defined| defined.name.clone()).unwrap_or_default();
        let traced = Traced::new(objects);
        let mut project = self.assess(&traced, &commit.tree, all, &name);
        memory.assessed += 1;
        let hash = match project.get(&name) {
            Some(assessed) => Ok(assessed.content_hash),
            None => Err(refused(std::mem::take(&mut project.errors))?),
        };
        let kept = project.get(&name).map(self.keep);
        let seen = Arc::new(Seen { name, hash, kept });
        memo.put(traced.finish(&commit.tree), Arc::clone(&seen));
        Ok(seen)
    }

    fn assess(&self, objects: &dyn Objects, tree: &Id, definitions: &[Defined], name: &str) -> Project {
        let template = self.session.policy.commit_tag.as_ref();
        let is_commit_tag = |tag: &str| template.is_some_and(|template| tags::could_be(template, None, tag));
        let snapshot =
            Snapshot { objects, tree: *tree, is_commit_tag: &is_commit_tag, readings: &self.readings };
        project::assess(snapshot, definitions, &|image| image == name)
    }

    /// The image at a commit with all that it reads, worked out anew; `None` where that commit has no such image, or
    /// refuses it.
    pub(super) fn assessed_at(&self, commit: &Commit, name: &str) -> Result<Option<Assessed>, Errors> {
        let objects = &self.session.objects;
        let placed = match self.session.definitions_at(objects, commit) {
            Ok(placed) => placed,
            Err(errors) => return refused(errors).map(|_| None),
        };
        let defined: Vec<Defined> = placed.into_iter().map(|placed| placed.defined).collect();
        let Project { images, errors } = self.assess(objects, &commit.tree, &defined, name);
        match images.into_iter().find(|image| image.defined.name == name) {
            Some(assessed) => Ok(Some(assessed)),
            None => refused(errors).map(|_| None),
        }
    }
}

/// Neighbours in history that one thread works out: they are cheap for whoever knows the one before.
const NEIGHBOURS: usize = 256;

/// Many commits with their images.
pub(super) struct Many<T> {
    /// In the order of the walk.
    pub commits: Vec<(Step, Images<T>)>,
    /// How many images were worked out, and not remembered.
    pub assessed: usize,
}

/// The images of many commits, while `walk` still finds them: it is given what takes a commit, neighbours in history one
/// after the other. `done` is told of each.
pub(super) fn over<T: Send + Sync, R>(
    (session, common): (&Session, &Common),
    keep: fn(&Assessed) -> T,
    walk: impl FnOnce(&mut dyn FnMut(Step)) -> Result<R>,
    done: &(dyn Fn() + Sync),
) -> Result<(Many<T>, R), Errors> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (send, receive) = mpsc::channel::<(usize, Vec<Step>)>();
    let receive = Mutex::new(receive);
    let work = || -> Result<(Vec<Chunk<T>>, usize), Errors> {
        let past = Past::keeping(session, common, keep);
        let mut chunks = Vec::new();
        loop {
            // The lock is for taking a chunk, not for working on it.
            let taken = receive.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((number, steps)) = taken else { return Ok((chunks, past.assessed())) };
            let mut commits = Vec::with_capacity(steps.len());
            for step in steps {
                let images = past.at(&step.commit)?;
                commits.push((step, images));
                done();
            }
            chunks.push((number, commits));
        }
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let (mut chunk, mut number) = (Vec::with_capacity(NEIGHBOURS), 0);
        // Not bounded: a worker that failed takes nothing any more, and says so below.
        let mut give = |chunk: &mut Vec<Step>| {
            let _ = send.send((number, std::mem::replace(chunk, Vec::with_capacity(NEIGHBOURS))));
            number += 1;
        };
        let walked = walk(&mut |step| {
            chunk.push(step);
            if chunk.len() == NEIGHBOURS {
                give(&mut chunk);
            }
        });
        give(&mut chunk);
        drop(send);
        let (mut chunks, mut assessed) = (Vec::new(), 0);
        for thread in running {
            // A panic goes on as it was.
            let (some, count) = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            chunks.extend(some);
            assessed += count;
        }
        chunks.sort_by_key(|(number, _)| *number);
        let commits = chunks.into_iter().flat_map(|(_, commits)| commits).collect();
        Ok((Many { commits, assessed }, walked?))
    })
}

type Chunk<T> = (usize, Vec<(Step, Images<T>)>);

/// Names that were looked up at a root.
struct Names(Option<BTreeSet<BString>>);

impl Default for Names {
    fn default() -> Names {
        Names(Some(BTreeSet::new()))
    }
}

impl Names {
    fn add(&mut self, trace: Option<&Trace>) {
        match (&mut self.0, trace.and_then(Trace::at_root)) {
            (Some(names), Some(more)) => names.extend(more.cloned()),
            _ => self.0 = None,
        }
    }

    /// None where a root was seen as a whole.
    fn all(self) -> Option<Vec<BString>> {
        self.0.map(|names| names.into_iter().collect())
    }
}

/// Why a commit or an image of it is refused, in a sentence; what could not be read is an error.
fn refused(errors: Errors) -> Result<String, Errors> {
    if errors.0.iter().any(|error| error.kind() != Kind::Invalid) {
        return Err(errors);
    }
    let messages: Vec<String> = errors.0.iter().map(ToString::to_string).collect();
    Ok(if messages.is_empty() { "there is no such image".to_owned() } else { messages.join("; ") })
}
