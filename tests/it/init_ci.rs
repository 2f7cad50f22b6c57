//! The CI file of `imgplan init`: which one it is, what is printed for a pipeline that is there, and what is said of it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::init::{WORKFLOW, five, init};
use crate::support::Sandbox;

#[test]
fn the_ci_file_is_that_of_the_platform() {
    let both = [".gitlab-ci.yml", WORKFLOW];
    for (remote, folder, args, expected) in [
        ("git@github.com:acme/shop.git", "", &[][..], Some(1)),
        ("https://gitlab.com/acme/shop.git", "", &[], Some(0)),
        ("https://gitlab.example.org/acme/shop.git", "", &[], Some(0)),
        ("https://git.example.org/acme/shop.git", "", &[], None),
        ("https://git.example.org/acme/shop.git", ".github/CODEOWNERS", &[], Some(1)),
        ("git@github.com:acme/shop.git", ".gitlab/merge.md", &[], Some(0)),
        ("git@github.com:acme/shop.git", ".renku/renku.ini", &[], Some(0)),
        ("git@github.com:acme/shop.git", "", &["--ci", "gitlab"], Some(0)),
        ("git@github.com:acme/shop.git", "", &["--ci", "none"], None),
        ("https://gitlab.com/acme/shop.git", "", &["--ci", "github"], Some(1)),
    ] {
        let sandbox = Sandbox::small();
        sandbox.git(&["remote", "add", "origin", remote]);
        if !folder.is_empty() {
            sandbox.write(folder, "");
        }
        init(&sandbox, args);
        for (index, file) in both.iter().enumerate() {
            let there = sandbox.root().join(file).exists();
            assert_eq!(there, expected == Some(index), "{remote} {folder} {args:?}: {file}");
        }
    }
    let sandbox = Sandbox::small();
    init(&sandbox, &["--ci", "gitlab"]);
    let job = include_str!("../../fixtures/gitlab/one-job.gitlab-ci.yml");
    assert_eq!(sandbox.read(".gitlab-ci.yml"), job);
    let mode = fs::metadata(sandbox.root().join(".gitlab-ci.yml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    init(&sandbox, &["--ci", "github"]);
    assert_eq!(sandbox.read(WORKFLOW), include_str!("../../fixtures/github/images.yml"));
}

/// The job goes to stdout, for a person or a pipe; Renku's job keeps its name.
#[test]
fn a_pipeline_that_is_there_is_never_touched() {
    let whole = include_str!("../../fixtures/gitlab/one-job.gitlab-ci.yml");
    let job = format!("\n{}", whole.replace("stages:\n  - build\n\n", ""));
    assert!(!job.contains("stages"));
    let sandbox = Sandbox::small();
    for (text, said) in [
        ("test:\n  script: make test\n", "add the printed job"),
        ("image_build:\n  script: docker build .\n", "in the place of its job image_build"),
    ] {
        sandbox.write(".gitlab-ci.yml", text);
        for args in [&[][..], &["--overwrite"]] {
            let run = init(&sandbox, args).says(&[".gitlab-ci.yml is there", said]);
            assert_eq!(run.stdout, job);
            assert_eq!(sandbox.read(".gitlab-ci.yml"), text);
        }
    }
    let workflow = ".github/workflows/ci.yml";
    sandbox.write(workflow, "steps:\n  - uses: imgplan/imgplan@v0.1.0\n");
    init(&sandbox, &["--ci", "github"]).says(&[workflow, "runs imgplan already"]);
    assert!(!sandbox.root().join(WORKFLOW).exists());
    sandbox.write(".gitlab-ci.yml", &job);
    assert_eq!(init(&sandbox, &[]).says(&["runs imgplan already"]).stdout, "");
}

/// `imgplan init >> .gitlab-ci.yml`, for a file with stages and one without, whether or not its last line ends.
#[test]
fn the_printed_job_can_be_appended() {
    for text in ["stages: [build, test]\nt:\n  script: npm run build", "t:\n  script: make test\n"] {
        let sandbox = Sandbox::small();
        sandbox.write(".gitlab-ci.yml", text);
        let run = init(&sandbox, &[]);
        let whole: yaml_serde::Mapping = yaml_serde::from_str(&format!("{text}{}", run.stdout)).unwrap();
        assert_eq!(whole.contains_key("stages"), text.contains("stages"));
        assert_eq!(whole["t"], yaml_serde::from_str::<yaml_serde::Mapping>(text).unwrap()["t"]);
        assert_eq!(whole["image_build"]["stage"], "build");
    }
    let sandbox = Sandbox::small();
    sandbox
        .write(".gitlab-ci.yml", "# imgplan apply, some day\nstages: [test]\nt:\n  script: npm run build\n");
    let run = init(&sandbox, &[]).says(&["name one of its stages in place of `build`"]);
    assert!(run.stdout.contains("image_build:"));
}

/// What a CI file cannot do by itself is said.
#[test]
fn what_the_ci_file_lacks_is_said() {
    let sandbox = five();
    init(&sandbox, &["--ci", "gitlab"]).says(&[
        "builds 5 images one after another",
        "child pipeline",
        "docs/gitlab.md",
    ]);
    let sandbox = Sandbox::small();
    let run = init(&sandbox, &["--ci", "gitlab"]);
    assert!(!run.stderr.contains("child pipeline"), "{}", run.stderr);
    let said = init(&sandbox, &["--ci", "github"]).stderr;
    let sums = include_str!("../../action/checksums.txt");
    let released =
        sums.lines().any(|line| !line.starts_with('#') && line.contains(env!("CARGO_PKG_VERSION")));
    assert_eq!(said.contains("is not released") && said.contains("`binary:`"), !released, "{said}");
}
