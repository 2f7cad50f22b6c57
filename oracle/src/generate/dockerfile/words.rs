//! Sources of `COPY`: the ways to spell a path of the context.
//!
//! Starts from a path that exists and ends with a word that matches it, through wildcards and through variables that
//! the instructions before it set. So the build works, and imgplan has something to work out.

use super::model::Instruction;
use crate::generate::{chance, pick, tree::Tree};
use crate::snapshot::Node;
use std::collections::BTreeMap;

/// Where sources are found and how they are written.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The repository.
    pub tree: &'a Tree,
    /// The context's folder.
    pub folder: &'a str,
    /// The escape character.
    pub escape: char,
}

/// A source as a Dockerfile has it.
#[derive(Default)]
pub struct Source {
    /// The word.
    pub word: String,
    /// It stands for one file.
    pub file: bool,
    /// What must stand before it in the stage.
    pub before: Vec<Instruction>,
    /// What must stand before the first `FROM`.
    pub globals: Vec<(String, String)>,
    /// The build arguments that it needs.
    pub args: BTreeMap<String, String>,
}

impl Site<'_> {
    /// A source, or none where the context has no files.
    pub fn source(&self, rng: &mut fastrand::Rng, name: &str) -> Option<Source> {
        let (path, file) = self.path(rng)?;
        let mut source = match rng.u8(..100) {
            0..45 => Source { word: self.literal(&path), file, ..Source::default() },
            45..65 => Source { word: self.wildcard(rng, &path), ..Source::default() },
            65..95 => self.through_variable(rng, &path, name, file),
            _ => Source { word: ".".to_owned(), ..Source::default() },
        };
        let prefix = match rng.u8(..100) {
            0..6 => "./",
            6..11 => "/",
            11..13 => "../",
            13..15 => "x/../",
            _ => "",
        };
        source.word.insert_str(0, prefix);
        Some(source)
    }

    /// A path that a build can copy, and whether it is a file.
    pub fn path(&self, rng: &mut fastrand::Rng) -> Option<(String, bool)> {
        let folders = self.tree.folders(self.folder);
        if !folders.is_empty() && chance(rng, 30) {
            let files = self.tree.paths(self.folder);
            let folder = pick(rng, &folders);
            // A folder of which all is ignored is not in the context.
            if files.iter().any(|file| file.starts_with(&format!("{folder}/"))) {
                return Some((folder.clone(), false));
            }
        }
        let links = self.tree.links(self.folder);
        if !links.is_empty() && chance(rng, 5) {
            return Some((pick(rng, &links).clone(), false));
        }
        let mut files = self.tree.paths(self.folder);
        // BuildKit takes a first `!` of a source for a pattern that excludes.
        files.retain(|file| !links.contains(file) && !file.starts_with('!'));
        (!files.is_empty()).then(|| (pick(rng, &files).clone(), true))
    }

    /// Whether a wildcard of the folder's names could meet a link, which may lead nowhere.
    pub fn has_links(&self) -> bool {
        let below = if self.folder == "." { String::new() } else { format!("{}/", self.folder) };
        let files = self.tree.files();
        files.iter().any(|(path, node)| path.starts_with(&below) && matches!(node, Node::Link(_)))
    }

    /// A word that matches this path and no other.
    pub fn literal(&self, path: &str) -> String {
        let mut word = String::new();
        for c in path.chars() {
            match c {
                '*' | '?' => word.extend(['[', c, ']']),
                '[' => word.push_str("[[]"),
                '\'' | '"' | '$' => word.extend([self.escape, c]),
                // Once for the wildcard, and again for the shell lexer where it is its escape character.
                '\\' if self.escape == '\\' => word.push_str("\\\\\\\\"),
                '\\' => word.push_str("\\\\"),
                '`' if self.escape == '`' => word.push_str("``"),
                c => word.push(c),
            }
        }
        // The first would be a flag, the second a heredoc.
        if word.starts_with('-') || word.starts_with('<') { format!("./{word}") } else { word }
    }

    /// A wildcard that matches this path, and maybe others.
    fn wildcard(&self, rng: &mut fastrand::Rng, path: &str) -> String {
        let mut segments: Vec<String> = path.split('/').map(|segment| self.literal(segment)).collect();
        let at = rng.usize(..segments.len());
        let plain = path.split('/').nth(at).unwrap_or_default();
        if !simple(plain) {
            segments[at] = "*".to_owned();
            return segments.join("/");
        }
        let first = &plain[..1];
        let last = plain.len() - 1;
        segments[at] = match rng.u8(..6) {
            0 => "*".to_owned(),
            1 => format!("{first}*"),
            2 => format!("?{}", &plain[1..]),
            3 => format!("[{first}]{}", &plain[1..]),
            4 => match first {
                "a" | "b" | "c" => format!("[a-c]{}", &plain[1..]),
                _ => format!("[^{}]{}", if first == "z" { "y" } else { "z" }, &plain[1..]),
            },
            _ => match plain.rfind('.') {
                Some(dot) if dot > 0 => format!("*{}", &plain[dot..]),
                _ => format!("{}?", &plain[..last]),
            },
        };
        segments.join("/")
    }

    /// The same path, a part of it through a variable.
    fn through_variable(&self, rng: &mut fastrand::Rng, path: &str, name: &str, file: bool) -> Source {
        let segments: Vec<&str> = path.split('/').collect();
        let at = rng.usize(..segments.len());
        let part = segments[at];
        if !simple(part) {
            return Source { word: self.literal(path), file, ..Source::default() };
        }
        let mut source = self.variable(rng, name, part);
        let words: Vec<String> = segments
            .iter()
            .enumerate()
            .map(|(i, s)| if i == at { source.word.clone() } else { self.literal(s) })
            .collect();
        source.word = words.join("/");
        source.file = file;
        source
    }

    /// A word that expands to these plain letters.
    pub fn variable(&self, rng: &mut fastrand::Rng, name: &str, value: &str) -> Source {
        let arg = |name: &str, value: &str| Instruction::Arg(vec![(name.to_owned(), Some(value.to_owned()))]);
        let env = |name: &str, value: &str| Instruction::Env(vec![(name.to_owned(), value.to_owned())]);
        let (first, rest) = value.split_at(1);
        let other = format!("{name}_");
        let mut source = Source::default();
        // A name that nothing assigns (2 and 3) widens every build on a foreign base; 1 in 1,000 real files has such a
        // one when its arguments are given.
        let form = match rng.u8(..22) {
            2 | 3 if !chance(rng, 1) => 0,
            form => form,
        };
        let (word, before) = match form {
            0 => (format!("${{{name}}}"), vec![arg(name, value)]),
            1 => (format!("${name}"), vec![env(name, value)]),
            2 => (format!("${{{name}:-{value}}}"), vec![]),
            3 => (format!("${{{name}-{value}}}"), vec![]),
            4 => (format!("${{{name}:+{value}}}"), vec![arg(name, "x")]),
            5 => (format!("${{{name}+{value}}}"), vec![env(name, "\"\"")]),
            6 => (format!("${{{name}#*-}}"), vec![env(name, &format!("pre-{value}"))]),
            7 => (format!("${{{name}##*/}}"), vec![arg(name, &format!("x/y/{value}"))]),
            8 => (format!("${{{name}%-*}}"), vec![arg(name, &format!("{value}-suf"))]),
            9 => (format!("${{{name}%%@*}}"), vec![env(name, &format!("{value}@x@y"))]),
            10 => (format!("${{{name}/@/{first}}}"), vec![env(name, &format!("@{rest}"))]),
            11 => (format!("${{{name}//@@/}}"), vec![env(name, &format!("{first}@@{rest}@@"))]),
            12 => {
                source.args.insert(name.to_owned(), value.to_owned());
                (format!("${name}"), vec![arg(name, "overridden")])
            }
            13 => {
                source.globals.push((name.to_owned(), value.to_owned()));
                (format!("${name}"), vec![Instruction::Arg(vec![(name.to_owned(), None)])])
            }
            14 => (format!("\"${name}\""), vec![arg(name, "old"), env(name, value)]),
            15 => (format!("${{{name}}}"), vec![env(name, "old"), arg(name, value)]),
            16 => (format!("${name}"), vec![arg(name, &format!("'{value}'"))]),
            17 => (format!("\"${{{name}}}\""), vec![env(name, &format!("\"{value}\""))]),
            18 => {
                let rows = [(&other, value.to_owned()), (&name.to_owned(), format!("${other}"))];
                let rows = rows.map(|(name, value)| (name.clone(), Some(value)));
                (format!("${name}"), vec![Instruction::Arg(rows.to_vec())])
            }
            19 => {
                // Both assignments of one `ENV` see what was before it.
                let rows = vec![(other.clone(), "new".to_owned()), (name.to_owned(), format!("${other}"))];
                (format!("${name}"), vec![env(&other, value), Instruction::Env(rows)])
            }
            20 => (format!("${{{name}:?not set}}").replace(' ', "-"), vec![env(name, value)]),
            _ => (format!("${{{name}:-${{{other}}}}}"), vec![arg(name, ""), arg(&other, value)]),
        };
        Source { word, before, ..source }
    }
}

