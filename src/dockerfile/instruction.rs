//! Typed instructions (`frontend/dockerfile/instructions/{parse,commands}.go`) and their canonical text.
//!
//! The canonical text is what counts as input: two lines that BuildKit could read differently never share it.
//! Nothing is expanded here.

use super::fault::Fault;
use super::flags::{Flags, Known, Takes};
use super::line::{self, Json, Split};
use super::mount::{self, Mount};
use super::scan::{self, Heredoc, Logical};

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

const ADD: Known = &[
    ("chown", Takes::One),
    ("chmod", Takes::One),
    ("link", Takes::Bool),
    ("keep-git-dir", Takes::Bool),
    ("checksum", Takes::One),
    ("unpack", Takes::Bool),
    ("exclude", Takes::Many),
];
const COPY: Known = &[
    ("chown", Takes::One),
    ("from", Takes::One),
    ("chmod", Takes::One),
    ("link", Takes::Bool),
    ("exclude", Takes::Many),
    ("parents", Takes::Bool),
];
const RUN: Known =
    &[("mount", Takes::Many), ("network", Takes::One), ("security", Takes::One), ("device", Takes::Many)];
const HEALTHCHECK: Known = &[
    ("interval", Takes::One),
    ("timeout", Takes::One),
    ("start-period", Takes::One),
    ("start-interval", Takes::One),
    ("retries", Takes::One),
];
const FROM: Known = &[("platform", Takes::One)];

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

    fn from(&mut self) -> Result<Kind, Wrong> {
        let words = line::blank_words(&self.split.rest);
        let flags = self.flags(FROM)?;
        self.arguments = Some(words.join(" "));
        let (base, name) = match words.as_slice() {
            [base] => (base, None),
            [base, middle, name] if middle.eq_ignore_ascii_case("as") => {
                let lower = name.to_lowercase();
                if !is_stage_name(&lower) {
                    return Err(Wrong {
                        text: format!(
                            "invalid name for build stage: {name:?}, name can't start with a number or contain symbols"
                        ),
                        word: Some(name.clone()),
                    });
                }
                (base, Some(lower))
            }
            _ => return Err("FROM requires either one or three arguments".into()),
        };
        Ok(Kind::From(From { base: base.clone(), name, platform: flags.one("platform").map(str::to_owned) }))
    }

    fn arg(&mut self) -> Result<Kind, Wrong> {
        // BuildKit drops flags of ARG without a word.
        let words = line::quoted_words(&self.split.rest, self.escape);
        self.arguments = Some(words.join(" "));
        if words.is_empty() {
            return Err("ARG requires at least one argument".into());
        }
        let pair = |word: &String| match word.split_once('=') {
            Some(("", _)) => Err(Wrong::from("ARG names can not be blank")),
            Some((name, value)) => Ok((name.to_owned(), Some(value.to_owned()))),
            None => Ok((word.clone(), None)),
        };
        Ok(Kind::Arg(words.iter().map(pair).collect::<Result<_, _>>()?))
    }

    /// `parseNameVal`: `NAME value` or `NAME=value …`.
    fn pairs(&mut self, keyword: &str) -> Result<Vec<(String, String)>, Wrong> {
        let rest = &self.split.rest;
        let words = line::quoted_words(rest, self.escape);
        let Some(first) = words.first() else {
            return Err(format!("{keyword} requires at least one argument").into());
        };
        let pairs: Vec<(String, String)> = if first.contains('=') {
            let mut pairs = Vec::with_capacity(words.len());
            for word in &words {
                let Some((name, value)) = word.split_once('=') else {
                    return Err(Wrong {
                        text: format!("can't find = in {word:?}: it must be of the form name=value"),
                        word: Some(word.clone()),
                    });
                };
                pairs.push((name.to_owned(), value.to_owned()));
            }
            self.arguments = Some(words.join(" "));
            pairs
        } else {
            let Some((name, value)) = line::split_blank(rest) else {
                return Err(format!("{keyword} must have two arguments").into());
            };
            let pairs = vec![(name.to_owned(), value.to_owned())];
            self.arguments = Some(format!("{name} {value}"));
            pairs
        };
        if pairs.iter().any(|(name, _)| name.is_empty()) {
            return Err(format!("{keyword} names can not be blank").into());
        }
        Ok(pairs)
    }

    /// A JSON array, or words between blanks: `parseMaybeJSONToList`.
    fn list(&mut self) -> Result<Vec<String>, Wrong> {
        let words = match line::json(&self.split.rest) {
            Json::NotStrings => return Err(not_strings()),
            Json::List(words) => {
                self.arguments = serde_json::to_string(&words).ok();
                return Ok(words);
            }
            Json::Doubt => {
                self.doubts.push("its JSON is not read as Go reads it".to_owned());
                line::blank_words(&self.split.rest)
            }
            Json::None => line::blank_words(&self.split.rest),
        };
        // What begins like an array and is none stays as it stands: with other blanks it could be one.
        if !self.split.rest.starts_with('[') {
            self.arguments = Some(words.join(" "));
        }
        Ok(words)
    }

    fn transfer(&mut self, keyword: &str) -> Result<Kind, Wrong> {
        let words = self.list()?;
        let Some((destination, sources)) = words.split_last().filter(|(_, sources)| !sources.is_empty())
        else {
            return Err(Wrong {
                text: format!(
                    "{keyword} requires at least two arguments, but only {} was provided: the destination could not be determined",
                    words.len()
                ),
                word: words.first().cloned(),
            });
        };
        let add = keyword == "ADD";
        let flags = self.flags(if add { ADD } else { COPY })?;
        let is_heredoc = |word: &String| matches!(scan::heredoc(word), Ok(Some(_)));
        if is_heredoc(destination) {
            return Err(format!("{keyword} cannot accept a heredoc as a destination").into());
        }
        Ok(Kind::Transfer(Transfer {
            add,
            sources: sources.iter().filter(|word| !is_heredoc(word)).cloned().collect(),
            from: flags.one("from").map(str::to_owned),
            excludes: flags.all("exclude").to_vec(),
            parents: flags.is_set("parents"),
            checksum: flags.one("checksum").map(str::to_owned),
            doubtful: !self.doubts.is_empty() || self.split.odd_flags,
        }))
    }

    fn run(&mut self) -> Result<Kind, Wrong> {
        self.command()?;
        let flags = self.flags(RUN)?;
        let mounts = flags.all("mount").iter().map(|text| {
            mount::parse(text).map_err(|why| Wrong { text: why, word: Some("--mount".to_owned()) })
        });
        let mounts = mounts.collect::<Result<Vec<_>, _>>()?;
        if let Some(network) = flags.one("network")
            && !matches!(network, "default" | "none" | "host")
        {
            return Err(format!("invalid network mode {network:?}").into());
        }
        if let Some(security) = flags.one("security")
            && !matches!(security, "sandbox" | "insecure")
        {
            return Err(format!("security {security:?} is not valid").into());
        }
        Ok(Kind::Run(mounts))
    }

    /// A JSON array or a command line: `parseMaybeJSON`. Gives the number of arguments of the array.
    fn command(&mut self) -> Result<Option<usize>, Wrong> {
        match line::json(&self.split.rest) {
            Json::NotStrings => Err(not_strings()),
            Json::List(words) => {
                self.arguments = serde_json::to_string(&words).ok();
                Ok(Some(words.len()))
            }
            Json::Doubt | Json::None => Ok(None),
        }
    }

    fn onbuild(&mut self) -> Result<Kind, Wrong> {
        if self.split.rest.is_empty() {
            return Err("ONBUILD requires at least one argument".into());
        }
        let inner = line::split(&self.split.rest, self.escape).keyword.to_ascii_uppercase();
        match inner.as_str() {
            "ONBUILD" => return Err("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".into()),
            "MAINTAINER" | "FROM" => {
                return Err(format!("{inner} isn't allowed as an ONBUILD trigger").into());
            }
            _ => {}
        }
        self.flags(&[])?;
        // The expression is the line behind the keyword, flags included, with the heredocs behind it.
        let line = self.logical.text.trim();
        let mut trigger = line.get(self.split.keyword.len()..).unwrap_or("").trim_start().to_owned();
        for heredoc in &self.logical.heredocs {
            trigger.push('\n');
            trigger.push_str(&heredoc.body);
            trigger.push_str(&heredoc.name);
        }
        Ok(Kind::Onbuild(trigger))
    }

    fn other(&mut self, keyword: &str) -> Result<Kind, Wrong> {
        let nothing = self.split.rest.is_empty();
        match keyword {
            "CMD" | "ENTRYPOINT" => {
                self.command()?;
            }
            "SHELL" => match self.command()? {
                Some(1..) => {}
                Some(0) => return Err("SHELL requires at least one argument".into()),
                None => return Err("SHELL requires the arguments to be in JSON form".into()),
            },
            "VOLUME" => {
                let words = self.list()?;
                if words.iter().any(|word| word.trim().is_empty()) {
                    return Err("VOLUME specified can not be an empty string".into());
                }
            }
            "EXPOSE" => self.arguments = Some(line::blank_words(&self.split.rest).join(" ")),
            "HEALTHCHECK" => {
                self.flags(HEALTHCHECK)?;
                let typ = self.split.rest.split_whitespace().next().unwrap_or("").to_ascii_uppercase();
                if !matches!(typ.as_str(), "CMD" | "NONE" | "") {
                    return Err(format!("Unknown type {typ:?} in HEALTHCHECK (try CMD)").into());
                }
            }
            _ => {}
        }
        if nothing {
            match keyword {
                "WORKDIR" | "USER" | "MAINTAINER" | "STOPSIGNAL" => {
                    return Err(format!("{keyword} requires exactly one argument").into());
                }
                "VOLUME" | "EXPOSE" | "HEALTHCHECK" => {
                    return Err(format!("{keyword} requires at least one argument").into());
                }
                _ => {}
            }
        }
        if !matches!(keyword, "STOPSIGNAL" | "HEALTHCHECK") {
            self.flags(&[])?;
        }
        Ok(Kind::Other)
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

fn not_strings() -> Wrong {
    "when using JSON array syntax, arrays must be comprised of strings only".into()
}

/// `validStageName`
fn is_stage_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests;
