//! `--format github`, `--output github=PATH` and `--format markdown`, without the action.

use std::fs;

use crate::github::runner::{commands, outputs};
use crate::support::run::Call;
use crate::support::{Image, Sandbox};

fn in_github(sandbox: &Sandbox, args: &[&str]) -> Call {
    let repository = sandbox.repository();
    let call = sandbox.imgplan(&[args, &["--format", "github", "--repository", &repository]].concat());
    call.env("GITHUB_ACTIONS", "true")
        .env("GITHUB_OUTPUT", &sandbox.beside("outputs").display().to_string())
        .env("GITHUB_STEP_SUMMARY", &sandbox.beside("summary").display().to_string())
}

/// Outputs are appended, whole, and say what the plan says; stdout has the text.
#[test]
fn outputs_say_what_the_plan_says() {
    let sandbox = Sandbox::small();
    fs::write(sandbox.beside("outputs"), "before=1\n").unwrap();
    let run = in_github(&sandbox, &["plan"]).run().expect(0).shows(&["to build", "content-"]);
    assert!(!run.stdout.contains("::"), "{}", run.stdout);
    let found = outputs(&fs::read_to_string(sandbox.beside("outputs")).unwrap());
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "before",
            "count",
            "has-builds",
            "images",
            "images-without-registry",
            "matrix",
            "matrix-without-registry",
            "plan",
            "plan-without-registry"
        ]
    );
    assert_eq!((&*found["before"], &*found["has-builds"], &*found["count"]), ("1", "true", "1"));
    let plan: serde_json::Value = serde_json::from_str(&found["plan"]).unwrap();
    assert_eq!(plan, sandbox.plan(&[]).plan().0);
    let matrix: serde_json::Value = serde_json::from_str(&found["matrix"]).unwrap();
    let build = &plan["images"][0];
    let tags: Vec<&str> = matrix["include"][0]["tags"].as_str().unwrap().lines().collect();
    assert_eq!(serde_json::json!(tags), build["build"]["tags"]);
    assert_eq!(matrix["include"].as_array().unwrap().len(), 1);
    let images: serde_json::Value = serde_json::from_str(&found["images"]).unwrap();
    assert_eq!(images[build["name"].as_str().unwrap()], tags[0]);
    let summary = fs::read_to_string(sandbox.beside("summary")).unwrap();
    assert!(
        summary.contains("| image | action | reason | digest |") && summary.contains("```mermaid\n"),
        "{summary}"
    );
}

/// No output holds the registry's host where it is to be left out, in no field.
#[test]
fn a_registry_that_is_a_secret_can_be_left_out() {
    let sandbox = Sandbox::new();
    sandbox.write("base/Dockerfile", "FROM scratch\nCOPY . /\n");
    sandbox.write("app/Dockerfile", "FROM base\nCOPY . /\n");
    sandbox.write(
        "imgplan.toml",
        "on-unknown = \"build\"\n[images.base]\ncontext = \"base\"\n[images.app]\ncontext = \"app\"\ncontexts = { base = \"image:base\" }\n",
    );
    sandbox.commit("Two images");
    let file = sandbox.beside("outputs");
    let run = sandbox
        .imgplan(&["plan", "--repository", "127.0.0.1:9/acme/shop", "--output"])
        .arg(format!("github={}", file.display()))
        .run();
    run.expect(0);
    let found = outputs(&fs::read_to_string(&file).unwrap());
    for name in ["plan", "matrix", "images"] {
        assert!(found[name].contains("127.0.0.1:9/"), "{name}");
        let without = &found[&format!("{name}-without-registry")];
        assert!(!without.contains("127.0.0.1") && without.contains("acme/shop/app"), "{without}");
    }
}

