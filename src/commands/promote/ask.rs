//! Asks the registries about every entry: where its source and its target lead, and what an image says of itself where the
//! verdict hangs on it. Each question is asked once, however many entries it is about.

use std::collections::BTreeMap;
use std::future::Future;

use futures_util::StreamExt as _;

use super::commits::Found;
use super::said::{self, Image};
use crate::commands::CONCURRENT;
use crate::error::{Error, Errors, Kind, Result};
use crate::lookup::Lookup;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::promotion::judge::{self, Answer, Call, Said, Step};
use crate::promotion::{Entry, Finding, Mode, Source, Verdict};
use crate::reference::{Digest, Repository};
use crate::registry::{Name, Registry};

/// What is asked where.
type Question = (Repository, Source);
/// The images that were read by repository and digest; for one that could not be, why.
pub(super) type Read = BTreeMap<(Repository, Digest), Result<Image, String>>;

/// What was learned.
#[derive(Default)]
pub(super) struct Asked {
    /// For each entry, before anything is written.
    pub(super) verdicts: Vec<Verdict>,
    /// The images that were read.
    pub(super) read: Read,
    /// What could not be answered.
    pub(super) errors: Errors,
    answers: BTreeMap<Question, Answer>,
    /// For commits without an image, what was looked for.
    without: BTreeMap<Question, String>,
}

/// Asks all there is to ask. `calls` tells of each entry how it came to be asked for.
pub(super) async fn all(
    registry: &Registry,
    entries: &[Entry],
    calls: &[Call],
    mode: Mode,
    commits: Vec<Found>,
    printer: &Printer,
) -> Asked {
    let mut asked = Asked::default();
    asked.take(entries, commits);
    asked.lead(registry, entries, printer).await;
    let steps: Vec<Step> = entries
        .iter()
        .zip(calls)
        .map(|(entry, call)| judge::first(asked.answer(source(entry)), asked.answer(target(entry)), *call))
        .collect();
    asked.read(registry, entries, &steps, mode, printer).await;
    let verdicts = entries.iter().zip(steps).map(|(entry, step)| asked.verdict(entry, step, mode));
    asked.verdicts = verdicts.collect();
    asked
}

fn source(entry: &Entry) -> Question {
    (entry.from.clone(), entry.source.clone())
}

fn target(entry: &Entry) -> Question {
    (entry.to.clone(), Source::Tag(entry.tag.clone()))
}

impl Asked {
    fn answer(&self, question: Question) -> &Answer {
        self.answers.get(&question).unwrap_or(&Answer::Missing)
    }

    /// Takes in where the commits' images are.
    fn take(&mut self, entries: &[Entry], commits: Vec<Found>) {
        for ((repository, commit), found) in commits {
            let question = (repository, Source::Commit(commit));
            let entry = entries.iter().find(|entry| source(entry) == question);
            let lookup = match found {
                Ok(digest) => Lookup::Found(digest),
                Err(error) if error.kind() == Kind::NotFound => {
                    self.without.insert(question.clone(), error.message().to_owned());
                    Lookup::Missing
                }
                Err(error) => Lookup::Unknown(error),
            };
            self.know(question, lookup, entry);
        }
    }

    fn know(&mut self, question: Question, lookup: Lookup<Digest>, entry: Option<&Entry>) {
        let answer = match lookup {
            Lookup::Found(digest) => Answer::Found(digest),
            Lookup::Missing => Answer::Missing,
            Lookup::Unknown(error) => Answer::Unknown(self.failed(error, entry)),
        };
        self.answers.insert(question, answer);
    }

    /// Reports what could not be answered, at the first entry that wants to know; the sentence for all of them.
    fn failed(&mut self, error: Error, entry: Option<&Entry>) -> String {
        let sentence = error.to_string();
        self.errors.push(match entry {
            Some(entry) if error.place().is_none() => error.at(entry.place.clone()),
            _ => error,
        });
        sentence
    }

    /// Asks where all sources and targets lead.
    async fn lead(&mut self, registry: &Registry, entries: &[Entry], printer: &Printer) {
        let mut questions: BTreeMap<Question, &Entry> = BTreeMap::new();
        for entry in entries {
            for question in [source(entry), target(entry)] {
                if !self.answers.contains_key(&question) {
                    questions.entry(question).or_insert(entry);
                }
            }
        }
        let work = questions.into_iter().map(|(question, entry)| async move {
            let name = match &question.1 {
                Source::Tag(tag) => Name::Tag(tag),
                Source::Digest(digest) => Name::Digest(digest),
                // Those are known by now; a commit that is not has no image.
                Source::Commit(_) => return (question, Lookup::Missing, entry),
            };
            let lookup = registry.head(&question.0, name).await.map(|there| there.digest);
            (question, lookup, entry)
        });
        for (question, lookup, entry) in at_once(work.collect(), "asking", printer).await {
            self.know(question, lookup, Some(entry));
        }
    }

    /// Reads the images that verdicts hang on.
    async fn read(
        &mut self,
        registry: &Registry,
        entries: &[Entry],
        steps: &[Step],
        mode: Mode,
        printer: &Printer,
    ) {
        let mut wanted: BTreeMap<(&Repository, &Digest), &Entry> = BTreeMap::new();
        for (entry, step) in entries.iter().zip(steps) {
            let (source, target) = judge::to_read(entry, step, mode);
            let places =
                [source.map(|digest| (&entry.from, digest)), target.map(|digest| (&entry.to, digest))];
            for place in places.into_iter().flatten() {
                wanted.entry(place).or_insert(entry);
            }
        }
        let work = wanted.into_iter().map(|((repository, digest), entry)| async move {
            ((repository.clone(), digest.clone()), said::read(registry, repository, digest).await, entry)
        });
        for (place, image, entry) in at_once(work.collect(), "reading", printer).await {
            let image = image.map_err(|error| self.failed(error, Some(entry)));
            self.read.insert(place, image);
        }
    }

    fn verdict(&self, entry: &Entry, step: Step, mode: Mode) -> Verdict {
        let said = |repository: &Repository, digest: Option<&Digest>| -> Option<Result<Said, String>> {
            let image = self.read.get(&(repository.clone(), digest?.clone()))?;
            Some(image.as_ref().map(|image| image.said.clone()).map_err(Clone::clone))
        };
        let (source_digest, target_digest) = judge::to_read(entry, &step, mode);
        let (from, to) = (said(&entry.from, source_digest), said(&entry.to, target_digest));
        match judge::second(entry, step, from.as_ref(), to.as_ref()) {
            Verdict::Finding(Finding::NoSource { at, .. }) => {
                let why = self.without.get(&source(entry)).cloned();
                Verdict::Finding(Finding::NoSource { why, at })
            }
            verdict => verdict,
        }
    }
}

/// Many at once, with a bar; what they give, in the order of the work.
pub(super) async fn at_once<T>(work: Vec<impl Future<Output = T>>, label: &str, printer: &Printer) -> Vec<T> {
    let progress = Progress::start(printer, label, work.len() as u64);
    let mut running = futures_util::stream::iter(work).buffered(CONCURRENT);
    let mut done = Vec::new();
    while let Some(result) = running.next().await {
        done.push(result);
        progress.tick(done.len() as u64);
    }
    done
}
