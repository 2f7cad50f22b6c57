//! What other CI systems read: a folder of files and GitLab's dotenv report, as a shell reads them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::support::plan::{Plan, texts};
use crate::support::run::Run;
use crate::support::{Image, Sandbox};

/// `done` is there, `kept` waits for a tag, `late` must be built.
fn three() -> Sandbox {
    let sandbox = Sandbox::new();
    let mut config = String::new();
    for name in ["done", "kept", "late"] {
        sandbox.write(&format!("{name}/Dockerfile"), "FROM scratch\nCOPY a.txt /\n");
        sandbox.write(&format!("{name}/a.txt"), name);
        config.push_str(&format!("[images.{name}]\ncontext = \"{name}\"\n"));
    }
    sandbox.write("imgplan.toml", &config);
    sandbox.commit("Three images");
    let plan = sandbox.plan(&[]).plan();
    for name in ["done", "kept"] {
        let image = plan.image(name);
        let built = Image::new(name).marked(image.hash());
        sandbox.image_of(name, image.content_tag(), &built);
        if name == "done" {
            sandbox.image_of(name, &sandbox.sha7(), &built);
        }
    }
    let plan = sandbox.plan(&[]).plan();
    assert_eq!(plan.actions(), ["done: up-to-date", "kept: retag", "late: build"]);
    sandbox
}

/// What `printf %s "$(cat FILE)"` gives for each file, by its path: a reader that drops line ends, so the bytes are
/// compared with it, too.
fn read(sandbox: &Sandbox, folder: &Path) -> BTreeMap<String, String> {
    let script = r#"cd "$1" && find . -type f | while read -r file; do
        printf '%s\0%s\0' "${file#./}" "$(cat "$file"; printf .)"; done"#;
    let out = sandbox.command("bash").args(["-c", script, "bash"]).arg(folder).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let mut parts = text.split_terminator('\0').map(str::to_owned);
    let mut files = BTreeMap::new();
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        let value = value.strip_suffix('.').unwrap().to_owned();
        assert!(!value.ends_with('\n'), "{name} ends with a line end: {value:?}");
        files.insert(name, value);
    }
    files
}

fn compare(plan: &Plan, files: &BTreeMap<String, String>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    assert_eq!(files["commit"], plan.0["commit"]);
    assert_eq!(serde_json::from_str::<Value>(&files["plan"]).unwrap(), plan.0);
    for image in plan.images() {
        let file = |key: &str| files[&format!("image/{}/{key}", image.text("name"))].clone();
        for (key, field) in [("action", "action"), ("reason", "reason"), ("repository", "repository")] {
            assert_eq!(file(key), text(&image.0[field]));
        }
        assert_eq!(file("content-hash"), image.hash());
        assert_eq!(file("content-tag"), image.content_tag());
        assert_eq!(file("digest"), image.digest().unwrap_or_default());
        assert_eq!(file("tags"), texts(&image.0["tags"]).join("\n"));
        let reference = match image.action() {
            "build" => format!("{}:{}", image.text("repository"), image.content_tag()),
            "skip" => String::new(),
            _ => format!("{}@{}", image.text("repository"), image.digest().unwrap()),
        };
        assert_eq!(file("reference"), reference);
    }
}

