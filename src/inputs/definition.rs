//! What counts of the definition where the files alone do not say what a build sees of them.
//!
//! Derived files show where a context is and what its ignore file drops. Explicit inputs and generated files do
//! not: the same files in another context, or behind another ignore file, are another build.

use std::sync::Arc;

use bstr::ByteSlice;

use crate::config::NamedContext;
use crate::dockerfile::{Origin, Reading};
use crate::error::Result;
use crate::ignore::Ignore;
use crate::inputs::{Collector, Files, Root, find_context, locate};
use crate::tree::{self, Id, Mode, Objects};

impl Collector<'_> {
    /// The patterns of a context's ignore file count.
    pub(super) fn ignored(&mut self, root: &Root, ignore: &Ignore) {
        let patterns: Vec<String> = ignore.rules().iter().map(|rule| rule.pattern.clone()).collect();
        if !patterns.is_empty() {
            self.inputs.ignored.insert(root.clone(), patterns);
        }
    }

    /// With explicit inputs the contexts that the Dockerfile reads count by where they are.
    pub(super) fn underived(&mut self, reading: &Reading) {
        self.inputs.folders.insert(Root::Main, self.located.context.clone());
        self.ignored(&Root::Main, &Arc::clone(&self.located.ignore));
        let stages = reading.stages.iter().flat_map(|stage| {
            stage.from.iter().chain(stage.instructions.iter().flat_map(|instruction| &instruction.from))
        });
        for origin in stages.chain(reading.configured.contexts.values()) {
            let Origin::Context(name) = origin else { continue };
            let Some((key, NamedContext::Folder(path))) = find_context(self.image, name) else { continue };
            let root = Root::Context(key.clone());
            if self.inputs.folders.insert(root.clone(), path.as_str().into()).is_none()
                && let Err(errors) = self.ignored_below(&root, path)
            {
                self.fail(errors);
            }
        }
    }

    /// A folder that is not in the commit is no error here: explicit inputs may stand for what makes it.
    fn ignored_below(&mut self, root: &Root, path: &str) -> Result<(), crate::error::Errors> {
        let found = tree::follow(self.objects, self.repository, path.into())?;
        if found.is_some_and(|(_, entry)| entry.mode == Mode::Folder) {
            let folder = locate::folder(self.objects, self.repository, path, &self.image.place)?;
            self.ignored(root, &folder.ignore);
        }
        Ok(())
    }
}

/// A submodule that `.gitmodules` does not name is an empty folder in a fresh checkout, so the file counts beside one.
pub(super) fn submodules(objects: &dyn Objects, repository: &Id, files: &mut Files) -> Result<()> {
    let submodule = files.iter().find(|file| file.mode == Mode::Submodule);
    let Some(whys) = submodule.map(|file| file.whys.to_vec()) else { return Ok(()) };
    let path = b".gitmodules".as_bstr();
    if let Some(entry) = tree::lookup(objects, repository, path)?.filter(|entry| entry.mode.is_file()) {
        files.add(Root::Repository, path, (entry.mode, entry.id), whys);
    }
    Ok(())
}
