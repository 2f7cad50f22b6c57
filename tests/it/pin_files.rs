//! `imgplan pin` and the files themselves: every kind, all or none, modes, links, hostile text.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::pin::Project;

#[test]
fn every_kind_of_file_is_pinned_at_once() {
    let project = Project::new();
    let (ours, sandbox) = (project.repository(), &project.sandbox);
    let host = project.remote.host();
    let files = [
        (".renku/renku.ini", "[interactive]\r\ndefault_url = /lab\r\nimage = {OURS}:0000000\r\n", "{PIN}"),
        (
            "ci/docker-images.ini",
            "[jenkins]\nci_cpu: {OURS}:20230604-060130-0af9ff90\nci_x: debian:12\n",
            "{PIN}",
        ),
        (
            "chart/values.yaml",
            "image:\n  registry: {HOST}\n  repository: acme/shop\n  tag: \"1.2\"\n",
            "\"{TAG}@{DIGEST}\"",
        ),
        (
            "kustomize/kustomization.yaml",
            "images:\n- name: shop\n  newName: {OURS}\n  newTag: v1\n  digest: \"\"\n",
            "  newTag: {TAG}\n  digest: \"{DIGEST}\"",
        ),
        ("compose.yaml", "services:\n  web:\n    image: '{OURS}'\n", "'{PIN}'"),
        ("images/Dockerfile", "ARG X\nFROM --platform=linux/amd64 {OURS}:1 AS base\nFROM $X\n", " {PIN} "),
    ];
    for (path, text, _) in files {
        sandbox.write(path, &text.replace("{OURS}", &ours).replace("{HOST}", &host));
    }
    let paths: Vec<&str> = files.iter().map(|(path, ..)| *path).collect();
    let run = project.pin(&paths).expect(0);
    assert!(run.stdout.contains("in .renku/renku.ini\n"), "{}", run.stdout);
    let pin = project.reference();
    let (tag, digest) = pin.rsplit_once('@').map(|(_, digest)| (sandbox.sha7(), digest.to_owned())).unwrap();
    for (path, _, expected) in files {
        let expected = expected.replace("{PIN}", &pin).replace("{TAG}", &tag).replace("{DIGEST}", &digest);
        assert!(sandbox.read(path).contains(&expected), "{path}: {}", sandbox.read(path));
    }
    project.pin(&[&["--check"], &paths[..]].concat()).expect(0);
}

/// One file that cannot be read or pinned keeps all of them as they are.
#[test]
fn one_file_that_fails_keeps_all_as_they_are() {
    let project = Project::new();
    project.manifest("pod.yaml", "latest");
    let before = project.sandbox.read("pod.yaml");
    let ours = project.repository();
    for (name, text, why) in [
        ("broken.yaml", "kind: [".to_owned(), "broken.yaml:"),
        (
            "folded.yaml",
            format!("kind: Pod\napiVersion: v1\nimage: >-\n  {ours}\n"),
            "folded.yaml:4:3: image: ",
        ),
        ("values.yaml", format!("image: {{repository: {ours}}}\n"), "no tag and no digest"),
        ("notes.txt", String::new(), "--as"),
    ] {
        project.sandbox.write(name, &text);
        project.pin(&["pod.yaml", name]).expect(1).says(&[why]);
        assert_eq!(project.sandbox.read("pod.yaml"), before, "{name}");
        assert_eq!(project.sandbox.read(name), text);
    }
    project.pin(&["pod.yaml", "missing.yaml"]).expect(1).says(&["missing.yaml"]);
    assert_eq!(project.sandbox.read("pod.yaml"), before);
}

#[test]
fn a_dry_run_prints_a_diff_that_git_applies() {
    let project = Project::new();
    project.manifest("a/pod.yaml", "latest");
    let before = project.sandbox.read("a/pod.yaml");
    let run = project.call(&["--dry-run", "pod.yaml"]).dir("a").run().expect(0);
    assert_eq!(project.sandbox.read("a/pod.yaml"), before);
    let patch = project.sandbox.beside("pin.patch");
    fs::write(&patch, &run.stdout).unwrap();
    project.sandbox.git(&["apply", &patch.display().to_string()]);
    assert!(project.sandbox.read("a/pod.yaml").contains(&project.reference()));
    project.pin(&["--check", "a/pod.yaml"]).expect(0);
}

