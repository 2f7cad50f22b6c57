//! Copying an image with everything below it: children before the index that lists them, blobs before the
//! manifests that name them, so that a copy that was broken off never looks whole.
//!
//! Within one registry blobs are mounted; across registries, and from and to layouts, they are streamed.

mod incoming;
mod parts;

use std::path::PathBuf;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use reqwest::Body;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;

use self::incoming::Incoming;
use super::auth::Key;
use super::client::Remote;
use super::failure::Trouble;
use super::layout::Layout;
use super::transfer::{Begun, Failed, Moved, failed};
use super::{Place, Registry, on_disk, place};
use crate::error::{Error, Result};
use crate::lookup::Manifest;
use crate::reference::{Digest, Repository};

/// Blobs in motion at one time.
const AT_ONCE: usize = 4;
/// How often a blob's transfer is begun.
const ATTEMPTS: u32 = 3;
impl Registry {
    pub(super) async fn copy_all(&self, from: &Repository, to: &Repository, root: &Manifest) -> Result<()> {
        let parts = self.parts(from, root).await?;
        let blobs = parts.blobs.iter().map(|(digest, size)| self.copy_blob(from, to, digest, *size));
        stream::iter(blobs).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
        for manifest in parts.manifests {
            self.put_untagged(to, manifest).await?;
        }
        Ok(())
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
            layout.write_blob(&digest, size, &mut Incoming::new(receiver))
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
