//! Ignore files: what is written into one, and what one leaves out.
//!
//! The reader here is as plain as can be and wrong at the edges. It only steers generation, so that most copies find
//! something; no verdict rests on it.

use super::{Tree, below, is_ignore_file, join, parents, percent, pick, split};

/// Lines that stand in many repositories, whether or not they match.
const USUAL: &[&str] = &[
    "*.md",
    "**/*.md",
    "docs",
    "docs/",
    "/docs",
    "README*",
    "**/README.md",
    ".git",
    ".git*",
    "*.log",
    "**/*.log",
    "tests",
    "**/tests",
    "node_modules",
    "*.[lc]og",
    "x.?",
    "?.log",
    "**/.DS_Store",
    "Dockerfile*",
    ".dockerignore",
    "**/.dockerignore",
    "vendor",
    "module/sub",
    ".",
    "data/*.csv",
    "[b-z].txt",
    "[^a-z]*",
    "**/b",
    "a/**/c.txt",
];

/// The text of an ignore file for a folder as a context; more than half of the files stay in.
pub fn ignore_file(tree: &Tree, folder: &str, rng: &mut fastrand::Rng) -> String {
    let files: Vec<String> = tree.checkout(folder).into_keys().filter(|path| !is_ignore_file(path)).collect();
    for _ in 0..8 {
        let lines = if percent(rng, 25) { all_but(&files, rng) } else { some(&files, rng) };
        let patterns = Patterns::read(&lines.join("\n"));
        let left = files.iter().filter(|path| !patterns.ignore(path)).count();
        if 2 * left > files.len() {
            return spelled(&lines, rng);
        }
    }
    "*.log\n".to_owned()
}

/// A few patterns, perhaps an exception.
fn some(files: &[String], rng: &mut fastrand::Rng) -> Vec<String> {
    (0..rng.usize(1..=5)).map(|_| line(files, rng)).collect()
}

/// `*`, and exceptions for most of what is in the folder.
fn all_but(files: &[String], rng: &mut fastrand::Rng) -> Vec<String> {
    let mut lines = vec![pick(rng, &["*", "**", "/*", "*"]).to_owned()];
    let mut tops: Vec<&str> = files.iter().map(|path| path.split('/').next().unwrap_or(path)).collect();
    tops.dedup();
    for top in tops {
        if percent(rng, 88) {
            let top = escaped(top);
            lines.push(
                pick(rng, &[format!("!{top}"), format!("!/{top}"), format!("!{top}/**")].each_ref()).clone(),
            );
        }
    }
    lines.extend((0..rng.usize(..2)).map(|_| line(files, rng)));
    lines
}

/// The lines as a file, with the marks and the ends that editors leave.
fn spelled(lines: &[String], rng: &mut fastrand::Rng) -> String {
    let end = if percent(rng, 8) { "\r\n" } else { "\n" };
    let mut text = String::from(if percent(rng, 4) { "\u{feff}" } else { "" });
    for line in lines {
        text.push_str(line);
        text.push_str(if percent(rng, 4) { "  " } else { "" });
        text.push_str(end);
    }
    if percent(rng, 10) {
        text.truncate(text.len() - end.len());
    }
    text
}

/// A comment, a blank line, or a pattern.
fn line(files: &[String], rng: &mut fastrand::Rng) -> String {
    match rng.u32(..100) {
        0..8 => pick(rng, &["# what no image needs", "#docs", "#", "#!src"]).to_owned(),
        8..12 => pick(rng, &["", "  ", "\t"]).to_owned(),
        12..40 => pick(rng, USUAL).to_owned(),
        _ => pattern(files, rng),
    }
}

/// A pattern about one of these files or its folder, in one of the ways to write it.
pub(super) fn pattern(files: &[String], rng: &mut fastrand::Rng) -> String {
    if files.is_empty() {
        return pick(rng, USUAL).to_owned();
    }
    let whole = &files[rng.usize(..files.len())];
    let (folder, name) = split(whole);
    let path = escaped(whole);
    let extension = name.rsplit_once('.').map_or("txt", |(_, extension)| extension);
    let extension = escaped(extension);
    match (rng.u32(..18), folder) {
        (0, _) => path,
        (1, _) => format!("/{path}"),
        (2, _) => format!("./{path}"),
        (3, _) => format!("**/{}", escaped(name)),
        (4, _) => format!("*.{extension}"),
        (5, _) => format!("**/*.{extension}"),
        (6 | 7, _) => format!("!{path}"),
        (8, _) => format!("nowhere/../{path}"),
        (9, _) => one_wild(whole, rng),
        (10, _) => format!(" {path} "),
        (_, ".") => format!("!{path}"),
        (11, _) => escaped(folder),
        (12, _) => format!("{}/", escaped(folder)),
        (13, _) => format!("{}/*", escaped(folder)),
        (14, _) => format!("!{}", escaped(folder)),
        (15, _) => format!("{}/**/{}", escaped(split(folder).1), escaped(name)),
        (16, _) => format!("*/{}", escaped(name)),
        _ => format!("!{}/**", escaped(folder)),
    }
}

