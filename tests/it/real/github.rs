//! The workflows of `fixtures/github` as `act` runs them on this machine, without a container and without a network, and
//! what checks the action and the drawing: schemas, zizmor, shellcheck, Mermaid's own parser.
//!
//! The actions of others cannot be fetched here: small ones stand in for them, and the builder is `scripts/tiny-builder`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::tool;
use crate::github::action::Release;
use crate::github::runner::root;
use crate::support::Sandbox;

/// Runs a program that must succeed; what it says.
#[track_caller]
fn said(command: &mut Command) -> String {
    let out = command.stdin(Stdio::null()).output().expect("it starts");
    let said = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{command:?}\n{said}");
    said.into_owned()
}

/// A project with a workflow, and actions that stand in for those that it uses.
struct Repository {
    sandbox: Sandbox,
    release: Release,
    stand_ins: Vec<String>,
}

impl Repository {
    fn new(workflow: &str) -> Repository {
        let sandbox = Sandbox::new();
        sandbox.write("base/Dockerfile", "FROM scratch\nCOPY base.txt /\n");
        sandbox.write("base/base.txt", "base\n");
        sandbox.write("app/Dockerfile", "FROM base\nCOPY app.txt /\n");
        sandbox.write("app/app.txt", "app\n");
        sandbox.write(
            "imgplan.toml",
            "[images.base]\ncontext = \"base\"\n[images.app]\ncontext = \"app\"\ncontexts = { base = \"image:base\" }\n",
        );
        let text = fs::read_to_string(root().join("fixtures/github").join(workflow)).unwrap();
        sandbox.write(&format!(".github/workflows/{workflow}"), &text);
        sandbox.git(&["remote", "add", "origin", "https://github.com/acme/shop"]);
        sandbox.commit("Two images");
        let release = Release::new(&sandbox);
        let action = release.pinned(&sandbox);
        let uses = text.lines().filter_map(|line| line.trim_start().strip_prefix("- uses: "));
        let mut stand_ins: Vec<String> = uses
            .map(|uses| uses.split(' ').next().unwrap())
            .map(|uses| {
                let folder = match uses.split('@').next().unwrap() {
                    "imgplan/imgplan" => action.clone(),
                    "docker/build-push-action" => stand_in(&sandbox, "build", BUILD),
                    "docker/bake-action" => stand_in(&sandbox, "bake", BAKE),
                    _ => stand_in(&sandbox, "other", "run: \"true\""),
                };
                format!("--local-repository={uses}={}", folder.display())
            })
            .collect();
        stand_ins.sort();
        stand_ins.dedup();
        let expected = if text.contains("docker/bake-action") { 6 } else { 5 };
        assert_eq!(stand_ins.len(), expected, "{stand_ins:?}");
        fs::write(sandbox.beside("build.sh"), BUILD_SCRIPT).unwrap();
        fs::write(sandbox.beside("bake.sh"), BAKE_SCRIPT).unwrap();
        Repository { sandbox, release, stand_ins }
    }

    /// Runs the workflow for an event; what act says.
    #[track_caller]
    fn act(&self, event: &str, payload: &str) -> String {
        said(&mut self.command(event, payload))
    }

