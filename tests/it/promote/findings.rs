//! What is wrong with an entry, and that no other one suffers from it.

use super::World;
use crate::support::registry::{Fault, Image, Response, TestRegistry};

const COMMIT: &str = "bfbaba57310a03e60f30d44b6dc127de5c77f960";

/// A list of entries: name, source tag, target tag.
fn list(entries: &[(&str, &str, &str)]) -> String {
    let entry = |(name, source, tag): &(&str, &str, &str)| {
        format!("  - name: HOST/{name}\n    src_build_tag: {source}\n    tag: {tag}\n")
    };
    format!("images:\n{}", entries.iter().map(entry).collect::<String>())
}

fn image(content: &str) -> Image {
    Image::new().layer(content).created("2026-01-02T03:04:05Z")
}

#[test]
fn a_report_has_every_entry_whatever_became_of_it() {
    let world = World::new();
    world.registry.push_image("new", "b", &image("1"));
    world.registry.push_image("there", "b", &image("1"));
    world.registry.push_image("there", "v1", &image("1"));
    world.registry.push_image("old", "v1", &image("1"));
    world.registry.push_image("moved", "b", &image("2"));
    world.registry.push_image("moved", "v1", &image("1"));
    world.registry.push_image("lost", "x", &image("1"));
    world.registry.push_image("down", "b", &image("1"));
    let names = ["new", "there", "old", "moved", "lost", "down", "new"];
    let entries: Vec<_> = names.iter().map(|name| (*name, "b", "v1")).collect();
    world.list("a.yaml", &list(&entries));
    let broken = Response::error(500, "BROKEN", "out of order").header("Retry-After", "0");
    world.registry.fail(Fault::on("HEAD", "/v2/down/manifests/v1").answer(broken));
    let run = world.promote(&["a.yaml"]).run().expect(3);
    insta::assert_snapshot!(run.snapshot());
    assert!(world.registry.tags("new").contains_key("v1"), "the others are done");

    let run =
        world.promote(&["a.yaml", "--format", "json", "--output", "markdown=report.md"]).run().expect(3);
    let report = run.json();
    assert_eq!(report["version"], 1);
    let field = |name: &str| -> Vec<String> {
        let rows = report["entries"].as_array().unwrap();
        rows.iter().map(|row| row[name].as_str().unwrap_or("-").to_owned()).collect()
    };
    assert_eq!(
        field("action"),
        ["already-there", "already-there", "not-verifiable", "finding", "finding", "unknown", "finding"]
    );
    assert_eq!(field("finding"), ["-", "-", "-", "elsewhere", "no-source", "-", "twice"]);
    let moved = &report["entries"][3];
    assert_eq!([&moved["created"], &moved["before_created"]], ["2026-01-02T03:04:05Z"; 2]);
    let table = world.sandbox.read("report.md");
    assert!(
        table.starts_with("7 entries: 2 already there, 1 not verifiable, 3 findings, 1 unknown\n"),
        "{table}"
    );
    assert_eq!(table.lines().count(), 4 + names.len());
}

/// A review writes nothing and ends as the run itself would.
#[test]
fn neither_a_check_nor_a_dry_run_writes() {
    let world = World::new();
    world.registry.push_image("a", "b", &image("1"));
    world.registry.push_image("c", "b", &image("2"));
    world.registry.push_image("c", "v1", &image("1"));
    world.list("good.yaml", &list(&[("a", "b", "v1")]));
    world.list("both.yaml", &list(&[("a", "b", "v1"), ("c", "b", "v1")]));
    for option in ["--check", "--dry-run"] {
        let run = world.promote(&["good.yaml", option]).run().expect(0);
        run.shows(&["retag  127.0.0.1:", "/a:v1  -> sha256:", ", from b", "1 entry: 1 to retag"]);
        let run = world.promote(&["both.yaml", option]).run().expect(5);
        run.shows(&["2 entries: 1 to retag, 1 finding"]);
        let run = world.promote(&["both.yaml", option, "--repush", "c"]).run().expect(0);
        run.shows(&["2 entries: 1 to retag, 1 to move"]);
    }
    assert_eq!(world.count("PUT") + world.count("POST") + world.count("PATCH"), 0);
    world.promote(&["good.yaml", "--check", "--dry-run"]).run().expect(2);
}

