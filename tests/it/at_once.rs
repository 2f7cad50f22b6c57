//! Two pipelines at once for the same content, against a registry: both have asked it, and both build, before either
//! pushes. One image wins the content tag, and nothing breaks.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::registry::{Fault, Image as Pushed, TestRegistry};
use crate::support::run::Running;
use crate::support::{Image, Plan, Remote, Sandbox};

const PATH: &str = "acme/app";

/// Two pipelines that stand in their build commands, each waiting to be let go.
struct Race {
    sandbox: Sandbox,
    remote: Remote,
    commits: [String; 2],
    content: String,
    hash: String,
    running: [Option<Running>; 2],
}

impl Race {
    /// Starts both, of two commits with the same inputs or of one commit, and waits until both build.
    fn start(same_commit: bool) -> Race {
        let (sandbox, remote) = (Sandbox::small(), Remote::start());
        let second = sandbox.head();
        sandbox.append("README.md", "More.\n");
        let first = sandbox.commit("Tell more");
        let commits = if same_commit { [first.clone(), first] } else { [first, second] };
        let plan = sandbox.plan(&[]).plan();
        let (content, hash) = (plan.only().content_tag().to_owned(), plan.only().hash().to_owned());
        let running = [None, None];
        let mut race = Race { sandbox, remote, commits, content, hash, running };
        race.running = [0, 1].map(|index| Some(race.pipeline(index)));
        let ready = |index: usize| race.sandbox.beside(&format!("ready-{index}")).exists();
        let start = Instant::now();
        while !(ready(0) && ready(1)) {
            assert!(start.elapsed() < Duration::from_secs(60), "both have to build");
            std::thread::sleep(Duration::from_millis(5));
        }
        race
    }

    fn pipeline(&self, index: usize) -> Running {
        let beside = |name: &str| self.sandbox.beside(&format!("{name}-{index}")).display().to_string();
        let wait =
            format!("touch '{}'; while [ ! -e '{}' ]; do sleep 0.01; done", beside("ready"), beside("go"));
        let repository = self.remote.repository(PATH);
        let args = ["apply", "--format", "json", "--repository", &repository, "--build-command", &wait];
        self.sandbox.imgplan(&args).arg(&self.commits[index]).start()
    }

    /// What a builder does: pushes its own image under the commit's tag.
    fn push(&self, index: usize, marked: bool) -> String {
        let image = Image::new(&format!("built by pipeline {index}"));
        let image = if marked { image.marked(&self.hash) } else { image };
        self.remote.push(PATH, &self.commits[index][..7], &image)
    }

    fn go(&self, index: usize) {
        fs::write(self.sandbox.beside(&format!("go-{index}")), "").unwrap();
    }

    fn finish(&mut self, index: usize) -> Plan {
        self.running[index].take().unwrap().finish().expect(0).plan()
    }

    fn at(&self, tag: &str) -> String {
        self.remote.digest(PATH, tag).unwrap_or_else(|| panic!("no tag {tag}"))
    }

    fn plan(&self, commit: &str) -> crate::support::Run {
        let repository = self.remote.repository(PATH);
        self.sandbox.imgplan(&["plan", "--format", "json", "--repository", &repository, commit]).run()
    }
}

/// Each pushes and ends before the other pushes, in both orders: the first keeps the content tag, and each commit its own
/// image.
#[test]
fn two_commits_of_one_content() {
    for order in [[0, 1], [1, 0]] {
        let mut race = Race::start(false);
        let [first, second] = order;
        let won = race.push(first, true);
        race.go(first);
        let plan = race.finish(first);
        assert_eq!(plan.only().digest(), Some(won.as_str()));
        assert_eq!(race.at(&race.content), won);
        let lost = race.push(second, true);
        race.go(second);
        let plan = race.finish(second);
        assert_eq!(plan.only().digest(), Some(lost.as_str()));
        let warnings = plan.only().list("warnings");
        assert!(warnings.iter().any(|text| text.contains("got there first, and stays")), "{warnings:?}");
        assert_eq!(race.at(&race.content), won, "the content tag stays");
        assert_eq!(race.at(&race.commits[first][..7]), won);
        assert_eq!(race.at(&race.commits[second][..7]), lost);
        // Nothing is left to do for either, and the next commit takes the winner.
        for commit in &race.commits {
            race.plan(commit).expect(0).plan().only().expect("up-to-date");
        }
        race.sandbox.append("README.md", "Still more.\n");
        race.sandbox.commit("The next");
        assert_eq!(race.plan("HEAD").expect(0).plan().only().digest(), Some(won.as_str()));
    }
}

/// Both push before either looks: each still keeps its own, and one of them has the content tag.
#[test]
fn two_commits_that_push_at_the_same_moment() {
    let mut race = Race::start(false);
    let pushed = [race.push(0, true), race.push(1, true)];
    race.go(0);
    race.go(1);
    for index in [0, 1] {
        assert_eq!(race.finish(index).only().digest(), Some(pushed[index].as_str()));
        assert_eq!(race.at(&race.commits[index][..7]), pushed[index]);
    }
    assert!(pushed.contains(&race.at(&race.content)));
    for commit in &race.commits {
        race.plan(commit).expect(0).plan().only().expect("up-to-date");
    }
}

