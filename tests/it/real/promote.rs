//! StarlingX's list on Debian's docker-registry, with skopeo as the judge.

use super::world::{digest, output};
use crate::support::docker_registry::DockerRegistry;
use crate::support::starlingx::{LIST, Line, list};
use crate::support::{Image, Sandbox};

/// Pushes an image for two platforms under a line's source.
fn push(sandbox: &Sandbox, host: &str, line: &Line, content: &str) {
    let image = Image::new(content).platforms(&["linux/amd64", "linux/arm64"]);
    image.write(&sandbox.layout().join(&line.path), &line.source);
    let from = format!("oci:{}:{}", sandbox.layout().join(&line.path).display(), line.source);
    let to = format!("docker://{host}/{}:{}", line.path, line.source);
    let mut command = sandbox.command("skopeo");
    command.args(["copy", "--all", "--preserve-digests", "--insecure-policy", "--dest-tls-verify=false"]);
    output(command.args([&from, &to]));
}

#[test]
fn starlingx_list_is_retagged_once_and_a_changed_source_is_a_finding() {
    let sandbox = Sandbox::without_git();
    let registry = DockerRegistry::start(&sandbox);
    let lines = list(&sandbox, &registry.host, "");
    for line in &lines {
        push(&sandbox, &registry.host, line, &line.path);
    }
    let promote = |args: &[&str]| sandbox.imgplan(&[&["promote", LIST], args].concat()).run();
    promote(&["--check"]).expect(0).shows(&["50 entries: 50 to retag"]);
    promote(&[]).expect(0).shows(&["50 entries: 50 retagged"]);
    let at =
        |line: &Line, tag: &str| digest(&sandbox, &format!("docker://{}/{}:{tag}", registry.host, line.path));
    for line in &lines {
        assert_eq!(at(line, &line.tag), at(line, &line.source), "{}", line.path);
    }
    promote(&[]).expect(0).shows(&["50 entries: 50 already there"]);

    let (changed, before) = (&lines[15], at(&lines[15], &lines[15].tag));
    push(&sandbox, &registry.host, changed, "built again");
    let after = at(changed, &changed.source);
    promote(&[]).expect(5).shows(&["50 entries: 49 already there, 1 finding", &before, &after]);
    assert_eq!(at(changed, &changed.tag), before);
    promote(&["--repush", "rvmc"]).expect(0).shows(&["50 entries: 1 moved, 49 already there"]);
    assert_eq!(at(changed, &changed.tag), after);
}

/// From one registry to another: every platform, and the digest.
#[test]
fn an_image_is_promoted_to_another_registry() {
    let (staging, production) = (Sandbox::without_git(), Sandbox::without_git());
    let (from, to) = (DockerRegistry::start(&staging), DockerRegistry::start(&production));
    let line =
        Line { path: "tlcpackstaging/ci_arm".to_owned(), source: "v1".to_owned(), tag: "v1".to_owned() };
    push(&staging, &from.host, &line, "ci");
    let source = format!("{}/tlcpackstaging/ci_arm:v1", from.host);
    let target = format!("{}/tlcpack/ci-arm", to.host);
    staging.imgplan(&["promote", "--from", &source, "--to", &target]).run().expect(0).shows(&["1 retagged"]);
    for architecture in ["amd64", "arm64"] {
        let there = super::world::inspect_for(&staging, architecture, &format!("docker://{target}:v1"));
        let here = super::world::inspect_for(&staging, architecture, &format!("docker://{source}"));
        assert_eq!((&there["Digest"], &there["Layers"]), (&here["Digest"], &here["Layers"]));
    }
}
