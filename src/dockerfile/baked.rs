//! Where a build writes into its image which commit it was built at, or when.
//!
//! Such an image is used again for other commits, and says the old one: whether that matters is for whoever runs it, so it
//! is found and said. A finding plays no part in any hash. Pure: a [`Reading`], the configured arguments and the lines that
//! take `.git` along in, findings out.
//!
//! Names are what gives an argument away, and only those that real Dockerfiles use for this: `…_COMMIT` alone is as often
//! the pinned version of something that is fetched. `RUN date` is not looked at: it says nothing of the commit, and where
//! people write it, it is mostly for the time a step took or a file's age.

mod names;

use std::collections::{BTreeMap, BTreeSet};

use super::line::quoted_words;
use super::{Origin, Reading};

/// One instruction that bakes the commit or the time of the build in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baked {
    /// 1-based line.
    pub line: usize,
    /// What it is, for example `LABEL org.opencontainers.image.revision=$VCS_REF`.
    pub what: String,
    /// The arguments that carry it; none for a `git` that the build runs itself.
    pub args: BTreeSet<String>,
}

/// What is known besides the Dockerfile.
#[derive(Debug, Default)]
pub struct Surroundings<'a> {
    /// Build arguments with a fixed value.
    pub args: BTreeMap<&'a str, &'a str>,
    /// Lines whose instruction takes `.git` from the context.
    pub git: BTreeSet<usize>,
}

/// An argument that a stage sees.
#[derive(Debug, Clone)]
struct Arg {
    default: Option<String>,
    /// Its name, or what its default is made of, says that it is the commit or the time.
    telling: bool,
}

type Args = BTreeMap<String, Arg>;

/// Everything that bakes the commit in, in stages that the target reaches, by line.
pub fn baked(reading: &Reading, surroundings: &Surroundings<'_>) -> Vec<Baked> {
    let globals = globals(reading, surroundings);
    let mut found: Vec<Baked> = Vec::new();
    let mut seen: Vec<Args> = Vec::with_capacity(reading.stages.len());
    let mut git: Vec<bool> = Vec::with_capacity(reading.stages.len());
    for stage in &reading.stages {
        let below = |origin: &Origin| match origin {
            Origin::Stage(index) => Some(*index),
            _ => None,
        };
        let parent = stage.from.iter().find_map(below);
        let mut args = parent.and_then(|index| seen.get(index).cloned()).unwrap_or_default();
        // Files of a stage are files of those built on it, and of those that copy from it.
        let copied = stage.instructions.iter().flat_map(|instruction| &instruction.from).filter_map(below);
        let mut has_git = parent.into_iter().chain(copied).any(|index| git.get(index) == Some(&true));
        for instruction in &stage.instructions {
            let Some((keyword, rest)) = split(&instruction.text) else { continue };
            let takes_git = surroundings.git.contains(&instruction.line);
            let what = match keyword {
                "ARG" => {
                    declare(&mut args, &globals, rest, surroundings);
                    None
                }
                "LABEL" | "ENV" => in_pairs(keyword, rest, &args, surroundings),
                "RUN" => in_run(rest, &args, has_git || takes_git),
                _ => None,
            };
            has_git |= takes_git && keyword != "RUN";
            if let Some((what, args)) = what
                && !found.iter().any(|other| other.line == instruction.line)
            {
                found.push(Baked { line: instruction.line, what, args });
            }
        }
        seen.push(args);
        git.push(has_git);
    }
    found.sort_by_key(|baked| baked.line);
    found
}

type What = (String, BTreeSet<String>);

fn globals(reading: &Reading, surroundings: &Surroundings<'_>) -> Args {
    let mut globals = Args::new();
    for text in &reading.global_args {
        if let Some((_, rest)) = split(text) {
            declare(&mut globals, &Args::new(), rest, surroundings);
        }
    }
    globals
}

