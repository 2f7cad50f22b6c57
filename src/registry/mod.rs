//! The edge to where images live: registries over HTTP, and folders of OCI image layouts, behind one face.
//!
//! Answers are values ([`Lookup`]); writes put identical bytes and are verified. It must not know commits, plans
//! or policy.

mod auth;
mod challenge;
mod client;
mod config_file;
mod copy;
mod credentials;
mod delete;
mod exchange;
mod failure;
mod handed;
mod handshake;
mod helper;
mod http;
pub mod layout;
mod login;
mod read;
mod reply;
mod retry;
mod secret;
mod tags;
mod token;
mod transfer;
mod write;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use self::client::{Client, Remote};
use self::layout::Layout;
use crate::error::{Error, Result};
use crate::lookup::{Descriptor, Lookup, Manifest};
use crate::reference::{Digest, Repository, Tag};

pub use self::delete::Deleted;
pub use self::handed::Handed;
pub use self::secret::Secret;

/// Everything that the client takes from outside, read once by `commands`.
#[derive(Clone, Default)]
pub struct Settings {
    /// The environment, as far as credentials, proxies and TLS need it.
    pub environment: BTreeMap<String, String>,
    /// The repository on the command line: the environment's user and password may be for its host.
    pub named: Option<String>,
    /// Hosts that are spoken to in plain http besides the loopback addresses.
    pub plain_http: Vec<String>,
    /// A further CA file (PEM).
    pub ca_file: Option<PathBuf>,
    /// Limit for one whole request and its answer; `None` for the default.
    pub timeout: Option<Duration>,
}

