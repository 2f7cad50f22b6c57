//! A download for code that blocks.

use std::io::Read;

use tokio::sync::mpsc;

/// The reading end of a download, for code that blocks. Only an explicit end is the end: a channel that closes
/// before is a transfer that broke off.
pub(super) struct Incoming {
    receiver: mpsc::Receiver<Option<Vec<u8>>>,
    chunk: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Incoming {
    pub(super) fn new(receiver: mpsc::Receiver<Option<Vec<u8>>>) -> Incoming {
        Incoming { receiver, chunk: Vec::new(), at: 0, ended: false }
    }
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
