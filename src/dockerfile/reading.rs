//! From evaluations, one for each platform, to one [`Reading`].

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Errors, Place};

use super::evaluate::{self, Evaluation, View};
use super::fault::Fault;
use super::file::File;
use super::{Instruction, Legacy, Origin, Reading, Request, Stage, Warning, directive, frontend};

/// A file with all its evaluations.
pub(super) struct Analysis {
    /// The frontend that counts, with its line.
    syntax: Option<(String, usize)>,
    /// Why another set of rules than these may apply.
    foreign: Option<Warning>,
    /// Whether bytes were no UTF-8.
    lossy: bool,
    /// One for each platform, or one.
    evaluations: Vec<Evaluation>,
    /// What BuildKit refuses.
    faults: Vec<Fault>,
    /// Instructions anywhere in the file that are not known.
    unknown: Vec<Warning>,
    /// [`Reading::doubted`].
    doubted: Vec<String>,
}

impl Analysis {
    /// Reads and evaluates a file.
    pub(super) fn new(bytes: &[u8], request: &Request) -> Analysis {
        let text = String::from_utf8_lossy(bytes);
        let lossy = matches!(text, std::borrow::Cow::Owned(_));
        let (syntax, foreign) = syntax(&text, request);
        let mut file = File::parse(&text);
        let mut faults = std::mem::take(&mut file.faults);
        let platforms: Vec<_> = match request.platforms.as_slice() {
            [] => vec![None],
            platforms => platforms.iter().map(Some).collect(),
        };
        // Each platform is walked, even beside faults, so that all faults are said at once.
        let mut evaluations: Vec<Evaluation> = if file.stages.is_empty() {
            Vec::new()
        } else {
            platforms.into_iter().map(|platform| evaluate::evaluate(&file, request, platform)).collect()
        };
        for evaluation in &mut evaluations {
            for fault in std::mem::take(&mut evaluation.faults) {
                if !faults.contains(&fault) {
                    faults.push(fault);
                }
            }
        }
        faults.sort_by_key(|fault| (fault.line, fault.column));
        let unknown = file
            .unknown()
            .map(|instruction| Warning { line: instruction.line, message: instruction.doubts.join(", ") });
        let (unknown, doubted) = (unknown.collect(), file.doubted().collect());
        Analysis { syntax, foreign, lossy, evaluations, faults, unknown, doubted }
    }

    /// The names of images, or what is wrong.
    pub(super) fn names(self, request: &Request) -> Result<BTreeMap<String, usize>, Errors> {
        if self.foreign.is_some() && !self.faults.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut names = BTreeMap::new();
        for (name, line) in self.evaluations.into_iter().flat_map(|evaluation| evaluation.names) {
            names.entry(name).or_insert(line);
        }
        errors(self.faults, request).or(names)
    }

    /// The reading, or what is wrong.
    pub(super) fn reading(mut self, request: &Request) -> Result<Reading, Errors> {
        let faults = std::mem::take(&mut self.faults);
        if !faults.is_empty() {
            if self.foreign.is_none() {
                return Err(errors(faults, request));
            }
            // Another frontend may well accept it; what this one made of it means nothing.
            self.evaluations.clear();
        }
        let evaluations = std::mem::take(&mut self.evaluations);
        let mut reading = merge(&evaluations, request);
        reading.syntax = self.syntax.as_ref().map(|(syntax, _)| syntax.clone());
        reading.syntax_line = self.syntax.as_ref().map(|(_, line)| *line);
        reading.doubted = self.doubted;
        let mut doubts = self.unknown;
        for doubt in evaluations.into_iter().flat_map(|evaluation| evaluation.doubts) {
            if !doubts.iter().any(|other| other.line == doubt.line) {
                doubts.push(doubt);
            }
        }
        if self.lossy {
            let message = "the Dockerfile has bytes that are not UTF-8".to_owned();
            reading.warnings.push(Warning { line: 1, message: format!("{message}; all its bytes count") });
            reading.whole_file = Some(message);
        }
        if let Some(foreign) = self.foreign {
            reading.configured.sees_ignored =
                self.syntax.as_ref().is_none_or(|(syntax, _)| !frontend::is_official(syntax));
            doubts.insert(0, foreign);
        }
        for doubt in &doubts {
            let message = format!("{}; the whole context and the whole Dockerfile count", doubt.message);
            reading.warnings.push(Warning { line: doubt.line, message });
        }
        if let Some(first) = doubts.into_iter().next() {
            reading.reads.extend(evaluate::everything(request, first.line, &first.message));
            // Which arguments and contexts it uses is not known either.
            reading.args = request.build_args.clone();
            reading.args.retain(|name, _| !request.volatile_args.contains(name));
            reading.configured.target.clone_from(&request.target);
            reading.configured.contexts = super::outside::configured(request);
            reading.whole_file = Some(first.message);
        }
        reading.warnings.sort();
        reading.warnings.dedup();
        Ok(reading)
    }
}

