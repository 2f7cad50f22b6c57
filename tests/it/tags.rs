//! Templates as a user meets them: what `check` finds in them, and what they become in a plan.

use crate::support::Sandbox;

#[test]
fn check_finds_every_template_that_would_overwrite() {
    let sandbox = Sandbox::small();
    sandbox.write(
        "imgplan.toml",
        "[tags]\ncommit = \"{branch}\"\nwrite-once = [\"nightly-{commit_date:%Y%m%d}\", \"{sha:12}\", \"edge\"]\n\
         floating = [\"edge-{branch}\"]\nclasses = { floating = [\"c0ff*\"] }\n",
    );
    sandbox.commit("Tags");
    let run = sandbox.fails(&["check"], 1).says(&[
        "error: imgplan.toml:2:10: tags.commit: the tag \"{branch}\" is written once, but nothing in it tells one build \
         from the next",
        "error: imgplan.toml:3:15: tags.write-once[0]: the tag \"nightly-{commit_date:%Y%m%d}\"",
        "error: imgplan.toml:3:59: tags.write-once[2]: the tag \"edge\"",
        "error: imgplan.toml:5:25: tags.classes.floating[0]: the pattern \"c0ff*\" makes a tag floating that \"{sha:12}\" \
         wants to be written once, such as c0ffee012345",
        "hint: add {sha:7}, {version}, {count} or a date down to the second",
    ]);
    assert_eq!(run.stderr.matches("error: ").count(), 4, "{}", run.stderr);
}

#[test]
fn check_has_nothing_against_the_tags_that_projects_use() {
    let sandbox = Sandbox::small();
    sandbox.write(
        "imgplan.toml",
        "[tags]\ncommit = \"{build_date:%Y%m%d-%H%M%S}-{sha:8}\"\nwrite-once = [\"{version}\", \"{commit_date:%Y.%m}.{count}\"]\n\
         floating = [\"latest\", \"{branch}\"]\nclasses = { floating = [\"latest\", \"{branch}\"], expiring = [\"pr-*\"] }\n",
    );
    sandbox.commit("Tags");
    let run = sandbox.imgplan(&["check"]).run().expect(0);
    assert!(!run.stderr.contains("error"), "{}", run.stderr);
}

#[test]
fn a_fault_of_a_template_is_placed_in_the_file() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[tags]\ncommit = \"{build_date:%H:%M}-{sha:8}\"\n");
    sandbox
        .fails(&["check"], 1)
        .says(&["imgplan.toml:2:25: tags.commit: `{build_date}` ':' cannot stand in a tag"]);
}

/// A branch may be called like a release's tag: what a release wrote stays, and the plan says why.
#[test]
fn a_branch_that_is_called_like_a_release_takes_no_tag_of_it() {
    let released = |configuration: &str, branch: &str, moves: bool| {
        let sandbox = Sandbox::small();
        sandbox.write("imgplan.toml", configuration);
        sandbox.commit("Follow the branch");
        let digest = sandbox.build_all().remove(0);
        sandbox.git(&["tag", "v1.0.0"]);
        sandbox.imgplan(&["release", "--repository", &sandbox.repository(), "v1.0.0"]).run().expect(0);
        let before = sandbox.tags();
        sandbox.git(&["checkout", "--quiet", "-b", branch]);
        sandbox.write("app.txt", "more work\n");
        sandbox.commit("Work");
        let next = sandbox.build_all().remove(0);
        let plan = sandbox.apply(&[]).plan();
        let said = format!("the tag {branch} is left out: it could be that of a release");
        let notes = plan.only().list("warnings");
        assert_eq!(
            notes.iter().any(|note| note.starts_with(&said)),
            !moves,
            "{configuration}{branch}: {notes:?}"
        );
        let after = sandbox.tags();
        for tag in ["1.0.0", "1.0", "1", "latest"].into_iter().filter(|tag| *tag != branch) {
            assert_eq!(after.get(tag), before.get(tag), "{configuration}{branch}: {tag}");
        }
        let expected = if moves { Some(&next) } else { before.get(branch) };
        assert_eq!(after.get(branch), expected, "{configuration}{branch} after {digest}");
    };
    const FOLLOW: &str = "[tags]\nfloating = [\"{branch}\"]\n";
    let rule = format!("{FOLLOW}[[release]]\ngit-tag = \"v{{version}}\"\n");
    for branch in ["1.0.0", "1.0", "1", "1.1"] {
        released(FOLLOW, branch, false);
    }
    for branch in ["1.0", "latest"] {
        released(&rule, branch, false);
    }
    released(FOLLOW, "next", true);
    released(&rule, "next", true);
}
