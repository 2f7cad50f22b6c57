//! The registry client against a registry over real HTTP that fails on demand.

mod copying;
mod credentials;
mod layouts;
mod lookup;
mod program;
mod retag;
mod tags;
mod tls;
mod tokens;
mod trouble;

use std::path::Path;
use std::time::Duration;

use imgplan::error::{Error, Kind};
use imgplan::lookup::{Descriptor, Lookup, Manifest};
use imgplan::reference::{Digest, Repository, Tag};
use imgplan::registry::{Name, Registry, Settings};

use crate::support::registry::TestRegistry;

/// A client with this environment and short limits.
fn client(environment: &[(&str, &str)]) -> Registry {
    let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let timeout = Some(Duration::from_millis(400));
    Registry::new(Settings { environment, timeout, ..Settings::default() }).unwrap()
}

/// A client that logs in as `me` with `secret`.
fn logged_in(registry: &TestRegistry) -> Registry {
    client(&[
        ("IMGPLAN_REGISTRY", &registry.host()),
        ("IMGPLAN_USERNAME", "me"),
        ("IMGPLAN_PASSWORD", "secret"),
    ])
}

fn repository(registry: &TestRegistry, name: &str) -> Repository {
    Repository::parse(&registry.repository(name), Path::new("")).unwrap()
}

fn tag(name: &str) -> Tag {
    Tag::new(name).unwrap()
}

async fn head(client: &Registry, repository: &Repository, name: &str) -> Lookup<Descriptor> {
    client.head(repository, Name::Tag(&tag(name))).await
}

async fn manifest(client: &Registry, repository: &Repository, digest: &Digest) -> Manifest {
    match client.manifest(repository, Name::Digest(digest)).await {
        Lookup::Found(manifest) => manifest,
        other => panic!("{other:?}"),
    }
}

/// The error of an answer that must not be taken for "missing".
#[track_caller]
fn unknown<T: std::fmt::Debug>(answer: Lookup<T>) -> Error {
    match answer {
        Lookup::Unknown(error) => {
            assert_eq!(error.kind(), Kind::Unavailable);
            error
        }
        other => panic!("must be unknown: {other:?}"),
    }
}
