//! `imgplan resolve` for those who launch images: many commits at once, commits that are not here, pins, and what it
//! says of an image on stderr.

use serde_json::Value;

use crate::support::image::{CREATED, MARK};
use crate::support::remote::Fault;
use crate::support::{Image, Remote, Run, Sandbox};

const PATH: &str = "group/project";
const REVISION: &str = "org.opencontainers.image.revision";

/// A project with a registry.
struct Project {
    sandbox: Sandbox,
    remote: Remote,
}

impl Project {
    fn new(sandbox: Sandbox) -> Project {
        Project { sandbox, remote: Remote::with_tokens() }
    }

    fn repository(&self) -> String {
        self.remote.repository(PATH)
    }

    fn resolve(&self, args: &[&str]) -> Run {
        let repository = self.repository();
        let all = [&["resolve", "--repository", &repository], args].concat();
        self.remote.login(self.sandbox.imgplan(&all)).run()
    }

    /// A commit whose image, without any mark, is under its commit tag; its id and the digest.
    fn built(&self, text: &str) -> (String, String) {
        self.sandbox.write("app.txt", text);
        let id = self.sandbox.commit(text);
        let digest = self.remote.push(PATH, &id[..7], &Image::new(text));
        (id, digest)
    }

    fn reference(&self, digest: &str) -> String {
        format!("{}@{digest}", self.repository())
    }
}

/// Several commits: a line for each that has an image, in the order of the command line; one failure stops nothing.
#[test]
fn several_commits_have_a_line_each() {
    let project = Project::new(Sandbox::small());
    let (first, first_digest) = project.built("one\n");
    let (_, second_digest) = project.built("two\n");
    project.sandbox.write("app.txt", "three\n");
    project.sandbox.commit("No image");
    let run = project.resolve(&["HEAD", "HEAD~1", &first]).expect(4).says(&["hint:"]);
    let line = |commit: &str, digest: &str| format!("{commit}\t{}", project.reference(digest));
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines, [line("HEAD~1", &second_digest), line(&first, &first_digest)]);
    let run = project.resolve(&["no-such-branch", "HEAD~1"]).expect(1);
    assert_eq!(run.stdout.trim_end(), line("HEAD~1", &second_digest));
}

/// With several images there are three columns.
#[test]
fn several_images_of_several_commits_have_three_columns() {
    let sandbox = Sandbox::new();
    for name in ["a", "b"] {
        sandbox.write(&format!("{name}/Dockerfile"), "FROM scratch\nCOPY file /\n");
        sandbox.write(&format!("{name}/file"), name);
    }
    sandbox.write("imgplan.toml", "[images.a]\ncontext = \"a\"\n[images.b]\ncontext = \"b\"\n");
    sandbox.commit("Two images");
    let digests = sandbox.build_all();
    sandbox.write("README.md", "Words.\n");
    sandbox.commit("Words");
    let repository = sandbox.repository();
    let run = sandbox.imgplan(&["resolve", "--repository", &repository, "HEAD", "HEAD~1"]).run().expect(0);
    let line =
        |commit: &str, name: &str, digest: &str| format!("{commit}\t{name}\t{repository}/{name}@{digest}");
    let expected: Vec<String> = ["HEAD", "HEAD~1"]
        .iter()
        .flat_map(|commit| [line(commit, "a", &digests[0]), line(commit, "b", &digests[1])])
        .collect();
    assert_eq!(run.stdout.lines().collect::<Vec<_>>(), expected);
}

/// One pool and one token for many commits, and one list of tags for all that are not there.
#[test]
fn many_commits_share_connections_and_lists() {
    let project = Project::new(Sandbox::small());
    let (_, digest) = project.built("one\n");
    for words in ["two\n", "three\n", "four\n"] {
        project.sandbox.write("app.txt", words);
        project.sandbox.commit(words);
    }
    let before = project.remote.requests().len();
    let run = project.resolve(&["--quiet", "HEAD", "HEAD~1", "HEAD~2", "HEAD~3"]).expect(4);
    assert_eq!(run.stdout.trim_end(), format!("HEAD~3\t{}", project.reference(&digest)));
    let requests = project.remote.requests().split_off(before);
    let count = |text: &str| requests.iter().filter(|request| request.contains(text)).count();
    assert_eq!(count("/tags/list"), 1, "{requests:#?}");
    assert_eq!(count("GET /v2/group/project/manifests"), 0, "quiet asks for no explanation: {requests:#?}");
    assert!(count("token") <= 1, "{requests:#?}");
}

