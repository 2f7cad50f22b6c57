//! A blob on its way into a layout: streamed, since layers are large, and checked before it gets its name.

use std::io::{ErrorKind, Read, Write as _};
use std::path::Path;

use sha2::Digest as _;
use tempfile::NamedTempFile;

use super::disk;
use crate::error::{Error, Result};
use crate::reference::Digest;
use crate::text::hex;

/// Copies a blob into a temporary file, checking digest and size on the way.
pub(super) fn receive(
    dir: &Path,
    digest: &Digest,
    size: Option<u64>,
    reader: &mut dyn Read,
) -> Result<NamedTempFile> {
    let mut temp = disk::temp(dir)?;
    let mut hash = Hash::new(digest);
    let mut total: u64 = 0;
    let mut buffer = vec![0; 128 << 10];
    let wrong = |what: String| Error::unavailable(format!("the blob {digest} came {what}")).hint("try again");
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(
                    Error::unavailable(format!("the blob {digest} could not be read")).caused_by(error)
                );
            }
        };
        let bytes = buffer.get(..read).unwrap_or_default();
        total = total.saturating_add(read as u64);
        // Stops early: a wrong source must not fill the disk.
        if size.is_some_and(|size| total > size) {
            return Err(wrong(format!("with more than its {} bytes", size.unwrap_or_default())));
        }
        hash.update(bytes);
        temp.write_all(bytes).map_err(|error| disk::failed("write to", dir, error))?;
    }
    if size.is_some_and(|size| total != size) {
        return Err(wrong(format!("with {total} bytes of {}", size.unwrap_or_default())));
    }
    if hash.digits() != digest.parts().1 {
        return Err(wrong("with other content".to_owned()));
    }
    Ok(temp)
}

/// The running hash of a digest's algorithm.
enum Hash {
    Sha256(sha2::Sha256),
    Sha512(sha2::Sha512),
}

impl Hash {
    fn new(digest: &Digest) -> Hash {
        match digest.parts().0 {
            "sha512" => Hash::Sha512(sha2::Sha512::new()),
            _ => Hash::Sha256(sha2::Sha256::new()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Hash::Sha256(hash) => hash.update(bytes),
            Hash::Sha512(hash) => hash.update(bytes),
        }
    }

    fn digits(self) -> String {
        match self {
            Hash::Sha256(hash) => hex(&hash.finalize()),
            Hash::Sha512(hash) => hex(&hash.finalize()),
        }
    }
}