/// The frontend that counts, and why it is not covered. `BUILDKIT_SYNTAX` goes before the file.
fn syntax(text: &str, request: &Request) -> (Option<(String, usize)>, Option<Warning>) {
    const NAME: &str = "BUILDKIT_SYNTAX";
    if request.volatile_args.contains(NAME) && request.build_args.contains_key(NAME) {
        let message = format!("{NAME} is declared volatile, so the frontend is not known");
        return (None, Some(Warning { line: 1, message }));
    }
    let syntax = match request.build_args.get(NAME) {
        Some(syntax) => Some((syntax.trim().to_owned(), 1)),
        None => directive::syntax(text),
    };
    let foreign = syntax.as_ref().and_then(|(syntax, line)| {
        frontend::not_covered(syntax).map(|message| Warning { line: *line, message })
    });
    (syntax, foreign)
}

fn errors(faults: Vec<Fault>, request: &Request) -> Errors {
    let error = |fault: Fault| {
        let place = Place::line(&request.file, fault.line).column(fault.column);
        let error = Error::invalid(fault.message).at(place);
        fault.hint.into_iter().fold(error, Error::hint)
    };
    Errors(faults.into_iter().map(error).collect())
}

fn merge(evaluations: &[Evaluation], request: &Request) -> Reading {
    let mut reading = Reading { stages: stages(evaluations, request), ..Reading::default() };
    for evaluation in evaluations {
        extend(&mut reading.global_args, &evaluation.global_args);
        for (text, line) in &evaluation.global_lines {
            reading.global_lines.entry(text.clone()).or_insert(*line);
        }
        extend(&mut reading.reads, &evaluation.reads);
        extend(&mut reading.remotes, &evaluation.remotes);
        let bases: Vec<_> = evaluation.bases.iter().cloned().collect();
        extend(&mut reading.bases, &bases);
        reading.warnings.extend(evaluation.warnings.iter().cloned());
        for (name, line) in &evaluation.volatile {
            reading.volatile.entry(name.clone()).or_insert(*line);
        }
    }
    reading.bases.sort();
    let declared: BTreeSet<&String> =
        evaluations.iter().flat_map(|evaluation| &evaluation.declared).collect();
    let counts = |name: &String| {
        !request.volatile_args.contains(name)
            && (declared.contains(name) || name.starts_with("BUILDKIT_") || name == super::arguments::EPOCH)
    };
    let given = request.build_args.iter().filter(|(name, _)| counts(name));
    reading.args = given.map(|(name, value)| (name.clone(), value.clone())).collect();
    reading.legacy = legacy(evaluations);
    reading
}

fn extend<T: PartialEq + Clone>(all: &mut Vec<T>, more: &[T]) {
    for item in more {
        if !all.contains(item) {
            all.push(item.clone());
        }
    }
}

/// What all platforms leave alike; the rest is unknown.
fn legacy(evaluations: &[Evaluation]) -> Legacy {
    let mut all = evaluations.iter().map(|evaluation| &evaluation.legacy);
    let Some(mut legacy) = all.next().cloned() else {
        return Legacy { unknown_env: true, ..Legacy::default() };
    };
    for other in all {
        legacy.unknown_env |= other.unknown_env || legacy.env != other.env;
        legacy.env.retain(|name, value| other.env.get(name) == Some(value));
    }
    legacy
}

