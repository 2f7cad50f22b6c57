//! What `imgplan pin` found and did: a public shape, version 1, and what a person is told of it.
//!
//! Texts may hold what files and registries hold: whoever prints them makes them safe.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Finding;

/// All files. Fields are only ever added in version 1.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// 1.
    pub version: u32,
    /// The full id of the commit whose images are wanted; null with `--release`.
    pub commit: Option<String>,
    /// The tag that `--release` named; else null.
    pub release: Option<String>,
    /// In the order of the command line.
    pub files: Vec<File>,
    /// A commit message for the changes; null where there are none.
    pub message: Option<String>,
}

/// One file.
#[derive(Debug, Clone, Serialize)]
pub struct File {
    /// As it was named.
    pub path: String,
    /// What it was read as.
    pub kind: &'static str,
    /// References to images of this project, in the order of the file.
    pub references: Vec<Reference>,
    /// How many references to other images there are.
    pub others: usize,
    /// `no-reference`: a check was asked for, and no reference to an image of this project is recognised; else null.
    pub finding: Option<&'static str>,
    /// What names an image in a way that is not understood, and is left as it is.
    pub left: Vec<Left>,
    /// The changes as a unified diff; empty where there are none.
    pub diff: String,
    /// Whether the changes were written.
    pub written: bool,
}

/// One reference.
#[derive(Debug, Clone, Serialize)]
pub struct Reference {
    /// The image's name.
    pub image: String,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// The keys that lead to it.
    pub key: String,
    /// As it is written.
    pub from: String,
    /// As it should be written; null where that is not known.
    pub to: Option<String>,
    /// `floats`, `behind`, `disagrees` or `gone`; null where it is right, or not known.
    pub finding: Option<&'static str>,
    /// One sentence to the finding.
    pub reason: Option<String>,
    /// The full id of the commit that the reference names, as far as its tag or its image tells.
    pub from_commit: Option<String>,
    /// What changed of the image's inputs since that commit.
    pub changed: Option<String>,
}

/// The finding of a file without a reference: a check of it would pass whatever it says.
pub const UNNAMED: &str = "no-reference";

/// A place that is left.
#[derive(Debug, Clone, Serialize)]
pub struct Left {
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// Why.
    pub reason: String,
}

/// A finding as a sentence. `commit`: what is known of the commit that the reference is of, shortened.
pub fn reason(finding: &Finding, tag: Option<&str>, commit: Option<&str>) -> String {
    let of = commit.map(|commit| format!("; it is of commit {commit}")).unwrap_or_default();
    let tag = tag.unwrap_or_default();
    match finding {
        Finding::Floats => format!("it has no digest{of}"),
        Finding::Behind => format!("its digest is another image{of}"),
        Finding::Disagrees(there) => format!("the registry has {tag} at {there}"),
        Finding::Gone => format!("the registry has no tag {tag}"),
    }
}

/// A move that several references may share.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Move<'r> {
    image: &'r str,
    from: &'r str,
    to: &'r str,
    changed: Option<&'r str>,
}

/// The message of a commit that has these changes: what moved from where to where and why, and in which files.
/// `None` where nothing changes.
pub fn message(files: &[File], target: &str) -> Option<String> {
    let mut moves: BTreeMap<Move<'_>, Vec<&str>> = BTreeMap::new();
    let mut changed_files: Vec<&str> = Vec::new();
    for file in files.iter().filter(|file| !file.diff.is_empty()) {
        changed_files.push(&file.path);
        for reference in file.references.iter().filter(|reference| reference.finding.is_some()) {
            let Some(to) = &reference.to else { continue };
            let changed = reference.changed.as_deref();
            let it = Move { image: &reference.image, from: &reference.from, to, changed };
            let files = moves.entry(it).or_default();
            if !files.contains(&file.path.as_str()) {
                files.push(&file.path);
            }
        }
    }
    let mut images: Vec<&str> = moves.keys().map(|it| it.image).collect();
    images.dedup();
    let subject = match images.as_slice() {
        [] => return None,
        [image] => format!("Pin {image} to {target}"),
        [one, other] => format!("Pin {one} and {other} to {target}"),
        all => format!("Pin {} images to {target}", all.len()),
    };
    let mut text = format!("{subject}\n");
    for (it, files) in &moves {
        text.push_str(&format!("\n{}:\n  from {}\n  to   {}\n", it.image, it.from, it.to));
        if let Some(changed) = it.changed {
            text.push_str(&format!("  since then: {changed}\n"));
        }
        if changed_files.len() > 1 {
            text.push_str(&format!("  in {}\n", files.join(", ")));
        }
    }
    Some(text)
}
