//! `imgplan expire`: which tags are over, what is never lost, and what registries do with a DELETE.

use crate::support::registry::{Deletes, Fault, Response};
use crate::support::{Image, Remote, Run, Sandbox};

pub(crate) const PATH: &str = "acme/app";
pub(crate) const LONG_AGO: &str = "2024-01-02T03:04:05Z";

pub(crate) fn old(content: &str) -> Image {
    Image::new(content).created(LONG_AGO)
}

/// One run; the registry's requests of it besides.
pub(crate) fn expire(sandbox: &Sandbox, remote: &Remote, args: &[&str]) -> (Run, Vec<String>) {
    let repository = remote.repository(PATH);
    let before = remote.requests().len();
    let call = sandbox.imgplan(&[&["expire", "--repository", &repository][..], args].concat());
    let run = remote.login(call).run();
    let requests = remote.requests().split_off(before);
    (run, requests)
}

fn of(requests: &[String], method: &str) -> usize {
    requests.iter().filter(|request| request.starts_with(method)).count()
}

/// `tag action` of each tag.
pub(crate) fn actions(run: &Run) -> Vec<String> {
    let report = run.json();
    assert_eq!(report["version"], 1);
    let tags =
        report["repositories"].as_array().unwrap().iter().flat_map(|one| one["tags"].as_array().unwrap());
    tags.map(|tag| format!("{} {}", tag["tag"].as_str().unwrap(), tag["action"].as_str().unwrap())).collect()
}

/// Tags of three kinds: over and alone, over beside one that stays, and not over.
fn filled(remote: &Remote) {
    remote.push(PATH, "a-2weeks", &old("alone"));
    remote.push(PATH, "b-3months", &old("shared"));
    remote.push(PATH, "abc1234", &old("shared"));
    remote.push(PATH, "c-1200months", &old("for a century"));
}

#[test]
fn without_being_asked_to_it_deletes_nothing_and_says_what_it_would() {
    let (sandbox, remote) = (Sandbox::small(), Remote::deleting(Deletes::Tag));
    filled(&remote);
    let (run, requests) = expire(&sandbox, &remote, &[]);
    let run = run.expect(0).shows(&[
        "delete   a-2weeks   ",
        "its suffix says 2weeks, over since 2024-01-16T03:04:05Z",
        "is abc1234, too, so it goes only where the registry deletes a tag without its image",
        "2 tags to delete, 0 kept, 1 not over yet; --delete deletes them",
    ]);
    assert!(!run.stdout.contains("c-1200months"), "{}", run.stdout);
    // One list, a HEAD for each tag, manifest and configuration of each image that a tag of it could expire.
    assert_eq!((of(&requests, "HEAD"), of(&requests, "GET"), requests.len()), (4, 7, 11));
    assert_eq!(remote.tags(PATH).len(), 4);
    expire(&sandbox, &remote, &["-v"]).0.expect(0).shows(&["not-yet  c-1200months"]);
    let (run, _) = expire(&sandbox, &remote, &["--dry-run", "--format", "json"]);
    let run = run.expect(0);
    assert_eq!(actions(&run), ["a-2weeks delete", "b-3months delete", "c-1200months not-yet"]);
    assert_eq!(run.json()["repositories"][0]["tags"][1]["shared_with"][0], "abc1234");
    expire(&sandbox, &remote, &["--format", "markdown"]).0.expect(0).shows(&["| `a-2weeks` | delete |"]);
    expire(&sandbox, &remote, &["--delete", "--dry-run"]).0.expect(2);
}

/// Where a tag goes alone, all that are over go; the image of the one that stays is looked at.
#[test]
fn a_registry_that_deletes_tags_alone_loses_those_that_are_over() {
    for deletes in [Deletes::Tag, Deletes::TagByReference, Deletes::LastTag] {
        let (sandbox, remote) = (Sandbox::small(), Remote::deleting_with_tokens(deletes));
        filled(&remote);
        let kept = remote.digest(PATH, "abc1234");
        let (run, _) = expire(&sandbox, &remote, &["--delete"]);
        run.expect(0).shows(&["deleted  a-2weeks", "deleted  b-3months", "2 tags deleted, 0 left"]);
        assert_eq!(remote.tags(PATH), ["abc1234", "c-1200months"], "and nothing of the probe stays");
        assert_eq!(remote.digest(PATH, "abc1234"), kept);
        let (run, requests) = expire(&sandbox, &remote, &["--delete"]);
        run.expect(0).shows(&["0 tags deleted"]);
        assert_eq!(of(&requests, "DELETE") + of(&requests, "PUT"), 0, "{requests:#?}");
    }
}

