//! Measuring, for all benches: whole processes in interleaved pairs, and medians.
//!
//! Pairs, so that what else the machine does hits both; medians, so that a single hiccup does not count.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// The medians of two commands, run in turn so many times; who goes first alternates.
pub fn pairs(pairs: usize, ours: &mut Command, theirs: &mut Command) -> (Duration, Duration) {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        if pair % 2 == 0 {
            our_times.push(time(ours));
            their_times.push(time(theirs));
        } else {
            their_times.push(time(theirs));
            our_times.push(time(ours));
        }
    }
    (median(our_times), median(their_times))
}

/// Runs a command without the clock: the disk's cache is filled, and a run that does not do its work is seen.
pub fn prove(command: &mut Command, proof: &str) {
    let out = output(command);
    let said = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    assert!(said.contains(proof), "{command:?} does not say {proof:?}: {said}");
}

/// How long one run takes; it has to succeed.
pub fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    output(command);
    start.elapsed()
}

fn output(command: &mut Command) -> Output {
    let out = command.output().expect("the command starts");
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    out
}

/// The median time of something that is done so many times.
pub fn repeated<T>(times: usize, mut work: impl FnMut() -> T) -> Duration {
    let once = || {
        let start = Instant::now();
        let result = std::hint::black_box(work());
        let took = start.elapsed();
        drop(result);
        took
    };
    median(std::iter::repeat_with(once).take(times).collect())
}

/// The one in the middle.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    let middle = times.len() / 2;
    if times.len() % 2 == 1 { times[middle] } else { (times[middle - 1] + times[middle]) / 2 }
}

/// For a table.
pub fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}
