//! A Dockerfile as data: stages of instructions, and how each is laid out as text.
//!
//! Words stand here as the Dockerfile spells them (quotes, variables, wildcards); what they mean is known to whoever
//! wrote them. Nothing here draws lots, and nothing reads a Dockerfile back.

use std::collections::BTreeMap;

/// A Dockerfile.
#[derive(Debug, Clone, Default)]
pub struct Dockerfile {
    /// How the file as a whole is written.
    pub style: Style,
    /// `ARG`s before the first `FROM`.
    pub globals: Vec<Line>,
    /// In the order of the file.
    pub stages: Vec<Stage>,
    /// Comments and blank lines after the last instruction.
    pub tail: Vec<String>,
}

/// What holds for every line of the file.
#[derive(Debug, Clone, Default)]
pub struct Style {
    /// The escape character is the backtick, and the directive says so.
    pub backtick: bool,
    /// Write `# escape=\`, which says nothing new.
    pub spelled_escape: bool,
    /// Lines end in CRLF.
    pub crlf: bool,
    /// The file begins with a byte order mark.
    pub bom: bool,
}

impl Style {
    /// The escape character.
    pub fn escape(&self) -> char {
        if self.backtick { '`' } else { '\\' }
    }
}

/// A stage.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its `FROM`.
    pub from: From,
    /// How that is laid out.
    pub layout: Layout,
    /// What follows.
    pub body: Vec<Line>,
}

/// `FROM`.
#[derive(Debug, Clone)]
pub struct From {
    /// `--platform`.
    pub platform: Option<String>,
    /// An image, or an earlier stage.
    pub base: String,
    /// `AS`.
    pub name: Option<String>,
}

/// An instruction and its looks.
#[derive(Debug, Clone)]
pub struct Line {
    /// What it says.
    pub instruction: Instruction,
    /// How it is written.
    pub layout: Layout,
}

impl std::convert::From<Instruction> for Line {
    fn from(instruction: Instruction) -> Line {
        Line { instruction, layout: Layout::default() }
    }
}

/// How an instruction is written.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// Comments and blank lines before it.
    pub above: Vec<String>,
    /// The keyword's letters.
    pub case: Case,
    /// Blanks before the keyword.
    pub indent: String,
    /// Line breaks before a word, by the word's index.
    pub breaks: BTreeMap<usize, Break>,
    /// Blanks after the last word.
    pub trailing: String,
}

/// The letters of a keyword.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Case {
    /// `COPY`
    #[default]
    Upper,
    /// `copy`
    Lower,
    /// `Copy`
    Title,
}

/// An escaped end of a line between two words.
#[derive(Debug, Clone, Default)]
pub struct Break {
    /// Comments and blank lines in between.
    pub between: Vec<String>,
    /// Blanks before the next word; at least one.
    pub indent: String,
}

/// An instruction.
#[derive(Debug, Clone)]
pub enum Instruction {
    /// `ARG`, one or several.
    Arg(Vec<(String, Option<String>)>),
    /// `ENV`, one or several.
    Env(Vec<(String, String)>),
    /// `COPY` or `ADD`.
    Copy(Copy),
    /// `RUN`.
    Run(Run),
    /// An instruction that reads no files: keyword and words.
    Plain(&'static str, Vec<String>),
    /// `ONBUILD`.
    Onbuild(Box<Instruction>),
}

/// `COPY` and `ADD`.
#[derive(Debug, Clone, Default)]
pub struct Copy {
    /// It is `ADD`.
    pub add: bool,
    /// `--from`.
    pub from: Option<String>,
    /// The other flags, with their dashes.
    pub flags: Vec<String>,
    /// Sources, but for heredocs.
    pub sources: Vec<String>,
    /// Sources that stand in the Dockerfile.
    pub heredocs: Vec<Heredoc>,
    /// The destination.
    pub to: String,
    /// Written as JSON; heredocs are not.
    pub json: bool,
}

/// `RUN`.
#[derive(Debug, Clone)]
pub struct Run {
    /// Flags but for mounts, with their dashes.
    pub flags: Vec<String>,
    /// `--mount`, each as its options in order; an option without a value has none.
    pub mounts: Vec<Vec<(String, Option<String>)>>,
    /// What runs.
    pub command: Command,
}

/// What `RUN` runs.
#[derive(Debug, Clone)]
pub enum Command {
    /// JSON.
    Exec(Vec<String>),
    /// Words for the shell.
    Shell(Vec<String>),
    /// A heredoc for the shell.
    Script(Heredoc),
}

/// A heredoc.
#[derive(Debug, Clone)]
pub struct Heredoc {
    /// The word that ends it, and the file's name where it is copied.
    pub name: String,
    /// `<<-`: leading tabs go.
    pub strip: bool,
    /// `<<"EOF"`: nothing is expanded.
    pub quoted: bool,
    /// Its lines.
    pub body: Vec<String>,
}

impl Dockerfile {
    /// All instructions but `FROM`.
    pub fn lines_mut(&mut self) -> impl Iterator<Item = &mut Line> {
        self.globals.iter_mut().chain(self.stages.iter_mut().flat_map(|stage| stage.body.iter_mut()))
    }

    /// The names that `ARG`s declare, wherever they stand.
    pub fn arguments(&self) -> Vec<String> {
        let lines = self.globals.iter().chain(self.stages.iter().flat_map(|stage| &stage.body));
        let rows = lines.filter_map(|line| match &line.instruction {
            Instruction::Arg(rows) => Some(rows),
            _ => None,
        });
        rows.flatten().map(|(name, _)| name.clone()).collect()
    }

    /// The looks of all instructions.
    pub fn layouts_mut(&mut self) -> impl Iterator<Item = &mut Layout> {
        self.globals.iter_mut().map(|line| &mut line.layout).chain(self.stages.iter_mut().flat_map(|stage| {
            std::iter::once(&mut stage.layout).chain(stage.body.iter_mut().map(|line| &mut line.layout))
        }))
    }
}

impl Heredoc {
    /// `<<-"EOF"`
    pub fn opening(&self) -> String {
        let quote = if self.quoted { "\"" } else { "" };
        format!("<<{}{quote}{}{quote}", if self.strip { "-" } else { "" }, self.name)
    }
}
