//! Renku's project templates with a history: for each edit that people make, whether it costs a build.

use crate::support::Sandbox;

/// What an edit does to the content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Costs {
    /// The content hash stays: a retag.
    Nothing,
    /// The content hash is new: a build.
    Build,
    /// The content hash is that of the first commit again: a retag.
    Back,
}
use Costs::{Back, Build, Nothing};

struct Edit {
    what: &'static str,
    make: fn(&Sandbox),
    costs: Costs,
}

fn edit(what: &'static str, costs: Costs, make: fn(&Sandbox)) -> Edit {
    Edit { what, make, costs }
}

/// What costs nothing in any template.
fn idle() -> Vec<Edit> {
    vec![
        edit("README", Nothing, |s| s.append("README.md", "More words.\n")),
        edit("data", Nothing, |s| s.write("data/measured.csv", "1,2\n")),
        edit("workflow", Nothing, |s| s.append("workflows/my-workflow.yaml", "# more\n")),
        edit("code that is not copied", Nothing, |s| s.write("src/model.py", "print(1)\n")),
        edit("Renku's own settings", Nothing, |s| s.append(".renku/renku.ini", "cpu_request = 2\n")),
        edit("CI file", Nothing, |s| s.append(".gitlab-ci.yml", "# more\n")),
        edit("ignore file, another line", Nothing, |s| s.append(".dockerignore", "figures\n")),
        edit("comment in the Dockerfile", Nothing, |s| {
            s.replace("Dockerfile", "# Uncomment to ship", "# Remove the mark to ship");
        }),
        edit("blank lines in the Dockerfile", Nothing, |s| s.append("Dockerfile", "\n\n# The end.\n")),
        edit("notebook", Nothing, |s| s.write("notebooks/explore.ipynb", "{\"cells\": []}\n")),
        edit("rename of a notebook", Nothing, |s| {
            s.git(&["mv", "notebooks/explore.ipynb", "notebooks/explored.ipynb"]);
        }),
    ]
}

/// What costs a build in any template.
fn dockerfile() -> Vec<Edit> {
    vec![
        edit("RENKU_VERSION", Build, |s| s.replace("Dockerfile", "=2.7.0", "=2.8.0")),
        edit("RENKU_VERSION, reverted", Back, |s| s.replace("Dockerfile", "=2.8.0", "=2.7.0")),
        edit("another base image", Build, |s| s.replace("Dockerfile", "-0.25.0", "-0.26.0")),
        edit("the base image, reverted", Back, |s| s.replace("Dockerfile", "-0.26.0", "-0.25.0")),
        edit("one more instruction", Build, |s| s.append("Dockerfile", "USER root\n")),
        edit("one instruction less", Back, |s| s.replace("Dockerfile", "USER root\n", "")),
    ]
}

/// requirements.txt where the template copies it: bytes, mode, and the way back.
fn requirements() -> Vec<Edit> {
    vec![
        edit("requirements", Build, |s| s.append("requirements.txt", "pandas==2.2.2\n")),
        edit("requirements, reverted", Back, |s| s.replace("requirements.txt", "pandas==2.2.2\n", "")),
        edit("exec bit on requirements.txt", Build, |s| s.executable("requirements.txt")),
        edit("exec bit off again", Back, |s| {
            let text = s.read("requirements.txt");
            s.remove("requirements.txt");
            s.write("requirements.txt", &text);
        }),
    ]
}