/// `ARG`: a name without a default has that of the global argument.
fn declare(args: &mut Args, globals: &Args, rest: &str, surroundings: &Surroundings<'_>) {
    for word in quoted_words(rest, '\\') {
        let (name, default) = match word.split_once('=') {
            Some((name, default)) => (name, Some(default.trim_matches(['"', '\'']).to_owned())),
            None => (word.as_str(), None),
        };
        let arg = match (globals.get(name), default) {
            (Some(global), None) => global.clone(),
            (_, default) => {
                let made_of = default.as_deref().is_some_and(|default| !tells(default, args).is_empty());
                // A commit as the default is the pinned version of something that is fetched.
                let pin = default.as_deref().is_some_and(looks_like_commit);
                let telling = made_of || names::of_argument(name) && !pin;
                Arg { telling: telling && !is_fixed(name, surroundings), default }
            }
        };
        args.insert(name.to_owned(), arg);
    }
}

/// Whether the configuration gives the argument a value of its own, which is no commit.
fn is_fixed(name: &str, surroundings: &Surroundings<'_>) -> bool {
    surroundings.args.get(name).is_some_and(|value| !looks_like_commit(value))
}

/// Arguments in a text that say the commit or the time.
fn tells(text: &str, args: &Args) -> BTreeSet<String> {
    let telling = |name: &String| args.get(name).is_some_and(|arg| arg.telling);
    variables(text).filter(telling).collect()
}

fn in_pairs(keyword: &str, rest: &str, args: &Args, surroundings: &Surroundings<'_>) -> Option<What> {
    let words = quoted_words(rest, '\\');
    let pairs: Vec<(&str, &str)> = match words.first() {
        Some(first) if first.contains('=') => words.iter().filter_map(|word| word.split_once('=')).collect(),
        _ => rest.split_once(' ').into_iter().collect(),
    };
    let mut told: Option<What> = None;
    for (key, value) in pairs {
        let key = key.trim_matches(['"', '\'']);
        let mut by = tells(value, args);
        if keyword == "LABEL" {
            let open = |name: &String| args.get(name).is_some_and(|_| !is_fixed(name, surroundings));
            let unset = |name: &String| args.get(name).is_some_and(|arg| arg.default.is_none());
            let more = variables(value).filter(open);
            match names::of_label(key) {
                Some(names::Label::Commit) => by.extend(more),
                // A version with a default is a version; one that somebody must pass is as often made from git.
                Some(names::Label::Version) => by.extend(more.filter(unset)),
                None => {}
            }
        }
        if !by.is_empty() {
            let (what, all) = told.get_or_insert_with(|| (keyword.to_owned(), BTreeSet::new()));
            what.push_str(&format!(" {key}={value}"));
            all.extend(by);
        }
    }
    told
}

fn in_run(rest: &str, args: &Args, sees_git: bool) -> Option<What> {
    let fetches = ["git clone", "git fetch", "git checkout", "git reset"];
    let mut by = tells(rest, args);
    // A commit that is checked out is a version of something else.
    if fetches.iter().any(|command| rest.contains(command)) {
        by.retain(|name| names::is_time(name));
    }
    let asks = sees_git.then(|| git_question(rest)).flatten();
    let what = match (asks, by.iter().next()) {
        (Some(command), _) => format!("RUN … {command}"),
        (None, Some(name)) => format!("RUN … ${name}"),
        (None, None) => return None,
    };
    Some((what, by))
}

/// A command by which a script asks git for the commit or the version.
fn git_question(text: &str) -> Option<String> {
    const QUESTIONS: [&str; 5] = ["rev-parse", "describe", "log", "rev-list", "show"];
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || "`$();&|\"'=<>{}".contains(c)).collect();
    let at = |index: usize| words.get(index).copied().unwrap_or_default();
    (0..words.len()).filter(|index| at(*index) == "git").find_map(|index| {
        // `git -C DIR` and the like ask another repository, if DIR is one.
        let question = QUESTIONS.iter().find(|question| **question == at(index + 1))?;
        Some(format!("git {question}"))
    })
}

/// Names of variables that a text expands: `$NAME`, `${NAME}` and `${NAME:-…}`.
fn variables(text: &str) -> impl Iterator<Item = String> {
    let after = text.split('$').skip(1).map(|after| after.strip_prefix('{').unwrap_or(after));
    after.map(|after| {
        let word = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        after.chars().take_while(word).collect::<String>()
    })
}

fn looks_like_commit(value: &str) -> bool {
    (7..=64).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The keyword of a canonical text and what is behind it.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix("escape=` ").unwrap_or(text);
    text.split_once(' ')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
