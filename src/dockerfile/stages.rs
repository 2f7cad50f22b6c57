//! Which stages a target reaches, and what stands behind each name that a `FROM`, a `COPY --from` or a mount
//! uses (`buildDispatchStates`, `toCommand`, `detectRunMount`, `resolveBaseImage` and `NamedContext`).

use std::collections::{BTreeMap, BTreeSet};

use crate::reference::ImageName;

use super::arguments::Globals;
use super::environment::Environment;
use super::fault::Fault;
use super::file::{self, File, FileStage};
use super::instruction::{Instruction, Kind};
use super::text::Text;
use super::word::{self, NoVariables};
use super::{Context, Legacy, Origin, Parent, Request};

/// What stands behind a name.
#[derive(Debug, Clone)]
pub(super) enum Behind {
    /// A stage of the file.
    Stage(usize),
    /// Something from outside.
    Outside(Outside),
}

/// An image or files from outside the Dockerfile.
#[derive(Debug, Clone)]
pub(super) struct Outside {
    /// What it is.
    pub(super) origin: Origin,
    /// What a stage built from it starts with.
    pub(super) environment: Environment,
    /// The triggers that fire in such a stage.
    pub(super) onbuild: Vec<String>,
    /// The external image's name, and whether a digest pins it.
    pub(super) external: Option<(String, bool)>,
    /// The image's name as it stands in the file, where no context replaces it and it is known.
    pub(super) name: Option<String>,
}

impl Outside {
    fn new(origin: Origin, environment: Environment) -> Outside {
        Outside { origin, environment, onbuild: Vec::new(), external: None, name: None }
    }

    fn scratch() -> Outside {
        Outside::new(Origin::Scratch, Environment::default())
    }

    fn parent(parent: &Parent) -> Outside {
        let Parent { image, legacy } = parent;
        Outside {
            onbuild: legacy.onbuild.clone(),
            ..Outside::new(Origin::Parent(image.clone()), Environment::of(legacy))
        }
    }

    fn external(origin: String, written: String, pinned: bool) -> Outside {
        Outside {
            external: Some((written, pinned)),
            ..Outside::new(Origin::Image(origin), Environment::external())
        }
    }
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
            context(request, name)
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

    /// What a `FROM` names: an earlier stage by its exact name, else an image.
    fn from(&self, index: usize, text: &Text) -> Result<Vec<(String, Behind)>, String> {
        let earlier = self.file.stages.get(..index).unwrap_or_default();
        let named = |name: &str| earlier.iter().rposition(|stage| stage.from.name.as_deref() == Some(name));
        let Some(name) = text.as_known() else { return Ok(self.open(text, earlier)) };
        let behind = match named(name) {
            Some(stage) => self.stage(stage),
            None => Behind::Outside(self.image(name)?),
        };
        Ok(vec![(name.to_owned(), behind)])
    }

    /// A stage, or the context in its place. Triggers of an image that replaces a stage do not fire
    /// (`dispatchState.init`), those in the stage's text do.
    fn stage(&self, index: usize) -> Behind {
        match self.replaced.get(index) {
            Some(Some(outside)) => {
                let onbuild = self.onbuild(index).cloned().collect();
                Behind::Outside(Outside { onbuild, ..outside.clone() })
            }
            _ => Behind::Stage(index),
        }
    }

