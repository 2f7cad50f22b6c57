//! The names of generated files and folders: those that every repository has, and those that break a hash.
//!
//! Few names for many places, so that the same name stands in several folders: a hash of base names alone errs then.

use super::{join, percent, pick};

/// Files of any folder.
const FILES: &[&str] = &[
    "a.txt",
    "b.txt",
    "c.txt",
    "README.md",
    "main.py",
    "lib.py",
    "run.sh",
    "data.csv",
    "app.conf",
    "x.log",
    "same",
];

/// What a pattern, a shell, git or a careless join of strings could take for something else.
const ODD: &[&str] = &[
    "with space.txt",
    "[x].txt",
    "open[.txt",
    "close].txt",
    "#hash.txt",
    "!bang.txt",
    "$cash.txt",
    "it's.txt",
    "quo\"te.txt",
    "-dash.txt",
    "--flag",
    "größe.txt",
    "日本.txt",
    "dot.",
    "...",
    "~tilde",
    "what?.txt",
    "star*.txt",
    "back\\slash",
    "a=b,c.txt",
    "{brace}.txt",
    "percent%20.txt",
    ".hidden",
    "A.txt",
    "B.TXT",
    "x",
];

/// Folders that are in the root, with the share of trees that have them. The image `env` has `DIR=sub`.
pub(super) const TOP: &[(&str, u32)] = &[
    ("docs", 60),
    ("src", 70),
    ("data", 45),
    ("sub", 50),
    ("app", 25),
    (SHARED, 30),
    ("with space", 3),
    ("[x]", 2),
    ("größe", 2),
    ("Src", 2),
];

/// The folder that lends itself to a named context.
pub(super) const SHARED: &str = "shared";

/// Folders of folders.
const INNER: &[&str] = &["sub", "src", "data", "docs", "tests", "a", "b", "x.d"];

/// A name for a file.
pub(super) fn file(rng: &mut fastrand::Rng) -> &'static str {
    if percent(rng, 12) { pick(rng, ODD) } else { pick(rng, FILES) }
}

/// A name for a folder inside another.
pub(super) fn inner(rng: &mut fastrand::Rng) -> &'static str {
    pick(rng, INNER)
}

/// A folder, and perhaps folders below it.
pub(super) fn nested(folder: &str, rng: &mut fastrand::Rng) -> String {
    let mut at = folder.to_owned();
    let depth = if percent(rng, 4) { 7 } else { rng.usize(1..=2) };
    for _ in 0..depth {
        at = join(&at, inner(rng));
    }
    at
}