/// Runs the edits one commit after the other; reports every row that is wrong.
#[track_caller]
fn history(template: &str, edits: Vec<Edit>) {
    let sandbox = Sandbox::fixture(template);
    let first = sandbox.hash_at("HEAD");
    let mut before = first.clone();
    let mut wrong = Vec::new();
    for Edit { what, make, costs } in edits {
        make(&sandbox);
        sandbox.commit(what);
        let hash = sandbox.hash_at("HEAD");
        let right = match costs {
            Nothing => hash == before,
            Build => hash != before && hash != first,
            Back => hash != before && hash == first,
        };
        if !right {
            wrong.push(format!("{template}: {what} should cost {costs:?}"));
        }
        before = hash;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn environment(costs: [Costs; 2]) -> Vec<Edit> {
    vec![
        edit("environment", costs[0], |s| s.append("environment.yml", "dependencies: [git]\n")),
        edit("environment, reverted", costs[1], |s| {
            s.replace("environment.yml", "dependencies: [git]\n", "");
        }),
    ]
}

fn install_r() -> Vec<Edit> {
    vec![
        edit("install.R", Build, |s| s.append("install.R", "install.packages('dplyr')\n")),
        edit("install.R, reverted", Back, |s| s.replace("install.R", "install.packages('dplyr')\n", "")),
        edit("comment in install.R", Build, |s| s.append("install.R", "# a comment, but in a copied file\n")),
    ]
}

#[test]
fn python() {
    history(
        "renku-python",
        [idle(), dockerfile(), requirements(), environment([Build, Back])].into_iter().flatten().collect(),
    );
}

/// The R template has an environment.yml and never copies it.
#[test]
fn r() {
    let all = [idle(), dockerfile(), requirements(), environment([Nothing; 2]), install_r()];
    history("renku-r", all.into_iter().flatten().collect());
}

#[test]
fn bioconductor() {
    let all = [idle(), dockerfile(), requirements(), environment([Nothing; 2]), install_r()];
    history("renku-bioc", all.into_iter().flatten().collect());
}

#[test]
fn julia() {
    let julia = vec![
        edit("Project.toml", Build, |s| s.append("Project.toml", "JSON = \"682c06a0\"\n")),
        edit("Project.toml, reverted", Back, |s| s.replace("Project.toml", "JSON = \"682c06a0\"\n", "")),
        edit("Manifest.toml", Build, |s| s.append("Manifest.toml", "# resolved\n")),
    ];
    let all = [idle(), dockerfile(), requirements(), environment([Build, Back]), julia];
    history("renku-julia", all.into_iter().flatten().collect());
}

/// The minimal template copies nothing from the context: files cost nothing at all.
#[test]
fn minimal() {
    let files = vec![
        edit("requirements that nobody copies", Nothing, |s| s.write("requirements.txt", "numpy\n")),
        edit("install.R that nobody copies", Nothing, |s| s.write("install.R", "")),
    ];
    history("renku-minimal", [idle(), dockerfile(), files].into_iter().flatten().collect());
}

/// The hash is the content's: a rebase, a squash, a merge and another branch give the same one.
#[test]
fn history_is_not_content() {
    let sandbox = Sandbox::fixture("renku-python");
    let first = sandbox.head();
    sandbox.append("requirements.txt", "pandas\n");
    sandbox.commit("Add pandas");
    sandbox.append("README.md", "Words.\n");
    sandbox.commit("Tell of pandas");
    let hash = sandbox.hash_at("HEAD");
    sandbox.git(&["checkout", "--quiet", "-b", "squashed", &first]);
    sandbox.git(&["merge", "--quiet", "--squash", "main"]);
    sandbox.commit("Both at once");
    assert_eq!(sandbox.hash_at("HEAD"), hash);
    sandbox.git(&["checkout", "--quiet", "-b", "side", &first]);
    sandbox.write("notebooks/side.ipynb", "{}\n");
    sandbox.commit("A side line");
    sandbox.git(&["merge", "--quiet", "--no-edit", "main"]);
    assert_eq!(sandbox.hash_at("HEAD"), hash);
}

/// What the user has in the environment or on disk is not content: umask, a file that is not tracked, CRLF.
#[test]
fn the_machine_is_not_content() {
    let sandbox = Sandbox::fixture("renku-python");
    let hash = sandbox.hash_at("HEAD");
    sandbox.write("untracked.txt", "");
    let text = sandbox.read("requirements.txt").replace('\n', "\r\n");
    sandbox.write("requirements.txt", &text);
    sandbox.git(&["config", "core.autocrlf", "true"]);
    assert_eq!(sandbox.hash_at("HEAD"), hash);
}

/// The file that moves between two copied places is another content, though its bytes stay.
#[test]
fn a_place_is_content() {
    let sandbox = Sandbox::new();
    sandbox.write("Dockerfile", "FROM scratch\nCOPY a a\nCOPY b b\n");
    sandbox.write("a/keep", "");
    sandbox.write("b/keep", "");
    sandbox.write("a/file", "x\n");
    sandbox.commit("In a");
    let hash = sandbox.hash_at("HEAD");
    sandbox.git(&["mv", "a/file", "b/file"]);
    sandbox.commit("In b");
    assert_ne!(sandbox.hash_at("HEAD"), hash);
}

/// A link that is copied counts by what it points to.
#[test]
fn a_links_target_is_content() {
    let sandbox = Sandbox::new();
    sandbox.write("Dockerfile", "FROM scratch\nCOPY current /\n");
    sandbox.write("v1", "one\n");
    sandbox.write("v2", "two\n");
    sandbox.symlink("current", "v1");
    sandbox.commit("Version 1");
    let first = sandbox.hash_at("HEAD");
    sandbox.write("v2", "two, changed\n");
    sandbox.commit("Edit what nobody reads");
    assert_eq!(sandbox.hash_at("HEAD"), first);
    sandbox.write("v1", "one, changed\n");
    sandbox.commit("Edit the target");
    let second = sandbox.hash_at("HEAD");
    assert_ne!(second, first);
    sandbox.remove("current");
    sandbox.symlink("current", "v2");
    sandbox.commit("Version 2");
    assert_ne!(sandbox.hash_at("HEAD"), second);
}
