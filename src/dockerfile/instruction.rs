//! Typed instructions (`frontend/dockerfile/instructions/{parse,commands}.go`) and their canonical text.
//!
//! The canonical text is what counts as input: two lines that BuildKit could read differently never share it.
//! Nothing is expanded here. What each keyword takes stands in `kinds`.

mod kinds;

use super::fault::Fault;
use super::flags::{Flags, Known};
use super::line::{self, Split};
use super::mount::Mount;
use super::scan::{Heredoc, Logical};

/// An instruction.
#[derive(Debug, Clone)]
pub(super) struct Instruction {
    /// 1-based line.
    pub(super) line: usize,
    /// 1-based column of the keyword.
    pub(super) column: usize,
    /// Canonical text.
    pub(super) text: String,
    /// What it means.
    pub(super) kind: Kind,
    /// Why the parse is in doubt.
    pub(super) doubts: Vec<String>,
}

/// What an instruction means, as far as it matters to what a build reads.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// `FROM`
    From(From),
    /// `ARG`: names with their defaults.
    Arg(Vec<(String, Option<String>)>),
    /// `ENV`: names with their values.
    Env(Vec<(String, String)>),
    /// `COPY` or `ADD`.
    Transfer(Transfer),
    /// `RUN`
    Run(Vec<Mount>),
    /// `ONBUILD` with its trigger.
    Onbuild(String),
    /// One that reads nothing.
    Other,
    /// A keyword that is not known.
    Unknown,
}

/// `FROM`
#[derive(Debug, Clone)]
pub(super) struct From {
    /// What it names, not expanded.
    pub(super) base: String,
    /// The stage's name, in lower case.
    pub(super) name: Option<String>,
    /// `--platform`, not expanded.
    pub(super) platform: Option<String>,
}

/// `COPY` or `ADD`
#[derive(Debug, Clone, Default)]
pub(super) struct Transfer {
    /// Whether it is `ADD`.
    pub(super) add: bool,
    /// Sources that are no heredocs, not expanded.
    pub(super) sources: Vec<String>,
    /// `--from`
    pub(super) from: Option<String>,
    /// `--exclude`, which BuildKit does not expand.
    pub(super) excludes: Vec<String>,
    /// `--parents`
    pub(super) parents: bool,
    /// `--checksum`, not expanded.
    pub(super) checksum: Option<String>,
    /// Whether the sources may not be what they look like.
    pub(super) doubtful: bool,
}

/// Understands a logical line.
pub(super) fn parse(logical: &Logical, escape: char) -> Result<Instruction, Fault> {
    let split = line::split(&logical.text, escape);
    let keyword = split.keyword.to_ascii_uppercase();
    let mut parser = Parser { logical, escape, split, doubts: Vec::new(), arguments: None };
    let kind = parser
        .kind(&keyword)
        .map_err(|message| Fault::new(logical.line, parser.column_of(&message), message.text))?;
    if parser.split.odd_flags {
        parser
            .doubts
            .push("its flags have characters outside ASCII, which BuildKit reads otherwise".to_owned());
    }
    let text = parser.text(&keyword);
    Ok(Instruction { line: logical.line, column: logical.column, text, kind, doubts: parser.doubts })
}

/// What is wrong with an instruction, and the word that is to blame.
struct Wrong {
    text: String,
    word: Option<String>,
}

impl<T: Into<String>> std::convert::From<T> for Wrong {
    fn from(text: T) -> Wrong {
        Wrong { text: text.into(), word: None }
    }
}

struct Parser<'a> {
    logical: &'a Logical,
    escape: char,
    split: Split,
    doubts: Vec<String>,
    /// The arguments in canonical form, where they are not the rest of the line as it stands.
    arguments: Option<String>,
}

impl Parser<'_> {
    fn kind(&mut self, keyword: &str) -> Result<Kind, Wrong> {
        match keyword {
            "FROM" => self.from(),
            "ARG" => self.arg(),
            "ENV" | "LABEL" => {
                let pairs = self.pairs(keyword)?;
                self.flags(&[])?;
                Ok(if keyword == "ENV" { Kind::Env(pairs) } else { Kind::Other })
            }
            "COPY" | "ADD" => self.transfer(keyword),
            "RUN" => self.run(),
            "ONBUILD" => self.onbuild(),
            "CMD" | "ENTRYPOINT" | "SHELL" | "EXPOSE" | "VOLUME" | "WORKDIR" | "USER" | "MAINTAINER"
            | "STOPSIGNAL" | "HEALTHCHECK" => self.other(keyword),
            "" => Err("an instruction without a keyword".into()),
            _ => {
                self.doubts.push(format!("{keyword} is no instruction that imgplan knows"));
                Ok(Kind::Unknown)
            }
        }
    }

    fn flags(&mut self, known: Known) -> Result<Flags, Wrong> {
        let flags = Flags::parse(&self.split.flags, known)?;
        self.doubts.extend(flags.unknown.iter().map(|flag| format!("{flag} is no flag that imgplan knows")));
        Ok(flags)
    }

    /// Keyword, flags and arguments as parsed, then the heredocs with their lengths.
    fn text(&self, keyword: &str) -> String {
        let mut text = String::new();
        let rest = self.arguments.as_deref().unwrap_or(&self.split.rest);
        // The escape token decides what these characters mean.
        if self.escape != '\\' && self.logical.text.contains(['\\', self.escape]) {
            text.push_str("escape=` ");
        }
        text.push_str(keyword);
        for flag in &self.split.flags {
            text.push(' ');
            if flag.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\')) {
                text.push_str(&format!("{flag:?}"));
            } else {
                text.push_str(flag);
            }
        }
        // So that no argument looks like a flag, plain or quoted.
        if rest.starts_with("--") || rest.starts_with("\"--") {
            text.push_str(" --");
        }
        if !rest.is_empty() {
            text.push(' ');
            text.push_str(rest);
        }
        for Heredoc { name, expand, chomp, body } in &self.logical.heredocs {
            // Logical lines have no line feed, so nothing on them looks like this.
            let operator = if *chomp { "<<-" } else { "<<" };
            let quoted = if *expand { "" } else { "'" };
            text.push_str(&format!("\n{operator}{quoted}{name}{quoted} {}\n{body}", body.len()));
        }
        text
    }

    fn column_of(&self, wrong: &Wrong) -> usize {
        let at = wrong.word.as_deref().and_then(|word| self.logical.text.find(word));
        let before = at.and_then(|at| self.logical.text.get(..at)).map_or(0, |before| before.chars().count());
        // What stands on a later line is reported at the keyword.
        self.logical.column + if before < self.logical.first { before } else { 0 }
    }
}

#[cfg(test)]
mod tests;
