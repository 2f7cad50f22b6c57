//! Which stages a target reaches (`buildDispatchStates`), with what stands behind each name on the way.

mod names;

use std::collections::{BTreeMap, BTreeSet};

use super::Request;
use super::arguments::Globals;
use super::fault::Fault;
use super::file::{self, File, FileStage};
use super::instruction::{Instruction, Kind};
use super::outside::{self, Outside};
use super::text::Text;
use super::word;

/// What stands behind a name.
#[derive(Debug, Clone)]
pub(super) enum Behind {
    /// A stage of the file.
    Stage(usize),
    /// Something from outside.
    Outside(Outside),
}

/// One stage that the target reaches.
#[derive(Debug)]
pub(super) struct Reached {
    /// What its `FROM` may mean: one thing, unless a part of the name is unknown.
    pub(super) bases: Vec<Behind>,
    /// Where a part of the name is unknown, the name and those that it may be, in the order of `bases`.
    pub(super) open: Option<(Text, Vec<String>)>,
    /// Its triggers and instructions, each with what its `--from`s mean, in order.
    pub(super) instructions: Vec<(Instruction, Vec<Option<Behind>>)>,
}

/// The part of a file that a target reaches on one platform.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// The reached stages by their index in the file.
    pub(super) stages: BTreeMap<usize, Reached>,
    /// What a context put in the place of the target's stage.
    pub(super) replaced: Option<(usize, Outside)>,
    /// The target's index in the file.
    pub(super) target: usize,
    /// Names that `FROM`s and their platforms looked up.
    pub(super) used: BTreeSet<String>,
    /// What BuildKit refuses.
    pub(super) faults: Vec<Fault>,
}

/// Resolves names of one file.
pub(super) struct Resolver<'a> {
    pub(super) file: &'a File,
    pub(super) request: &'a Request,
    pub(super) globals: &'a Globals,
    /// What a named context puts in the place of each stage.
    replaced: Vec<Option<Outside>>,
}

impl<'a> Resolver<'a> {
    /// Looks at the names of all stages.
    pub(super) fn new(file: &'a File, request: &'a Request, globals: &'a Globals) -> Resolver<'a> {
        let replaced = |stage: &FileStage| {
            let name = stage.from.name.as_deref()?;
            // `namedContextFunc`
            if matches!(name, "scratch" | "context") {
                return None;
            }
            outside::of_name(request, name)
        };
        Resolver { file, request, globals, replaced: file.stages.iter().map(replaced).collect() }
    }

    /// Everything that the target reaches.
    pub(super) fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        let texts = self.bases(&mut graph);
        let Some(target) = self.target(&mut graph.faults) else { return graph };
        graph.target = target;
        if let Some(Some(outside)) = self.replaced.get(target) {
            graph.replaced = Some((target, outside.clone()));
            return graph;
        }
        let mut left = vec![target];
        while let Some(index) = left.pop() {
            let (false, Some(stage), Some(Some((text, used)))) =
                (graph.stages.contains_key(&index), self.file.stages.get(index), texts.get(index))
            else {
                continue;
            };
            graph.used.extend(used.iter().cloned());
            let reached = self.reach(index, stage, (text, used), &mut graph.faults);
            let sources = reached.instructions.iter().flat_map(|(_, from)| from.iter().flatten());
            left.extend(reached.bases.iter().chain(sources).filter_map(|behind| match behind {
                Behind::Stage(index) => Some(*index),
                Behind::Outside(_) => None,
            }));
            graph.stages.insert(index, reached);
        }
        for (index, (stage, text)) in self.file.stages.iter().zip(&texts).enumerate() {
            if let (false, Some((text, _))) = (graph.stages.contains_key(&index), text) {
                graph.faults.extend(self.unreached(index, stage, text));
            }
        }
        graph
    }

    /// The expanded name of each `FROM`, with the variables that it and its platform use.
    fn bases(&self, graph: &mut Graph) -> Vec<Option<(Text, BTreeSet<String>)>> {
        let mut texts = Vec::with_capacity(self.file.stages.len());
        for stage in &self.file.stages {
            match self.base(stage) {
                Ok(base) => texts.push(Some(base)),
                Err(fault) => {
                    graph.faults.push(fault);
                    texts.push(None);
                }
            }
        }
        texts
    }

