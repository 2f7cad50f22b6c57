//! Running a builder: its streams, its end, and what is said when it fails.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use super::Options;
use crate::error::{Error, Result};

/// How long a builder may take to stop after SIGTERM before it is killed.
const GRACE: Duration = Duration::from_secs(10);

const SILENCE: &str = "gave no answer";

/// What is said of a program that is not there.
pub(super) const ABSENT: &str = "not found on PATH";

/// One program to run.
#[derive(Debug)]
pub(super) struct Invocation {
    program: OsString,
    arguments: Vec<OsString>,
    dir: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Invocation {
    /// A program with its arguments, run in a folder, in imgplan's own environment and the options'.
    pub(super) fn new(program: &str, arguments: Vec<OsString>, dir: &Path, options: &Options) -> Invocation {
        let environment = options.environment.clone();
        Invocation { program: program.into(), arguments, dir: dir.to_owned(), environment }
    }

    /// With further variables.
    pub(super) fn variables(mut self, more: impl IntoIterator<Item = (OsString, OsString)>) -> Invocation {
        self.environment.extend(more);
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.dir).stdin(Stdio::null());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The command line for people: quoted where a shell would need it, without the values of build
    /// arguments that look like secrets.
    pub(super) fn shown(&self) -> String {
        let words = std::iter::once(crate::shell::quoted(&self.program.to_string_lossy()));
        words
            .chain(self.arguments.iter().map(|word| crate::shell::quoted(&redacted(word))))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn failed(&self, image: &str, error: Error) -> Error {
        let program = self.program.to_string_lossy();
        // 3, not 1: imgplan found nothing wrong with the commit. An outside service did not deliver, the
        // network as often as the Dockerfile, and whoever tries again on 3 does right to try this again.
        Error::unavailable(format!("{program} did not build the image {image}"))
            .caused_by(error)
            .hint(format!("the command was: {}", self.shown()))
    }
}

/// Runs a program for an image to its end; what it prints goes to stderr.
pub(super) async fn run(image: &str, invocation: Invocation) -> Result<()> {
    let mut command = invocation.command();
    command.stdout(Stdio::from(std::io::stderr()));
    let ended = async { Running::spawn(command)?.wait().await }.await;
    ended.and_then(succeeded).map_err(|error| invocation.failed(image, error))
}

/// Runs a program for an image and takes what it prints; its stderr goes to stderr.
pub(super) async fn output(image: &str, invocation: Invocation) -> Result<String> {
    let mut command = invocation.command();
    command.stdout(Stdio::piped());
    let ended = async {
        let mut running = Running::spawn(command)?;
        let said = running.stdout().await?;
        succeeded(running.wait().await?)?;
        Ok(said)
    };
    ended.await.map_err(|error| invocation.failed(image, error))
}

/// Asks a program something, quietly and with a time limit.
pub(super) async fn ask(
    words: &[&str],
    environment: &[(OsString, OsString)],
    patience: Duration,
) -> Result<String> {
    let (program, arguments) = words.split_first().unwrap_or((&"", &[]));
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.envs(environment.iter().map(|(name, value)| (name, value))).kill_on_drop(true);
    let answer = tokio::time::timeout(patience, command.output()).await;
    let answer =
        answer.map_err(|_| Error::unavailable(format!("{SILENCE} within {} seconds", patience.as_secs())))?;
    let answer = answer.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::unavailable(ABSENT),
        _ => Error::unavailable(format!("cannot be run: {error}")),
    })?;
    if !answer.status.success() {
        let said = String::from_utf8_lossy(&answer.stderr);
        // docker's last line is where to read more, and the one before it what is wrong.
        let says = |line: &&str| !line.is_empty() && !line.starts_with("Run '");
        let last = said.lines().map(str::trim).rfind(says).unwrap_or("it says nothing");
        return Err(Error::unavailable(last.to_owned()));
    }
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}

