//! The Dockerfiles of BuildKit's own tests: files of its parser's tests, and strings in its Go tests.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::case::Case;
use super::frontend;

/// Folders of `frontend/dockerfile/parser` that hold one folder for each case.
const FILES: [&str; 3] = ["testfiles", "testfiles-negative", "testfile-line"];

/// All cases, in order.
pub(super) fn cases(source: &Path) -> Result<Vec<Case>> {
    let tests = source.join("frontend/dockerfile");
    let mut cases = Vec::new();
    for folder in FILES {
        files(&tests.join("parser").join(folder), folder, &mut cases)?;
    }
    for literal in frontend::literals(&tests)? {
        let name = format!("{}:{}", literal.file, literal.line);
        cases.push(Case { name, bytes: literal.bytes()? });
    }
    Ok(cases)
}

/// The Dockerfiles of a folder and of the folders in it.
fn files(folder: &Path, name: &str, cases: &mut Vec<Case>) -> Result<()> {
    let list = std::fs::read_dir(folder).with_context(|| format!("{} is not there", folder.display()))?;
    let mut paths = list.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let name = format!("{name}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            files(&path, &name, cases)?;
        } else if name.ends_with("/Dockerfile") {
            cases.push(Case { name, bytes: std::fs::read(&path)? });
        }
    }
    Ok(())
}
