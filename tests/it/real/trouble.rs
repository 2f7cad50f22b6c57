//! Builders that fail, lie, meet each other or are interrupted.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::world::{self, Real};
use crate::support::plan::Plan;
use crate::support::{Image, Sandbox};

/// One image's failure is named with what the builder said; its child is not built, the others are.
#[test]
fn one_failure_does_not_stop_the_others() {
    let real = Real::around(Sandbox::new());
    let sandbox = &real.sandbox;
    // There is no such user in an empty image, and only the builder can find out.
    sandbox.write("bad/Dockerfile", "FROM scratch\nCOPY --chown=nobody:nobody a.txt /\n");
    sandbox.write("bad/a.txt", "a\n");
    sandbox.write("child/Dockerfile", "FROM bad\n");
    sandbox.write("good/Dockerfile", "FROM scratch\nCOPY a.txt /\n");
    sandbox.write("good/a.txt", "a\n");
    sandbox.write(
        "imgplan.toml",
        "[images.bad]\ncontext = \"bad\"\n[images.good]\ncontext = \"good\"\n\
         [images.child]\ncontext = \"child\"\ncontexts = { bad = \"image:bad\" }\n",
    );
    sandbox.commit("Three images");
    let run = real.imgplan(&["apply", "--build=buildah"]).run().expect(3);
    let run = run.says(&[
        "buildah did not build the image bad",
        "hint: the command was: buildah build",
        "child was not built, because its parent bad was not",
    ]);
    let plan = run.plan();
    plan.image("good").expect("up-to-date");
    for name in ["bad", "child"] {
        plan.image(name).expect("build");
        assert_eq!(plan.image(name).digest(), None);
    }
    world::digest(sandbox, &format!("docker://{}/good:{}", real.repository(), sandbox.sha7()));
    assert_eq!(world::left_behind(sandbox), [""; 0]);
}

/// Nothing is tagged on the word of a builder alone.
#[test]
fn a_build_that_was_not_pushed_is_found_out() {
    let real = Real::new();
    let script = "buildah bud -f \"$IMGPLAN_DOCKERFILE\" \"$IMGPLAN_CONTEXT\"";
    let run = real.imgplan(&["apply", "--build-command", script]).run().expect(3);
    run.says(&[
        &format!("app was built, but {}:{} is not there", real.repository(), real.sandbox.sha7()),
        "hint: the build must push every tag that it was given (IMGPLAN_TAGS)",
    ]);
    real.imgplan(&["plan"]).plan().only().expect("build");
}

/// Two pipelines of one commit, both past the question whether its image is there before either has built it.
fn two_at_once(sandbox: &Sandbox, repository: &str) -> [Plan; 2] {
    let both = "case $1 in build)\n  mkdir -p \"$log\"; : >\"$log/$$\"\n  \
                while [ \"$(ls \"$log\" | wc -l)\" -lt 2 ]; do sleep 0.01; done ;;\nesac";
    let path = world::shim(sandbox, both);
    let start = || {
        let args = ["apply", "--build=buildah", "--repository", repository];
        world::imgplan(sandbox, &args).env("PATH", &path).start()
    };
    let running = [start(), start()];
    let runs = running.map(|running| running.finish().expect(0));
    assert!(runs.iter().all(|run| run.stderr.contains("STEP ")), "both build: {runs:?}");
    assert_eq!(world::left_behind(sandbox), [""; 0]);
    runs.map(|run| run.plan())
}

#[test]
fn two_at_once_on_a_registry_agree() {
    let real = Real::new();
    let plans = two_at_once(&real.sandbox, &real.repository());
    agree(&plans, |tag| real.digest(tag), &real.sandbox);
}

#[test]
fn two_at_once_on_a_layout_agree() {
    let sandbox = Sandbox::small();
    let repository = sandbox.repository();
    let plans = two_at_once(&sandbox, &repository);
    agree(&plans, |tag| world::digest(&sandbox, &format!("{repository}:{tag}")), &sandbox);
    assert_eq!(sandbox.tags().len(), 2);
}

/// A commit's tag is written once, however close another pipeline is: the second one keeps to the first one's image.
#[test]
fn a_tag_that_appears_during_the_build_is_not_moved() {
    let sandbox = Sandbox::small();
    let repository = sandbox.repository();
    let args = ["apply", "--build=buildah", "--repository", &repository];
    // The whole job of the first pipeline on a machine of its own, between the second one's build and its tags.
    let other = format!(
        "case $1 in push)\n  sed 's/containers/others/' \"$CONTAINERS_STORAGE_CONF\" >\"$log.conf\"\n  \
         CONTAINERS_STORAGE_CONF=$log.conf PATH='{}' '{}' {} --format json -C '{}' >\"$log\" ;;\nesac",
        std::env::var("PATH").unwrap(),
        env!("CARGO_BIN_EXE_imgplan"),
        args.join(" "),
        sandbox.root().display(),
    );
    let path = world::shim(&sandbox, &other);
    let plan = world::imgplan(&sandbox, &args).env("PATH", &path).plan();
    let first: serde_json::Value = serde_json::from_slice(&fs::read(sandbox.beside("log")).unwrap()).unwrap();
    let first = first["images"][0]["digest"].as_str().expect("a digest");
    let tags = sandbox.tags();
    assert_eq!(tags[&sandbox.sha7()], first, "{tags:?}");
    assert_eq!(tags[plan.only().content_tag()], first);
    plan.only().expect("up-to-date");
    assert_eq!(plan.only().digest(), Some(first));
    assert!(plan.only().reason().contains("first"), "{}", plan.only().reason());
}

