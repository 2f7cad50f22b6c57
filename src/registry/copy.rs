//! Copying an image with everything below it: children before the index that lists them, blobs before the
//! manifests that name them, so that a copy that was broken off never looks whole.
//!
//! Within one registry blobs are mounted; across registries, and from and to layouts, they are streamed.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::pin::Pin;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use reqwest::Body;
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;

use super::auth::Key;
use super::client::Remote;
use super::failure::Trouble;
use super::layout::Layout;
use super::transfer::{Begun, Failed, Moved, failed};
use super::{Name, Place, Registry, on_disk, place};
use crate::error::{Error, Result};
use crate::lookup::{Lookup, Manifest};
use crate::reference::{Digest, Repository};

/// Blobs in motion at one time.
const AT_ONCE: usize = 4;
/// How often a blob's transfer is begun.
const ATTEMPTS: u32 = 3;
/// An index of indexes is allowed; more than this is nobody's image.
const DEPTH: usize = 4;
/// The most manifests of one image.
const MANIFESTS: usize = 1000;

/// The part of a manifest or index that names other content.
#[derive(Deserialize)]
struct Node {
    #[serde(default)]
    manifests: Option<Vec<Child>>,
    #[serde(default)]
    config: Option<Child>,
    #[serde(default)]
    layers: Option<Vec<Child>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Child {
    #[serde(default)]
    media_type: String,
    digest: String,
    #[serde(default)]
    size: Option<u64>,
}

/// Everything to copy: manifests with their children before them, and blobs.
#[derive(Default)]
struct Parts {
    manifests: Vec<Manifest>,
    blobs: BTreeMap<Digest, Option<u64>>,
}

impl Registry {
    pub(super) async fn copy_all(&self, from: &Repository, to: &Repository, root: &Manifest) -> Result<()> {
        let mut parts = Parts::default();
        self.gather(from, root.clone(), &mut parts, 0).await?;
        let blobs = parts.blobs.iter().map(|(digest, size)| self.copy_blob(from, to, digest, *size));
        stream::iter(blobs).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
        for manifest in parts.manifests {
            self.put_untagged(to, manifest).await?;
        }
        Ok(())
    }

