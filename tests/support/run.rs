//! One run of the program: called with nothing of the machine's environment but `PATH`, bounded in time, and
//! what came out of it.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::plan::Plan;

/// Past this a run is killed and its test fails, so that a hang never stops the whole suite.
const LIMIT: Duration = Duration::from_secs(120);

/// A call that is being put together.
#[must_use]
pub struct Call {
    command: Command,
    root: PathBuf,
    shown: Vec<(String, &'static str)>,
}

impl Call {
    /// The program with these arguments in `root`; `shown` are the texts that a snapshot replaces.
    pub fn new(
        mut command: Command,
        root: PathBuf,
        args: &[&str],
        shown: Vec<(String, &'static str)>,
    ) -> Call {
        command.args(args).current_dir(&root);
        Call { command, root, shown }
    }

    /// With one more argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Call {
        self.command.arg(arg.into());
        self
    }

    /// With one more variable in its environment.
    pub fn env(mut self, key: &str, value: &str) -> Call {
        self.command.env(key, value);
        self
    }

    /// As the leader of a process group, as a shell starts it, so that [`Running::interrupt`] can be told to it.
    pub fn group(mut self) -> Call {
        self.command.process_group(0);
        self
    }

    /// In a folder below the project's root.
    pub fn dir(mut self, sub: &str) -> Call {
        self.command.current_dir(self.root.join(sub));
        self
    }

    /// Starts it, for tests that run several at once.
    pub fn start(mut self) -> Running {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the program starts");
        let stdout = drain(child.stdout.take().expect("piped"));
        let stderr = drain(child.stderr.take().expect("piped"));
        Running { child, stdout, stderr, shown: self.shown }
    }

    /// Runs it to its end.
    pub fn run(self) -> Run {
        self.start().finish()
    }

    /// Runs it, expects exit status 0 and reads the plan from stdout.
    #[track_caller]
    pub fn plan(self) -> Plan {
        self.run().expect(0).plan()
    }
}

type Drain = thread::JoinHandle<String>;

fn drain(mut pipe: impl Read + Send + 'static) -> Drain {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe reads");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A call under way.
pub struct Running {
    child: Child,
    stdout: Drain,
    stderr: Drain,
    shown: Vec<(String, &'static str)>,
}

impl Running {
    /// SIGINT to the process group, as a terminal sends it on Ctrl-C; the call was made with [`Call::group`].
    pub fn interrupt(&self) {
        let leader = Pid::from_child(&self.child);
        kill_process_group(leader, Signal::INT).expect("the group is there");
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("the program can be waited for").is_some()
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().expect("the program can be killed");
        self.child.wait().expect("the program can be waited for");
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Run {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the program can be waited for") {
                break status;
            }
            if start.elapsed() > LIMIT {
                self.child.kill().expect("the program can be killed");
                panic!("still running after {LIMIT:?}");
            }
            thread::sleep(Duration::from_millis(2));
        };
        Run {
            stdout: self.stdout.join().expect("stdout"),
            stderr: self.stderr.join().expect("stderr"),
            code: status.code().unwrap_or(-1),
            took: start.elapsed(),
            shown: self.shown,
        }
    }
}

/// What came out of a run.
#[derive(Debug, Clone)]
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
    pub took: Duration,
    shown: Vec<(String, &'static str)>,
}

impl Run {
    /// The same run, if it ended with this status and without a panic.
    #[track_caller]
    pub fn expect(self, code: i32) -> Run {
        assert!(!self.stderr.contains("panicked at"), "{}", self.all());
        assert_eq!(self.code, code, "{}", self.all());
        self
    }

    /// Fails unless stderr has each of these texts.
    #[track_caller]
    pub fn says(self, texts: &[&str]) -> Run {
        for text in texts {
            assert!(self.stderr.contains(text), "stderr lacks {text:?}\n{}", self.all());
        }
        self
    }

    /// Fails unless stdout has each of these texts.
    #[track_caller]
    pub fn shows(self, texts: &[&str]) -> Run {
        for text in texts {
            assert!(self.stdout.contains(text), "stdout lacks {text:?}\n{}", self.all());
        }
        self
    }

    /// stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}", self.all()))
    }

    /// stdout as a plan of version 1.
    #[track_caller]
    pub fn plan(&self) -> Plan {
        let plan = self.json();
        assert_eq!(plan["version"], 1, "{}", self.all());
        Plan(plan)
    }

    /// stdout without its line end, for commands that print one line.
    #[track_caller]
    pub fn line(&self) -> &str {
        let line = self.stdout.strip_suffix('\n').unwrap_or_else(|| panic!("no line\n{}", self.all()));
        assert!(!line.contains('\n'), "{}", self.all());
        line
    }

    /// stdout, stderr and status in one text; ids, digests, folders and ports are replaced.
    pub fn snapshot(&self) -> String {
        let mut text = ports(&hex_runs(&self.all()));
        for (shown, placeholder) in &self.shown {
            text = text.replace(shown.as_str(), placeholder);
        }
        text
    }

    fn all(&self) -> String {
        format!(
            "{}\n--- stderr\n{}\n--- exit {}\n",
            self.stdout.trim_end(),
            self.stderr.trim_end(),
            self.code
        )
    }
}

/// Runs of hex digits by their length: 64 behind `sha256:` are a digest, elsewhere a hash, 40 behind `content-`
/// a content tag's, elsewhere a commit. Shorter ones are left alone: only the sandbox knows which are ids.
fn hex_runs(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let (before, tail) = rest.split_at(start);
        out.push_str(before);
        let end = tail.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(tail.len());
        let (run, tail) = tail.split_at(end);
        out.push_str(match run.len() {
            64 if out.ends_with("sha256:") => "[DIGEST]",
            64 => "[HASH]",
            40 if out.ends_with("content-") => "[HASH]",
            40 => "[COMMIT]",
            _ => run,
        });
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// `127.0.0.1:12345` becomes `127.0.0.1:[PORT]`.
fn ports(text: &str) -> String {
    let host = "127.0.0.1:";
    let mut parts = text.split(host);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(host);
        out.push_str("[PORT]");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

#[test]
fn a_snapshot_holds_nothing_that_changes_from_run_to_run() {
    let (digest, commit) = ("ab".repeat(32), "cd".repeat(20));
    let run = Run {
        stdout: format!("127.0.0.1:4711/app@sha256:{digest} {digest} content-{commit} {commit} cdcdcdc\n"),
        stderr: "warning: /tmp/x/project has a face\n".to_owned(),
        code: 5,
        took: Duration::ZERO,
        shown: vec![("/tmp/x".to_owned(), "[DIR]"), ("cdcdcdc".to_owned(), "[SHA7]")],
    };
    assert_eq!(
        run.snapshot(),
        "127.0.0.1:[PORT]/app@sha256:[DIGEST] [HASH] content-[HASH] [COMMIT] [SHA7]\n--- stderr\nwarning: \
         [DIR]/project has a face\n--- exit 5\n"
    );
}
