//! Tags of builds in a registry: what an image that was there before gets, what is asked for, what stays unknown, and what
//! becomes of a run that is killed.

use std::cell::Cell;

use imgplan::details::{CREATED, MARK, REVISION};

use crate::support::interrupted::at_every_request;
use crate::support::registry::{Fault, Image, Response, TestRegistry};
use crate::support::run::Call;
use crate::support::{Plan, Sandbox};

const TVM: &str = "{build_date:%Y%m%d-%H%M%S}-{sha:8}";
const NOW: &str = "2026-07-05T14:23:49Z";
const APP: &str = "acme/app";

/// A project beside a registry; its content has an image wherever a test puts one.
struct Project {
    sandbox: Sandbox,
    registry: TestRegistry,
    hash: String,
    content_tag: String,
}

impl Project {
    fn new(tags: &str) -> Project {
        let sandbox = Sandbox::small();
        sandbox.write("imgplan.toml", &format!("[tags]\n{tags}\n"));
        sandbox.commit("Tags of builds");
        let plan = sandbox.plan(&[]).plan();
        let (hash, content_tag) = (plan.only().hash().to_owned(), plan.only().content_tag().to_owned());
        Project { sandbox, registry: TestRegistry::start(), hash, content_tag }
    }

    /// With the commit's seven digits, and beside them TVM's tag.
    fn beside() -> Project {
        Project::new(&format!("write-once = [\"{TVM}\"]"))
    }

    /// With TVM's tag alone.
    fn alone() -> Project {
        Project::new(&format!("commit = \"{TVM}\""))
    }

    fn call(&self, args: &[&str]) -> Call {
        call(&self.sandbox, &self.registry, args)
    }

    fn apply(&self) -> Plan {
        self.call(&["apply"]).env("IMGPLAN_NOW", NOW).plan()
    }

    fn marked(&self) -> Image {
        Image::new().annotation(MARK, &self.hash)
    }

    fn push(&self, tag: &str, image: &Image) -> String {
        self.registry.push_image(APP, tag, image).to_string()
    }

    fn idle(&self) {
        self.sandbox.append("README.md", "More.\n");
        self.sandbox.commit("Tell more");
    }

    fn sha8(&self) -> String {
        self.sandbox.head()[..8].to_owned()
    }

    /// Tags that have a time in them.
    fn dated(&self) -> Vec<String> {
        dated(&self.registry)
    }
}

fn call(sandbox: &Sandbox, registry: &TestRegistry, args: &[&str]) -> Call {
    let repository = registry.repository(APP);
    sandbox.imgplan(&[&args[..1], &["--format", "json", "--repository", &repository], &args[1..]].concat())
}

fn dated(registry: &TestRegistry) -> Vec<String> {
    registry.tags(APP).into_keys().filter(|tag| tag.contains("-") && !tag.starts_with("content-")).collect()
}

/// The configuration says when it was made (the annotation says the commit's time), the label at which commit.
#[test]
fn an_image_that_is_there_gets_the_time_and_commit_of_its_build() {
    let project = Project::beside();
    let built_at = project.sandbox.head();
    let image = project.marked().annotation(CREATED, "2024-01-01T00:00:00Z");
    project
        .push(&project.content_tag, &image.annotation(REVISION, &built_at).created("2026-02-03T04:05:06Z"));
    project.idle();
    let plan = project.apply();
    let tag = format!("20260203-040506-{}", &built_at[..8]);
    assert_eq!(plan.only().list("tags"), [project.sandbox.sha7(), tag.clone()]);
    assert_eq!(project.dated(), [tag.as_str()]);
    project.idle();
    assert_eq!(project.apply().only().list("tags"), [project.sandbox.sha7(), tag.clone()]);
    assert_eq!(project.dated(), [tag], "it is given once");
}

/// An unmarked image's labels may be its base image's, and some builders write no time.
#[test]
fn an_image_that_tells_neither_gets_now_and_this_commit() {
    let other = "0123456789012345678901234567890123456789";
    let untold = Image::new().label(REVISION, other).annotation(CREATED, "2024-01-01T00:00:00Z");
    for image in [untold.clone(), untold.created("1970-01-01T00:00:00Z")] {
        let project = Project::beside();
        project.push(&project.content_tag, &image);
        project.apply();
        assert_eq!(project.dated(), [format!("20260705-142349-{}", project.sha8())]);
    }
}