/// Whether a program that was asked is there, and slow.
pub(super) fn is_silence(error: &Error) -> bool {
    error.message().starts_with(SILENCE)
}

fn succeeded(status: ExitStatus) -> Result<()> {
    if status.success() { Ok(()) } else { Err(Error::unavailable(format!("it ended with {status}"))) }
}

/// A child that does not outlive this value. Dropped early (the user interrupts, another image fails), it is
/// told to stop, waited for, and killed only if it does not: a builder has containers and mounts to clear.
struct Running {
    child: Child,
    /// Whether the child leads a process group of its own.
    group: bool,
}

impl Running {
    /// On a terminal, Ctrl-C reaches the whole foreground group by itself, and a child that asks for a password
    /// must stay in it. Elsewhere nobody signals the children of a shell but us, so they get a group.
    fn spawn(command: Command) -> Result<Running> {
        let terminal = std::io::stdin().is_terminal() || std::io::stderr().is_terminal();
        Running::spawn_in(command, cfg!(unix) && !terminal)
    }

    fn spawn_in(mut command: Command, group: bool) -> Result<Running> {
        #[cfg(unix)]
        if group {
            command.process_group(0);
        }
        let child =
            command.spawn().map_err(|error| Error::unavailable("it cannot be started").caused_by(error))?;
        Ok(Running { child, group })
    }

    async fn stdout(&mut self) -> Result<String> {
        let mut said = String::new();
        if let Some(stdout) = self.child.stdout.as_mut() {
            let read = stdout.read_to_string(&mut said).await;
            read.map_err(|error| Error::unavailable("what it printed cannot be read").caused_by(error))?;
        }
        Ok(said)
    }

    async fn wait(&mut self) -> Result<ExitStatus> {
        let ended = self.child.wait().await;
        ended.map_err(|error| Error::unavailable("it cannot be waited for").caused_by(error))
    }

    fn ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended() {
            return;
        }
        let id = self.child.id();
        signal::stop(id, self.group);
        let until = Instant::now() + GRACE;
        while Instant::now() < until {
            if self.ended() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        signal::kill(id, self.group);
        // The group got the signal already; this is for systems without groups, where it is all there is.
        let _ = self.child.start_kill();
    }
}

#[cfg(unix)]
mod signal {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};

    pub(super) fn stop(id: Option<u32>, group: bool) {
        send(id, group, Signal::TERM);
    }

    pub(super) fn kill(id: Option<u32>, group: bool) {
        send(id, group, Signal::KILL);
    }

    fn send(id: Option<u32>, group: bool, signal: Signal) {
        let Some(id) = id.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) else { return };
        // It may have ended by itself just now; that is what the signal was for.
        let _ = if group { kill_process_group(id, signal) } else { kill_process(id, signal) };
    }
}

#[cfg(not(unix))]
mod signal {
    pub(super) fn stop(_: Option<u32>, _: bool) {}
    pub(super) fn kill(_: Option<u32>, _: bool) {}
}

/// An argument without the value of a build argument that looks like a secret.
fn redacted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let pair = word.strip_prefix("--build-arg=").and_then(|pair| pair.split_once('='));
    match pair {
        Some((name, value)) if secret(name, value) => format!("--build-arg={name}=…"),
        _ => word.into_owned(),
    }
}

/// Whether a variable looks like a secret: by its name, or by a URL with a user in its value.
fn secret(name: &str, value: &str) -> bool {
    const WORDS: [&str; 9] =
        ["TOKEN", "SECRET", "PASSW", "PASSPHRASE", "PWD", "KEY", "CREDENTIAL", "AUTH", "COOKIE"];
    let name = name.to_ascii_uppercase();
    let user = value.split_once("://").is_some_and(|(_, rest)| {
        rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
    });
    user || WORDS.iter().any(|word| name.contains(word))
}

#[cfg(all(test, unix))]
#[path = "process_tests.rs"]
mod tests;
