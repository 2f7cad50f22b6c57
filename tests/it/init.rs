//! `imgplan init`: what is written for whom, that it passes `check`, and that nothing is overwritten, half done or
//! written elsewhere.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Run, Sandbox};

pub const WORKFLOW: &str = ".github/workflows/images.yml";

/// All files of the working tree, sorted, without those of git.
fn files(sandbox: &Sandbox) -> Vec<String> {
    let list = sandbox.git(&["ls-files", "--cached", "--others"]);
    let mut files: Vec<String> = list.lines().map(str::to_owned).collect();
    files.sort();
    files
}

/// Runs `init`, and `check` on what it wrote.
#[track_caller]
pub fn init(sandbox: &Sandbox, args: &[&str]) -> Run {
    let run = sandbox.imgplan(&[&["init"][..], args].concat()).run().expect(0);
    sandbox.imgplan(&["check"]).run().expect(0);
    run
}

fn github(sandbox: &Sandbox) {
    sandbox.git(&["remote", "add", "origin", "git@github.com:Acme/Shop.git"]);
}

/// Four images that stand on each other, by every way in which a `FROM` can say so, and the project's own.
pub fn five() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("Dockerfile", "FROM base\nCOPY README.md /\n");
    sandbox.write("README.md", "# Shop\n");
    sandbox.write("images/base/Dockerfile", "FROM debian:12\n");
    sandbox.write("images/tools/Dockerfile", "FROM ghcr.io/acme/shop/base\n");
    sandbox
        .write("docker/web.Dockerfile", "ARG OWNER=acme\nFROM quay.io/$OWNER/tools\nCOPY web/index.html /\n");
    sandbox.write("web/index.html", "<html>\n");
    sandbox.write("api/Dockerfile", "FROM golang\nCOPY --from=tools /bin/x /bin/x\nCOPY main.go /\n");
    sandbox.write("api/main.go", "package main\n");
    github(&sandbox);
    sandbox
}

#[test]
fn a_root_dockerfile_needs_no_configuration() {
    let sandbox = Sandbox::small();
    let before = files(&sandbox);
    let run = init(&sandbox, &[]).says(&["no imgplan.toml is needed", "--ci gitlab", "imgplan plan"]);
    assert_eq!(run.stdout, "");
    assert_eq!(files(&sandbox), before);
    init(&sandbox, &["--repository", "ghcr.io/acme/shop"]);
    assert!(sandbox.read("imgplan.toml").contains("\nrepository = \"ghcr.io/acme/shop\"\n"));
}

#[test]
fn five_images_with_their_parents_are_written_and_planned() {
    let sandbox = five();
    let run = init(&sandbox, &[]);
    // A release takes this line away; another test has it.
    let said = run.snapshot();
    let said: Vec<&str> = said.lines().filter(|line| !line.contains("is not released")).collect();
    insta::assert_snapshot!(format!("{}\n{}", sandbox.read("imgplan.toml"), said.join("\n")));
    sandbox.commit("Begin");
    let plan = sandbox.plan(&[]).plan();
    let images = plan.images();
    let names: Vec<&str> = images.iter().map(|image| image.text("name")).collect();
    assert_eq!(names.len(), 5, "{names:?}");
    let depends = |name: &str| {
        let image = images.iter().find(|image| image.text("name") == name).unwrap();
        image.0["depends_on"].to_string()
    };
    assert_eq!(depends("web"), "[\"tools\"]");
    assert_eq!(depends("tools"), "[\"base\"]");
    assert_eq!(depends("api"), "[\"tools\"]");
}

/// In the fixture of twelve images the parents are named by a registry that the remote says nothing of, but for its owner.
#[test]
fn images_that_name_each_other_by_another_registry_are_parents() {
    let sandbox = Sandbox::new();
    sandbox.copy_fixture("docker-stacks");
    sandbox.remove("imgplan.toml");
    sandbox.git(&["remote", "add", "origin", "https://github.com/jupyter/docker-stacks"]);
    init(&sandbox, &[]);
    let text = sandbox.read("imgplan.toml");
    let parents = text.lines().filter(|line| line.starts_with("contexts = ")).count();
    assert_eq!((text.matches("\n[images.").count(), parents), (12, 11), "{text}");
    assert!(text.contains("# repository = \"quay.io/jupyter\"\n"), "{text}");
}

