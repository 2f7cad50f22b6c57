//! `imgplan expire` on real registries: distribution 2.8, which deletes no tags, and 3, which deletes them alone.

use std::path::Path;

use super::world::{DockerRegistry, output};
use crate::support::{Image, Run, Sandbox};

/// Two expired tags, one of them beside a tag that stays; what is there afterwards.
fn expire(registry: &DockerRegistry, sandbox: &Sandbox) -> (Run, Vec<String>) {
    let old = |content: &str| Image::new(content).created("2024-01-02T03:04:05Z");
    let two = ["linux/amd64", "linux/arm64"];
    sandbox.image("a-2weeks", &old("alone"));
    sandbox.image("b-2weeks", &old("shared").platforms(&two));
    sandbox.image("abc1234", &old("shared").platforms(&two));
    let repository = format!("{}/acme/app", registry.host);
    for tag in ["a-2weeks", "b-2weeks", "abc1234"] {
        let (from, to) = (format!("{}:{tag}", sandbox.repository()), format!("docker://{repository}:{tag}"));
        let mut command = sandbox.command("skopeo");
        command.args(["copy", "--all", "--preserve-digests", "--insecure-policy", "--dest-tls-verify=false"]);
        output(command.args([&from, &to]));
    }
    let run = sandbox.imgplan(&["expire", "--delete", "--repository", &repository]).run();
    let mut command = sandbox.command("skopeo");
    command.args(["list-tags", "--tls-verify=false", &format!("docker://{repository}")]);
    let listed: serde_json::Value = serde_json::from_str(&output(&mut command)).unwrap();
    let tags = listed["Tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap().to_owned());
    let mut tags: Vec<String> = tags.collect();
    tags.sort();
    (run, tags)
}

/// Whether deleting is allowed there or not: tags are not deleted, and one error says so. Nothing is put that could not be
/// cleared away again.
#[test]
fn distribution_2_deletes_no_tags() {
    for (deletes, answer) in
        [(false, "405 Method Not Allowed: UNSUPPORTED"), (true, "400 Bad Request: DIGEST_INVALID")]
    {
        let sandbox = Sandbox::small();
        let registry = DockerRegistry::run(&sandbox, Path::new("docker-registry"), None, deletes);
        let (run, tags) = expire(&registry, &sandbox);
        let run = run.expect(5).says(&[answer, "which deletes no tags"]);
        assert_eq!(run.stderr.matches("error:").count(), 1, "{}", run.stderr);
        assert_eq!(tags, ["a-2weeks", "abc1234", "b-2weeks"]);
    }
}

/// The image of the tag that stays is whole, as skopeo reads it.
#[test]
fn distribution_3_deletes_tags_alone() {
    let sandbox = Sandbox::small();
    let program = super::tool("tools/bin/registry");
    let registry = DockerRegistry::run(&sandbox, &program, None, true);
    let (run, tags) = expire(&registry, &sandbox);
    run.expect(0).shows(&["2 tags deleted, 0 left"]);
    assert_eq!(tags, ["abc1234"]);
    let copy = format!("oci:{}:copy", sandbox.beside("copy").display());
    let from = format!("docker://{}/acme/app:abc1234", registry.host);
    let mut command = sandbox.command("skopeo");
    command.args(["copy", "--all", "--insecure-policy", "--src-tls-verify=false", &from, &copy]);
    output(&mut command);
}
