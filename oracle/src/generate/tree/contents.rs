//! The bytes of generated files, and small changes to them.

use super::{percent, pick};
use crate::snapshot::Node;

const WORDS: &[&str] =
    &["alpha", "beta", "gamma", "delta", "one", "two", "x = 1", "y: 2", "# note", "\tindented", ""];

/// A file of its own bytes; `name` says what suits it.
pub(super) fn file(name: &str, rng: &mut fastrand::Rng) -> Node {
    let executable = if name.ends_with(".sh") { percent(rng, 80) } else { percent(rng, 8) };
    Node::File { bytes: bytes(rng), executable }
}

/// 0 to about 100 bytes: mostly lines, now and then what an attribute of git would change.
pub(super) fn bytes(rng: &mut fastrand::Rng) -> Vec<u8> {
    match rng.u32(..100) {
        0..3 => Vec::new(),
        3..6 => (0..rng.usize(1..20)).map(|_| rng.u8(..)).collect(),
        // The same bytes in more than one place: only paths tell such files apart.
        6..16 => b"same\n".to_vec(),
        _ => lines(rng).into_bytes(),
    }
}

fn lines(rng: &mut fastrand::Rng) -> String {
    let end = if percent(rng, 6) { "\r\n" } else { "\n" };
    let mut text = format!("{}{end}", rng.u32(..1000));
    for _ in 0..rng.usize(..5) {
        text.push_str(pick(rng, WORDS));
        text.push_str(end);
    }
    if percent(rng, 8) {
        text.push_str("$Id$");
        text.push_str(end);
    }
    if percent(rng, 4) {
        text.push_str("größe");
        text.push_str(end);
    }
    if percent(rng, 10) {
        text.truncate(text.len() - end.len());
    }
    text
}

/// The same file with a byte or a line more, less, or other.
pub(super) fn edited(bytes: &[u8], rng: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match rng.u32(..4) {
        0 if !bytes.is_empty() => {
            let at = rng.usize(..bytes.len());
            bytes[at] = if bytes[at] == b'z' { b'y' } else { b'z' };
        }
        1 if !bytes.is_empty() => {
            bytes.pop();
        }
        2 => bytes.insert(0, b'+'),
        _ => bytes.extend_from_slice(format!("{}\n", rng.u32(..1000)).as_bytes()),
    }
    bytes
}

/// Every line end the other way.
pub(super) fn other_line_ends(text: &str) -> String {
    if text.contains("\r\n") { text.replace("\r\n", "\n") } else { text.replace('\n', "\r\n") }
}