#[test]
fn a_containerfile_is_found_and_one_at_the_root_is_said() {
    let sandbox = Sandbox::new();
    sandbox.write("Containerfile", "FROM scratch\nCOPY a /\n");
    sandbox.write("a", "");
    sandbox.commit("Begin");
    sandbox.fails(&["plan"], 1).says(&["Containerfile", "image.dockerfile = \"Containerfile\""]);
    sandbox.fails(&["check"], 1).says(&["image.dockerfile = \"Containerfile\""]);
    sandbox.write("api/Containerfile", "FROM scratch\n");
    sandbox.write("web/Containerfile", "FROM scratch\n");
    sandbox.write("web/Dockerfile", "FROM scratch\n");
    init(&sandbox, &[]).says(&["left out: web/Containerfile: there is a Dockerfile beside it"]);
    let text = sandbox.read("imgplan.toml");
    for part in [
        "[image]\ndockerfile = \"Containerfile\"\n",
        "[images.api]\ndockerfile = \"api/Containerfile\"\n",
        "[images.web]\ncontext = \"web\"\n",
        "# dockerfile = \"web/Containerfile\"\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    // The line of the hint does what it says.
    sandbox.write("imgplan.toml", "image.dockerfile = \"Containerfile\"\n");
    sandbox.commit("Name it");
    assert_eq!(sandbox.plan(&[]).plan().images().len(), 1);
    let sandbox = Sandbox::new();
    sandbox.write("app/Dockerfile", "FROM scratch\n");
    sandbox.commit("Begin");
    sandbox.fails(&["plan"], 1).says(&["no image is defined", "`imgplan init`"]);
}

/// Files of other programs: how they are read, or what makes a file of them that is.
#[test]
fn definitions_of_other_programs_are_said() {
    let sandbox = five();
    sandbox.write("compose.yaml", "services:\n  api:\n    build: api\n");
    sandbox.write("docker-bake.hcl", "");
    init(&sandbox, &[]);
    let text = sandbox.read("imgplan.toml");
    assert!(text.contains("# definitions = [\"compose.yaml\"]\n"), "{text}");
    assert!(text.contains("docker buildx bake --print > bake.json"), "{text}");
    assert!(!text.contains("compose.yaml is not read"), "{text}");
}

#[test]
fn nothing_is_overwritten_unasked_and_nothing_half_done() {
    let sandbox = five();
    sandbox.write(WORKFLOW, "mine\n");
    sandbox.fails(&["init"], 1).says(&[WORKFLOW, "--overwrite", "--ci none"]);
    assert!(!sandbox.root().join("imgplan.toml").exists());
    sandbox.write("imgplan.toml", "adopt = true\n");
    let before = files(&sandbox);
    for args in [&["init"][..], &["init", "--dry-run"]] {
        let run = sandbox.fails(args, 1).says(&["imgplan.toml is there already", WORKFLOW]);
        assert_eq!(run.stdout, "");
    }
    assert_eq!(
        (sandbox.read("imgplan.toml").as_str(), sandbox.read(WORKFLOW).as_str()),
        ("adopt = true\n", "mine\n")
    );
    assert_eq!(files(&sandbox), before);
    init(&sandbox, &["--overwrite", "--ci", "none"]);
    assert!(sandbox.read("imgplan.toml").contains("[images.base]"));
    assert_eq!(sandbox.read(WORKFLOW), "mine\n");
    init(&sandbox, &["--overwrite"]);
    assert_ne!(sandbox.read(WORKFLOW), "mine\n");
    assert_eq!(files(&sandbox), before, "no temporary file stays");
}

/// A configuration that would not be needed is somebody's all the same.
#[test]
fn a_configuration_that_is_there_is_said_where_none_is_needed() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "adopt = true\n");
    sandbox.fails(&["init", "--ci", "github"], 1).says(&["imgplan.toml is there already"]);
    assert!(!sandbox.root().join(WORKFLOW).exists());
    init(&sandbox, &["--overwrite"]).says(&["no imgplan.toml is needed"]);
    assert_eq!(sandbox.read("imgplan.toml"), "adopt = true\n");
}

