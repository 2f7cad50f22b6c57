//! Descriptions beside `git describe --tags`: merges, both kinds of tags, cut-off clones.

use super::Sandbox;
use crate::git::{Described, Git};

/// Commits with times of their own, by a script of words: `c` a commit, `t:NAME` and `a:NAME` tags, `b:NAME` a branch,
/// `o:NAME` back to one, `m:NAME` a merge.
fn history(script: &str) -> Sandbox {
    let sandbox = Sandbox::with_repo();
    let mut time = 1_700_000_000;
    for word in script.split_whitespace() {
        time += 60;
        let date = format!("{time} +0000");
        let mut command = sandbox.command("repo");
        command.env("GIT_COMMITTER_DATE", &date).env("GIT_AUTHOR_DATE", &date);
        let (kind, name) = word.split_once(':').unwrap_or((word, ""));
        match kind {
            "c" => command.args(["commit", "--quiet", "--allow-empty", "-m", "c"]),
            "t" => command.args(["tag", name]),
            "a" => command.args(["tag", "-a", "-m", "tag", name]),
            "b" => command.args(["checkout", "--quiet", "-b", name]),
            "o" => command.args(["checkout", "--quiet", name]),
            "m" => command.args(["merge", "--quiet", "--no-ff", "--no-edit", name]),
            _ => panic!("{word}"),
        };
        assert!(command.status().unwrap().success(), "{word}");
    }
    sandbox
}

fn described(git: &Git, spec: &str) -> Described {
    git.describer().unwrap().describe(&git.commit(spec).unwrap().id).unwrap()
}

/// Every commit of a history, described by one describer, as git describes it.
#[track_caller]
fn same_as_git(script: &str) {
    let sandbox = history(script);
    let git = sandbox.open("repo");
    let describer = git.describer().unwrap();
    for commit in sandbox.git("repo", &["rev-list", "--all"]).lines() {
        let args = ["describe", "--tags", "--abbrev=7", commit];
        let output = sandbox.command("repo").args(args).output().unwrap();
        let expected = match output.status.success() {
            true => Described::As(String::from_utf8(output.stdout).unwrap().trim_end().to_owned()),
            false => Described::NoTag,
        };
        let id = git.commit(commit).unwrap().id;
        assert_eq!(describer.describe(&id).unwrap(), expected, "{script}: {commit}");
    }
}

#[test]
fn a_line_of_commits_is_described_as_git_does() {
    same_as_git("c t:v1 c c a:v2 c t:v3 c c");
    same_as_git("c c c");
}

#[test]
fn annotated_tags_win_and_of_those_the_newest() {
    same_as_git("c t:aa a:light-loses a:newest t:zz c");
    same_as_git("c t:one t:another c c");
}

#[test]
fn merges_are_counted_as_git_counts_them() {
    same_as_git(
        "c t:v1 b:side c c t:s1 c o:main c c a:v2 c m:side c c b:other c o:side c c o:main m:other m:side c",
    );
    same_as_git("c t:old b:a c c c t:on-a o:main b:b c t:on-b c c c o:main m:a m:b c");
}

#[test]
fn more_tags_than_are_compared() {
    let branches: Vec<String> = (0..12).map(|n| format!("o:main b:b{n} c t:tag{n} c c")).collect();
    let merges: Vec<String> = (0..12).map(|n| format!("m:b{n}")).collect();
    same_as_git(&format!("c t:root c {} o:main {} c", branches.join(" "), merges.join(" ")));
}

#[test]
fn a_shallow_clone_says_only_what_it_can_know() {
    let sandbox = history("c t:v1 c c c c t:v2 c c");
    let clone = |name: &str, depth: &str| {
        let url = sandbox.url("repo");
        sandbox.git(".", &["clone", "--quiet", "--depth", depth, &url, name]);
        sandbox.git(name, &["fetch", "--quiet", "--tags", "--depth", depth, "origin", "main"]);
        sandbox.open(name)
    };
    let whole = described(&sandbox.open("repo"), "main");
    assert!(matches!(&whole, Described::As(text) if text.starts_with("v2-2-g")), "{whole:?}");
    assert_eq!(described(&clone("enough", "4"), "HEAD"), whole, "the tag is in the clone");
    assert_eq!(described(&clone("short", "2"), "HEAD"), Described::CutOff);
    sandbox.git("short", &["tag", "here"]);
    assert_eq!(described(&sandbox.open("short"), "HEAD"), Described::As("here".to_owned()));
}

/// The tag can be reached, but a side branch was cut off that may have had a nearer one.
#[test]
fn a_branch_that_was_cut_off_leaves_it_open() {
    let sandbox = history("c t:v1 c b:side c c c t:near c o:main c m:side");
    let url = sandbox.url("repo");
    sandbox.git(".", &["clone", "--quiet", "--no-tags", "--depth", "4", &url, "cut"]);
    sandbox.git("cut", &["tag", "v1", "HEAD~1"]);
    assert_eq!(described(&sandbox.open("cut"), "HEAD"), Described::CutOff);
}

/// The `git` program is asked where gix cannot read the references; here it can, so that both can be compared.
#[test]
fn the_git_program_lists_the_same_tags() {
    let sandbox = history("c t:v1 a:annotated c t:deep/name a:v2 c");
    sandbox.git("repo", &["tag", "-a", "-m", "x", "of-a-tag", "v2"]);
    let git = sandbox.open("repo");
    assert_eq!(git.described_by_program().unwrap(), git.described().unwrap());
    assert_eq!(git.described().unwrap().len(), 2, "one name for each commit");
}
