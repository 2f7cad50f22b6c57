//! `imgplan expire`: what is in use by git, by a class or by an index is never lost, whatever a rule names.

use crate::expire::{LONG_AGO, PATH, actions, expire, old};
use crate::support::registry::{Deletes, Fault, Response};
use crate::support::{Remote, Sandbox};

const ALL: &str = "[[expire]]\ntags = [\"*\"]\nafter = \"14d\"\n";

/// A project with these `[tags]`, and a rule for every tag.
fn project(tags: &str) -> (Sandbox, Remote) {
    let (sandbox, remote) = (Sandbox::small(), Remote::deleting(Deletes::Tag));
    sandbox.write("imgplan.toml", &format!("[tags]\n{tags}\n{ALL}"));
    sandbox.commit("Tags");
    (sandbox, remote)
}

/// What is left of these tags and the planned ones; it must be what is planned, and nothing else.
fn leaves_what_is_planned(sandbox: &Sandbox, remote: &Remote, others: &[&str]) {
    let plan = sandbox.plan(&[]).plan();
    let mut planned: Vec<String> = plan.only().list("tags").into_iter().map(str::to_owned).collect();
    for tag in planned.iter().map(String::as_str).chain(others.iter().copied()) {
        remote.push(PATH, tag, &old(tag));
    }
    planned.sort();
    expire(sandbox, remote, &["--delete"]).0.expect(0);
    assert_eq!(remote.tags(PATH), planned);
}

#[test]
fn the_tags_of_a_tip_stay_by_every_template() {
    let (sandbox, remote) = project(
        "commit = \"{image}-{sha:7}\"\nwrite-once = [\"d-{describe}\", \"{branch}-{input_sha:7}\", \"h-{content_hash:12}\"]",
    );
    sandbox.git(&["tag", "begin"]);
    sandbox.write("README.md", "no input\n");
    sandbox.commit("More");
    let others = ["gone-0123456", "d-begin-7-g0123456", "main-0123456", "h-000000000000"];
    leaves_what_is_planned(&sandbox, &remote, &others);
}

/// Whoever wrote it, and whatever the image was called then.
#[test]
fn a_tag_that_names_a_tip_stays() {
    let (sandbox, remote) = project("commit = \"{image}-{sha:7}\"");
    let tag = format!("earlier-name-{}", sandbox.sha7());
    remote.push(PATH, &tag, &old("a"));
    expire(&sandbox, &remote, &["--delete"]).0.expect(0).shows(&["it is the tag of the branch main"]);
    assert_eq!(remote.tags(PATH), [tag]);
}

/// Of builds that nothing but their date tells apart the newest is in use.
#[test]
fn the_newest_build_stays() {
    let (sandbox, remote) = project("write-once = [\"nightly-{build_date:%Y%m%d%H%M%S}\"]");
    for tag in ["nightly-20240102030405", "nightly-20240103030405"] {
        remote.push(PATH, tag, &old(tag));
    }
    expire(&sandbox, &remote, &["--delete"]).0.expect(0);
    assert_eq!(remote.tags(PATH), ["nightly-20240103030405"]);
}

#[test]
fn a_floating_tag_stays_by_its_class() {
    let (sandbox, remote) = project("[tags.classes]\nfloating = [\"nightly-*\", \"{branch}\"]");
    for tag in ["nightly-x", "main", "gone", "pr-7"] {
        remote.push(PATH, tag, &old(tag));
    }
    expire(&sandbox, &remote, &["--delete"]).0.expect(0).shows(&["it is a floating tag"]);
    assert_eq!(remote.tags(PATH), ["main", "nightly-x"]);
}

/// What a refused tip needs is not known, so no content tag goes; an older commit that is refused is said.
#[test]
fn a_refused_commit_is_not_one_that_needs_nothing() {
    let (sandbox, remote) = project("");
    let content = format!("content-{}", "0".repeat(40));
    remote.push(PATH, &content, &old("unneeded"));
    let dockerfile = sandbox.read("Dockerfile");
    sandbox.git(&["checkout", "--quiet", "-b", "broken"]);
    sandbox.write("Dockerfile", "FORM scratch\n");
    sandbox.commit("Broken");
    sandbox.git(&["checkout", "--quiet", "main"]);
    let (run, _) = expire(&sandbox, &remote, &["--delete"]);
    run.expect(0).shows(&["every content tag stays", "the tip of the branch broken, is refused"]);
    assert_eq!(remote.tags(PATH), [content]);
    sandbox.git(&["checkout", "--quiet", "broken"]);
    sandbox.write("Dockerfile", &dockerfile);
    sandbox.commit("Mended");
    let (run, _) = expire(&sandbox, &remote, &["--delete"]);
    run.expect(0).shows(&["an older commit is refused, and content that it alone needs may go"]);
    assert_eq!(remote.tags(PATH).len(), 0);
}

