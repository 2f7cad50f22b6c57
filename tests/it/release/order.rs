//! Floating tags through the binary: conflicts, strangers, and many releases in an order of their own.

use super::Project;
use crate::support::Image;

/// A version tag at another image: both digests, nothing else moves, and the tag moves only by its name.
#[test]
fn a_version_is_released_once() {
    let project = Project::new("");
    let first = project.tag("v1.0.0");
    project.release(&[]);
    project.sandbox.git(&["tag", "--delete", "v1.0.0"]);
    project.sandbox.write("other.txt", "");
    project.sandbox.write("Dockerfile", "FROM scratch\nCOPY app.txt other.txt /\n");
    let second = project.tag("v1.0.0");
    let run = project.call(&["v1.0.0"]).run().expect(5).says(&[
        &first,
        &second,
        "is written once",
        "--move-tag 1.0.0",
    ]);
    assert!(run.stdout.contains("refused"), "{}", run.stdout);
    for tag in ["1.0.0", "1.0", "1", "latest"] {
        assert_eq!(project.at(tag).as_ref(), Some(&first), "{tag}");
    }
    project.call(&["v1.0.0", "--dry-run"]).run().expect(5);
    project.call(&["v1.0.0", "--move-tag", "1.0"]).run().expect(5);
    assert_eq!(project.at("1.0").as_ref(), Some(&first), "not before the version tag");
    let all = ["1.0.0", "1.0", "1", "latest"].map(|tag| ["--move-tag", tag]).concat();
    project.release(&[&["v1.0.0"][..], &all].concat());
    assert_eq!(project.at("latest").as_ref(), Some(&second));
}

/// A `latest` that somebody put by hand is a finding; the other tags are set.
#[test]
fn a_stranger_under_a_floating_tag_is_left_and_told() {
    let project = Project::new("");
    let other = project.sandbox.image("latest", &Image::new("by hand"));
    let digest = project.tag("v1.0.0");
    let run = project.call(&[]).run().expect(5);
    run.says(&["latest is left at", &other, "--move-tag latest"]);
    assert_eq!(project.at("latest"), Some(other));
    assert_eq!(project.at("1").as_ref(), Some(&digest));
    project.release(&["--move-tag", "latest"]);
    assert_eq!(project.at("latest"), Some(digest));
}

/// A clone of CI without git's tags: what it does not know may be higher, and moving `latest` takes it back.
#[test]
fn without_git_tags_a_floating_tag_of_a_higher_version_says_which_and_what_to_fetch() {
    let project = Project::new("");
    project.tag("v1.2.4");
    let higher = project.sandbox.image("2.0", &Image::new("higher"));
    project.sandbox.image("latest", &Image::new("higher"));
    project.sandbox.image("1.9", &Image::new("other"));
    for args in [&["--dry-run"][..], &[]] {
        let run = project.call(args).run().expect(5);
        let run =
            run.says(&[&format!("latest is left at {higher}: that image is that of 2.0, which is higher")]);
        let hint = |text: &str| run.stderr.find(text).unwrap_or_else(|| panic!("{text}: {}", run.stderr));
        assert!(hint("git fetch --tags") < hint("which takes it back: --move-tag latest"));
    }
    assert_eq!(project.at("latest"), Some(higher));
}

#[test]
fn a_tag_to_move_must_be_one_of_the_release() {
    let project = Project::new("");
    project.tag("v1.0.0");
    project.call(&["--move-tag", "newest"]).run().expect(2).says(&["--move-tag newest"]);
    assert_eq!(project.at("1.0.0"), None, "nothing is written where the command line is wrong");
}

/// A registry knows a release that this clone has no git tag for.
#[test]
fn the_registry_wins_over_git() {
    let project = Project::new("");
    project.tag("v2.0.0");
    project.release(&[]);
    project.sandbox.git(&["tag", "--delete", "v2.0.0"]);
    let second = project.at("2.0.0");
    project.tag("v1.0.0");
    project.release(&[]).shows(&["2.0.0 is in the registry, and git here has no tag for it"]);
    assert_eq!(project.at("latest"), second);
}

/// Git knows a higher release that is not out: the tags go to this one until that is.
#[test]
fn a_higher_git_tag_that_is_not_out_is_told() {
    let project = Project::new("");
    let first = project.tag("v1.0.0");
    project.tag("v1.1.0");
    project.release(&["v1.0.0"]).shows(&["git has v1.1.0", "1 and latest move on when that is released"]);
    assert_eq!(project.at("latest"), Some(first));
}

/// Releases in an order of their own, each run through the program.
#[test]
fn many_releases_end_where_they_belong() {
    let project = Project::new("");
    let mut order: Vec<(usize, usize, usize)> = (0..3)
        .flat_map(|major| (0..3).flat_map(move |minor| (0..2).map(move |patch| (major, minor, patch * 11))))
        .collect();
    // A fixed order that is none.
    order.sort_by_key(|(major, minor, patch)| (major * 31 + minor * 17 + patch * 7) % 37);
    let mut digests = std::collections::BTreeMap::new();
    for version @ (major, minor, patch) in &order {
        digests.insert(*version, project.tag(&format!("v{major}.{minor}.{patch}")));
    }
    project.tag("v9.0.0-rc.1");
    project.release(&["v9.0.0-rc.1"]);
    for (major, minor, patch) in &order {
        project.release(&[&format!("v{major}.{minor}.{patch}"), "--quiet"]);
    }
    let tags = project.sandbox.tags();
    for major in 0..3 {
        let highest = (major > 0).then(|| digests.get(&(major, 2, 11)).unwrap());
        assert_eq!(tags.get(&major.to_string()), highest, "{major}");
        for minor in 0..3 {
            let tag = format!("{major}.{minor}");
            assert_eq!(tags.get(&tag), digests.get(&(major, minor, 11)), "{tag}");
        }
    }
    assert_eq!(tags.get("latest"), digests.get(&(2, 2, 11)));
}