/// Without the environment's values: passwords are among them.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("environment", &self.environment.keys().collect::<Vec<_>>())
            .field("named", &self.named)
            .field("plain_http", &self.plain_http)
            .field("ca_file", &self.ca_file)
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// A tag or a digest: what a manifest is asked by.
#[derive(Debug, Clone, Copy)]
pub enum Name<'a> {
    /// By tag.
    Tag(&'a Tag),
    /// By digest.
    Digest(&'a Digest),
}

/// All registries and layouts, with one connection pool and one token a repository.
#[derive(Debug)]
pub struct Registry {
    client: Client,
}

/// How a write ended.
#[derive(Debug)]
pub enum Put {
    /// The tag is at the wanted digest, read back.
    Done,
    /// The tag is at another digest (a write-once or immutable tag that another got first).
    Elsewhere {
        /// Where it is.
        digest: Digest,
        /// The registry's refusal of the write, if it refused; without one, another write came in between.
        refusal: Option<Error>,
    },
}

impl Put {
    /// Whether the tag is where it was to be put.
    pub fn is_done(&self) -> bool {
        matches!(self, Put::Done)
    }
}

impl Registry {
    /// Reads no credential and opens no connection yet.
    pub fn new(settings: Settings) -> Result<Registry> {
        Ok(Registry { client: Client::new(settings) })
    }

    /// Says that this repository will be written to, so that its first token is for reading and writing
    /// and one token does for both. Call it before the first lookup. Where writing is denied, reading still works.
    pub fn expect_writes(&self, repository: &Repository) {
        if let Place::Remote(remote) = place(repository) {
            self.client.expect_writes(&remote);
        }
    }

    /// HEAD of a manifest.
    pub async fn head(&self, repository: &Repository, name: Name<'_>) -> Lookup<Descriptor> {
        match place(repository) {
            Place::Remote(remote) => self.client.head(&remote, name).await,
            Place::Layout(dir) => {
                let name = OwnedName::of(name);
                flat(on_disk(dir, move |layout| layout.head(name.as_name())).await)
            }
        }
    }

    /// GET of a manifest, its bytes checked against the digest.
    pub async fn manifest(&self, repository: &Repository, name: Name<'_>) -> Lookup<Manifest> {
        match place(repository) {
            Place::Remote(remote) => self.client.manifest(&remote, name).await,
            Place::Layout(dir) => {
                let name = OwnedName::of(name);
                flat(on_disk(dir, move |layout| layout.manifest(name.as_name())).await)
            }
        }
    }

    /// GET of a small blob (an image's configuration), its bytes checked against the digest.
    pub async fn blob(&self, repository: &Repository, digest: &Digest) -> Lookup<Vec<u8>> {
        match place(repository) {
            Place::Remote(remote) => self.client.blob(&remote, digest).await,
            Place::Layout(dir) => {
                let digest = digest.clone();
                flat(on_disk(dir, move |layout| layout.blob(&digest)).await)
            }
        }
    }

    /// All tags, each once: of a registry page by page, of a layout as `index.json` lists them. Names that are no tag
    /// are left out. A list that could not be read to its end is `Unknown`, never shorter; a folder that is not there
    /// yet has no tags.
    pub async fn tags(&self, repository: &Repository) -> Lookup<Vec<Tag>> {
        match place(repository) {
            Place::Remote(remote) => self.client.tags(&remote).await,
            Place::Layout(dir) => match on_disk(dir, |layout| layout.tags()).await.flatten() {
                Ok(tags) => Lookup::Found(tags.into_iter().map(|(tag, _)| tag).collect()),
                Err(error) => Lookup::Unknown(error),
            },
        }
    }

    /// PUT of the identical bytes under a tag, then a HEAD that verifies.
    pub async fn put(&self, repository: &Repository, tag: &Tag, manifest: &Manifest) -> Result<Put> {
        match place(repository) {
            Place::Remote(remote) => self.client.put(&remote, tag, manifest).await,
            Place::Layout(dir) => {
                let (tag, manifest) = (tag.clone(), manifest.clone());
                on_disk(dir, move |layout| layout.put(&tag, &manifest)).await?
            }
        }
    }

    /// Deletes a tag. Whether the image goes with it is the registry's choice, except in a layout, where it stays as long
    /// as another tag is at it.
    pub async fn delete_tag(&self, repository: &Repository, tag: &Tag) -> Result<Deleted> {
        match place(repository) {
            Place::Remote(remote) => self.client.delete_tag(&remote, tag).await,
            Place::Layout(dir) => {
                let tag = tag.clone();
                on_disk(dir, move |layout| layout.delete_tag(&tag)).await?.map(|()| Deleted::Done)
            }
        }
    }

    /// Copies an image with everything below it (children, configuration, layers) from one repository to another,
    /// without a tag: within a registry by mounts, else streamed; also from and to layouts.
    pub async fn copy(&self, from: &Repository, to: &Repository, manifest: &Manifest) -> Result<()> {
        if from == to {
            return Ok(());
        }
        self.copy_all(from, to, manifest).await
    }
}

/// A repository as this module takes it: the client's or the disk's.
#[derive(Debug, Clone)]
enum Place {
    Remote(Remote),
    Layout(PathBuf),
}

fn place(repository: &Repository) -> Place {
    match repository {
        Repository::Remote { registry, path } => {
            Place::Remote(Remote { registry: registry.clone(), path: path.clone() })
        }
        Repository::Layout { dir, .. } => Place::Layout(dir.clone()),
    }
}

/// A name for work on another thread.
enum OwnedName {
    Tag(Tag),
    Digest(Digest),
}

impl OwnedName {
    fn of(name: Name<'_>) -> OwnedName {
        match name {
            Name::Tag(tag) => OwnedName::Tag(tag.clone()),
            Name::Digest(digest) => OwnedName::Digest(digest.clone()),
        }
    }

    fn as_name(&self) -> Name<'_> {
        match self {
            OwnedName::Tag(tag) => Name::Tag(tag),
            OwnedName::Digest(digest) => Name::Digest(digest),
        }
    }
}

/// Layouts block (files, and a lock that another process may hold), so they work on a thread for that.
async fn on_disk<T: Send + 'static>(
    dir: PathBuf,
    work: impl FnOnce(Layout) -> T + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(move || work(Layout::open(&dir)))
        .await
        .map_err(|error| Error::unavailable("work on an image layout broke off").caused_by(error))
}

fn flat<T>(answer: Result<Lookup<T>>) -> Lookup<T> {
    answer.unwrap_or_else(Lookup::Unknown)
}