/// Letters that neither the lexer nor a wildcard minds.
fn simple(part: &str) -> bool {
    !part.is_empty()
        && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._".contains(&b))
        && part.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// A value of an `ARG` or `ENV` that nothing depends on.
pub(super) fn value(rng: &mut fastrand::Rng, escape: char) -> String {
    let name = *pick(rng, &["A", "B", "C", "DIR", "FILE", "TARGETARCH"]);
    let digit = rng.u8(..10);
    match rng.u8(..24) {
        0 => format!("\"two words {digit}\""),
        1 => format!("'${name} {digit}'"),
        2 => format!("a{escape} b{digit}"),
        3 => format!("${name}"),
        4 => format!("${{{name}:-d{digit}}}"),
        5 => format!("${{{name}:+set{digit}}}"),
        6 => format!("${{{name}-d{digit}}}"),
        7 => format!("${{{name}+set{digit}}}"),
        8 => format!("${{{name}#v}}"),
        9 => format!("${{{name}##*{digit}}}"),
        10 => format!("${{{name}%{digit}}}"),
        11 => format!("${{{name}%%?*}}"),
        12 => format!("${{{name}/v/w{digit}}}"),
        13 => format!("${{{name}//v/}}"),
        14 => format!("{escape}${name}"),
        15 => format!("\"q ${name} {escape}\"{digit}{escape}\"\""),
        16 => "\"\"".to_owned(),
        17 => format!("x${{{name}}}y"),
        _ => format!("v{digit}"),
    }
}
