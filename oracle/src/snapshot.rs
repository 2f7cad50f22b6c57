//! One commit of a generated project: its files, and the images that its `imgplan.toml` defines.
//!
//! The images are data here, because two readers want them: imgplan as a configuration file, BuildKit as the
//! options of a build. Nothing here knows how a snapshot was made or what is done with it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Registry of the base images, as Dockerfiles name it; the judge's daemon finds it on a loopback address.
pub const REGISTRY: &str = "oracle.test";

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// What is committed, by path; `imgplan.toml` is not among them, it is written from `images`.
    pub files: BTreeMap<String, Node>,
    /// The images, parents before their children.
    pub images: Vec<Image>,
}

/// A tree entry that is no folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A file.
    File {
        /// As the commit has them, before git's attributes change them on the way to the disk.
        bytes: Vec<u8>,
        /// Mode 100755.
        executable: bool,
    },
    /// A symbolic link and where it points.
    Link(String),
    /// A submodule and the files of its commit.
    Submodule(BTreeMap<String, Vec<u8>>),
}

impl Node {
    /// A file that is not executable.
    pub fn text(text: impl Into<String>) -> Node {
        Node::File { bytes: text.into().into_bytes(), executable: false }
    }
}

/// One image: what stands in `imgplan.toml`, and what BuildKit is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Image {
    /// Its name in the plan.
    pub name: String,
    /// Path of the context's folder in the repository, `.` for the root.
    pub context: String,
    /// Path of the Dockerfile in the repository.
    pub dockerfile: String,
    /// `--target`.
    pub target: Option<String>,
    /// Build arguments.
    pub args: BTreeMap<String, String>,
    /// Named contexts.
    pub contexts: BTreeMap<String, Context>,
    /// `linux/amd64`, `linux/386`: the ones that every x86-64 machine runs. Empty: the machine's own.
    pub platforms: Vec<String>,
}

/// What stands behind a named context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Context {
    /// A folder of the repository.
    Folder(String),
    /// An image of a registry, without `docker-image://`.
    External(String),
    /// An earlier image of the same snapshot.
    Parent(String),
}

impl Snapshot {
    /// The `imgplan.toml` of this commit.
    pub fn configuration(&self) -> String {
        let mut text = String::new();
        for image in &self.images {
            // A debug string of Rust is a basic string of TOML, but for the escapes that generated names never have.
            let _ = writeln!(text, "[images.{:?}]", image.name);
            let _ = writeln!(text, "context = {:?}\ndockerfile = {:?}", image.context, image.dockerfile);
            if let Some(target) = &image.target {
                let _ = writeln!(text, "target = {target:?}");
            }
            if !image.platforms.is_empty() {
                let _ = writeln!(text, "platforms = {:?}", image.platforms);
            }
            for (table, rows) in [
                ("build-args", image.args.clone()),
                ("contexts", image.contexts.iter().map(|(name, c)| (name.clone(), c.to_string())).collect()),
            ] {
                if !rows.is_empty() {
                    let _ = writeln!(text, "[images.{:?}.{table}]", image.name);
                    for (key, value) in rows {
                        let _ = writeln!(text, "{key:?} = {value:?}");
                    }
                }
            }
        }
        text
    }
}

impl std::fmt::Display for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Context::Folder(path) => f.write_str(path),
            Context::External(name) => write!(f, "docker-image://{name}"),
            Context::Parent(name) => write!(f, "image:{name}"),
        }
    }
}
