//! A small runner: reads `action.yml`, resolves its expressions, runs each step with bash, and reads what the steps leave
//! behind as GitHub's runner does (actions/runner: `ActionCommand.cs`, `FileCommandManager.cs`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::support::Sandbox;

pub type Yaml = yaml_serde::Value;

/// This repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A YAML file of this repository.
pub fn read(path: &str) -> Yaml {
    yaml_serde::from_str(&fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

/// One job that uses the action.
pub struct Job<'a> {
    sandbox: &'a Sandbox,
    inputs: BTreeMap<String, String>,
    context: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
}

/// What a job left behind.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub outputs: BTreeMap<String, String>,
    pub summary: String,
    pub path: String,
}

impl<'a> Job<'a> {
    /// On the sandbox's layouts, for a push, with the binary under test.
    pub fn new(sandbox: &'a Sandbox) -> Job<'a> {
        let context = [
            ("runner.os", "Linux"),
            ("runner.arch", "X64"),
            ("github.event_name", "push"),
            ("github.event.pull_request.head.repo.full_name", ""),
            ("github.repository", "acme/shop"),
        ];
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let mut job = Job {
            sandbox,
            inputs: BTreeMap::new(),
            context: context.into_iter().map(own).collect(),
            environment: BTreeMap::new(),
        };
        job.inputs.insert("binary".to_owned(), env!("CARGO_BIN_EXE_imgplan").to_owned());
        job.environment.insert("IMGPLAN_REPOSITORY".to_owned(), sandbox.repository());
        job
    }

    pub fn input(mut self, name: &str, value: &str) -> Self {
        self.inputs.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn context(mut self, name: &str, value: &str) -> Self {
        self.context.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Runs the action of this repository.
    pub fn run(self) -> Ended {
        self.run_at(root())
    }

    /// Runs the action that lies in a folder; a step that fails ends it.
    pub fn run_at(mut self, action: &Path) -> Ended {
        let yaml: Yaml =
            yaml_serde::from_str(&fs::read_to_string(action.join("action.yml")).unwrap()).unwrap();
        for (name, input) in yaml["inputs"].as_mapping().unwrap() {
            let default = input["default"].as_str().unwrap().to_owned();
            self.inputs.entry(name.as_str().unwrap().to_owned()).or_insert(default);
        }
        for name in self.inputs.keys() {
            assert!(yaml["inputs"].get(name.as_str()).is_some(), "no input {name}");
        }
        let mut ended = Ended {
            code: 0,
            stdout: String::new(),
            stderr: String::new(),
            outputs: BTreeMap::new(),
            summary: String::new(),
            path: String::new(),
        };
        let mut steps: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for step in yaml["runs"]["steps"].as_sequence().unwrap() {
            let outputs = self.step(action, step, &steps, &mut ended);
            steps.insert(step["id"].as_str().unwrap().to_owned(), outputs);
            if ended.code != 0 {
                break;
            }
        }
        for (name, output) in yaml["outputs"].as_mapping().unwrap() {
            let value = self.resolve(output["value"].as_str().unwrap(), &steps);
            ended.outputs.insert(name.as_str().unwrap().to_owned(), value);
        }
        ended
    }

    fn step(
        &self,
        action: &Path,
        step: &Yaml,
        steps: &BTreeMap<String, BTreeMap<String, String>>,
        ended: &mut Ended,
    ) -> BTreeMap<String, String> {
        let temp = self.sandbox.beside("temp");
        let files =
            ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH"].map(|name| (name, temp.join(name)));
        fs::create_dir_all(&temp).unwrap();
        files.iter().for_each(|(_, file)| fs::write(file, "").unwrap());
        let script = temp.join("step.sh");
        fs::write(&script, step["run"].as_str().unwrap()).unwrap();
        let mut command = self.sandbox.command("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(&script);
        command.current_dir(self.sandbox.root()).stdin(Stdio::null());
        command.env("GITHUB_ACTIONS", "true").env("CI", "true").env("GITHUB_ACTION_PATH", action);
        command.env("RUNNER_TEMP", &temp).env("GITHUB_WORKSPACE", self.sandbox.root());
        command.env("GITHUB_REPOSITORY", "acme/shop").env("GITHUB_SERVER_URL", "https://github.com");
        command.envs(files.iter().map(|(name, file)| (name, file))).envs(&self.environment);
        for (name, value) in step["env"].as_mapping().unwrap() {
            command.env(name.as_str().unwrap(), self.resolve(value.as_str().unwrap(), steps));
        }
        let out = command.output().expect("bash starts");
        ended.code = out.status.code().unwrap_or(-1);
        ended.stdout.push_str(&String::from_utf8_lossy(&out.stdout));
        ended.stderr.push_str(&String::from_utf8_lossy(&out.stderr));
        let [outputs, summary, path] = files.map(|(_, file)| fs::read_to_string(file).unwrap());
        ended.summary.push_str(&summary);
        ended.path.push_str(&path);
        self::outputs(&outputs)
    }

    /// A value that is one expression; what is not known to this runner fails.
    fn resolve(&self, text: &str, steps: &BTreeMap<String, BTreeMap<String, String>>) -> String {
        let Some(name) = text.strip_prefix("${{ ").and_then(|text| text.strip_suffix(" }}")) else {
            assert!(!text.contains("${{"), "{text}");
            return text.to_owned();
        };
        if let Some(input) = name.strip_prefix("inputs.") {
            return self.inputs[input].clone();
        }
        if let Some((step, output)) =
            name.strip_prefix("steps.").and_then(|rest| rest.split_once(".outputs."))
        {
            return steps.get(step).and_then(|outputs| outputs.get(output)).cloned().unwrap_or_default();
        }
        self.context[name].clone()
    }
}

impl Ended {
    #[track_caller]
    pub fn expect(self, code: i32) -> Ended {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// An output as JSON.
    #[track_caller]
    pub fn json(&self, output: &str) -> Value {
        serde_json::from_str(&self.outputs[output]).unwrap_or_else(|error| panic!("{error}\n{self:#?}"))
    }

    /// The commands that the runner obeys.
    pub fn commands(&self) -> Vec<Obeyed> {
        [commands(&self.stdout), commands(&self.stderr)].concat()
    }

    /// The only command of a name.
    #[track_caller]
    pub fn command(&self, name: &str) -> Obeyed {
        let mut found: Vec<Obeyed> =
            self.commands().into_iter().filter(|command| command.name == name).collect();
        assert_eq!(found.len(), 1, "{name}: {self:#?}");
        found.remove(0)
    }
}

/// A file of outputs: `NAME=VALUE`, or `NAME<<END`, lines, `END`.
pub fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    let mut lines = text.split('\n');
    while let Some(line) = lines.next() {
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        match (equals, heredoc) {
            _ if line.is_empty() => {}
            (Some(equals), _) if heredoc.is_none_or(|heredoc| equals < heredoc) => {
                outputs.insert(line[..equals].to_owned(), line[equals + 1..].to_owned());
            }
            (_, Some(heredoc)) => {
                let end = &line[heredoc + 2..];
                let mut value = Vec::new();
                loop {
                    match lines.next().expect("a value ends") {
                        line if line == end => break,
                        line => value.push(line),
                    }
                }
                outputs.insert(line[..heredoc].to_owned(), value.join("\n"));
            }
            _ => panic!("no output: {line}"),
        }
    }
    outputs
}

/// A command as the runner takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Obeyed {
    pub name: String,
    pub properties: BTreeMap<String, String>,
    pub data: String,
}

/// All that the runner would obey in a stream. What has no weight when a language compares is left out first.
pub fn commands(stream: &str) -> Vec<Obeyed> {
    let mut found = Vec::new();
    let mut stopped: Option<String> = None;
    for line in stream.split(['\n', '\r']) {
        let line: String = line.chars().filter(|c| !weightless(*c)).collect();
        if let Some(token) = &stopped {
            if line.trim_start() == format!("::{token}::") {
                stopped = None;
            }
            continue;
        }
        let Some(command) = modern(&line).or_else(|| old(&line)) else { continue };
        if command.name == "stop-commands" {
            stopped = Some(command.data.clone());
        }
        found.push(command);
    }
    assert_eq!(stopped, None, "commands stay stopped");
    found
}

fn weightless(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

fn modern(line: &str) -> Option<Obeyed> {
    let (head, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    Some(obeyed(head, ',', data))
}

fn old(line: &str) -> Option<Obeyed> {
    let (head, data) = line.split_once("##[")?.1.split_once(']')?;
    Some(obeyed(head, ';', data))
}

fn obeyed(head: &str, between: char, data: &str) -> Obeyed {
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let properties = properties.trim().split(between).filter_map(|pair| pair.split_once('='));
    let properties = properties
        .map(|(name, value)| (name.to_owned(), unescaped(&value.replace("%3A", ":").replace("%2C", ","))));
    Obeyed { name: name.to_owned(), properties: properties.collect(), data: unescaped(data) }
}

fn unescaped(text: &str) -> String {
    text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
}

/// A copy of the action beside the project, for tests that change it.
pub fn copy_of_action(sandbox: &Sandbox) -> PathBuf {
    let to = sandbox.beside("action");
    fs::create_dir_all(to.join("action")).unwrap();
    fs::copy(root().join("action.yml"), to.join("action.yml")).unwrap();
    for file in fs::read_dir(root().join("action")).unwrap() {
        let file = file.unwrap().path();
        fs::copy(&file, to.join("action").join(file.file_name().unwrap())).unwrap();
    }
    to
}
