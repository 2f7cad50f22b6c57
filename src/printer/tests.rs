//! What a person sees on each stream.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::*;
use crate::error::Place;

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What stdout and stderr got.
fn printed(verbosity: Verbosity, colour: bool, print: impl Fn(&Printer)) -> (String, String) {
    let (out, err) = (Buffer::default(), Buffer::default());
    print(&Printer::new(Box::new(out.clone()), Box::new(err.clone()), colour, verbosity));
    let text = |buffer: Buffer| String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    (text(out), text(err))
}

fn failure() -> Error {
    let root = io::Error::other("broken\u{1b}[2J");
    let inner = Error::unavailable("no manifest").caused_by(root).hint("log in");
    Error::invalid("bad tag\n::error::x").at(Place::line("a\u{202e}b", 3)).caused_by(inner).hint("change it")
}

#[test]
fn an_error_shows_its_causes_and_all_hints_and_no_escapes() {
    let (out, err) = printed(Verbosity::Normal, false, |printer| printer.error(&failure()));
    assert_eq!(out, "");
    assert_eq!(
        err,
        concat!(
            "error: a\\u{202e}b:3: bad tag\\n::error::x\n",
            "  caused by: no manifest\n",
            "  caused by: broken\\x1b[2J\n",
            "  hint: change it\n",
            "  hint: log in\n",
        )
    );
}

#[test]
fn what_many_errors_share_is_said_once() {
    let down = |name: &str| {
        Error::unavailable(format!("HEAD {name}")).caused_by(io::Error::other("no route")).hint("is it up?")
    };
    let hinted = |text: &str| Error::invalid(text).hint("see there");
    let errors = Errors(vec![down("a"), down("b"), hinted("c"), hinted("d"), down("e")]);
    assert_eq!(
        printed(Verbosity::Normal, false, |printer| printer.errors(&errors)).1,
        concat!(
            "error: HEAD a\n  caused by: no route\n  hint: is it up?\n",
            "error: HEAD b\n  caused by: the same as above\n",
            "error: c\n  hint: see there\n",
            "error: d\n",
            "error: HEAD e\n  caused by: no route\n  hint: is it up?\n",
        )
    );
}

#[test]
fn verbosity_hides_all_but_errors_or_adds_details() {
    let all = |printer: &Printer| {
        printer.warn("w");
        printer.note("n");
        printer.detail("d");
        printer.error(&Error::invalid("e"));
    };
    assert_eq!(printed(Verbosity::Quiet, false, all).1, "error: e\n");
    assert_eq!(printed(Verbosity::Normal, false, all).1, "warning: w\nnote: n\nerror: e\n");
    assert_eq!(printed(Verbosity::Verbose, false, all).1, "warning: w\nnote: n\ndetail: d\nerror: e\n");
}

#[test]
fn colour_is_on_the_word_alone() {
    let (_, err) = printed(Verbosity::Normal, true, |printer| printer.warn("w"));
    assert_eq!(err, "\u{1b}[1m\u{1b}[33mwarning:\u{1b}[0m w\n");
}

#[test]
fn data_passes_as_it_is() {
    let (out, err) = printed(Verbosity::Quiet, false, |printer| printer.out(b"\x1b a\n").unwrap());
    assert_eq!((out.as_str(), err.as_str()), ("\u{1b} a\n", ""));
}

struct Fails(io::ErrorKind);

impl Write for Fails {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_broken_pipe_is_quiet_and_a_full_disk_is_not() {
    let out = |kind| {
        let printer = Printer::new(Box::new(Fails(kind)), Box::new(Fails(kind)), false, Verbosity::Normal);
        printer.note("goes nowhere");
        printer.out(b"data")
    };
    assert!(out(io::ErrorKind::BrokenPipe).is_ok());
    assert!(out(io::ErrorKind::StorageFull).is_err());
}

/// Where a runner listens, only what is meant for it is a command.
#[test]
fn a_guarded_printer_commands_on_purpose() {
    let (out, err) = (Buffer::default(), Buffer::default());
    let printer = Printer::new(Box::new(out.clone()), Box::new(err.clone()), false, Verbosity::Normal);
    let printer = printer.guarded(true);
    printer.note("a ##[error]b");
    printer.out(b" ::error::x\n").unwrap();
    printer.command(&Command::new("notice", "y"));
    drop(printer.commands_stopped());
    let text = |buffer: Buffer| String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text(out), " :\\x3aerror::x\n");
    let err = text(err);
    let (said, stopped) = err.split_once("::stop-commands::").unwrap();
    assert_eq!(said, "note: a ##\\x5berror]b\n::notice::y\n");
    let (token, rest) = stopped.split_once('\n').unwrap();
    assert!(token.len() > 32, "{token}");
    assert_eq!(rest, format!("::{token}::\n"));
}
