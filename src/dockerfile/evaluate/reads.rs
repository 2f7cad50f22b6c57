//! What instructions read of the contexts, and what they take from outside.

use super::{At, Walk};
use crate::dockerfile::environment::Environment;
use crate::dockerfile::instruction::Transfer;
use crate::dockerfile::mount::{Mount, Shows};
use crate::dockerfile::outside::Outside;
use crate::dockerfile::stages::Behind;
use crate::dockerfile::{Base, Context, Origin, Read, Remote, Request, What, sources, word};

impl Walk<'_> {
    /// An attestation of the context reads all of it.
    pub(super) fn scanned(&mut self, at: &At<'_>, default: Option<&str>) {
        let name = "BUILDKIT_SBOM_SCAN_CONTEXT";
        let given = self.request.build_args.get(name).map(String::as_str).or(default);
        if given.is_none_or(|value| matches!(value, "" | "0" | "f" | "F" | "false" | "FALSE" | "False")) {
            return;
        }
        let why = format!("{name} has the whole context scanned");
        self.read(at, None, What::Whole(why));
    }

    pub(super) fn transfer(
        &mut self,
        at: &At<'_>,
        transfer: &Transfer,
        from: Option<&Option<Behind>>,
        environment: &Environment,
    ) -> Result<(), String> {
        let escape = self.file.escape;
        let expand = |word: &String| word::expand(word, escape, environment).map(|expansion| expansion.text);
        let texts = transfer.sources.iter().map(expand).collect::<Result<Vec<_>, _>>()?;
        let checksum = transfer.checksum.as_ref().map(expand).transpose()?;
        let found = sources::transfer(transfer, &texts, checksum.as_ref(), self.windows)?;
        let context = match from {
            None => Some(None),
            Some(Some(Behind::Outside(Outside { origin: Origin::Context(name), .. }))) => {
                Some(Some(name.clone()))
            }
            Some(_) => None,
        };
        if let Some(context) = context {
            if let Some(what) = found.what {
                self.read(at, context, what);
            }
            found.warnings.into_iter().for_each(|warning| self.warn(at.line, warning));
        }
        let remotes = found.remotes.into_iter().map(|address| Remote { address, line: at.line });
        self.found.remotes.extend(remotes);
        Ok(())
    }

    pub(super) fn mounts(
        &mut self,
        at: &At<'_>,
        mounts: &[Mount],
        from: &[Option<Behind>],
        environment: &Environment,
    ) -> Result<(), String> {
        let escape = self.file.escape;
        for (mount, from) in mounts.iter().zip(from) {
            let shows = mount
                .shows(|value| word::expand(value, escape, environment).map(|expansion| expansion.text))?;
            let context = match from {
                None => None,
                Some(Behind::Outside(Outside { origin: Origin::Context(name), .. })) => Some(name.clone()),
                Some(_) => continue,
            };
            let (what, warning) = match shows {
                Shows::Nothing => continue,
                Shows::Source(source) => sources::mount(&source, self.windows),
                Shows::Unknown(why) => (
                    What::Whole(why.clone()),
                    Some(format!("the mount is not known: {why}; the whole context counts")),
                ),
            };
            self.read(at, context, what);
            warning.into_iter().for_each(|warning| self.warn(at.line, warning));
        }
        Ok(())
    }

    /// Notes something from outside and gives its origin. A stage that starts from files has all of them.
    pub(super) fn outside(&mut self, outside: &Outside, line: usize, label: &str, from: bool) -> Origin {
        if let Some((written, pinned)) = &outside.external {
            self.found.bases.insert(Base { written: written.clone(), line, from, pinned: *pinned });
        }
        if let Some(name) = &outside.name {
            self.found.names.entry(name.clone()).or_insert(line);
        }
        if let (Origin::Context(name), true) = (&outside.origin, from) {
            let why = "a stage starts from all of it".to_owned();
            let at = At { line, column: 1, text: label };
            self.read(&at, Some(name.clone()), What::Whole(why));
        }
        outside.origin.clone()
    }

    fn read(&mut self, at: &At<'_>, context: Option<String>, what: What) {
        let read = Read { line: at.line, instruction: label(at.text), context, what };
        if !self.found.reads.contains(&read) {
            self.found.reads.push(read);
        }
    }
}

/// An instruction for people: its first line, not too long.
pub(super) fn label(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    let line = line.strip_prefix("escape=` ").unwrap_or(line);
    match line.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(line)),
        None => line.to_owned(),
    }
}

/// All that a file whose meaning is in doubt may read: everything.
pub(in crate::dockerfile) fn everything(request: &Request, line: usize, why: &str) -> Vec<Read> {
    let files =
        request.contexts.iter().filter(|(_, context)| matches!(context, Context::Files | Context::Remote));
    std::iter::once(None)
        .chain(files.map(|(name, _)| Some(name.clone())))
        .map(|context| Read {
            line,
            instruction: "the whole Dockerfile".to_owned(),
            context,
            what: What::Whole(why.to_owned()),
        })
        .collect()
}
