//! One commit of a generated project: its files, and the images that its `imgplan.toml` defines.
//!
//! The images are data here, because two readers want them: imgplan as a configuration file, BuildKit as the
//! options of a build. Nothing here knows how a snapshot was made or what is done with it.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

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

/// A table `[images.NAME]` as imgplan's users write it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Table {
    context: String,
    dockerfile: String,
    target: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    platforms: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    build_args: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    contexts: BTreeMap<String, String>,
}

impl Snapshot {
    /// The `imgplan.toml` of this commit.
    pub fn configuration(&self) -> Result<String> {
        let mut images = toml::Table::new();
        for image in &self.images {
            let table = Table {
                context: image.context.clone(),
                dockerfile: image.dockerfile.clone(),
                target: image.target.clone(),
                platforms: image.platforms.clone(),
                build_args: image.args.clone(),
                contexts: image
                    .contexts
                    .iter()
                    .map(|(name, context)| (name.clone(), context.to_string()))
                    .collect(),
            };
            images.insert(image.name.clone(), toml::Value::try_from(table)?);
        }
        Ok(toml::to_string(&toml::Table::from_iter([("images".to_owned(), images.into())]))?)
    }

    /// The images of such an `imgplan.toml`.
    pub fn images(configuration: &str) -> Result<Vec<Image>> {
        let mut file: toml::Table = toml::from_str(configuration)?;
        let Some(toml::Value::Table(images)) = file.remove("images") else {
            bail!("imgplan.toml has no images")
        };
        images
            .into_iter()
            .map(|(name, table)| {
                let table: Table = table.try_into()?;
                Ok(Image {
                    name,
                    context: table.context,
                    dockerfile: table.dockerfile,
                    target: table.target,
                    args: table.build_args,
                    contexts: table
                        .contexts
                        .into_iter()
                        .map(|(name, value)| (name, Context::parse(&value)))
                        .collect(),
                    platforms: table.platforms,
                })
            })
            .collect()
    }
}

impl Context {
    fn parse(value: &str) -> Context {
        if let Some(parent) = value.strip_prefix("image:") {
            Context::Parent(parent.to_owned())
        } else if let Some(image) = value.strip_prefix("docker-image://") {
            Context::External(image.to_owned())
        } else {
            Context::Folder(value.to_owned())
        }
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
