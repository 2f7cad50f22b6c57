//! The content hash: what a build reads, encoded without ambiguity, and its SHA-256.
//!
//! A [`Preimage`] is a list of records, each a name and its values. Every value is preceded by its length and
//! every record by the number of its values, so that `ab` + `c` is never `a` + `bc`; what is a map comes in sorted.
//! The preimage can be printed ([`Preimage::records`]), which is what explains a hash. It must not know where
//! the values come from.
//!
//! [`SCHEME`] is part of every hash. Any change of the encoding, or of what counts, changes it: a golden test
//! holds the hashes of a scheme fast.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::dockerfile::{Origin, Reading, Stage};
use crate::inputs::{File, Files, Inputs, Root};
use crate::reference::Platform;
use crate::text::hex;

/// The version of the encoding and of the rules behind it.
pub const SCHEME: u32 = 1;

/// SHA-256 over an image's inputs at a commit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Everything that enters the hash of one image.
pub struct Definition<'a> {
    /// What its Dockerfile says.
    pub reading: &'a Reading,
    /// What it reads.
    pub inputs: &'a Inputs,
    /// The configured platforms, sorted.
    pub platforms: &'a [Platform],
    /// The configured salt, empty by default.
    pub salt: &'a str,
    /// The content hash of each parent of the same plan, by the name that [`Origin::Parent`] has.
    pub parents: &'a dyn Fn(&str) -> Option<ContentHash>,
}

/// One record of a preimage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What the values are.
    pub name: &'static str,
    /// The values, in a fixed order.
    pub values: Vec<Vec<u8>>,
}

/// The records behind a content hash. Those of the files, which can be a hundred thousand, are made as they are asked for.
#[derive(Debug, Clone)]
pub struct Preimage {
    definition: Vec<Record>,
    files: Arc<Files>,
}

impl Preimage {
    /// Encodes a definition.
    pub fn new(definition: &Definition<'_>) -> Preimage {
        let mut records = Encoder(Vec::new());
        records.add("imgplan content hash", [SCHEME.to_string()]);
        records.add("salt", [definition.salt]);
        records.add("platforms", definition.platforms.iter().map(Platform::to_string));
        let reading = definition.reading;
        records.add("syntax", &reading.syntax);
        records.add("global args", &reading.global_args);
        for (index, stage) in reading.stages.iter().enumerate() {
            records.stage(index, stage, definition.parents);
        }
        if !reading.doubted.is_empty() {
            records.add("not known", &reading.doubted);
        }
        if reading.whole_file.is_some() {
            records.add("target", &reading.configured.target);
            for (name, origin) in &reading.configured.contexts {
                records.add("configured context", [name]);
                records.origin("context is", origin, definition.parents);
            }
        }
        for (name, value) in &reading.args {
            records.add("build arg", [name, value]);
        }
        for (name, address) in &definition.inputs.addresses {
            records.add("context address", [name, address]);
        }
        if let Some(id) = &definition.inputs.whole_dockerfile {
            records.add("dockerfile", [id.to_string()]);
        }
        records.definition(definition.inputs);
        Preimage { definition: records.0, files: Arc::clone(&definition.inputs.files) }
    }

    /// The records, for people.
    pub fn records(&self) -> impl Iterator<Item = Cow<'_, Record>> {
        let files = self.files.iter().map(|file| {
            with_values(&file, |values| {
                Cow::Owned(Record { name: FILE, values: values.iter().map(|value| value.to_vec()).collect() })
            })
        });
        self.definition.iter().map(Cow::Borrowed).chain(files)
    }

    /// The records but those of the files.
    pub fn definition(&self) -> &[Record] {
        &self.definition
    }

    /// The hash of the encoded records: for each its name, the number of values, and each value with its length
    /// in bytes before it.
    pub fn hash(&self) -> ContentHash {
        /// The hash likes large pieces, the processor's cache likes small ones.
        const PIECE: usize = 16 * 1024;
        let mut sha = Sha256::new();
        let mut buffer = Vec::with_capacity(2 * PIECE);
        for record in &self.definition {
            encode(&mut buffer, record.name, &record.values);
        }
        for file in self.files.iter() {
            with_values(&file, |values| encode(&mut buffer, FILE, &values));
            if buffer.len() >= PIECE {
                sha.update(&buffer);
                buffer.clear();
            }
        }
        sha.update(&buffer);
        ContentHash(sha.finalize().into())
    }
}

