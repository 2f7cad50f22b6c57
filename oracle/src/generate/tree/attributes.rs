//! Rules of `.gitattributes`: the attributes that change a file's bytes in a checkout, and those that do not.
//!
//! No filter drivers: what they do is configured outside the repository.

use super::{Tree, pick, split};

/// Of attributes that change bytes, and of those that only look like it.
const STATES: &[&str] = &[
    "text eol=crlf",
    "text eol=crlf",
    "text=auto",
    "text=auto eol=crlf",
    "text",
    "-text",
    "!text",
    "!eol",
    "eol=crlf",
    "eol=lf",
    "crlf",
    "-crlf",
    "crlf=input",
    "ident",
    "-ident",
    "binary",
    "dos",
    "diff=python",
    "linguist-generated",
    "export-ignore",
];

/// A rule for some files of the tree.
pub(super) fn rule(tree: &Tree, rng: &mut fastrand::Rng) -> String {
    match rng.u32(..100) {
        // A macro of the root's file; elsewhere git ignores the line and says so.
        0..6 => "[attr]dos text eol=crlf".to_owned(),
        // Of this name alone: an ignore file or a Dockerfile in UTF-16 would not be one.
        6..14 => {
            format!("{} working-tree-encoding=UTF-16LE", pick(rng, &["a.txt", "b.txt", "c.txt", "data.csv"]))
        }
        14..50 => format!("{} {}", pick(rng, &["*.txt", "*.py", "*.md", "*.sh"]), pick(rng, STATES)),
        50..56 => format!("* {}", pick(rng, &["text=auto", "text=auto", "-text", "text eol=crlf", "ident"])),
        56..66 => format!(
            "{} {}",
            pick(rng, &["docs/**", "src/**", "sub/*", "/*.txt", "**/a.txt"]),
            pick(rng, STATES)
        ),
        _ => {
            let paths: Vec<&String> = tree.nodes.keys().collect();
            let path = if paths.is_empty() { "a.txt" } else { pick(rng, &paths) };
            let (_, name) = split(path);
            let pattern = if rng.bool() { format!("/{path}") } else { name.to_owned() };
            format!("{} {}", quoted(&pattern), pick(rng, STATES))
        }
    }
}

/// A rule that matches no file of any generated tree.
pub(super) fn rule_for_nothing(rng: &mut fastrand::Rng) -> String {
    let pattern = pick(rng, &["*.never", "/never/**", "never.txt", "*.PNG"]);
    format!("{pattern} {}", pick(rng, STATES))
}

/// A pattern that matches this path only, quoted where white space or a leading mark would end it.
fn quoted(path: &str) -> String {
    let mut pattern = String::new();
    for (at, c) in path.char_indices() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\') || (at == 0 && matches!(c, '!' | '#')) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    if pattern.contains(|c: char| c.is_whitespace() || c == '"') {
        format!("\"{}\"", pattern.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        pattern
    }
}