/// Instructions that change nothing but the configuration of the image (`dispatchCmd` and the like).
const CONFIGURATION: [&str; 7] =
    ["CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "STOPSIGNAL"];

/// Drops what no image shows: the names behind `--from`; and of stages that files are taken from, and that the target is
/// not built on, what only the configuration of an image shows, since BuildKit keeps the files alone.
fn forget_configurations(stages: &mut [Stage]) {
    stages.iter_mut().flat_map(|stage| &mut stage.instructions).for_each(forget_name);
    let mut on: BTreeSet<usize> = BTreeSet::new();
    // A stage can use only those before it, so the last one that is reached is the target.
    let mut left: Vec<usize> = stages.len().checked_sub(1).into_iter().collect();
    while let Some(index) = left.pop() {
        if on.insert(index) {
            let from = stages.get(index).into_iter().flat_map(|stage| &stage.from);
            left.extend(from.filter_map(|origin| match origin {
                Origin::Stage(below) => Some(*below),
                _ => None,
            }));
        }
    }
    for (index, stage) in stages.iter_mut().enumerate() {
        if !on.contains(&index) {
            stage.instructions.retain(|instruction| {
                let keyword = instruction.text.split_whitespace().find(|word| *word != "escape=`");
                !keyword.is_some_and(|keyword| CONFIGURATION.contains(&keyword))
            });
        }
    }
}

/// Drops the name in the `--from` of a copy: [`Instruction::from`] says what it means, and the image's history does not
/// have it (`dispatchCopy`, `commitMessage`).
fn forget_name(instruction: &mut Instruction) {
    if instruction.from.is_empty() {
        return;
    }
    let mut words: Vec<&str> = instruction.text.split(' ').collect();
    let Some(keyword) = words.iter().position(|word| matches!(*word, "COPY" | "ADD")).filter(|at| *at < 2)
    else {
        return;
    };
    for word in words.iter_mut().skip(keyword + 1).take_while(|word| word.starts_with("--")) {
        if word.starts_with("--from=") {
            *word = "--from=";
        }
    }
    instruction.text = words.join(" ");
}

/// The stages that any platform reaches, numbered anew.
fn stages(evaluations: &[Evaluation], request: &Request) -> Vec<Stage> {
    let reached: BTreeSet<usize> =
        evaluations.iter().flat_map(|evaluation| evaluation.stages.keys().copied()).collect();
    let numbers: BTreeMap<usize, usize> =
        reached.iter().enumerate().map(|(number, index)| (*index, number)).collect();
    let renumber = |origin: &Origin| match origin {
        Origin::Stage(index) => Origin::Stage(numbers.get(index).copied().unwrap_or(*index)),
        other => other.clone(),
    };
    let mut stages = Vec::with_capacity(reached.len());
    for index in &reached {
        let views: Vec<(usize, &View)> = evaluations
            .iter()
            .enumerate()
            .filter_map(|(platform, evaluation)| Some((platform, evaluation.stages.get(index)?)))
            .collect();
        let Some((_, first)) = views.first() else { continue };
        // Where the platforms differ, each is listed, so that two cannot change places unseen.
        let from: Vec<Origin> = if views.iter().all(|(_, view)| view.from == first.from) {
            first.from.iter().map(renumber).collect()
        } else {
            views.iter().flat_map(|(_, view)| view.from.iter().map(renumber)).collect()
        };
        let mut instructions = Vec::new();
        if views.iter().all(|(_, view)| view.instructions == first.instructions) {
            instructions.extend(first.instructions.iter().cloned());
        } else {
            for (platform, view) in &views {
                let name = request.platforms.get(*platform).map(ToString::to_string).unwrap_or_default();
                let text = format!("platform {name}");
                instructions.push(Instruction { line: 0, text, from: Vec::new() });
                instructions.extend(view.instructions.iter().cloned());
            }
        }
        for instruction in &mut instructions {
            instruction.from = instruction.from.iter().map(renumber).collect();
        }
        let (line, written) = (first.line, first.written.clone());
        stages.push(Stage { line, written, from, platform: first.platform.clone(), instructions });
    }
    forget_configurations(&mut stages);
    stages
}
