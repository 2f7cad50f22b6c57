//! What `git describe --tags` says of a commit: the nearest tag, and how far behind it is.
//!
//! git's own way (`builtin/describe.c`): commits by date, up to ten candidates, the one with the fewest commits between.
//! Lightweight tags count; of several on one commit an annotated one wins, of those the newest. Two things differ, so that
//! every clone gives the same text: the id always has seven digits, and where a cut-off history could hide a nearer tag or
//! more commits nothing is said.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap};

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::Kind;

use super::history::{Reader, Step};
use super::objects::broken;
use super::{Git, id_from, oid_from, program};
use crate::error::{Error, Result};
use crate::tree::Id;

/// Tags that are compared, as git does.
const CANDIDATES: usize = 10;
/// Digits of the commit's id.
const DIGITS: usize = 7;

/// What is said of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Described {
    /// The tag at the commit, or `TAG-N-gSHA`: N commits since, and seven digits of the commit's id.
    As(String),
    /// No tag can be reached.
    NoTag,
    /// The clone is shallow, and what was cut off could change the answer.
    CutOff,
}

/// Describes commits of one repository. What was read is remembered, so that many of them cost one walk.
pub struct Describer {
    names: HashMap<ObjectId, Name>,
    memory: RefCell<Memory>,
}

struct Memory {
    reader: Reader,
    steps: HashMap<ObjectId, Step>,
}

/// A tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    text: String,
    /// When it was made, of an annotated one.
    annotated: Option<i64>,
}

struct Candidate {
    at: ObjectId,
    depth: usize,
    bit: u32,
}

/// Commits that were met, by time and then in the order in which that was.
#[derive(Default)]
struct Queue {
    heap: BinaryHeap<(i64, std::cmp::Reverse<usize>, ObjectId)>,
    met: usize,
}

impl Queue {
    fn push(&mut self, time: i64, oid: ObjectId) {
        self.heap.push((time, std::cmp::Reverse(self.met), oid));
        self.met += 1;
    }

    fn pop(&mut self) -> Option<ObjectId> {
        self.heap.pop().map(|(_, _, oid)| oid)
    }
}

impl Git {
    /// Reads the tags; commits are read as they are asked for.
    pub fn describer(&self) -> Result<Describer> {
        let names = if self.reftable { self.described_by_program()? } else { self.described()? };
        let memory = RefCell::new(Memory { reader: self.reader()?, steps: HashMap::new() });
        Ok(Describer { names, memory })
    }

    pub(super) fn described(&self) -> Result<HashMap<ObjectId, Name>> {
        let repo = self.repo();
        let failed = || Error::unavailable("the tags of this repository cannot be read");
        let mut names = HashMap::new();
        let references = repo.references().map_err(|error| failed().caused_by(error))?;
        for reference in references.tags().map_err(|error| failed().caused_by(error))? {
            let reference = reference.map_err(|error| failed().caused_by(error.to_string()))?;
            let text = reference.name().shorten().to_str_lossy().into_owned();
            // A symbolic one is followed by no `git describe` worth its name: tags are not made that way.
            let Some(id) = reference.try_id() else { continue };
            let (oid, annotated) = peeled(&repo, id.detach())?;
            add(&mut names, oid, Name { text, annotated });
        }
        Ok(names)
    }

    /// The same where references are in a reftable.
    pub(super) fn described_by_program(&self) -> Result<HashMap<ObjectId, Name>> {
        let format = "--format=%(objectname) %(refname:strip=2)";
        let output = self.program.output(&["for-each-ref", format, "refs/tags"])?;
        if !output.status.success() {
            return Err(self.refused(program::refused("git cannot list the tags".to_owned(), &output)));
        }
        let repo = self.repo();
        let mut names = HashMap::new();
        for line in output.stdout.lines() {
            let line = line.to_str_lossy();
            let Some((id, text)) = line.split_once(' ') else { continue };
            let id = ObjectId::from_hex(id.as_bytes()).map_err(|error| {
                Error::unavailable("git answered with something else than an object id").caused_by(error)
            })?;
            let (oid, annotated) = peeled(&repo, id)?;
            add(&mut names, oid, Name { text: text.to_owned(), annotated });
        }
        Ok(names)
    }
}

/// What a tag is of, through tags of tags, and when it was made where it is annotated.
fn peeled(repo: &gix::Repository, mut oid: ObjectId) -> Result<(ObjectId, Option<i64>)> {
    let mut annotated = None;
    loop {
        let object = match repo.try_find_object(oid) {
            Ok(Some(object)) if object.kind == Kind::Tag => object,
            // What a tag is of may be beyond the end of a shallow clone: then no walk comes by it.
            Ok(_) => return Ok((oid, annotated)),
            Err(error) => return Err(broken(&id_from(&oid)?).caused_by(error)),
        };
        let id = id_from(&oid)?;
        let tag = object.try_to_tag_ref().map_err(|error| broken(&id).caused_by(error))?;
        // As git has it, a date that nothing can read is the epoch.
        let time = tag.tagger().map_or(0, |tagger| tagger.map_or(0, |tagger| tagger.seconds()));
        annotated = annotated.or(Some(time));
        oid = tag.target();
    }
}