/// The path with one of its characters as `?`, as a class, or as `*`.
fn one_wild(path: &str, rng: &mut fastrand::Rng) -> String {
    let letters: Vec<usize> =
        path.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric()).map(|(at, _)| at).collect();
    if letters.is_empty() {
        return escaped(path);
    }
    let at = pick(rng, &letters);
    let letter = &path[at..=at];
    let wild = match rng.u32(..4) {
        0 => "?".to_owned(),
        1 => format!("[{letter}]"),
        2 => "[a-n]".to_owned(),
        _ => "*".to_owned(),
    };
    format!("{}{wild}{}", escaped(&path[..at]), escaped(&path[at + 1..]))
}

/// A path as a pattern that matches it alone.
pub(super) fn escaped(path: &str) -> String {
    let mut pattern = String::new();
    for (at, c) in path.char_indices() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\') || (at == 0 && matches!(c, '!' | '#')) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// The ignore files of a tree.
pub(super) fn files(tree: &Tree) -> Vec<String> {
    tree.nodes.keys().filter(|path| is_ignore_file(path) && tree.text(path).is_some()).cloned().collect()
}

/// What the ignore files of all folders leave out, each in its own folder; paths from the root.
pub(super) fn ignored(tree: &Tree) -> Vec<String> {
    let mut ignored: Vec<String> = Vec::new();
    for file in files(tree) {
        let (folder, _) = split(&file);
        let patterns = Patterns::read(&tree.text(&file).unwrap_or_default());
        let plain =
            tree.nodes.keys().filter_map(|path| below(path, folder)).filter(|path| patterns.ignore(path));
        ignored.extend(plain.map(|path| join(folder, path)));
    }
    ignored.sort();
    ignored.dedup();
    ignored
}

/// The patterns of an ignore file, exceptions marked.
pub(super) struct Patterns(Vec<(bool, Vec<char>)>);

impl Patterns {
    /// Those of the folder's `.dockerignore`; none, if it has none.
    pub(super) fn of(tree: &Tree, folder: &str) -> Patterns {
        Patterns::read(&tree.text(&join(folder, ".dockerignore")).unwrap_or_default())
    }

    fn read(text: &str) -> Patterns {
        let lines =
            text.trim_start_matches('\u{feff}').lines().filter(|line| !line.starts_with('#')).map(str::trim);
        Patterns(
            lines
                .filter(|line| !line.is_empty())
                .map(|line| match line.strip_prefix('!') {
                    Some(kept) => (true, cleaned(kept.trim())),
                    None => (false, cleaned(line)),
                })
                .collect(),
        )
    }

    /// Whether the last pattern that matches the path or a folder it is in leaves it out.
    pub(super) fn ignore(&self, path: &str) -> bool {
        let whole: Vec<Vec<char>> = parents(path).chain([path]).map(|path| path.chars().collect()).collect();
        let mut last = self.0.iter().rev();
        last.find(|(_, pattern)| whole.iter().any(|path| matches(pattern, path)))
            .is_some_and(|(kept, _)| !kept)
    }
}

/// Without `.`, `..` and slashes that say nothing.
fn cleaned(pattern: &str) -> Vec<char> {
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/").chars().collect()
}

fn matches(pattern: &[char], path: &[char]) -> bool {
    match pattern {
        [] => path.is_empty(),
        ['*', '*', '/', rest @ ..] => {
            matches(rest, path) || (0..path.len()).any(|at| path[at] == '/' && matches(rest, &path[at + 1..]))
        }
        ['*', '*', rest @ ..] => (0..=path.len()).any(|at| matches(rest, &path[at..])),
        ['*', rest @ ..] => {
            let end = path.iter().position(|c| *c == '/').unwrap_or(path.len());
            (0..=end).any(|at| matches(rest, &path[at..]))
        }
        ['?', rest @ ..] => path.first().is_some_and(|c| *c != '/') && matches(rest, &path[1..]),
        ['[', class @ ..] => match (class.iter().position(|c| *c == ']'), path) {
            (Some(end), [c, path @ ..]) => in_class(&class[..end], *c) && matches(&class[end + 1..], path),
            _ => false,
        },
        ['\\', c, rest @ ..] | [c, rest @ ..] => path.first() == Some(c) && matches(rest, &path[1..]),
    }
}

fn in_class(class: &[char], c: char) -> bool {
    match class {
        ['^', class @ ..] => !in_class(class, c),
        [low, '-', high, class @ ..] => (*low..=*high).contains(&c) || in_class(class, c),
        [one, class @ ..] => *one == c || in_class(class, c),
        [] => false,
    }
}
