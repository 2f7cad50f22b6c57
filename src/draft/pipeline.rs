//! A CI file that is there already: whether it runs imgplan, and what its owner is to do who takes the job of `init`.
//!
//! The file is somebody's own, with includes, anchors and tags that only their platform resolves. What does not show is
//! not guessed: then less is said.

use yaml_serde::{Mapping, Value};

/// What runs, in the files of both platforms.
const SCRIPTS: [&str; 4] = ["script", "before_script", "after_script", "run"];

/// What of Renku's job says where and when it runs, and so belongs into the one that takes its place.
const KEPT: [&str; 9] =
    ["tags", "rules", "only", "except", "needs", "services", "variables", "environment", "resource_group"];

/// The job by whose name Renku finds an image.
const RENKU: &str = "image_build";

/// Whether a CI file runs imgplan: in a script, or by the action or the component. Comments do not count.
pub fn runs_imgplan(text: &str) -> bool {
    match yaml_serde::from_str::<Value>(text) {
        Ok(document) => runs(&document),
        Err(_) => text.lines().any(|line| says(line) || line.contains("uses: imgplan/imgplan@")),
    }
}

/// What somebody is to do who has a `.gitlab-ci.yml` already.
pub fn advice(text: &str) -> String {
    if runs_imgplan(text) {
        return "it runs imgplan already".to_owned();
    }
    let add = "add the printed job to it";
    let Ok(Value::Mapping(document)) = yaml_serde::from_str::<Value>(text) else { return add.to_owned() };
    let stages = stages(&document);
    let stage = match &stages {
        Some(stages) if !stages.contains(&"build") => ", and name one of its stages in place of `build`",
        _ => "",
    };
    let Some(job) = document.get(RENKU).and_then(Value::as_mapping) else { return format!("{add}{stage}") };
    let mut kept: Vec<String> =
        KEPT.iter().filter(|key| job.contains_key(**key)).map(|key| format!("`{key}:`")).collect();
    if job.get("stage").is_some_and(|stage| stage.as_str() != Some("build")) {
        kept.insert(0, "`stage:`".to_owned());
    }
    let kept = match kept.as_slice() {
        [] => stage.to_owned(),
        kept => format!(", and keep its {}", crate::text::list(kept)),
    };
    format!(
        "put the printed job in the place of its job {RENKU}, under that name, since Renku looks for it{kept}"
    )
}

/// The stages that the file names itself; none where it names none, or where they come from elsewhere.
fn stages(document: &Mapping) -> Option<Vec<&str>> {
    match document.get("stages")? {
        Value::Sequence(stages) => stages.iter().map(Value::as_str).collect(),
        // `!reference [.other, stages]`, for one.
        _ => None,
    }
}

fn runs(value: &Value) -> bool {
    match value {
        Value::Mapping(keys) => keys.iter().any(|(key, value)| match key.as_str() {
            Some(key) if SCRIPTS.contains(&key) => in_script(value),
            Some("uses") => value.as_str().is_some_and(|uses| uses.starts_with("imgplan/imgplan@")),
            Some("component") => value.as_str().is_some_and(|name| name.contains("/imgplan/plan@")),
            _ => runs(value),
        }),
        Value::Sequence(items) => items.iter().any(runs),
        Value::Tagged(tagged) => runs(&tagged.value),
        _ => false,
    }
}

/// A script is a text, a list of texts, or lists in lists; in GitHub a `run` may also be the name of some mapping.
fn in_script(value: &Value) -> bool {
    match value {
        Value::String(text) => text.lines().any(says),
        Value::Sequence(items) => items.iter().any(in_script),
        other => runs(other),
    }
}

/// Whether a line of a shell, or of YAML that cannot be read, runs it.
fn says(line: &str) -> bool {
    let code = if line.trim_start().starts_with('#') { "" } else { line.split(" #").next().unwrap_or("") };
    code.contains("imgplan apply")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_imgplan_is_code_and_no_comment() {
        for (text, expected) in [
            ("a:\n  script: imgplan apply --build\n", true),
            ("a:\n  script:\n    - cd x\n    - [imgplan apply]\n", true),
            ("a:\n  script: &x |\n    # Build it:\n    imgplan apply\n", true),
            ("jobs:\n  a:\n    steps:\n      - run: imgplan apply\n", true),
            ("jobs:\n  a:\n    steps:\n      - uses: imgplan/imgplan@v0.1.0\n", true),
            ("include:\n  - component: $CI_SERVER_FQDN/group/imgplan/plan@1.0.0\n", true),
            ("# later: imgplan apply\na:\n  script: make\n", false),
            ("a:\n  script: make # imgplan apply\n", false),
            ("a:\n  script:\n    - |\n      # imgplan apply\n      make\n", false),
            ("a:\n  variables: { NOTE: imgplan apply comes later }\n", false),
            // What is no YAML is read by lines.
            ("a: [\n  script: imgplan apply\n", true),
            ("a: [\n# imgplan apply\n", false),
        ] {
            assert_eq!(runs_imgplan(text), expected, "{text}");
        }
    }

    #[test]
    fn advice_says_no_more_than_shows() {
        let add = "add the printed job to it";
        let stage = ", and name one of its stages in place of `build`";
        let put = "put the printed job in the place of its job image_build, under that name, since Renku looks for it";
        for (text, expected) in [
            ("", add.to_owned()),
            ("# image_build:\n", add.to_owned()),
            ("stages: [build, test]\n", add.to_owned()),
            ("stages: [test]\nt:\n  script: npm run build\n", format!("{add}{stage}")),
            ("stages: [prebuild]\n", format!("{add}{stage}")),
            // They may be anything.
            ("stages: !reference [.x, stages]\n", add.to_owned()),
            ("a: [\nstages: [test]\n", add.to_owned()),
            ("image_build:\n  script: docker build .\n", put.to_owned()),
            (
                "image_build:\n  stage: images\n  tags: [image-build]\n  script: docker build .\n",
                format!("{put}, and keep its `stage:` and `tags:`"),
            ),
            ("image_build:\n  script: imgplan apply --build\n", "it runs imgplan already".to_owned()),
        ] {
            assert_eq!(advice(text), expected, "{text}");
        }
    }
}
