//! The placeholders of templates: what each is called, what it takes behind its colon, and the piece that it becomes.
//!
//! A new placeholder is one more row of `PLACEHOLDERS`, a fact, and what texts of it look like (`shape`).

use super::date::{self, Format};

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A sentence without a subject: `is empty`.
    pub message: String,
    /// The character where it is, counted from 0.
    pub offset: usize,
    /// The name, where it is no placeholder's.
    pub unknown: Option<String>,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>, offset: usize) -> Fault {
        Fault { message: message.into(), offset, unknown: None }
    }
}

/// One piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    /// `*`, in patterns only: anything, or nothing.
    Any,
    /// `{sha}` or `{sha:N}`
    Sha(usize),
    /// `{input_sha}` or `{input_sha:N}`
    InputSha(usize),
    /// `{content_hash}` or `{content_hash:N}`
    ContentHash(usize),
    Branch,
    GitTag,
    CommitDate(Format),
    BuildDate(Format),
    Describe,
    Version,
    Major,
    Minor,
    Patch,
    Pre,
    Image,
    Count,
    /// A named group of the caller's.
    Name(String),
}

/// How a placeholder's argument becomes a piece. A fault's place is counted from the argument's beginning.
type Read = fn(Option<&str>) -> Result<Piece, Fault>;

struct Placeholder {
    name: &'static str,
    /// How it is shown in messages.
    shown: &'static str,
    read: Read,
}

const fn row(name: &'static str, shown: &'static str, read: Read) -> Placeholder {
    Placeholder { name, shown, read }
}

const PLACEHOLDERS: &[Placeholder] = &[
    row("sha", "`{sha}`, `{sha:N}`", |argument| digits(argument).map(Piece::Sha)),
    row("branch", "`{branch}`", |argument| plain(argument, Piece::Branch)),
    row("tag", "`{tag}`", |argument| plain(argument, Piece::GitTag)),
    row("content_hash", "`{content_hash}`, `{content_hash:N}`", |argument| {
        digits(argument).map(Piece::ContentHash)
    }),
    row("input_sha", "`{input_sha}`, `{input_sha:N}`", |argument| digits(argument).map(Piece::InputSha)),
    row("commit_date", "`{commit_date}`, `{commit_date:FORMAT}`", |argument| {
        format(argument).map(Piece::CommitDate)
    }),
    row("build_date", "`{build_date}`, `{build_date:FORMAT}`", |argument| {
        format(argument).map(Piece::BuildDate)
    }),
    row("describe", "`{describe}`", |argument| plain(argument, Piece::Describe)),
    row("version", "`{version}`", |argument| plain(argument, Piece::Version)),
    row("major", "`{major}`", |argument| plain(argument, Piece::Major)),
    row("minor", "`{minor}`", |argument| plain(argument, Piece::Minor)),
    row("patch", "`{patch}`", |argument| plain(argument, Piece::Patch)),
    row("pre", "`{pre}`", |argument| plain(argument, Piece::Pre)),
    row("image", "`{image}`", |argument| plain(argument, Piece::Image)),
    row("count", "`{count}`", |argument| plain(argument, Piece::Count)),
];

/// Whether a name is a placeholder's own, which no named group may have.
pub fn is_placeholder(name: &str) -> bool {
    PLACEHOLDERS.iter().any(|placeholder| placeholder.name == name)
}

/// The piece of what stands between braces. `names` are further names that the caller fills in. A fault's place is
/// counted from the opening brace.
pub(super) fn piece(between: &str, names: &[&str]) -> Result<Piece, Fault> {
    let (name, argument) = match between.split_once(':') {
        Some((name, argument)) => (name, Some(argument)),
        None => (between, None),
    };
    let Some(placeholder) = PLACEHOLDERS.iter().find(|placeholder| placeholder.name == name) else {
        return named(name, argument, names);
    };
    (placeholder.read)(argument).map_err(|fault| {
        // A place within the argument is behind the brace, the name and the colon; that of the whole is the brace.
        let before = if fault.offset == 0 { 0 } else { name.chars().count() + 2 };
        Fault::new(format!("`{{{name}}}` {}", fault.message), before + fault.offset)
    })
}

fn named(name: &str, argument: Option<&str>, names: &[&str]) -> Result<Piece, Fault> {
    if names.contains(&name) {
        return plain(argument, Piece::Name(name.to_owned()))
            .map_err(|fault| Fault::new(format!("`{{{name}}}` {}", fault.message), 0));
    }
    let groups = names.iter().map(|name| format!("`{{{name}}}`"));
    let known: Vec<String> =
        PLACEHOLDERS.iter().map(|placeholder| placeholder.shown.to_owned()).chain(groups).collect();
    let message = format!("unknown placeholder {name:?}, known are {}", known.join(", "));
    Err(Fault { unknown: Some(name.to_owned()), ..Fault::new(message, 0) })
}

fn plain(argument: Option<&str>, piece: Piece) -> Result<Piece, Fault> {
    match argument {
        None => Ok(piece),
        Some(_) => Err(Fault::new("takes nothing behind a colon", 0)),
    }
}

fn format(argument: Option<&str>) -> Result<Format, Fault> {
    Format::new(argument.unwrap_or(date::DEFAULT))
}

/// A number of hex digits; all of them where none is given.
fn digits(argument: Option<&str>) -> Result<usize, Fault> {
    let Some(argument) = argument else { return Ok(64) };
    let number = match argument.bytes().all(|byte| byte.is_ascii_digit()) && !argument.starts_with('0') {
        true => argument.parse::<usize>().ok(),
        false => None,
    };
    number
        .filter(|number| (4..=64).contains(number))
        .ok_or_else(|| Fault::new("takes a number of digits from 4 to 64", 0))
}