/// Not found: exit 4 and nothing on stdout; the nearest commit with an image, what differs, and what would build it.
#[test]
fn not_found_says_what_is_nearest() {
    let project = Project::new(Sandbox::small());
    let (near, _) = project.built("one\n");
    project.sandbox.write("app.txt", "two\n");
    project.sandbox.commit("Two");
    let run = project.resolve(&[]).expect(4).says(&[
        &near[..7],
        "app.txt changed",
        &format!("imgplan apply --build --repository {} HEAD", project.repository()),
    ]);
    assert_eq!(run.stdout, "");
}

/// Another commit's image of the same content is the commit's, and what is assumed of it is said; a differing mark
/// excludes it.
#[test]
fn another_commits_image_of_the_same_content_is_found() {
    let project = Project::new(Sandbox::small());
    let (first, digest) = project.built("one\n");
    project.sandbox.write("README.md", "Words.\n");
    project.sandbox.commit("Words");
    let run = project.resolve(&[]).expect(0).says(&[&first[..7], "content hash is the same", "assumed"]);
    assert_eq!(run.line(), project.reference(&digest));
    project.remote.push(PATH, &first[..7], &Image::new("another").marked(&"0".repeat(64)));
    project.resolve(&[]).expect(4);
    project.remote.push(PATH, &first[..7], &Image::new("another"));
    project.sandbox.write("imgplan.toml", "verify = \"required\"\n");
    project.resolve(&[]).expect(4);
}

/// What the registry cannot say is no "not found".
#[test]
fn a_registry_that_fails_is_3() {
    let project = Project::new(Sandbox::small());
    project.built("one\n");
    project.remote.fault(PATH, Fault::Status(500));
    project.resolve(&[]).expect(3);
    let project = Project::new(Sandbox::small());
    project.remote.fault(PATH, Fault::NoTags);
    project.resolve(&[]).expect(3).says(&["could not be asked"]);
}

/// Where an image comes from is told from its annotations or labels, and called first built only where its mark is this
/// content's.
#[test]
fn the_origin_is_told_as_far_as_it_is_proven() {
    let project = Project::new(Sandbox::small());
    let plan = project.sandbox.plan(&[]).plan();
    let (hash, tag) = (plan.only().hash(), plan.only().content_tag());
    let first = project.sandbox.head();
    let made = Image::new("built").annotation(REVISION, &first).annotation(CREATED, "2024-01-01T00:00:00Z");
    project.remote.push(PATH, tag, &made.clone().marked(hash));
    let told = ["first built at commit", &first[..7], "2024-01-01T00:00:00Z", tag];
    project.resolve(&[]).expect(0).says(&told);
    let labels = Image::new("labels").label(REVISION, &first).label(MARK, hash);
    project.remote.push(PATH, tag, &labels);
    project.resolve(&[]).expect(0).says(&["first built at commit", &first[..7]]);
    project.remote.push(PATH, tag, &made);
    let run = project.resolve(&[]).expect(0).says(&["by its own word", &first[..7]]);
    assert!(!run.stderr.contains("first built"), "{}", run.stderr);

    let run = project.resolve(&["--format", "json"]).expect(0);
    let image = &run.json()["images"][0];
    assert_eq!((&image["how"], &image["mark"]), (&Value::from("content-tag"), &Value::from("missing")));
    assert_eq!(
        (&image["commit"], &image["revision"]),
        (&Value::from(first.as_str()), &Value::from(first.as_str()))
    );
    assert_eq!(image["created"], "2024-01-01T00:00:00Z");
}

/// A full id needs no clone: the registry knows its tag.
#[test]
fn a_full_id_works_outside_of_a_clone() {
    let outside = Sandbox::without_git();
    let remote = Remote::start();
    let id = "0123456789abcdef0123456789abcdef01234567";
    let digest = remote.push(PATH, &id[..7], &Image::new("built"));
    let repository = remote.repository(PATH);
    let resolve =
        |args: &[&str]| outside.imgplan(&[&["resolve", "--repository", &repository], args].concat()).run();
    assert_eq!(resolve(&[id]).expect(0).line(), format!("{repository}@{digest}"));
    resolve(&[&id.replace('0', "9")]).expect(4).says(&["9123456", "hint:"]);
    let run = resolve(&["main"]).expect(1);
    assert!(!run.stderr.contains("full commit id"), "{}", run.stderr);
    resolve(&[&id[..7]]).expect(1).says(&["only a full commit id"]);
    outside.fails(&["resolve", id], 1).says(&["--repository"]);
    let named = remote.push(&format!("{PATH}/app"), &id[..7], &Image::new("app"));
    assert_eq!(resolve(&[id, "--image", "app"]).expect(0).line(), format!("{repository}/app@{named}"));
    let config = outside.beside("imgplan.toml");
    std::fs::write(&config, "[tags]\ncommit = \"sha-{sha:12}\"\n").unwrap();
    let digest = remote.push(PATH, &format!("sha-{}", &id[..12]), &Image::new("by template"));
    let run = resolve(&[id, "--config", config.to_str().unwrap()]).expect(0);
    assert_eq!(run.line(), format!("{repository}@{digest}"));
    std::fs::write(&config, "[tags]\ncommit = false\n").unwrap();
    resolve(&[id, "--config", config.to_str().unwrap()]).expect(1).says(&["hint:"]);
}

