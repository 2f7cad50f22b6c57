//! What a registry said: found, missing, or not known.
//!
//! Only the registry's own "there is none" is missing; every other failure is a value of its own, so that no
//! caller can take it for one or the other. Pure.

use crate::error::Error;
use crate::reference::Digest;

/// One answer.
#[derive(Debug)]
pub enum Lookup<T> {
    /// It is there.
    Found(T),
    /// The registry itself said that it is not there.
    Missing,
    /// The registry did not say; the error tells method, URL, status and what to do.
    Unknown(Error),
}

impl<T> Lookup<T> {
    /// The value, if it is there.
    pub fn found(&self) -> Option<&T> {
        match self {
            Lookup::Found(value) => Some(value),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn found_mut(&mut self) -> Option<&mut T> {
        match self {
            Lookup::Found(value) => Some(value),
            _ => None,
        }
    }

    /// Why it is not known, if it is not.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Lookup::Unknown(error) => Some(error),
            _ => None,
        }
    }

    /// The same, taken.
    pub fn into_error(self) -> Option<Error> {
        match self {
            Lookup::Unknown(error) => Some(error),
            _ => None,
        }
    }

    /// The same answer about something made from the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Lookup<U> {
        match self {
            Lookup::Found(value) => Lookup::Found(f(value)),
            Lookup::Missing => Lookup::Missing,
            Lookup::Unknown(error) => Lookup::Unknown(error),
        }
    }
}

/// What a HEAD of a manifest tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// The manifest's digest.
    pub digest: Digest,
    /// Its media type.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A manifest or index as the registry holds it: the bytes are never parsed and written again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Checked against the bytes.
    pub digest: Digest,
    /// `Content-Type`, to be sent back as it came.
    pub media_type: String,
    /// The identical bytes.
    pub bytes: Vec<u8>,
}
