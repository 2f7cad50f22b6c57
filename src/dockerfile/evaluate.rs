//! Walks the reached stages of one platform in order, with their variables (`dispatchStages` and `dispatch`). What
//! each instruction reads on the way is gathered in `reads`.

mod reads;

use std::collections::{BTreeMap, BTreeSet};

use crate::reference::Platform;

use super::arguments::{self, Globals};
use super::environment::Environment;
use super::fault::Fault;
use super::file::{File, FileStage};
use super::instruction::{Instruction, Kind};
use super::stages::{Behind, Graph, Reached, Resolver};
use super::text::Text;
use super::{Base, Legacy, Origin, Read, Remote, Request, Warning};

pub(super) use reads::everything;

/// The argument that holds the target's name.
const TARGET_STAGE: &str = "TARGETSTAGE";

/// What one platform's build reads. Stages are numbered as in the file.
#[derive(Debug, Default)]
pub(super) struct Evaluation {
    /// The reached stages.
    pub(super) stages: BTreeMap<usize, View>,
    /// `Reading::reads`
    pub(super) reads: Vec<Read>,
    /// `Reading::bases`
    pub(super) bases: BTreeSet<Base>,
    /// `Reading::remotes`
    pub(super) remotes: Vec<Remote>,
    /// `Reading::warnings`
    pub(super) warnings: BTreeSet<Warning>,
    /// `Reading::volatile`
    pub(super) volatile: BTreeMap<String, usize>,
    /// Build arguments that something reached declares.
    pub(super) declared: BTreeSet<String>,
    /// `Reading::global_args`
    pub(super) global_args: Vec<String>,
    /// `Reading::global_lines`
    pub(super) global_lines: BTreeMap<String, usize>,
    /// `Reading::legacy`
    pub(super) legacy: Legacy,
    /// Names of images as they stand in the file, with their lines.
    pub(super) names: BTreeMap<String, usize>,
    /// Why the whole file counts.
    pub(super) doubts: Vec<Warning>,
    /// What BuildKit refuses.
    pub(super) faults: Vec<Fault>,
}

/// A reached stage as one platform sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    /// 1-based line of its `FROM`.
    pub(super) line: usize,
    /// What its `FROM` names, as written.
    pub(super) written: String,
    /// What its `FROM` names.
    pub(super) from: Vec<Origin>,
    /// `--platform` as written.
    pub(super) platform: Option<String>,
    /// Canonical texts with lines and what their `--from`s name.
    pub(super) instructions: Vec<super::Instruction>,
}

impl View {
    /// A stage of which nothing was evaluated yet.
    fn of(stage: &FileStage) -> View {
        View {
            line: stage.line,
            written: stage.from.base.clone(),
            from: Vec::new(),
            platform: stage.from.platform.clone(),
            instructions: Vec::new(),
        }
    }
}

/// Evaluates a file for one platform, or for any where none is given.
pub(super) fn evaluate(file: &File, request: &Request, platform: Option<&Platform>) -> Evaluation {
    let target = file.target_name(request.target.as_deref());
    let (globals, faults) = Globals::read(&file.globals, request, platform, target, file.escape);
    let resolver = Resolver::new(file, request, &globals);
    let graph = resolver.graph();
    let mut walk = Walk {
        file,
        request,
        globals: &globals,
        windows: platform.is_some_and(|platform| platform.os == "windows"),
        used: graph.used.clone(),
        ends: BTreeMap::new(),
        found: Evaluation { faults, ..Evaluation::default() },
    };
    walk.graph(graph, &resolver);
    walk.finish()
}

struct Walk<'a> {
    file: &'a File,
    request: &'a Request,
    globals: &'a Globals,
    windows: bool,
    /// Names of global arguments that something reached uses.
    used: BTreeSet<String>,
    /// The environment at the end of each stage.
    ends: BTreeMap<usize, Environment>,
    found: Evaluation,
}

/// Where a stage's walk stands.
struct At<'a> {
    line: usize,
    column: usize,
    text: &'a str,
}

impl<'a> At<'a> {
    fn instruction(instruction: &'a Instruction) -> At<'a> {
        At { line: instruction.line, column: instruction.column, text: &instruction.text }
    }
}

impl Walk<'_> {
    fn graph(&mut self, graph: Graph, resolver: &Resolver<'_>) {
        self.found.faults.extend(graph.faults);
        if let Some((index, outside)) = &graph.replaced
            && let Some(stage) = self.file.stages.get(*index)
        {
            let from = self.outside(outside, stage.line, "FROM", true);
            let view = View { from: vec![from], platform: None, ..View::of(stage) };
            self.found.stages.insert(*index, view);
            self.found.legacy = outside.legacy();
        }
        for (index, reached) in &graph.stages {
            if let Some(stage) = self.file.stages.get(*index) {
                self.stage(*index, stage, reached);
            }
        }
        if let Some(end) = self.ends.get(&graph.target) {
            self.found.legacy =
                Legacy { onbuild: resolver.onbuild(graph.target).cloned().collect(), ..end.legacy() };
        }
        self.epoch();
    }

