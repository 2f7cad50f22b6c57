//! Cases: what is asked of both sides, how it is generated, and how it shrinks.
//!
//! Patterns are made of the pieces that a matcher may read wrongly, or from a path of the same case with some of its
//! bytes replaced, so that many of them match something.

use std::collections::BTreeSet;
use std::fmt;

use fastrand::Rng;

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Case {
    pub(super) kind: Kind,
    /// A pattern, a path to clean, or an ignore file.
    pub(super) text: Vec<u8>,
    /// The name to match, or the files of a context.
    pub(super) names: Vec<Vec<u8>>,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Match,
    Clean,
    Ignore,
}

#[rustfmt::skip]
const PIECES: &[&[u8]] = &[
    b"a", b"b", b"ab", b"c", b"1", b"A", b"_", b".", b"..", b"/", b"/", b"//", b"*", b"*", b"**", b"**/", b"/**",
    b"?", b"[", b"]", b"[a-c]", b"[^a]", b"[!a]", b"[]a]", b"[*]", b"[?/]", b"[b-a]", b"[-a]", b"[a-]",
    b"[[:alpha:]]", b"[[:^digit:]]", b"[[:x:]]", b"[\\d-z]", b"^", b"-", b"!", b"\\", b"\\\\", b"\\*", b"\\?",
    b"\\[", b"\\d", b"\\D", b"\\w", b"\\s", b"\\b", b"\\B", b"\\A", b"\\z", b"\\Q", b"\\E", b"\\a", b"\\n",
    b"\\x41", b"\\x{e9}", b"\\101", b"\\1", b"\\C", b"\\pL", b"(", b")", b"+", b"$", b"|", b"{", b"}", b"{2}",
    b"{1,3}", b"{0}", b"{2,}", b"{,2}", b"{b,c}", b"{1001}", b",", b"#", b"~", b" ", b"\t", b"\r", b"\x0b", b"\0",
    b"\x01", b"\x7f", b"\xc2\x85", b"\xc2\xa0", b"\xe2\x80\xa8", "é".as_bytes(), "ζ".as_bytes(),
    "😀".as_bytes(), b"\xef\xbb\xbf", b"\xef\xbf\xbd", b"\xff", b"\xc3", b"\xed\xa0\x80",
];

/// Names of files and folders; the first ones are chosen more often than the others.
#[rustfmt::skip]
const NAMES: &[&[u8]] = &[
    b"a", b"a", b"b", b"c", b"ab", b"abc", b"a.b", b"b.md", b".a", b"..a", b"a.", b"1", b"A", b"_", b"a b", b" a",
    b"a ", b"a|b", b"b|", b"{2}", b"aa", b"aaa", b"a{b,c}", b"(a)", b"a+$", b"^", b"]", b"[a]", b"*", b"?", b"!a",
    b"#a", b"-", b"\\a", b"\\", b"a\n", b"\r", b"\t", b"\0", "é".as_bytes(), "ζé".as_bytes(), "😀".as_bytes(),
    b"\xef\xbb\xbfa", b"\xef\xbf\xbd", b"\xff", b"a\xffb", b"\xc3", b"\xc2\x85",
];

impl Case {
    /// A case of any kind.
    pub(super) fn generate(random: &mut Rng) -> Case {
        match random.u8(..20) {
            0 => {
                let text = [pieces(random, 8), path(random), pieces(random, 3)].concat();
                Case { kind: Kind::Clean, text, names: Vec::new() }
            }
            1..10 => {
                let name = if random.u8(..20) == 0 { Vec::new() } else { path(random) };
                let text = pattern(random, &name);
                Case { kind: Kind::Match, text, names: vec![name] }
            }
            _ => {
                let names = files((0..random.usize(1..7)).map(|_| path(random)));
                let text = ignore_file(random, &names);
                Case { kind: Kind::Ignore, text, names }
            }
        }
    }

