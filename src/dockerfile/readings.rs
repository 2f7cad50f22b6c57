//! Readings that are remembered: over a history the same Dockerfile is asked for again and again, while what it copies
//! changes. Pure: the same bytes and the same request always give the same answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Reading, Request};
use crate::error::Errors;
use crate::tree::Id;

/// Requests that are remembered for one Dockerfile: images of one file, before and after their parents are known.
const REQUESTS: usize = 32;
/// Dockerfiles that are remembered; beyond them it begins anew.
const FILES: usize = 4096;

/// Answers by the Dockerfile's blob and the request. Refusals are not remembered.
#[derive(Default)]
pub struct Readings {
    names: Mutex<Known<Arc<BTreeMap<String, usize>>>>,
    readings: Mutex<Known<Arc<Reading>>>,
}

type Known<T> = HashMap<Id, Vec<(Request, T)>>;

impl Readings {
    /// [`super::image_names`] of a blob and its bytes.
    pub fn image_names(
        &self,
        (id, bytes): (&Id, &[u8]),
        request: &Request,
    ) -> Result<Arc<BTreeMap<String, usize>>, Errors> {
        remembered(&self.names, id, request, || super::image_names(bytes, request).map(Arc::new))
    }

    /// [`super::read`] of a blob and its bytes.
    pub fn read(&self, (id, bytes): (&Id, &[u8]), request: &Request) -> Result<Arc<Reading>, Errors> {
        remembered(&self.readings, id, request, || super::read(bytes, request).map(Arc::new))
    }
}

fn remembered<T: Clone>(
    known: &Mutex<Known<T>>,
    id: &Id,
    request: &Request,
    read: impl FnOnce() -> Result<T, Errors>,
) -> Result<T, Errors> {
    let locked = || known.lock().unwrap_or_else(PoisonError::into_inner);
    let found = locked()
        .get(id)
        .and_then(|known| known.iter().find(|(other, _)| other == request).map(|(_, answer)| answer.clone()));
    if let Some(answer) = found {
        return Ok(answer);
    }
    let answer = read()?;
    let mut known = locked();
    if known.len() >= FILES {
        known.clear();
    }
    let requests = known.entry(*id).or_default();
    requests.insert(0, (request.clone(), answer.clone()));
    requests.truncate(REQUESTS);
    Ok(answer)
}
