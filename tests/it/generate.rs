//! `imgplan generate`: what packagers and editors take from the program, outside of any repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::Sandbox;

/// Each shell's completions name every command and come without a word besides.
#[test]
fn completions_are_there_for_five_shells() {
    let sandbox = Sandbox::without_git();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = sandbox.imgplan(&["generate", "completions", shell]).run().expect(0);
        assert_eq!(run.stderr, "", "{shell}");
        run.shows(&["plan", "apply", "init", "generate", "detailed-exitcode"]);
    }
    sandbox.imgplan(&["generate", "completions", "cmd"]).run().expect(2).says(&["bash", "powershell"]);
    sandbox.imgplan(&["generate"]).run().expect(2);
}

/// bash itself reads them.
#[test]
fn bash_completes_a_command() {
    let sandbox = Sandbox::without_git();
    let script = sandbox.imgplan(&["generate", "completions", "bash"]).run().expect(0).stdout;
    let ask = "COMP_WORDS=(imgplan pl); COMP_CWORD=1; _imgplan imgplan pl imgplan; echo \"${COMPREPLY[*]}\"";
    let out = Command::new("bash").args(["--norc", "-c", &format!("{script}\n{ask}")]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout).trim(), "plan", "{out:?}");
}

/// The main page on stdout; with a folder a page for each command, with its own options and the common ones.
#[test]
fn man_pages_are_written() {
    let sandbox = Sandbox::without_git();
    sandbox.imgplan(&["generate", "man"]).run().expect(0).shows(&[".TH imgplan 1", "imgplan\\-plan(1)"]);
    sandbox.imgplan(&["generate", "man", "share/man1"]).run().expect(0).says(&["share/man1"]);
    for name in ["imgplan", "imgplan-plan", "imgplan-apply", "imgplan-init", "imgplan-generate-man"] {
        let page = sandbox.read(&format!("share/man1/{name}.1"));
        assert!(page.contains("imgplan 0."), "{name}");
    }
    let plan = sandbox.read("share/man1/imgplan-plan.1");
    assert!(plan.contains("detailed\\-exitcode") && plan.contains("\\-\\-repository"), "{plan}");
    // A second time replaces them; a file in the way is said.
    sandbox.imgplan(&["-C", "share", "generate", "man", "man1"]).run().expect(0);
    sandbox.write("file", "");
    sandbox.fails(&["generate", "man", "file"], 3).says(&["file", "hint:"]);
}

/// One JSON document; other formats are refused.
#[test]
fn the_schema_is_printed() {
    let sandbox = Sandbox::without_git();
    let schema = sandbox.imgplan(&["generate", "schema"]).run().expect(0).json();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["on-unknown"]["enum"][1], "build");
    sandbox.fails(&["generate", "schema", "--format", "json"], 2);
}

/// The files of the fixtures, and what `init` writes, are right by the schema.
#[test]
fn the_schema_takes_every_file_that_there_is() {
    let sandbox = Sandbox::new();
    let schema = sandbox.imgplan(&["generate", "schema"]).run().expect(0).json();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mut texts = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), &mut texts);
    assert!(!texts.is_empty());
    sandbox.write("base/Dockerfile", "FROM scratch\n");
    sandbox.write("app/Dockerfile", "FROM base\n");
    sandbox.imgplan(&["init", "--repository", "ghcr.io/acme/shop"]).run().expect(0);
    texts.push(sandbox.read("imgplan.toml"));
    for text in texts {
        let value = serde_json::to_value(toml::from_str::<toml::Table>(&text).unwrap()).unwrap();
        let errors: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{text}\n{errors:#?}");
    }
}

/// The text of every `imgplan.toml` below a folder.
fn files(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, texts);
        } else if path.ends_with("imgplan.toml") {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
}
