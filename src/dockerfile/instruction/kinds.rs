//! What each keyword takes: its flags, its arguments, and what of them matters to what a build reads.

use super::{From, Kind, Parser, Transfer, Wrong};
use crate::dockerfile::flags::{Known, Takes};
use crate::dockerfile::line::{self, Json};
use crate::dockerfile::{mount, scan};

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

impl Parser<'_> {
    pub(super) fn from(&mut self) -> Result<Kind, Wrong> {
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

    pub(super) fn arg(&mut self) -> Result<Kind, Wrong> {
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
    pub(super) fn pairs(&mut self, keyword: &str) -> Result<Vec<(String, String)>, Wrong> {
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
                // Without it the line would count as it stands, which is as safe.
                self.arguments = self.plain(&words).or_else(|| serde_json::to_string(&words).ok());
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

    /// The same words between blanks, where those are read as this list: BuildKit does not tell the forms apart.
    fn plain(&self, words: &[String]) -> Option<String> {
        let line = words.join(" ");
        let special =
            line.starts_with(['[', '-']) || line.contains("<<") || line.contains(['\\', self.escape]);
        let same = !special && self.logical.heredocs.is_empty() && line::blank_words(&line) == words;
        same.then_some(line)
    }

    pub(super) fn transfer(&mut self, keyword: &str) -> Result<Kind, Wrong> {
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

    pub(super) fn run(&mut self) -> Result<Kind, Wrong> {
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

    pub(super) fn onbuild(&mut self) -> Result<Kind, Wrong> {
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
        let line = self.logical.text.trim_start();
        let mut trigger = line.get(self.split.keyword.len()..).unwrap_or("").trim_start().to_owned();
        // Blanks at the end are part of what the image's configuration holds.
        if trigger.ends_with(char::is_whitespace) {
            self.arguments = Some(trigger.clone());
        }
        for heredoc in &self.logical.heredocs {
            trigger.push('\n');
            trigger.push_str(&heredoc.body);
            trigger.push_str(&heredoc.name);
        }
        Ok(Kind::Onbuild(trigger))
    }

    pub(super) fn other(&mut self, keyword: &str) -> Result<Kind, Wrong> {
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
        if self.split.rest.is_empty() {
            something(keyword)?;
        }
        if !matches!(keyword, "STOPSIGNAL" | "HEALTHCHECK") {
            self.flags(&[])?;
        }
        Ok(Kind::Other)
    }
}

/// Refuses a keyword with nothing behind it, if it needs something.
fn something(keyword: &str) -> Result<(), Wrong> {
    let how_many = match keyword {
        "WORKDIR" | "USER" | "MAINTAINER" | "STOPSIGNAL" => "exactly one argument",
        "VOLUME" | "EXPOSE" | "HEALTHCHECK" => "at least one argument",
        _ => return Ok(()),
    };
    Err(format!("{keyword} requires {how_many}").into())
}

fn not_strings() -> Wrong {
    "when using JSON array syntax, arrays must be comprised of strings only".into()
}

/// `validStageName`
fn is_stage_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.'))
}
