//! The shape that `src/lib.rs` describes, held fast: pure modules take values and give values, and every file says
//! what it is for.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules that must stay pure, each a file of `src`, a folder, or both.
const PURE: &[&str] = &[
    "attributes",
    "config",
    "content_hash",
    "decision",
    "details",
    "difference",
    "dockerfile",
    "draft",
    "error",
    "explanation",
    "filepath",
    "ignore",
    "image_name",
    "inputs",
    "lookup",
    "parts",
    "plan",
    "project",
    "reference",
    "render",
    "renku",
    "retention",
    "shell",
    "simulation",
    "tags",
    "text",
    "timeline",
    "tree",
    "version",
];

/// What a pure module must not name: disk, environment, network, processes, time, and the edges.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::time::Instant",
    "std::time::SystemTime",
    "tokio::",
    "reqwest::",
    "gix::",
    "crate::git",
    "crate::registry",
    "crate::build",
    "crate::commands",
    "crate::printer",
    "crate::progress",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            files(&entry.unwrap().path(), found);
        }
    } else if path.exists() && path.extension().is_some_and(|extension| extension == "rs") {
        found.push(path.to_owned());
    }
}

#[test]
fn pure_modules_name_no_edge() {
    let mut wrong = Vec::new();
    for name in PURE {
        let mut found = Vec::new();
        for path in [source().join(name), source().join(format!("{name}.rs"))] {
            files(&path, &mut found);
        }
        assert!(!found.is_empty(), "src/{name} is gone: mend the list");
        for file in found {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                wrong.extend(
                    IMPURE
                        .iter()
                        .filter(|word| line.contains(*word))
                        .map(|_| format!("{}: {line}", file.display())),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut found = Vec::new();
    files(&source(), &mut found);
    let silent: Vec<_> =
        found.iter().filter(|file| !fs::read_to_string(file).unwrap().starts_with("//!")).collect();
    assert!(silent.is_empty(), "{silent:?}");
}
