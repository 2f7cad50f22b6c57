//! BuildKit's answers, kept in a file: what it makes of a snapshot does not depend on imgplan.
//!
//! So a changed imgplan is judged again in the time that it takes to ask imgplan. A line of JSON is an answer; a file
//! belongs to one version of the generator, of the judge and of BuildKit.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::judge::{Built, Mode};
use crate::snapshot::Snapshot;

/// Answers by what was asked.
pub struct Answers {
    known: Mutex<HashMap<String, BTreeMap<String, Built>>>,
    file: Mutex<File>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    key: String,
    images: BTreeMap<String, Built>,
}

impl Answers {
    /// Reads the file, which need not be there, and adds to it from now on.
    pub fn open(path: &Path) -> Result<Answers> {
        let shown = || path.display().to_string();
        let file = File::options().create(true).read(true).append(true).open(path).with_context(shown)?;
        let mut known = HashMap::new();
        for line in BufReader::new(&file).lines() {
            let line: Line = serde_json::from_str(&line.with_context(shown)?).with_context(shown)?;
            known.insert(line.key, line.images);
        }
        Ok(Answers { known: Mutex::new(known), file: Mutex::new(file) })
    }

    /// What is known of a question.
    pub fn get(&self, key: &str) -> Option<BTreeMap<String, Built>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps an answer.
    pub fn put(&self, key: String, images: &BTreeMap<String, Built>) -> Result<()> {
        let mut line = serde_json::to_string(&Line { key: key.clone(), images: images.clone() })?;
        line.push('\n');
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes())?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, images.clone());
        Ok(())
    }
}

/// Names a question. The debug form of a snapshot has all of it, in order.
pub fn key(snapshot: &Snapshot, mode: Mode) -> String {
    Sha256::digest(format!("{mode:?} {snapshot:?}")).iter().map(|byte| format!("{byte:02x}")).collect()
}