    fn command(&self, event: &str, payload: &str) -> Command {
        let sandbox = &self.sandbox;
        let file = sandbox.beside("event.json");
        fs::write(&file, payload).unwrap();
        let mut command = sandbox.command(tool("tools/bin/act").to_str().unwrap());
        command.arg(event).args([
            "--platform",
            "ubuntu-latest=-self-hosted",
            "--secret",
            "GITHUB_TOKEN=not-a-token",
        ]);
        command.arg("--eventpath").arg(&file).args(&self.stand_ins).current_dir(sandbox.root());
        for (name, value) in [
            ("IMGPLAN_RELEASES", self.release.address.clone()),
            ("IMGPLAN_REPOSITORY", sandbox.repository()),
            ("TINY_BUILDER", root().join("scripts/tiny-builder").display().to_string()),
            ("BUILDS", sandbox.beside("builds").display().to_string()),
            ("STAND_INS", sandbox.beside("").display().to_string()),
        ] {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        command
    }

    /// What the builder was asked to do since the last look: `CONTEXT pushed` or not, sorted.
    fn builds(&self) -> Vec<String> {
        let file = self.sandbox.beside("builds");
        let mut builds: Vec<String> =
            fs::read_to_string(&file).unwrap_or_default().lines().map(str::to_owned).collect();
        builds.sort();
        fs::write(&file, "").unwrap();
        builds
    }

    fn tags(&self, image: &str) -> Vec<String> {
        let layout = self.sandbox.layout().join(image);
        crate::support::image::tags(&layout).into_keys().collect()
    }
}

const BUILD: &str = "env:\n        IMGPLAN_CONTEXT: ${{ inputs.context }}\n        IMGPLAN_TAGS: ${{ inputs.tags }}\n        \
    PUSH: ${{ inputs.push }}\n        CONTEXTS: ${{ inputs.build-contexts }}\n      \
    run: 'bash \"$STAND_INS/build.sh\"'";

/// A builder: every context must be there before it starts. act starts all jobs of a matrix at once, so it waits a little.
const BUILD_SCRIPT: &str = r#"set -eu
while IFS= read -r line; do
  case ${line#*=} in
    oci-layout://*)
      at=${line#*oci-layout://}
      tries=0
      until grep -q "\"${at##*:}\"" "${at%:*}/index.json" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || { echo "$line is not there" >&2; exit 1; }
        sleep 0.1
      done ;;
    ?*) echo "$line is not understood" >&2; exit 1 ;;
  esac
done <<<"$CONTEXTS"
echo "$IMGPLAN_CONTEXT $PUSH" >>"$BUILDS"
[ "$PUSH" != true ] || "$TINY_BUILDER"
"#;

const BAKE: &str = "env:\n        SOURCE: ${{ inputs.source }}\n        FILES: ${{ inputs.files }}\n        \
    PUSH: ${{ inputs.push }}\n      run: 'bash \"$STAND_INS/bake.sh\"'";

/// Bake, as far as it pushes nothing: a context is a target of the file, or is there.
const BAKE_SCRIPT: &str = r#"set -eu
[ "$SOURCE" = . ] && [ "$PUSH" = false ]
jq -r '.target | keys[] as $name | .[$name].contexts // {} | .[]' "$FILES" | while IFS= read -r value; do
  case $value in
    target:*) jq -e --arg name "${value#target:}" '.target[$name]' "$FILES" >/dev/null ;;
    *) at=${value#oci-layout://}; grep -q "\"${at##*:}\"" "${at%:*}/index.json" ;;
  esac
done
jq -r '.target[].context + " baked"' "$FILES" >>"$BUILDS"
"#;

/// An action of one step that takes what the workflows give.
fn stand_in(sandbox: &Sandbox, name: &str, step: &str) -> PathBuf {
    let folder = sandbox.beside(name);
    fs::create_dir_all(&folder).unwrap();
    let inputs = ["context", "tags", "push", "build-contexts", "source", "files"]
        .map(|input| format!("  {input}: {{ description: x }}\n"))
        .concat();
    let text = format!(
        "name: {name}\ndescription: x\ninputs:\n{inputs}runs:\n  using: composite\n  steps:\n    - shell: bash\n      {step}\n"
    );
    fs::write(folder.join("action.yml"), text).unwrap();
    folder
}

/// The README's workflow, twice: what is new is built, and an edit that no image reads is retagged, with no job for builds.
#[test]
fn the_workflow_builds_once_and_then_retags() {
    let repository = Repository::new("images.yml");
    let sandbox = &repository.sandbox;
    let first = sandbox.sha7();
    let said = repository.act("push", "{}");
    assert_eq!(repository.builds(), ["app true", "base true"], "{said}");
    assert!(repository.tags("app").contains(&first), "{said}");

    sandbox.write("README.md", "# More\n");
    sandbox.commit("Tell more");
    let second = sandbox.sha7();
    let said = repository.act("push", "{}");
    assert_eq!(repository.builds(), [""; 0], "{said}");
    for image in ["app", "base"] {
        assert!(repository.tags(image).contains(&second), "{said}");
    }
    assert!(said.contains("retagged from content-"), "{said}");
}

/// A fork's pull request is planned and built, and nothing is pushed; one's own is pushed.
#[test]
fn a_forks_pull_request_pushes_nothing() {
    let repository = Repository::new("pull-request.yml");
    let event = |from: &str| {
        format!(
            "{{\"pull_request\":{{\"number\":1,\"head\":{{\"ref\":\"x\",\"repo\":{{\"full_name\":\"{from}\"}}}},\
             \"base\":{{\"ref\":\"main\"}}}},\"repository\":{{\"full_name\":\"acme/shop\"}}}}"
        )
    };
    let said = repository.act("pull_request", &event("stranger/shop"));
    assert!(said.contains("the retag is left out"), "{said}");
    // One job with both, since the child's parent is pushed nowhere.
    assert_eq!(repository.builds(), ["app baked", "base baked"], "{said}");
    assert!(!repository.sandbox.layout().exists(), "{said}");
    let said = repository.act("pull_request", &event("acme/shop"));
    assert!(!said.contains("the retag is left out"), "{said}");
    assert_eq!(repository.builds(), ["app true", "base true"], "{said}");
    let tags = repository.tags("app");
    assert!(!tags.is_empty() && tags.iter().all(|tag| tag.starts_with("pr-")), "{tags:?}");
}

/// A parent that nobody pushed is not there: the stand-in would have failed the workflow that took it for built.
#[test]
fn the_stand_in_misses_a_parent_that_is_not_there() {
    let repository = Repository::new("images.yml");
    let workflow = ".github/workflows/images.yml";
    let text = repository.sandbox.read(workflow).replace("push: true", "push: false");
    repository.sandbox.write(workflow, &text);
    let mut command = repository.command("push", "{}");
    let out = command.stdin(Stdio::null()).output().expect("it starts");
    let said = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success() && said.contains("is not there"), "{said}");
}

