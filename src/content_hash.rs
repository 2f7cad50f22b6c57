//! The content hash: what a build reads, encoded without ambiguity, and its SHA-256.
//!
//! A [`Preimage`] is a list of records, each a name and its values. Every value is preceded by its length and
//! every record by the number of its values, so that `ab` + `c` is never `a` + `bc`; what is a map comes in sorted.
//! The preimage can be printed ([`Preimage::records`]), which is what explains a hash. It must not know where
//! the values come from.
//!
//! [`SCHEME`] is part of every hash. Any change of the encoding, or of what counts, changes it: a golden test
//! holds the hashes of a scheme fast.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::dockerfile::{Origin, Reading, Stage};
use crate::inputs::{Inputs, Root};
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

/// The records behind a content hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preimage(Vec<Record>);

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
        for (key, input) in &definition.inputs.files {
            let (kind, name) = root(&key.root);
            let id = input.id.to_string();
            let values: [&[u8]; 6] = [
                kind.as_bytes(),
                name.as_bytes(),
                &key.path,
                input.mode.octal().as_bytes(),
                id.as_bytes(),
                input.attributes.as_bytes(),
            ];
            records.add("file", values);
        }
        Preimage(records.0)
    }

    /// The records, for people.
    pub fn records(&self) -> &[Record] {
        &self.0
    }

    /// The hash of the encoded records: for each its name, the number of values, and each value with its length
    /// in bytes before it.
    pub fn hash(&self) -> ContentHash {
        let mut sha = Sha256::new();
        let mut buffer = Vec::with_capacity(256);
        for record in &self.0 {
            buffer.clear();
            record.encode(&mut buffer);
            sha.update(&buffer);
        }
        ContentHash(sha.finalize().into())
    }
}

/// `name: "value" "value"`, with every byte that is not printable ASCII escaped.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.name)?;
        self.values.iter().try_for_each(|value| write!(f, " \"{}\"", value.escape_ascii()))
    }
}

impl Record {
    fn encode(&self, buffer: &mut Vec<u8>) {
        let number = |buffer: &mut Vec<u8>, number: usize| {
            buffer.extend_from_slice(number.to_string().as_bytes());
            buffer.push(b':');
        };
        number(buffer, self.name.len());
        buffer.extend_from_slice(self.name.as_bytes());
        number(buffer, self.values.len());
        for value in &self.values {
            number(buffer, value.len());
            buffer.extend_from_slice(value);
        }
        buffer.push(b'\n');
    }
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