/// A commit of another clone: its id is all that the tag needs.
#[test]
fn a_build_at_a_commit_that_is_not_here_is_named_all_the_same() {
    let project = Project::beside();
    let other = "0123456789abcdef0123456789abcdef01234567";
    let image = project.marked().annotation(REVISION, other).created("2026-02-03T04:05:06Z");
    project.push(&project.content_tag, &image);
    project.apply();
    assert_eq!(project.dated(), ["20260203-040506-01234567"]);
}

/// Labels are anyone's text.
#[test]
fn a_revision_that_is_no_id_is_none() {
    let project = Project::beside();
    let image =
        project.marked().annotation(REVISION, "HEAD; rm -rf /\u{1b}[2J").created("2026-02-03T04:05:06Z");
    project.push(&project.content_tag, &image);
    project.apply();
    assert_eq!(project.dated(), [format!("20260203-040506-{}", project.sha8())]);
}

/// The content tag, the list, and the newest tag of the shape.
#[test]
fn a_plan_that_finds_the_tag_is_three_requests() {
    let project = Project::alone();
    let image = project.marked();
    project.push(&project.content_tag, &image);
    for number in 0..3 {
        project.push(&format!("2026010{}-000000-aaaaaaaa", number + 1), &Image::new().layer([number]));
    }
    project.push("20260704-000000-bbbbbbbb", &image);
    project.registry.clear_requests();
    let plan = project.call(&["plan"]).plan();
    plan.only().expect("up-to-date");
    assert_eq!(plan.only().list("tags"), ["20260704-000000-bbbbbbbb"]);
    let requests = project.registry.requests();
    assert_eq!(requests.len(), 3, "{requests:#?}");
}

/// Among many, the commit that the image says it was built at leads to its tag.
#[test]
fn an_old_image_among_many_is_not_searched_one_by_one() {
    let project = Project::alone();
    let image =
        project.marked().annotation(REVISION, &project.sandbox.head()).created("2025-02-03T04:05:06Z");
    project.push(&project.content_tag, &image);
    project.push(&format!("20250203-040506-{}", project.sha8()), &image);
    for number in 0..60_u8 {
        project.push(&format!("20260101-0000{number:02}-aaaaaaaa"), &Image::new().layer([number]));
    }
    project.idle();
    project.registry.clear_requests();
    project.call(&["plan"]).plan().only().expect("up-to-date");
    let requests = project.registry.requests();
    assert!(requests.len() <= 5, "{requests:#?}");
}

#[test]
fn a_list_that_fails_is_unknown_and_never_not_there() {
    let project = Project::alone();
    project.push(&project.content_tag, &project.marked());
    let refused = Response::error(403, "DENIED", "no list for you");
    project.registry.fail(Fault::on("GET", "/tags/list").answer(refused));
    let run = project.call(&["apply"]).run().expect(3).says(&["no list for you"]);
    run.plan().only().expect("unknown");
    assert_eq!(project.dated(), [""; 0]);
}

#[test]
fn a_tag_that_cannot_be_asked_is_unknown_and_never_elsewhere() {
    let project = Project::alone();
    project.push(&project.content_tag, &project.marked());
    project.push("20260101-000000-aaaaaaaa", &Image::new().layer("another"));
    let refused = Response::error(403, "DENIED", "not this one");
    project.registry.fail(Fault::on("HEAD", "/manifests/20260101").answer(refused));
    project.call(&["apply"]).run().expect(3).plan().only().expect("unknown");
    assert_eq!(project.dated().len(), 1);
}

/// A builder that knows nothing of imgplan pushed the tag and was killed before anything else.
#[test]
fn what_a_killed_builder_pushed_is_found_by_its_tag() {
    for project in [Project::alone(), Project::beside()] {
        let tag = format!("20260704-000000-{}", project.sha8());
        let digest = project.push(&tag, &project.marked());
        let plan = project.apply();
        plan.only().expect("up-to-date");
        assert_eq!(plan.only().digest(), Some(digest.as_str()));
        assert_eq!(project.dated(), [tag], "no second one");
        assert_eq!(project.registry.tags(APP)[&project.content_tag], digest);
    }
}

/// Each run has another time, so a second tag would show.
#[test]
fn a_killed_apply_is_completed_and_no_tag_is_doubled() {
    let project =
        Project::new(&format!("write-once = [\"{TVM}\", \"rel-{{sha:12}}\"]\nfloating = [\"latest\"]"));
    let run = Cell::new(0);
    let requests = at_every_request(
        || {
            let registry = TestRegistry::start();
            let digest = registry.push_image(APP, &project.content_tag, &project.marked()).to_string();
            (registry, digest)
        },
        |registry, _| {
            run.set(run.get() + 1);
            let now = format!("{}", 1_783_261_429 + run.get());
            call(&project.sandbox, registry, &["apply"]).env("IMGPLAN_NOW", &now)
        },
        |registry, digest, run| {
            assert_eq!(run.code, 0, "{}", run.stderr);
            let tags = registry.tags(APP);
            assert_eq!(tags.len(), 5, "the content's, the commit's, latest, and two more: {tags:?}");
            assert!(tags.values().all(|at| at == digest), "{tags:?}");
        },
    );
    assert!(requests > 10, "{requests}");
}