    /// All that a name with holes may mean.
    fn open(&self, text: &Text, earlier: &[FileStage]) -> Vec<(String, Behind)> {
        let mut found = BTreeMap::new();
        for (index, stage) in earlier.iter().enumerate() {
            if let Some(name) = stage.from.name.as_deref().filter(|name| text.can_be(name)) {
                found.insert(name, index);
            }
        }
        let stages = found.into_iter().map(|(name, index)| (name.to_owned(), self.stage(index)));
        let possible = |name: &str| {
            text.can_be(name) || ImageName::parse(name).is_some_and(|name| text.can_be(&name.to_string()))
        };
        let contexts = self.request.contexts.iter().filter(|(name, _)| possible(name));
        let contexts = contexts.map(|(name, context)| (name.clone(), of_context(name, context)));
        let parents = self.request.parents.iter().filter(|(name, _)| possible(name));
        let parents = parents.map(|(name, parent)| (name.clone(), Outside::parent(parent)));
        let outside = contexts.chain(parents).map(|(name, outside)| (name, Behind::Outside(outside)));
        let mut behind: Vec<_> = stages.chain(outside).collect();
        if behind.is_empty() {
            let written = text.to_string();
            let pinned = written.split_once("@sha256:").is_some_and(|(_, digits)| {
                digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit())
            });
            let outside = Outside::external(written.clone(), written.clone(), pinned);
            behind.push((written, Behind::Outside(outside)));
        }
        behind
    }

    /// What each `--from` of an instruction means; none for a mount without one.
    fn sources(&self, index: usize, instruction: &Instruction) -> Result<Vec<Option<Behind>>, String> {
        match &instruction.kind {
            Kind::Transfer(transfer) => match &transfer.from {
                Some(from) => Ok(vec![Some(self.copy_from(index, from)?)]),
                None => Ok(Vec::new()),
            },
            Kind::Run(mounts) => mounts
                .iter()
                .map(|mount| mount.from.as_deref().map(|from| self.mount_from(index, from)).transpose())
                .collect(),
            _ => Ok(Vec::new()),
        }
    }

    /// `COPY --from`: a number or a name, whatever its case; never expanded.
    fn copy_from(&self, index: usize, from: &str) -> Result<Behind, String> {
        let expanded = word::expand(from, self.file.escape, &NoVariables)?;
        if expanded.text.as_known() != Some(from) {
            return Err("variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround".to_owned());
        }
        // `strconv.Atoi`
        if let Ok(number) = from.parse::<i64>() {
            let stage = usize::try_from(number).ok().filter(|stage| *stage < self.file.stages.len());
            let stage = stage.ok_or_else(|| format!("invalid stage index {number}"))?;
            return self.before(index, stage, from, "copy");
        }
        match self.file.named(from) {
            Some(stage) => self.before(index, stage, from, "copy"),
            None => self.image(from).map(Behind::Outside),
        }
    }

    /// A mount's `from`: a name alone.
    fn mount_from(&self, index: usize, from: &str) -> Result<Behind, String> {
        match self.file.named(from) {
            Some(stage) => self.before(index, stage, from, "mount"),
            None => self.image(from).map(Behind::Outside),
        }
    }

    /// A stage that must have been built before this one. What a context replaces is there from the start.
    fn before(&self, index: usize, stage: usize, from: &str, what: &str) -> Result<Behind, String> {
        match self.stage(stage) {
            Behind::Stage(stage) if stage == index => {
                Err(format!("circular dependency detected: the stage cannot {what} from itself ({from:?})"))
            }
            Behind::Stage(stage) if stage > index => Err(format!(
                "cannot {what} from stage {from:?}, it needs to be defined before the current stage"
            )),
            behind => Ok(behind),
        }
    }

    /// An image by its name: `scratch`, a named context, an image of the plan, an external image.
    fn image(&self, name: &str) -> Result<Outside, String> {
        if name == "scratch" {
            return Ok(Outside::scratch());
        }
        let Some(full) = ImageName::parse(name) else {
            return Err(format!(
                "failed to parse stage name {name:?}: it is neither a stage nor an image's name"
            ));
        };
        if let Some(outside) = context(self.request, name) {
            return Ok(outside);
        }
        let same =
            |(key, _): &(&String, &Parent)| *key == name || ImageName::parse(key).as_ref() == Some(&full);
        let mut outside = match self.request.parents.iter().find(same) {
            Some((_, parent)) => Outside::parent(parent),
            None => Outside::external(full.to_string(), name.to_owned(), full.digest.is_some()),
        };
        outside.name = Some(name.to_owned());
        Ok(outside)
    }
}

/// The named context for a name. Both are compared completed, as `FamiliarString` without `:latest` is.
fn context(request: &Request, name: &str) -> Option<Outside> {
    let full = ImageName::parse(name);
    let same = |key: &str| key == name || full.is_some() && ImageName::parse(key) == full;
    let (key, context) = request.contexts.iter().find(|(key, _)| same(key))?;
    Some(of_context(key, context))
}

/// What each named context is.
pub(super) fn configured(request: &Request) -> BTreeMap<String, Origin> {
    request.contexts.iter().map(|(key, context)| (key.clone(), of_context(key, context).origin)).collect()
}

fn of_context(key: &str, context: &Context) -> Outside {
    match context {
        Context::Parent(parent) => Outside::parent(parent),
        Context::Image(image) => {
            let image = image.strip_prefix("docker-image://").unwrap_or(image);
            if image == "scratch" {
                return Outside::scratch();
            }
            let full = ImageName::parse(image);
            let pinned = full.as_ref().is_some_and(|full| full.digest.is_some());
            let origin = full.map_or_else(|| image.to_owned(), |full| full.to_string());
            Outside::external(origin, image.to_owned(), pinned)
        }
        // An address may turn out to be an image with an environment of its own.
        Context::Files | Context::Remote => {
            Outside::new(Origin::Context(key.to_owned()), Environment::external())
        }
    }
}

/// What a target that a context replaces leaves to images built from it.
pub(super) fn legacy_of(outside: &Outside) -> Legacy {
    outside.environment.legacy()
}