/// Of one commit, the builder that pushes last has the commit tag: a registry's tag is the builder's to push. With marks
/// nothing is left to do all the same.
#[test]
fn one_commit_twice() {
    for order in [[0, 1], [1, 0]] {
        let mut race = Race::start(true);
        let [first, second] = order;
        let won = race.push(first, true);
        race.go(first);
        race.finish(first).only().expect("up-to-date");
        let last = race.push(second, true);
        race.go(second);
        let plan = race.finish(second);
        assert_eq!(plan.only().digest(), Some(last.as_str()));
        assert_eq!((race.at(&race.content), race.at(&race.commits[0][..7])), (won, last));
        race.plan("HEAD").expect(0).plan().only().expect("up-to-date");
    }
    // Both push, then both look: both see the image that was pushed last, and it gets the content tag, too.
    let mut race = Race::start(true);
    race.push(0, true);
    let last = race.push(1, true);
    race.go(0);
    race.go(1);
    for index in [0, 1] {
        assert_eq!(race.finish(index).only().digest(), Some(last.as_str()));
    }
    assert_eq!((race.at(&race.content), race.at(&race.commits[0][..7])), (last.clone(), last));
}

/// A builder that writes no marks: nothing would say that the loser's image is of the same content, so the loser's commit
/// takes the winner's, and nothing is left that a later run could not explain.
#[test]
fn without_marks_the_losers_commit_takes_the_winners_image() {
    for same_commit in [false, true] {
        let mut race = Race::start(same_commit);
        let won = race.push(0, false);
        race.go(0);
        race.finish(0);
        race.push(1, false);
        race.go(1);
        let plan = race.finish(1);
        plan.only().expect("up-to-date");
        assert_eq!(plan.only().digest(), Some(won.as_str()));
        let warnings = plan.only().list("warnings");
        assert!(warnings.iter().any(|text| text.contains("got there first, and is used")), "{warnings:?}");
        for commit in &race.commits {
            assert_eq!(race.at(&commit[..7]), won);
            race.plan(commit).expect(0).plan().only().expect("up-to-date");
        }
        race.sandbox.append("README.md", "Still more.\n");
        race.sandbox.commit("The next");
        assert_eq!(race.plan("HEAD").expect(0).plan().only().digest(), Some(won.as_str()));
    }
}

/// The same in a folder of layouts, where imgplan sets the tags: while the second builds, the first does all of its work.
#[test]
fn without_marks_it_is_the_same_in_a_layout() {
    let sandbox = Sandbox::small();
    let first = sandbox.head();
    sandbox.append("README.md", "More.\n");
    let second = sandbox.commit("Tell more");
    let tiny = concat!("'", env!("CARGO_MANIFEST_DIR"), "/scripts/tiny-builder'");
    let (imgplan, root) = (env!("CARGO_BIN_EXE_imgplan"), sandbox.root().display().to_string());
    let repository = sandbox.repository();
    let inner = format!(
        "'{imgplan}' apply -C '{root}' --repository '{repository}' --build-command \"{tiny}\" {first}"
    );
    let plan = sandbox.apply(&["--build-command", &format!("{inner} >&2 && {tiny}")]).plan();
    let tags = sandbox.tags();
    assert_eq!(plan.only().digest(), Some(tags[&first[..7]].as_str()), "{tags:?}");
    assert_eq!(tags[&first[..7]], tags[&second[..7]]);
    for commit in [first, second] {
        sandbox.plan(&[&commit]).plan().only().expect("up-to-date");
    }
}

/// Where the winner's image cannot take the place of the loser's, that is said at once, and not left to every later plan.
#[test]
fn without_marks_a_loser_that_cannot_be_moved_is_an_error() {
    let mut race = Race::start(false);
    race.push(0, false);
    race.go(0);
    race.finish(0);
    race.push(1, false);
    race.remote.immutable(&race.commits[1][..7]);
    race.go(1);
    let run = race.running[1].take().unwrap().finish().expect(5);
    run.says(&["got there first", "--move-tag", "has no mark"]);
}

/// Two builds that were asked for though the content is the same: the later one has the content tag, and the earlier one
/// says so instead of failing.
#[test]
fn a_forced_build_that_another_overtakes_is_no_failure() {
    let (sandbox, registry) = (Sandbox::small(), TestRegistry::start());
    let repository = registry.repository(PATH);
    let marked = Pushed::new().label("dev.imgplan.content-hash", &sandbox.hash_at("HEAD"));
    registry.push_image(PATH, &sandbox.sha7(), &marked);
    let other = format!("sha256:{}", "ab".repeat(32));
    // The plan asks for the content tag, then the build does before it starts and after its end, then it is written and
    // read back.
    let read_back = Fault::on("HEAD", "/manifests/content-").nth(4);
    registry.fail(read_back.header("Docker-Content-Digest", &other));
    let args =
        ["apply", "--format", "json", "--repository", &repository, "--force", "--move-tag", &sandbox.sha7()];
    let plan = sandbox.imgplan(&args).arg("--build-command").arg("true").plan();
    plan.only().expect("up-to-date");
    let warnings = plan.only().list("warnings");
    assert!(warnings.iter().any(|text| text.contains("came after this one")), "{warnings:?}");
}