/// A review runs with a stranger's rights: it asks for none to write, and does without.
#[test]
fn a_check_asks_for_no_right_to_write() {
    let world = World::on(TestRegistry::start().with_tokens("me", "secret").read_only(true));
    world.registry.push_image("a", "b", &image("1"));
    world.list("a.yaml", &list(&[("a", "b", "v1")]));
    let repository = world.registry.repository("a");
    let call = world.promote(&["a.yaml", "--check", "--repository", &repository]);
    let run = call.env("IMGPLAN_USERNAME", "me").env("IMGPLAN_PASSWORD", "secret").run().expect(0);
    run.shows(&["1 entry: 1 to retag"]);
    let tokens = world.registry.recorded().into_iter().filter(|request| request.path == "/token");
    let scopes: Vec<_> = tokens.filter_map(|request| request.parameter("scope").map(str::to_owned)).collect();
    assert_eq!(scopes, ["repository:a:pull"]);
}

/// Whoever types a name means something that is there; a list outlives its builds.
#[test]
fn a_source_that_was_typed_or_is_repushed_and_is_not_there_is_a_finding() {
    let world = World::new();
    world.registry.push_image("a", "v1", &image("1"));
    world.list("a.yaml", &list(&[("a", "typo", "v1")]));
    let (from, to) = (world.registry.repository("a:typo"), world.registry.repository("a:v1"));
    let typed: [&[&str]; 3] = [
        &["--from", &from, "--to", &to],
        &["--from", &from, "--to", &to, "--repush", &to],
        &["a.yaml", "--repush", "a"],
    ];
    for args in typed {
        for more in [&["--check"][..], &[]] {
            let run = world.promote(&[args, more].concat()).run().expect(5);
            let run = run.shows(&["at sha256:", ", and typo is not there", "1 entry: 1 finding"]);
            run.says(&["name an image that is there"]);
        }
    }
    world.promote(&["a.yaml"]).run().expect(0).shows(&["1 not verifiable"]);
    let report = world.promote(&["a.yaml", "--repush", "a", "--format", "json"]).run().expect(5).json();
    assert_eq!(report["entries"][0]["finding"], "no-source");
    assert!(report["entries"][0]["before"].is_string());
}

#[test]
fn a_repush_names_an_entry_in_the_ways_that_people_do() {
    for name in ["tool", "team/tool", "HOST/team/tool", "HOST/team/tool:v1", "tool:v1", "other,tool"] {
        let world = World::new();
        world.registry.push_image("team/tool", "b", &image("2"));
        world.registry.push_image("team/tool", "v1", &image("1"));
        world.registry.push_image("team/other", "b", &image("1"));
        world.list("a.yaml", &list(&[("team/tool", "b", "v1"), ("team/other", "b", "v1")]));
        let name = name.replace("HOST", &world.registry.host());
        let run = world.promote(&["a.yaml", "--repush", &name]).run().expect(0);
        run.shows(&["2 entries: 1 retagged, 1 moved"]);
    }
    let world = World::new();
    world.list("a.yaml", &list(&[("team/tool", "b", "v1")]));
    for name in ["ool", "team", "", "tool:v2"] {
        let run = world.promote(&["a.yaml", "--repush", name]).run().expect(2);
        run.says(&[
            &format!("--repush {name:?} is the name of no entry"),
            "image's name (tool)",
            "(tool:v1)",
        ]);
    }
    for (name, meant) in [("tol", "tool"), ("tool:v2", "tool:v1")] {
        let run = world.promote(&["a.yaml", "--repush", name]).run().expect(2);
        run.says(&[&format!("did you mean {meant}?")]);
    }
    assert_eq!(world.registry.requests().len(), 0, "a mistake on the command line asks nobody");
}