/// A scope's tags are its own, and it takes none of another run's for its own.
#[test]
fn a_scope_has_tags_of_its_own() {
    let project = Project::alone();
    let image = project.marked().created("2026-02-03T04:05:06Z");
    project.push(&project.content_tag, &image);
    project.push("20260203-040506-aaaaaaaa", &image);
    let plan = project.call(&["apply", "--scope", "pr-7"]).plan();
    let tag = format!("pr-7-20260203-040506-{}", project.sha8());
    assert_eq!(plan.only().list("tags"), [tag.as_str()]);
    project.call(&["plan", "--scope", "pr-7"]).plan().only().expect("up-to-date");
    let unscoped = project.call(&["plan"]).plan();
    assert_eq!(unscoped.only().list("tags"), ["20260203-040506-aaaaaaaa"], "nor the other way round");
}

#[test]
fn a_write_once_tag_elsewhere_is_told_with_both_digests_and_dates() {
    let project = Project::new("write-once = [\"rel-{sha:12}\"]");
    let wanted =
        project.push(&project.content_tag, &project.marked().annotation(CREATED, "2026-02-03T04:05:06Z"));
    let tag = format!("rel-{}", &project.sandbox.head()[..12]);
    let other = Image::new().annotation(CREATED, "2025-01-02T03:04:05Z");
    let at = project.push(&tag, &other);
    let run = project.call(&["apply"]).run().expect(5);
    run.says(&[
        &format!("{tag} is written once: it is at {at} (made 2025-01-02T03:04:05Z), and not at {wanted} (made 2026-"),
        &format!("--move-tag {tag} moves it"),
    ]);
    assert_eq!(project.registry.tags(APP).len(), 2, "nothing was written");
    project.call(&["apply", "--move-tag", &tag]).run().expect(0);
    assert_eq!(project.registry.tags(APP)[&tag], wanted);
}

/// Every project has such images before imgplan comes.
#[test]
fn images_of_earlier_commits_are_adopted_by_their_tags() {
    let project = Project::alone();
    let older = format!("20260203-040506-{}", project.sha8());
    project.push(&older, &Image::new().layer("older"));
    let tag = format!("20260204-000000-{}", project.sha8());
    let digest = project.push(&tag, &Image::new().layer("newer"));
    project.idle();
    let plan = project.call(&["plan"]).plan();
    plan.only().expect("build");
    assert!(
        plan.only().reason().contains(&format!("--adopt would use its image {tag}")),
        "{}",
        plan.only().reason()
    );
    let adopted = project.call(&["apply", "--adopt"]).plan();
    assert_eq!(adopted.only().digest(), Some(digest.as_str()));
    assert_eq!(adopted.only().list("tags"), [tag]);
}

/// By its full id a commit is found among the tags without a clone that has it.
#[test]
fn a_commit_that_is_not_here_is_resolved_by_its_tag() {
    let project = Project::alone();
    let id = "cfb98e9301234567890123456789012345678901";
    let digest = project.push("20260705-142349-cfb98e93", &Image::new());
    let repository = project.registry.repository(APP);
    let resolve = |id: &str| project.sandbox.imgplan(&["resolve", id, "--repository", &repository]).run();
    let run = resolve(id).expect(0);
    assert_eq!(run.stdout, format!("{repository}@{digest}\n"));
    run.says(&["built 2026-07-05 14:23:49 UTC at cfb98e93"]);
    resolve("0000000000000000000000000000000000000000").expect(4);
}

/// Whoever proposes a change names its branch, and could take the next number of another one's.
#[test]
fn a_proposal_gives_no_tag_with_a_branch_in_it() {
    let project = Project::new("write-once = [\"{branch}-{count}\"]");
    project.push(&project.content_tag, &project.marked());
    let plan = project.call(&["apply"]).env("CI_MERGE_REQUEST_IID", "7").plan();
    assert_eq!(plan.only().list("tags"), [project.sandbox.sha7()]);
    assert!(plan.only().list("warnings").join("\n").contains("proposed change"));
    assert_eq!(project.apply().only().list("tags"), [project.sandbox.sha7().as_str(), "main-1"]);
}