/// The same, but what appears there is no image of this content.
#[test]
fn a_strange_image_that_appears_during_the_build_is_a_conflict() {
    let sandbox = Sandbox::small();
    let elsewhere = Sandbox::small();
    let tag = sandbox.sha7();
    let strange = elsewhere.image(&tag, &Image::new("strange"));
    let (from, to) = (elsewhere.layout(), sandbox.layout());
    let appears = format!("case $1 in push) cp -R '{}' '{}' ;; esac", from.display(), to.display());
    let path = world::shim(&sandbox, &appears);
    let args = ["apply", "--build=buildah", "--repository", &sandbox.repository()];
    let run = world::imgplan(&sandbox, &args).env("PATH", &path).run().expect(5);
    run.says(&[&tag, &strange, "hint:"]);
    assert_eq!(sandbox.tags().into_iter().collect::<Vec<_>>(), [(tag, strange)]);
}

/// Each says an image that is there, the tags are those of one of them, and the next commit finds it.
fn agree(plans: &[Plan; 2], digest: impl Fn(&str) -> String, sandbox: &Sandbox) {
    let said: Vec<_> = plans.iter().map(|plan| plan.only().digest().expect("a digest")).collect();
    for tag in [&sandbox.sha7(), plans[0].only().content_tag()] {
        let there = digest(tag);
        assert!(said.contains(&there.as_str()), "{tag} is at {there}, not at one of {said:?}");
    }
}

/// A project whose build takes an hour, in a step that says its own name to the process list.
fn slow() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    world::shell_root(&sandbox, &sandbox.root().join("root"));
    // The sandbox's own folder makes the number one that no other test has.
    let nap = format!(
        "3600.{}",
        sandbox
            .root()
            .display()
            .to_string()
            .bytes()
            .fold(7_u64, |sum, byte| { sum.wrapping_mul(31).wrapping_add(byte.into()) })
    );
    sandbox.write("Dockerfile", &format!("FROM scratch\nCOPY root /\nRUN [\"/bin/sleep\", \"{nap}\"]\n"));
    sandbox.commit("A slow build");
    (sandbox, nap)
}

/// Processes that belong to this sandbox: by what they run, or by the environment that imgplan gave them.
fn processes(sandbox: &Sandbox, nap: &str) -> Vec<String> {
    let home = sandbox.beside("home").display().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap() {
        let dir = entry.unwrap().path();
        // A process may end while it is looked at.
        let read = |name: &str| fs::read(dir.join(name)).unwrap_or_default();
        let (command, environment) = (read("cmdline"), read("environ"));
        let has = |bytes: &[u8], text: &str| String::from_utf8_lossy(bytes).contains(text);
        if has(&command, nap) || has(&environment, &home) {
            found.push(String::from_utf8_lossy(&command).replace('\0', " "));
        }
    }
    found
}

/// Waits until something is so.
#[track_caller]
fn until(what: &str, so: impl Fn() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn sleeps(sandbox: &Sandbox, nap: &str) -> bool {
    processes(sandbox, nap).iter().any(|command| command.trim() == format!("/bin/sleep {nap}"))
}

/// No process, no temporary folder, no tag.
#[track_caller]
fn assert_clear(sandbox: &Sandbox, nap: &str) {
    assert_eq!(processes(sandbox, nap), [""; 0]);
    assert_eq!(world::left_behind(sandbox), [""; 0]);
    assert_eq!(sandbox.tags().len(), 0);
}

/// As `kill -INT` of a job does it: the group that imgplan leads.
#[test]
fn an_interrupt_ends_the_build_and_clears_up() {
    let (sandbox, nap) = slow();
    let args = ["apply", "--build=buildah", "--repository", &sandbox.repository()];
    let running = world::imgplan(&sandbox, &args).group().start();
    until("the build does not begin", || sleeps(&sandbox, &nap));
    assert!(!world::left_behind(&sandbox).is_empty(), "the checkout is there while it is built");
    running.interrupt();
    running.finish().expect(130).says(&["interrupted by SIGINT"]);
    assert_clear(&sandbox, &nap);
}

/// As a person does it: Ctrl-C on a terminal, which reaches imgplan and the builder alike.
#[test]
fn ctrl_c_on_a_terminal_ends_the_build_and_clears_up() {
    let (sandbox, nap) = slow();
    // util-linux's script runs a command on a terminal of its own, and types what it is given.
    let mut command = sandbox.command("script");
    let line = format!(
        "'{}' apply --build=buildah --repository {}",
        env!("CARGO_BIN_EXE_imgplan"),
        sandbox.repository()
    );
    command.envs(world::environment(&sandbox)).current_dir(sandbox.root());
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    until("the build does not begin", || sleeps(&sandbox, &nap));
    child.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(said.contains("interrupted by SIGINT"), "{said}");
    assert_clear(&sandbox, &nap);
}