    fn base(&self, stage: &FileStage) -> Result<(Text, BTreeSet<String>), Fault> {
        let fault = |message: String| Fault::new(stage.line, stage.column, message);
        let expand = |written: &str, blank: &dyn Fn() -> String| {
            let expansion = word::expand(written, self.file.escape, self.globals).map_err(fault)?;
            if expansion.text.is_empty() == Some(true) {
                return Err(self.without_value(fault(blank()), &expansion.used));
            }
            Ok(expansion)
        };
        let written = &stage.from.base;
        let base = expand(written, &|| format!("base name ({written}) should not be blank"))?;
        let mut used = base.used;
        if let Some(platform) = &stage.from.platform {
            used.extend(
                expand(platform, &|| format!("empty platform value from expression {platform}"))?.used,
            );
        }
        Ok((base.text, used))
    }

    /// Says which of these arguments lacks a value, if one does.
    fn without_value(&self, fault: Fault, used: &BTreeSet<String>) -> Fault {
        match self.globals.missing(used) {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    }

    fn target(&self, faults: &mut Vec<Fault>) -> Option<usize> {
        let Some(target) = self.request.target.as_deref().filter(|target| !target.is_empty()) else {
            return self.file.stages.len().checked_sub(1);
        };
        let found = self.file.named(target);
        if found.is_none() {
            let names: Vec<&str> =
                self.file.stages.iter().filter_map(|stage| stage.from.name.as_deref()).collect();
            let hint = match names.as_slice() {
                [] => "no stage of this Dockerfile has a name; give one with FROM … AS NAME".to_owned(),
                names => format!("the targets are: {}", names.join(", ")),
            };
            faults.push(Fault::new(1, 1, format!("target stage {target:?} could not be found")).hint(hint));
        }
        found
    }

    fn reach(
        &self,
        index: usize,
        stage: &FileStage,
        (text, used): (&Text, &BTreeSet<String>),
        faults: &mut Vec<Fault>,
    ) -> Reached {
        let named = self.from(index, text).unwrap_or_else(|message| {
            faults.push(self.without_value(Fault::new(stage.line, stage.column, message), used));
            Vec::new()
        });
        let (names, bases): (Vec<String>, Vec<Behind>) = named.into_iter().unzip();
        let open = text.first_hole().map(|_| (text.clone(), names));
        let mut instructions = Vec::new();
        for trigger in bases.iter().flat_map(|base| self.triggers(base)) {
            match file::trigger(trigger, stage, self.file.escape) {
                Ok(instruction) => instructions.push(instruction),
                Err(fault) => faults.push(fault),
            }
        }
        instructions.extend(stage.instructions.iter().cloned());
        let resolved = instructions.into_iter().map(|instruction| {
            let from = self.sources(index, &instruction).unwrap_or_else(|message| {
                faults.push(Fault::new(instruction.line, instruction.column, message));
                Vec::new()
            });
            (instruction, from)
        });
        Reached { instructions: resolved.collect(), open, bases }
    }

    /// `ONBUILD` of what a stage is built from. Of a stage those that stand in its text, also where a context
    /// replaces it (`resolveStages` looks at the commands); of an image those of its configuration.
    fn triggers<'b>(&'b self, base: &'b Behind) -> impl Iterator<Item = &'b String> {
        let (index, triggers) = match base {
            Behind::Stage(index) => (Some(*index), &[][..]),
            Behind::Outside(outside) => (None, outside.onbuild.as_slice()),
        };
        index.into_iter().flat_map(|index| self.onbuild(index)).chain(triggers)
    }

    /// The triggers in the text of a stage.
    pub(super) fn onbuild(&self, index: usize) -> impl Iterator<Item = &String> {
        let stage = self.file.stages.get(index);
        stage.into_iter().flat_map(|stage| &stage.instructions).filter_map(|instruction| {
            match &instruction.kind {
                Kind::Onbuild(trigger) => Some(trigger),
                _ => None,
            }
        })
    }
}