/// Where the image would go, too, only what nothing else needs is deleted.
#[test]
fn a_registry_that_deletes_images_keeps_those_that_a_tag_needs() {
    let (sandbox, remote) = (Sandbox::small(), Remote::deleting(Deletes::Image));
    filled(&remote);
    remote.push(PATH, "e-1day", &old("alone"));
    let kept = remote.digest(PATH, "abc1234");
    let (run, _) = expire(&sandbox, &remote, &["--delete", "--format", "json"]);
    let run =
        run.expect(5).says(&["b-3months is left, since the registry deletes a tag only with its image"]);
    assert_eq!(
        actions(&run),
        ["a-2weeks deleted", "b-3months left", "c-1200months not-yet", "e-1day deleted"]
    );
    assert_eq!(remote.tags(PATH), ["abc1234", "b-3months", "c-1200months"]);
    assert_eq!(remote.digest(PATH, "abc1234"), kept);
    assert!(remote.registry().contents(PATH).0.contains(&kept.unwrap()), "and its manifest");
}

/// An image that a kept index lists is needed, though no tag that stays is at it.
#[test]
fn an_indexs_children_are_needed() {
    for (deletes, code) in [(Deletes::Image, 5), (Deletes::LastTag, 5), (Deletes::Tag, 0)] {
        let (sandbox, remote) = (Sandbox::small(), Remote::deleting(deletes));
        let index = crate::support::registry::Image::new().layer("two").created(LONG_AGO);
        let index = index.platforms(&["linux/amd64", "linux/arm64"]);
        let digest = remote.registry().push_image(PATH, "v1.0", &index);
        let (_, bytes) = remote.registry().manifest(PATH, &digest).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let child = value["manifests"][0]["digest"].as_str().unwrap();
        let child = imgplan::reference::Digest::new(child).unwrap();
        let (kind, bytes) = remote.registry().manifest(PATH, &child).unwrap();
        remote.registry().push_manifest(PATH, "amd64-1day", &kind, &bytes);
        let (run, _) = expire(&sandbox, &remote, &["--delete"]);
        run.expect(code);
        assert_eq!(remote.digest(PATH, "amd64-1day").is_none(), code == 0);
        assert!(remote.registry().contents(PATH).0.contains(&child.to_string()), "{deletes:?}");
    }
}

/// 405, and Harbor's 400: one clear error, and nothing is tried further.
#[test]
fn a_registry_that_deletes_no_tags_says_so_once() {
    for deletes in [Deletes::Nothing, Deletes::NothingAsHarbor] {
        let (sandbox, remote) = (Sandbox::small(), Remote::deleting(deletes));
        remote.push(PATH, "a-2weeks", &old("a"));
        remote.push(PATH, "b-2weeks", &old("b"));
        let (run, requests) = expire(&sandbox, &remote, &["--delete"]);
        let run =
            run.expect(5).says(&["which deletes no tags", "UNSUPPORTED", "hint: distribution deletes tags"]);
        assert_eq!(run.stderr.matches("error:").count(), 1, "{}", run.stderr);
        assert_eq!(of(&requests, "DELETE"), 2, "the specification's way, and GitLab's");
        assert_eq!(remote.tags(PATH).len(), 2);
        // Beside a tag that stays it would be tried what goes with a tag: not where nothing could be cleared away again.
        remote.push(PATH, "abc1234", &old("a"));
        let (run, requests) = expire(&sandbox, &remote, &["--delete"]);
        run.expect(5).says(&["which deletes no tags"]);
        assert_eq!(of(&requests, "PUT"), 0, "{requests:#?}");
        assert_eq!(remote.tags(PATH).len(), 3);
    }
}

/// What is wrong with a rule is told at its place, all of it at once.
#[test]
fn a_rule_that_is_wrong_is_told_with_its_place() {
    let sandbox = Sandbox::small();
    let rules = "expiry-limits = [\"90\"]\n[[expire]]\ntags = [\"a b\"]\n[[expire]]\nafter = \"soon\"\nkep = \"1d\"\n";
    sandbox.write("imgplan.toml", rules);
    sandbox.fails(&["check"], 1).says(&[
        "imgplan.toml:1:18: expiry-limits[0]: \"90\" is no time that a tag can say",
        "imgplan.toml:3:11: expire[0].tags[0]",
        "a rule names tags, and after how long they expire",
        "\"soon\" is no length of time",
        "did you mean `keep`?",
    ]);
    sandbox.write("imgplan.toml", "[[expire]]\ntags = [\"pr-*\"]\nafter = \"1d\"\nimages = [\"nobody\"]\n");
    sandbox
        .fails(&["expire", "--repository", "127.0.0.1:1/a"], 1)
        .says(&["imgplan.toml:4:11: expire[0].images[0]: there is no image \"nobody\""]);
}

