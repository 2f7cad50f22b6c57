//! The whole program against the shell lines that people write instead: `imgplan plan` of one image on a registry
//! with tokens, and `git ls-tree -r | sha256sum` with one `curl -sI`.
//!
//! Both are started as processes and run in turn, so that what else the machine does hits both. The shell lines do
//! much less (no Dockerfile, no `.dockerignore`, no token, one request of four); they are the floor, not a rival.
//!
//! `cargo bench --bench whole_process`

#![allow(
    dead_code,
    unused_imports,
    missing_docs,
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used
)]

mod measure;
#[path = "../tests/support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use measure::ms;
use support::{Remote, Sandbox};

/// Pairs of runs for each row of the table.
const PAIRS: usize = 20;
/// Files of the large repository, in folders of a hundred.
const FILES: usize = 10_000;

fn main() {
    let remote = Remote::with_tokens();
    let narrow = Sandbox::fixture("renku-python");
    let whole = large();

    println!("{:<36} {:>12} {:>12} {:>8} {:>12}", "project", "imgplan plan", "shell", "ratio", "peak memory");
    for (name, sandbox) in
        [("a Renku project, two files copied", &narrow), ("10,000 files, COPY . of them all", &whole)]
    {
        let (ours, theirs) = pairs(sandbox, &remote);
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        let peak = peak_memory(sandbox, &remote).map_or("unknown".to_owned(), |kib| format!("{} KiB", kib));
        println!("{name:<36} {:>12} {:>12} {ratio:>8.2} {peak:>12}", ms(ours), ms(theirs));
    }
    println!("medians of {PAIRS} interleaved pairs of whole processes");
    let size = fs::metadata(env!("CARGO_BIN_EXE_imgplan")).unwrap().len();
    println!("the program: {:.2} MiB (the release profile strips it)", size as f64 / f64::from(1 << 20));
}

/// A repository of [`FILES`] files, all of which the image copies.
fn large() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("Dockerfile", "FROM scratch\nCOPY . /srv/\n");
    sandbox.write(".dockerignore", ".git\n**/*.md\n");
    for file in 0..FILES {
        sandbox.write(&format!("src/{:03}/{file:05}.txt", file / 100), &format!("{file}\n"));
    }
    sandbox.commit("Many files");
    sandbox.git(&["gc", "--quiet"]);
    sandbox
}

/// Our command and the shell's, ready to be started.
fn commands(sandbox: &Sandbox, remote: &Remote) -> (Command, Command) {
    let mut ours = sandbox.command(env!("CARGO_BIN_EXE_imgplan"));
    ours.args(["plan", "--format", "json", "--repository", &remote.repository("acme/app")]);
    ours.env("DOCKER_AUTH_CONFIG", remote.auth_config());
    let mut theirs = sandbox.command("sh");
    let url = format!("http://{}/v2/acme/app/manifests/abc1234", remote.host());
    theirs.arg("-c").arg(format!("git ls-tree -r HEAD | sha256sum; curl -sI {url}"));
    for command in [&mut ours, &mut theirs] {
        command.current_dir(sandbox.root()).stdin(Stdio::null());
    }
    (ours, theirs)
}

/// The medians of both.
fn pairs(sandbox: &Sandbox, remote: &Remote) -> (Duration, Duration) {
    let (mut ours, mut theirs) = commands(sandbox, remote);
    measure::prove(&mut ours, "\"content_hash\"");
    // The shell lines need curl.
    measure::prove(&mut theirs, "HTTP/1.1 ");
    measure::pairs(PAIRS, &mut ours, &mut theirs)
}

/// The peak of a plan's resident memory in KiB: by `/usr/bin/time`, else as far as `/proc` shows it in time.
fn peak_memory(sandbox: &Sandbox, remote: &Remote) -> Option<u64> {
    let (mut ours, _) = commands(sandbox, remote);
    let file = sandbox.beside("peak");
    if Path::new("/usr/bin/time").exists() {
        let mut timed = sandbox.command("/usr/bin/time");
        timed.args(["-f", "%M", "-o"]).arg(&file).arg(ours.get_program()).args(ours.get_args());
        timed.env("DOCKER_AUTH_CONFIG", remote.auth_config()).current_dir(sandbox.root());
        assert!(timed.output().expect("time starts").status.success());
        return fs::read_to_string(&file).unwrap().trim().parse().ok();
    }
    let mut child = ours.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("imgplan starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait().expect("imgplan can be waited for").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let high = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = high.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).or(peak);
    }
    peak
}
