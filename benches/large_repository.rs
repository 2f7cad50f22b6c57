//! A repository of 100,000 files, all of which the image copies: a whole `imgplan plan` against `git ls-tree -r`.
//!
//! git lists, from the same trees, what the hash has to look at, so its time is the floor. The layout that the plan
//! asks is an empty folder, so that no network is measured. A checkout is measured with the look at the working tree
//! (a `stat` of each input, for a warning) and with `-q`, which leaves that out; a bare clone has none.
//!
//! `cargo bench --bench large_repository`

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

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use measure::ms;
use support::Sandbox;

/// Pairs of runs for each row of the table.
const PAIRS: usize = 20;
/// What the first row must stay below.
const LIMIT: f64 = 1.3;

/// Without the Dockerfile and the ignore file.
const FILES: usize = 99_998;
/// Folders in the root, in each of those, and in each of those; every `core` of the last level has one more in it.
const FOLDERS: [usize; 3] = [16, 10, 11];

const IGNORE: &str = ".git\n**/*.md\n**/node_modules\n/docs\n*.log\n";

fn main() {
    let sandbox = Sandbox::new();
    fill(&sandbox);
    sandbox.commit("Many files");
    // Clones, so that the objects lie as a clone gets them: in one pack.
    let origin = format!("file://{}", sandbox.root().display());
    let (bare, checkout) = (sandbox.beside("bare.git"), sandbox.beside("checkout"));
    sandbox.git(&["clone", "--quiet", "--bare", &origin, bare.to_str().unwrap()]);
    sandbox.git(&["clone", "--quiet", &origin, checkout.to_str().unwrap()]);
    let count = |filter: &str| sandbox.git(&["ls-tree", "-r", filter, "--name-only", "HEAD"]).lines().count();
    println!("{} files in {} folders", count("-r"), count("-d"));

    println!("{:<44} {:>12} {:>12} {:>8}", "", "imgplan plan", "git ls-tree", "ratio");
    for (name, at, flags) in [
        ("a bare clone", &bare, &[][..]),
        ("a checkout, -q", &checkout, &["-q"]),
        ("a checkout, with the look at its files", &checkout, &[]),
    ] {
        let (mut ours, mut theirs) = commands(&sandbox, at, flags);
        measure::prove(&mut ours, "\"content_hash\"");
        measure::prove(&mut theirs, "\tDockerfile\n");
        theirs.stdout(Stdio::null());
        let (ours, theirs) = measure::pairs(PAIRS, &mut ours, &mut theirs);
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        println!("{name:<44} {:>12} {:>12} {ratio:>8.2}", ms(ours), ms(theirs));
    }
    println!("medians of {PAIRS} interleaved pairs of whole processes; the hash alone may cost {LIMIT}");
}

fn fill(sandbox: &Sandbox) {
    const NAMES: [&str; 24] = [
        "api", "core", "util", "model", "view", "server", "client", "test", "data", "parse", "build",
        "config", "engine", "render", "store", "cache", "queue", "auth", "user", "admin", "report", "search",
        "index", "graph",
    ];
    const ENDS: [&str; 12] =
        ["py", "go", "ts", "rs", "js", "txt", "md", "json", "yaml", "toml", "html", "css"];
    let [first, second, third] = FOLDERS;
    let mut folders = Vec::new();
    for a in &NAMES[..first] {
        folders.push((*a).to_owned());
        for b in &NAMES[..second] {
            folders.push(format!("{a}/{b}"));
            folders.extend(NAMES[..third].iter().map(|c| format!("{a}/{b}/{c}")));
            folders.push(format!("{a}/{b}/core/common"));
        }
    }
    sandbox.write("Dockerfile", "FROM scratch\nCOPY . .\n");
    sandbox.write(".dockerignore", IGNORE);
    for file in 0..FILES {
        let (folder, place) = (&folders[file % folders.len()], file / folders.len());
        let (name, other) = (NAMES[(file * 7 + place) % NAMES.len()], NAMES[(place * 5) % NAMES.len()]);
        let path = format!("{folder}/{name}_{other}{place}.{}", ENDS[(file + place) % ENDS.len()]);
        sandbox.write(&path, &format!("{path}\n"));
    }
}

/// Our command and git's, ready to be started.
fn commands(sandbox: &Sandbox, at: &Path, flags: &[&str]) -> (Command, Command) {
    let layout: PathBuf = sandbox.beside("layout");
    std::fs::create_dir_all(&layout).unwrap();
    let mut ours = sandbox.command(env!("CARGO_BIN_EXE_imgplan"));
    ours.args(["plan", "--format", "json", "--repository", &format!("oci:{}", layout.display())]).args(flags);
    let mut theirs = sandbox.command("git");
    theirs.args(["ls-tree", "-r", "HEAD"]);
    for command in [&mut ours, &mut theirs] {
        command.current_dir(at).stdin(Stdio::null());
    }
    (ours, theirs)
}