#[test]
fn a_dry_run_prints_and_writes_nothing() {
    let sandbox = five();
    let before = files(&sandbox);
    let run = sandbox.imgplan(&["init", "--dry-run"]).run().expect(0);
    assert_eq!(files(&sandbox), before);
    init(&sandbox, &[]);
    let expected = ["imgplan.toml", WORKFLOW].map(|path| format!("--- {path}\n{}\n", sandbox.read(path)));
    assert_eq!(run.stdout, expected.concat());
    let json =
        sandbox.imgplan(&["init", "--dry-run", "--overwrite", "--format", "json"]).run().expect(0).json();
    assert_eq!((&json["version"], &json["written"]), (&1.into(), &false.into()));
    assert_eq!(json["files"][0]["contents"], sandbox.read("imgplan.toml"));
    assert_eq!(json["images"].as_array().unwrap().len(), 5);
}

/// A stranger's repository may have links and names of every kind.
#[test]
fn hostile_repositories_are_harmless() {
    let sandbox = Sandbox::new();
    for folder in
        ["a'\"b", "c d", "${HOME}", "x]y", "new\nline", "\u{1b}[31mred", "\u{202e}left", "=", "{{ x }}"]
    {
        sandbox.write(&format!("{folder}/Dockerfile"), "FROM scratch\nCOPY f /\n");
        sandbox.write(&format!("{folder}/f"), "");
    }
    let run = init(&sandbox, &[]).says(&["left out", "control character"]);
    let text = sandbox.read("imgplan.toml");
    for part in ["\"a'\\\"b\"", "\"c d\"", "\"${HOME}\"", "\"x]y\"", "\"=\"", "\"{{ x }}\"", "left\""] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    for text in [&text, &run.stdout, &run.stderr] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }
    let outside = sandbox.beside("outside");
    fs::create_dir(&outside).unwrap();
    sandbox.remove("imgplan.toml");
    sandbox.symlink(".github", "../outside");
    sandbox.fails(&["init"], 1).says(&[".github is no folder", "links"]);
    assert!(!sandbox.root().join("imgplan.toml").exists());
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    // A link in the place of the file is replaced when asked, not followed.
    sandbox.symlink("imgplan.toml", "../outside/file");
    sandbox.fails(&["init", "--ci", "none"], 1).says(&["imgplan.toml is there already"]);
    init(&sandbox, &["--ci", "none", "--overwrite"]);
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn what_git_ignores_is_no_image() {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "out/\n");
    sandbox.write("out/Dockerfile", "FROM scratch\n");
    sandbox.fails(&["init"], 1).says(&["no Dockerfile", "hint:"]);
    sandbox.write("app/Dockerfile", "FROM scratch\n");
    init(&sandbox, &[]);
    assert!(!sandbox.read("imgplan.toml").contains("out"));
}

#[test]
fn it_runs_where_a_working_tree_is() {
    let sandbox = Sandbox::without_git();
    sandbox.fails(&["init"], 1).says(&["not in a git repository"]);
    let sandbox = Sandbox::new();
    sandbox.fails(&["init"], 1).says(&["no Dockerfile", "hint:"]);
    sandbox.git(&["init", "--quiet", "--bare", "../bare.git"]);
    sandbox.fails(&["-C", "../bare.git", "init"], 1).says(&["bare repository", "hint:"]);
    // In a folder below, the files are the root's.
    sandbox.write("app/Dockerfile", "FROM scratch\n");
    sandbox.imgplan(&["init", "--ci", "github", "--repository", "oci:out"]).dir("app").run().expect(0);
    assert_eq!(files(&sandbox), [WORKFLOW, "app/Dockerfile", "imgplan.toml"]);
    assert!(sandbox.read("imgplan.toml").contains("repository = \"oci:app/out\""));
    sandbox.fails(&["init", "--config", "x.toml"], 2);
    sandbox.fails(&["init", "--image", "app"], 2);
    sandbox.fails(&["init", "--repository", "a b", "--overwrite"], 1);
}

/// What cannot be written is an error of the disk, and leaves nothing behind.
#[test]
fn a_folder_that_cannot_be_written_is_said() {
    let sandbox = five();
    fs::set_permissions(sandbox.root(), fs::Permissions::from_mode(0o555)).unwrap();
    let root = fs::write(sandbox.root().join("probe"), "").is_ok();
    let run = sandbox.imgplan(&["init", "--ci", "none"]).run();
    fs::set_permissions(sandbox.root(), fs::Permissions::from_mode(0o755)).unwrap();
    // Root may write everywhere.
    if !root {
        run.expect(3).says(&["imgplan.toml cannot be written"]);
    }
}
