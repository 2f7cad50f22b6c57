//! The instructions of a stage, as an author draws them.

use super::author::{Author, Known};
use super::model::{Copy, Heredoc, Instruction};
use super::words::{Source, value};
use crate::generate::project::own_folders;
use crate::generate::{chance, pick};
use crate::snapshot::Context;

/// Files of a context whose names hold the platform that a build is for.
pub const PLATFORM_FILES: [&str; 2] = ["platform/linux/amd64.txt", "platform/linux/386.txt"];

impl Author<'_> {
    /// Adds an instruction, and what it needs before it.
    pub fn instruction(&mut self, known: &mut Known) {
        match self.rng.u8(..100) {
            0..38 => {
                if let Some(copy) = self.copy() {
                    let copy = self.decorated(copy);
                    if !copy.to.starts_with('.') && copy.to.starts_with('/') && !copy.to.contains('$') {
                        known.paths.push(copy.to.trim_end_matches('/').to_owned());
                    }
                    self.push(Instruction::Copy(copy));
                }
            }
            38..50 => {
                if let Some(copy) = self.copy_from() {
                    known.paths.push(copy.to.trim_end_matches('/').to_owned());
                    self.push(Instruction::Copy(copy));
                }
            }
            50..66 if known.runs => {
                let run = self.run();
                known.seen = true;
                self.push(Instruction::Run(run));
            }
            66..84 => self.variables(),
            84..89 => self.heredoc_copy(),
            89..93 => self.onbuild(known),
            _ => self.plain(),
        }
    }

    /// A source in the context, with what it needs before it.
    fn source(&mut self) -> Option<Source> {
        if chance(self.rng, 25) && self.has_platform_files() {
            self.push(Instruction::Arg(vec![("TARGETPLATFORM".to_owned(), None)]));
            let word = "platform/$TARGETPLATFORM.txt".to_owned();
            return Some(Source { word, file: true, ..Source::default() });
        }
        let name = format!("S{}", self.serial());
        let source = self.site.source(self.rng, &name)?;
        for instruction in &source.before {
            self.push(instruction.clone());
        }
        for (name, value) in &source.globals {
            self.global(name, value);
        }
        self.args.extend(source.args.clone());
        Some(source)
    }

    fn has_platform_files(&self) -> bool {
        let paths = self.site.tree.paths(self.site.folder);
        PLATFORM_FILES.iter().all(|file| paths.iter().any(|path| path == file))
    }

    /// `COPY` or `ADD` of files of the context, without flags.
    pub fn copy(&mut self) -> Option<Copy> {
        let first = self.source()?;
        let mut copy =
            Copy { add: chance(self.rng, 15), sources: vec![first.word.clone()], ..Copy::default() };
        while chance(self.rng, 20) {
            copy.sources.extend(self.source().map(|source| source.word));
        }
        let serial = self.serial();
        let one = first.file && copy.sources.len() == 1;
        copy.to = match self.rng.u8(..10) {
            0 => "./".to_owned(),
            1 => format!("rel{serial}/"),
            2 => format!("/d{serial}/in/"),
            3 => format!("/d${{NONE}}{serial}/"),
            4 | 5 if one => format!("/f{serial}"),
            _ => format!("/d{serial}/"),
        };
        copy.json = chance(self.rng, 20) || copy.sources.iter().any(|source| source.contains([' ', '\t']));
        Some(copy)
    }

    /// The same with flags.
    fn decorated(&mut self, mut copy: Copy) -> Copy {
        let file = self.site.path(self.rng).map(|(path, _)| path).unwrap_or_default();
        let leaf = file.rsplit('/').next().unwrap_or_default().to_owned();
        let ending = leaf.rsplit_once('.').map_or("md", |(_, ending)| ending).to_owned();
        let mut excludes =
            vec![format!("*.{ending}"), "**/*.md".to_owned(), "*.txt".to_owned(), "/sub".to_owned()];
        // A flag ends at a blank, and its quotes are the lexer's.
        excludes.extend([file, leaf].into_iter().filter(|path| {
            path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b)) && !path.is_empty()
        }));
        while chance(self.rng, 18) {
            copy.flags.push(format!("--exclude={}", pick(self.rng, &excludes)));
        }
        for (percent, flag) in [
            (8, "--link"),
            (5, "--chmod=755"),
            (3, "--chmod=0640"),
            (3, "--chmod=u=rwX,go=rX"),
            (4, "--chown=1:2"),
            (3, "--chown=1000"),
        ] {
            if chance(self.rng, percent) && !copy.flags.iter().any(|one| one.get(..6) == flag.get(..6)) {
                copy.flags.push(flag.to_owned());
            }
        }
        // With `--parents`, BuildKit does not find the context's root.
        let root = copy
            .sources
            .iter()
            .any(|source| source.trim_start_matches("x/").trim_matches(['.', '/']).is_empty());
        if !copy.add && !root && chance(self.rng, 12) {
            copy.flags.push("--parents".to_owned());
            copy.to = format!("/p{}/", self.serial());
            for source in &mut copy.sources {
                let pivot = source.find('/').filter(|at| *at > 0 && !source.contains(['$', '"', '.']));
                match (self.rng.u8(..4), pivot) {
                    (0, Some(at)) => source.insert_str(at, "/."),
                    (1, _) => *source = format!("**/*.{ending}"),
                    _ => {}
                }
            }
        }
        self.rng.shuffle(&mut copy.flags);
        copy
    }

    /// `COPY --from`.
    fn copy_from(&mut self) -> Option<Copy> {
        let serial = self.serial();
        let mut copy = Copy { to: format!("/g{serial}/"), json: chance(self.rng, 15), ..Copy::default() };
        let stages: Vec<(usize, Known)> =
            self.stages.iter().cloned().enumerate().filter(|(_, stage)| !stage.paths.is_empty()).collect();
        match self.rng.u8(..10) {
            0..6 if !stages.is_empty() => {
                let (index, stage) = pick(self.rng, &stages).clone();
                let path = pick(self.rng, &stage.paths).clone();
                copy.sources.push(if chance(self.rng, 20) { format!("{path}*") } else { path });
                copy.from = Some(match self.rng.u8(..4) {
                    0 => index.to_string(),
                    1 => stage.name.to_uppercase(),
                    _ => stage.name,
                });
            }
            6 | 7 if self.parents.iter().any(|parent| !parent.paths.is_empty()) => {
                let full: Vec<&Known> =
                    self.parents.iter().filter(|parent| !parent.paths.is_empty()).collect();
                let parent = (*pick(self.rng, &full)).clone();
                copy.sources.push(pick(self.rng, &parent.paths).clone());
                copy.from = Some(self.parent(&parent));
            }
            8 => {
                copy.sources.push("/bin/see".to_owned());
                copy.from = Some(format!("{}/plain", crate::generate::REGISTRY));
            }
            _ => {
                let (name, path) = self.folder_context()?;
                copy.sources.push(path);
                copy.from = Some(name);
            }
        }
        if copy.sources.iter().any(|source| source.contains([' ', '\t'])) {
            copy.json = true;
        }
        Some(copy)
    }

    /// A named folder of the repository and a source in it.
    pub fn folder_context(&mut self) -> Option<(String, String)> {
        let folders = own_folders(self.site.tree);
        let folder = if folders.is_empty() { ".".to_owned() } else { pick(self.rng, &folders).clone() };
        let name = format!("ctx{}", self.serial());
        let site = super::words::Site { folder: &folder, ..self.site };
        let (path, _) = site.path(self.rng)?;
        let word = match self.rng.u8(..4) {
            0 => "/".to_owned(),
            1 if !site.has_links() => "*".to_owned(),
            _ => site.literal(&path),
        };
        self.contexts.insert(name.clone(), Context::Folder(folder));
        Some((name, word))
    }

    /// `ARG` and `ENV` that nothing depends on.
    fn variables(&mut self) {
        let mut rows = Vec::new();
        loop {
            let name = *pick(self.rng, &["A", "B", "C", "DIR", "FILE", "TARGETARCH"]);
            rows.push((name.to_owned(), value(self.rng, self.site.escape)));
            if !chance(self.rng, 30) {
                break;
            }
        }
        if chance(self.rng, 50) {
            self.push(Instruction::Env(rows));
        } else {
            let bare = chance(self.rng, 30);
            let row = |(name, value)| (name, (!bare).then_some(value));
            self.push(Instruction::Arg(rows.into_iter().map(row).collect()));
        }
        if chance(self.rng, 12) {
            let name = *pick(self.rng, &["A", "B", "UNDECLARED"]);
            let digit = self.rng.u8(..10);
            self.args.insert(name.to_owned(), format!("arg{digit}"));
        }
    }

    /// A heredoc of a few lines.
    pub fn heredoc(&mut self, name: &str) -> Heredoc {
        let strip = chance(self.rng, 30);
        let lines = [
            "# a comment that is none",
            "echo $A",
            "",
            "RUN make",
            "make -j ${B:-2}",
            "  indented \\",
            "'a' \"b\"",
        ];
        let mut body = Vec::new();
        while chance(self.rng, 70) {
            let tabs = if strip { "\t" } else { "" };
            body.push(format!("{tabs}{}", pick(self.rng, &lines)));
        }
        Heredoc { name: name.to_owned(), strip, quoted: chance(self.rng, 50), body }
    }

    fn heredoc_copy(&mut self) {
        let serial = self.serial();
        let mut copy = Copy { to: format!("/h{serial}/"), add: chance(self.rng, 15), ..Copy::default() };
        copy.heredocs.push(self.heredoc("one.txt"));
        if chance(self.rng, 25) {
            copy.heredocs.push(self.heredoc("two.txt"));
        }
        if chance(self.rng, 25) {
            copy.sources
                .extend(self.source().filter(|s| !s.word.contains([' ', '\t'])).map(|source| source.word));
        }
        self.push(Instruction::Copy(copy));
    }

    fn onbuild(&mut self, known: &Known) {
        let inner = match self.rng.u8(..4) {
            0 => Instruction::Env(vec![("ONB2".to_owned(), value(self.rng, self.site.escape))]),
            1 if known.runs => Instruction::Run(self.run()),
            _ => match self.site.path(self.rng) {
                // In a child, a variable of this stage is only what its environment makes of it.
                Some((path, _)) => {
                    let word = self.site.literal(&path);
                    let json = word.contains([' ', '\t']);
                    let to = format!("/o{}/", self.serial());
                    Instruction::Copy(Copy { sources: vec![word], to, json, ..Copy::default() })
                }
                None => return,
            },
        };
        self.push(Instruction::Onbuild(Box::new(inner)));
    }

    fn plain(&mut self) {
        let serial = self.serial();
        let (keyword, words) = match self.rng.u8(..6) {
            0 | 1 => ("WORKDIR", format!("/w{serial}")),
            2 => ("WORKDIR", format!("down{serial}")),
            3 => ("LABEL", format!("k{serial}=\"v {}\"", self.rng.u8(..))),
            4 => ("SHELL", "[\"/bin/sh\", \"-ec\"]".to_owned()),
            _ => ("USER", "0:0".to_owned()),
        };
        self.push(Instruction::Plain(keyword, vec![words]));
    }
}