/// Of a long list, one entry; the others are not even asked about.
#[test]
fn one_image_of_a_list_can_be_promoted_alone() {
    let world = World::new();
    world.registry.push_image("team/tool", "b", &image("2"));
    world.list(
        "a.yaml",
        &list(&[("team/tool", "b", "v1"), ("team/other", "b", "v1"), ("team/tool", "b", "v1")]),
    );
    let run = world.promote(&["a.yaml", "--image", "tool", "--check"]).run().expect(5);
    run.shows(&["2 entries: 1 to retag, 1 finding"]).says(&["the same entry stands at"]);
    assert!(world.registry.requests().iter().all(|request| !request.contains("other")));
    // The other's name is no mistake where only one is looked at.
    world.promote(&["a.yaml", "--image", "tool", "--check", "--repush", "tool,other"]).run().expect(5);
    world
        .promote(&["a.yaml", "--image", "none"])
        .run()
        .expect(2)
        .says(&["--image \"none\" is the name of no entry"]);
}

#[test]
fn an_image_that_expires_is_not_promoted() {
    let world = World::new();
    let label = |image: Image| image.label("quay.expires-after", "2w");
    world.registry.push_image("taken-back", "b", &image("1").label("quay.expires-after", ""));
    world.registry.push_image("single", "b", &label(image("1")));
    world.registry.push_image("index", "b", &label(image("1")).platforms(&["linux/amd64", "linux/arm64"]));
    world.registry.push_image("plain", "b", &image("1"));
    let names = ["single", "index", "plain", "taken-back"];
    world.list("a.yaml", &list(&names.map(|name| (name, "b", "v1"))));
    let run = world.promote(&["a.yaml"]).run().expect(5);
    run.shows(&[
        "b has the label quay.expires-after=2w, which would travel with it",
        "2 retagged, 2 findings",
    ])
    .says(&["build it again without the label"]);
    for name in ["single", "index"] {
        assert_eq!(world.registry.tags(name).len(), 1, "{name}");
    }
}

/// The list says which commit an image was built from; where the image says another one, the list is wrong.
#[test]
fn a_source_ref_that_the_image_contradicts_is_a_finding() {
    let world = World::new();
    let revision = "org.opencontainers.image.revision";
    world.registry.push_image("same", "b", &image("1").label(revision, COMMIT));
    world.registry.push_image("other", "b", &image("2").annotation(revision, &"a".repeat(40)));
    world.registry.push_image("silent", "b", &image("3"));
    let names = ["same", "other", "silent"];
    let entries: Vec<_> = names.iter().map(|name| (*name, "b", "v1")).collect();
    let listed = format!("    src_ref: https://h.io/metal/commit/{COMMIT}\n    tag:");
    world.list("a.yaml", &list(&entries).replace("    tag:", &listed));
    let run = world.promote(&["a.yaml"]).run().expect(5);
    let says = format!(
        "says that it was built at {}, and the list says https://h.io/metal/commit/{COMMIT}",
        "a".repeat(40)
    );
    run.shows(&["3 entries: 2 retagged, 1 finding"]).says(&["/other:v1: b ", &says]);
    assert!(!world.registry.tags("other").contains_key("v1"));

    // Of a tag that is there a review tells the same; a run has nothing to do with it.
    world.registry.push_image("other", "v1", &image("2").annotation(revision, &"a".repeat(40)));
    world.promote(&["a.yaml"]).run().expect(0).shows(&["3 entries: 3 already there"]);
    world.promote(&["a.yaml", "--check"]).run().expect(5).says(&[&says]);
}

/// Another pipeline was first between the question and the write: its image stays, and is told.
#[test]
fn a_tag_that_another_took_meanwhile_is_a_finding() {
    let world = World::on(TestRegistry::start().with_immutable_tags());
    world.registry.push_image("a", "b", &image("1"));
    let other = world.registry.push_image("a", "v1", &image("2")).to_string();
    let missing = || Response::error(404, "MANIFEST_UNKNOWN", "");
    world.registry.fail(Fault::on("HEAD", "/a/manifests/v1").nth(1).answer(missing()));
    // The first fault takes the first question, so this one counts from the second on.
    world.registry.fail(Fault::on("HEAD", "/a/manifests/v1").nth(1).answer(missing()));
    world.list("a.yaml", &list(&[("a", "b", "v1")]));
    let run = world.promote(&["a.yaml"]).run().expect(5);
    run.shows(&[&format!("; it is at {other}"), "1 finding"])
        .says(&["caused by: PUT http://", "TAG_INVALID"]);
}