    /// Cases with something taken away, the largest parts first.
    pub(super) fn smaller(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        let lines: Vec<&[u8]> = self.text.split(|byte| *byte == b'\n').collect();
        for index in 0..lines.len() {
            let left: Vec<&[u8]> = without(&lines, index);
            cases.push(Case { text: left.join(&b'\n'), ..self.clone() });
        }
        if self.names.len() > 1 {
            let fewer = (0..self.names.len()).map(|index| without(&self.names, index));
            cases.extend(fewer.map(|names| Case { names, ..self.clone() }));
        }
        for length in [8, 4, 2, 1] {
            for at in 0..(self.text.len() + 1).saturating_sub(length) {
                cases.push(Case { text: cut(&self.text, at, length), ..self.clone() });
            }
            for (index, name) in self.names.iter().enumerate() {
                for at in 0..(name.len() + 1).saturating_sub(length) {
                    let mut names = self.names.clone();
                    names[index] = cut(name, at, length);
                    cases.push(Case { names, ..self.clone() });
                }
            }
        }
        cases.retain(|case| case != self && (case.kind != Kind::Ignore || is_tree(&case.names)));
        cases
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> =
            self.names.iter().map(|name| format!("\"{}\"", name.escape_ascii())).collect();
        write!(f, "{:?} \"{}\" with [{}]", self.kind, self.text.escape_ascii(), names.join(", "))
    }
}

fn pick<'p>(random: &mut Rng, pieces: &[&'p [u8]]) -> &'p [u8] {
    pieces[random.usize(..pieces.len())]
}

fn pieces(random: &mut Rng, most: usize) -> Vec<u8> {
    (0..random.usize(..=most)).flat_map(|_| pick(random, PIECES)).copied().collect()
}

/// A path as git has them.
fn path(random: &mut Rng) -> Vec<u8> {
    // Few names first, so that paths share folders.
    let name = |random: &mut Rng| if random.bool() { pick(random, &NAMES[..6]) } else { pick(random, NAMES) };
    let names: Vec<&[u8]> = (0..random.usize(1..4)).map(|_| name(random)).collect();
    names.join(&b'/')
}

/// A pattern that may have something to do with `path`.
fn pattern(random: &mut Rng, path: &[u8]) -> Vec<u8> {
    if random.u8(..6) == 0 {
        return pieces(random, 5);
    }
    let mut pattern = path.to_vec();
    for _ in 0..random.usize(..3) {
        let at = random.usize(..=pattern.len());
        let end = (at + random.usize(..3)).min(pattern.len());
        pattern.splice(at..end, pick(random, PIECES).iter().copied());
    }
    pattern
}

fn ignore_file(random: &mut Rng, names: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    if random.u8(..20) == 0 {
        file.extend(b"\xef\xbb\xbf");
    }
    for _ in 0..random.usize(1..5) {
        let near = random.usize(..names.len());
        let folder = random.usize(..3);
        let path = names.get(near).map(Vec::as_slice).unwrap_or_default();
        let ends: Vec<usize> =
            path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at).collect();
        let path = ends.get(folder).map_or(path, |end| &path[..*end]);
        for (prefix, odds) in [(" ", 20), ("#", 40), ("!", 3), (" ", 20), ("/", 10), ("./", 20)] {
            if random.u8(..odds) == 0 {
                file.extend(prefix.as_bytes());
            }
        }
        file.extend(pattern(random, path));
        for (suffix, odds) in [("/", 10), ("/**", 10), ("/*", 10), (" ", 10), ("\r", 10)] {
            if random.u8(..odds) == 0 {
                file.extend(suffix.as_bytes());
            }
        }
        file.push(b'\n');
    }
    if random.bool() {
        file.pop();
    }
    file
}

/// Those of `paths` that can stand in one tree.
fn files(paths: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = Vec::new();
    for path in paths {
        names.push(path);
        if !is_tree(&names) {
            names.pop();
        }
    }
    names
}

/// Whether all are paths of files, and none is a folder of another.
fn is_tree(names: &[Vec<u8>]) -> bool {
    let each: BTreeSet<&Vec<u8>> = names.iter().collect();
    let sound =
        |path: &Vec<u8>| path.split(|byte| *byte == b'/').all(|name| !matches!(name, b"" | b"." | b".."));
    let inside = |path: &Vec<u8>| {
        path.iter().enumerate().any(|(at, byte)| *byte == b'/' && each.contains(&path[..at].to_vec()))
    };
    !names.is_empty() && each.len() == names.len() && names.iter().all(|path| sound(path) && !inside(path))
}

fn without<T: Clone>(items: &[T], index: usize) -> Vec<T> {
    let mut left = items.to_vec();
    left.remove(index);
    left
}

fn cut(bytes: &[u8], at: usize, length: usize) -> Vec<u8> {
    [&bytes[..at], &bytes[at + length..]].concat()
}
