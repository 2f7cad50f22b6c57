//! What stands behind each name that a `FROM`, a `COPY --from` or a mount uses (`toCommand`, `detectRunMount` and
//! `resolveBaseImage`).

use std::collections::BTreeMap;

use super::{Behind, Resolver};
use crate::dockerfile::Parent;
use crate::dockerfile::fault::Fault;
use crate::dockerfile::file::FileStage;
use crate::dockerfile::instruction::{Instruction, Kind};
use crate::dockerfile::outside::{self, Outside};
use crate::dockerfile::text::Text;
use crate::dockerfile::word::{self, NoVariables};
use crate::reference::ImageName;

impl Resolver<'_> {
    /// What a `FROM` names: an earlier stage by its exact name, else an image.
    pub(super) fn from(&self, index: usize, text: &Text) -> Result<Vec<(String, Behind)>, String> {
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
        let contexts = contexts.map(|(name, context)| (name.clone(), outside::of_context(name, context)));
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
    pub(super) fn sources(
        &self,
        index: usize,
        instruction: &Instruction,
    ) -> Result<Vec<Option<Behind>>, String> {
        match &instruction.kind {
            Kind::Transfer(transfer) => match &transfer.from {
                Some(from) => Ok(vec![Some(self.before(index, self.copy_from(from)?, from, "copy")?)]),
                None => Ok(Vec::new()),
            },
            Kind::Run(mounts) => mounts
                .iter()
                .map(|mount| {
                    let Some(from) = mount.from.as_deref() else { return Ok(None) };
                    self.before(index, self.mount_from(from)?, from, "mount").map(Some)
                })
                .collect(),
            _ => Ok(Vec::new()),
        }
    }

    /// What is wrong with the names of a stage that the target does not reach: they are looked up all the same
    /// (`buildStageDependencyGraph`, `resolveReachableStages`).
    pub(super) fn unreached(&self, index: usize, stage: &FileStage, text: &Text) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Err(message) = self.from(index, text) {
            faults.push(Fault::new(stage.line, stage.column, message));
        }
        for instruction in &stage.instructions {
            let found = match &instruction.kind {
                Kind::Transfer(transfer) => transfer.from.as_deref().map(|from| self.copy_from(from)),
                Kind::Run(mounts) => {
                    let mut names = mounts.iter().filter_map(|mount| mount.from.as_deref());
                    names.find_map(|from| Some(self.mount_from(from)).filter(Result::is_err))
                }
                _ => None,
            };
            match found {
                Some(Err(message)) => faults.push(Fault::new(instruction.line, instruction.column, message)),
                Some(Ok(Behind::Stage(itself))) if itself == index => {
                    faults.push(Fault::new(
                        instruction.line,
                        instruction.column,
                        circular("copy", &index.to_string()),
                    ));
                }
                _ => {}
            }
        }
        faults
    }

    /// `COPY --from`: a number or a name, whatever its case; never expanded.
    fn copy_from(&self, from: &str) -> Result<Behind, String> {
        let expanded = word::expand(from, self.file.escape, &NoVariables)?;
        if expanded.text.as_known() != Some(from) {
            return Err("variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround".to_owned());
        }
        // `strconv.Atoi`
        if let Ok(number) = from.parse::<i64>() {
            let stage = usize::try_from(number).ok().filter(|stage| *stage < self.file.stages.len());
            return stage
                .map(|stage| self.stage(stage))
                .ok_or_else(|| format!("invalid stage index {number}"));
        }
        self.mount_from(from)
    }

    /// A mount's `from`: a name alone.
    fn mount_from(&self, from: &str) -> Result<Behind, String> {
        match self.file.named(from) {
            Some(stage) => Ok(self.stage(stage)),
            None => self.image(from).map(Behind::Outside),
        }
    }

    /// A stage must have been built before this one. What a context replaces is there from the start.
    fn before(&self, index: usize, behind: Behind, from: &str, what: &str) -> Result<Behind, String> {
        match behind {
            Behind::Stage(stage) if stage == index => Err(circular(what, from)),
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
        if let Some(outside) = outside::of_name(self.request, name) {
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

fn circular(what: &str, from: &str) -> String {
    format!("circular dependency detected: the stage cannot {what} from itself ({from:?})")
}
