//! Ends of builders, and what is said of them.
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use super::*;

fn sh(script: &str, dir: &Path) -> Invocation {
    Invocation::new("sh", vec!["-c".into(), script.into()], dir, &Options::default())
}

#[test]
fn secrets_of_build_arguments_are_not_shown() {
    let arguments = [
        "--build-arg=PYTHON=3.12",
        "--build-arg=GITHUB_TOKEN=hunter2",
        "--build-arg=db_password=hunter2",
        "--build-arg=PROXY=http://me:hunter2@proxy:3128/",
        "--build-arg=HOME_PAGE=https://example.org/@x",
        "--label=it's=a b",
    ];
    let invocation = Invocation::new(
        "docker",
        arguments.iter().map(OsString::from).collect(),
        Path::new("/"),
        &Options::default(),
    );
    let shown = invocation.shown();
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!(
        shown,
        "docker --build-arg=PYTHON=3.12 '--build-arg=GITHUB_TOKEN=…' '--build-arg=db_password=…' \
         '--build-arg=PROXY=…' --build-arg=HOME_PAGE=https://example.org/@x '--label=it'\\''s=a b'"
    );
}

#[tokio::test]
async fn a_failure_names_the_image_the_command_and_the_status() {
    let temp = tempfile::tempdir().unwrap();
    let error = run("app", sh("exit 7", temp.path())).await.unwrap_err();
    assert_eq!(error.kind().exit_code(), 3);
    assert_eq!(error.message(), "sh did not build the image app");
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("status: 7"));
    assert_eq!(error.hints(), ["the command was: sh -c 'exit 7'"]);
    let missing = Invocation::new("imgplan-no-such-program", vec![], temp.path(), &Options::default());
    assert!(run("app", missing).await.is_err());
}

#[tokio::test]
async fn values_reach_the_program_as_they_are() {
    let temp = tempfile::tempdir().unwrap();
    let script = r#"printf '%s|%s' "$1" "$NOTE""#;
    let arguments = vec!["-c".into(), script.into(), "sh".into(), "two\nlines $HOME".into()];
    let invocation = Invocation::new("sh", arguments, temp.path(), &Options::default());
    let said = output("app", invocation.variables([("NOTE".into(), "a\nb".into())])).await.unwrap();
    assert_eq!(said, "two\nlines $HOME|a\nb");
}

#[tokio::test]
async fn a_build_that_is_given_up_is_told_to_stop_and_waited_for() {
    let temp = tempfile::tempdir().unwrap();
    let script = "trap 'echo stopped >log; exit 0' TERM; touch ready; while :; do sleep 0.01; done";
    let ready = temp.path().join("ready");
    let begun = async {
        while !ready.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let start = Instant::now();
    tokio::select! {
        ended = run("app", sh(script, temp.path())) => panic!("{ended:?}"),
        () = begun => {}
    }
    assert_eq!(std::fs::read_to_string(temp.path().join("log")).unwrap(), "stopped\n");
    assert!(start.elapsed() < GRACE);
}

#[tokio::test]
async fn without_a_terminal_the_children_of_a_shell_are_told_too() {
    let temp = tempfile::tempdir().unwrap();
    let script = "(trap 'echo stopped >log; exit 0' TERM; touch ready; while :; do sleep 0.01; done) & wait";
    let running = Running::spawn_in(sh(script, temp.path()).command(), true).unwrap();
    let appears = |name: &str| {
        let path = temp.path().join(name);
        let until = Instant::now() + GRACE;
        while !path.exists() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        path.exists()
    };
    assert!(appears("ready"));
    drop(running);
    assert!(appears("log"));
}

#[tokio::test]
async fn a_program_that_does_not_answer_is_not_waited_for() {
    let error = ask(&["sleep", "60"], &[], Duration::from_millis(50)).await.unwrap_err();
    assert!(error.message().contains("no answer"), "{error}");
    let error = ask(&["imgplan-no-such-program"], &[], GRACE).await.unwrap_err();
    assert_eq!(error.message(), "not found on PATH");
}