#[test]
fn a_folder_of_files_says_what_the_plan_says() {
    let sandbox = three();
    let folder = sandbox.beside("out/deep");
    let plan = sandbox.plan(&["--output", &format!("files={}", folder.display())]).plan();
    let files = read(&sandbox, &folder);
    compare(&plan, &files);
    assert_eq!((files["has-builds"].as_str(), files["count"].as_str()), ("true", "1"));
    assert_eq!(files["builds"], "late");
    let builds: Value = serde_json::from_str(&files["builds.json"]).unwrap();
    let matrix: Value = serde_json::from_str(&files["matrix"]).unwrap();
    assert_eq!(matrix["include"], builds);
    assert_eq!((builds.as_array().map(Vec::len), &builds[0]["context"]), (Some(1), &Value::from("late")));
    assert_eq!(texts(&plan.image("late").build()["tags"]).join("\n"), builds[0]["tags"]);
    let names: Vec<&str> =
        files.keys().filter(|name| !name.starts_with("image/")).map(String::as_str).collect();
    assert_eq!(names, ["builds", "builds.json", "commit", "count", "has-builds", "images", "matrix", "plan"]);

    // The next run leaves nothing of this one: what is unknown by then is empty.
    sandbox.git(&["checkout", "--quiet", "-b", "renku/autosave/ada/main/abc1234/abc1234"]);
    let plan = sandbox.plan(&["--output", &format!("files={}", folder.display())]).plan();
    plan.image("late").expect("skip");
    let files = read(&sandbox, &folder);
    compare(&plan, &files);
    assert_eq!((files["has-builds"].as_str(), files["builds"].as_str()), ("false", ""));
    assert_eq!((files["builds.json"].as_str(), files["images"].as_str()), ("[]", "{}"));
    assert_eq!(files["matrix"], r#"{"include":[{"name":""}]}"#);
}

/// Names with folders in them, and a repository that a shell would trip over.
#[test]
fn hostile_values_come_through_files() {
    let sandbox = Sandbox::new();
    sandbox.write("Dockerfile", "FROM scratch\nCOPY a.txt /\n");
    sandbox.write("a.txt", "a");
    let note = "a\"b'c\n$(id) `id` ${HOME} %{x} \\ é ";
    sandbox.write(
        "imgplan.toml",
        &format!("[images.\"team/app.x\"]\nbuild-args = {{ NOTE = {note:?} }}\nsalt = \"\"\n"),
    );
    sandbox.commit("One image");
    let repository = "oci:it's $(id) \"here\"; é";
    let args = ["plan", "--format", "json", "--repository", repository, "--output", "files=out"];
    let plan = sandbox.imgplan(&args).plan();
    let files = read(&sandbox, &sandbox.root().join("out"));
    compare(&plan, &files);
    assert_eq!(files["image/team/app.x/repository"], format!("{repository}/team/app.x"));
    let builds: Value = serde_json::from_str(&files["builds.json"]).unwrap();
    // One line of a list is one value: quoted as CSV, which docker/build-push-action reads.
    assert_eq!(builds[0]["args"], format!("\"NOTE={}\"", note.replace('"', "\"\"")));

    // A dotenv report cannot quote.
    let args = ["plan", "--format", "dotenv", "--repository", repository];
    let run = sandbox.fails(&args, 1).says(&["nothing in it can be quoted", "hint:"]);
    assert_eq!(run.stdout, "");
}

#[test]
fn a_folder_of_files_cannot_be_printed() {
    let run = Sandbox::small().imgplan(&["plan", "--format", "files"]).run().expect(2);
    assert!(run.says(&["--output files=DIR"]).stdout.is_empty());
}

/// The plan is printed all the same.
#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    let sandbox = Sandbox::small();
    let run = sandbox.plan(&["--output", "files=app.txt/out"]).run().expect(3);
    run.clone().says(&["app.txt/out", "cannot be made", "hint:"]).plan().only().expect("build");
    assert_eq!(sandbox.read("app.txt"), "one\n");
    let run = sandbox.plan(&["--output", "dotenv=missing/report.env"]).run().expect(3);
    run.says(&["missing/report.env", "its folder is not there"]).plan().only().expect("build");
}

/// Two names of which one is a folder of the other's values.
#[test]
fn a_name_that_is_a_file_and_a_folder_is_refused() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[images.a]\n[images.\"a/tags\"]\n");
    sandbox.commit("Two images");
    let run = sandbox.plan(&["--output", "files=out"]).run().expect(1);
    run.says(&["image/a/tags", "a file", "a folder", "hint:"]).plan();
    assert!(!sandbox.root().join("out").exists(), "nothing is written by halves");
}