/// Reading and copying take long: what another run puts in that time is not overwritten, where the registry would let it be
/// neither.
#[test]
fn a_tag_that_another_put_since_it_was_judged_is_not_overwritten() {
    let world = World::new();
    world.registry.push_image("a", "b", &image("1"));
    let other = world.registry.push_image("a", "v1", &image("2")).to_string();
    let missing = Response::error(404, "MANIFEST_UNKNOWN", "");
    world.registry.fail(Fault::on("HEAD", "/a/manifests/v1").nth(1).answer(missing));
    world.list("a.yaml", &list(&[("a", "b", "v1")]));
    let run = world.promote(&["a.yaml"]).run().expect(5);
    run.shows(&[&format!("came to be at {other} while it was to be put at "), "1 finding"]);
    assert_eq!((world.count("PUT"), &world.registry.tags("a")["v1"]), (0, &other));

    // Neither is one that was asked to move, but from another image than it is at by now.
    let seen = world.registry.push_image("a", "old", &image("3"));
    world.registry.heal();
    let first = Fault::on("HEAD", "/a/manifests/v1").nth(1);
    world.registry.fail(first.header("Docker-Content-Digest", seen.as_str()));
    world.promote(&["a.yaml", "--repush", "a"]).run().expect(5).shows(&["came to be at ", "1 finding"]);
    assert_eq!((world.count("PUT"), &world.registry.tags("a")["v1"]), (0, &other));
}

/// Another run of the same list came first: that is no finding, and nothing is written twice.
#[test]
fn a_tag_that_another_put_at_the_same_image_is_there() {
    let world = World::new();
    world.registry.push_image("a", "b", &image("1"));
    world.registry.push_image("a", "v1", &image("1"));
    let missing = Response::error(404, "MANIFEST_UNKNOWN", "");
    world.registry.fail(Fault::on("HEAD", "/a/manifests/v1").nth(1).answer(missing));
    world.list("a.yaml", &list(&[("a", "b", "v1")]));
    world.promote(&["a.yaml"]).run().expect(0).shows(&["1 entry: 1 already there"]);
    assert_eq!(world.count("PUT"), 0);
}

/// Asked for by name, and refused by the registry all the same.
#[test]
fn an_immutable_tag_cannot_be_moved_by_a_repush_either() {
    let world = World::on(TestRegistry::start().with_immutable_tags());
    world.registry.push_image("a", "b", &image("1"));
    let other = world.registry.push_image("a", "v1", &image("2")).to_string();
    world.list("a.yaml", &list(&[("a", "b", "v1")]));
    let run = world.promote(&["a.yaml", "--repush", "a"]).run().expect(5);
    run.shows(&["the registry refused to put it at sha256:"])
        .says(&["an immutable or protected tag stays where it is"]);
    assert_eq!(world.registry.tags("a")["v1"], other);
}

#[test]
fn lists_that_are_wrong_are_told_at_once_and_nothing_is_asked() {
    let world = World::new();
    world.list("a.yaml", "images:\n  - name: HOST/a\n    src_build_tag: b\n    tag: v 1\n    source: x\n");
    world.list("b.toml", "[[images]]\nname = \"HOST/a\"\ntags = [\"\u{1b}[31m\"]\n");
    let run = world.promote(&["a.yaml", "b.toml", "no.yaml", "x.json"]).run().expect(1);
    insta::assert_snapshot!(run.snapshot());
    assert_eq!(world.registry.requests().len(), 0);
}

/// Whatever a registry or a list says stays in its line.
#[test]
fn hostile_text_is_shown_and_not_obeyed() {
    let world = World::new();
    let image = image("1").annotation("org.opencontainers.image.revision", &"a".repeat(40));
    let image = image.label("quay.expires-after", "1w\u{1b}[2J\n::error::x");
    world.registry.push_image("a", "b", &image);
    let text =
        list(&[("a", "b", "v1")]) + &format!("    src_ref: \"https://h/{COMMIT}\\e[31m\\n::error::\"\n");
    world.list("a.yaml", &text);
    for format in ["text", "markdown"] {
        let run = world.promote(&["a.yaml", "--format", format]).run().expect(5);
        for said in [&run.stdout, &run.stderr] {
            assert!(!said.contains('\u{1b}') && !said.contains("\n::error"), "{said}");
        }
    }
}
