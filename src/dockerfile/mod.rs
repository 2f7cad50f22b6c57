//! What a Dockerfile says a build reads: its text, its stages, its sources.
//!
//! Pure: bytes and a [`Request`] in, a [`Reading`] out. The judge of every rule is BuildKit
//! (`frontend/dockerfile/{parser,shell,instructions,dockerfile2llb}`); the names of its functions stand at
//! the rules. It must not know git, ignore files or where the context is: it names patterns, `inputs` finds
//! what they match. What it does not understand widens or is an error, and never disappears.
//!
//! # Where BuildKit leaves a choice
//!
//! * **Named contexts** (`outside`, `stages`): the name replaces a stage of that name, for `FROM`, `--from=NAME` and
//!   `--from=NUMBER` alike, then an image; `scratch` and `context` are never replaced. Names of images are compared
//!   completed (`debian` is `docker.io/library/debian:latest`). A folder brings its own `.dockerignore`, and must be
//!   there even where nothing reads it. What only the builder can read (`oci-layout://`, git, http) counts by its
//!   address, may turn out to be an image with an environment of its own, and the plan says so.
//! * **git and http** (`remote`): as the source of an `ADD` they count by the text where a checksum or a full commit id
//!   fixes them; else the text counts, the plan warns, and `remote-add` can refuse them. The main context is always a
//!   folder of the commit, never an address.
//! * **`BUILDKIT_SYNTAX`** (`reading`, `frontend`): the build argument goes before the file's `# syntax=`, and is judged by
//!   the same rules: `docker/dockerfile` up to the covered version is read, everything else widens to the whole context,
//!   the whole file and all arguments. An image's tag is taken at its word, `docker/dockerfile:1` for the newest.
//! * **Predefined arguments** (`arguments`): what the platform sets is known where platforms are configured, else a hole
//!   that widens as far as a platform can reach. Proxy arguments count where a reached stage declares them, as any other;
//!   `BUILDKIT_*` and `SOURCE_DATE_EPOCH` count undeclared, since BuildKit reads them so.
//! * **`ONBUILD`** (`stages`, [`Legacy`]): of an earlier stage and of a parent of the plan it is expanded in the child. That of an
//!   external base is in no commit: the base's name counts, and the plan says that what it stands for can change.
//! * **A configuration that no image gets** (`reading`): `CMD`, `LABEL` and their like do not count in a stage that only
//!   gives files to others.

mod arguments;
pub mod baked;
mod directive;
mod environment;
mod evaluate;
mod fault;
mod file;
mod flags;
mod from;
mod frontend;
mod instruction;
mod line;
mod mount;
mod outside;
mod pattern;
mod reading;
mod readings;
mod remote;
mod scan;
mod sources;
mod stages;
mod text;
mod word;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Errors, Result};
use crate::reference::Platform;

pub use from::{From, Froms, froms};
pub use readings::Readings;

/// Everything outside the Dockerfile that decides what a build of it reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The file's name for errors and warnings.
    pub file: String,
    /// `--target`; the last stage where none is named.
    pub target: Option<String>,
    /// Build arguments, also `BUILDKIT_*` and proxy arguments.
    pub build_args: BTreeMap<String, String>,
    /// Arguments whose value does not count (a git sha, a build date).
    pub volatile_args: BTreeSet<String>,
    /// The configured platforms; empty where none are configured.
    pub platforms: Vec<Platform>,
    /// Named contexts by the name that the Dockerfile uses.
    pub contexts: BTreeMap<String, Context>,
    /// Parents of the same plan that a `FROM`, `COPY --from` or mount names by its image, by
    /// the name as it stands in the Dockerfile after expansion.
    pub parents: BTreeMap<String, Parent>,
}

/// What stands behind a named context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Context {
    /// Another image of the plan.
    Parent(Parent),
    /// An external image (`docker-image://…`).
    Image(String),
    /// A folder of the repository: files, no image.
    Files,
    /// An address that only the builder can read (`oci-layout://`, git, http): files or an image, nothing is known.
    Remote,
}

/// A parent of the same plan, as far as it decides what its children read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parent {
    /// The image's name in the plan.
    pub image: String,
    /// What its last stage leaves to those built `FROM` it.
    pub legacy: Legacy,
}

/// What a stage leaves to those built `FROM` it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Legacy {
    /// Its environment as far as it is known.
    pub env: BTreeMap<String, String>,
    /// Whether an external base may have set more variables than are known.
    pub unknown_env: bool,
    /// `ONBUILD` triggers, in order, without the keyword.
    pub onbuild: Vec<String>,
}