/// Every tag that stays is asked for, not only the first, and the error names what was put back.
#[test]
fn every_tag_that_stays_is_looked_at() {
    let (sandbox, remote) = (Sandbox::small(), Remote::deleting(Deletes::Tag));
    for tag in ["a-2weeks", "b1", "b2"] {
        remote.push(PATH, tag, &old("shared"));
    }
    // Its second HEAD is the one behind the DELETE.
    let gone = Response::error(404, "MANIFEST_UNKNOWN", "gone");
    remote.registry().fail(Fault::on("HEAD", "/manifests/b2").nth(2).answer(gone));
    let (run, _) = expire(&sandbox, &remote, &["--delete"]);
    let run = run.expect(5).says(&["; b2 put back, and nothing more is deleted"]);
    assert!(!run.stderr.contains("b1"), "{}", run.stderr);
    assert_eq!(remote.tags(PATH), ["b1", "b2"]);
}

/// An index in an index that stays is needed with all that it lists.
#[test]
fn what_an_index_in_an_index_lists_is_needed() {
    let (sandbox, remote) = (Sandbox::small(), Remote::deleting(Deletes::Image));
    let image = crate::support::registry::Image::new().layer("two").created(LONG_AGO);
    let inner = remote.registry().push_image(PATH, "inner-1day", &image.platforms(&["linux/amd64"]));
    let (kind, bytes) = remote.registry().manifest(PATH, &inner).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let child = imgplan::reference::Digest::new(value["manifests"][0]["digest"].as_str().unwrap()).unwrap();
    let outer = serde_json::json!({
        "schemaVersion": 2, "mediaType": kind,
        "manifests": [{ "mediaType": kind, "digest": inner.to_string(), "size": bytes.len() }],
    });
    remote.registry().push_manifest(PATH, "v1.0", &kind, outer.to_string().as_bytes());
    let (kind, bytes) = remote.registry().manifest(PATH, &child).unwrap();
    remote.registry().push_manifest(PATH, "amd64-1day", &kind, &bytes);
    let (run, _) = expire(&sandbox, &remote, &["--delete", "--format", "json"]);
    assert_eq!(actions(&run.expect(5)), ["amd64-1day left", "inner-1day left"]);
    assert_eq!(remote.tags(PATH), ["amd64-1day", "inner-1day", "v1.0"]);
}

/// A listed tag of which the registry says that it is not there may be the one that needs the image.
#[test]
fn a_listed_tag_that_is_not_there_stops_it() {
    let (sandbox, remote) = (Sandbox::small(), Remote::deleting(Deletes::Tag));
    remote.push(PATH, "a-2weeks", &old("shared"));
    remote.push(PATH, "b1", &old("shared"));
    let gone = Response::error(404, "MANIFEST_UNKNOWN", "gone");
    remote.registry().fail(Fault::on("HEAD", "/manifests/b1").answer(gone));
    expire(&sandbox, &remote, &["--delete"]).0.expect(3).says(&["b1 is listed, but", "nothing of"]);
    assert_eq!(remote.tags(PATH), ["a-2weeks", "b1"]);
}

/// What `[[release]]` gives for a git tag is that release's, and a signature belongs to its image.
#[test]
fn tags_of_releases_and_signatures_stay() {
    let (sandbox, remote) = project("");
    sandbox.append(
        "imgplan.toml",
        "[[release]]\ngit-tag = \"r{version}\"\ntags = [\"r_{version}\", \"stable\"]\n",
    );
    sandbox.commit("Releases");
    sandbox.git(&["tag", "r7.0.1"]);
    let digest = remote.push(PATH, "stable", &old("a"));
    let signature = format!("{}.sig", digest.replace(':', "-"));
    for tag in ["r_7.0.1", "other", &signature] {
        remote.push(PATH, tag, &old(tag));
    }
    expire(&sandbox, &remote, &["--delete"]).0.expect(0).shows(&["it is the tag of the release 7.0.1"]);
    assert_eq!(remote.tags(PATH), ["r_7.0.1", signature.as_str(), "stable"]);
}
