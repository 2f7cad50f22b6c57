//! What buildah and podman are told.

use super::super::tests::{build, texts, workspace};
use super::*;

fn contexts() -> BTreeMap<String, OsString> {
    BTreeMap::from([("base".to_owned(), "docker-image://0f0f".into())])
}

#[test]
fn a_build_for_a_platform_has_no_cache_that_another_platform_could_answer() {
    let build = build();
    let ignore = Path::new("/tree/app/.dockerignore");
    let arguments = build_arguments(
        &build,
        &workspace(),
        &contexts(),
        build.platforms.first(),
        ignore,
        &To::List("localhost/l"),
    );
    assert_eq!(
        texts(arguments),
        [
            "build",
            "--layers=false",
            "--file=/tree/app/Dockerfile",
            "--ignorefile=/tree/app/.dockerignore",
            "--target=runtime",
            "--platform=linux/amd64",
            "--build-arg=NOTE=two\nlines",
            "--build-arg=PYTHON=3.12",
            "--build-context=base=docker-image://0f0f",
            "--label=l=a b",
            "--annotation=dev.imgplan.content-hash=ff",
            "--manifest=localhost/l",
            "/tree/app",
        ]
    );
}

#[test]
fn a_build_for_this_machine_may_use_the_cache() {
    let file = Path::new("/id");
    let arguments = texts(build_arguments(&build(), &workspace(), &contexts(), None, file, &To::File(file)));
    assert!(arguments.contains(&"--layers=true".to_owned()));
    assert!(arguments.contains(&"--iidfile=/id".to_owned()));
    assert!(!arguments.iter().any(|argument| argument.starts_with("--platform")));
}

#[test]
fn only_plain_http_goes_without_tls() {
    let image = Built::Image("sha256:aa".into());
    assert_eq!(
        texts(push_arguments(&image, "docker://h/a:1".into(), false)),
        ["push", "sha256:aa", "docker://h/a:1"]
    );
    assert_eq!(
        texts(push_arguments(&Built::List("l".into()), "docker://h/a:1".into(), true)),
        ["manifest", "push", "--all", "--tls-verify=false", "l", "docker://h/a:1"]
    );
    assert!(
        !texts(build_arguments(&build(), &workspace(), &contexts(), None, Path::new("/i"), &To::List("l")))
            .iter()
            .any(|argument| argument.contains("tls-verify"))
    );
}
