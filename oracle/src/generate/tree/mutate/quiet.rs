//! Changes that most builds do not read. Whether this build does is for the oracle to say, not for the kind.

use super::super::{Tree, attributes, contents, ignore, join, names, pick, split};
use super::{Kind, kind, plain, rewrite};
use crate::snapshot::Node;

pub(super) const KINDS: &[Kind] = &[
    kind("README edited", 14, readme),
    kind("file of docs/ edited", 7, docs),
    kind("new unrelated folder", 7, new_folder),
    kind("ignored file edited", 12, ignored_edited),
    kind("new ignored file", 5, ignored_new),
    kind("ignored file removed", 3, ignored_removed),
    kind("comment in an ignore file", 8, ignore_comment),
    kind("blank line in an ignore file", 2, ignore_blank),
    kind("line ends of an ignore file", 2, ignore_ends),
    kind("pattern spelled another way", 4, ignore_respelled),
    kind("pattern that matches nothing", 5, ignore_nothing),
    kind(".gitattributes rule that matches nothing", 5, attribute_nothing),
    kind("comment in .gitattributes", 4, attribute_comment),
    kind("comment in .gitmodules", 2, modules_comment),
];

fn edit(tree: &mut Tree, paths: Vec<String>, rng: &mut fastrand::Rng) -> Option<String> {
    let path = rng.choice(paths)?;
    rewrite(tree, &path, |bytes| Some(contents::edited(bytes, rng)))?;
    Some(path)
}

fn readme(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let mut paths = plain(tree);
    paths.retain(|path| path.ends_with("README.md"));
    edit(tree, paths, rng)
}

fn docs(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let mut paths = plain(tree);
    paths.retain(|path| path.starts_with("docs/"));
    edit(tree, paths, rng)
}

fn new_folder(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let folder = pick(rng, &["notes", ".github/workflows", "examples", "zz", "sub2", "a.d", ".vscode"]);
    let path = join(folder, names::file(rng));
    if !tree.is_free(&path) || !tree.is_free(folder) {
        return None;
    }
    tree.write(&path, contents::file(&path, rng));
    Some(path)
}

fn ignored_edited(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let ignored = ignore::ignored(tree);
    let mut paths = plain(tree);
    paths.retain(|path| ignored.contains(path));
    edit(tree, paths, rng)
}

fn ignored_new(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let beside = rng.choice(ignore::ignored(tree))?;
    let path = join(split(&beside).0, pick(rng, &["new.log", "new.md", "new.txt", "tmp.pyc"]));
    if !tree.is_free(&path) {
        return None;
    }
    tree.write(&path, contents::file(&path, rng));
    ignore::ignored(tree).contains(&path).then_some(path)
}

fn ignored_removed(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let ignored = ignore::ignored(tree);
    let mut paths = plain(tree);
    paths.retain(|path| ignored.contains(path));
    let path = rng.choice(paths)?;
    tree.remove(&path);
    Some(path)
}

/// Changes the lines of one ignore file, and keeps its mark of order and its line ends.
pub(super) fn ignore_lines(
    tree: &mut Tree,
    rng: &mut fastrand::Rng,
    change: impl FnOnce(&Tree, &str, &mut Vec<String>, &mut fastrand::Rng) -> Option<String>,
) -> Option<String> {
    let path = rng.choice(ignore::files(tree))?;
    let text = tree.text(&path)?;
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let detail = change(tree, split(&path).0, &mut lines, rng)?;
    rewrite(tree, &path, |_| {
        Some(lines.iter().map(|line| format!("{line}{end}")).collect::<String>().into_bytes())
    })?;
    Some(format!("{path}: {detail}"))
}

/// Where a line may be put: not before the first, which a byte order mark may begin.
fn place(lines: &[String], rng: &mut fastrand::Rng) -> usize {
    if lines.is_empty() { 0 } else { rng.usize(1..=lines.len()) }
}

fn ignore_comment(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    ignore_lines(tree, rng, |_, _, lines, rng| {
        let comment = pick(rng, &["# a comment", "#*", "#!a.txt", "# src", "#"]).to_owned();
        lines.insert(place(lines, rng), comment.clone());
        Some(comment)
    })
}

fn ignore_blank(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    ignore_lines(tree, rng, |_, _, lines, rng| {
        lines.insert(place(lines, rng), pick(rng, &["", "   ", "\t"]).to_owned());
        Some("a blank line".to_owned())
    })
}

fn ignore_ends(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let path = rng.choice(ignore::files(tree))?;
    let text = tree.text(&path)?;
    rewrite(tree, &path, |_| Some(contents::other_line_ends(&text).into_bytes()))?;
    Some(path)
}

fn ignore_respelled(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    ignore_lines(tree, rng, |_, _, lines, rng| {
        let at = rng.choice(1..lines.len())?;
        let old = lines[at].clone();
        let (mark, pattern) = old.strip_prefix('!').map_or(("", old.as_str()), |pattern| ("!", pattern));
        if pattern.starts_with(['#', '/', '.', ' ', '\t']) || pattern.is_empty() {
            return None;
        }
        lines[at] = match rng.u32(..5) {
            0 => format!("{mark}/{pattern}"),
            1 => format!("{mark}./{pattern}"),
            2 => format!("{mark}{pattern}  "),
            3 => format!("{mark} {pattern}"),
            _ => format!("{mark}{}/", pattern.trim_end()),
        };
        Some(format!("{old:?} -> {:?}", lines[at]))
    })
}

fn ignore_nothing(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    ignore_lines(tree, rng, |_, _, lines, rng| {
        let pattern =
            pick(rng, &["never", "*.never", "**/never/*", "!never.txt", "a.txt/never", "src/*/*/*/*.zip"]);
        lines.insert(place(lines, rng), pattern.to_owned());
        Some(pattern.to_owned())
    })
}

/// Adds a line to a file of git's; to the root's one, where there is none.
fn git_line(tree: &mut Tree, path: &str, line: &str) -> String {
    let mut text = tree.text(path).unwrap_or_default();
    text.push_str(line);
    text.push('\n');
    tree.write(path, Node::text(text));
    format!("{path}: {line}")
}

fn attribute_nothing(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    let rule = attributes::rule_for_nothing(rng);
    Some(git_line(tree, ".gitattributes", &rule))
}

fn attribute_comment(tree: &mut Tree, rng: &mut fastrand::Rng) -> Option<String> {
    Some(git_line(tree, ".gitattributes", pick(rng, &["# a comment", "", "# * text"])))
}

fn modules_comment(tree: &mut Tree, _: &mut fastrand::Rng) -> Option<String> {
    tree.nodes.contains_key(".gitmodules").then(|| git_line(tree, ".gitmodules", "# a comment"))
}