/// git's choice among the tags of one commit: annotated before lightweight, the newest of those, else the first by name.
fn add(names: &mut HashMap<ObjectId, Name>, oid: ObjectId, name: Name) {
    match names.get(&oid) {
        Some(known) if name.annotated <= known.annotated => {}
        _ => drop(names.insert(oid, name)),
    }
}

impl Describer {
    /// Describes a commit.
    pub fn describe(&self, id: &Id) -> Result<Described> {
        let oid = oid_from(id)?;
        if let Some(name) = self.names.get(&oid) {
            return Ok(Described::As(name.text.clone()));
        }
        let mut memory = self.memory.borrow_mut();
        if self.names.is_empty() {
            return Ok(if memory.reader.is_cut_off() { Described::CutOff } else { Described::NoTag });
        }
        let mut search =
            Search { names: &self.names, memory: &mut memory, queue: Queue::default(), bits: HashMap::new() };
        let (nearest, complete) = search.run(oid)?;
        let Some(Candidate { at, depth, .. }) = nearest else {
            return Ok(if complete { Described::NoTag } else { Described::CutOff });
        };
        let name = self.names.get(&at).filter(|_| complete);
        let digits: String = id.to_string().chars().take(DIGITS).collect();
        Ok(name.map_or(Described::CutOff, |name| Described::As(format!("{}-{depth}-g{digits}", name.text))))
    }
}

/// One walk.
struct Search<'a> {
    names: &'a HashMap<ObjectId, Name>,
    memory: &'a mut Memory,
    queue: Queue,
    /// For each commit that was met, the candidates that it can be reached from.
    bits: HashMap<ObjectId, u32>,
}

impl Search<'_> {
    /// The nearest tag, and whether nothing that was cut off could change that.
    fn run(&mut self, start: ObjectId) -> Result<(Option<Candidate>, bool)> {
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut ends: Vec<ObjectId> = Vec::new();
        let mut seen = 0;
        self.meet(start, 0)?;
        while let Some(oid) = self.queue.pop() {
            if self.names.contains_key(&oid) {
                if candidates.len() == CANDIDATES {
                    let time = self.memory.step(oid)?.commit.time;
                    self.queue.push(time, oid);
                    break;
                }
                let bit = 1 << candidates.len();
                candidates.push(Candidate { at: oid, depth: seen, bit });
                *self.bits.entry(oid).or_default() |= bit;
            }
            seen += 1;
            let bits = self.bits_of(&oid);
            candidates.iter_mut().filter(|one| bits & one.bit == 0).for_each(|one| one.depth += 1);
            if self.queue.heap.is_empty() && covered(&candidates, bits) {
                break;
            }
            ends.extend(self.parents(oid, bits)?);
        }
        // The first of those that are equally far.
        let nearest =
            candidates.into_iter().reduce(|best, next| if next.depth < best.depth { next } else { best });
        let Some(mut nearest) = nearest else { return Ok((None, ends.is_empty())) };
        while let Some(oid) = self.queue.pop() {
            let bits = self.bits_of(&oid);
            if bits & nearest.bit == 0 {
                nearest.depth += 1;
            } else if self.queue.heap.iter().all(|(_, _, other)| self.bits_of(other) & nearest.bit != 0) {
                break;
            }
            ends.extend(self.parents(oid, bits)?);
        }
        let complete = ends.iter().all(|end| self.bits_of(end) & nearest.bit != 0);
        Ok((Some(nearest), complete))
    }

    fn bits_of(&self, oid: &ObjectId) -> u32 {
        self.bits.get(oid).copied().unwrap_or_default()
    }

    /// Meets the parents of a commit; the commit, where they were cut off.
    fn parents(&mut self, oid: ObjectId, bits: u32) -> Result<Option<ObjectId>> {
        let Step { parents, cut_off, .. } = self.memory.step(oid)?.clone();
        for parent in &parents {
            self.meet(oid_from(parent)?, bits)?;
        }
        Ok(cut_off.then_some(oid))
    }

    fn meet(&mut self, oid: ObjectId, bits: u32) -> Result<()> {
        if let Some(known) = self.bits.get_mut(&oid) {
            *known |= bits;
            return Ok(());
        }
        let time = self.memory.step(oid)?.commit.time;
        self.bits.insert(oid, bits);
        self.queue.push(time, oid);
        Ok(())
    }
}

/// Whether all that is left of history is behind the nearest candidates.
fn covered(candidates: &[Candidate], bits: u32) -> bool {
    let Some(least) = candidates.iter().map(|one| one.depth).min() else { return false };
    let best = candidates.iter().filter(|one| one.depth == least).fold(0, |all, one| all | one.bit);
    bits & best == best
}

impl Memory {
    fn step(&mut self, oid: ObjectId) -> Result<&Step> {
        match self.steps.entry(oid) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(self.reader.read(oid)?)),
        }
    }
}
