//! What to leave out of a context so that fewer commits build.
//!
//! Proposed is only what no instruction names and what looks like no part of a program: readmes, licences, documentation,
//! what CI and editors keep. How many builds would remain is counted on the hashes as they would have been.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Serialize;

use super::{Part, Point, State};
use crate::content_hash::ContentHash;

/// A suggestion for the ignore file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The ignore file, from the repository's root.
    pub file: String,
    /// Lines for it.
    pub ignore: Vec<String>,
    /// Builds that would remain.
    pub builds: usize,
}

/// Files at the top of a context that builds seldom need, by how their names begin.
const FILES: [&str; 16] = [
    "readme",
    "changelog",
    "changes",
    "history",
    "news",
    "licen",
    "copying",
    "notice",
    "authors",
    "contributing",
    "contributors",
    "code_of_conduct",
    "security",
    "maintainers",
    "codeowners",
    "citation",
];

/// Folders of the same kind.
const FOLDERS: [&str; 9] =
    ["doc", "docs", "documentation", "examples", ".github", ".gitlab", ".circleci", ".vscode", ".idea"];

/// Files of CI, editors and git itself.
const TOOLS: [&str; 10] = [
    ".gitlab-ci.yml",
    ".travis.yml",
    ".pre-commit-config.yaml",
    ".editorconfig",
    ".gitignore",
    ".dockerignore",
    ".readthedocs.yml",
    ".readthedocs.yaml",
    "mkdocs.yml",
    "imgplan.toml",
];

/// Whether builds seldom need it.
fn is_aside(in_context: &str) -> bool {
    let name = in_context.to_lowercase();
    match name.strip_suffix('/') {
        Some(folder) => FOLDERS.contains(&folder),
        None => {
            TOOLS.contains(&name.as_str())
                || FILES.iter().any(|begin| name.starts_with(begin))
                || name.ends_with(".md")
                || name.ends_with(".rst")
        }
    }
}

/// Looks for what could be left out; nothing where it would save nothing.
pub(super) fn advise(points: &[Point<'_>], name: &str, builds: usize) -> Option<Advice> {
    let last = points.iter().rev().find_map(|point| point.images.get(name)?.as_ref())?;
    let candidates: BTreeSet<String> = states(points, name)
        .flat_map(|state| state.ledger.parts.keys())
        .filter_map(|part| part.in_context.clone())
        .filter(|path| is_aside(path))
        .collect();
    if candidates.is_empty() {
        return None;
    }
    let mut chosen = candidates;
    let remaining = remain(points, name, &chosen);
    if remaining >= builds {
        return None;
    }
    // What makes no difference beside the others need not be said.
    for path in chosen.clone() {
        let mut fewer = chosen.clone();
        fewer.remove(&path);
        if remain(points, name, &fewer) == remaining {
            chosen = fewer;
        }
    }
    let file = last.ledger.ignore_file.clone();
    Some(Advice { file, ignore: chosen.into_iter().collect(), builds: remaining })
}

fn states<'p>(points: &'p [Point<'p>], name: &'p str) -> impl Iterator<Item = &'p State<'p>> {
    points.iter().filter_map(move |point| point.images.get(name)?.as_ref())
}

/// Builds of the image if those parts of its own context were left out.
fn remain(points: &[Point<'_>], name: &str, left_out: &BTreeSet<String>) -> usize {
    let is_out = |part: &Part| part.in_context.as_ref().is_some_and(|path| left_out.contains(path));
    let mut known: HashMap<ContentHash, String> = HashMap::new();
    let mut different = HashSet::new();
    for point in points {
        let Some(Some(state)) = point.images.get(name) else { continue };
        let sum = known.entry(state.hash).or_insert_with(|| {
            // A parent's own inputs stay as they are.
            let parent = |parent: &str| {
                let state = point.images.get(parent).and_then(Option::as_ref);
                state.map(|state| state.hash.to_string()).unwrap_or_default()
            };
            state.ledger.without(&is_out, &parent)
        });
        different.insert(sum.clone());
    }
    different.len()
}