/// More than a limit counts as the limit: ElementAI's registry keeps nothing longer.
#[test]
fn over_the_limit_the_limit_holds() {
    let (sandbox, remote) = (Sandbox::small(), Remote::deleting(Deletes::Tag));
    sandbox.write("imgplan.toml", "expiry-limits = [\"90days\", \"3months\"]\n");
    remote.push(PATH, "a-1200months", &old("a"));
    remote.push(PATH, "b-99999999999weeks", &old("b"));
    let (run, _) = expire(&sandbox, &remote, &["--delete"]);
    run.expect(0).shows(&["2 tags deleted"]);
    assert_eq!(remote.tags(PATH).len(), 0);
}

/// What cannot be read may be in use: nothing of that repository is deleted.
#[test]
fn an_answer_that_is_missing_deletes_nothing() {
    let broken = |method: &str, path: &str| {
        let answer = Response::error(500, "BROKEN", "out of order").header("Retry-After", "0");
        Fault::on(method, path).answer(answer)
    };
    for (method, path) in [
        ("GET", "/tags/list"),
        ("HEAD", "/manifests/abc1234"),
        ("GET", "/manifests/sha256:"),
        ("GET", "/blobs/"),
    ] {
        let (sandbox, remote) = (Sandbox::small(), Remote::deleting(Deletes::Tag));
        filled(&remote);
        remote.registry().fail(broken(method, path));
        let (run, requests) = expire(&sandbox, &remote, &["--delete"]);
        run.expect(3).says(&["nothing of", "is deleted"]);
        assert_eq!(of(&requests, "DELETE"), 0, "{method} {path}");
        assert_eq!(remote.tags(PATH).len(), 4);
    }
}

/// Between the look and the DELETE somebody pushed the tag anew: it stays.
#[test]
fn a_tag_that_was_pushed_meanwhile_stays() {
    let (sandbox, remote) = (Sandbox::small(), Remote::deleting(Deletes::Tag));
    remote.push(PATH, "a-2weeks", &old("a"));
    let other = remote.push(PATH, "other", &Image::new("new"));
    // The second HEAD of the tag is the one before its DELETE.
    let moved = Response::new(200)
        .header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
        .header("Content-Length", "7")
        .header("Docker-Content-Digest", other);
    remote.registry().fail(Fault::on("HEAD", "/manifests/a-2weeks").nth(2).answer(moved));
    let (run, requests) = expire(&sandbox, &remote, &["--delete"]);
    run.expect(0).shows(&["left     a-2weeks", "it was put at sha256:"]);
    assert_eq!(of(&requests, "DELETE"), 0);
}

/// A registry that does otherwise than it was seen to gets the image back, and is left alone.
#[test]
fn an_image_that_goes_against_all_signs_is_put_back() {
    let (sandbox, remote) = (Sandbox::small(), Remote::deleting(Deletes::Image));
    filled(&remote);
    let kept = remote.digest(PATH, "abc1234").unwrap();
    // The probe's second tag seems to be there still.
    let there = Response::new(200)
        .header("Content-Type", "application/vnd.oci.image.index.v1+json")
        .header("Content-Length", "7")
        .header("Docker-Content-Digest", &kept);
    let probe = Fault::on("HEAD", "-second").nth(2).answer(there);
    remote.registry().fail(probe);
    let (run, _) = expire(&sandbox, &remote, &["--delete"]);
    run.expect(5).says(&["against what the registry was seen to do", "abc1234 put back"]);
    assert_eq!(remote.digest(PATH, "abc1234"), Some(kept));
}

/// A digest's time is the later of what its manifest and its configuration say, and where neither does, it stays.
#[test]
fn the_later_time_counts_and_without_one_nothing_is_deleted() {
    use crate::support::registry::Image as Pushed;
    let (sandbox, remote) = (Sandbox::small(), Remote::deleting(Deletes::Tag));
    let push = |tag: &str, image: Pushed| remote.registry().push_image(PATH, tag, &image.layer(tag));
    let annotated = |time: &str| Pushed::new().annotation("org.opencontainers.image.created", time);
    push("a-900months", annotated("1900-01-01T00:00:00Z").created(LONG_AGO));
    push("b-900months", annotated(LONG_AGO).created("1900-01-01T00:00:00Z"));
    push("c-9months", annotated("1900-01-01T00:00:00Z").created("2014-01-01T00:00:00Z"));
    push("d-1day", Pushed::new().created("1970-01-01T00:00:00Z"));
    push("e-1day", Pushed::new());
    push("f-1day", annotated("0001-01-01T00:00:00Z").created("1970-01-01T00:00:10Z"));
    let (run, _) = expire(&sandbox, &remote, &["--delete", "--format", "json"]);
    let run = run.expect(0);
    let expected = [
        "a-900months not-yet",
        "b-900months not-yet",
        "c-9months deleted",
        "d-1day not-yet",
        "e-1day not-yet",
        "f-1day not-yet",
    ];
    assert_eq!(actions(&run), expected);
    assert!(run.stdout.contains("the image does not say when it was made"), "{}", run.stdout);
}

