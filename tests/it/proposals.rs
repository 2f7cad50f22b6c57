//! Pipelines of merge and pull requests: the branch that they name is the proposal's, and whoever opens one chooses its
//! name. No tag that moves follows it.

use crate::support::run::Call;
use crate::support::{Image, Plan, Sandbox};

const FLOATING: &str = "[tags]\nfloating = [\"{branch}\", \"latest\"]\n";

/// A clone as CI has it, one commit deep and detached, of a project whose `main` and `latest` are at another image.
struct Job {
    sandbox: Sandbox,
    clone: String,
    sha: String,
}

impl Job {
    fn new() -> Job {
        let sandbox = Sandbox::small();
        sandbox.write("imgplan.toml", FLOATING);
        sandbox.commit("Follow the branch");
        for tag in ["main", "latest", "pr-main"] {
            sandbox.image(tag, &Image::new("the trusted one"));
        }
        sandbox.git(&["checkout", "--quiet", "-b", "proposal"]);
        sandbox.write("app.txt", "proposed\n");
        let sha = sandbox.commit("A proposal");
        sandbox.build_all();
        let clone = sandbox.beside("job").display().to_string();
        let url = format!("file://{}", sandbox.root().display());
        sandbox.git(&["clone", "--quiet", "--depth", "1", "--branch", "proposal", &url, &clone]);
        for args in [["checkout", "--quiet", "--detach"], ["branch", "-D", "proposal"]] {
            sandbox.git(&[&["-C", &clone][..], &args].concat());
        }
        sandbox.git(&["-C", &clone, "update-ref", "-d", "refs/remotes/origin/proposal"]);
        Job { sandbox, clone, sha }
    }

    fn call(&self, command: &str, environment: &[(&str, &str)]) -> Call {
        let repository = self.sandbox.repository();
        let args = [command, "--format", "json", "--repository", &repository, "-C", &self.clone];
        let call = self.sandbox.imgplan(&args);
        environment.iter().fold(call, |call, (name, value)| call.env(name, value))
    }

    fn gitlab<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        [&[("CI_COMMIT_SHA", self.sha.as_str()), ("CI_COMMIT_REF_NAME", "main")], more].concat()
    }
}

#[track_caller]
fn stays(plan: &Plan, variable: &str) {
    let warnings = plan.only().list("warnings");
    assert_eq!(plan.only().list("tags").len(), 1, "the commit tag alone: {:#}", plan.0);
    for tag in ["main", "latest"] {
        let said = format!("the tag {tag} is left where it is");
        assert!(warnings.iter().any(|note| note.contains(&said) && note.contains(variable)), "{warnings:?}");
    }
}

/// A fork's branch may be called `main`, and its pipeline may run in the parent project.
#[test]
fn a_merge_request_moves_no_floating_tag() {
    let job = Job::new();
    let before = job.sandbox.tags();
    let environment = job.gitlab(&[("CI_MERGE_REQUEST_IID", "7")]);
    let plan = job.call("apply", &environment).plan();
    plan.only().expect("up-to-date");
    stays(&plan, "CI_MERGE_REQUEST_IID");
    let after = job.sandbox.tags();
    assert!(before.iter().all(|(tag, digest)| after[tag] == *digest), "{before:?} {after:?}");
    // The same commit in the branch's own pipeline is its tip, as far as is known.
    job.call("apply", &job.gitlab(&[])).plan().only().expect("up-to-date");
    assert_ne!(job.sandbox.tags()["main"], before["main"]);
}

#[test]
fn a_pull_request_moves_no_floating_tag() {
    let job = Job::new();
    let (sha, head) = (("GITHUB_SHA", job.sha.as_str()), ("GITHUB_HEAD_REF", "main"));
    for kind in [("GITHUB_REF_NAME", "7/merge"), ("GITHUB_REF_TYPE", "branch")] {
        stays(&job.call("plan", &[sha, head, kind]).plan(), "GITHUB_HEAD_REF");
    }
    // Also where the job has checked the branch out by its name, which then is none of CI's commits.
    job.sandbox.git(&["-C", &job.clone, "checkout", "--quiet", "-b", "main"]);
    stays(&job.call("plan", &[("GITHUB_SHA", &"a".repeat(40)), head]).plan(), "GITHUB_HEAD_REF");
}

/// What is worth doing may still go by the branch.
#[test]
fn the_branch_counts_for_rules() {
    let job = Job::new();
    let environment = job.gitlab(&[("CI_MERGE_REQUEST_IID", "7")]);
    let config = std::path::Path::new(&job.clone).join("imgplan.toml");
    for (rule, action) in
        [("[only]\nbranches = [\"main\"]", "retag"), ("[skip]\nbranches = [\"main\"]", "skip")]
    {
        std::fs::write(&config, format!("{FLOATING}{rule}\n")).unwrap();
        job.call("plan", &environment).plan().only().expect(action);
    }
}

/// A scope's own floating tags are nobody else's.
#[test]
fn a_scopes_floating_tags_move() {
    let job = Job::new();
    let environment = job.gitlab(&[("CI_MERGE_REQUEST_IID", "7"), ("IMGPLAN_SCOPE", "pr")]);
    let plan = job.call("plan", &environment).plan();
    assert!(plan.only().list("missing_tags").contains(&"pr-main"), "{:#}", plan.0);
}
