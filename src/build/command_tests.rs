//! What the user's command is told.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::path::Path;

use super::super::tests::{build, workspace};
use super::*;

fn told(build: &Build) -> BTreeMap<String, String> {
    let text = |word: OsString| word.into_string().unwrap();
    variables(build, &workspace())
        .unwrap()
        .into_iter()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

#[test]
fn everything_is_in_the_environment() {
    let mut build = build();
    build.args = BTreeMap::from([("A".into(), "1".into()), ("B".into(), "x=y z".into())]);
    let told = told(&build);
    assert_eq!(told["IMGPLAN_TAGS"], "127.0.0.1:5000/app:abc1234\n127.0.0.1:5000/app:main");
    assert_eq!(told["IMGPLAN_BUILD_ARGS"], "A=1\nB=x=y z");
    assert_eq!(told["IMGPLAN_CONTEXT"], "/tree/app");
    assert_eq!(told["IMGPLAN_DOCKERFILE"], "/tree/app/Dockerfile");
    assert_eq!(told["IMGPLAN_CREATED"], "2020-09-13T12:26:40Z");
    assert_eq!(
        told["IMGPLAN_CONTEXTS"],
        "assets=/tree/assets\nbase=docker-image://127.0.0.1:5000/base@sha256:11\nkept=oci-layout:///images/kept@sha256:22"
    );
    assert!(!told.contains_key("SOURCE_DATE_EPOCH"));
}

#[test]
fn a_layout_is_named_so_that_it_is_found_from_the_checkout() {
    let mut build = build();
    build.args.clear();
    build.repository = Repository::parse("oci:images", Path::new("")).unwrap();
    let here = std::env::current_dir().unwrap();
    assert_eq!(told(&build)["IMGPLAN_REPOSITORY"], format!("oci:{}/images", here.display()));
    assert!(told(&build)["IMGPLAN_TAGS"].starts_with(&format!("oci:{}/images:abc1234\n", here.display())));
}

#[test]
fn a_line_break_would_read_as_another_argument() {
    let error = variables(&build(), &workspace()).unwrap_err();
    assert!(error.message().contains("NOTE"), "{error}");
}
