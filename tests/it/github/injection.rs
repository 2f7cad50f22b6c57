//! Nothing that a repository holds becomes a command of the runner.

use crate::github::runner::{Job, commands};
use crate::support::Sandbox;

const EVIL: &str = "##[add-mask]a ::error::x %0A::set-env name=A::b";

/// Names of files, images and branches that try it, in every command that prints them.
#[test]
fn no_text_of_a_repository_is_a_command() {
    let sandbox = Sandbox::new();
    let name = "::warning::##[group]x %0A::error::";
    sandbox.write(name, "one\n");
    sandbox
        .write("Dockerfile", &format!("FROM scratch\nARG A=\"{EVIL}\"\nCOPY . /\nLABEL a=\"::error::\"\n"));
    sandbox.commit(&format!("::error::subject {EVIL}"));
    sandbox.git(&["checkout", "--quiet", "-b", "##error"]);
    sandbox.append(name, "two\n");
    sandbox.commit("::add-mask::x");
    let repository = sandbox.repository();
    for args in [
        &["plan", "--verbose"][..],
        &["plan", "--format", "json"],
        &["plan", "--format", "markdown"],
        &["explain"],
        &["explain", "--against", "HEAD~1"],
        &["explain", "--format", "json"],
        &["log"],
        &["simulate"],
        &["check"],
    ] {
        let args = [args, &["--repository", &repository]].concat();
        let plain = sandbox.imgplan(&args).run();
        let run = sandbox.imgplan(&args).env("GITHUB_ACTIONS", "true").run();
        assert_eq!(run.code, plain.code, "{args:?}");
        assert_eq!(commands(&run.stdout), [], "{args:?}\n{}", run.stdout);
        assert_eq!(commands(&run.stderr), [], "{args:?}\n{}", run.stderr);
    }
    // The test itself can fail: outside of GitHub the names stand as they are.
    let explained = sandbox.imgplan(&["explain", "--repository", &repository]).run();
    assert!(explained.stdout.contains("##[group]"), "{}", explained.stdout);
}

/// JSON is the same value, wherever it is printed.
#[test]
fn json_says_the_same_with_an_escape() {
    let sandbox = Sandbox::new();
    sandbox.write("##[group]x", "one\n");
    sandbox.write("Dockerfile", "FROM scratch\nCOPY . /\n");
    sandbox.commit("One");
    let repository = sandbox.repository();
    let run = sandbox.imgplan(&["explain", "--format", "json", "--repository", &repository]).run().expect(0);
    assert!(!run.stdout.contains("##["), "{}", run.stdout);
    assert!(run.json().to_string().contains("##[group]x"));
}

/// Warnings and errors about such files are one command each, with the whole text in it.
#[test]
fn annotations_hold_their_text() {
    let sandbox = Sandbox::new();
    let folder = "::error::,file=x:%0A";
    sandbox.write(
        &format!("{folder}/Dockerfile"),
        "FROM scratch\nADD https://example.org/::error::%0A##[x]y /\n",
    );
    sandbox.write("imgplan.toml", &format!("[images.app]\ncontext = \"{folder}\"\n"));
    sandbox.commit("One");
    let ended = Job::new(&sandbox).input("command", "plan").run().expect(0);
    let warning = ended.command("warning");
    assert_eq!(warning.properties["file"], format!("{folder}/Dockerfile"), "{warning:?}");
    assert_eq!(warning.properties["line"], "2");
    assert!(warning.data.contains("https://example.org/::error::%0A##[x]y"), "{warning:?}");
    let names: Vec<String> = ended.commands().into_iter().map(|command| command.name).collect();
    assert_eq!(names, ["warning"], "{ended:#?}");

    sandbox.write(&format!("{folder}/Dockerfile"), "FROM scratch\nCOPY '::error::%0A' /\n");
    sandbox.commit("Two");
    let ended = Job::new(&sandbox).input("command", "plan").run().expect(1);
    let error = ended.command("error");
    assert_eq!(error.properties["file"], format!("{folder}/Dockerfile"), "{error:?}");
}

/// What a builder prints while it runs is no command, and what imgplan says afterwards is one again.
#[test]
fn a_builder_commands_nothing() {
    let sandbox = Sandbox::small();
    let args = "--build-command=echo '::add-mask::a'; echo '##[error]b' >&2; exit 1";
    let ended = Job::new(&sandbox).input("args", args).run().expect(3);
    let names: Vec<String> = ended.commands().into_iter().map(|command| command.name).collect();
    assert_eq!(names.iter().filter(|name| *name == "stop-commands").count(), 1, "{names:?}");
    assert_eq!(names.iter().filter(|name| *name == "error").count(), 1, "{ended:#?}");
    assert!(!names.contains(&"add-mask".to_owned()), "{ended:#?}");
}
