//! GitHub Actions without GitHub: the steps of `action.yml` in an environment like the runner's, what they leave in the
//! files that the runner reads, and which commands it would have obeyed.

pub mod action;
mod format;
mod injection;
pub mod runner;

/// What the workflows of `fixtures/github` promise each other: outputs that the action has, inputs that it takes.
#[test]
fn the_workflows_use_what_the_action_has() {
    let action = runner::read("action.yml");
    for name in ["images.yml", "pull-request.yml"] {
        let text = std::fs::read_to_string(runner::root().join("fixtures/github").join(name)).unwrap();
        for part in text.split("steps.imgplan.outputs.").skip(1) {
            let output = part.split(' ').next().unwrap();
            assert!(action["outputs"].get(output).is_some(), "{name}: no output {output}");
        }
        let version = env!("CARGO_PKG_VERSION");
        assert!(text.contains(&format!("uses: imgplan/imgplan@v{version}\n")), "{name}");
        assert_eq!(action["inputs"]["version"]["default"].as_str(), Some(version));
    }
}

/// Nothing is put into a shell's text by the runner.
#[test]
fn no_expression_stands_in_a_script() {
    let action = runner::read("action.yml");
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    assert_eq!(steps.len(), 2);
    for step in steps {
        let run = step["run"].as_str().unwrap();
        assert!(!run.contains("${{"), "{run}");
        assert_eq!(step["shell"].as_str(), Some("bash"));
    }
}