/// The name of a file's record.
pub const FILE: &str = "file";

/// What counts of a file.
fn with_values<T>(file: &File<'_>, work: impl FnOnce([&[u8]; 6]) -> T) -> T {
    let (kind, name) = root(file.root);
    let mut id = [0; 64];
    work([
        kind.as_bytes(),
        name.as_bytes(),
        file.path,
        file.mode.octal().as_bytes(),
        file.id.hex(&mut id),
        file.attributes.as_bytes(),
    ])
}

/// `name: "value" "value"`, with every byte that is not printable ASCII escaped.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.name)?;
        self.values.iter().try_for_each(|value| write!(f, " \"{}\"", value.escape_ascii()))
    }
}

/// A record as it is hashed.
fn encode<V: AsRef<[u8]>>(buffer: &mut Vec<u8>, name: &str, values: &[V]) {
    number(buffer, name.len());
    buffer.extend_from_slice(name.as_bytes());
    number(buffer, values.len());
    for value in values {
        number(buffer, value.as_ref().len());
        buffer.extend_from_slice(value.as_ref());
    }
    buffer.push(b'\n');
}

fn number(buffer: &mut Vec<u8>, number: usize) {
    // Most numbers are the lengths of words and paths.
    if number < 10 {
        return buffer.extend_from_slice(&[b'0' + number as u8, b':']);
    }
    let mut digits = [0; 20];
    let mut start = digits.len();
    let mut rest = number;
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    buffer.extend_from_slice(&digits[start..]);
    buffer.push(b':');
}

fn root(root: &Root) -> (&'static str, &str) {
    match root {
        Root::Main => ("main", ""),
        Root::Context(name) => ("context", name.as_str()),
        Root::Repository => ("repository", ""),
    }
}

struct Encoder(Vec<Record>);

impl Encoder {
    fn add<V: AsRef<[u8]>>(&mut self, name: &'static str, values: impl IntoIterator<Item = V>) {
        self.0
            .push(Record { name, values: values.into_iter().map(|value| value.as_ref().to_vec()).collect() });
    }

    fn stage(&mut self, index: usize, stage: &Stage, parents: &dyn Fn(&str) -> Option<ContentHash>) {
        self.add("stage", [index.to_string()]);
        self.add("platform", &stage.platform);
        for from in &stage.from {
            self.origin("from", from, parents);
        }
        for instruction in &stage.instructions {
            self.add("instruction", [&instruction.text]);
            for from in &instruction.from {
                self.origin("source", from, parents);
            }
        }
    }

    /// What the files do not say by themselves; nothing for most images.
    fn definition(&mut self, inputs: &Inputs) {
        if !inputs.dockerfile_attributes.is_empty() {
            self.add("dockerfile attributes", [&inputs.dockerfile_attributes]);
        }
        for key in &inputs.generated {
            self.add("generated", [key]);
        }
        for (at, path) in &inputs.folders {
            let (kind, name) = root(at);
            self.add("folder", [kind.as_bytes(), name.as_bytes(), path.as_slice()]);
        }
        for (at, patterns) in &inputs.ignored {
            let (kind, name) = root(at);
            self.add("ignored", [kind, name].into_iter().chain(patterns.iter().map(String::as_str)));
        }
    }

    /// A parent enters by its content hash, not by its name: another name for the same content is the same build.
    fn origin(&mut self, name: &'static str, origin: &Origin, parents: &dyn Fn(&str) -> Option<ContentHash>) {
        let (kind, value) = match origin {
            Origin::Scratch => ("scratch", String::new()),
            Origin::Stage(index) => ("stage", index.to_string()),
            Origin::Image(image) => ("image", image.clone()),
            Origin::Context(context) => ("context", context.clone()),
            Origin::Parent(parent) => match parents(parent) {
                Some(hash) => ("parent", hash.to_string()),
                // Cannot happen for a project in dependency order; the name keeps two of them apart all the same.
                None => ("parent name", parent.clone()),
            },
        };
        self.add(name, [kind, &value]);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod pairs;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
