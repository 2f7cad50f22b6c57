//! The hash of every commit of a history: a whole `imgplan simulate` against `git log --raw` of the same paths.
//!
//! git compares the same root folders, so its time is the floor; imgplan works out each image on top where its inputs
//! changed. `IMGPLAN_BENCH_CLONE=DIR` takes a real clone, with `IMGPLAN_BENCH_CONFIG=FILE` and `IMGPLAN_BENCH_PATHS` (by
//! default `docker`); else a history is generated. How the time grows with commits stands below the comparison.
//!
//! `cargo bench --bench history`

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

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use measure::ms;
use support::Sandbox;

/// Pairs of runs for each row.
const PAIRS: usize = 20;
/// Commits of the generated history; every so many of them changes an input.
const COMMITS: usize = 15_000;
const CHANGES: usize = 80;

fn main() {
    let sandbox = Sandbox::new();
    let given = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let clone = given("IMGPLAN_BENCH_CLONE").unwrap_or_else(|| generate(&sandbox));
    let config = given("IMGPLAN_BENCH_CONFIG");
    let paths = std::env::var("IMGPLAN_BENCH_PATHS").unwrap_or_else(|_| "docker".to_owned());
    let count = git(&clone, &["rev-list", "--count", "HEAD"]).output().unwrap();
    let count: usize = String::from_utf8(count.stdout).unwrap().trim().parse().unwrap();
    println!("{:<10} {:>14} {:>14} {:>8}", "commits", "imgplan", "git log", "ratio");
    for share in [1, 2, 4] {
        let commits = (count * share / 4).to_string();
        let mut ours = imgplan(&sandbox, &clone, config.as_deref(), &commits);
        let mut theirs = git(&clone, &["log", "--raw", "--max-count", "1000000", "HEAD"]);
        // All that is looked at, not all that is shown: git counts commits that it shows.
        if share < 4 {
            theirs = git(&clone, &["log", "--raw", "HEAD"]);
            let last =
                git(&clone, &["rev-list", "--skip", &commits, "--max-count", "1", "HEAD"]).output().unwrap();
            theirs.arg(format!("^{}", String::from_utf8(last.stdout).unwrap().trim()));
        }
        theirs.args(["--"]).args(paths.split(' ')).stdout(Stdio::null());
        measure::prove(&mut ours, "commits (");
        let (ours, theirs) = measure::pairs(PAIRS, &mut ours, &mut theirs);
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        println!("{commits:<10} {:>14} {:>14} {ratio:>8.2}", ms(ours), ms(theirs));
    }
}

fn git(clone: &Path, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(clone).args(arguments);
    git
}

fn imgplan(sandbox: &Sandbox, clone: &Path, config: Option<&Path>, commits: &str) -> Command {
    let mut imgplan = sandbox.command(env!("CARGO_BIN_EXE_imgplan"));
    imgplan.arg("-C").arg(clone).args(["simulate", "--max-count", commits]);
    if let Some(config) = config {
        imgplan.arg("--config").arg(config);
    }
    imgplan
}

/// Files beside the image change with every commit, and its inputs now and then.
fn generate(sandbox: &Sandbox) -> PathBuf {
    let clone = sandbox.beside("history.git");
    sandbox.git(&["init", "--quiet", "--bare", clone.to_str().unwrap()]);
    let mut import = git(&clone, &["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = std::io::BufWriter::new(import.stdin.take().unwrap());
    for commit in 0..COMMITS {
        let mut files = vec![(format!("src/{}/{}.rs", commit % 40, commit % 400), format!("{commit}\n"))];
        if commit == 0 {
            files.push(("Dockerfile".to_owned(), "FROM scratch\nCOPY docker/install /install\n".to_owned()));
        }
        if commit % CHANGES == 0 {
            files.push((format!("docker/install/{}.sh", commit % 7), format!("# {commit}\n")));
        }
        writeln!(
            input,
            "commit refs/heads/main\ncommitter a <a@b.c> {} +0000\ndata 1\nx",
            1_000_000_000 + commit
        )
        .unwrap();
        for (path, text) in files {
            writeln!(input, "M 100644 inline {path}\ndata {}\n{text}", text.len()).unwrap();
        }
    }
    drop(input);
    assert!(import.wait().unwrap().success());
    sandbox.git(&["-C", clone.to_str().unwrap(), "symbolic-ref", "HEAD", "refs/heads/main"]);
    sandbox.git(&["-C", clone.to_str().unwrap(), "repack", "-adq"]);
    clone
}
