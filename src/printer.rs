//! The one owner of stdout and stderr: data to the first, everything else to the second.
//!
//! It decides how a message looks (prefix, colour, escapes), never what it says. Whatever is printed as a message
//! goes through [`sanitise`], so no caller has to think of it; data is the renderers' and passes as it is.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressDrawTarget};

use crate::error::{Error, Errors, Result};
use crate::render::github::Command;
use crate::text::{sanitise, without_commands};

pub use anstream::ColorChoice;

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// `-q`: errors alone.
    Quiet,
    /// Errors, warnings and notes.
    #[default]
    Normal,
    /// `-v`: details, too.
    Verbose,
}

/// The streams, and how to write to them.
pub struct Printer {
    out: Mutex<Stream>,
    err: Mutex<Stream>,
    verbosity: Verbosity,
    progress: MultiProgress,
    guarded: bool,
}

struct Stream {
    writer: Box<dyn Write + Send>,
    colour: bool,
}

impl Printer {
    /// The process's own streams. `Auto` looks at each stream, `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, `TERM`.
    pub fn stdio(colour: ColorChoice, verbosity: Verbosity) -> Printer {
        let out = Stream { colour: wants_colour(colour, &io::stdout()), writer: Box::new(io::stdout()) };
        let err = Stream { colour: wants_colour(colour, &io::stderr()), writer: Box::new(io::stderr()) };
        let seen = io::stderr().is_terminal() && verbosity > Verbosity::Quiet;
        let target = if seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Printer::with(out, err, verbosity, target)
    }

    /// Other streams, without progress.
    pub fn new(
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
        colour: bool,
        verbosity: Verbosity,
    ) -> Printer {
        let stream = |writer| Stream { writer, colour };
        Printer::with(stream(out), stream(err), verbosity, ProgressDrawTarget::hidden())
    }

    /// To nowhere.
    pub fn silent() -> Printer {
        Printer::new(Box::new(io::sink()), Box::new(io::sink()), false, Verbosity::Quiet)
    }

    fn with(out: Stream, err: Stream, verbosity: Verbosity, target: ProgressDrawTarget) -> Printer {
        let progress = MultiProgress::with_draw_target(target);
        Printer { out: Mutex::new(out), err: Mutex::new(err), verbosity, progress, guarded: false }
    }

    /// Where a runner reads the streams, as GitHub's does: nothing that is printed is a command, but what
    /// [`Printer::command`] prints.
    pub fn guarded(self, guarded: bool) -> Printer {
        Printer { guarded, ..self }
    }

    /// How much is said.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Whether data for people may carry colour.
    pub fn colours_data(&self) -> bool {
        lock(&self.out).colour
    }