    fn gather<'a>(
        &'a self,
        from: &'a Repository,
        manifest: Manifest,
        parts: &'a mut Parts,
        depth: usize,
    ) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(async move {
            let name = from.at(&manifest.digest);
            if depth > DEPTH || parts.manifests.len() >= MANIFESTS {
                return Err(Error::unavailable(format!("{name} lists indexes without end")));
            }
            let node: Node = serde_json::from_slice(&manifest.bytes)
                .map_err(|error| Error::unavailable(format!("{name} is no manifest")).caused_by(error))?;
            for child in node.manifests.into_iter().flatten() {
                let digest = child.digest(&name)?;
                if parts.manifests.iter().any(|known| known.digest == digest) {
                    continue;
                }
                let below = match self.manifest(from, Name::Digest(&digest)).await {
                    Lookup::Found(below) => below,
                    Lookup::Unknown(error) => return Err(error),
                    Lookup::Missing => {
                        return Err(Error::unavailable(format!("{name} lists {digest}, which is not there")));
                    }
                };
                self.gather(from, below, parts, depth + 1).await?;
            }
            for child in node.config.into_iter().chain(node.layers.into_iter().flatten()) {
                // Layers that may not be pushed stay with whoever gives them out.
                if !child.media_type.contains("nondistributable") && !child.media_type.contains("foreign") {
                    parts.blobs.insert(child.digest(&name)?, child.size);
                }
            }
            parts.manifests.push(manifest);
            Ok(())
        })
    }

    async fn put_untagged(&self, to: &Repository, manifest: Manifest) -> Result<()> {
        match place(to) {
            Place::Remote(remote) => self.client.put_untagged(&remote, &manifest).await,
            Place::Layout(dir) => on_disk(dir, move |layout| layout.put_manifest(&manifest)).await?,
        }
    }

    async fn copy_blob(
        &self,
        from: &Repository,
        to: &Repository,
        digest: &Digest,
        size: Option<u64>,
    ) -> Result<()> {
        let mut made = 1;
        loop {
            let outcome = match place(to) {
                Place::Remote(to) => self.to_remote(&place(from), &to, digest, size).await,
                Place::Layout(to) => self.to_layout(place(from), to, digest, size).await,
            };
            match outcome {
                Ok(()) => return Ok(()),
                Err(Failed::Again(_)) if made < ATTEMPTS => {
                    tokio::time::sleep(std::time::Duration::from_millis(300 * u64::from(made))).await;
                    made += 1;
                }
                Err(failed) => return Err(failed.into_error()),
            }
        }
    }

    async fn to_remote(
        &self,
        from: &Place,
        to: &Remote,
        digest: &Digest,
        size: Option<u64>,
    ) -> Result<(), Failed> {
        let mut key = self.client.key(to, true);
        let begun = match from {
            Place::Remote(from) if from.registry == to.registry => {
                let mount = Key { from: Some(from.path.clone()), ..key.clone() };
                match self.client.begin(&mount, to, digest).await {
                    Ok(begun) => {
                        key = mount;
                        Ok(begun)
                    }
                    // A registry that refuses mounts, or whose token does not reach over both repositories.
                    Err(_) => self.client.begin(&key, to, digest).await,
                }
            }
            _ if self.client.has_blob(to, digest).await? => return Ok(()),
            _ => self.client.begin(&key, to, digest).await,
        };
        match begun? {
            Begun::Mounted => Ok(()),
            Begun::Upload(url) => {
                let body = self.body(from, digest).await?;
                self.client.upload(&key, url, digest, size, body).await
            }
        }
    }

    /// A blob's bytes as the body of a request.
    async fn body(&self, from: &Place, digest: &Digest) -> Result<(Body, Moved), Failed> {
        let moved = Moved::default();
        let count = moved.clone();
        let body = match from {
            Place::Remote(from) => {
                let response = self.client.open(from, digest).await?;
                Body::wrap_stream(response.bytes_stream().inspect(move |_| count.on()))
            }
            Place::Layout(dir) => {
                let digest = digest.clone();
                let file = on_disk(dir.clone(), move |layout| layout.read_blob(&digest)).await??;
                let file = tokio::fs::File::from_std(file);
                Body::wrap_stream(stream::try_unfold((file, count), |(mut file, count)| async move {
                    let mut chunk = vec![0; 64 * 1024];
                    let read = file.read(&mut chunk).await?;
                    chunk.truncate(read);
                    count.on();
                    let next = if read == 0 { None } else { Some((chunk, (file, count))) };
                    Ok::<_, std::io::Error>(next)
                }))
            }
        };
        Ok((body, moved))
    }

    async fn to_layout(
        &self,
        from: Place,
        to: PathBuf,
        digest: &Digest,
        size: Option<u64>,
    ) -> Result<(), Failed> {
        let wanted = digest.clone();
        if on_disk(to.clone(), move |layout| layout.has_blob(&wanted)).await?? {
            return Ok(());
        }
        let wanted = digest.clone();
        let from = match from {
            Place::Remote(remote) => remote,
            Place::Layout(from) => {
                let copy = move |to: Layout| {
                    to.write_blob(&wanted, size, &mut Layout::open(&from).read_blob(&wanted)?)
                };
                return Ok(on_disk(to, copy).await??);
            }
        };
        let response = self.client.open(&from, digest).await?;
        self.receive(response, to, wanted, size).await
    }

    /// A download into a layout: read here, written on a thread that may block.
    async fn receive(
        &self,
        mut response: reqwest::Response,
        to: PathBuf,
        digest: Digest,
        size: Option<u64>,
    ) -> Result<(), Failed> {
        let (sender, receiver) = mpsc::channel(8);
        let writing = tokio::spawn(on_disk(to, move |layout| {
            layout.write_blob(
                &digest,
                size,
                &mut Incoming { receiver, chunk: Vec::new(), at: 0, ended: false },
            )
        }));
        let limit = self.client.http.stall;
        let pumped: Result<(), Trouble> = async {
            loop {
                let next = async { response.chunk().await.map_err(Trouble::from) };
                match super::exchange::limited(limit, next).await? {
                    // A writer that has gone away says why below.
                    Some(chunk) if sender.send(Some(chunk.to_vec())).await.is_err() => return Ok(()),
                    Some(_) => {}
                    None => {
                        let _ = sender.send(None).await;
                        return Ok(());
                    }
                }
            }
        }
        .await;
        drop(sender);
        let written =
            writing.await.map_err(|error| Error::unavailable("a copy broke off").caused_by(error))?;
        match pumped {
            // The writer only saw a stream without an end; this is why.
            Err(trouble) => Err(failed(trouble, &reqwest::Method::GET, response.url())),
            Ok(()) => Ok(written??),
        }
    }
}

impl Child {
    fn digest(&self, of: &str) -> Result<Digest> {
        Digest::new(self.digest.clone())
            .map_err(|error| Error::unavailable(format!("{of} names content wrongly")).caused_by(error))
    }
}

/// The reading end of a download, for code that blocks. Only an explicit end is the end: a channel that closes
/// before is a transfer that broke off.
struct Incoming {
    receiver: mpsc::Receiver<Option<Vec<u8>>>,
    chunk: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while !self.ended && self.at >= self.chunk.len() {
            match self.receiver.blocking_recv() {
                Some(Some(chunk)) => (self.chunk, self.at) = (chunk, 0),
                Some(None) => self.ended = true,
                None => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            }
        }
        let mut rest = self.chunk.get(self.at..).unwrap_or_default();
        let read = Read::read(&mut rest, buffer)?;
        self.at += read;
        Ok(read)
    }
}