#[test]
fn a_file_keeps_its_mode_and_a_link_its_target() {
    let project = Project::new();
    project.manifest("real/pod.yaml", "latest");
    project.sandbox.symlink("pod.yaml", "real/pod.yaml");
    let real = project.sandbox.root().join("real/pod.yaml");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    project.pin(&["pod.yaml"]).expect(0);
    assert!(project.sandbox.root().join("pod.yaml").is_symlink());
    assert!(project.sandbox.read("real/pod.yaml").contains(&project.reference()));
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(project.sandbox.root().join("real")).unwrap().count(), 1);
}

/// A link of a stranger's pull request does not choose which file of the machine is written.
#[test]
fn a_link_out_of_the_clone_is_refused_and_a_file_outside_is_not() {
    let project = Project::new();
    project.manifest("inside.yaml", "latest");
    let text = project.sandbox.read("inside.yaml");
    let outside = project.sandbox.beside("elsewhere/pod.yaml");
    fs::create_dir(outside.parent().unwrap()).unwrap();
    fs::write(&outside, &text).unwrap();
    project.sandbox.symlink("link.yaml", &outside.display().to_string());
    project.sandbox.symlink("folder", &outside.parent().unwrap().display().to_string());
    for name in ["link.yaml", "folder/pod.yaml"] {
        project.pin(&[name]).expect(1).says(&["link out of the clone"]);
    }
    assert_eq!(fs::read_to_string(&outside).unwrap(), text);
    project.pin(&["../elsewhere/pod.yaml"]).expect(0);
    assert!(fs::read_to_string(&outside).unwrap().contains(&project.reference()));
}

#[test]
fn what_a_file_says_is_shown_and_not_obeyed() {
    let project = Project::new();
    let ours = project.repository();
    project.sandbox.write(
        "values.yaml",
        &format!("\"a\\e[31m\": {{image: '{ours}'}}\nb: {{image: \"{{{{ x }}}}\\e[31m\"}}\n"),
    );
    let run = project.pin(&["--check", "values.yaml"]).expect(5);
    assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'), "{run:?}");
    let run = project.pin(&["values.yaml"]).expect(0);
    assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'), "{run:?}");
}

/// A run that was cut short between two files: the next does what is left, and only that.
#[test]
fn a_second_run_completes_a_first() {
    let project = Project::new();
    for name in ["a.yaml", "b.yaml"] {
        project.manifest(name, "latest");
    }
    project.pin(&["a.yaml"]).expect(0);
    let done = fs::metadata(project.sandbox.root().join("a.yaml")).unwrap().modified().unwrap();
    let run = project.pin(&["a.yaml", "b.yaml"]).expect(0).says(&["a.yaml: its reference is right"]);
    assert!(!run.stdout.contains("a.yaml"), "{}", run.stdout);
    assert_eq!(fs::metadata(project.sandbox.root().join("a.yaml")).unwrap().modified().unwrap(), done);
    assert_eq!(project.sandbox.read("a.yaml"), project.sandbox.read("b.yaml"));
}

/// Without a single reference a check proves nothing, which is said.
#[test]
fn a_file_without_a_reference_is_told() {
    let project = Project::new();
    project.sandbox.write("values.yaml", "image: debian:12\n");
    project
        .pin(&["--check", "values.yaml"])
        .expect(5)
        .shows(&["values.yaml: no-reference: it names no image of this project (1 of another)"]);
    let report = project.pin(&["--check", "values.yaml", "--format", "json"]).expect(5).json();
    assert_eq!(report["files"][0]["finding"], "no-reference");
    let warned = ["names no image of this project (1 of another)"];
    project.pin(&["values.yaml"]).expect(0).says(&warned);
    project.pin(&["--check", "--image", "shop", "values.yaml"]).expect(0).says(&warned);
    assert!(project.remote.requests().is_empty());
}

/// A block of text ends with a line's end, and is a reference all the same.
#[test]
fn a_reference_in_a_block_of_text_is_refused_and_not_overlooked() {
    let project = Project::new();
    let ours = project.repository();
    for block in ["|", ">", "|-", "|+"] {
        for text in [
            format!("web:\n  image: {block}\n    {ours}:1\n"),
            format!("image:\n  repository: {ours}\n  tag: {block}\n    1\n"),
        ] {
            project.sandbox.write("values.yaml", &text);
            project.pin(&["values.yaml"]).expect(1).says(&["cannot be pinned: it is a block of text"]);
            project.pin(&["--check", "values.yaml"]).expect(5).shows(&["floats"]);
            assert_eq!(project.sandbox.read("values.yaml"), text, "{block}");
        }
    }
}
