//! What `--format bake` writes, read back by buildx and built by BuildKit: the definition means what the plan means, and
//! imgplan finds afterwards what bake pushed.
//!
//! `scripts/install-test-tools` builds both programs, which takes Go; BuildKit's daemon takes root.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::tool;
use super::world::{self, Real};
use crate::support::Sandbox;
use crate::support::plan::texts;

/// BuildKit's daemon with its storage in the sandbox, and buildx that speaks to it. Ends with the test.
pub(super) struct Buildx<'a> {
    sandbox: &'a Sandbox,
    daemon: Child,
}

impl Drop for Buildx<'_> {
    fn drop(&mut self) {
        // A daemon that is killed at once would leave its mounts.
        let daemon = rustix::process::Pid::from_child(&self.daemon);
        if let Err(error) = rustix::process::kill_process(daemon, rustix::process::Signal::TERM) {
            eprintln!("buildkitd was not told to end: {error}");
        }
        if let Err(error) = self.daemon.wait() {
            eprintln!("buildkitd did not end: {error}");
        }
    }
}

impl<'a> Buildx<'a> {
    pub(super) fn start(sandbox: &'a Sandbox) -> Buildx<'a> {
        assert!(rustix::process::geteuid().is_root(), "BuildKit takes root");
        let socket = sandbox.beside("buildkit.sock");
        let text = format!(
            "root = {:?}\n[grpc]\n  address = [\"unix://{}\"]\n[worker.oci]\n  enabled = true\n  networkMode = \"host\"\n  \
             gc = false\n[worker.containerd]\n  enabled = false\n[cdi]\n  disabled = true\n",
            sandbox.beside("buildkit"),
            socket.display()
        );
        let config = sandbox.beside("buildkitd.toml");
        fs::write(&config, text).unwrap();
        let log = fs::File::create(sandbox.beside("buildkitd.log")).unwrap();
        let mut command = sandbox.command(tool("oracle/buildkitd").to_str().unwrap());
        command.arg("--config").arg(config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let daemon = command.spawn().expect("buildkitd is built (scripts/install-test-tools)");
        let buildx = Buildx { sandbox, daemon };
        let start = Instant::now();
        while !socket.exists() {
            let log = || fs::read_to_string(sandbox.beside("buildkitd.log")).unwrap();
            assert!(start.elapsed() < Duration::from_secs(30), "buildkitd does not listen:\n{}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        let address = format!("unix://{}", socket.display());
        world::output(&mut buildx.command(&["create", "--driver", "remote", "--use", &address]));
        buildx
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.sandbox.command(tool("tools/bin/buildx").to_str().unwrap());
        command.env("BUILDX_CONFIG", self.sandbox.beside("buildx")).current_dir(self.sandbox.root());
        command.args(args);
        command
    }

    /// `buildx bake` with a definition, which lies beside the project; what it prints.
    #[track_caller]
    fn bake(&self, definition: &str, args: &[&str]) -> String {
        let file = self.sandbox.beside("definition.json");
        fs::write(&file, definition).unwrap();
        let file = file.display().to_string();
        world::output(&mut self.command(&[&["bake", "--file", &file], args].concat()))
    }
}

/// Everything that a shell, a template or a quoted text could stumble over.
const HOSTILE: &str = "a\"b'c\n${HOME} $${x} %{if} %%{y} $(id) `id` \\n \\ <<EOF é 漢 #; $";

/// It begins like an address of GitHub's, besides.
const FOLDER: &str = "github.com/acme/it's ${x} %{y} é";

/// A parent for two platforms with a hostile argument, a child whose Dockerfile lies outside its context, and one that is
/// called like bake's own group, in a folder with a hostile name.
fn family() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .write("base/Dockerfile", "FROM scratch AS runtime\nARG NOTE\nLABEL note=\"$NOTE\"\nCOPY a.txt /\n");
    sandbox.append("base/Dockerfile", "FROM scratch\nCOPY no.txt /\n");
    sandbox.write("base/a.txt", "a\n");
    sandbox.write("docker/app.Dockerfile", "FROM base\nCOPY b.txt /\nCOPY --from=assets c.txt /\n");
    sandbox.write("app/b.txt", "b\n");
    sandbox.write("assets/c.txt", "c\n");
    sandbox.write(&format!("{FOLDER}/Dockerfile"), "FROM scratch\nCOPY d.txt /\n");
    sandbox.write(&format!("{FOLDER}/d.txt"), "d\n");
    let platforms = "platforms = [\"linux/amd64\", \"linux/arm64\"]";
    sandbox.write(
        "imgplan.toml",
        &format!(
            "verify = \"required\"\n[images.base]\ncontext = \"base\"\ntarget = \"runtime\"\n{platforms}\n\
             build-args = {{ NOTE = {HOSTILE:?}, EMPTY = \"\", MARK = \"\\uFEFFx\\r\\n\" }}\n\
             [images.\"team/app.x\"]\ncontext = \"app\"\ndockerfile = \"docker/app.Dockerfile\"\n{platforms}\n\
             contexts = {{ base = \"image:base\", assets = \"./assets\" }}\n\
             [images.default]\ncontext = {FOLDER:?}\n"
        ),
    );
    sandbox.commit("Three images");
    sandbox
}

/// What bake says that it read: its own output is escaped once more.
fn read_back(printed: &str) -> Map<String, Value> {
    let printed: Value = serde_json::from_str(&printed.replace("$${", "${").replace("%%{", "%{")).unwrap();
    printed["target"].as_object().unwrap().clone()
}

#[test]
fn bake_reads_the_definition_as_the_plan_means_it() {
    let real = Real::around(family());
    let buildx = Buildx::start(&real.sandbox);
    let plan = real.imgplan(&["plan"]).plan();
    let repository = real.repository();
    let definition = real
        .sandbox
        .imgplan(&["plan", "--format", "bake", "--repository", &repository])
        .run()
        .expect(0)
        .stdout;
    let targets = read_back(&buildx.bake(&definition, &["--print"]));
    assert_eq!(targets.len(), 3);
    for (name, target) in [("base", "base"), ("team/app.x", "team_app_x"), ("default", "default_")] {
        let (build, read) = (plan.image(name).build(), &targets[target]);
        for key in ["context", "target"] {
            assert_eq!(read[key], build[key], "{name}");
        }
        for key in ["args", "labels", "platforms", "tags"] {
            let empty = |value: &Value| {
                value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
            };
            let wanted = if empty(&build[key]) { &Value::Null } else { &build[key] };
            assert_eq!(&read[key], wanted, "{name}: {key}");
        }
        let annotations = build["annotations"].as_object().unwrap();
        let level = if texts(&build["platforms"]).len() > 1 { "index,manifest" } else { "manifest" };
        let wanted: Vec<String> = annotations
            .iter()
            .map(|(key, value)| format!("{level}:{key}={}", value.as_str().unwrap()))
            .collect();
        assert_eq!(texts(&read["annotations"]), wanted);
    }
    assert_eq!(targets["base"]["args"]["NOTE"], HOSTILE);
    assert_eq!(targets["base"]["args"]["MARK"], "\u{feff}x\r\n");
    assert_eq!(targets["team_app_x"]["dockerfile"], "../docker/app.Dockerfile");
    assert_eq!(targets["team_app_x"]["contexts"]["base"], "target:base");
    assert_eq!(targets["team_app_x"]["contexts"]["assets"], "./assets");
}

/// Built and pushed by bake alone; imgplan has nothing left to do, and demands the marks to say so.
#[test]
fn imgplan_finds_what_bake_pushed() {
    let real = Real::around(family());
    let buildx = Buildx::start(&real.sandbox);
    let repository = real.repository();
    let bake = || {
        let args = ["plan", "--format", "bake", "--repository", &repository];
        let definition = real.sandbox.imgplan(&args).run().expect(0).stdout;
        buildx.bake(&definition, &["--push"]);
        definition
    };
    let settled = || {
        let run = real.imgplan(&["plan"]).run().expect(0);
        assert!(!run.stderr.contains("mark"), "{}", run.stderr);
        let plan = run.plan();
        for image in plan.images() {
            assert!(["up-to-date", "retag"].contains(&image.action()), "{:#}", image.0);
            assert_eq!(image.0["warnings"].as_array().map(Vec::len), Some(0), "{:#}", image.0);
        }
        plan
    };
    bake();
    let first = settled();
    let image = |name: &str| format!("{repository}/{name}:{}", real.sandbox.sha7());
    assert_eq!(real.skopeo(&image("base"))["Labels"]["note"], HOSTILE);
    for architecture in ["amd64", "arm64"] {
        let layers = |name: &str| {
            let reference = format!("docker://{}", image(name));
            world::inspect_for(&real.sandbox, architecture, &reference)["Layers"].as_array().unwrap().clone()
        };
        let (parent, child) = (layers("base"), layers("team/app.x"));
        assert_eq!((parent.len(), child.len(), &parent[0]), (1, 3, &child[0]), "{architecture}");
    }

    // A change of the child: its parent is there, and is named by its digest.
    real.sandbox.append("app/b.txt", "more\n");
    real.sandbox.commit("Another app");
    let definition: Value = serde_json::from_str(&bake()).unwrap();
    let base = format!("docker-image://{repository}/base@{}", first.image("base").digest().unwrap());
    assert_eq!(definition["target"]["team_app_x"]["contexts"]["base"], base);
    assert_eq!(definition["group"]["default"]["targets"].as_array().map(Vec::len), Some(1));
    settled();

    // Nothing to build is nothing to do, not an error.
    assert!(bake().contains("nothing-to-build"));

    // A forced build does not come out of the cache, and takes the content tag along.
    real.imgplan(&["apply"]).plan();
    let force = ["plan", "--force", "--image", "base", "--format", "bake", "--repository", &repository];
    let definition = real.sandbox.imgplan(&force).run().expect(0).stdout;
    assert!(definition.contains("\"no-cache\": true"), "{definition}");
}

/// The same into folders, which no tag of docker's can name.
#[test]
fn bake_fills_layouts() {
    let sandbox = family();
    let buildx = Buildx::start(&sandbox);
    let repository = "oci:out/\"images\", here";
    let bake = |args: &[&str]| {
        let args = [&["plan", "--format", "bake", "--repository", repository], args].concat();
        let definition = sandbox.imgplan(&args).run().expect(0).stdout;
        buildx.bake(&definition, &[]);
    };
    let plan =
        || sandbox.imgplan(&["plan", "--format", "json", "--repository", repository]).run().expect(0).plan();
    bake(&[]);
    assert_eq!(plan().actions(), ["base: up-to-date", "team/app.x: up-to-date", "default: up-to-date"]);
    sandbox.append("app/b.txt", "more\n");
    sandbox.commit("Another app");
    bake(&[]);
    assert_eq!(plan().actions(), ["base: retag", "team/app.x: up-to-date", "default: retag"]);
    let tags = crate::support::image::tags(&sandbox.root().join("out/\"images\", here/team/app.x"));
    assert_eq!(tags.len(), 4, "two contents, two commits: {tags:?}");
}