    /// Writes data to stdout, as it is. A reader that has gone away (`imgplan log | head`) has what it wanted: that
    /// is no error.
    pub fn out(&self, data: &[u8]) -> Result<()> {
        let data = self.inert(data);
        let written = self.progress.suspend(|| {
            let writer = &mut lock(&self.out).writer;
            writer.write_all(&data).and_then(|()| writer.flush())
        });
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::unavailable("cannot write to stdout").caused_by(error))
            }
            _ => Ok(()),
        }
    }

    /// `error: …`, with its causes and hints.
    pub fn error(&self, error: &Error) {
        self.say(&told(error));
    }

    /// Every error of a pass. Causes and hints that many share (one registry that is down, for all images) stand below
    /// the first of them alone.
    pub fn errors(&self, errors: &Errors) {
        let mut before: Vec<Line> = Vec::new();
        for error in &errors.0 {
            let mut lines = told(error);
            let below = lines.split_off(1);
            if below != before {
                lines.extend(below.iter().cloned());
            } else if below.iter().any(|line| line.word == CAUSED_BY) {
                lines.push(Line::new("  ", CAUSED_BY, RED, "the same as above".to_owned()));
            }
            before = below;
            self.say(&lines);
        }
    }

    /// `warning: …`, unless `-q`.
    pub fn warn(&self, message: &str) {
        self.say_from(Verbosity::Normal, "warning", YELLOW, message);
    }

    /// `note: …`, unless `-q`.
    pub fn note(&self, message: &str) {
        self.say_from(Verbosity::Normal, "note", CYAN, message);
    }

    /// `detail: …`, with `-v`.
    pub fn detail(&self, message: &str) {
        self.say_from(Verbosity::Verbose, "detail", DIM, message);
    }

    /// Tells the runner something, on stderr.
    pub fn command(&self, command: &Command) {
        self.write(format!("{command}\n").as_bytes());
    }

    /// Until this is dropped, what others print on stderr (a builder, with what a Dockerfile makes it say) is no command
    /// to the runner either.
    pub fn commands_stopped(&self) -> Stopped<'_> {
        let token = self.guarded.then(token);
        if let Some(token) = &token {
            self.command(&Command::new("stop-commands", token));
        }
        Stopped { printer: self, token }
    }

    /// Where bars of progress are drawn.
    pub(crate) fn progress(&self) -> &MultiProgress {
        &self.progress
    }

    fn say_from(&self, least: Verbosity, word: &'static str, style: Style, message: &str) {
        if self.verbosity >= least {
            self.say(&[Line::new("", word, style, message.to_owned())]);
        }
    }

    /// Writes lines in one piece. Where stderr itself fails there is nobody left to tell.
    fn say(&self, lines: &[Line]) {
        let colour = lock(&self.err).colour;
        let text: String = lines.iter().map(|line| line.drawn(colour)).collect();
        self.write(&self.inert(text.as_bytes()));
    }

    fn write(&self, data: &[u8]) {
        self.progress.suspend(|| {
            let writer = &mut lock(&self.err).writer;
            let _ = writer.write_all(data).and_then(|()| writer.flush());
        });
    }

    fn inert<'a>(&self, data: &'a [u8]) -> Cow<'a, [u8]> {
        if self.guarded { without_commands(data) } else { Cow::Borrowed(data) }
    }
}

/// While it lives, a runner obeys nothing.
pub struct Stopped<'a> {
    printer: &'a Printer,
    token: Option<String>,
}

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        if let Some(token) = &self.token {
            self.printer.write(format!("::{token}::\n").as_bytes());
        }
    }
}

/// What only this process knows: the standard library's hash keys come from the system's random numbers.
fn token() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("imgplan-{:016x}{:016x}", random(), random())
}

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();
const DIM: Style = Style::new().dimmed();

const CAUSED_BY: &str = "caused by";

/// An error in lines: itself, its causes, its hints.
fn told(error: &Error) -> Vec<Line> {
    let mut lines = vec![Line::new("", "error", RED, error.to_string())];
    let mut hints: Vec<&str> = error.hints().iter().map(String::as_str).collect();
    let mut last = error.to_string();
    let mut source = std::error::Error::source(error);
    // A chain that bites its own tail is a bug of somebody else's; it must not fill the terminal.
    for _ in 0..32 {
        let Some(cause) = source else { break };
        let text = cause.to_string();
        // Wrappers that print their source as their own message.
        if text != last && !text.is_empty() {
            lines.push(Line::new("  ", CAUSED_BY, RED, text.clone()));
        }
        if let Some(cause) = cause.downcast_ref::<Error>() {
            hints.extend(cause.hints().iter().map(String::as_str));
        }
        last = text;
        source = cause.source();
    }
    lines.extend(hints.into_iter().map(|hint| Line::new("  ", "hint", CYAN, hint.to_owned())));
    lines
}

/// `word: text` behind an indent.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    indent: &'static str,
    word: &'static str,
    style: Style,
    text: String,
}

impl Line {
    fn new(indent: &'static str, word: &'static str, style: Style, text: String) -> Line {
        Line { indent, word, style, text }
    }

    fn drawn(&self, colour: bool) -> String {
        let Line { indent, word, style, text } = self;
        let text = sanitise(text.trim_end());
        if colour {
            format!("{indent}{style}{word}:{style:#} {text}\n")
        } else {
            format!("{indent}{word}: {text}\n")
        }
    }
}

fn wants_colour<S: anstream::stream::RawStream>(choice: ColorChoice, stream: &S) -> bool {
    match choice {
        ColorChoice::Auto => AutoStream::choice(stream) != ColorChoice::Never,
        choice => choice != ColorChoice::Never,
    }
}

/// A stream whose last writer panicked is still a stream.
fn lock(stream: &Mutex<Stream>) -> MutexGuard<'_, Stream> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