/// The schemas of actions and workflows.
#[test]
fn action_and_workflows_fit_their_schemas() {
    let check = |schema: &str, files: &[&str]| {
        let mut command = Command::new(tool("tools/python/bin/check-jsonschema"));
        said(command.current_dir(root()).args(["--builtin-schema", schema]).args(files))
    };
    check("vendor.github-actions", &["action.yml"]);
    check("vendor.github-workflows", &["fixtures/github/images.yml", "fixtures/github/pull-request.yml"]);
}

/// zizmor finds nothing, by its strictest rules; what is a decision stands in `action/zizmor.yml` with its reason.
#[test]
fn zizmor_finds_nothing() {
    let mut command = Command::new(tool("tools/python/bin/zizmor"));
    command.current_dir(root()).args(["--offline", "--no-progress", "--persona=pedantic"]);
    command.args(["--config", "action/zizmor.yml", "action.yml"]);
    command.args(["fixtures/github/images.yml", "fixtures/github/pull-request.yml"]);
    said(&mut command);
}

/// shellcheck finds nothing in the action's scripts.
#[test]
fn shellcheck_finds_nothing() {
    let mut command = Command::new(tool("tools/python/bin/shellcheck"));
    command.current_dir(root()).args(["--external-sources", "scripts/release"]);
    said(command.args(["action/install.sh", "action/lib.sh", "action/run.sh"]));
}

/// What Mermaid itself says of a text.
fn mermaid(folder: &Path, text: &str) -> bool {
    let script = tool("tools/npm").join("parse.mjs");
    fs::write(&script, PARSE).unwrap();
    let file = folder.join("drawing.mmd");
    fs::write(&file, text).unwrap();
    let mut node = Command::new("node");
    node.arg(script).arg(file).stdin(Stdio::null());
    node.output().expect("node starts").status.success()
}

const PARSE: &str = "\
import { readFileSync } from 'node:fs';
import { JSDOM } from 'jsdom';
globalThis.window = new JSDOM('').window;
globalThis.document = window.document;
const { default: mermaid } = await import('mermaid');
const parsed = await mermaid.parse(readFileSync(process.argv[2], 'utf8'));
if (parsed.diagramType !== 'flowchart-v2') throw new Error(JSON.stringify(parsed));
";

/// The drawing of a plan with an image for every action that a plan without trouble has, and names that try to break it.
#[test]
fn mermaid_reads_the_drawing() {
    let repository = Repository::new("images.yml");
    let sandbox = &repository.sandbox;
    sandbox.build_all();
    sandbox.write("app/app.txt", "other\n");
    sandbox.append("imgplan.toml", "[images.\"end\"]\ncontext = \"base\"\n[images.graph-x_1]\ncontext = \"app\"\ncontexts = { base = \"image:base\" }\n");
    sandbox.commit("More");
    let layout = sandbox.repository();
    let run = sandbox.imgplan(&["plan", "--format", "markdown", "--repository", &layout]).run();
    let (_, rest) = run.stdout.split_once("```mermaid\n").expect("a drawing");
    let (drawing, _) = rest.split_once("```").unwrap();
    assert!(
        drawing.contains(" --> ") && drawing.contains(":::retag") && drawing.contains(":::build"),
        "{drawing}"
    );
    assert!(mermaid(&sandbox.beside(""), drawing), "{drawing}");
    assert!(!mermaid(&sandbox.beside(""), &drawing.replace("[\"", "[\"\"")), "the parser can say no");
}