/// The report as a shell and as GitLab read it.
fn report(sandbox: &Sandbox, run: &Run) -> BTreeMap<String, String> {
    let plain = |line: &str| {
        let (key, value) = line.split_once('=').unwrap();
        assert!(key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'), "{line}");
        (key.to_owned(), value.to_owned())
    };
    let gitlab: BTreeMap<String, String> = run.stdout.lines().map(plain).collect();
    let file = sandbox.beside("report.env");
    std::fs::write(&file, &run.stdout).unwrap();
    let script =
        r#"set -eu; . "$1"; for key in $(cut -d= -f1 "$1"); do printf '%s=%s\n' "$key" "${!key}"; done"#;
    let out = sandbox.command("bash").args(["-c", script, "bash"]).arg(file).output().unwrap();
    let shell: BTreeMap<String, String> = String::from_utf8(out.stdout).unwrap().lines().map(plain).collect();
    assert_eq!(gitlab, shell);
    gitlab
}

fn dotenv(sandbox: &Sandbox) -> Run {
    sandbox.imgplan(&["plan", "--format", "dotenv", "--repository", &sandbox.repository()]).run()
}

#[test]
fn a_dotenv_report_names_the_images() {
    let sandbox = three();
    let plan = sandbox.plan(&[]).plan();
    let report = report(&sandbox, &dotenv(&sandbox).expect(0));
    assert_eq!(report["IMGPLAN_COMMIT"], sandbox.head());
    assert_eq!((report["IMGPLAN_HAS_BUILDS"].as_str(), report["IMGPLAN_COUNT"].as_str()), ("true", "1"));
    for name in ["done", "kept"] {
        let image = plan.image(name);
        let reference = format!("{}@{}", image.text("repository"), image.digest().unwrap());
        assert_eq!(report[&format!("IMGPLAN_IMAGE_{}", name.to_uppercase())], reference);
    }
    let late = plan.image("late");
    assert_eq!(report["IMGPLAN_IMAGE_LATE"], format!("{}:{}", late.text("repository"), late.content_tag()));
    assert_eq!(report.len(), 6);

    sandbox.git(&["checkout", "--quiet", "-b", "renku/autosave/ada/main/abc1234/abc1234"]);
    assert_eq!(dotenv(&sandbox).expect(0).stdout.lines().count(), 3, "a skipped image has no reference");
}

/// So many images of the root's Dockerfile, each name this long.
fn many(count: usize, length: usize) -> Sandbox {
    let sandbox = Sandbox::small();
    let names = (0..count).map(|index| format!("[images.i{index:0length$}]\n"));
    sandbox.write("imgplan.toml", &names.collect::<String>());
    sandbox.commit("Many images");
    sandbox
}

#[test]
fn a_dotenv_report_keeps_gitlabs_limits() {
    assert_eq!(dotenv(&many(17, 2)).expect(0).stdout.lines().count(), 20);
    let over = dotenv(&many(18, 2)).expect(1).says(&[
        "21 variables",
        "GitLab reads 20",
        "leave `--output dotenv` out",
        "dotenv: false",
        "a run of its own",
    ]);
    assert_eq!(over.stdout, "");
    let large = dotenv(&many(17, 120)).expect(1).says(&["bytes, and GitLab reads 5120", "--image"]);
    assert_eq!(large.stdout, "");
}

#[test]
fn two_names_that_are_one_variable_are_refused() {
    let sandbox = Sandbox::small();
    sandbox.write("imgplan.toml", "[images.\"a.b\"]\n[images.a-b]\n");
    sandbox.commit("Two images");
    dotenv(&sandbox).expect(1).says(&["a.b", "a-b", "IMGPLAN_IMAGE_A_B", "--image"]);
}
