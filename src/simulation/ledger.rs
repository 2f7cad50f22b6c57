//! What a simulation keeps of an image's inputs: one digest for each part of the tree that its build reads.
//!
//! A history has many states of an image, and an image has many files; what is asked of them later is only which part
//! changed, and what the hash would have been without a part. So the files are folded into groups: what stands directly
//! at the top of a context or below one folder there, by the line that reads it. Pure.

use std::collections::BTreeMap;

use bstr::ByteSlice;
use sha2::{Digest as _, Sha256};

use crate::content_hash::FILE;
use crate::difference;
use crate::error::Place;
use crate::inputs::{File, Root, Why};
use crate::parts::{self, Kind};
use crate::project::Assessed;
use crate::text::hex;
use crate::tree::Id;

/// SHA-256 over some records.
pub(super) type Sum = [u8; 32];

/// A part of what a build reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// From the repository's root, for people: a file, or a folder with a slash behind it.
    pub path: String,
    /// From the context's root, as an ignore file names it; none where no ignore file can leave it out.
    pub in_context: Option<String>,
    /// What reads it, for example `Dockerfile:12: COPY . .`.
    pub why: String,
}

/// An image's inputs, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// Instructions, arguments and all else that is no file; a parent stands there by name.
    pub definition: Vec<String>,
    /// What of it the configuration says: by its name, what it says and how it is shown.
    settings: BTreeMap<(Kind, String), (String, String)>,
    /// The Dockerfile's object.
    pub(super) dockerfile: Id,
    /// The files.
    pub parts: BTreeMap<Part, Sum>,
    /// Names of the parents in the plan.
    pub parents: Vec<String>,
    /// Where the ignore file is, from the repository's root: what a suggestion is to be written into.
    pub ignore_file: String,
}

impl Ledger {
    /// Folds what an image reads.
    pub fn of(assessed: &Assessed) -> Ledger {
        let mut parts: BTreeMap<Part, Sha256> = BTreeMap::new();
        for file in assessed.inputs.files.iter() {
            let sum = parts.entry(part(assessed, &file)).or_default();
            // The length before each value, so that none runs into the next.
            for value in [file.path.as_bytes(), file.id.as_bytes(), file.attributes.as_bytes()] {
                sum.update((value.len() as u64).to_le_bytes());
                sum.update(value);
            }
            sum.update(file.mode.octal());
        }
        let records = assessed.preimage.records().filter(|record| record.name != FILE);
        let definition = records.map(|record| match record.values.first() {
            Some(kind) if kind.as_slice() == b"parent" => format!("{}: a parent", record.name),
            _ => record.to_string(),
        });
        let mut parents: Vec<String> = assessed.parents.values().cloned().collect();
        parents.dedup();
        Ledger {
            definition: definition.collect(),
            settings: settings(assessed),
            dockerfile: assessed.located.dockerfile_id,
            parts: parts.into_iter().map(|(part, sum)| (part, sum.finalize().into())).collect(),
            parents,
            ignore_file: assessed.located.ignore_shown.clone(),
        }
    }

    /// The settings that are others than those of an earlier ledger, as they are shown: `app.conf:3: the build argument X`.
    pub(super) fn settings_unlike(&self, before: &Ledger) -> Vec<String> {
        let unlike = |one: &Ledger, other: &Ledger| -> Vec<(Kind, String)> {
            let text = |ledger: &Ledger, key| ledger.settings.get(key).map(|(text, _)| text.clone());
            one.settings.keys().filter(|key| text(one, *key) != text(other, *key)).cloned().collect()
        };
        let mut keys = unlike(self, before);
        keys.extend(unlike(before, self));
        keys.sort();
        keys.dedup();
        let shown = |key| self.settings.get(&key).or_else(|| before.settings.get(&key));
        keys.into_iter().filter_map(|key| shown(key).map(|(_, shown)| shown.clone())).collect()
    }

    /// What the content hash would tell apart if the parts that `left_out` names were not there. `parent` gives the same
    /// of each parent.
    pub fn without(&self, left_out: &dyn Fn(&Part) -> bool, parent: &dyn Fn(&str) -> String) -> String {
        let mut sum = Sha256::new();
        let mut add = |bytes: &[u8]| {
            sum.update((bytes.len() as u64).to_le_bytes());
            sum.update(bytes);
        };
        self.definition.iter().for_each(|record| add(record.as_bytes()));
        for (part, digest) in self.parts.iter().filter(|(part, _)| !left_out(part)) {
            add(part.path.as_bytes());
            add(digest);
        }
        self.parents.iter().for_each(|name| add(parent(name).as_bytes()));
        hex(&sum.finalize())
    }
}

fn settings(assessed: &Assessed) -> BTreeMap<(Kind, String), (String, String)> {
    let configured = |part: &parts::Part| {
        matches!(part.kind, Kind::BuildArg | Kind::Salt | Kind::Platforms | Kind::Target)
    };
    let parts = parts::of(assessed).into_iter().filter(|part| configured(part) && !part.is_nothing());
    let setting = |part: parts::Part| {
        let place = Place { column: None, key: None, ..part.place.clone() };
        let shown = format!("{place}: {}", difference::subject(&part));
        ((part.kind, part.name), (part.text, shown))
    };
    parts.map(setting).collect()
}

fn part(assessed: &Assessed, file: &File<'_>) -> Part {
    let (top, folder) = match file.path.find_byte(b'/') {
        Some(slash) => (&file.path.as_bytes()[..slash], "/"),
        None => (file.path.as_bytes(), ""),
    };
    let top = top.to_str_lossy();
    let prefix = assessed.inputs.prefixes.get(file.root).filter(|prefix| !prefix.is_empty());
    let path = match prefix {
        Some(prefix) => format!("{prefix}/{top}{folder}"),
        None => format!("{top}{folder}"),
    };
    // A path that the instruction names is one that somebody wants there.
    let named = file.whys.iter().any(|why| why.text.contains(&*top));
    let in_context = (*file.root == Root::Main && !named).then(|| format!("{top}{folder}"));
    let why = file.whys.first().map(|why| shown(why)).unwrap_or_default();
    Part { path, in_context, why }
}

/// `Dockerfile:12: COPY . .`
fn shown(why: &Why) -> String {
    format!("{}: {}", why.place, why.text)
}
