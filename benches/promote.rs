//! StarlingX's list of 50 entries: `imgplan promote` beside a loop of `skopeo copy`, on docker-registry.
//!
//! Whole processes, in turn. A registry of this kind deletes no tag, so each pair of runs has target tags of its own. The
//! images are small: neither of the two reads a layer within a repository, so their size does not count.
//!
//! `cargo bench --bench promote` (needs docker-registry and skopeo)

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

use std::process::{Command, Stdio};
use std::time::Duration;

use measure::{median, ms, time};
use support::docker_registry::DockerRegistry;
use support::starlingx::{ENTRIES, LIST, Line, list};
use support::{Image, Sandbox};

/// Pairs of runs for each row of the table.
const PAIRS: usize = 7;

fn main() {
    let sandbox = Sandbox::without_git();
    let registry = DockerRegistry::start(&sandbox);
    let lines = list(&sandbox, &registry.host, "");
    push(&sandbox, &registry.host, &lines);
    let mut times: [(Vec<Duration>, Vec<Duration>); 2] = Default::default();
    for pair in 0..PAIRS {
        for skopeo in [pair % 2 == 0, pair % 2 != 0] {
            let who = if skopeo { "skopeo" } else { "imgplan" };
            let lines = list(&sandbox, &registry.host, &format!("-{who}-{pair}"));
            let mut command =
                if skopeo { loop_of(&sandbox, &registry.host, &lines) } else { promote(&sandbox) };
            // All to do, then nothing.
            for row in &mut times {
                let took = time(&mut command);
                if skopeo { row.1.push(took) } else { row.0.push(took) }
            }
            let said =
                if skopeo { None } else { Some(promote(&sandbox).output().expect("imgplan starts").stdout) };
            let proof = format!("{ENTRIES} entries: {ENTRIES} already there");
            assert!(
                said.is_none_or(|said| String::from_utf8_lossy(&said).contains(&proof)),
                "it is not done"
            );
        }
    }
    println!("{:<36} {:>14} {:>14} {:>8}", "50 entries", "imgplan", "skopeo copy", "ratio");
    for (name, (ours, theirs)) in ["all to retag", "all there already"].into_iter().zip(times) {
        let (ours, theirs) = (median(ours), median(theirs));
        println!(
            "{name:<36} {:>14} {:>14} {:>8.3}",
            ms(ours),
            ms(theirs),
            ours.as_secs_f64() / theirs.as_secs_f64()
        );
    }
    println!("medians of {PAIRS} interleaved pairs of whole processes");
}

/// Every source, pushed from a layout.
fn push(sandbox: &Sandbox, host: &str, lines: &[Line]) {
    for line in lines {
        Image::new(&line.path).write(&sandbox.layout().join(&line.path), &line.source);
        let from = format!("oci:{}:{}", sandbox.layout().join(&line.path).display(), line.source);
        let to = format!("docker://{host}/{}:{}", line.path, line.source);
        let mut command = sandbox.command("skopeo");
        command.args(["copy", "--insecure-policy", "--dest-tls-verify=false", &from, &to]);
        time(&mut command);
    }
}

fn promote(sandbox: &Sandbox) -> Command {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_imgplan"));
    command.args(["promote", LIST]).current_dir(sandbox.root()).stdin(Stdio::null());
    command
}

/// What a script does without imgplan: all platforms, and the digest kept.
fn loop_of(sandbox: &Sandbox, host: &str, lines: &[Line]) -> Command {
    let line = |Line { path, source, tag }: &Line| format!("{host}/{path}:{source} {host}/{path}:{tag}\n");
    let pairs: String = lines.iter().map(line).collect();
    sandbox.write("pairs.txt", &pairs);
    let script = "set -e; while read -r from to; do skopeo copy -q --all --preserve-digests --insecure-policy \
                  --src-tls-verify=false --dest-tls-verify=false docker://$from docker://$to </dev/null; done <pairs.txt";
    let mut command = sandbox.command("sh");
    command.args(["-c", script]).current_dir(sandbox.root()).stdin(Stdio::null());
    command
}
