//! A build that other tests of this module start from, and what holds for every builder.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use super::workspace::{Context, Workspace};
use super::*;

/// A build with everything in it.
pub(super) fn build() -> Build {
    let map = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    };
    Build {
        name: "app".into(),
        commit: "1".repeat(40),
        context: "app".into(),
        dockerfile: "app/Dockerfile".into(),
        target: Some("runtime".into()),
        args: map(&[("PYTHON", "3.12"), ("NOTE", "two\nlines")]),
        contexts: BTreeMap::new(),
        platforms: vec![Platform::parse("linux/amd64").unwrap()],
        repository: Repository::parse("127.0.0.1:5000/app", Path::new("/")).unwrap(),
        tags: vec![Tag::new("abc1234").unwrap(), Tag::new("main").unwrap()],
        labels: map(&[("l", "a b")]),
        annotations: map(&[("dev.imgplan.content-hash", "ff")]),
        generated: Vec::new(),
        cache_from: vec!["ghcr.io/acme/app:cache".into()],
        created: 1_600_000_000,
    }
}

/// Its paths, in a checkout that is not there.
pub(super) fn workspace() -> Workspace {
    let root = PathBuf::from("/tree");
    Workspace {
        context: root.join("app"),
        dockerfile: root.join("app/Dockerfile"),
        contexts: BTreeMap::from([
            ("assets".to_owned(), Context::Folder(root.join("assets"))),
            ("base".to_owned(), Context::Image("127.0.0.1:5000/base@sha256:11".into())),
            ("kept".to_owned(), Context::Layout("/images/kept".into(), "@sha256:22".into())),
        ]),
        root,
    }
}

/// Arguments as text.
pub(super) fn texts(arguments: Vec<OsString>) -> Vec<String> {
    arguments.into_iter().map(|argument| argument.into_string().unwrap()).collect()
}

#[test]
fn plain_http_is_for_loopback_and_for_hosts_that_the_user_named() {
    let options = Options { plain_http: vec!["registry.lan:5000".into()], ..Options::default() };
    for host in
        ["localhost", "localhost:5000", "127.0.0.1:5000", "127.8.8.8", "[::1]:5000", "registry.lan:5000"]
    {
        assert!(plain_http(host, &options), "{host}");
    }
    for host in ["registry.lan", "docker.io", "localhost.example.org", "10.0.0.1:5000", ""] {
        assert!(!plain_http(host, &options), "{host}");
    }
}