    fn stage(&mut self, index: usize, stage: &FileStage, reached: &Reached) {
        let mut view = View::of(stage);
        let label = format!("FROM {}", stage.from.base);
        for doubt in &stage.doubts {
            self.doubt(stage.line, &label, doubt);
        }
        let mut environment: Option<Environment> = None;
        for base in &reached.bases {
            let (origin, start) = match base {
                Behind::Stage(base) => (
                    Origin::Stage(*base),
                    // Stages come in order, so the base's end is known; one that were not could hold anything.
                    self.ends.get(base).map_or_else(Environment::external, Environment::inherited),
                ),
                Behind::Outside(outside) => {
                    (self.outside(outside, stage.line, &label, true), outside.environment.inherited())
                }
            };
            view.from.push(origin);
            environment = Some(match environment {
                Some(other) => other.either(&start),
                None => start,
            });
        }
        let mut environment = environment.unwrap_or_default();
        if let Some((text, names)) = &reached.open {
            environment = environment.clone().either(&environment);
            self.open(stage, text, names, &mut view);
        }
        for (instruction, from) in &reached.instructions {
            self.instruction(instruction, from, &mut environment, &mut view);
        }
        self.ends.insert(index, environment);
        self.found.stages.insert(index, view);
    }

    /// A `FROM` with a part that is not known: its text counts, with the names that it may mean, and the plan
    /// says so.
    fn open(&mut self, stage: &FileStage, text: &Text, names: &[String], view: &mut View) {
        let why = text.first_hole().map(super::text::Hole::why).unwrap_or_default();
        let what = match view.from.as_slice() {
            [Origin::Image(_)] => "the name counts as written".to_owned(),
            _ => format!("all that it may mean counts ({})", names.join(", ")),
        };
        self.warn(stage.line, format!("FROM {text}: {why}; {what}"));
        view.instructions.push(super::Instruction {
            line: stage.line,
            text: format!("FROM {} {}", stage.from.base, names.join(" ")),
            from: Vec::new(),
        });
    }

    fn instruction(
        &mut self,
        instruction: &Instruction,
        from: &[Option<Behind>],
        environment: &mut Environment,
        view: &mut View,
    ) {
        let at = At::instruction(instruction);
        for doubt in &instruction.doubts {
            self.doubt(at.line, at.text, doubt);
        }
        let origins = from.iter().flatten().map(|behind| match behind {
            Behind::Stage(index) => Origin::Stage(*index),
            Behind::Outside(outside) => self.outside(outside, at.line, at.text, false),
        });
        view.instructions.push(super::Instruction {
            line: at.line,
            text: at.text.to_owned(),
            from: origins.collect(),
        });
        let done = match &instruction.kind {
            Kind::Arg(pairs) => self.arg(&at, pairs, environment),
            Kind::Env(pairs) => environment.set(pairs, self.file.escape),
            Kind::Transfer(transfer) => self.transfer(&at, transfer, from.first(), environment),
            Kind::Run(mounts) => self.mounts(&at, mounts, from, environment),
            Kind::From(_) | Kind::Onbuild(_) | Kind::Other | Kind::Unknown => Ok(()),
        };
        if let Err(message) = done {
            self.found.faults.push(Fault::new(at.line, at.column, message));
        }
    }

    fn arg(
        &mut self,
        at: &At<'_>,
        pairs: &[(String, Option<String>)],
        environment: &mut Environment,
    ) -> Result<(), String> {
        for (name, default) in pairs {
            if self.request.volatile_args.contains(name) {
                self.found.volatile.entry(name.clone()).or_insert(at.line);
            }
            self.found.declared.insert(name.clone());
            let global = environment.declare(
                name,
                default.as_deref(),
                self.globals,
                self.request,
                self.file.escape,
            )?;
            if global {
                self.used.insert(name.clone());
            }
            if name == "BUILDKIT_SBOM_SCAN_CONTEXT" {
                self.scanned(at, default.as_deref());
            }
        }
        Ok(())
    }

    fn warn(&mut self, line: usize, message: String) {
        self.found.warnings.insert(Warning { line, message });
    }

    fn doubt(&mut self, line: usize, text: &str, why: &str) {
        let message = format!("{}: {why}", reads::label(text));
        self.found.doubts.push(Warning { line, message });
    }

    /// An epoch that is no number is looked up in a context or a stage (`resolveSourceDateEpochState`).
    fn epoch(&mut self) {
        if let Some(value) = arguments::epoch(self.globals, self.request)
            && arguments::go_integer(&value).is_none()
        {
            self.doubt(1, arguments::EPOCH, &format!("{value:?} is no number, so it is looked up elsewhere"));
        }
    }

    fn finish(mut self) -> Evaluation {
        self.used.extend(self.globals.always());
        let used = self.globals.closure(&self.used);
        // No instruction sets it, so its value stands for itself.
        if let Some(value) = self.globals.get(TARGET_STAGE).filter(|_| used.contains(TARGET_STAGE)) {
            self.found.global_args.push(format!("{TARGET_STAGE}={value}"));
        }
        for (line, name, text) in self.globals.written(&used) {
            if self.request.volatile_args.contains(name) {
                self.found.volatile.entry(name.to_owned()).or_insert(line);
            }
            if name == "BUILDKIT_SBOM_SCAN_CONTEXT" {
                let default = text.split_once('=').map(|(_, default)| default);
                self.scanned(&At { line, column: 1, text: &text }, default);
            }
            self.found.global_lines.entry(text.clone()).or_insert(line);
            self.found.global_args.push(text);
        }
        // A build argument that no global ARG declares is not seen, unless the platform sets it.
        let seen = used.into_iter().filter(|name| self.globals.get(name).is_some());
        self.found.declared.extend(seen);
        self.found
    }
}
