//! The user's own job, `--gitlab-job FILE`: YAML with the keys of one job, as they would stand below its name.
//!
//! Anchors and merge keys work, since YAML resolves them; `extends`, `include` and `!reference` do not, since the child
//! pipeline has nothing that they could name.

use serde_json::{Map, Value};
use yaml_serde::Value as Yaml;

use crate::error::{Error, Place, Result};

/// What every job of the child pipeline begins with.
#[derive(Debug, Clone, Default)]
pub struct Template {
    /// Its keys, without `script`.
    pub job: Map<String, Value>,
    /// Its script, which builds one image.
    pub script: Option<String>,
}

/// Keys of a job whose value is a mapping: a file of only one of them is a job all the same.
const MAPPINGS: [&str; 16] = [
    "image",
    "variables",
    "cache",
    "artifacts",
    "environment",
    "retry",
    "secrets",
    "id_tokens",
    "inherit",
    "hooks",
    "allow_failure",
    "release",
    "pages",
    "parallel",
    "identity",
    "trigger",
];

impl Template {
    /// Reads it; `file` is its name in messages.
    ///
    /// # Errors
    /// YAML that is broken, that is no single job, or that a child pipeline cannot hold.
    pub fn parse(file: &str, text: &str) -> Result<Template> {
        let mut yaml: Yaml = yaml_serde::from_str(text).map_err(|error| {
            let place = match error.location() {
                Some(at) => Place::line(file, at.line()).column(at.column()),
                None => Place::file(file),
            };
            Error::invalid("this is no YAML of one document").at(place).caused_by(error)
        })?;
        yaml.apply_merge().map_err(|error| {
            Error::invalid("a merge key (<<) that names no mapping").at(Place::file(file)).caused_by(error)
        })?;
        let job = match json(file, "", yaml)? {
            Value::Object(job) => job,
            Value::Null => Map::new(),
            _ => return Err(no_job(file)),
        };
        if let Some((name, Value::Object(inner))) = job.iter().next()
            && job.len() == 1
            && !MAPPINGS.contains(&name.as_str())
        {
            let text = format!("{name} has the job below it: here the job's own keys come first");
            return Err(wrong(file, name, text)
                .hint(format!("take {} out to the left margin, and the name away", keys(inner))));
        }
        refuse(file, &job)?;
        let mut job = job;
        let script = job.shift_remove("script").map(|script| commands(file, &script)).transpose()?;
        Ok(Template { job, script })
    }
}

fn keys(job: &Map<String, Value>) -> String {
    job.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn no_job(file: &str) -> Error {
    Error::invalid("this is no job: a job is a mapping")
        .at(Place::file(file))
        .hint("write its keys at the left margin: image, tags, services, variables, before_script …")
}

fn wrong(file: &str, key: &str, text: impl Into<String>) -> Error {
    Error::invalid(text).at(Place::file(file).key(key))
}

/// What a job of a child pipeline cannot have.
fn refuse(file: &str, job: &Map<String, Value>) -> Result<()> {
    const REFUSED: [(&str, &str, &str); 5] = [
        ("extends", "the child pipeline has none of the parent's jobs", "write here what that job has"),
        ("include", "a job includes nothing", "write here what that file has"),
        ("trigger", "a job that triggers a pipeline builds nothing", "take it out"),
        ("run", "it would stand in the place of script", "write the build as script"),
        (
            "parallel",
            "each image would be built more than once",
            "take it out: there is a job for each image",
        ),
    ];
    for (key, why, hint) in REFUSED {
        if job.contains_key(key) {
            return Err(wrong(file, key, format!("this cannot be here: {why}")).hint(hint));
        }
    }
    if job.get("dependencies").and_then(Value::as_array).is_some_and(|jobs| !jobs.is_empty()) {
        let text = "this cannot be here: the child pipeline has none of the parent's jobs";
        return Err(wrong(file, "dependencies", text).hint("write dependencies: [], or take it out"));
    }
    Ok(())
}

/// A script, as GitLab has it: one command or a list of them, which may hold lists. The first that fails ends it.
fn commands(file: &str, script: &Value) -> Result<String> {
    let mut lines = vec!["set -e".to_owned()];
    flatten(script, &mut lines).ok_or_else(|| {
        wrong(file, "script", "a script is a command or a list of commands, each a text")
            .hint("put a command like true or false into quotes")
    })?;
    if lines.len() == 1 {
        return Err(wrong(file, "script", "an empty script builds nothing")
            .hint("take it out, and the jobs run imgplan apply --build"));
    }
    Ok(lines.join("\n"))
}

fn flatten(script: &Value, lines: &mut Vec<String>) -> Option<()> {
    match script {
        Value::String(line) => lines.push(line.clone()),
        Value::Array(list) => list.iter().try_for_each(|item| flatten(item, lines))?,
        _ => return None,
    }
    Some(())
}

/// YAML as JSON has it. A tag means something to GitLab alone.
fn json(file: &str, key: &str, yaml: Yaml) -> Result<Value> {
    let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    Ok(match yaml {
        Yaml::Tagged(tagged) if tagged.tag == "!reference" => {
            let text = "!reference cannot be here: the child pipeline has none of the parent's jobs";
            return Err(wrong(file, key, text).hint("write here what it refers to"));
        }
        Yaml::Tagged(tagged) => {
            return Err(wrong(file, key, format!("the tag {} is not known", tagged.tag)));
        }
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (name, value) in entries {
                let name = match json(file, key, name)? {
                    Value::String(name) => name,
                    Value::Null | Value::Array(_) | Value::Object(_) => {
                        return Err(wrong(file, key, "a key that is no text"));
                    }
                    other => other.to_string(),
                };
                let value = json(file, &below(&name), value)?;
                map.insert(name, value);
            }
            map.into()
        }
        Yaml::Sequence(values) => {
            let values = values.into_iter().enumerate();
            values
                .map(|(index, value)| json(file, &format!("{key}[{index}]"), value))
                .collect::<Result<_>>()?
        }
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => value.into(),
        Yaml::String(value) => value.into(),
        Yaml::Number(value) => serde_json::to_value(&value)
            .map_err(|error| wrong(file, key, "a number that cannot be written").caused_by(error))?,
    })
}
