//! A whole Dockerfile as stages of typed instructions, not yet expanded (`instructions.Parse`).

use super::fault::Fault;
use super::instruction::{self, From, Instruction, Kind};
use super::scan;

/// A parsed file.
#[derive(Debug, Default)]
pub(super) struct File {
    /// The escape token.
    pub(super) escape: char,
    /// What stands before the first `FROM`.
    pub(super) globals: Vec<Instruction>,
    /// The stages, reached or not.
    pub(super) stages: Vec<FileStage>,
    /// What BuildKit refuses whatever the target.
    pub(super) faults: Vec<Fault>,
}

/// One stage.
#[derive(Debug)]
pub(super) struct FileStage {
    /// 1-based line of its `FROM`.
    pub(super) line: usize,
    /// 1-based column of its `FROM`.
    pub(super) column: usize,
    /// Its `FROM`.
    pub(super) from: From,
    /// Doubts about its `FROM`.
    pub(super) doubts: Vec<String>,
    /// The instructions behind it.
    pub(super) instructions: Vec<Instruction>,
}

impl File {
    /// Parses a file.
    pub(super) fn parse(text: &str) -> File {
        let scanned = scan::scan(text);
        let mut file = File { escape: scanned.escape, faults: scanned.faults, ..File::default() };
        if scanned.lines.is_empty() && file.faults.is_empty() {
            let message =
                if text.is_empty() { "the Dockerfile is empty" } else { "file with no instructions" };
            file.faults.push(Fault::new(1, 1, message).hint("a Dockerfile starts with FROM"));
            return file;
        }
        for logical in &scanned.lines {
            match instruction::parse(logical, file.escape) {
                Ok(instruction) => file.add(instruction),
                Err(fault) => {
                    // A stage whose FROM is wrong is still a stage, so that what follows is not wrong as well.
                    let from = logical
                        .text
                        .trim_start()
                        .get(..4)
                        .is_some_and(|word| word.eq_ignore_ascii_case("from"));
                    if from {
                        let from = From { base: "scratch".to_owned(), name: None, platform: None };
                        file.stage(logical.line, logical.column, from, Vec::new());
                    }
                    file.faults.push(fault);
                }
            }
        }
        if file.stages.is_empty() {
            let fault = Fault::new(1, 1, "dockerfile contains no stages to build");
            file.faults.push(fault.hint("add a FROM"));
        }
        file
    }

    fn stage(&mut self, line: usize, column: usize, from: From, doubts: Vec<String>) {
        self.stages.push(FileStage { line, column, from, doubts, instructions: Vec::new() });
    }

    fn add(&mut self, instruction: Instruction) {
        let Instruction { line, column, .. } = instruction;
        if let Kind::From(from) = instruction.kind {
            self.stage(line, column, from, instruction.doubts);
            return;
        }
        match (self.stages.last_mut(), &instruction.kind) {
            (Some(stage), _) => stage.instructions.push(instruction),
            (None, Kind::Arg(_) | Kind::Unknown) => self.globals.push(instruction),
            (None, _) => {
                let fault = Fault::new(line, column, "no build stage in current context");
                self.faults.push(fault.hint("only ARG may stand before the first FROM"));
            }
        }
    }

    /// The stage that a name means behind all stages; of two with one name the last.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        let name = name.to_lowercase();
        self.stages.iter().rposition(|stage| stage.from.name.as_deref() == Some(name.as_str()))
    }

    /// What `TARGETSTAGE` holds.
    pub(super) fn target_name<'a>(&'a self, target: Option<&'a str>) -> &'a str {
        let last = || self.stages.last().and_then(|stage| stage.from.name.as_deref());
        target.filter(|target| !target.is_empty()).or_else(last).unwrap_or("default")
    }

    /// What a BuildKit that does not know it refuses, also in stages that no target reaches: keywords and flags that are
    /// not known here, with the instructions that have them.
    pub(super) fn doubted(&self) -> impl Iterator<Item = String> {
        let stages = self.stages.iter().flat_map(|stage| stage.doubts.iter().cloned());
        let all = self.stages.iter().flat_map(|stage| &stage.instructions);
        let all = self.globals.iter().chain(all).filter(|instruction| !instruction.doubts.is_empty());
        stages.chain(all.map(|instruction| instruction.text.clone()))
    }

    /// Instructions whose keyword is not known, wherever they stand: what follows one may be its own.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &Instruction> {
        let all = self.stages.iter().flat_map(|stage| &stage.instructions);
        self.globals.iter().chain(all).filter(|instruction| matches!(instruction.kind, Kind::Unknown))
    }
}

/// The instruction of an `ONBUILD` trigger, which is parsed anew with the default escape token
/// (`initOnBuildTriggers`), as it stands at the `FROM` of the stage that it runs in.
pub(super) fn trigger(text: &str, at: &FileStage, escape: char) -> Result<Instruction, Fault> {
    let fault =
        |message: String| Fault::new(at.line, at.column, format!("the ONBUILD trigger {text:?}: {message}"));
    let scanned = scan::scan(text);
    if let Some(first) = scanned.faults.into_iter().next() {
        return Err(fault(first.message));
    }
    let [logical] = scanned.lines.as_slice() else {
        return Err(fault("onbuild trigger should be a single expression".to_owned()));
    };
    let mut instruction =
        instruction::parse(logical, scanned.escape).map_err(|wrong| fault(wrong.message))?;
    if matches!(instruction.kind, Kind::From(_)) {
        return Err(fault("FROM is not allowed as a trigger".to_owned()));
    }
    (instruction.line, instruction.column) = (at.line, at.column);
    if escape != '\\' {
        // Parsed with one token and expanded with the other.
        instruction.text.insert_str(0, "escape=\\` ");
    }
    Ok(instruction)
}