/// A file that asks a tree tells what its own tables say, and no image stands in for one that it does not find.
#[test]
fn a_commit_that_is_not_here_is_asked_for_where_its_images_live() {
    let outside = Sandbox::without_git();
    let remote = Remote::start();
    let id = "0123456789abcdef0123456789abcdef01234567";
    let own = remote.push("elsewhere/a", &id[..7], &Image::new("a"));
    remote.push(&format!("{PATH}/a"), &id[..7], &Image::new("not it"));
    let usual = remote.push(&format!("{PATH}/b"), &id[..7], &Image::new("b"));
    let there = remote.repository("elsewhere/a");
    let text = format!("discover = [\"images/*/Dockerfile\"]\n[images.a]\nrepository = \"{there}\"\n");
    let config = outside.beside("imgplan.toml");
    std::fs::write(&config, &text).unwrap();
    let repository = remote.repository(PATH);
    let named = ["resolve", "--repository", &repository, "--config", config.to_str().unwrap(), id, "--image"];
    let resolve = |name| outside.imgplan(&[&named[..], &[name]].concat()).run().expect(0).line().to_owned();
    assert_eq!(resolve("a"), format!("{there}@{own}"));
    assert_eq!(resolve("b"), format!("{repository}/b@{usual}"));

    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "discover = [\"images/*/Dockerfile\"]\n");
    sandbox.commit("A pattern that finds nothing");
    remote.push(PATH, &id[..7], &Image::new("not asked for"));
    let run = sandbox.imgplan(&["resolve", "--repository", &repository, id]).run().expect(1);
    assert_eq!(run.says(&["finds none", "hint:"]).stdout, "");
}

/// So does one in a clone that has not got it.
#[test]
fn a_full_id_works_in_a_clone_without_it() {
    let project = Project::new(Sandbox::small());
    let id = "0123456789abcdef0123456789abcdef01234567";
    let digest = project.remote.push(PATH, &id[..7], &Image::new("built"));
    assert_eq!(project.resolve(&[id]).expect(0).line(), project.reference(&digest));
    // A full id of something else that is here is no commit.
    let tree = project.sandbox.git(&["rev-parse", "HEAD^{tree}"]);
    project.resolve(&[&tree]).expect(1);
}

/// A Renku pin is reported, and followed where that was asked for.
#[test]
fn a_pin_is_reported_and_followed() {
    let project = Project::new(Sandbox::fixture("renku-python"));
    let digest = project.remote.push(PATH, &project.sandbox.sha7(), &Image::new("own"));
    let other = project.remote.push("other/image", "1.0", &Image::new("pinned"));
    assert_eq!(
        project.resolve(&["--pin"]).expect(0).line(),
        project.reference(&digest),
        "there is no pin yet"
    );
    let pin = project.remote.repository("other/image");
    project.sandbox.append(".renku/renku.ini", &format!("image = {pin}:1.0\n"));
    project.sandbox.commit("Pin the image");
    project.remote.push(PATH, &project.sandbox.sha7(), &Image::new("own"));
    let run = project.resolve(&[]).expect(0).says(&[&format!("{pin}:1.0"), "--pin"]);
    assert_eq!(run.line(), project.reference(&digest));
    assert_eq!(project.resolve(&["--pin"]).expect(0).line(), format!("{pin}@{other}"));
    assert_eq!(project.resolve(&["--pin", "--tag"]).expect(0).line(), format!("{pin}:1.0"));
    // Only where the commit has it.
    assert_eq!(project.resolve(&["--pin", "HEAD~1"]).expect(0).line(), project.reference(&digest));
    for (wrong, code) in [(format!("{pin}:2.0"), 4), ("https://no image".to_owned(), 1)] {
        project.sandbox.write(".renku/renku.ini", &format!("[interactive]\nimage = {wrong}\n"));
        project.sandbox.commit("Another pin");
        project.resolve(&["--pin"]).expect(code).says(&["hint:"]);
    }
}