/// Rules name tags; what is in use stays, and the reason says by whom.
#[test]
fn a_rule_deletes_by_pattern_and_age_and_nothing_that_is_in_use() {
    let (sandbox, remote) = (Sandbox::small(), Remote::deleting(Deletes::Tag));
    let rules = "[tags]\nfloating = [\"{branch}\"]\n[[expire]]\ntags = [\"*\"]\nafter = \"14d\"\n";
    sandbox.write("imgplan.toml", rules);
    sandbox.commit("Rules");
    let plan = sandbox.plan(&[]).plan();
    let needed = plan.only().content_tag().to_owned();
    sandbox.git(&["tag", "a-release"]);
    sandbox.git(&["branch", "feature/x"]);
    let other = format!("content-{}", "0".repeat(40));
    let tip = sandbox.sha7();
    let all =
        [&needed, "a-release", "feature-x", "feature-gone", "latest", "main", &other, "pr-7", &tip, "v1.2"];
    for tag in all {
        remote.push(PATH, tag, &old(tag));
    }
    let (run, _) = expire(&sandbox, &remote, &["--delete"]);
    run.expect(0).shows(&[
        "a commit needs it",
        "a-release is a git tag",
        "it is the tag of the branch feature/x",
        "latest makes it a release's tag",
        "imgplan.toml:3:1: expire[0] says 14d",
    ]);
    let mut kept = vec![
        needed,
        "a-release".into(),
        "feature-x".into(),
        "latest".into(),
        "main".into(),
        tip,
        "v1.2".into(),
    ];
    kept.sort();
    assert_eq!(remote.tags(PATH), kept);
}

/// In a shallow clone nobody knows which content commits need: all content tags stay, and that is said.
#[test]
fn a_shallow_clone_keeps_every_content_tag() {
    let (sandbox, remote) = (Sandbox::small(), Remote::deleting(Deletes::Tag));
    sandbox.write("imgplan.toml", "[[expire]]\ntags = [\"*\"]\nafter = \"14d\"\n");
    sandbox.commit("Rules");
    let clone = sandbox.beside("clone");
    let from = format!("file://{}", sandbox.root().display());
    sandbox.git(&["clone", "--quiet", "--depth", "1", &from, &clone.display().to_string()]);
    let content = format!("content-{}", "0".repeat(40));
    remote.push(PATH, &content, &old("unneeded"));
    remote.push(PATH, "pr-7", &old("pr"));
    let dir = clone.display().to_string();
    let (run, _) = expire(&sandbox, &remote, &["-C", &dir, "--delete"]);
    run.expect(0).shows(&["every content tag stays: this clone is shallow"]);
    assert_eq!(remote.tags(PATH), [content]);
}

/// A layout is a registry that deletes tags alone.
#[test]
fn a_layouts_tags_expire_too() {
    let sandbox = Sandbox::small();
    sandbox.image("a-2weeks", &old("shared"));
    let digest = sandbox.image("abc1234", &old("shared"));
    sandbox.image("b-2weeks", &old("alone"));
    let repository = sandbox.repository();
    let run = sandbox.imgplan(&["expire", "--delete", "--repository", &repository]).run();
    run.expect(0).shows(&["2 tags deleted"]);
    assert_eq!(sandbox.tags().into_iter().collect::<Vec<_>>(), [("abc1234".to_owned(), digest)]);
    let files = sandbox.layout_files();
    sandbox.imgplan(&["expire", "--delete", "--repository", &repository]).run().expect(0);
    assert_eq!(sandbox.layout_files(), files);
}

/// A repository that is not there has no tags; nothing is asked of git then.
#[test]
fn nothing_there_is_nothing_to_delete() {
    let (sandbox, remote) = (Sandbox::small(), Remote::start());
    let (run, requests) = expire(&sandbox, &remote, &["--delete"]);
    run.expect(0);
    assert_eq!(requests.len(), 1, "{requests:?}");
}