/// Where nobody reads the outputs, nothing is done; a file of one's own is another matter.
#[test]
fn outside_of_github_it_is_a_mistake() {
    let sandbox = Sandbox::small();
    sandbox.build_all();
    let before = sandbox.layout_files();
    let repository = sandbox.repository();
    for command in ["plan", "apply"] {
        let args = [command, "--format", "github", "--repository", &repository];
        sandbox.fails(&args, 2).says(&["GITHUB_OUTPUT", "hint:", "--output github=PATH"]);
    }
    assert_eq!(sandbox.layout_files(), before);
    sandbox.fails(&["log", "--format", "github"], 2).says(&["hint:"]);
    let call = sandbox.imgplan(&["plan", "--format", "github", "--repository", &repository]);
    let outputs = sandbox.beside("outputs").display().to_string();
    call.env("GITHUB_OUTPUT", &outputs).run().expect(0).says(&["GITHUB_STEP_SUMMARY"]);
}

/// What is wrong with a file stands at its line; the text for people is there besides.
#[test]
fn errors_and_warnings_stand_at_their_lines() {
    let sandbox = Sandbox::small();
    sandbox.append("Dockerfile", "ADD https://example.org/x.tar /\n");
    sandbox.commit("Fetch something");
    let run = in_github(&sandbox, &["plan"]).run().expect(0);
    let warning = commands(&run.stderr).into_iter().find(|command| command.name == "warning").unwrap();
    assert_eq!((&*warning.properties["file"], &*warning.properties["line"]), ("Dockerfile", "3"));
    assert!(warning.data.contains("https://example.org/x.tar can change without a commit"), "{warning:?}");

    sandbox.write("imgplan.toml", "[image]\ncontxt = \"app\"\nmax-age = \"soon\"\n");
    sandbox.commit("Two typos");
    let run = in_github(&sandbox, &["plan"]).run().expect(1).says(&["error: imgplan.toml:2:1", "hint:"]);
    let found = commands(&run.stderr);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0].name, "error");
    assert_eq!((&*found[0].properties["file"], &*found[0].properties["line"]), ("imgplan.toml", "2"));
    assert!(found[0].data.contains("contxt") && found[0].data.contains("\nhint: "), "{found:?}");
}

/// A conflict ends with 5, and is an annotation.
#[test]
fn a_conflict_is_an_annotation() {
    let sandbox = Sandbox::small();
    sandbox.build_all();
    sandbox.image(&sandbox.sha7(), &Image::new("something else"));
    let run = in_github(&sandbox, &["plan"]).run().expect(5);
    let errors: Vec<_> =
        commands(&run.stderr).into_iter().filter(|command| command.name == "error").collect();
    assert_eq!(errors.len(), 1, "{}", run.stderr);
    assert!(errors[0].data.contains("--move-tag"), "{errors:?}");
}

/// A summary that would be too large stays below what GitHub takes, and says what it leaves out.
#[test]
fn a_large_summary_is_cut_at_a_row() {
    let sandbox = Sandbox::new();
    let mut configuration = String::new();
    for index in 0..20 {
        sandbox.write(&format!("{index}/Dockerfile"), "FROM scratch\nCOPY . /\n");
        configuration.push_str(&format!("[images.image-{index}]\ncontext = \"{index}\"\n"));
    }
    sandbox.write("imgplan.toml", &configuration);
    sandbox.commit("Twenty images");
    fs::write(sandbox.beside("summary"), " ".repeat(1024 * 1024 - 1500)).unwrap();
    in_github(&sandbox, &["plan"]).run().expect(0);
    let summary = fs::read_to_string(sandbox.beside("summary")).unwrap();
    assert!(summary.len() <= 1024 * 1024, "{}", summary.len());
    let summary = summary.trim_start();
    assert!(summary.contains("| image | action |") && !summary.contains("```mermaid"), "{summary}");
    let rows = summary.matches("| build |").count();
    assert!((10..20).contains(&rows), "{summary}");
    let rest = format!("\n{} more images do not fit here: the log has them all.\n", 20 - rows);
    assert!(summary.ends_with(&rest), "{summary}");
}

/// The same page for an issue.
#[test]
fn markdown_is_a_format_of_plans() {
    let sandbox = Sandbox::fixture("renku-python");
    sandbox.build_all();
    let repository = sandbox.repository();
    let call = sandbox.imgplan(&["plan", "--format", "markdown", "--repository", &repository]);
    insta::assert_snapshot!(call.run().expect(0).snapshot());
}