/// What a build of one Dockerfile and target reads.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The frontend that counts (`# syntax=`), where one is named.
    pub syntax: Option<String>,
    /// Its 1-based line; the first where a build argument names it.
    pub syntax_line: Option<usize>,
    /// Why the whole file's bytes count, where the parse is in doubt.
    pub whole_file: Option<String>,
    /// Instructions anywhere in the file that have a flag or keyword which is not known here. BuildKit refuses the file
    /// for one in a stage that is not reached, too, unless it knows it.
    pub doubted: Vec<String>,
    /// Where the whole file is in doubt, all that is configured for a build of it: nobody knows what it uses.
    pub configured: Configured,
    /// Global `ARG` instructions that a reached stage sees, as written, in order.
    pub global_args: Vec<String>,
    /// Their 1-based lines.
    pub global_lines: BTreeMap<String, usize>,
    /// The stages that the target reaches, in the file's order.
    pub stages: Vec<Stage>,
    /// Build arguments that count: given, and declared by what is reached (or `BUILDKIT_*`).
    pub args: BTreeMap<String, String>,
    /// Volatile arguments that a reached stage declares, with their lines.
    pub volatile: BTreeMap<String, usize>,
    /// What is read from the context and from named contexts that are folders.
    pub reads: Vec<Read>,
    /// External images: bases of stages, `COPY --from`, mounts. Completed names, with the 1-based lines.
    pub bases: Vec<Base>,
    /// What `ADD` fetches and no checksum or commit id fixes.
    pub remotes: Vec<Remote>,
    /// What the target's stage leaves to images built `FROM` it.
    pub legacy: Legacy,
    /// Sentences for the plan, each with its 1-based line.
    pub warnings: Vec<Warning>,
}

/// What a build of a file in doubt may use.
#[derive(Debug, Clone, Default)]
pub struct Configured {
    /// `--target`
    pub target: Option<String>,
    /// Named contexts with what they are.
    pub contexts: BTreeMap<String, Origin>,
    /// Whether it may read what the ignore file drops: that is the frontend's to apply.
    pub sees_ignored: bool,
}

/// One reached stage: where it starts from and its instructions as parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// 1-based line of its `FROM`.
    pub line: usize,
    /// What its `FROM` names, as written.
    pub written: String,
    /// What its `FROM` names, one for each platform where they differ.
    pub from: Vec<Origin>,
    /// `--platform` of its `FROM`, as written.
    pub platform: Option<String>,
    /// The instructions behind `FROM`.
    pub instructions: Vec<Instruction>,
}

/// One instruction that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// 1-based line of its keyword.
    pub line: usize,
    /// Keyword in upper case and the rest as parsed (continuations joined, comments gone, heredoc bodies kept).
    pub text: String,
    /// What its `--from=` (of `COPY` or of each mount) names, in order.
    pub from: Vec<Origin>,
}

/// Where a stage, a `COPY --from` or a mount takes its files from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// `FROM scratch`
    Scratch,
    /// A reached stage, by its index in [`Reading::stages`] (so an unreached stage before it shifts nothing).
    Stage(usize),
    /// An external image, completed.
    Image(String),
    /// An image of the plan.
    Parent(String),
    /// A named context of files.
    Context(String),
}

/// One read of a context by one instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// 1-based line of the instruction.
    pub line: usize,
    /// The instruction for people, for example `COPY requirements.txt /tmp/`.
    pub instruction: String,
    /// The named context, or the main one.
    pub context: Option<String>,
    /// Which part of it.
    pub what: What,
}

/// Which part of a context is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// `COPY` or `ADD`.
    Copy(Copy),
    /// The source of a bind mount (or of a cache mount's `from=`): a path, `/` for all. Must exist.
    Mount(String),
    /// All of it, with the reason why no less is known.
    Whole(String),
}

/// The sources of one `COPY` or `ADD`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Copy {
    /// Paths or Go `filepath.Match` patterns, expanded, not yet cleaned.
    pub sources: Vec<String>,
    /// `--exclude` patterns as written: BuildKit does not expand them.
    pub excludes: Vec<String>,
    /// `--parents`: `**` and the `/./` pivot mean something.
    pub parents: bool,
    /// Whether a source without a match is no error, since the pattern was widened by imgplan.
    pub widened: bool,
}

/// An external image that a build starts from or copies from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Base {
    /// As written, after expansion.
    pub written: String,
    /// 1-based line.
    pub line: usize,
    /// Whether a stage starts `FROM` it (then its `ENV` and `ONBUILD` matter).
    pub from: bool,
    /// Whether a digest pins it.
    pub pinned: bool,
}

/// What a build fetches over the network by `ADD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// The address as written, after expansion.
    pub address: String,
    /// 1-based line.
    pub line: usize,
}

/// A sentence about a line of the Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// 1-based line.
    pub line: usize,
    /// The sentence, without the place.
    pub message: String,
}

/// Names of external images that the target's build may take from, as they stand in the file after expansion:
/// what the plan matches against its own images to find an image's parents. Sorted, each once, with the line.
pub fn image_names(bytes: &[u8], request: &Request) -> Result<BTreeMap<String, usize>, Errors> {
    reading::Analysis::new(bytes, request).names(request)
}

/// Reads a Dockerfile: see [`Reading`].
///
/// # Errors
/// What BuildKit would refuse (no `FROM`, an unterminated heredoc, a wrong number of arguments), with file,
/// line and column; all of them at once.
pub fn read(bytes: &[u8], request: &Request) -> Result<Reading, Errors> {
    reading::Analysis::new(bytes, request).reading(request)
}
